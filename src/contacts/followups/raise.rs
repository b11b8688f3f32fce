//! Raises follow-ups: the task in its owner's list and what is remembered of it, as part of a
//! commit that changes the contact.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::{Pending, task};
use crate::accounts::task_list;
use crate::base::{CollectionId, Fault, Limits, PrincipalId, Timestamp};
use crate::calendars::object::{self, Rules};
use crate::calendars::scheduling::places;
use crate::contacts::weaving::memory::Memory;
use crate::contacts::{local_time, naming};
use crate::formats::zone::Zone;
use crate::store::audit::{Deed, Verb};
use crate::store::collection::{self, Collection, Components, Kind};
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::{self, FollowUp, Origin, State};
use crate::store::write::{NewMember, Refusal, Target};
use crate::store::{Actor, Store, Witness};

/// How often the same can be asked for again.
const MOST_AGAIN: usize = 1000;

/// Longest text of a follow-up, in bytes.
const LONGEST_TEXT: usize = 8 << 10;

/// A follow-up that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// On which day it is due.
    pub due: Option<Date>,
    /// What is to be done.
    pub text: String,
    /// Why.
    pub origin: Origin,
    /// For so many milliseconds after it was raised it is taken for the same wish, told again by a
    /// program that may not know that it was fulfilled; `None`: it is told for the first time.
    pub repetition: Option<u64>,
    /// What it comes of, if it comes of that once and never again, whatever becomes of it.
    pub once: Option<String>,
}

/// A list of tasks that follow-ups go to.
struct List {
    collection: Collection,
    rights: Vec<Witness>,
}

/// Adds what is wished for of the contact in `memory` to it and to `batch`; tells the UIDs of the
/// tasks that are new. The memory is to be recorded in the same batch.
pub async fn raise(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    memory: &mut Memory,
    wishes: Vec<Wish>,
    actor: &Actor,
) -> Result<Vec<String>, Fault> {
    let owner = memory.contact.owner.clone();
    let mut raised = Vec::new();
    let mut list = None;
    for wish in wishes {
        let zone = local_time::zone_of(snapshot, &owner).await?;
        let Some(uid) = unused(store, snapshot, memory, &wish).await? else { continue };
        let name = naming::name_of(snapshot, &memory.contact).await?;
        let mut text = wish.text;
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        let followup = FollowUp {
            owner: owner.clone(),
            uid: uid.clone(),
            contact: memory.contact.uid.clone(),
            text,
            due: wish.due.map(|date| task::noon(date, &zone)),
            origin: wish.origin,
            state: State::Open,
            rounds: 0,
            logged: None,
            created: store.now(),
        };
        let list: &List = match &mut list {
            Some(list) => list,
            none => none.insert(list_of(store, snapshot, batch, &owner, actor).await?),
        };
        let member = new_task(&followup, &name, &zone, store.now())?;
        let file = format!("{uid}.ics");
        let target =
            Target { collection: &list.collection, rights: &list.rights, name: &file, actor };
        let planned = store.plan_put(snapshot, batch, &target, &member, None, None).await;
        planned.map_err(refused)?;
        memory.follow_ups.push(Pending { read: None, now: followup });
        raised.push(uid);
    }
    Ok(raised)
}

/// What stopped the writing of a task.
pub(super) fn refused(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Fault(fault) => fault,
        _ => Fault::conflict("The task was changed at this moment; try again."),
    }
}

/// `bytes` as a member of a list of tasks.
pub(super) fn member(bytes: Vec<u8>, now: Timestamp) -> Result<NewMember, Fault> {
    let limits = Limits::default();
    let now = i64::try_from(now.seconds()).unwrap_or(i64::MAX);
    let rules = Rules { limits: &limits, kinds: Components::default(), strict: false, now };
    object::accept(Bytes::from(bytes), &rules)
}

fn new_task(
    followup: &FollowUp,
    name: &str,
    zone: &Zone,
    now: Timestamp,
) -> Result<NewMember, Fault> {
    member(task::write(followup, name, zone, now), now)
}

/// The UID that the task of a wish gets; nothing if there is that follow-up already.
async fn unused(
    store: &Store,
    snapshot: &Snapshot,
    memory: &Memory,
    wish: &Wish,
) -> Result<Option<String>, Fault> {
    if let Some(once) = &wish.once {
        let uid = uid_of(&memory.contact.owner, &memory.contact.uid, once);
        let known = followups::find(snapshot, &memory.contact.owner, &uid).await?.is_some();
        return Ok(Some(uid).filter(|_| !known));
    }
    for again in 0..MOST_AGAIN {
        let uid = uid(&memory.contact.owner, &memory.contact.uid, wish, again);
        if memory.follow_ups.iter().any(|pending| pending.now.uid == uid) {
            return Ok(None);
        }
        let found = followups::find(snapshot, &memory.contact.owner, &uid).await?;
        let Some(known) = found.map(|found| found.record) else { return Ok(Some(uid)) };
        let age = store.now().0.saturating_sub(known.created.0);
        if known.state == State::Open || wish.repetition.is_some_and(|within| age < within) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// Stable, so that nothing is raised twice.
fn uid(owner: &PrincipalId, contact: &str, wish: &Wish, again: usize) -> String {
    let due = wish.due.map(|due| due.to_string()).unwrap_or_default();
    let kind = match wish.origin {
        Origin::Asked => "",
        Origin::Cadence => "cadence",
        Origin::Day => "day",
    };
    let text = wish.text.trim();
    digest(&format!("{owner}\n{contact}\n{kind}\n{due}\n{again}\n{text}"))
}

/// The UID of what comes `once` of this contact.
pub(super) fn uid_of(owner: &PrincipalId, contact: &str, once: &str) -> String {
    digest(&format!("{owner}\n{contact}\nonce\n{once}"))
}

fn digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    let mut uid = String::from("followup-");
    for byte in digest.iter().take(16) {
        // Writing to a String does not fail.
        let _ = write!(uid, "{byte:02x}");
    }
    uid
}

/// The list that a user's tasks go to; made in `batch` if there is none.
async fn list_of(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    actor: &Actor,
) -> Result<List, Fault> {
    if let Some(found) = places::default_calendar(snapshot, owner, Components::TODO).await? {
        return Ok(List { collection: found.collection, rights: vec![found.witness] });
    }
    let mut list = task_list(CollectionId(store.number()), owner, store.now());
    let first = list.name.clone();
    let mut number = 1;
    while collection::find(snapshot, owner, Kind::Calendar, &list.name).await?.is_some() {
        number += 1;
        list.name = format!("{first}-{number}");
    }
    collection::create(batch, &list)?;
    Deed::of_collection(Verb::Added, &list).note(store, batch, actor)?;
    Ok(List { collection: list, rights: Vec::new() })
}
