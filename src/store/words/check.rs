//! Whether the index of words is as it should be: once through each of its tables, in memory that
//! does not grow with them. Rows are held against each other by sums of their hashes.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::key::Piece;
use super::lookup::Index;
use super::{BLOCK, Class, ENTRY, Entry, NUMBER, PARTIAL, Scope, Word};
use super::{history, runs, state};
use crate::base::{CollectionId, ContactId, PrincipalId};
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::keys;
use crate::store::{Store, body, contacts, counter, interactions, member, principals};

/// Rows that are read at a time.
const PAGE: usize = 256;

/// Rows that one commit ends.
const STEP: usize = 10_000;

/// What of the index is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// That of a book.
    Book(Box<Collection>),
    /// That of what happened with the contacts of a user.
    Timeline(PrincipalId),
}

/// A part of the index that is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub wrong: Wrong,
    /// In a sentence.
    pub text: String,
}

/// A sum over rows, whatever their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum(u64);

impl Sum {
    fn add(&mut self, row: impl Hash, times: i64) {
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        let times = times as u64;
        self.0 = self.0.wrapping_add(hasher.finish().wrapping_mul(times));
    }
}

/// What the tables should hold, and what they do.
#[derive(Debug, Default)]
struct Sums {
    keys: [Sum; 2],
    counts: [Sum; 2],
    endings: [Sum; 2],
    numbers: [Sum; 2],
    partial: [Sum; 2],
}

const WANTED: usize = 0;
const FOUND: usize = 1;

/// Checks the whole index.
pub async fn check(store: &Store, snapshot: &Snapshot) -> Result<Vec<Fault>, EngineError> {
    let mut faults = Vec::new();
    for found in collection::all(snapshot).await? {
        if found.kind != Kind::AddressBook || found.deleted.is_some() {
            continue;
        }
        if let Some(what) = book(store, snapshot, found.id).await? {
            let text = format!("{}/{}: the search index {what}", found.owner, found.name);
            faults.push(Fault { wrong: Wrong::Book(Box::new(found)), text });
        }
    }
    for (owner, _) in principals::all(snapshot).await? {
        if let Some(what) = timeline(store, snapshot, &owner).await? {
            let text = format!("{owner}: the search index of what happened {what}");
            faults.push(Fault { wrong: Wrong::Timeline(owner), text });
        }
    }
    Ok(faults)
}

