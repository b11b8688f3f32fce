//! What a program drops that does not keep what it does not know is put back.

use crate::base::{Fault, PrincipalId};
use crate::contacts::layer::{Unwoven, restored};
use crate::store::engine::Snapshot;
use crate::store::fields;

/// Properties that a program may drop without meaning it, beside the fields of the owner.
const ALWAYS: [&str; 1] = ["CATEGORIES"];

/// `base` as it came from a program that was served `edited`, with the fields and tags that it
/// did not send back.
pub async fn put_back(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    edited: &Unwoven,
    base: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    let fields = fields::all(snapshot, owner).await?;
    let fields = fields.into_iter().map(|field| field.property);
    let names: Vec<String> = ALWAYS.into_iter().map(str::to_owned).chain(fields).collect();
    Ok(restored(&edited.base, &base, &names).into_owned())
}
