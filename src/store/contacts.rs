//! Contacts: what the server remembers of somebody beyond their cards, keyed by identity. A plain
//! card has no contact; one is made with the first thing that is remembered.
//!
//! | key | value |
//! |---|---|
//! | `40` number | [`Contact`] |
//! | `41` owner `00` UID | the number; a ninth byte if the UID is an alias |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{Store, Witness, encode, principals};
use crate::base::{ContactId, PrincipalId, Timestamp};

pub(super) const VERSION: u8 = 1;
pub(super) const CONTACT: u8 = 0x40;
pub(super) const UID: u8 = 0x41;

/// Most entries of [`Contact::retired`].
pub const RETIRED: usize = 64;

/// Revisions that a merge goes ahead, so that those after it never meet those that follow once it
/// was taken back.
pub const MERGE_AHEAD: u64 = 1 << 20;

/// What is remembered of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Whose contact it is: the owner of the books its cards lie in.
    pub owner: PrincipalId,
    /// The normalised UID of its cards.
    pub uid: String,
    /// Other UIDs that lead here; changed by [`alias`] only.
    pub aliases: Vec<String>,
    /// What it is called in lists.
    pub name: String,
    /// The stage it is in.
    pub stage: Option<String>,
    /// Since when.
    pub stage_since: Option<Timestamp>,
    /// How often it is to be contacted, in days.
    pub cadence_days: Option<u32>,
    /// When it was last contacted.
    pub last_contact: Option<Timestamp>,
    /// When it is to be contacted next.
    pub next: Option<Timestamp>,
    /// Until when that was put off.
    pub snoozed_until: Option<Timestamp>,
    /// Grows with each change of what is remembered.
    pub revision: u64,
    /// Fingerprints of history lines that were served and have been edited or deleted since, the
    /// newest last; at most [`RETIRED`].
    pub retired: Vec<u64>,
    /// When it was made.
    pub created: Timestamp,
}

// === impl Contact ===

impl Contact {
    /// A contact of which nothing is known yet.
    pub fn new(owner: PrincipalId, uid: String, name: String, created: Timestamp) -> Self {
        Self {
            owner,
            uid,
            aliases: Vec::new(),
            name,
            stage: None,
            stage_since: None,
            cadence_days: None,
            last_contact: None,
            next: None,
            snoozed_until: None,
            revision: 0,
            retired: Vec::new(),
            created,
        }
    }

    /// Notes that a history line with this fingerprint is not shown any more. The oldest are
    /// forgotten.
    pub fn retire(&mut self, fingerprint: u64) {
        self.retired.retain(|known| *known != fingerprint);
        self.retired.push(fingerprint);
        let surplus = self.retired.len().saturating_sub(RETIRED);
        self.retired.drain(..surplus);
    }

    /// Do cards with this UID belong to it?
    pub fn has_uid(&self, uid: &str) -> bool {
        self.uid == uid || self.aliases.iter().any(|alias| alias == uid)
    }
}

// === reading ===

fn key(id: ContactId) -> Vec<u8> {
    Key::of(CONTACT).number(id.0).done()
}

pub(super) fn uids(owner: &PrincipalId) -> Vec<u8> {
    Key::of(UID).text(owner.as_str()).done()
}

fn uid_key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    Key::of(UID).text(owner.as_str()).bytes(uid.as_bytes()).done()
}

pub(super) fn id_in(value: &[u8]) -> Option<ContactId> {
    value.first_chunk::<8>().map(|number| ContactId(u64::from_be_bytes(*number)))
}

/// The contact with this number.
pub async fn get(
    snapshot: &Snapshot,
    id: ContactId,
) -> Result<Option<Stored<Contact>>, EngineError> {
    stored::read(snapshot, VERSION, key(id)).await
}

/// The number of `owner`'s contact with this UID (normalised), an alias too.
pub async fn id_of(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<ContactId>, EngineError> {
    Ok(snapshot.get_with(&uid_key(owner, uid), id_in).await?.flatten())
}

/// `owner`'s contact with this UID (normalised), an alias too.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<(ContactId, Stored<Contact>)>, EngineError> {
    let Some(id) = id_of(snapshot, owner, uid).await? else { return Ok(None) };
    Ok(get(snapshot, id).await?.map(|found| (id, found)))
}