async fn book(
    store: &Store,
    snapshot: &Snapshot,
    id: CollectionId,
) -> Result<Option<&'static str>, EngineError> {
    let mut sums = Sums::default();
    let scope = Scope::book(id);
    let whole = state::is_whole(snapshot, &scope).await?;
    let mut after: Option<String> = None;
    let mut known = 0_u64;
    loop {
        let page = body::page(snapshot, id, after.as_deref(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (name, card) in page {
            let number = super::number_of(snapshot, id, &name).await?;
            let entry = match number {
                Some(number) => super::entry(snapshot, id, number).await?,
                None => None,
            };
            let flags = member::get(snapshot, id, &name).await?.map(|m| m.flags);
            let should = match (store.reading, flags) {
                (Some(reading), Some(flags)) => Some((reading.card)(&card.text, flags)),
                _ => None,
            };
            match (&entry, should) {
                (None, Some(should)) if whole && !should.is_empty() => {
                    return Ok(Some("lacks a card"));
                }
                (Some(entry), Some(should)) if entry.words != should || entry.name != name => {
                    return Ok(Some("has other words than a card"));
                }
                _ => {}
            }
            if let (Some(number), Some(entry)) = (number, entry) {
                known += 1;
                sums.want(number, &entry);
            }
        }
    }
    let prefix = keys::of_collection(ENTRY, id);
    let mut entries = 0_u64;
    each(snapshot, &prefix, |_, _| entries += 1).await?;
    if entries != known {
        return Ok(Some("has words of cards that are not there"));
    }
    for (table, sum) in [(NUMBER, &mut sums.numbers), (PARTIAL, &mut sums.partial)] {
        let prefix = keys::of_collection(table, id);
        each(snapshot, &prefix, |row, value| sum[FOUND].add((row, value), 1)).await?;
    }
    let index = Index::of(snapshot, id).await?;
    for class in Class::ALL {
        for inside in [0, 1] {
            let add = |key: &[u8]| {
                sums.keys[FOUND].add(key, 1);
                Step::Continue
            };
            index.keys(&[class.0, inside], add).await?;
        }
    }
    if !only_known_runs(snapshot, id).await? {
        return Ok(Some("has blocks of no run"));
    }
    Ok(sums.verdict())
}

async fn only_known_runs(snapshot: &Snapshot, id: CollectionId) -> Result<bool, EngineError> {
    let known: Vec<[u8; 4]> = {
        let runs = runs::of_book(snapshot, id).await?.list;
        runs.iter().map(|run| run.number.to_be_bytes()).collect()
    };
    let mut only = true;
    each(snapshot, &keys::of_collection(BLOCK, id), |row, _| {
        only &= row.first_chunk::<4>().is_some_and(|run| known.contains(run));
    })
    .await?;
    Ok(only)
}

async fn timeline(
    store: &Store,
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<&'static str>, EngineError> {
    let Some(reading) = store.reading else { return Ok(None) };
    let scope = Scope::history(owner);
    let whole = state::is_whole(snapshot, &scope).await?;
    let mut sums = Sums::default();
    let mut told = [Sum::default(); 2];
    let mut before = None;
    let times = crate::base::Timestamp(0)..crate::base::Timestamp(u64::MAX);
    loop {
        let page = interactions::range(snapshot, owner, times.clone(), before, PAGE).await?;
        let Some((number, last)) = page.last() else { break };
        before = Some(interactions::Position { at: last.at, number: *number });
        for (number, one) in &page {
            let key = history::counted_key(*number);
            if snapshot.get_with(&key, |_| ()).await?.is_none() {
                if whole {
                    return Ok(Some("lacks an interaction"));
                }
                continue;
            }
            for word in (reading.interaction)(one).iter() {
                for contact in &one.participants {
                    told[WANTED].add((contact.0, &word.text), 1);
                }
            }
        }
    }
    let mut after: Option<String> = None;
    loop {
        let page = contacts::of_owner(snapshot, owner, after.as_deref(), PAGE).await?;
        let Some((_, last)) = page.last() else { break };
        after = Some(last.record.uid.clone());
        for (contact, _) in &page {
            of_contact(snapshot, &scope, *contact, &mut sums, &mut told[FOUND]).await?;
        }
    }
    if told[WANTED] != told[FOUND] {
        return Ok(Some("has other words than the interactions"));
    }
    let prefix = history::postings(&scope).done();
    each(snapshot, &prefix, |row, _| sums.keys[FOUND].add(row, 1)).await?;
    let [_, counts, endings] = <[Vec<u8>; 3]>::try_from(history::of_scope(&scope))
        .map_err(|_| EngineError::new("the tables of the search index are not known"))?;
    each(snapshot, &counts, |row, value| {
        let word = String::from_utf8_lossy(row).into_owned();
        sums.counts[FOUND].add(&word, counter(value));
        for ending in history::ending_rows(&scope, &word) {
            sums.endings[WANTED].add(ending, 1);
        }
    })
    .await?;
    each(snapshot, &endings, |row, _| {
        let whole = [&endings[..], row].concat();
        sums.endings[FOUND].add(whole, 1);
    })
    .await?;
    Ok(sums.verdict())
}

async fn of_contact(
    snapshot: &Snapshot,
    scope: &Scope,
    contact: ContactId,
    sums: &mut Sums,
    told: &mut Sum,
) -> Result<(), EngineError> {
    let prefix = history::of_contact(contact, "");
    each(snapshot, &prefix, |row, value| {
        let word = String::from_utf8_lossy(row).into_owned();
        let times = counter(value);
        told.add((contact.0, &word), times);
        let row = [word.as_bytes(), &[0], &contact.0.to_be_bytes()].concat();
        sums.keys[WANTED].add(row.as_slice(), 1);
        if !history::ending_rows(scope, &word).is_empty() {
            sums.counts[WANTED].add(&word, times);
        }
    })
    .await
}

impl Sums {
    fn want(&mut self, number: u64, entry: &Entry) {
        let Entry { name, words } = entry;
        let mut keys: Vec<_> = words
            .iter()
            .map(Word::said)
            .flat_map(Piece::all)
            .map(|piece| piece.key(number))
            .collect();
        // Several words may have one ending.
        keys.sort_unstable();
        keys.dedup();
        for key in &keys {
            self.keys[WANTED].add(key.as_slice(), 1);
        }
        let bytes = number.to_be_bytes();
        self.numbers[WANTED].add((name.as_bytes(), &bytes[..]), 1);
        if words.partial {
            self.partial[WANTED].add((&bytes[..], &b""[..]), 1);
        }
    }

    fn verdict(&self) -> Option<&'static str> {
        let same = |[wanted, found]: [Sum; 2]| wanted == found;
        if !same(self.numbers) || !same(self.partial) {
            Some("numbers cards in another way than it names them")
        } else if !same(self.keys) {
            Some("does not lead from the words to the cards that have them")
        } else if !same(self.counts) {
            Some("counts words otherwise than they are borne")
        } else if !same(self.endings) {
            Some("does not have the endings of its words")
        } else {
            None
        }
    }
}

