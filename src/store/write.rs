//! The write of one member: precondition, UID, quota and rights are judged inside the commit
//! that stores the data. Whoever comes second is judged anew against what then is there.

mod removal;

use std::pin::Pin;

use super::attention::{self, Attention, Note};
use super::audit::Verb;
use super::body::{self, NewBody, Slot};
use super::collection::{Collection, Kind};
use super::engine::{Batch, CommitError, EngineError, Snapshot};
use super::history::{self, Reason};
use super::member::{self, Flags, Member};
use super::spans::{self, Span};
use super::{ATTEMPTS, Actor, Store, Witness, change, keys, tombstones, words};
use crate::base::{CollectionId, ETag, Fault};

/// A new state of a member.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The bytes to serve.
    pub body: NewBody,
    /// The tag of these bytes.
    pub etag: ETag,
    /// What is known of them; [`Flags::BLOBS`] is set here.
    pub flags: Flags,
    /// The normalised UID.
    pub uid: String,
    /// Findings to list under "needs attention".
    pub notes: Vec<Note>,
    /// The bytes as sent, where they differ.
    pub original: Option<NewBody>,
    /// The time it takes, if it is on a calendar; at most [`spans::MOST`].
    pub spans: Vec<Span>,
}

/// Where and by whom.
#[derive(Debug)]
pub struct Target<'a> {
    /// The collection.
    pub collection: &'a Collection,
    /// What the right to write was read from; the commit demands that it still holds.
    pub rights: &'a [Witness],
    /// The member's name.
    pub name: &'a str,
    /// Who writes.
    pub actor: &'a Actor,
}

/// What the audit is told of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// That it was written.
    Written,
    /// That an earlier version came back.
    Restored,
    /// Nothing: it follows from what it is told of in the same commit.
    Nothing,
}

/// What a write found in the store.
#[derive(Debug)]
pub enum Refusal {
    /// The precondition said no.
    Fault(Fault),
    /// Another member holds the UID; its name.
    UidTaken(String),
    /// The member has another UID.
    UidChanged,
    /// The user's space is used up.
    Quota,
}

/// What else belongs into the commit that writes or deletes a member.
pub trait Alongside: Send + Sync {
    /// Adds it to the batch, before what is planned itself, and tells what is stored instead of
    /// [`Planning::new`], if anything is. Asked again if another commit comes between.
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a>;

    /// Asked when `old` fails the request's precondition: is what the client had read, for all
    /// that the client could change, what is there now? Then the write goes on.
    fn forgives<'a>(
        &'a self,
        _: &'a Snapshot,
        _: &'a Collection,
        _: &'a str,
        _: &'a Member,
    ) -> Forgiving<'a> {
        Box::pin(async { Ok(false) })
    }
}

/// What [`Alongside::plan`] tells.
pub type Planned<'a> = Pin<Box<dyn Future<Output = Result<Option<NewMember>, Fault>> + Send + 'a>>;

/// What [`Alongside::forgives`] tells.
pub type Forgiving<'a> = Pin<Box<dyn Future<Output = Result<bool, Fault>> + Send + 'a>>;

/// A write while it is planned.
#[derive(Debug)]
pub struct Planning<'a> {
    /// What is relied on.
    pub snapshot: &'a Snapshot,
    /// What will be done.
    pub batch: &'a mut Batch,
    /// Where and by whom.
    pub target: &'a Target<'a>,
    /// What is there.
    pub old: Option<&'a Member>,
    /// What is to be there; `None`: nothing.
    pub new: Option<&'a NewMember>,
}

/// What a write did.
#[derive(Debug, Clone)]
pub struct Written {
    /// Was there no such member before?
    pub created: bool,
    /// The member as it is now.
    pub member: Member,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        Self::Fault(error.into())
    }
}

