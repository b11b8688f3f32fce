//! Collections: address books and calendars; all of them are named members of a home.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use super::components::Components;
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::{Store, Witness, counter, decode, encode, keys, words};
use crate::base::{CollectionId, PrincipalId, Timestamp};

const VERSION: u8 = 2;

/// The format of stores that held address books only.
const BOOKS_ONLY: u8 = 1;

/// What a collection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// vCards.
    AddressBook,
    /// iCalendar objects.
    Calendar,
}

/// What a collection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Role {
    /// Its owner fills it.
    #[default]
    Plain,
    /// Scheduling messages come in here (RFC 6638 §2.2).
    Inbox,
    /// The server fills it with the birthdays and anniversaries of contacts.
    Birthdays,
    /// The server fills it with a calendar that somebody publishes elsewhere.
    Subscribed,
    /// The server fills it with what happened with its owner's contacts.
    Interactions,
    /// The server fills it with the cards that are in a segment.
    Segment,
}

/// What only calendars have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CalendarRecord {
    /// The kinds of components it takes; an empty set takes every kind.
    pub components: Components,
    /// The zone of times without one: `CAL:calendar-timezone`, as it was written.
    pub timezone: Option<String>,
    /// Its name: `CAL:calendar-timezone-id`.
    pub timezone_id: Option<String>,
    /// Do its events leave their owner free (`CAL:schedule-calendar-transp`)?
    pub transparent: bool,
}

/// A collection's own record; counters and the change log are apart, so that writing a member
/// never touches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Its number.
    pub id: CollectionId,
    /// What it holds.
    pub kind: Kind,
    /// Whose home it is in.
    pub owner: PrincipalId,
    /// Its path segment.
    pub name: String,
    /// `DAV:displayname`.
    pub display_name: Option<String>,
    /// `ICAL:calendar-color` and the like: `#RRGGBB[AA]`.
    pub color: Option<String>,
    /// Its place among its siblings; lower is first.
    pub order: Option<i32>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was deleted, if it is in the trash.
    pub deleted: Option<Timestamp>,
    /// What it is for.
    pub role: Role,
    /// What only calendars have; of address books the default.
    pub calendar: CalendarRecord,
}

/// The record as [`BOOKS_ONLY`] had it.
#[derive(Debug, Deserialize)]
struct Book {
    id: CollectionId,
    kind: Kind,
    owner: PrincipalId,
    name: String,
    display_name: Option<String>,
    color: Option<String>,
    order: Option<i32>,
    created: Timestamp,
    deleted: Option<Timestamp>,
}

/// A collection as read, with the proof that it was.
#[derive(Debug, Clone)]
pub struct Found {
    /// The record.
    pub collection: Collection,
    /// The record as read.
    pub witness: Witness,
}

impl Role {
    /// Can its owner delete it, and have it back? What is needed, or can be made again, is not
    /// theirs to lose.
    pub const fn is_owners(self) -> bool {
        matches!(self, Self::Plain | Self::Subscribed)
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::AddressBook, Self::Calendar];

    pub(super) fn tag(self) -> u8 {
        match self {
            Self::AddressBook => 1,
            Self::Calendar => 2,
        }
    }
}

// === impl Collection ===

impl Collection {
    /// A collection without properties, of no special role.
    pub fn new(
        id: CollectionId,
        kind: Kind,
        owner: PrincipalId,
        name: String,
        created: Timestamp,
    ) -> Self {
        Self {
            id,
            kind,
            owner,
            name,
            display_name: None,
            color: None,
            order: None,
            created,
            deleted: None,
            role: Role::Plain,
            calendar: CalendarRecord::default(),
        }
    }

    fn read(record: &[u8]) -> Result<Self, EngineError> {
        if record.first() != Some(&BOOKS_ONLY) {
            return decode(VERSION, record);
        }
        let book: Book = decode(BOOKS_ONLY, record)?;
        Ok(Self {
            display_name: book.display_name,
            color: book.color,
            order: book.order,
            deleted: book.deleted,
            ..Self::new(book.id, book.kind, book.owner, book.name, book.created)
        })
    }
}

