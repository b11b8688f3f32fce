//! Bodies: the served bytes, apart from listings; long values (photos) once by content hash.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::conflicts;
use super::engine::{Batch, EngineError, Expect, Snapshot, Step};
use super::history::Place;
use super::keys::{self, table};
use crate::base::CollectionId;

const VERSION: u8 = 1;
const CUT: usize = 4 + 32 + 4;

/// The hash that names a blob.
pub type BlobHash = [u8; 32];

/// A place in the text where a blob belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The offset in the text (which holds no blobs).
    pub at: u32,
    /// The blob's name.
    pub hash: BlobHash,
    /// The blob's length.
    pub len: u32,
}

/// A body: text, and the blobs that were cut out of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The bytes between the blobs.
    pub text: Bytes,
    /// Where the blobs belong, in order.
    pub cuts: Vec<Cut>,
}

/// Where a body lies. Those of members lie in the order of their names, so that whoever reads a
/// whole collection reads them in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot<'a> {
    /// What is served of a member.
    Member(CollectionId, &'a str),
    /// What was sent, where it was repaired.
    Original(CollectionId, &'a str),
    /// A version of the history.
    Kept(Place),
    /// A version that was refused.
    Refused(CollectionId, u64),
}

/// A run of a body's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The bytes.
    pub bytes: Bytes,
    /// Are they a blob?
    pub is_blob: bool,
}

/// A body about to be stored: the whole bytes and the spans that become blobs.
#[derive(Debug, Clone)]
pub struct NewBody {
    /// The served bytes.
    pub bytes: Bytes,
    /// The spans that are stored as blobs: ascending, not overlapping, within the bytes.
    pub blobs: Vec<Range<usize>>,
}

// === impl Slot ===

impl Slot<'_> {
    fn key(self) -> Vec<u8> {
        match self {
            Self::Member(id, name) => keys::in_collection(table::BODY, id, name),
            Self::Original(id, name) => keys::in_collection(table::ORIGINAL, id, name),
            Self::Kept(Place { collection, at, number }) => {
                keys::version(table::KEPT, collection, at.0, number)
            }
            Self::Refused(id, number) => conflicts::body_key(id, number),
        }
    }

    fn damaged(self) -> EngineError {
        let id = match self {
            Self::Member(id, _) | Self::Original(id, _) | Self::Refused(id, _) => id,
            Self::Kept(place) => place.collection,
        };
        EngineError::new(format!("a body of collection {} cannot be read", id.0))
    }
}

// === impl Body ===

impl Body {
    fn parse(record: &[u8]) -> Option<Self> {
        let (&[version], rest) = record.split_first_chunk::<1>()?;
        let (count, mut rest) = rest.split_first_chunk::<2>()?;
        let mut cuts = Vec::with_capacity(usize::from(u16::from_be_bytes(*count)));
        for _ in 0..u16::from_be_bytes(*count) {
            let (cut, tail) = rest.split_first_chunk::<CUT>()?;
            let (at, cut) = cut.split_first_chunk::<4>()?;
            let (hash, cut) = cut.split_first_chunk::<32>()?;
            let (len, _) = cut.split_first_chunk::<4>()?;
            cuts.push(Cut {
                at: u32::from_be_bytes(*at),
                hash: *hash,
                len: u32::from_be_bytes(*len),
            });
            rest = tail;
        }
        (version == VERSION).then(|| Self { text: Bytes::copy_from_slice(rest), cuts })
    }

    fn encode(&self) -> Bytes {
        let mut record = BytesMut::with_capacity(3 + self.cuts.len() * CUT + self.text.len());
        record.put_u8(VERSION);
        record.put_u16(self.cuts.len() as u16);
        for cut in &self.cuts {
            record.put_u32(cut.at);
            record.put_slice(&cut.hash);
            record.put_u32(cut.len);
        }
        record.put_slice(&self.text);
        record.freeze()
    }

    /// The length of the whole.
    pub fn size(&self) -> u64 {
        self.text.len() as u64 + self.cuts.iter().map(|c| u64::from(c.len)).sum::<u64>()
    }

