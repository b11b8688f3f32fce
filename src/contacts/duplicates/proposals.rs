//! What is proposed to an owner: found by a scan, remembered, and taken back when they say that
//! two are not one person.

use std::collections::{BTreeMap, BTreeSet};

use super::library::{Entry, Library};
use super::model::Model;
use super::scan::{Found, scan};
use super::verdict::Tier;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::contacts::naming::one_line;
use crate::contacts::normal::Region;
use crate::contacts::person::{self, Person};
use crate::formats::vcard::normalize_uid;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::{Batch, Snapshot};
use crate::store::matching::{self, Learned, Proposal};
use crate::store::{Actor, Store, contacts, engine, tombstones};

/// Proposals that one commit writes.
const STEP: usize = 512;

/// Reasons of its pairs that a cluster tells.
const MOST_REASONS: usize = 12;

/// Two cards of which it is proposed that they are of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedPair {
    /// The first card.
    pub one: Entry,
    /// The second card.
    pub other: Entry,
    /// How probable it is: 0 to 1.
    pub probability: f64,
    /// What is to be done.
    pub tier: Tier,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// Cards of which it is proposed that all are of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedCluster {
    /// The cards.
    pub cards: Vec<Entry>,
    /// The average of its pairs that are proposed.
    pub probability: f64,
    /// The least of what is to be done with its pairs.
    pub tier: Tier,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// What a scan came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How many cards were looked at.
    pub cards: usize,
    /// How many pairs of them were compared.
    pub compared: u64,
    /// The pairs, the most probable first.
    pub pairs: Vec<ProposedPair>,
    /// The clusters.
    pub clusters: Vec<ProposedCluster>,
    /// Names of books by their numbers.
    pub books: std::collections::HashMap<crate::base::CollectionId, String>,
}

/// Holds the cards of all books of `owner`, or of the one called `book`, against each other. What
/// is found in all books is remembered.
pub async fn scan_all(
    store: &Store,
    owner: &PrincipalId,
    book: Option<&str>,
    region: Option<Region>,
) -> Result<Report, Fault> {
    let snapshot = store.snapshot().await?;
    let library = Library::read(&snapshot, owner, book, region).await?;
    let numbers = library.numbers();
    let mut apart = BTreeSet::new();
    for (one, other) in matching::apart(&snapshot, owner).await? {
        if let (Some(one), Some(other)) = (numbers.get(&*one), numbers.get(&*other)) {
            apart.insert((*one.min(other), *one.max(other)));
        }
    }
    drop(numbers);
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(4));
    let work = tokio::task::spawn_blocking(move || {
        let found = scan(&library.profiles, &apart, threads);
        (library, found)
    });
    let (library, found) = work.await.map_err(|error| {
        Fault::internal(engine::EngineError::caused("a scan for duplicates broke off", error))
    })?;
    if book.is_none() {
        remember(store, owner, &library, &found).await?;
    }
    Ok(report(library, &found))
}

