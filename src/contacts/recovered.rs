//! Cards and groups that are brought back out of their history, with what that means for what is
//! remembered of a contact and for tags.

use std::sync::{Arc, Mutex, PoisonError};

use super::weaving::Rules;
use super::weaving::upload::Upload;
use super::{groups, tags};
use crate::base::Fault;
use crate::store::collection::Collection;
use crate::store::member::Flags;
use crate::store::write::{Alongside, Planned, Planning, Written};
use crate::store::{Actor, Store, member, merges, recovery};

/// Makes version `number` of the member `name` of an address book, as [`recovery::versions`]
/// counts, the present one again.
///
/// # Errors
/// As [`recovery::restore_member`]; 409 for a card that a merge ended, which taking that back brings back.
pub async fn restore(
    store: &Arc<Store>,
    rules: &Arc<Rules>,
    book: &Collection,
    (name, number): (&str, usize),
    actor: &Actor,
) -> Result<Written, Fault> {
    let snapshot = store.snapshot().await?;
    if merges::ended(&snapshot, book.id, name).await?
        && member::get(&snapshot, book.id, name).await?.is_none()
    {
        let owner = &book.owner;
        return Err(Fault::conflict(format!(
            "`{name}` became one with another card. `rolodav merges {owner}` shows which, and \
             `rolodav undo` brings it back."
        )));
    }
    drop(snapshot);
    let upload = Upload::restored(Arc::clone(store), Arc::clone(rules));
    let along = Along { store, upload, begun: Mutex::default() };
    let no_spans = |_: &[u8]| Vec::new();
    let written =
        recovery::restore_member(store, book, name, number, actor, no_spans, Some(&along)).await?;
    for number in along.note(Vec::new()) {
        tags::work_off(store, number).await?;
    }
    Ok(written)
}

struct Along<'a> {
    store: &'a Arc<Store>,
    upload: Upload,
    /// The actions on tags that the last plan began.
    begun: Mutex<Vec<u64>>,
}

impl Along<'_> {
    fn note(&self, begun: Vec<u64>) -> Vec<u64> {
        std::mem::replace(&mut *self.begun.lock().unwrap_or_else(PoisonError::into_inner), begun)
    }
}

impl Alongside for Along<'_> {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let is_group = |flags: Flags| flags.has(Flags::GROUP);
            if planning.old.is_some_and(|old| is_group(old.flags))
                || planning.new.is_some_and(|new| is_group(new.flags))
            {
                let writing = groups::plan(self.store, planning).await?;
                self.note(writing.actions);
                return Ok(writing.instead);
            }
            self.upload.plan(planning).await
        })
    }
}
