//! What the rows of a chained log begin with: a hash that depends on all rows before.

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The hash of a row.
pub type Hash = [u8; 32];

/// The hash of a row with these `sealed` bytes, after one whose hash is `before`.
pub fn hash(before: &Hash, sequence: u64, sealed: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(sequence.to_be_bytes());
    hash.update(sealed);
    hash.finalize().into()
}

/// The hash of a row as it is stored, and what follows it; `None` if it is too short for one.
pub fn parts(row: &[u8]) -> Option<(&Hash, &[u8])> {
    row.split_first_chunk()
}

/// The hash of the row before the next; zeros if it is not there.
pub(super) fn hash_in(row: Option<&[u8]>) -> Hash {
    row.and_then(parts).map(|(hash, _)| *hash).unwrap_or_default()
}

/// The row to store, and its hash.
pub(super) fn link(before: &Hash, sequence: u64, value: &[u8], sealed: usize) -> (Hash, Bytes) {
    let hash = hash(before, sequence, value.get(..sealed).unwrap_or(value));
    let mut row = Vec::with_capacity(hash.len() + value.len());
    row.extend_from_slice(&hash);
    row.extend_from_slice(value);
    (hash, Bytes::from(row))
}