impl Store {
    /// Stores `new` under the target's name. `guard` sees the member as it is (`None`: there is
    /// none) and refuses what the request's preconditions forbid; it may be asked repeatedly.
    /// `quota` bounds the bytes of the collection's owner; `alongside` has its part in the commit.
    pub async fn put_member(
        &self,
        target: &Target<'_>,
        new: &NewMember,
        quota: Option<u64>,
        alongside: Option<&dyn Alongside>,
        guard: impl Fn(Option<&Member>) -> Result<(), Fault> + Sync,
    ) -> Result<Written, Refusal> {
        self.put_member_as(Told::Written, target, new, quota, alongside, guard).await
    }

    /// As [`Self::put_member`], with what the audit is told of it.
    pub(super) async fn put_member_as(
        &self,
        told: Told,
        target: &Target<'_>,
        new: &NewMember,
        quota: Option<u64>,
        alongside: Option<&dyn Alongside>,
        guard: impl Fn(Option<&Member>) -> Result<(), Fault> + Sync,
    ) -> Result<Written, Refusal> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.snapshot().await?;
            let found = member::find(&snapshot, target.collection.id, target.name).await?;
            let old = found.as_ref().map(|f| &f.member);
            judge(&snapshot, target, alongside, old, guard(old)).await?;
            let mut batch = Batch::new();
            let mut instead = None;
            if let Some(alongside) = alongside {
                let (snapshot, batch) = (&snapshot, &mut batch);
                let planning = Planning { snapshot, batch, target, old, new: Some(new) };
                instead = alongside.plan(planning).await?;
            }
            let new = instead.as_ref().unwrap_or(new);
            let found = found.as_ref();
            let planned = self.plan_put_as(told, &snapshot, &mut batch, target, new, found, quota);
            let (member, quota_step) = planned.await?;
            match self.commit(batch).await {
                Ok(_) => return Ok(Written { created: found.is_none(), member }),
                Err(CommitError::Refused(step)) if Some(step) == quota_step => {
                    return Err(Refusal::Quota);
                }
                Err(CommitError::Refused(_)) => self.check_rights(target).await?,
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1).into())
    }

    /// Adds the storing of `new` in the place of `found` to `batch`, with all that hangs on it;
    /// tells the row, and the step that is refused if `quota` is used up.
    #[allow(clippy::too_many_arguments)]
    pub async fn plan_put(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        target: &Target<'_>,
        new: &NewMember,
        found: Option<&member::Found>,
        quota: Option<u64>,
    ) -> Result<(Member, Option<usize>), Refusal> {
        self.plan_put_as(Told::Written, snapshot, batch, target, new, found, quota).await
    }

    /// As [`Self::plan_put`], with what the audit is told of it.
    #[allow(clippy::too_many_arguments)]
    pub async fn plan_put_as(
        &self,
        told: Told,
        snapshot: &Snapshot,
        batch: &mut Batch,
        target: &Target<'_>,
        new: &NewMember,
        found: Option<&member::Found>,
        quota: Option<u64>,
    ) -> Result<(Member, Option<usize>), Refusal> {
        let id = target.collection.id;
        let now = self.now();
        require_rights(batch, target);
        let old = found.map(|f| &f.member);
        if let Some(found) = found {
            if found.member.uid != new.uid {
                return Err(Refusal::UidChanged);
            }
            found.witness.require(batch);
        } else {
            batch.expect_same(keys::in_collection(keys::table::MEMBER, id, target.name), None);
            if let Some(holder) = member::holder(snapshot, id, &new.uid).await? {
                return Err(Refusal::UidTaken(holder));
            }
            if target.collection.kind == Kind::AddressBook {
                let owner = &target.collection.owner;
                tombstones::require_none(snapshot, batch, owner, &new.uid).await?;
            }
            let uid = keys::in_collection(keys::table::UID, id, &new.uid);
            batch.expect_same(uid.clone(), None);
            batch.put(uid, target.name.as_bytes().to_vec());
            batch.add(keys::member_count(id), 1);
        }
        let size = new.body.bytes.len() as u64;
        let grows = size as i64 - old.map_or(0, |m| m.size as i64);
        batch.add(keys::collection_bytes(id), grows);
        let user_bytes = keys::user_bytes(&target.collection.owner);
        let quota_step = match quota {
            Some(most) if grows > 0 => Some(batch.add_bounded(user_bytes, grows, most as i64)),
            _ => {
                // Of what is deleted nothing counts any more.
                if target.collection.deleted.is_none() {
                    batch.add(user_bytes, grows);
                }
                None
            }
        };
        let member = Member {
            flags: new.flags.with(Flags::BLOBS, !new.body.blobs.is_empty()),
            etag: new.etag,
            size,
            created: old.map_or(now, |m| m.created),
            modified: now,
            uid: new.uid.clone(),
        };
        batch.put(keys::in_collection(keys::table::MEMBER, id, target.name), member.encode());
        if let Some(old) = old {
            let reason = Reason::Replaced;
            history::keep(self, snapshot, batch, id, target.name, old, reason, target.actor)
                .await?;
        }
        body::put(snapshot, batch, Slot::Member(id, target.name), &new.body).await?;
        change::append(batch, id, target.name);
        let before = match old {
            Some(_) => spans::get(snapshot, id, target.name).await?,
            None => Vec::new(),
        };
        spans::replace(batch, id, target.name, &before, &new.spans);
        let place = (target.collection, target.name);
        words::take_in(self, snapshot, batch, place, &new.body.bytes, member.flags).await?;
        self.plan_attention(snapshot, batch, target, new, old.is_some()).await?;
        let verb = match told {
            Told::Written if old.is_none() => Some(Verb::Added),
            Told::Written => Some(Verb::Changed),
            Told::Restored => Some(Verb::Restored),
            Told::Nothing => None,
        };
        if let Some(verb) = verb {
            self.tell(batch, target, &member, verb, "")?;
        }
        Ok((member, quota_step))
    }

    async fn plan_attention(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        target: &Target<'_>,
        new: &NewMember,
        existed: bool,
    ) -> Result<(), Refusal> {
        let id = target.collection.id;
        if existed {
            drop_attention(snapshot, batch, id, target.name).await?;
        }
        if new.notes.is_empty() && new.original.is_none() {
            return Ok(());
        }
        if let Some(sent) = &new.original {
            body::put(snapshot, batch, Slot::Original(id, target.name), sent).await?;
        }
        let original = new.original.is_some();
        let record = Attention { notes: new.notes.clone(), original, at: self.now() };
        attention::put(batch, id, target.name, &record)?;
        Ok(())
    }

    /// After a refusal: if a right went away meanwhile, the request ends here.
    pub(super) async fn check_rights(&self, target: &Target<'_>) -> Result<(), Fault> {
        let snapshot = self.snapshot().await?;
        for witness in target.rights {
            if snapshot.get(&witness.key).await? != witness.value {
                return Err(Fault::conflict(
                    "The collection or its sharing was changed at this moment; try again.",
                ));
            }
        }
        Ok(())
    }
}

/// What the guard said, unless what it refused is forgiven.
async fn judge(
    snapshot: &Snapshot,
    target: &Target<'_>,
    alongside: Option<&dyn Alongside>,
    old: Option<&Member>,
    judgement: Result<(), Fault>,
) -> Result<(), Fault> {
    let Err(fault) = judgement else { return Ok(()) };
    let (412, Some(old), Some(alongside)) = (fault.status, old, alongside) else {
        return Err(fault);
    };
    if alongside.forgives(snapshot, target.collection, target.name, old).await? {
        Ok(())
    } else {
        Err(fault)
    }
}

pub(super) fn require_rights(batch: &mut Batch, target: &Target<'_>) {
    for witness in target.rights {
        witness.require(batch);
    }
}

async fn drop_attention(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
) -> Result<(), EngineError> {
    if let Some(record) = attention::get(snapshot, id, name).await? {
        attention::delete(batch, id, name);
        if record.original {
            body::delete(snapshot, batch, Slot::Original(id, name)).await?;
        }
    }
    Ok(())
}
