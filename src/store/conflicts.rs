//! Refused versions: what a client wanted to store, and could not because somebody else had
//! changed the member meanwhile. They are kept to be looked at until retention ends them.
//!
//! | key | value |
//! |---|---|
//! | `4c` `r` collection name `00` number | [`Conflict`]; the number from the newest to the oldest |
//! | `4c` `b` collection number | the body |

use serde::{Deserialize, Serialize};

use super::body::{self, Body, NewBody, Slot};
use super::engine::{Batch, CommitError, EngineError, Expect, Snapshot, Step};
use super::keys::{self, Key};
use super::{ATTEMPTS, Actor, Store, decode, encode, member};
use crate::base::{CollectionId, ETag, Timestamp};

const VERSION: u8 = 1;
pub(super) const CONFLICT: u8 = 0x4c;

/// Refused versions that are kept of one member, the newest.
pub const MOST: usize = 20;

/// A version about to be kept.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Who wanted to store it.
    pub actor: Actor,
    /// The precondition that failed, as the client sent it.
    pub named: String,
    /// What was sent.
    pub body: NewBody,
}

/// A version that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The normalised UID of the member, if it was there.
    pub uid: Option<String>,
    /// When it was refused.
    pub at: Timestamp,
    /// Who wanted to store it.
    pub actor: Actor,
    /// The precondition that failed, as the client sent it.
    pub named: String,
    /// The tag of the refused bytes.
    pub etag: ETag,
    /// Their length.
    pub size: u64,
}

/// A refused version and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The member's name at that time.
    pub name: String,
    /// Tells it from all others.
    pub number: u64,
    /// What is known of it.
    pub conflict: Conflict,
}

pub(super) fn of_collection(id: CollectionId) -> Vec<u8> {
    Key::of(CONFLICT).bytes(b"r").number(id.0).done()
}

fn of_member(id: CollectionId, name: &str) -> Vec<u8> {
    Key::of(CONFLICT).bytes(b"r").number(id.0).text(name).done()
}

fn key(id: CollectionId, name: &str, number: u64) -> Vec<u8> {
    Key::of(CONFLICT).bytes(b"r").number(id.0).text(name).number(!number).done()
}

pub(super) fn body_key(id: CollectionId, number: u64) -> Vec<u8> {
    Key::of(CONFLICT).bytes(b"b").number(id.0).number(number).done()
}

/// What the keys of all bodies of refused versions begin with.
pub(super) const BODIES: [u8; 2] = [CONFLICT, b'b'];

/// The refused versions of member `name`, or of all members, each member's newest first.
pub async fn list(
    snapshot: &Snapshot,
    id: CollectionId,
    name: Option<&str>,
) -> Result<Vec<Kept>, EngineError> {
    let all = of_collection(id);
    let prefix = name.map_or_else(|| all.clone(), |name| of_member(id, name));
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            found.extend(key.get(all.len()..).and_then(|row| kept(row, value)));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// What a row says whose key ends with `row`, behind [`of_collection`].
pub(super) fn kept(row: &[u8], value: &[u8]) -> Option<Result<Kept, EngineError>> {
    let (name, number) = row.split_last_chunk::<8>()?;
    let name = keys::text_in(name.strip_suffix(&[0]).unwrap_or(name));
    let number = !u64::from_be_bytes(*number);
    Some(decode(VERSION, value).map(|conflict| Kept { name, number, conflict }))
}

/// The bytes of a refused version.
pub async fn body(snapshot: &Snapshot, id: CollectionId, number: u64) -> Result<Body, EngineError> {
    body::get(snapshot, Slot::Refused(id, number)).await
}

/// Keeps a refused version; tells its number. The same bytes sent again are kept once: a client
/// that tries again and again does not push out what others sent. Beyond [`MOST`] the oldest of
/// the member go.
pub async fn keep(
    store: &Store,
    id: CollectionId,
    name: &str,
    refused: &Refused,
) -> Result<u64, EngineError> {
    let etag = ETag::of(&refused.body.bytes);
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let there = list(&snapshot, id, Some(name)).await?;
        if let Some(known) = there.iter().find(|kept| kept.conflict.etag == etag) {
            return Ok(known.number);
        }
        let number = store.number();
        let conflict = Conflict {
            uid: member::get(&snapshot, id, name).await?.map(|member| member.uid),
            at: store.now(),
            actor: refused.actor.clone(),
            named: refused.named.clone(),
            etag,
            size: refused.body.bytes.len() as u64,
        };
        let mut batch = Batch::new();
        batch.expect(keys::collection(id), Expect::Present);
        batch.put(key(id, name, number), encode(VERSION, &conflict)?);
        body::put(&snapshot, &mut batch, Slot::Refused(id, number), &refused.body).await?;
        match store.commit(batch).await {
            Ok(_) => {
                drop(snapshot);
                // Each on its own: they may hold the same photo, whose count each changes.
                for surplus in there.iter().skip(MOST - 1) {
                    remove(store, id, name, surplus.number).await?;
                }
                return Ok(number);
            }
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error),
        }
    }
    Err(EngineError::new("a refused version cannot be kept now"))
}

