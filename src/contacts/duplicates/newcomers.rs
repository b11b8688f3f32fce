//! Cards that came or changed, held against those few that have a key in common with them: what is
//! found is proposed, what does not hold any more is taken back.

use std::collections::{BTreeMap, HashMap};

use super::candidates;
use super::frequency::{self, Frequencies};
use super::index;
use super::model::Model;
use super::profile::Profile;
use super::proposals;
use super::verdict::{self, Tier};
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::books;
use crate::contacts::normal::Region;
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot};
use crate::store::match_index::{self, Card};
use crate::store::matching::{self, Proposal};
use crate::store::{Store, collection, tombstones};

/// Cards that one look takes up.
const STEP: usize = 64;

/// From so many cards on all are held against each other rather than one by one.
const MANY: usize = 1000;

/// Of these, so many are taken off the list in one commit.
const STEPS_OF_MANY: usize = 1000;

/// How many cards of a book with one mail address or number are counted.
const MOST_COUNTED: u32 = 4096;

/// Brings what is proposed to `owner` up to date: all cards are compared once, after that those
/// that came or changed, up to `most` of them. How many were.
pub async fn catch_up(
    store: &Store,
    owner: &PrincipalId,
    region: Option<Region>,
    most: usize,
) -> Result<usize, Fault> {
    index::follow(store, owner, region).await?;
    let snapshot = store.snapshot().await?;
    let books = books::numbers(&snapshot, owner).await?;
    let first = match matching::learned(&snapshot, owner).await? {
        None => Some(cards(&snapshot, &books).await?),
        Some(_) => None,
    };
    // What is compared is written down as it goes.
    drop(snapshot);
    if let Some(cards) = first {
        if cards < 2 {
            return Ok(0);
        }
        return Ok(proposals::scan_all(store, owner, None, region).await?.cards);
    }
    if let Some(cards) = all_anew(store, owner, region, &books).await? {
        return Ok(cards);
    }
    let mut done = 0;
    for id in &books {
        loop {
            let snapshot = store.snapshot().await?;
            let due = match_index::awaiting(&snapshot, *id, STEP.min(most - done)).await?;
            if due.is_empty() {
                break;
            }
            drop(snapshot);
            for (name, uid) in &due {
                check(store, owner, &books, (*id, name), uid).await?;
            }
            done += due.len();
        }
    }
    Ok(done)
}

/// Where so many cards came at once that it is less work, holds all cards against each other; how
/// many there are.
async fn all_anew(
    store: &Store,
    owner: &PrincipalId,
    region: Option<Region>,
    books: &[CollectionId],
) -> Result<Option<usize>, Fault> {
    let snapshot = store.snapshot().await?;
    let mut due = Vec::new();
    for id in books {
        let names = match_index::awaiting(&snapshot, *id, usize::MAX).await?;
        due.extend(names.into_iter().map(|(name, _)| (*id, name)));
    }
    drop(snapshot);
    if due.len() < MANY {
        return Ok(None);
    }
    // Until the scan is done nothing is taken for known, so that one that was stopped comes again.
    let mut batch = Batch::new();
    matching::forget_learned(&mut batch, owner);
    for (place, (id, name)) in due.iter().enumerate() {
        match_index::compared(&mut batch, *id, name);
        if place % STEPS_OF_MANY == 0 {
            store.commit(std::mem::take(&mut batch)).await?;
        }
    }
    store.commit(batch).await?;
    Ok(Some(proposals::scan_all(store, owner, None, region).await?.cards))
}

