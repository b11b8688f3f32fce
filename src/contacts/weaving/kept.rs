//! What a program drops that does not keep what it does not know is put back.

use crate::base::{Fault, PrincipalId};
use crate::contacts::fields;
use crate::contacts::layer::{Unwoven, restored};
use crate::formats::convert::convert;
use crate::formats::vcard::Card;
use crate::store::engine::Snapshot;
use crate::store::fields as records;

/// Properties that a program may drop without meaning it, beside the fields of the owner.
const ALWAYS: [&str; 1] = ["CATEGORIES"];

/// What the cards of programs that show and edit days and relations beside a label were written
/// by: what is gone there was taken away.
const SHOW_LABELS: [&str; 2] = ["Apple", "DAVx5"];

/// `base` as it came from a program that was served `edited`, with the fields and tags that it
/// did not send back. `shows_labels`: it is known to show days and relations.
pub async fn put_back(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    edited: &Unwoven,
    base: Vec<u8>,
    shows_labels: bool,
) -> Result<Vec<u8>, Fault> {
    let card = Card::parse(&base);
    let written_by = card.text("PRODID").unwrap_or_default();
    let shows_labels = shows_labels || SHOW_LABELS.iter().any(|name| written_by.contains(name));
    let fields = records::all(snapshot, owner).await?;
    let fields = fields.into_iter().filter_map(|field| match fields::label_of(&field) {
        Some(_) if shows_labels => None,
        Some((kind, _)) => Some(kind.property().to_owned()),
        None => Some(field.property),
    });
    let names: Vec<String> = ALWAYS.into_iter().map(str::to_owned).chain(fields).collect();
    // Some of them are called otherwise in another version.
    let edited = convert(&edited.base, card.version());
    Ok(restored(&edited, &base, &names).into_owned())
}

/// As [`put_back`], the tags only.
pub fn put_back_tags(edited: &Unwoven, base: &[u8]) -> Vec<u8> {
    restored(&edited.base, base, &ALWAYS.map(str::to_owned)).into_owned()
}
