//! Address books as their owner thinks of them: which there are, making one, finding one.

use crate::base::{CollectionId, Fault, ObjectName, PrincipalId};
use crate::store::audit::{Deed, Verb};
use crate::store::collection::{self, Collection, Found, Kind, Role};
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot};
use crate::store::grants;
use crate::store::{Actor, Store};

/// A book with what a listing tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The record.
    pub collection: Collection,
    /// Cards in it.
    pub cards: u64,
    /// Bytes of the cards.
    pub bytes: u64,
    /// With how many users and groups it is shared.
    pub shares: usize,
}

/// A user's books, by name.
pub async fn list(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<Book>, Fault> {
    let mut books = Vec::new();
    for Found { collection, .. } in collection::list(snapshot, owner, Kind::AddressBook).await? {
        let id = collection.id;
        books.push(Book {
            cards: collection::count(snapshot, id).await?.unsigned_abs(),
            bytes: collection::bytes_used(snapshot, id).await?.unsigned_abs(),
            shares: grants::of_collection(snapshot, id).await?.len(),
            collection,
        });
    }
    Ok(books)
}

/// A user's book by its path segment.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: &str,
) -> Result<Collection, Fault> {
    match collection::find(snapshot, owner, Kind::AddressBook, name).await? {
        Some(found) => Ok(found.collection),
        None => Err(unknown(owner, name)),
    }
}

/// What somebody is told who names a book that is not there.
pub fn unknown(owner: &PrincipalId, name: &str) -> Fault {
    let message =
        format!("{owner} has no book `{name}`. `rolodav book list {owner}` shows the books.");
    Fault::new(404, message)
}

/// The book of that name, or all that a user fills.
pub async fn chosen(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    name: Option<&str>,
) -> Result<Vec<Collection>, Fault> {
    if let Some(name) = name {
        return Ok(vec![find(snapshot, owner, name).await?]);
    }
    let all = collection::list(snapshot, owner, Kind::AddressBook).await?;
    // The books of segments have what is in others.
    let plain = all.into_iter().map(|found| found.collection);
    Ok(plain.filter(|book| book.role == Role::Plain).collect())
}

/// The books that `owner` fills, the oldest first; not those of segments, which have what is in others.
pub async fn filled(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<Found>, EngineError> {
    let mut books = collection::list(snapshot, owner, Kind::AddressBook).await?;
    books.retain(|found| found.collection.role == Role::Plain);
    books.sort_by_key(|found| found.collection.id);
    Ok(books)
}

/// The numbers of the books that `owner` fills, the oldest first.
pub async fn numbers(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<CollectionId>, EngineError> {
    Ok(filled(snapshot, owner).await?.into_iter().map(|found| found.collection.id).collect())
}

/// Makes an empty book.
pub async fn create(
    store: &Store,
    owner: &PrincipalId,
    name: &ObjectName,
    display_name: Option<String>,
    actor: &Actor,
) -> Result<Collection, Fault> {
    let taken = || Fault::conflict(format!("{owner} has a book `{name}` already."));
    let snapshot = store.snapshot().await?;
    if collection::find(&snapshot, owner, Kind::AddressBook, name.as_str()).await?.is_some() {
        return Err(taken());
    }
    let (id, name) = (CollectionId(store.number()), name.as_str().to_owned());
    let mut book = Collection::new(id, Kind::AddressBook, owner.clone(), name, store.now());
    book.display_name = display_name;
    let mut batch = Batch::new();
    collection::create(&mut batch, &book)?;
    Deed::of_collection(Verb::Added, &book).note(store, &mut batch, actor)?;
    match store.commit(batch).await {
        Ok(_) => Ok(book),
        Err(CommitError::Refused(_)) => Err(taken()),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}
