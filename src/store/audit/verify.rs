//! Whether the audit is as it was written: nothing missing, nothing changed, nothing in another
//! order, and nothing cut off since somebody noted down its head.

use sha2::{Digest, Sha256};

use super::{Began, LOG, began, head, key, read, sequence_in};
use crate::store::engine::chain::{self, Hash};
use crate::store::engine::{EngineError, Snapshot, Step};
use crate::store::keys;

/// Entries between two chances for others to run.
const PAGE: u64 = 4096;

/// The head of the audit, as somebody noted it down: `SEQUENCE:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// The number of the entry that was the last.
    pub sequence: u64,
    /// Its hash.
    pub hash: Hash,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The last entry that holds, with all before it; `None`: there is none.
    pub head: Option<Noted>,
    /// Entries of which the names were taken away.
    pub erased: u64,
    /// The last of those that were removed because they were old; 0: none were.
    pub removed: u64,
    /// What does not hold, first of all.
    pub fault: Option<String>,
}

/// Goes through all entries from the first one that is kept, until one does not hold.
pub async fn verify(snapshot: &Snapshot, noted: Option<Noted>) -> Result<Verified, EngineError> {
    let counted = head(snapshot).await?;
    let Began { removed, hash } =
        began(snapshot).await?.unwrap_or(Began { removed: 0, hash: Hash::default() });
    let mut walk = Walk { last: removed, hash, erased: 0, noted, fault: None };
    if let Some(noted) = noted.filter(|noted| noted.sequence <= removed) {
        walk.fault = compared_with_removed(noted, removed, &hash);
    }
    while walk.fault.is_none() {
        let (from, before) = (key(walk.last + 1), walk.last);
        snapshot
            .scan(&from, &keys::after(&[LOG]), |key, row| {
                walk.fault = walk.step(key, row).err();
                let pause = walk.last - before >= PAGE;
                if walk.fault.is_some() || pause { Step::Stop } else { Step::Continue }
            })
            .await?;
        if walk.last == before {
            break;
        }
        tokio::task::yield_now().await;
    }
    let fault = walk.fault.take().or_else(|| walk.at_the_end(counted));
    let head = (walk.last > removed).then_some(Noted { sequence: walk.last, hash: walk.hash });
    Ok(Verified { head, erased: walk.erased, removed, fault })
}

/// What is wrong with a head that was noted when an entry that was removed since was the last.
fn compared_with_removed(noted: Noted, removed: u64, hash: &Hash) -> Option<String> {
    if noted.sequence < removed {
        return Some(format!(
            "Entry {} cannot be compared: entries up to {removed} were removed because they were \
             old. Note down the present head.",
            noted.sequence
        ));
    }
    (noted.hash != *hash)
        .then(|| format!("Entry {removed}, which was removed, had another hash than was noted."))
}

struct Walk {
    /// The last entry that held.
    last: u64,
    hash: Hash,
    erased: u64,
    noted: Option<Noted>,
    fault: Option<String>,
}

impl Walk {
    fn step(&mut self, key: &[u8], row: &[u8]) -> Result<(), String> {
        let due = self.last + 1;
        match sequence_in(key) {
            Some(found) if found == due => {}
            Some(found) => {
                let which = which(due, found - 1);
                return Err(format!("{which} missing; the next one that is there is {found}."));
            }
            None => return Err(format!("After entry {} stands what is no entry.", self.last)),
        }
        let unreadable = || format!("Entry {due} cannot be read; it was changed.");
        let (stored, value) = chain::parts(row).ok_or_else(unreadable)?;
        let (entry, loose) = read(value).ok_or_else(unreadable)?;
        let sealed = value.len() - loose.len();
        let hash = chain::hash(&self.hash, due, value.get(..sealed).unwrap_or_default());
        if hash != *stored {
            return Err(format!(
                "Entry {due} does not hold: it was changed, or stands in another's place, or is \
                 not the one that followed entry {}.",
                self.last
            ));
        }
        match entry.digest {
            Some(_) if loose.is_empty() => self.erased += 1,
            Some(digest) if digest == <[u8; 32]>::from(Sha256::digest(loose)) => {}
            None if loose.is_empty() => {}
            _ => return Err(format!("The names in entry {due} were changed.")),
        }
        if let Some(noted) = self.noted
            && noted.sequence == due
            && noted.hash != hash
        {
            return Err(format!(
                "Entry {due} has another hash than was noted: it, or one before it, was written \
                 anew since."
            ));
        }
        (self.last, self.hash) = (due, hash);
        Ok(())
    }

    fn at_the_end(&self, counted: u64) -> Option<String> {
        let last = self.last;
        if counted > last {
            return Some(format!("{} missing at the end.", which(last + 1, counted)));
        }
        if counted < last {
            return Some(format!(
                "Entry {last} is the last one, but entry {counted} is counted as the last."
            ));
        }
        let noted = self.noted.filter(|noted| noted.sequence > last)?;
        Some(format!(
            "{} missing at the end: entry {} was there when the head was noted.",
            which(last + 1, noted.sequence),
            noted.sequence
        ))
    }
}

fn which(first: u64, last: u64) -> String {
    if first == last {
        format!("Entry {first} is")
    } else {
        format!("Entries {first} to {last} are")
    }
}

impl Noted {
    /// Reads `SEQUENCE:HASH`.
    pub fn parse(text: &str) -> Option<Self> {
        let (sequence, digits) = text.trim().split_once(':')?;
        let sequence = sequence.parse().ok().filter(|sequence| *sequence > 0)?;
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        let mut hash = Hash::default();
        for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self { sequence, hash })
    }
}

impl From<Began> for Noted {
    fn from(Began { removed: sequence, hash }: Began) -> Self {
        Self { sequence, hash }
    }
}

impl std::fmt::Display for Noted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.sequence)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
