//! Finds rows that are nobody's: whose owner, collection, member, contact or message is gone, and
//! rows that nothing can have written. They would be left of people who were erased or of what was
//! deleted, without anything that leads to them.

mod gone;
mod tables;

use super::Store;
use super::engine::{Batch, CommitError, EngineError, Expect, Snapshot, Step};
use super::keys::{self, table};
use crate::base::CollectionId;
use tables::TABLES;

/// Rows that are held at a time.
const PAGE: usize = 500;

/// Rows of nobody that are held at a time.
const MANY: usize = 20_000;

/// Faults of one kind of rows that are found at most.
const MOST: usize = 100;

/// Facts on the store, by their names.
const FACTS: [&str; 5] = ["epoch", "format", "match-index", "merges-by-uid", "starts"];

/// Rows that begin alike and are made alike.
#[derive(Debug)]
struct Rows {
    prefix: &'static [u8],
    what: &'static str,
    key: &'static [Part],
    value: Value,
    /// May those of nobody go without a loss?
    derived: bool,
}

/// A part of a key.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A user or group, and a zero byte.
    Owner,
    /// A user or group; nothing follows.
    OwnerAtEnd,
    /// A number under which there is a row that begins like this, and what that is.
    In(&'static [u8], &'static str),
    /// A member of the collection before it; nothing follows.
    Member,
    /// A member of the collection before it, and a zero byte.
    MemberText,
    /// A photo that somebody holds.
    Blob,
    /// The name of a fact on the store.
    Fact,
    /// A number.
    Number,
    /// A number, or nothing.
    MaybeNumber,
    /// A byte.
    One,
    /// So many bytes.
    Fixed(usize),
    /// Text and a zero byte.
    Text,
    /// What is left, and something is.
    Rest,
    /// What is left, if anything is.
    Any,
}

/// What a row holds.
#[derive(Debug, Clone, Copy)]
enum Value {
    Nothing,
    Number,
    NumberOrNothing,
    /// A record of this format version.
    Form(u8),
    /// A record of this format version or an earlier one.
    UpTo(u8),
    /// So many bytes.
    Bytes(usize),
    /// Entries of so many bytes each, at least one.
    Entries(usize),
    /// Text.
    Words,
    /// Of a log: its last number where the key ends without one, else text.
    Logged,
    /// What leads to a row, behind this.
    Leads(&'static [u8]),
    /// What other checks read.
    Any,
}

/// A row that has to be there for another one to be somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Needed {
    key: Vec<u8>,
    /// What it is, in words.
    called: String,
}

/// A row, and what it needs; `None` if nothing can have written it.
type Looked = (Vec<u8>, Option<Vec<Needed>>);

// === impl Rows ===

impl Rows {
    /// What the row at `key` needs; `None` if it is none of these.
    fn needs(&self, key: &[u8], value: &[u8]) -> Option<Vec<Needed>> {
        let mut rest = key.get(self.prefix.len()..)?;
        let mut needed: Vec<Needed> = Vec::new();
        let mut collection = CollectionId(0);
        let mut is_head = false;
        for part in self.key {
            let taken = part.taken(rest)?;
            let (here, after) = rest.split_at_checked(taken)?;
            rest = after;
            is_head = matches!(part, Part::MaybeNumber) && here.is_empty();
            let text = || String::from_utf8_lossy(here.strip_suffix(&[0]).unwrap_or(here));
            let is_new = |needed: &Vec<Needed>, next: &Needed| !needed.contains(next);
            let next = match part {
                Part::Owner | Part::OwnerAtEnd => Needed {
                    key: [&[0x10], text().as_bytes()].concat(),
                    called: format!("{}, who does not exist", text()),
                },
                Part::In(table, called) => {
                    let number = keys::first_number(here);
                    if **table == [keys::table::COLLECTION] {
                        collection = CollectionId(number);
                    }
                    let called = format!("{called} {number}, which is not there");
                    Needed { key: [table, here].concat(), called }
                }
                Part::Member | Part::MemberText => Needed {
                    key: keys::in_collection(table::MEMBER, collection, &text()),
                    called: format!(
                        "{:?} in collection {}, which is not there",
                        text(),
                        collection.0
                    ),
                },
                Part::Blob => Needed {
                    key: [&[table::BLOB_REFS], here].concat(),
                    called: "nobody".to_owned(),
                },
                _ => continue,
            };
            if is_new(&needed, &next) {
                needed.push(next);
            }
        }
        let fits = match self.value {
            Value::Nothing => value.is_empty(),
            Value::Number => value.len() == 8,
            Value::NumberOrNothing => matches!(value.len(), 0 | 8),
            Value::Logged if is_head => value.len() == 8,
            Value::Words | Value::Logged => std::str::from_utf8(value).is_ok(),
            Value::Form(version) => value.first() == Some(&version),
            Value::UpTo(version) => value.first().is_some_and(|v| (1..=version).contains(v)),
            Value::Bytes(bytes) => value.len() == bytes,
            Value::Entries(bytes) => !value.is_empty() && value.len().is_multiple_of(bytes),
            Value::Leads(table) => {
                let called = "what is not there".to_owned();
                needed.push(Needed { key: [table, value].concat(), called });
                true
            }
            Value::Any => true,
        };
        (rest.is_empty() && fits).then_some(needed)
    }
}

