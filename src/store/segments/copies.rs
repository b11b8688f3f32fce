//! The cards in the book of a segment: copies of what lies in the books of its owner, whose photos
//! are held once. Several are written in one commit; how often each photo is held is added up.

use std::collections::HashMap;

use crate::base::CollectionId;
use crate::store::body::{self, BlobHash, Body, Slot};
use crate::store::collection::Collection;
use crate::store::engine::{Batch, EngineError, Expect, Snapshot};
use crate::store::keys::{self, table};
use crate::store::member::{Flags, Member};
use crate::store::{Store, change, counter, words};

/// Copies that are written, changed and ended in one commit.
#[derive(Debug, Default)]
pub struct Copies {
    /// How many more times each blob is held after it.
    held: HashMap<BlobHash, i64>,
}

impl Copies {
    /// Adds the copy of a card, whose row is `card` and whose body is `body`, under `name` to
    /// `batch`; `old` is the copy that is there.
    pub async fn put(
        &mut self,
        (store, snapshot, batch): (&Store, &Snapshot, &mut Batch),
        book: &Collection,
        name: &str,
        old: Option<&Member>,
        (card, body): (&Member, &Body),
    ) -> Result<(), EngineError> {
        let (id, now) = (book.id, store.now());
        let grows = card.size as i64 - old.map_or(0, |old| old.size as i64);
        match old {
            None => {
                batch.put(keys::in_collection(table::UID, id, &card.uid), name.as_bytes().to_vec());
                batch.add(keys::member_count(id), 1);
            }
            Some(_) => self.drop_blobs(snapshot, id, name).await?,
        }
        batch.add(keys::collection_bytes(id), grows);
        batch.add(keys::user_bytes(&book.owner), grows);
        let member = Member {
            flags: card.flags.with(Flags::REPAIRED, false),
            created: old.map_or(now, |old| old.created),
            modified: now,
            ..card.clone()
        };
        batch.put(keys::in_collection(table::MEMBER, id, name), member.encode());
        for cut in &body.cuts {
            *self.held.entry(cut.hash).or_default() += 1;
        }
        body::place(batch, Slot::Member(id, name), body);
        change::append(batch, id, name);
        words::take_in(store, snapshot, batch, (book, name), &body.text, member.flags).await
    }

    /// Adds the end of the copy `name`, which is `old`, to `batch`.
    pub async fn end(
        &mut self,
        (snapshot, batch): (&Snapshot, &mut Batch),
        book: &Collection,
        name: &str,
        old: &Member,
    ) -> Result<(), EngineError> {
        let id = book.id;
        self.drop_blobs(snapshot, id, name).await?;
        batch.delete(keys::in_collection(table::MEMBER, id, name));
        batch.delete(keys::in_collection(table::UID, id, &old.uid));
        batch.delete(keys::in_collection(table::BODY, id, name));
        batch.add(keys::member_count(id), -1);
        batch.add(keys::collection_bytes(id), -(old.size as i64));
        batch.add(keys::user_bytes(&book.owner), -(old.size as i64));
        change::append(batch, id, name);
        words::gone(snapshot, batch, id, name).await
    }

    async fn drop_blobs(
        &mut self,
        snapshot: &Snapshot,
        id: CollectionId,
        name: &str,
    ) -> Result<(), EngineError> {
        for cut in body::get(snapshot, Slot::Member(id, name)).await?.cuts {
            *self.held.entry(cut.hash).or_default() -= 1;
        }
        Ok(())
    }

    /// Adds what follows for the blobs to `batch`; those that nobody holds any more end.
    pub async fn settle(self, snapshot: &Snapshot, batch: &mut Batch) -> Result<(), EngineError> {
        for (hash, more) in self.held {
            let refs = keys::blob(table::BLOB_REFS, &hash);
            if more > 0 {
                batch.expect(keys::blob(table::BLOB, &hash), Expect::Present);
                batch.add(refs, more);
            } else if more < 0 {
                let held = snapshot.get(&refs).await?;
                if held.as_deref().map_or(0, counter) + more <= 0 {
                    batch.expect_same(refs.clone(), held.as_ref());
                    batch.delete(refs);
                    batch.delete(keys::blob(table::BLOB, &hash));
                } else {
                    batch.add(refs, more);
                }
            }
        }
        Ok(())
    }
}
