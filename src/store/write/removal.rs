//! The end of one member: what of it is kept, and what goes with it.

use super::{Alongside, Planning, Refusal, Target, drop_attention, judge, require_rights};
use crate::base::Fault;
use crate::store::audit::Verb;
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot};
use crate::store::history::{self, Reason};
use crate::store::member::{self, Member};
use crate::store::property::{self, Holder};
use crate::store::{ATTEMPTS, Store, change, keys, served, spans, words};

impl Store {
    /// Deletes the target's member, which goes to the history. `guard` as in
    /// [`Self::put_member`]; a member that is not there is a fault of its making.
    pub async fn delete_member(
        &self,
        target: &Target<'_>,
        alongside: Option<&dyn Alongside>,
        guard: impl Fn(Option<&Member>) -> Result<(), Fault> + Sync,
    ) -> Result<(), Refusal> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.snapshot().await?;
            let found = member::find(&snapshot, target.collection.id, target.name).await?;
            let old = found.as_ref().map(|f| &f.member);
            judge(&snapshot, target, alongside, old, guard(old)).await?;
            let Some(found) = found else {
                return Err(Fault::not_found().into());
            };
            let mut batch = Batch::new();
            if let Some(alongside) = alongside {
                let (snapshot, batch, old) = (&snapshot, &mut batch, Some(&found.member));
                let planning = Planning { snapshot, batch, target, old, new: None };
                alongside.plan(planning).await?;
            }
            require_rights(&mut batch, target);
            self.plan_delete(&snapshot, &mut batch, target, &found, Reason::Deleted).await?;
            match self.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(_)) => self.check_rights(target).await?,
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1).into())
    }

    /// Adds the end of the target's member, which is `found`, to `batch`, with all that hangs on it.
    pub async fn plan_delete(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        target: &Target<'_>,
        found: &member::Found,
        reason: Reason,
    ) -> Result<(), Refusal> {
        let (id, name, old) = (target.collection.id, target.name, &found.member);
        history::keep(self, snapshot, batch, id, name, old, reason, target.actor).await?;
        if reason == Reason::Deleted {
            self.tell(batch, target, old, Verb::Removed, "")?;
        }
        unlist(snapshot, batch, target.collection, name, found).await?;
        if reason != Reason::Moved {
            clear(snapshot, batch, target.collection, name).await?;
        }
        Ok(())
    }

    /// Adds the end of member `name` of a collection, which is `found`, to `batch`, and leaves
    /// nothing of it: no version in the history, and no word in the audit.
    pub async fn plan_erase(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        collection: &Collection,
        name: &str,
        found: &member::Found,
    ) -> Result<(), EngineError> {
        unlist(snapshot, batch, collection, name, found).await?;
        clear(snapshot, batch, collection, name).await?;
        body::delete(snapshot, batch, Slot::Member(collection.id, name)).await
    }
}

/// Adds to `batch` that the member, which is `found`, is not there any more.
async fn unlist(
    snapshot: &Snapshot,
    batch: &mut Batch,
    collection: &Collection,
    name: &str,
    found: &member::Found,
) -> Result<(), EngineError> {
    let (id, old) = (collection.id, &found.member);
    found.witness.require(batch);
    batch.delete(keys::in_collection(keys::table::MEMBER, id, name));
    batch.delete(keys::in_collection(keys::table::UID, id, &old.uid));
    batch.add(keys::member_count(id), -1);
    batch.add(keys::collection_bytes(id), -(old.size as i64));
    if collection.deleted.is_none() {
        batch.add(keys::user_bytes(&collection.owner), -(old.size as i64));
    }
    change::append(batch, id, name);
    let spans = spans::get(snapshot, id, name).await?;
    spans::replace(batch, id, name, &spans, &[]);
    words::gone(snapshot, batch, id, name).await?;
    Ok(())
}

/// Adds the end of what hangs on a member that does not go elsewhere to `batch`.
async fn clear(
    snapshot: &Snapshot,
    batch: &mut Batch,
    collection: &Collection,
    name: &str,
) -> Result<(), EngineError> {
    property::clear(snapshot, batch, &Holder::Member(collection.id, name)).await?;
    served::clear(snapshot, batch, collection.id, name).await?;
    drop_attention(snapshot, batch, collection.id, name).await
}
