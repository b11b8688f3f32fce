//! Moves and copies of members: source and target change in one commit.

use bytes::Bytes;

use super::attention;
use super::audit::Verb;
use super::body::{self, Slot};
use super::collection::{Collection, Kind};
use super::engine::{Batch, CommitError, Snapshot};
use super::history::Reason;
use super::member::{self, Member};
use super::property::{self, Holder};
use super::spans;
use super::write::{NewMember, Refusal, Target, Written, require_rights};
use super::{ATTEMPTS, Store, change, keys, served, tombstones, words};
use crate::base::{CollectionId, Fault};

/// What goes to somebody else in the place of a member's bytes; `None`: these very bytes.
pub type Leaving<'a> = &'a (dyn Fn(Bytes) -> Result<Option<NewMember>, Fault> + Sync);

impl Store {
    /// Moves (or copies, if `keep`) a member in one commit: one removal in the source, one
    /// change in the target. `guard` sees the source and what the target's name holds now;
    /// `quota` is as in [`Self::put_member`]; `leaving` is asked when the owner changes.
    #[allow(clippy::too_many_arguments)]
    pub async fn move_member(
        &self,
        from: &Target<'_>,
        to: &Target<'_>,
        keep: bool,
        quota: Option<u64>,
        leaving: Option<Leaving<'_>>,
        guard: impl Fn(Option<&Member>, Option<&Member>) -> Result<(), Fault> + Sync,
    ) -> Result<Written, Refusal> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.snapshot().await?;
            let source = member::find(&snapshot, from.collection.id, from.name).await?;
            let there = member::find(&snapshot, to.collection.id, to.name).await?;
            guard(source.as_ref().map(|f| &f.member), there.as_ref().map(|f| &f.member))?;
            let Some(source) = source else {
                return Err(Fault::not_found().into());
            };
            let mut batch = Batch::new();
            require_rights(&mut batch, from);
            require_rights(&mut batch, to);
            let instead = match leaving.filter(|_| from.collection.owner != to.collection.owner) {
                Some(leaving) => {
                    let slot = Slot::Member(from.collection.id, from.name);
                    leaving(body::get(&snapshot, slot).await?.whole(&snapshot).await?)?
                }
                None => None,
            };
            let member = if let Some(new) = instead {
                let planned = self.plan_put(&snapshot, &mut batch, to, &new, there.as_ref(), None);
                let (member, _) = planned.await?;
                source.witness.require(&mut batch);
                if !keep {
                    let reason = Reason::Deleted;
                    self.plan_delete(&snapshot, &mut batch, from, &source, reason).await?;
                }
                member
            } else {
                let there = there.as_ref();
                self.plan_move(&snapshot, &mut batch, from, to, keep, &source, there).await?
            };
            let grows = keep || from.collection.owner != to.collection.owner;
            let quota_step = quota.filter(|_| grows).map(|most| {
                let user_bytes = keys::user_bytes(&to.collection.owner);
                batch.add_bounded(user_bytes, 0, most as i64)
            });
            match self.commit(batch).await {
                Ok(_) => return Ok(Written { created: there.is_none(), member }),
                Err(CommitError::Refused(step)) if Some(step) == quota_step => {
                    return Err(Refusal::Quota);
                }
                Err(CommitError::Refused(_)) => {
                    self.check_rights(from).await?;
                    self.check_rights(to).await?;
                }
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1).into())
    }

    #[allow(clippy::too_many_arguments)]
    async fn plan_move(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        from: &Target<'_>,
        to: &Target<'_>,
        keep: bool,
        source: &member::Found,
        there: Option<&member::Found>,
    ) -> Result<Member, Refusal> {
        let (source_id, target_id) = (from.collection.id, to.collection.id);
        let old = &source.member;
        if let Some(holder) = member::holder(snapshot, target_id, &old.uid).await? {
            let leaves = source_id == target_id && holder == from.name && !keep;
            if !leaves && holder != to.name {
                return Err(Refusal::UidTaken(holder));
            }
        }
        if let Some(there) = there {
            // RFC 6352 §6.3.2.1: a card keeps its UID, whatever is put in its place.
            if there.member.uid != old.uid {
                return Err(Refusal::UidChanged);
            }
            self.plan_delete(snapshot, batch, to, there, Reason::Replaced).await?;
        } else {
            batch.expect_same(keys::in_collection(keys::table::MEMBER, target_id, to.name), None);
        }
        if to.collection.kind == Kind::AddressBook {
            let owner = &to.collection.owner;
            tombstones::require_none(snapshot, batch, owner, &old.uid).await?;
        }
        let uid = keys::in_collection(keys::table::UID, target_id, &old.uid);
        batch.expect_same(uid.clone(), snapshot.get(&uid).await?.as_ref());
        let member = Member { modified: self.now(), ..old.clone() };
        let (source_slot, target_slot) =
            (Slot::Member(source_id, from.name), Slot::Member(target_id, to.name));
        if keep {
            source.witness.require(batch);
            body::copy(batch, target_slot, &body::get(snapshot, source_slot).await?);
        } else {
            self.plan_delete(snapshot, batch, from, source, Reason::Moved).await?;
            body::carry(snapshot, batch, source_slot, target_slot).await?;
        }
        let taken = spans::get(snapshot, source_id, from.name).await?;
        spans::replace(batch, target_id, to.name, &[], &taken);
        let (source_place, place) = ((source_id, from.name), (to.collection, to.name));
        words::carry(self, snapshot, batch, source_place, place).await?;
        // What is remembered of a contact is its owner's: with another one the card begins anew.
        if from.collection.owner == to.collection.owner {
            let (from, to) = ((source_id, from.name), (target_id, to.name));
            served::carry(snapshot, batch, from, to, keep).await?;
        } else if !keep {
            served::clear(snapshot, batch, source_id, from.name).await?;
        }
        let kept = attention::get(snapshot, source_id, from.name).await?;
        let source_holder = Holder::Member(source_id, from.name);
        property::carry(snapshot, batch, &source_holder, &Holder::Member(target_id, to.name), keep)
            .await?;
        if let Some(record) = kept {
            let (from_slot, to_slot) =
                (Slot::Original(source_id, from.name), Slot::Original(target_id, to.name));
            match (record.original, keep) {
                (true, true) => body::copy(batch, to_slot, &body::get(snapshot, from_slot).await?),
                (true, false) => body::carry(snapshot, batch, from_slot, to_slot).await?,
                (false, _) => {}
            }
            if !keep {
                attention::delete(batch, source_id, from.name);
            }
            attention::put(batch, target_id, to.name, &record)?;
        }
        batch.put(uid, to.name.as_bytes().to_vec());
        batch.put(keys::in_collection(keys::table::MEMBER, target_id, to.name), member.encode());
        batch.add(keys::member_count(target_id), 1);
        batch.add(keys::collection_bytes(target_id), member.size as i64);
        batch.add(keys::user_bytes(&to.collection.owner), member.size as i64);
        change::append(batch, target_id, to.name);
        let verb = if keep { Verb::Copied } else { Verb::Moved };
        let path =
            |at: &Target<'_>| format!("{}/{}/{}", at.collection.owner, at.collection.name, at.name);
        self.tell(batch, to, &member, verb, &format!("from {}", path(from)))?;
        if !keep && from.collection.owner != to.collection.owner {
            self.tell(batch, from, &member, Verb::Removed, &format!("moved to {}", path(to)))?;
        }
        Ok(member)
    }

    /// Adds a copy of member `name` of another collection to `batch`; for collections that are
    /// filled before anybody sees them. `leaving` is given if they belong to different people.
    #[allow(clippy::too_many_arguments)]
    pub async fn plan_copy(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        source: CollectionId,
        target: &Collection,
        name: &str,
        found: &Member,
        leaving: Option<Leaving<'_>>,
    ) -> Result<(), Fault> {
        let id = target.id;
        if target.kind == Kind::AddressBook {
            tombstones::require_none(snapshot, batch, &target.owner, &found.uid).await?;
        }
        let served = body::get(snapshot, Slot::Member(source, name)).await?;
        let instead = match leaving {
            Some(leaving) => leaving(served.clone().whole(snapshot).await?)?,
            None => None,
        };
        let found = if let Some(new) = instead {
            body::put(snapshot, batch, Slot::Member(id, name), &new.body).await?;
            let size = new.body.bytes.len() as u64;
            words::take_in(self, snapshot, batch, (target, name), &new.body.bytes, new.flags)
                .await?;
            &Member { flags: new.flags, etag: new.etag, size, ..found.clone() }
        } else {
            body::copy(batch, Slot::Member(id, name), &served);
            words::carry(self, snapshot, batch, (source, name), (target, name)).await?;
            found
        };
        batch.put(keys::in_collection(keys::table::MEMBER, id, name), found.encode());
        let uid = keys::in_collection(keys::table::UID, id, &found.uid);
        batch.put(uid, name.as_bytes().to_vec());
        batch.add(keys::member_count(id), 1);
        batch.add(keys::collection_bytes(id), found.size as i64);
        change::append(batch, id, name);
        spans::replace(batch, id, name, &[], &spans::get(snapshot, source, name).await?);
        let (from, to) = (Holder::Member(source, name), Holder::Member(id, name));
        property::carry(snapshot, batch, &from, &to, true).await?;
        if let Some(record) = attention::get(snapshot, source, name).await? {
            if record.original {
                let sent = body::get(snapshot, Slot::Original(source, name)).await?;
                body::copy(batch, Slot::Original(id, name), &sent);
            }
            attention::put(batch, id, name, &record)?;
        }
        Ok(())
    }
}