    /// The served bytes as runs in order, the blobs read from `snapshot`.
    pub async fn parts(self, snapshot: &Snapshot) -> Result<Vec<Part>, EngineError> {
        if self.cuts.is_empty() {
            return Ok(vec![Part { bytes: self.text, is_blob: false }]);
        }
        let mut parts = Vec::with_capacity(self.cuts.len() * 2 + 1);
        let mut done = 0;
        for cut in &self.cuts {
            let at = (cut.at as usize).min(self.text.len());
            if at > done {
                parts.push(Part { bytes: self.text.slice(done..at), is_blob: false });
                done = at;
            }
            let blob = snapshot.get(&keys::blob(table::BLOB, &cut.hash)).await?;
            let bytes = blob.ok_or_else(|| EngineError::new("a blob of a body is missing"))?;
            parts.push(Part { bytes, is_blob: true });
        }
        if done < self.text.len() {
            parts.push(Part { bytes: self.text.slice(done..), is_blob: false });
        }
        Ok(parts)
    }

    /// The served bytes as runs in order, whatever they are.
    pub async fn runs(self, snapshot: &Snapshot) -> Result<Vec<Bytes>, EngineError> {
        Ok(self.parts(snapshot).await?.into_iter().map(|part| part.bytes).collect())
    }

    /// The served bytes in one run.
    pub async fn whole(self, snapshot: &Snapshot) -> Result<Bytes, EngineError> {
        if self.cuts.is_empty() {
            return Ok(self.text);
        }
        let mut whole = BytesMut::with_capacity(self.size() as usize);
        for part in self.parts(snapshot).await? {
            whole.extend_from_slice(&part.bytes);
        }
        Ok(whole.freeze())
    }
}

/// The record of a body without its version and cuts, and whether there are cuts.
fn text_of(record: &[u8]) -> Option<(&[u8], bool)> {
    let (header, rest) = record.split_first_chunk::<3>()?;
    let [_, high, low] = *header;
    let cuts = usize::from(u16::from_be_bytes([high, low]));
    Some((rest.get(cuts * CUT..)?, cuts > 0))
}

/// The body in `slot`.
pub async fn get(snapshot: &Snapshot, slot: Slot<'_>) -> Result<Body, EngineError> {
    let found = snapshot.get_with(&slot.key(), Body::parse).await?;
    found.flatten().ok_or_else(|| slot.damaged())
}

/// Hands the texts of a collection's members after `after` to `visit`, by name, blobs left out,
/// until it stops; the flag tells whether there are any.
pub async fn scan_texts(
    snapshot: &Snapshot,
    id: CollectionId,
    after: Option<&str>,
    mut visit: impl FnMut(&str, &[u8], bool) -> Step + Send,
) -> Result<(), EngineError> {
    let mut unreadable = false;
    scan(snapshot, id, after, |name, record| {
        if let Some((text, has_blobs)) = text_of(record) {
            visit(name, text, has_blobs)
        } else {
            unreadable = true;
            Step::Stop
        }
    })
    .await?;
    if unreadable { Err(EngineError::new("the text of a member cannot be read")) } else { Ok(()) }
}

