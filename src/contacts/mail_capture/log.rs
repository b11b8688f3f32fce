//! Puts what mails tell into timelines.

use crate::base::{ContactId, Fault, PrincipalId};
use crate::contacts::addresses::Holder;
use crate::contacts::layer;
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::body::{self, Slot};
use crate::store::contacts::{self, Contact};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::interactions::{self, Direction, Interaction, Logged, Precision, Source};
use crate::store::unmatched::Waiting;
use crate::store::{Actor, Store};

/// Most contacts that one mail is logged with.
pub(super) const MOST_PARTICIPANTS: usize = 50;

const ATTEMPTS: usize = 64;
const KIND: &str = "mail";

/// Logs a mail with these contacts; with how many, or nothing if it is known.
pub(super) async fn log(
    store: &Store,
    owner: &PrincipalId,
    holders: &[Holder],
    entry: &Waiting,
) -> Result<Option<usize>, Fault> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        if interactions::uid_is_known(&snapshot, owner, &entry.uid).await? {
            return Ok(None);
        }
        let mut batch = Batch::new();
        let mut participants = Vec::with_capacity(holders.len());
        for holder in holders {
            let id = contact(store, &snapshot, &mut batch, owner, holder).await?;
            if !participants.contains(&id) {
                participants.push(id);
            }
        }
        let count = participants.len();
        let told = interaction(store, owner, participants, entry);
        interactions::log(store, &snapshot, &mut batch, &told).await?;
        match store.commit(batch).await {
            Ok(_) => return Ok(Some(count)),
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
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
        direction: Some(if entry.sent { Direction::Out } else { Direction::In }),
        author: Actor { principal: owner.as_str().to_owned(), device: KIND.to_owned() },
        participants,
        text: entry.text.clone(),
        link: entry.link.clone(),
        source: Source::Mail,
        captured: store.now(),
        content: layer::fingerprint(&format!("{KIND} {}", entry.text)),
    }
}