// === impl Part ===

impl Part {
    /// How many bytes of `rest` it is.
    fn taken(self, rest: &[u8]) -> Option<usize> {
        match self {
            Self::In(..) | Self::Number => Some(8),
            Self::MaybeNumber => Some(if rest.is_empty() { 0 } else { 8 }),
            Self::One => Some(1),
            Self::Fixed(bytes) => Some(bytes),
            Self::Blob => Some(32),
            Self::Owner | Self::MemberText | Self::Text => {
                rest.iter().position(|byte| *byte == 0).map(|at| at + 1)
            }
            Self::OwnerAtEnd => (!rest.contains(&0)).then_some(rest.len()),
            Self::Fact => FACTS.iter().any(|fact| fact.as_bytes() == rest).then_some(rest.len()),
            Self::Member | Self::Rest => (!rest.is_empty()).then_some(rest.len()),
            Self::Any => Some(rest.len()),
        }
    }
}

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    for rows in TABLES {
        let mut told = Vec::new();
        let mut unreadable = 0_u64;
        walk(snapshot, rows, |_, missing| match missing {
            None => unreadable += 1,
            Some(missing) => {
                let fault = format!("{} of {}", rows.what, missing.called);
                if told.last() != Some(&fault) && told.len() < MOST {
                    told.push(fault);
                }
            }
        })
        .await?;
        faults.append(&mut told);
        if unreadable > 0 {
            let table =
                rows.prefix.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            faults
                .push(format!("{unreadable} rows of table {table} ({}) cannot be read", rows.what));
        }
    }
    faults.extend(of_other_letters(snapshot).await?);
    faults.extend(gone::check(snapshot).await?);
    Ok(faults)
}

/// Ends the rows of nobody that the server makes of others, some in each commit; what that were.
pub async fn clear(store: &Store) -> Result<Vec<String>, EngineError> {
    let mut cleared = Vec::new();
    let mut derived = TABLES.iter().filter(|rows| rows.derived);
    let mut next = derived.next();
    while let Some(rows) = next {
        let snapshot = store.snapshot().await?;
        let mut strays = Vec::new();
        walk(&snapshot, rows, |key, missing| {
            let room = strays.len() < MANY;
            strays.extend(missing.filter(|_| room).map(|one| (key.to_vec(), one.clone())));
        })
        .await?;
        drop(snapshot);
        if strays.len() < MANY {
            next = derived.next();
        }
        for some in strays.chunks(PAGE) {
            let mut batch = Batch::new();
            for (key, missing) in some {
                batch.expect(missing.key.clone(), Expect::Absent);
                batch.delete(key.clone());
                let what = format!("{} of {}", rows.what, missing.called);
                if cleared.last() != Some(&what) {
                    cleared.push(what);
                }
            }
            match store.commit(batch).await {
                // Whoever is there again by now keeps what is theirs.
                Ok(_) | Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error),
            }
        }
    }
    Ok(cleared)
}

/// Goes through the rows; hands those to `visit` that are nobody's, with what is missing, and those
/// that nothing can have written.
async fn walk(
    snapshot: &Snapshot,
    rows: &Rows,
    mut visit: impl FnMut(&[u8], Option<&Needed>) + Send,
) -> Result<(), EngineError> {
    let end = keys::after(rows.prefix);
    let mut from = rows.prefix.to_vec();
    // What was there a moment ago: rows of one owner lie together.
    let mut there: Vec<Needed> = Vec::new();
    loop {
        let (mut page, mut seen): (Vec<Looked>, usize) = (Vec::new(), 0);
        let mut last = None;
        snapshot
            .scan(&from, &end, |key, value| {
                let needs = rows.needs(key, value);
                if needs.as_ref().is_none_or(|needs| needs.iter().any(|one| !there.contains(one))) {
                    page.push((key.to_vec(), needs));
                }
                seen += 1;
                last = Some(key.to_vec());
                if page.len() < PAGE && seen < PAGE * PAGE { Step::Continue } else { Step::Stop }
            })
            .await?;
        for (key, needs) in &page {
            let Some(needs) = needs else {
                visit(key, None);
                continue;
            };
            let mut missing = None;
            for one in needs {
                if missing.is_none() && !there.contains(one) && !snapshot.has(&one.key).await? {
                    missing = Some(one);
                }
            }
            match missing {
                Some(missing) => visit(key, Some(missing)),
                None => there.clone_from(needs),
            }
        }
        match last {
            Some(last) => from = [&last[..], &[0]].concat(),
            None => return Ok(()),
        }
    }
}

/// Rows of tables that letters part, with a letter that none of their rows has.
async fn of_other_letters(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let letters: Vec<&[u8]> =
        TABLES.iter().map(|rows| rows.prefix).filter(|prefix| prefix.len() > 1).collect();
    for of_table in letters.chunk_by(|one, other| one.first() == other.first()) {
        let table = of_table.first().and_then(|prefix| prefix.first()).copied().unwrap_or_default();
        let known: Vec<u8> = of_table.iter().filter_map(|prefix| prefix.last()).copied().collect();
        faults.extend(super::check_owned::of_other_letters(snapshot, table, &known).await?);
    }
    Ok(faults)
}

#[cfg(test)]
mod tests;