/// Compares one card, and writes down what is proposed of it now.
async fn check(
    store: &Store,
    owner: &PrincipalId,
    books: &[CollectionId],
    (id, name): (CollectionId, &str),
    uid: &str,
) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let found = match match_index::of_member(&snapshot, id, name).await? {
        Some(card) => likely(&snapshot, owner, books, &card).await?,
        None => Vec::new(),
    };
    let mut batch = Batch::new();
    let before = if tombstones::expect_none(&snapshot, &mut batch, owner, uid).await? {
        matching::of_uid(&snapshot, owner, uid).await?
    } else {
        BTreeMap::new()
    };
    for other in before.keys().filter(|other| !found.iter().any(|(uid, ..)| uid == *other)) {
        matching::withdraw(&mut batch, owner, uid, other);
    }
    let now: Vec<(String, Proposal)> = found
        .into_iter()
        .map(|(other, found)| {
            let since = before.get(&other).map_or(store.now(), |known| known.since);
            let proposal = Proposal {
                millionths: (found.0 * 1e6).round() as u32,
                certain: found.1 == Tier::Auto,
                reasons: found.2,
                since,
            };
            (other, proposal)
        })
        .filter(|(other, proposal)| before.get(other) != Some(proposal))
        .collect();
    if !now.is_empty() {
        let pairs = now.iter().map(|(other, proposal)| (uid, other.as_str(), proposal));
        matching::propose(&snapshot, &mut batch, owner, pairs).await?;
    }
    // A card that changed meanwhile is in the log, and so comes again.
    match_index::compared(&mut batch, id, name);
    if let Some(book) = collection::get(&snapshot, id).await? {
        book.witness.require(&mut batch);
    }
    match store.commit(batch).await {
        Ok(_) | Err(CommitError::Refused(_)) => Ok(()),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

type Likely = (f64, Tier, Vec<String>);

/// The cards that are probably of the same person as `card`: by their UIDs, each once.
pub async fn likely(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    books: &[CollectionId],
    card: &Card,
) -> Result<Vec<(String, Likely)>, Fault> {
    let candidates = candidates::of(snapshot, books, card).await?;
    let mut often = Known { snapshot, books, counts: HashMap::new() };
    let mut frequencies = Frequencies::of(cards(snapshot, books).await?);
    let profile = read(card)?;
    for value in frequency::values(&profile) {
        let times = if card.keys.contains(&value) {
            often.filed(value).await?
        } else {
            often.times(value).await?
        };
        frequencies.set(value, times);
    }
    let model = model(snapshot, owner, frequencies.cards()).await?;
    let mut found: Vec<(String, Likely)> = Vec::new();
    let mut evidence = Vec::new();
    for (id, other) in candidates {
        let Some(other) = match_index::card(snapshot, id, other).await? else { continue };
        if other.uid == card.uid || found.iter().any(|(uid, _)| *uid == other.uid) {
            continue;
        }
        let theirs = read(&other)?;
        // Values that both have are known by now; of others only names are asked for.
        for value in frequency::of_names(&theirs) {
            frequencies.set(value, often.times(value).await?);
        }
        let verdict = verdict::judge(&profile, &theirs, &frequencies, &model, &mut evidence);
        if verdict.tier > Tier::None
            && !matching::are_apart(snapshot, owner, &card.uid, &other.uid).await?
        {
            let reasons = verdict::reasons(&profile, &theirs, &frequencies, &evidence);
            found.push((other.uid, (verdict.probability, verdict.tier, reasons)));
        }
    }
    Ok(found)
}

fn read(card: &Card) -> Result<Profile, EngineError> {
    postcard::from_bytes(&card.profile)
        .map_err(|error| EngineError::caused("what is compared of a card cannot be read", error))
}

/// What the latest scan of all cards taught, for as many cards as there are now.
async fn model(snapshot: &Snapshot, owner: &PrincipalId, cards: u64) -> Result<Model, Fault> {
    let mut model = Model::of(cards);
    if let Some(stored) = matching::learned(snapshot, owner).await? {
        let [one, household, colleagues, at_home, misnamed] =
            stored.record.shares.map(|share| f64::from(share) / 1e6);
        model = Model { one, household, colleagues, at_home, misnamed, ..model };
    }
    Ok(model)
}

/// How many cards of `books` are in the index.
async fn cards(snapshot: &Snapshot, books: &[CollectionId]) -> Result<u64, EngineError> {
    let mut cards = 0;
    for id in books {
        cards += match_index::cards(snapshot, *id).await?;
    }
    Ok(cards)
}

/// How often values come up, asked for once each.
struct Known<'a> {
    snapshot: &'a Snapshot,
    books: &'a [CollectionId],
    counts: HashMap<u64, u32>,
}

impl Known<'_> {
    /// Of a value that is a key.
    async fn filed(&self, key: u64) -> Result<u32, EngineError> {
        let mut times = 0;
        for id in self.books {
            times += match_index::filed_count(self.snapshot, *id, key, MOST_COUNTED).await?;
        }
        Ok(times)
    }

    /// Of one that is not.
    async fn times(&mut self, value: u64) -> Result<u32, EngineError> {
        if let Some(known) = self.counts.get(&value) {
            return Ok(*known);
        }
        let mut times = 0;
        for id in self.books {
            times += match_index::times(self.snapshot, *id, value).await?;
        }
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        self.counts.insert(value, times);
        Ok(times)
    }
}