fn report(library: Library, found: &Found) -> Report {
    let entry = |number: u32| library.entries.get(number as usize).cloned();
    let pairs: Vec<ProposedPair> = found
        .pairs
        .iter()
        .filter_map(|pair| {
            Some(ProposedPair {
                one: entry(pair.one)?,
                other: entry(pair.other)?,
                probability: pair.verdict.probability,
                tier: pair.verdict.tier,
                reasons: pair.reasons.clone(),
            })
        })
        .collect();
    let mut cluster_of = std::collections::HashMap::new();
    for (at, cluster) in found.clusters.iter().enumerate() {
        cluster_of.extend(cluster.iter().map(|card| (*card, at)));
    }
    let mut clusters: Vec<(ProposedCluster, usize)> = found
        .clusters
        .iter()
        .map(|cluster| {
            let cards = cluster.iter().filter_map(|card| entry(*card)).collect();
            let reasons = Vec::new();
            (ProposedCluster { cards, probability: 0.0, tier: Tier::Auto, reasons }, 0)
        })
        .collect();
    for pair in &found.pairs {
        let Some(at) = cluster_of.get(&pair.one) else { continue };
        let Some((cluster, pairs)) = clusters.get_mut(*at) else { continue };
        if cluster_of.get(&pair.other) != Some(at) {
            continue;
        }
        cluster.probability += pair.verdict.probability;
        *pairs += 1;
        cluster.tier = cluster.tier.min(pair.verdict.tier);
        for reason in &pair.reasons {
            if cluster.reasons.len() < MOST_REASONS && !cluster.reasons.contains(reason) {
                cluster.reasons.push(reason.clone());
            }
        }
    }
    let clusters = clusters.into_iter().map(|(mut cluster, pairs)| {
        let all = cluster.cards.len() * cluster.cards.len().saturating_sub(1) / 2;
        if pairs < all {
            cluster.tier = Tier::Review;
        }
        cluster.probability /= f64::from(u32::try_from(pairs.max(1)).unwrap_or(u32::MAX));
        cluster
    });
    Report {
        cards: library.entries.len(),
        compared: found.compared,
        pairs,
        clusters: clusters.collect(),
        books: library.books,
    }
}

/// Writes down what is proposed now, and takes back what is not any more.
async fn remember(
    store: &Store,
    owner: &PrincipalId,
    library: &Library,
    found: &Found,
) -> Result<(), Fault> {
    let mut now: BTreeMap<(&str, &str), &super::scan::Pair> = BTreeMap::new();
    for pair in &found.pairs {
        let numbers = (pair.one as usize, pair.other as usize);
        if let (Some(one), Some(other)) =
            (library.entries.get(numbers.0), library.entries.get(numbers.1))
        {
            let (one, other) = (one.key.as_str(), other.key.as_str());
            now.insert(if one <= other { (one, other) } else { (other, one) }, pair);
        }
    }
    let before = matching::proposals(&store.snapshot().await?, owner).await?;
    let ended: Vec<(&str, &str)> = before
        .keys()
        .map(|(one, other)| (one.as_str(), other.as_str()))
        .filter(|pair| !now.contains_key(pair))
        .collect();
    let at = store.now();
    let mut changed = Vec::new();
    for ((one, other), pair) in &now {
        let known = before.get(&((*one).to_owned(), (*other).to_owned()));
        let proposal = proposal(pair, known.map_or(at, |known| known.since));
        if known != Some(&proposal) {
            changed.push((*one, *other, proposal));
        }
    }
    for part in ended.chunks(STEP) {
        write_down(store, owner, part, &[]).await?;
    }
    for part in changed.chunks(STEP) {
        write_down(store, owner, &[], part).await?;
    }
    let mut batch = Batch::new();
    if let Some(model) = &found.model {
        matching::set_learned(&mut batch, owner, &learned(model, at))?;
    }
    store.commit(batch).await?;
    Ok(())
}

/// Writes down what is proposed no more and what is proposed now, but for those who were erased since
/// they were read.
async fn write_down(
    store: &Store,
    owner: &PrincipalId,
    ended: &[(&str, &str)],
    made: &[(&str, &str, Proposal)],
) -> Result<(), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        for (one, other) in ended {
            if tombstones::expect_none(&snapshot, &mut batch, owner, one).await?
                && tombstones::expect_none(&snapshot, &mut batch, owner, other).await?
            {
                matching::withdraw(&mut batch, owner, one, other);
            }
        }
        let pairs = made.iter().map(|(one, other, proposal)| (*one, *other, proposal));
        matching::propose(&snapshot, &mut batch, owner, pairs).await?;
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}

fn proposal(pair: &super::scan::Pair, since: Timestamp) -> Proposal {
    Proposal {
        millionths: (pair.verdict.probability * 1e6).round() as u32,
        certain: pair.verdict.tier == Tier::Auto,
        reasons: pair.reasons.clone(),
        since,
    }
}