/// The bodies of a collection's members after `after`, by name, up to `most`.
pub async fn page(
    snapshot: &Snapshot,
    id: CollectionId,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<(String, Body)>, EngineError> {
    let mut page = Vec::with_capacity(most);
    scan(snapshot, id, after, |name, record| {
        page.push((name.to_owned(), Body::parse(record)));
        if page.len() < most { Step::Continue } else { Step::Stop }
    })
    .await?;
    page.into_iter()
        .map(|(name, body)| {
            let damaged = || Slot::Member(id, &name).damaged();
            let body = body.ok_or_else(damaged)?;
            Ok((name, body))
        })
        .collect()
}

async fn scan(
    snapshot: &Snapshot,
    id: CollectionId,
    after: Option<&str>,
    mut visit: impl FnMut(&str, &[u8]) -> Step + Send,
) -> Result<(), EngineError> {
    let prefix = keys::of_collection(table::BODY, id);
    let from = keys::next_after(&prefix, after);
    snapshot
        .scan(&from, &keys::after(&prefix), |key, record| {
            let name = key.get(prefix.len()..).and_then(|n| std::str::from_utf8(n).ok());
            visit(name.unwrap_or_default(), record)
        })
        .await
}

/// Adds a new body to `batch`, its blobs too unless the store has them.
pub async fn put(
    snapshot: &Snapshot,
    batch: &mut Batch,
    slot: Slot<'_>,
    new: &NewBody,
) -> Result<(), EngineError> {
    if new.blobs.is_empty() {
        let mut record = BytesMut::with_capacity(3 + new.bytes.len());
        record.put_slice(&[VERSION, 0, 0]);
        record.put_slice(&new.bytes);
        batch.put(slot.key(), record.freeze());
        return Ok(());
    }
    let mut text = BytesMut::new();
    let mut cuts: Vec<Cut> = Vec::new();
    let mut done = 0;
    for span in &new.blobs {
        let Some(blob) = new.bytes.get(span.clone()).filter(|_| span.start >= done) else {
            return Err(EngineError::new("the spans of a body's blobs are out of order"));
        };
        text.extend_from_slice(new.bytes.get(done..span.start).unwrap_or_default());
        done = span.end;
        let hash: BlobHash = Sha256::digest(blob).into();
        if !cuts.iter().any(|c| c.hash == hash) {
            let key = keys::blob(table::BLOB, &hash);
            if snapshot.has(&key).await? {
                batch.expect(key, Expect::Present);
            } else {
                batch.put(key, new.bytes.slice(span.clone()));
            }
        }
        batch.add(keys::blob(table::BLOB_REFS, &hash), 1);
        cuts.push(Cut { at: text.len() as u32, hash, len: blob.len() as u32 });
    }
    text.extend_from_slice(new.bytes.get(done..).unwrap_or_default());
    batch.put(slot.key(), Body { text: text.freeze(), cuts }.encode());
    Ok(())
}

/// Adds a copy of `body` in `slot` to `batch`.
pub fn copy(batch: &mut Batch, slot: Slot<'_>, body: &Body) {
    for cut in &body.cuts {
        batch.expect(keys::blob(table::BLOB, &cut.hash), Expect::Present);
        batch.add(keys::blob(table::BLOB_REFS, &cut.hash), 1);
    }
    batch.put(slot.key(), body.encode());
}

/// Adds `body` in `slot` to `batch`; that its blobs are held once more is the caller's to add.
pub(super) fn place(batch: &mut Batch, slot: Slot<'_>, body: &Body) {
    batch.put(slot.key(), body.encode());
}

/// Adds the move of the body in `from` to `to` to `batch`; its blobs stay as they are.
pub async fn carry(
    snapshot: &Snapshot,
    batch: &mut Batch,
    from: Slot<'_>,
    to: Slot<'_>,
) -> Result<(), EngineError> {
    let record = snapshot.get(&from.key()).await?.ok_or_else(|| from.damaged())?;
    batch.delete(from.key());
    batch.put(to.key(), record);
    Ok(())
}

/// Adds the end of the body in `slot` to `batch`. Blobs that nobody holds any more go with it.
pub async fn delete(
    snapshot: &Snapshot,
    batch: &mut Batch,
    slot: Slot<'_>,
) -> Result<(), EngineError> {
    let body = get(snapshot, slot).await?;
    batch.delete(slot.key());
    let mut hashes: Vec<BlobHash> = body.cuts.iter().map(|c| c.hash).collect();
    hashes.sort_unstable();
    for group in hashes.chunk_by(|a, b| a == b) {
        let Some(hash) = group.first() else { continue };
        let refs = keys::blob(table::BLOB_REFS, hash);
        let held = snapshot.get(&refs).await?;
        if held.as_deref().map_or(0, super::counter) <= group.len() as i64 {
            // Judged inside the commit: a card that took up the photo meanwhile refuses it.
            batch.expect_same(refs.clone(), held.as_ref());
            batch.delete(refs);
            batch.delete(keys::blob(table::BLOB, hash));
        } else {
            batch.add(refs, -(group.len() as i64));
        }
    }
    Ok(())
}
