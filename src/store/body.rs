//! Bodies: the served bytes, apart from listings; long values (photos) once by content hash.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::engine::{Batch, EngineError, Expect, Snapshot};
use super::keys;

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

/// A body about to be stored: the whole bytes and the spans that become blobs.
#[derive(Debug, Clone)]
pub struct NewBody {
    /// The served bytes.
    pub bytes: Bytes,
    /// The spans that are stored as blobs: ascending, not overlapping, within the bytes.
    pub blobs: Vec<Range<usize>>,
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
    pub async fn parts(&self, snapshot: &Snapshot) -> Result<Vec<Bytes>, EngineError> {
        let mut parts = Vec::with_capacity(self.cuts.len() * 2 + 1);
        let mut done = 0;
        for cut in &self.cuts {
            let at = (cut.at as usize).min(self.text.len());
            if at > done {
                parts.push(self.text.slice(done..at));
                done = at;
            }
            let blob = snapshot.get(&keys::blob(keys::table::BLOB, &cut.hash)).await?;
            parts.push(blob.ok_or_else(|| EngineError::new("a blob of a body is missing"))?);
        }
        if done < self.text.len() {
            parts.push(self.text.slice(done..));
        }
        Ok(parts)
    }

    /// The served bytes in one run.
    pub async fn whole(&self, snapshot: &Snapshot) -> Result<Bytes, EngineError> {
        if self.cuts.is_empty() {
            return Ok(self.text.clone());
        }
        let mut whole = BytesMut::with_capacity(self.size() as usize);
        for part in self.parts(snapshot).await? {
            whole.extend_from_slice(&part);
        }
        Ok(whole.freeze())
    }
}

/// Body `id`.
pub async fn get(snapshot: &Snapshot, id: u64) -> Result<Body, EngineError> {
    let damaged = || EngineError::new(format!("body {id} cannot be read"));
    snapshot.get_with(&keys::body(id), Body::parse).await?.flatten().ok_or_else(damaged)
}

/// What `read` makes of the text of body `id` (its blobs left out), without copying it.
pub async fn with_text<R: Send>(
    snapshot: &Snapshot,
    id: u64,
    read: impl FnOnce(&[u8]) -> R + Send,
) -> Result<R, EngineError> {
    let damaged = || EngineError::new(format!("body {id} cannot be read"));
    snapshot
        .get_with(&keys::body(id), |record| {
            let (header, rest) = record.split_first_chunk::<3>()?;
            let [_, high, low] = *header;
            let cuts = usize::from(u16::from_be_bytes([high, low])) * CUT;
            Some(read(rest.get(cuts..)?))
        })
        .await?
        .flatten()
        .ok_or_else(damaged)
}

/// Adds a new body numbered `id` to `batch`, its blobs too unless the store has them.
pub async fn put(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: u64,
    new: &NewBody,
) -> Result<(), EngineError> {
    if new.blobs.is_empty() {
        let mut record = BytesMut::with_capacity(3 + new.bytes.len());
        record.put_slice(&[VERSION, 0, 0]);
        record.put_slice(&new.bytes);
        batch.put(keys::body(id), record.freeze());
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
            let key = keys::blob(keys::table::BLOB, &hash);
            if snapshot.get_with(&key, |_| ()).await?.is_some() {
                batch.expect(key, Expect::Present);
            } else {
                batch.put(key, new.bytes.slice(span.clone()));
            }
        }
        batch.add(keys::blob(keys::table::BLOB_REFS, &hash), 1);
        cuts.push(Cut { at: text.len() as u32, hash, len: blob.len() as u32 });
    }
    text.extend_from_slice(new.bytes.get(done..).unwrap_or_default());
    batch.put(keys::body(id), Body { text: text.freeze(), cuts }.encode());
    Ok(())
}

/// Adds a copy of `body` as number `id` to `batch`.
pub fn copy(batch: &mut Batch, id: u64, body: &Body) {
    for cut in &body.cuts {
        batch.expect(keys::blob(keys::table::BLOB, &cut.hash), Expect::Present);
        batch.add(keys::blob(keys::table::BLOB_REFS, &cut.hash), 1);
    }
    batch.put(keys::body(id), body.encode());
}

/// Adds the end of body `id` to `batch`. Blobs that nobody holds any more go with it.
pub async fn delete(snapshot: &Snapshot, batch: &mut Batch, id: u64) -> Result<(), EngineError> {
    let body = get(snapshot, id).await?;
    batch.delete(keys::body(id));
    let mut hashes: Vec<BlobHash> = body.cuts.iter().map(|c| c.hash).collect();
    hashes.sort_unstable();
    for group in hashes.chunk_by(|a, b| a == b) {
        let Some(hash) = group.first() else { continue };
        let refs = keys::blob(keys::table::BLOB_REFS, hash);
        let held = snapshot.get(&refs).await?;
        if held.as_deref().map_or(0, super::counter) <= group.len() as i64 {
            // Judged inside the commit: a card that took up the photo meanwhile refuses it.
            batch.expect_same(refs.clone(), held.as_ref());
            batch.delete(refs);
            batch.delete(keys::blob(keys::table::BLOB, hash));
        } else {
            batch.add(refs, -(group.len() as i64));
        }
    }
    Ok(())
}
