//! The books that segments show as: made, called and ended with them.

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::normal::fold::words;
use crate::store::Store;
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::engine::{Batch, Snapshot};
use crate::store::segments::Segment;

/// Adds the making of a segment's book to `batch`.
pub(super) async fn make_book(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    name: &str,
) -> Result<CollectionId, Fault> {
    let base: String = words(name).join("-").chars().take(60).collect();
    let mut path = format!("segment-{base}");
    let mut number = 1;
    while collection::find(snapshot, owner, Kind::AddressBook, &path).await?.is_some() {
        number += 1;
        path = format!("segment-{base}-{number}");
    }
    let id = CollectionId(store.number());
    let mut book = Collection::new(id, Kind::AddressBook, owner.clone(), path, store.now());
    book.display_name = Some(name.to_owned());
    book.role = Role::Segment;
    // Behind what its owner writes in: some programs take the first book for the usual one.
    book.order = Some(1000);
    collection::create(batch, &book)?;
    Ok(id)
}

/// Adds the end of a segment's book to `batch`. It is not in its owner's trash: it can be made again.
pub(super) async fn end_book(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    book: CollectionId,
) -> Result<(), Fault> {
    if let Some(found) = collection::get(snapshot, book).await?
        && found.collection.deleted.is_none()
    {
        collection::trash(store, snapshot, batch, &found).await?;
    }
    Ok(())
}

/// The book is called as its segment, unless its owner called it otherwise.
pub(super) async fn call_book(
    snapshot: &Snapshot,
    batch: &mut Batch,
    was: &Segment,
    name: &str,
) -> Result<(), Fault> {
    let Some(book) = was.book else { return Ok(()) };
    let Some(found) = collection::get(snapshot, book).await? else { return Ok(()) };
    if found.collection.display_name.as_deref() == Some(&was.name) {
        let now = Collection { display_name: Some(name.to_owned()), ..found.collection.clone() };
        collection::update(batch, &found, &now)?;
    }
    Ok(())
}
