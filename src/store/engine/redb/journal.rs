//! The journal: commits since the last checkpoint, each durable after one short flush.
//!
//! A file of fixed length, written from its start after every checkpoint, so that a flush
//! carries a few sectors and no change of the file's length. A record is
//!
//! ```text
//! checksum 16 | sequence 8 | length 4 | payload
//! ```
//!
//! with numbers big-endian. The checksum is keyed by a secret of the store: what a client stores
//! can therefore never pass for a record. Reading ends at the first record that is torn, or older
//! than the one before it.

use std::io;

use ::redb::StorageBackend;
use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::super::resolve::Write;
use super::recent::Row;

const CHECKSUM: usize = 16;
const HEADER: usize = CHECKSUM + 8 + 4;
/// In place of a value's length: the row is deleted.
const DELETED: u32 = u32::MAX;

/// Proves that a record belongs to a store.
pub(super) type Secret = [u8; 16];

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    storage: Box<dyn StorageBackend>,
    secret: Secret,
    capacity: u64,
    end: u64,
    doubtful: bool,
}

impl Journal {
    /// Takes `storage`, which is filled up to `capacity` bytes.
    pub(super) fn new(
        storage: Box<dyn StorageBackend>,
        secret: Secret,
        capacity: u64,
    ) -> io::Result<Self> {
        let length = storage.len()?;
        if length < capacity {
            // Zeros are written, not only allowed for: a later flush then has no blocks to find
            // and cannot meet a full disk.
            storage.set_len(capacity)?;
            fill(&*storage, length, capacity)?;
        }
        Ok(Self { storage, secret, capacity, end: 0, doubtful: false })
    }

    /// Hands the payloads of the records after the commit `applied` to `replay`, oldest first,
    /// and makes sure that they are durable. Returns the sequence of the last one.
    pub(super) fn replay(
        &self,
        applied: u64,
        mut replay: impl FnMut(u64, Bytes) -> io::Result<()>,
    ) -> io::Result<u64> {
        let length = self.storage.len()?;
        let (mut at, mut last) = (0, applied);
        while at + HEADER as u64 <= length {
            let mut header = [0; HEADER];
            self.storage.read(at, &mut header)?;
            let (checksum, rest) = header.split_at(CHECKSUM);
            let (sequence, size) = rest.split_at(8);
            let sequence = u64::from_be_bytes(sequence.try_into().unwrap_or_default());
            let size = u32::from_be_bytes(size.try_into().unwrap_or_default());
            at += HEADER as u64;
            if sequence <= last || u64::from(size) > length - at {
                break;
            }
            let mut payload = BytesMut::zeroed(size as usize);
            self.storage.read(at, &mut payload)?;
            if checksum != self.checksum(rest, [&*payload]) {
                break;
            }
            replay(sequence, payload.freeze())?;
            at += u64::from(size);
            last = sequence;
        }
        if last > applied {
            // The process may have ended between writing a record and flushing it.
            self.storage.sync_data()?;
        }
        Ok(last)
    }

    /// How many bytes more it takes before the next checkpoint.
    pub(super) fn room(&self) -> u64 {
        self.capacity.saturating_sub(self.end)
    }

    /// Whether a record of these parts finds room before the next checkpoint.
    pub(super) fn has_room(&self, parts: &[Bytes]) -> bool {
        let size = parts.iter().map(Bytes::len).sum::<usize>() + HEADER;
        u32::try_from(size).is_ok() && self.end.saturating_add(size as u64) <= self.capacity
    }

    /// Writes one record and flushes it. After an error its fate is unknown, and nothing may be
    /// appended until a checkpoint was made.
    pub(super) fn append(&mut self, sequence: u64, parts: &[Bytes]) -> io::Result<()> {
        let size = parts.iter().map(Bytes::len).sum::<usize>();
        let mut record = Vec::with_capacity(HEADER + size);
        record.put_bytes(0, CHECKSUM);
        record.put_u64(sequence);
        record.put_u32(size as u32);
        for part in parts {
            record.extend_from_slice(part);
        }
        let checksum = self.checksum(record.get(CHECKSUM..).unwrap_or_default(), []);
        if let Some(place) = record.get_mut(..CHECKSUM) {
            place.copy_from_slice(&checksum);
        }
        self.doubtful = true;
        self.storage.write(self.end, &record)?;
        self.storage.sync_data()?;
        self.doubtful = false;
        self.end += record.len() as u64;
        Ok(())
    }

    /// Whether the last append failed.
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Begins anew: every record so far is in the store's file.
    pub(super) fn restart(&mut self) {
        self.end = 0;
    }

    /// Overwrites all records; to be called where it has just begun anew.
    pub(super) fn wipe(&mut self) -> io::Result<()> {
        fill(&*self.storage, 0, self.storage.len()?)
    }

    /// Takes no more records until it begins anew.
    pub(super) fn close(&mut self) {
        self.end = u64::MAX;
    }

    fn checksum<const N: usize>(&self, first: &[u8], more: [&[u8]; N]) -> [u8; CHECKSUM] {
        let mut hash = Sha256::new_with_prefix(self.secret);
        hash.update(first);
        for part in more {
            hash.update(part);
        }
        let mut checksum = [0; CHECKSUM];
        for (to, from) in checksum.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        checksum
    }
}

/// Writes zeros, durably.
fn fill(storage: &dyn StorageBackend, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; 64 << 10];
    let mut at = from;
    while at < to {
        let count = (to - at).min(zeros.len() as u64);
        storage.write(at, zeros.get(..count as usize).unwrap_or(&zeros))?;
        at += count;
    }
    storage.sync_data()
}

/// Writes rows as a part of a record: `key length 4 | value length 4 | key | value` for each.
pub(super) fn encode(writes: &[Write]) -> Bytes {
    let size = writes
        .iter()
        .map(|write| 8 + write.key.len() + write.value.as_ref().map_or(0, Bytes::len))
        .sum();
    let mut part = BytesMut::with_capacity(size);
    for write in writes {
        part.put_u32(write.key.len() as u32);
        part.put_u32(write.value.as_ref().map_or(DELETED, |value| value.len() as u32));
        part.put_slice(&write.key);
        if let Some(value) = &write.value {
            part.put_slice(value);
        }
    }
    part.freeze()
}

/// Reads what [`encode`] wrote, part after part, as slices of it; `None` in place of a row where it is malformed.
pub(super) fn decode(mut parts: Bytes) -> impl Iterator<Item = Option<Row>> {
    std::iter::from_fn(move || {
        if parts.is_empty() {
            return None;
        }
        let row = decode_row(&mut parts);
        if row.is_none() {
            parts.clear();
        }
        Some(row)
    })
}

fn decode_row(parts: &mut Bytes) -> Option<Row> {
    use bytes::Buf;
    let key = parts.try_get_u32().ok()? as usize;
    let value = parts.try_get_u32().ok()?;
    let mut take = |size: usize| (parts.len() >= size).then(|| parts.split_to(size));
    let key = take(key)?;
    let value = if value == DELETED { None } else { Some(take(value as usize)?) };
    Some((key, value))
}
