//! What an owner of cards says of somebody, kept by the UIDs of their cards.

use super::person::Person;
use crate::base::{Fault, PrincipalId};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::Batch;
use crate::store::{Actor, Store, tombstones};

/// Adds what `keep` says of each UID of `person` in one commit, which the audit calls `detail`; 403
/// if they were erased since they were looked up.
pub(super) async fn say(
    store: &Store,
    owner: &PrincipalId,
    person: &Person,
    detail: &str,
    actor: &Actor,
    keep: impl Fn(&mut Batch, &str),
) -> Result<(), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let cards = person.cards.iter().map(|place| place.uid.as_str());
        for uid in cards.chain([person.uid.as_str()]) {
            // They may be erased at this moment.
            tombstones::require_none(&snapshot, &mut batch, owner, uid).await?;
            keep(&mut batch, uid);
        }
        let deed = Deed::of(Subject::Contact, Verb::Changed, owner.as_str());
        let deed = Deed { name: &person.name, uid: &person.uid, detail, ..deed };
        deed.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}
