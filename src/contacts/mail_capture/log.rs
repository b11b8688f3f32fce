//! Puts what mails tell into timelines.

use crate::base::{Fault, PrincipalId, Timestamp};
use crate::contacts::addresses::Holder;
use crate::contacts::person::{self, Person};
use crate::contacts::timeline::{Telling, Timeline};
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::memory::{self, Memory};
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::body::{self, Slot};
use crate::store::engine::Snapshot;
use crate::store::interactions::{self, Direction, Precision, Source};
use crate::store::unmatched::Waiting;
use crate::store::{Actor, Store};

/// Most contacts that one mail is logged with.
pub(super) const MOST_PARTICIPANTS: usize = 50;

const KIND: &str = "mail";

/// Logs a mail with these contacts, whose cards show it at once; with how many, or nothing if it is
/// known.
pub(super) async fn log(
    store: &Store,
    rules: &Rules,
    owner: &PrincipalId,
    holders: &[Holder],
    entry: &Waiting,
) -> Result<Option<usize>, Fault> {
    let snapshot = store.snapshot().await?;
    let mut people: Vec<Person> = Vec::with_capacity(holders.len());
    for holder in holders {
        let uid = normalize_uid(&holder.uid);
        if !people.iter().any(|known| known.uid == uid) {
            people.push(person::by_uid(&snapshot, owner, &uid).await?);
        }
    }
    let telling = Telling {
        kind: KIND.to_owned(),
        at: Some((entry.at, Precision::Minute)),
        duration: None,
        direction: Some(direction(entry)),
        text: entry.text.clone(),
        link: entry.link.clone(),
        source: Source::Mail,
        uid: Some(entry.uid.clone()),
    };
    let actor = actor(owner);
    let timeline = Timeline { store, rules, owner, actor: &actor };
    let logged = timeline.log(&people, &telling).await?;
    Ok(logged.map(|interaction| interaction.participants.len()))
}

/// Who the history says logged it.
pub(super) fn actor(owner: &PrincipalId) -> Actor {
    Actor { principal: owner.as_str().to_owned(), device: KIND.to_owned() }
}

fn direction(entry: &Waiting) -> Direction {
    if entry.sent { Direction::Out } else { Direction::In }
}

/// Adds a mail to what is remembered of one more contact: as a new interaction, or by taking part
/// in the one that is there; `false`: it is known, or was removed.
pub(super) async fn add(
    snapshot: &Snapshot,
    memory: &mut Memory,
    entry: &Waiting,
    now: Timestamp,
) -> Result<bool, Fault> {
    let owner = memory.contact.owner.clone();
    if let Some((number, read)) = interactions::find_by_uid(snapshot, &owner, &entry.uid).await? {
        return Ok(memory.join(number, read, MOST_PARTICIPANTS));
    }
    if interactions::uid_is_known(snapshot, &owner, &entry.uid).await? {
        return Ok(false);
    }
    let at = (entry.at, Precision::Minute);
    let mut told = memory::told(&owner, KIND, at, entry.text.clone(), &actor(&owner), now);
    told.uid.clone_from(&entry.uid);
    told.direction = Some(direction(entry));
    told.link.clone_from(&entry.link);
    told.source = Source::Mail;
    memory.log(told);
    Ok(true)
}

/// What is remembered of the contact of a card, with its name.
pub(super) async fn memory_of(
    store: &Store,
    snapshot: &Snapshot,
    owner: &PrincipalId,
    holder: &Holder,
    rules: &Rules,
) -> Result<Memory, Fault> {
    let uid = normalize_uid(&holder.uid);
    let mut memory = Memory::open(store, snapshot, owner, &uid, rules).await?;
    if memory.contact.name.is_empty() {
        let card = body::get(snapshot, Slot::Member(holder.collection, &holder.name)).await?;
        memory.contact.name = Card::parse(&card.text).full_name().unwrap_or_default();
    }
    Ok(memory)
}