/// Up to `most` of `owner`'s contacts whose UIDs come after `after`, in the order of their UIDs.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<(ContactId, Stored<Contact>)>, EngineError> {
    let prefix = uids(owner);
    let mut ids = Vec::new();
    snapshot
        .scan(&keys::next_after(&prefix, after), &keys::after(&prefix), |_, value| {
            if value.len() == 8 && ids.len() < most {
                ids.extend(id_in(value));
            }
            if ids.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    let mut contacts = Vec::with_capacity(ids.len());
    for id in ids {
        contacts.extend(get(snapshot, id).await?.map(|found| (id, found)));
    }
    Ok(contacts)
}

// === writing ===

/// Adds the making of a contact to `batch`, which is refused if its UID leads to a contact
/// already, or if its owner is not there any more.
pub fn insert(
    store: &Store,
    batch: &mut Batch,
    contact: &Contact,
) -> Result<ContactId, EngineError> {
    let id = ContactId(store.number());
    principals::tie(batch, &contact.owner);
    claim(batch, &contact.owner, &contact.uid, id.0.to_be_bytes().to_vec());
    for uid in &contact.aliases {
        claim(batch, &contact.owner, uid, alias_value(id));
    }
    batch.put(key(id), encode(VERSION, contact)?);
    Ok(id)
}

/// Adds the change of a contact that still is as it was read to `batch`.
pub fn update(
    batch: &mut Batch,
    id: ContactId,
    read: &Witness,
    contact: &Contact,
) -> Result<(), EngineError> {
    read.require(batch);
    batch.put(key(id), encode(VERSION, contact)?);
    Ok(())
}

/// Adds to `batch` the demand that no contact of `owner` has this UID: whoever relies on a card
/// being plain is refused when something comes to be remembered of it meanwhile.
pub fn expect_none(batch: &mut Batch, owner: &PrincipalId, uid: &str) {
    batch.expect_same(uid_key(owner, uid), None);
}

/// Makes another UID lead to `contact`, which the caller then passes to [`update`]. The batch is
/// refused if the UID leads to a contact already.
pub fn alias(batch: &mut Batch, id: ContactId, contact: &mut Contact, uid: &str) {
    claim(batch, &contact.owner, uid, alias_value(id));
    contact.aliases.push(uid.to_owned());
}

/// Adds the end of a contact that still is as it was read to `batch`. Interactions that it takes
/// part in are the caller's to change or remove.
pub fn remove(batch: &mut Batch, id: ContactId, read: &Stored<Contact>) {
    read.witness.require(batch);
    batch.delete(key(id));
    batch.delete(uid_key(&read.record.owner, &read.record.uid));
    for uid in &read.record.aliases {
        batch.delete(uid_key(&read.record.owner, uid));
    }
}

/// Adds to `batch` that the contact `id` is `contact` and that its UIDs lead to it, whatever was
/// there. What the caller knows of that is the caller's to demand.
pub fn reinstate(batch: &mut Batch, id: ContactId, contact: &Contact) -> Result<(), EngineError> {
    principals::tie(batch, &contact.owner);
    batch.put(uid_key(&contact.owner, &contact.uid), id.0.to_be_bytes().to_vec());
    for uid in &contact.aliases {
        batch.put(uid_key(&contact.owner, uid), alias_value(id));
    }
    batch.put(key(id), encode(VERSION, contact)?);
    Ok(())
}

/// Adds to `batch` that `uids` lead to `contact` no more, which the caller then stores.
pub fn release(batch: &mut Batch, contact: &mut Contact, uids: &[String]) {
    for uid in uids {
        batch.delete(uid_key(&contact.owner, uid));
    }
    contact.aliases.retain(|alias| !uids.contains(alias));
}

fn claim(batch: &mut Batch, owner: &PrincipalId, uid: &str, value: Vec<u8>) {
    let key = uid_key(owner, uid);
    batch.expect_same(key.clone(), None);
    batch.put(key, value);
}

fn alias_value(id: ContactId) -> Vec<u8> {
    let mut value = id.0.to_be_bytes().to_vec();
    value.push(b'a');
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn a_uid_leads_to_one_contact_and_aliases_to_the_same() {
        let (store, anna) = with_user("anna").await;
        let mut batch = Batch::new();
        let mut contact = Contact::new(anna.clone(), "u2".into(), "Bo".into(), Timestamp(1));
        let id = insert(&store, &mut batch, &contact).unwrap();
        let other = Contact::new(anna.clone(), "u3".into(), "Cy".into(), Timestamp(1));
        insert(&store, &mut batch, &other).unwrap();
        store.commit(batch).await.unwrap();

        let mut batch = Batch::new();
        insert(&store, &mut batch, &contact).unwrap();
        assert!(store.commit(batch).await.is_err(), "a UID leads to two contacts");

        let snapshot = store.snapshot().await.unwrap();
        let (found_id, read) = find(&snapshot, &anna, "u2").await.unwrap().unwrap();
        assert_eq!((found_id, &read.record), (id, &contact));
        let mut batch = Batch::new();
        alias(&mut batch, id, &mut contact, "u1");
        contact.revision = 1;
        update(&mut batch, id, &read.witness, &contact).unwrap();
        store.commit(batch).await.unwrap();

        let mut batch = Batch::new();
        update(&mut batch, id, &read.witness, &contact).unwrap();
        assert!(store.commit(batch).await.is_err(), "a change of an older state was taken");

        let snapshot = store.snapshot().await.unwrap();
        let (by_alias, read) = find(&snapshot, &anna, "u1").await.unwrap().unwrap();
        assert_eq!((by_alias, read.record.revision), (id, 1));
        let uids: Vec<String> = of_owner(&snapshot, &anna, None, 9)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, found)| found.record.uid)
            .collect();
        assert_eq!(uids, ["u2", "u3"], "each contact is listed once, aliases are not");
        let next = of_owner(&snapshot, &anna, Some("u2"), 1).await.unwrap();
        assert_eq!(next[0].1.record.uid, "u3");

        let mut batch = Batch::new();
        remove(&mut batch, id, &read);
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        for uid in ["u1", "u2"] {
            assert!(id_of(&snapshot, &anna, uid).await.unwrap().is_none(), "{uid} leads nowhere");
        }
    }

    #[test]
    fn the_oldest_retired_lines_are_forgotten() {
        let anna = PrincipalId::parse("anna").unwrap();
        let mut contact = Contact::new(anna, "u".into(), String::new(), Timestamp(0));
        for fingerprint in 0..RETIRED as u64 + 2 {
            contact.retire(fingerprint);
        }
        contact.retire(5);
        assert_eq!(contact.retired.len(), RETIRED);
        assert_eq!((contact.retired[0], contact.retired[RETIRED - 1]), (2, 5));
    }
}
