//! When a contact is to be thought of again, and what becomes of that when something changes.

use super::task::{self, Change};
use super::{Pending, raise};
use crate::base::{Fault, Timestamp};
use crate::calendars::scheduling::places;
use crate::contacts::local_time;
use crate::store::contacts::Contact;
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::times::{self, Wake};
use crate::store::followups::{self, FollowUp, Origin, State};
use crate::store::history::Reason;
use crate::store::member;
use crate::store::stored::Stored;
use crate::store::write::Target;
use crate::store::{Actor, Store};

const DAY: u64 = 86_400_000;

/// The stages of which contacts are to be contacted every so many days.
pub type ByStage = [(String, u32)];

/// After how many days the contact is to be contacted again.
pub fn days(contact: &Contact, by_stage: &ByStage) -> Option<u32> {
    let of_stage = || {
        let stage = contact.stage.as_deref()?;
        by_stage.iter().find(|(name, _)| name == stage).map(|(_, days)| *days)
    };
    contact.cadence_days.or_else(of_stage).filter(|days| *days > 0)
}

/// When the contact is to be contacted again: so long after the last contact or, if there was
/// none, after it came to its stage or was made; not before what was put off.
pub fn due(contact: &Contact, by_stage: &ByStage) -> Option<Timestamp> {
    let days = u64::from(days(contact, by_stage)?);
    let since = contact.last_contact.or(contact.stage_since).unwrap_or(contact.created);
    let due = since.plus_millis(days.saturating_mul(DAY));
    Some(due.max(contact.snoozed_until.unwrap_or_default()))
}

/// Brings what hangs on the contact's times in line with a change of it from `before`: the open
/// follow-up of its cadence, what comes next, and when to look again. `pending` are the follow-ups
/// that change along; there may be more then.
#[allow(clippy::too_many_arguments)]
pub async fn settle(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    by_stage: &ByStage,
    before: Option<&Contact>,
    contact: &mut Contact,
    pending: &mut Vec<Pending>,
) -> Result<(), Fault> {
    let due = due(contact, by_stage);
    let mut dues = Vec::new();
    let mut is_raised = false;
    for read in open(snapshot, contact).await? {
        if pending.iter().any(|one| one.now.uid == read.record.uid) {
            continue;
        }
        let mut now = read.record.clone();
        if places::holder(snapshot, &now.owner, &now.uid, None).await?.is_none() {
            // The list that it was in is gone.
            now.state = State::Dropped;
        } else if now.origin == Origin::Cadence
            && before.is_some_and(|b| moves(b, contact, by_stage))
        {
            now.due = due;
            now.state = if due.is_some() { State::Open } else { State::Dropped };
            follow(store, snapshot, batch, &now, None).await?;
        }
        if now == read.record {
            is_raised |= now.origin == Origin::Cadence;
            dues.extend(now.due);
        } else {
            pending.push(Pending { read: Some(read), now });
        }
    }
    for one in pending.iter().filter(|one| one.now.state == State::Open) {
        is_raised |= one.now.origin == Origin::Cadence;
        dues.extend(one.now.due);
    }
    let waits = due.filter(|_| !is_raised);
    contact.next = dues.into_iter().chain(waits).min();
    let wake = |at| Wake { at, owner: contact.owner.clone(), contact: contact.uid.clone() };
    let was = before.and_then(|before| self::due(before, by_stage));
    if let Some(was) = was.filter(|was| Some(*was) != waits) {
        times::let_sleep(batch, &wake(was));
    }
    if let Some(at) = waits {
        times::wake(batch, &wake(at));
    }
    Ok(())
}

/// The open follow-ups of a contact, those of its aliases too.
async fn open(snapshot: &Snapshot, contact: &Contact) -> Result<Vec<Stored<FollowUp>>, Fault> {
    let mut found = Vec::new();
    for uid in std::iter::once(&contact.uid).chain(&contact.aliases) {
        found.extend(followups::open(snapshot, &contact.owner, uid).await?);
    }
    Ok(found)
}

/// Does what changed concern the open follow-up of the cadence? A later contact does, and another
/// cadence; not that it was snoozed.
fn moves(before: &Contact, now: &Contact, by_stage: &ByStage) -> bool {
    before.last_contact != now.last_contact || days(before, by_stage) != days(now, by_stage)
}

/// Adds the change of a follow-up's task to `batch`: another day and `title`, or its end.
pub(super) async fn follow(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    followup: &FollowUp,
    title: Option<&str>,
) -> Result<(), Fault> {
    let owner = &followup.owner;
    let found = places::holder(snapshot, owner, &followup.uid, None).await?;
    let Some((calendar, name)) = found else { return Ok(()) };
    let Some(found) = member::find(snapshot, calendar.id, &name).await? else { return Ok(()) };
    let actor = Actor { principal: owner.as_str().to_owned(), device: "follow-ups".to_owned() };
    let target = Target { collection: &calendar, rights: &[], name: &name, actor: &actor };
    if followup.state == State::Dropped {
        let ended = store.plan_delete(snapshot, batch, &target, &found, Reason::Deleted).await;
        return ended.map_err(raise::refused);
    }
    let Some(due) = followup.due else { return Ok(()) };
    let zone = local_time::zone_of(snapshot, owner).await?;
    let bytes = places::whole(snapshot, calendar.id, &name).await?;
    let day = task::day_of(due, &zone);
    let Some(mut changed) = task::changed(&bytes, Change::Due(day), store.now()) else {
        return Ok(());
    };
    if let Some(titled) = title.and_then(|title| task::titled(&changed, title)) {
        changed = titled;
    }
    let new = raise::member(changed, store.now())?;
    let planned = store.plan_put(snapshot, batch, &target, &new, Some(&found), None).await;
    planned.map(drop).map_err(raise::refused)
}
