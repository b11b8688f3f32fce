//! Takes words out of what segments ask for: whoever is erased is asked for no more.

use super::edit::{note_everywhere, revise_those_asking};
use super::query::parse;
use super::set::Set;
use crate::base::{Fault, PrincipalId};
use crate::store::Store;
use crate::store::engine::{Batch, CommitError};
use crate::store::segments::{self, Segment};

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 64;

/// Has the segments of `owner` ask for what `without` makes of their queries, where it makes
/// something else of them. `stand_in` stands there in place of what was taken out.
pub async fn reword(
    store: &Store,
    owner: &PrincipalId,
    stand_in: &str,
    without: impl Fn(&str) -> Option<String>,
) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let set = Set::load(store, &snapshot, owner).await?;
        let mut all = set.all().iter();
        let found = all.find_map(|one| Some((one, without(&one.stored.record.query)?)));
        let Some((one, now)) = found else { return Ok(()) };
        // A word without quotes cannot be replaced by just any other.
        let quoted = now.replace(stand_in, &format!("\"{stand_in}\""));
        let query = if parse(&now, &set.names).is_ok() { now } else { quoted };
        let mut batch = Batch::new();
        let revised = segments::advance(store, &mut batch, owner, set.revision);
        let now = Segment { query, revised, ..one.stored.record.clone() };
        segments::update(&mut batch, one.id, &one.stored, &now)?;
        revise_those_asking(&mut batch, &set, one.id, revised)?;
        note_everywhere(&snapshot, &mut batch, owner, one.id).await?;
        match store.commit(batch).await {
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}