/// Ends a refused version; `false` if it was not there.
pub async fn remove(
    store: &Store,
    id: CollectionId,
    name: &str,
    number: u64,
) -> Result<bool, EngineError> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let key = key(id, name, number);
        if !snapshot.has(&key).await? {
            return Ok(false);
        }
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expect::Present);
        batch.delete(key);
        body::delete(&snapshot, &mut batch, Slot::Refused(id, number)).await?;
        match store.commit(batch).await {
            Ok(_) => return Ok(true),
            Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error),
        }
    }
    Err(EngineError::new("a refused version cannot be ended now"))
}

/// Ends what was refused before `before`.
pub(super) async fn purge(
    store: &Store,
    id: CollectionId,
    before: Timestamp,
) -> Result<(), EngineError> {
    let listed = list(&store.snapshot().await?, id, None).await?;
    for kept in listed {
        if kept.conflict.at < before {
            remove(store, id, &kept.name, kept.number).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::check::check;
    use crate::store::collection::{self, Collection, Kind};
    use crate::store::tests::with_user_and_clock;

    const BOOK: CollectionId = CollectionId(7);

    fn refused(n: u64) -> Refused {
        let photo = vec![b'p'; 600];
        let bytes = bytes::Bytes::from([&photo[..], n.to_string().as_bytes()].concat());
        let actor = Actor { principal: "anna".to_owned(), device: "phone".to_owned() };
        let body = NewBody { bytes, blobs: std::iter::once(0..photo.len()).collect() };
        Refused { actor, named: "\"old\"".to_owned(), body }
    }

    #[tokio::test]
    async fn the_newest_are_kept_once_each_and_end_with_their_photos() {
        let (store, anna, clock) = with_user_and_clock("anna").await;
        let lost = keep(&store, BOOK, "a", &refused(0)).await;
        assert!(lost.is_err(), "something was kept for a book that is not there");
        let mut batch = Batch::new();
        let book =
            Collection::new(BOOK, Kind::AddressBook, anna, "contacts".to_owned(), Timestamp(0));
        collection::create(&mut batch, &book).unwrap();
        store.commit(batch).await.unwrap();

        for n in 0..MOST as u64 + 2 {
            let first = keep(&store, BOOK, "a", &refused(n)).await.unwrap();
            let again = keep(&store, BOOK, "a", &refused(n)).await.unwrap();
            assert_eq!(first, again, "the same bytes are kept once");
            if n == 9 {
                clock.advance_millis(1000);
            }
        }
        keep(&store, BOOK, "ab", &refused(3)).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let of_a = list(&snapshot, BOOK, Some("a")).await.unwrap();
        let tags: Vec<ETag> = of_a.iter().map(|kept| kept.conflict.etag).collect();
        let newest_first = (2..MOST as u64 + 2).rev().map(|n| ETag::of(&refused(n).body.bytes));
        assert_eq!(tags, newest_first.collect::<Vec<_>>());
        let newest = of_a.first().unwrap();
        let bytes = body::get(&snapshot, Slot::Refused(BOOK, newest.number)).await.unwrap();
        let bytes = bytes.whole(&snapshot).await.unwrap();
        assert_eq!(bytes, refused(MOST as u64 + 1).body.bytes);
        let all = list(&snapshot, BOOK, None).await.unwrap();
        assert_eq!((all.len(), all[MOST].name.as_str()), (MOST + 1, "ab"));
        assert_eq!(check(&snapshot).await.unwrap().faults, [""; 0]);

        purge(&store, BOOK, Timestamp(2000)).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(list(&snapshot, BOOK, None).await.unwrap().len(), MOST - 8 + 1);
        purge(&store, BOOK, Timestamp(u64::MAX)).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(check(&snapshot).await.unwrap().faults, [""; 0], "a photo stayed behind");
        assert!(!remove(&store, BOOK, "a", newest.number).await.unwrap());
    }
}
