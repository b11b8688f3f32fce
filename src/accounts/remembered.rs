//! What is remembered of credentials: never they themselves, only hashes under a key that lives
//! as long as the process. Bounded in number and time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::base::{Fault, Timestamp};

/// A keyed hash of a credential or of an account's name.
pub type Tag = [u8; 32];

/// Makes tags; each process has its own key.
pub struct Tags([u8; 32]);

impl Tags {
    /// With a fresh key.
    pub fn new() -> Result<Self, Fault> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(Fault::internal)?;
        Ok(Self(key))
    }

    /// The tag of two texts.
    pub fn of(&self, first: &str, second: &str) -> Tag {
        let mut hash = Sha256::new();
        hash.update(self.0);
        // The length keeps the two apart: ("a", "bc") is not ("ab", "c").
        hash.update((first.len() as u64).to_be_bytes());
        hash.update(first);
        hash.update(second);
        hash.finalize().into()
    }
}

impl std::fmt::Debug for Tags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tags")
    }
}

const SHARDS: usize = 16;

/// A bounded memory by tag; entries are forgotten after a while.
#[derive(Debug)]
pub struct Remembered<T> {
    shards: [Mutex<HashMap<Tag, (Timestamp, T)>>; SHARDS],
    per_shard: usize,
    lifetime_millis: u64,
}

impl<T: Clone> Remembered<T> {
    /// Holds about `entries` for `seconds` each.
    pub fn new(entries: usize, seconds: u64) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            per_shard: entries.div_ceil(SHARDS).max(1),
            lifetime_millis: seconds.saturating_mul(1000),
        }
    }

    /// What is remembered under `tag`.
    pub fn get(&self, tag: &Tag, now: Timestamp) -> Option<T> {
        let shard = self.shard(tag)?;
        shard.get(tag).filter(|(until, _)| *until > now).map(|(_, value)| value.clone())
    }

    /// Remembers `value`; when there is no room, what expired goes first, then any other.
    pub fn put(&self, tag: Tag, value: T, now: Timestamp) {
        let Some(mut shard) = self.shard(&tag) else { return };
        if shard.len() >= self.per_shard && !shard.contains_key(&tag) {
            shard.retain(|_, (until, _)| *until > now);
            if shard.len() >= self.per_shard
                && let Some(other) = shard.keys().next().copied()
            {
                shard.remove(&other);
            }
        }
        shard.insert(tag, (now.plus_millis(self.lifetime_millis), value));
    }

    /// Forgets what is under `tag`.
    pub fn remove(&self, tag: &Tag) {
        if let Some(mut shard) = self.shard(tag) {
            shard.remove(tag);
        }
    }

    fn shard(&self, tag: &Tag) -> Option<MutexGuard<'_, HashMap<Tag, (Timestamp, T)>>> {
        let [first, ..] = *tag;
        let shard = self.shards.get(usize::from(first) % SHARDS)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_expire_and_never_exceed_their_bound() {
        let memory = Remembered::new(32, 10);
        let tags = Tags::new().unwrap();
        let start = Timestamp(1_000_000);
        for n in 0..1000 {
            memory.put(tags.of("user", &n.to_string()), n, start);
        }
        let held: usize = memory.shards.iter().map(|s| s.lock().unwrap().len()).sum();
        assert!(held <= 32, "{held} entries are held");
        let last = tags.of("user", "999");
        assert_eq!(memory.get(&last, start.plus_millis(9_999)), Some(999));
        assert_eq!(memory.get(&last, start.plus_millis(10_000)), None);
    }

    #[test]
    fn tags_keep_name_and_secret_apart_and_differ_between_processes() {
        let tags = Tags::new().unwrap();
        assert_ne!(tags.of("a", "bc"), tags.of("ab", "c"));
        assert_ne!(tags.of("a", "b"), Tags::new().unwrap().of("a", "b"));
    }
}