/// The collection numbered `id`, deleted ones included.
pub async fn get(snapshot: &Snapshot, id: CollectionId) -> Result<Option<Found>, EngineError> {
    let key = keys::collection(id);
    let Some(value) = snapshot.get(&key).await? else {
        return Ok(None);
    };
    let collection = Collection::read(&value)?;
    Ok(Some(Found { collection, witness: Witness::new(key, Some(value)) }))
}

/// The collection named `name` in a home.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    kind: Kind,
    name: &str,
) -> Result<Option<Found>, EngineError> {
    let key = keys::home_name(owner, kind.tag(), name);
    match snapshot.get_with(&key, |v| CollectionId(counter(v) as u64)).await? {
        Some(id) => get(snapshot, id).await,
        None => Ok(None),
    }
}

/// The collection of any kind named `name` in a home; an address book before a calendar.
pub async fn find_any(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: &str,
) -> Result<Option<Found>, EngineError> {
    for kind in Kind::ALL {
        if let Some(found) = find(snapshot, owner, kind, name).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The collections of every kind in a home.
pub async fn list_all(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<Found>, EngineError> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        found.extend(list(snapshot, owner, kind).await?);
    }
    Ok(found)
}

/// The collections of one kind in a home, by name.
pub async fn list(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    kind: Kind,
) -> Result<Vec<Found>, EngineError> {
    let prefix = keys::home(owner, kind.tag());
    let mut ids = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, v| {
            ids.push(CollectionId(counter(v) as u64));
            Step::Continue
        })
        .await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(get(snapshot, id).await?);
    }
    Ok(found)
}

/// Every collection, deleted ones included.
pub async fn all(snapshot: &Snapshot) -> Result<Vec<Collection>, EngineError> {
    let prefix = [keys::table::COLLECTION];
    let mut values = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, v| {
            values.push(Bytes::copy_from_slice(v));
            Step::Continue
        })
        .await?;
    values.iter().map(|v| Collection::read(v)).collect()
}

/// Adds the making of a collection to `batch`; the name must be free when it is committed.
pub fn create(batch: &mut Batch, collection: &Collection) -> Result<(), EngineError> {
    take_name(batch, collection, None);
    begin_words(batch, collection);
    batch.put(keys::collection(collection.id), encode(VERSION, collection)?);
    Ok(())
}

fn begin_words(batch: &mut Batch, collection: &Collection) {
    if collection.kind == Kind::AddressBook {
        words::state::begin(batch, collection.id);
    }
}

/// Adds a change of a collection's record to `batch`. Its name and owner stay.
pub fn update(batch: &mut Batch, was: &Found, now: &Collection) -> Result<(), EngineError> {
    was.witness.require(batch);
    batch.put(keys::collection(now.id), encode(VERSION, now)?);
    Ok(())
}

/// Adds a change of a collection's path segment to `batch`; the new name must be free, or that of
/// `instead_of`, which an earlier step of the batch moves to the [`trash`].
pub fn rename(
    batch: &mut Batch,
    was: &Found,
    now: &Collection,
    instead_of: Option<CollectionId>,
) -> Result<(), EngineError> {
    let old = &was.collection;
    batch.delete(keys::home_name(&old.owner, old.kind.tag(), &old.name));
    take_name(batch, now, instead_of);
    update(batch, was, now)
}

/// Expectations see the state before the batch: the name then is free, or still `instead_of`'s.
fn take_name(batch: &mut Batch, collection: &Collection, instead_of: Option<CollectionId>) {
    let name = keys::home_name(&collection.owner, collection.kind.tag(), &collection.name);
    let id = |id: CollectionId| Bytes::copy_from_slice(&id.0.to_be_bytes());
    batch.expect_same(name.clone(), instead_of.map(id).as_ref());
    batch.put(name, id(collection.id));
}