/// Hands the rows that begin with `prefix` to `visit`, without it.
async fn each(
    snapshot: &Snapshot,
    prefix: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) + Send,
) -> Result<(), EngineError> {
    snapshot
        .scan(prefix, &keys::after(prefix), |key, value| {
            visit(key.get(prefix.len()..).unwrap_or_default(), value);
            Step::Continue
        })
        .await
}

/// Takes everything of what is wrong out of the index, which then has to be built again. Nobody
/// may write the cards it is of meanwhile, or it is wrong again.
pub async fn clear(store: &Store, wrong: &Wrong) -> Result<(), EngineError> {
    let parts = match wrong {
        Wrong::Book(book) => super::of_book(book.id),
        Wrong::Timeline(owner) => {
            let snapshot = store.snapshot().await?;
            let mut parts = history::of_owner(owner);
            let mut after: Option<String> = None;
            loop {
                let page = contacts::of_owner(&snapshot, owner, after.as_deref(), PAGE).await?;
                let Some((_, last)) = page.last() else { break };
                after = Some(last.record.uid.clone());
                parts.extend(page.iter().map(|(id, _)| history::of_contact(*id, "")));
            }
            let mut before = None;
            let times = crate::base::Timestamp(0)..crate::base::Timestamp(u64::MAX);
            loop {
                let page =
                    interactions::range(&snapshot, owner, times.clone(), before, PAGE).await?;
                let Some((number, last)) = page.last() else { break };
                before = Some(interactions::Position { at: last.at, number: *number });
                parts.extend(page.iter().map(|(number, _)| history::counted_key(*number)));
            }
            parts
        }
    };
    let mut batch = Batch::new();
    match wrong {
        Wrong::Book(book) => state::set_partial(&mut batch, &Scope::book(book.id)),
        Wrong::Timeline(owner) => state::set_partial(&mut batch, &Scope::history(owner)),
    }
    commit(store, batch).await?;
    end(store, &parts).await
}

/// Takes all rows that begin like one of `parts` out of the store.
pub async fn end(store: &Store, parts: &[Vec<u8>]) -> Result<(), EngineError> {
    for part in parts {
        loop {
            let mut batch = Batch::new();
            let snapshot = store.snapshot().await?;
            snapshot
                .scan(part, &keys::after(part), |key, _| {
                    batch.delete(key.to_vec());
                    if batch.ops().len() < STEP { Step::Continue } else { Step::Stop }
                })
                .await?;
            if batch.ops().is_empty() {
                break;
            }
            commit(store, batch).await?;
        }
    }
    Ok(())
}

async fn commit(store: &Store, batch: Batch) -> Result<(), EngineError> {
    let done = store.commit(batch).await;
    done.map(drop).map_err(|e| EngineError::caused("the search index cannot be cleared", e))
}
