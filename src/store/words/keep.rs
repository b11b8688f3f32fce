//! The words of a member, kept in the commit that writes or ends it.

use super::entry::{self, Entry, entry_key, number_key};
use super::pending::{self, Pending};
use super::{Scope, Words, partial_key, state};
use crate::base::CollectionId;
use crate::store::Store;
use crate::store::collection::{Collection, Kind};
use crate::store::engine::{Batch, EngineError, Snapshot};
use crate::store::member::Flags;

/// Adds to `batch` that member `name` of a book has these bytes now.
pub async fn take_in(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    place: (&Collection, &str),
    bytes: &[u8],
    flags: Flags,
) -> Result<(), EngineError> {
    let (book, name) = place;
    if book.kind != Kind::AddressBook {
        return Ok(());
    }
    if let Some(reading) = store.reading {
        let words = (reading.card)(bytes, flags);
        return replace(store, snapshot, batch, book.id, name, words).await;
    }
    // Who does not keep the index must not leave it behind as if it were kept.
    state::set_partial(batch, &Scope::book(book.id));
    Ok(())
}

/// Adds to `batch` that member `name` has no words any more.
pub(in crate::store) async fn gone(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
) -> Result<(), EngineError> {
    let Some(number) = entry::number_of(snapshot, id, name).await? else { return Ok(()) };
    change(snapshot, batch, id, number, &Entry::default()).await?;
    batch.delete(number_key(id, name));
    Ok(())
}

/// Adds to `batch` that the member that comes as `to` has the words that the member `from` has.
pub(in crate::store) async fn carry(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    from: (CollectionId, &str),
    to: (&Collection, &str),
) -> Result<(), EngineError> {
    let (book, name) = to;
    if book.kind != Kind::AddressBook {
        return Ok(());
    }
    let Some(words) = entry::of_member(snapshot, from.0, from.1).await? else {
        // It comes from a book that is not in the index yet.
        state::set_partial(batch, &Scope::book(book.id));
        return Ok(());
    };
    begin(store, batch, book.id, &Entry { name: name.to_owned(), words });
    Ok(())
}

/// Adds to `batch` that the words of member `name`, which is what `batch` makes of it, are `new`.
async fn replace(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    words: Words,
) -> Result<(), EngineError> {
    let entry = Entry { name: name.to_owned(), words };
    let Some(number) = entry::number_of(snapshot, id, name).await? else {
        if !entry.words.is_empty() {
            begin(store, batch, id, &entry);
        }
        return Ok(());
    };
    if entry.words.is_empty() {
        batch.delete(number_key(id, name));
    }
    change(snapshot, batch, id, number, &entry).await
}

/// Adds a member that was not there to `batch`.
fn begin(store: &Store, batch: &mut Batch, id: CollectionId, entry: &Entry) {
    let number = store.number();
    if entry.words.partial {
        batch.put(partial_key(id, number), Vec::new());
    }
    batch.put(number_key(id, &entry.name), number.to_be_bytes().to_vec());
    batch.put(entry_key(id, number), entry.encode());
    batch.put(pending::key(id, number), Pending::default().encode());
}

/// Adds to `batch` that the member of this number is `entry` now.
async fn change(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    number: u64,
    entry: &Entry,
) -> Result<(), EngineError> {
    let old = entry::entry(snapshot, id, number).await?;
    if old.as_ref().is_some_and(|old| old.words == entry.words) {
        return Ok(());
    }
    let old = old.unwrap_or_default().words;
    let known = pending::get(snapshot, id, number).await?;
    let known = known.as_deref().and_then(Pending::parse);
    batch.put(pending::key(id, number), Pending::after(known, &old).encode());
    if entry.words.partial {
        batch.put(partial_key(id, number), Vec::new());
    } else if old.partial {
        batch.delete(partial_key(id, number));
    }
    if entry.words.is_empty() {
        batch.delete(entry_key(id, number));
    } else {
        batch.put(entry_key(id, number), entry.encode());
    }
    Ok(())
}