/// Moves a collection to the trash, whole, in constant time: its name is free again.
pub async fn trash(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    was: &Found,
) -> Result<(), EngineError> {
    let at = store.now();
    let old = &was.collection;
    let used = bytes_used(snapshot, old.id).await?;
    let bytes_key = keys::collection_bytes(old.id);
    batch.expect_same(bytes_key.clone(), snapshot.get(&bytes_key).await?.as_ref());
    batch.add(keys::user_bytes(&old.owner), -used);
    batch.delete(keys::home_name(&old.owner, old.kind.tag(), &old.name));
    batch.put(keys::trashed(&old.owner, at.0, old.id), Bytes::new());
    update(batch, was, &Collection { deleted: Some(at), ..old.clone() })
}

/// Makes a collection that lies in the trash until [`restore`] brings it out; what is left of one
/// that never is, retention ends. It holds no place in its owner's home meanwhile.
pub async fn create_in_trash(store: &Store, collection: &Collection) -> Result<Found, EngineError> {
    let at = store.now();
    let hidden = Collection { deleted: Some(at), ..collection.clone() };
    let value = encode(VERSION, &hidden)?;
    let mut batch = Batch::new();
    begin_words(&mut batch, collection);
    let key = keys::collection(hidden.id);
    batch.put(key.clone(), value.clone());
    batch.put(keys::trashed(&hidden.owner, at.0, hidden.id), Bytes::new());
    store.commit(batch).await.map_err(|e| EngineError::caused("a collection cannot be made", e))?;
    Ok(Found { collection: hidden, witness: Witness::new(key, Some(value)) })
}

/// Brings a deleted collection back under `name`, which must be free or that of `instead_of`, as
/// in [`rename`].
pub async fn restore(
    snapshot: &Snapshot,
    batch: &mut Batch,
    was: &Found,
    name: &str,
    instead_of: Option<CollectionId>,
) -> Result<(), EngineError> {
    let old = &was.collection;
    let Some(at) = old.deleted else {
        return Err(EngineError::new("only a deleted collection can be restored"));
    };
    let now = Collection { deleted: None, name: name.to_owned(), ..old.clone() };
    batch.add(keys::user_bytes(&old.owner), bytes_used(snapshot, old.id).await?);
    batch.delete(keys::trashed(&old.owner, at.0, old.id));
    was.witness.require(batch);
    take_name(batch, &now, instead_of);
    batch.put(keys::collection(now.id), encode(VERSION, &now)?);
    Ok(())
}

/// A user's deleted collections, oldest first.
pub async fn trashed(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<Found>, EngineError> {
    let prefix = keys::trash(owner);
    let mut ids = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |k, _| {
            ids.extend(keys::last_number(k).map(CollectionId));
            Step::Continue
        })
        .await?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(get(snapshot, id).await?);
    }
    Ok(found)
}

/// How many members a collection has.
pub async fn count(snapshot: &Snapshot, id: CollectionId) -> Result<i64, EngineError> {
    Ok(snapshot.get_with(&keys::member_count(id), counter).await?.unwrap_or(0))
}

/// How many bytes a collection's members have.
pub async fn bytes_used(snapshot: &Snapshot, id: CollectionId) -> Result<i64, EngineError> {
    Ok(snapshot.get_with(&keys::collection_bytes(id), counter).await?.unwrap_or(0))
}

/// How many bytes a user's members have, without history and trash.
pub async fn user_bytes(snapshot: &Snapshot, owner: &PrincipalId) -> Result<i64, EngineError> {
    Ok(snapshot.get_with(&keys::user_bytes(owner), counter).await?.unwrap_or(0))
}

/// Adds the end of what is counted of a user who is removed to `batch`.
pub fn forget_user_bytes(batch: &mut Batch, owner: &PrincipalId) {
    batch.delete(keys::user_bytes(owner));
}

/// Refuses the batch if after it the user has more than `most` bytes; returns the place as
/// [`Batch::expect`] does.
pub fn bound_user_bytes(batch: &mut Batch, owner: &PrincipalId, most: u64) -> usize {
    batch.add_bounded(keys::user_bytes(owner), 0, most as i64)
}
