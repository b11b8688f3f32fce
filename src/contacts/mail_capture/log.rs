//! Puts what mails tell into timelines.

use crate::base::{ContactId, Fault, PrincipalId};
use crate::contacts::addresses::Holder;
use crate::contacts::person::{self, Person};
use crate::contacts::timeline::{Telling, Timeline};
use crate::contacts::weaving::{Rules, memory};
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::body::{self, Slot};
use crate::store::contacts::{self, Contact};
use crate::store::engine::{Batch, Snapshot};
use crate::store::interactions::{self, Direction, Interaction, Logged, Precision, Source};
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

/// Adds a mail to `batch` for one more contact: as a new interaction, or to the one that is there.
pub(super) async fn add(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    contact: ContactId,
    entry: &Waiting,
) -> Result<bool, Fault> {
    if let Some((number, read)) = interactions::find_by_uid(snapshot, owner, &entry.uid).await? {
        let mut now = read.record.clone();
        let room = now.participants.len() < MOST_PARTICIPANTS;
        if room && !now.participants.contains(&contact) {
            now.participants.push(contact);
            interactions::replace(batch, number, &read, &now)?;
            return Ok(true);
        }
        return Ok(false);
    }
    let told = interaction(store, owner, vec![contact], entry);
    Ok(matches!(interactions::log(store, snapshot, batch, &told).await?, Logged::New(_)))
}

/// The contact of a card, made where it is the first thing that is remembered.
pub(super) async fn contact(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    holder: &Holder,
) -> Result<ContactId, Fault> {
    let uid = normalize_uid(&holder.uid);
    if let Some(id) = contacts::id_of(snapshot, owner, &uid).await? {
        return Ok(id);
    }
    let card = body::get(snapshot, Slot::Member(holder.collection, &holder.name)).await?;
    let name = Card::parse(&card.text).full_name().unwrap_or_default();
    let contact = Contact::new(owner.clone(), uid, name, store.now());
    Ok(contacts::insert(store, batch, &contact)?)
}

fn interaction(
    store: &Store,
    owner: &PrincipalId,
    participants: Vec<ContactId>,
    entry: &Waiting,
) -> Interaction {
    Interaction {
        uid: entry.uid.clone(),
        owner: owner.clone(),
        kind: KIND.to_owned(),
        at: entry.at,
        precision: Precision::Minute,
        duration: None,
        direction: Some(direction(entry)),
        author: actor(owner),
        participants,
        text: entry.text.clone(),
        link: entry.link.clone(),
        source: Source::Mail,
        captured: store.now(),
        content: memory::content(KIND, &entry.text),
    }
}