fn learned(model: &Model, at: Timestamp) -> Learned {
    let shares = [model.one, model.household, model.colleagues, model.at_home, model.misnamed];
    let shares = shares.map(|share| (share * 1e6).round() as u32);
    Learned { at, cards: model.cards, shares }
}

/// The proposals of `owner` that are remembered, the most probable first; those whose cards are
/// gone are left out.
pub async fn list(store: &Store, owner: &PrincipalId) -> Result<Vec<(Listed, Proposal)>, Fault> {
    let snapshot = store.snapshot().await?;
    let mut found = Vec::new();
    for ((one, other), proposal) in matching::proposals(&snapshot, owner).await? {
        let one = person::by_uid(&snapshot, owner, &one).await?;
        let other = person::by_uid(&snapshot, owner, &other).await?;
        if !one.cards.is_empty() && !other.cards.is_empty() && one.uid != other.uid {
            let listed = Listed { uids: [one.uid, other.uid], names: [one.name, other.name] };
            found.push((listed, proposal));
        }
    }
    found.sort_by_key(|(_, proposal)| std::cmp::Reverse(proposal.millionths));
    Ok(found)
}

/// Up to `most` contacts of which it is proposed that they are the one with `uid` (normalised), the
/// most probable first; those without cards are left out.
pub async fn of_contact(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    most: usize,
) -> Result<Vec<(Person, Proposal)>, Fault> {
    let mut proposed: Vec<_> = matching::of_uid(snapshot, owner, uid).await?.into_iter().collect();
    proposed.sort_by_key(|(_, proposal)| std::cmp::Reverse(proposal.millionths));
    let mut found = Vec::new();
    for (other, proposal) in proposed {
        if found.len() == most {
            break;
        }
        let person = person::by_uid(snapshot, owner, &other).await?;
        // It may have become the same since.
        let itself = person.uid == uid || person.cards.iter().any(|place| place.uid == uid);
        if !itself && !person.cards.is_empty() {
            found.push((person, proposal));
        }
    }
    Ok(found)
}

/// The two sides of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Their UIDs.
    pub uids: [String; 2],
    /// What they are called.
    pub names: [String; 2],
}

/// Says that the contacts with these UIDs are not one person: no two of them are proposed again.
pub async fn not_same(
    store: &Store,
    owner: &PrincipalId,
    uids: &[String],
    actor: &Actor,
) -> Result<(), Fault> {
    let mut keys: Vec<String> = uids.iter().map(|uid| normalize_uid(uid)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() < 2 {
        return Err(Fault::bad_request("Name two different contacts by their UIDs."));
    }
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let mut people = Vec::with_capacity(keys.len());
        for key in &keys {
            let person = person::by_uid(&snapshot, owner, key).await?;
            let contact = contacts::id_of(&snapshot, owner, key).await?;
            if person.cards.is_empty() && contact.is_none() {
                return Err(Fault::new(
                    404,
                    format!("{owner} has no contact with the UID `{}`.", one_line(key)),
                ));
            }
            people.push((key, one_line(&person.name), contact));
        }
        for (at, one) in keys.iter().enumerate() {
            // They may be erased at this moment.
            tombstones::require_none(&snapshot, &mut batch, owner, one).await?;
            for other in keys.iter().skip(at + 1) {
                matching::set_apart(&mut batch, owner, one, other, store.now());
            }
        }
        let deed = Deed::of(Subject::Contact, Verb::Changed, owner.as_str());
        let detail = match keys.len() - 1 {
            1 => "not the same as another contact".to_owned(),
            others => format!("not the same as {others} others"),
        };
        for (uid, name, contact) in &people {
            Deed { contact: *contact, name, uid, detail: &detail, ..deed }
                .note(store, &mut batch, actor)?;
        }
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}
