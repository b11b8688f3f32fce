//! All cards of an owner held against each other, as far as they have keys in common.

use std::collections::{BTreeSet, HashMap};

use super::blocks::Blocks;
use super::cluster;
use super::compare;
use super::evidence::Evidence;
use super::frequency::Frequencies;
use super::keys::{self, Keys};
use super::model::{Model, Weights};
use super::profile::Profile;
use super::verdict::{self, PROPOSED, Tier, Verdict};

/// Of so many cards that say the same, all pairs are proposed; of more, each with the first.
const MOST_COPIES: usize = 12;

/// A third card with this probability speaks for a pair that is not convincing alone.
const SURE: f64 = 0.9;

/// How probable it is that two cards are of one person that say the same of somebody who is known.
const COPY: f64 = 0.99;

/// Most cards of a cluster of which pairs are proposed that were not found directly.
const MOST_COMPLETED: usize = 40;

/// A proposed pair: two numbers of cards, the lower first.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The first card.
    pub one: u32,
    /// The second card.
    pub other: u32,
    /// What is concluded.
    pub verdict: Verdict,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Found {
    /// The proposed pairs, the most probable first.
    pub pairs: Vec<Pair>,
    /// The people: cards that are proposed to be one.
    pub clusters: Vec<Vec<u32>>,
    /// How many pairs of cards were compared.
    pub compared: u64,
    /// What was learned of the collection.
    pub model: Option<Model>,
}

/// Compares `cards`, of which `apart` are known not to be of one person (the lower number first),
/// on `threads` threads.
pub fn scan(cards: &[Profile], apart: &BTreeSet<(u32, u32)>, threads: usize) -> Found {
    let mut often = Frequencies::default();
    let mut first_of: HashMap<u64, u32> = HashMap::with_capacity(cards.len());
    // Cards that say the same are compared once.
    let mut copies: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut singles: Vec<u32> = Vec::with_capacity(cards.len());
    for (number, card) in (0_u32..).zip(cards) {
        let first = *first_of.entry(card.fingerprint()).or_insert(number);
        if first == number {
            // What is there a hundred times over is none the commoner for it.
            often.add(card);
            singles.push(number);
        } else {
            copies.entry(first).or_default().push(number);
        }
    }
    let filed: Vec<Keys> =
        singles.iter().filter_map(|at| cards.get(*at as usize)).map(keys::of).collect();
    let blocks = Blocks::file(filed.iter());
    drop(filed);
    let before = Model::of(singles.len() as u64);
    let mut scan = Scan { cards, often: &often, singles: &singles, blocks: &blocks, model: before };
    let (likely, compared) = scan.compare_all(threads.max(1));
    let weights: Vec<Weights> = likely.iter().map(|(.., weights)| *weights).collect();
    scan.model = Model::learned(singles.len() as u64, &weights);
    let mut found = Vec::new();
    let mut pairs: Vec<Pair> = likely
        .into_iter()
        .filter(|(.., weights)| scan.model.explain(weights).one >= PROPOSED)
        .filter_map(|(one, other, _)| scan.judge(one, other, &mut found))
        .collect();
    scan.add_copies(&copies, &mut pairs);
    pairs.retain(|pair| !apart.contains(&(pair.one, pair.other)));
    let clusters = scan.complete(&mut pairs, apart);
    pairs.sort_by(|a, b| {
        let by = b.verdict.probability.total_cmp(&a.verdict.probability);
        by.then_with(|| (a.one, a.other).cmp(&(b.one, b.other)))
    });
    Found { pairs, clusters, compared, model: Some(scan.model) }
}

struct Scan<'a> {
    cards: &'a [Profile],
    often: &'a Frequencies,
    singles: &'a [u32],
    blocks: &'a Blocks,
    model: Model,
}

/// A pair that may be more than chance, and what comparing it came to.
type Likely = (u32, u32, Weights);

/// From here on a pair may be more than chance.
const LIKELY: f64 = 0.001;

impl Scan<'_> {
    /// Compares all that have a key in common.
    fn compare_all(&self, threads: usize) -> (Vec<Likely>, u64) {
        let each = |thread: usize| {
            let (mut likely, mut compared) = (Vec::new(), 0);
            let (mut candidates, mut found) = (Vec::new(), Vec::new());
            for at in (thread..self.singles.len()).step_by(threads) {
                self.blocks.candidates(at as u32, &mut candidates);
                compared += candidates.len() as u64;
                for other in &candidates {
                    let numbers = (self.singles.get(at), self.singles.get(*other as usize));
                    if let (Some(one), Some(other)) = numbers {
                        likely.extend(self.weigh(*one, *other, &mut found));
                    }
                }
            }
            (likely, compared)
        };
        let mut done = std::thread::scope(|scope| {
            let running: Vec<_> = (1..threads)
                .map(|thread| {
                    scope.spawn({
                        let each = &each;
                        move || each(thread)
                    })
                })
                .collect();
            let mut done = vec![each(0)];
            for thread in running {
                match thread.join() {
                    Ok(found) => done.push(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        let compared = done.iter().map(|(_, compared)| compared).sum();
        (done.iter_mut().flat_map(|(likely, _)| std::mem::take(likely)).collect(), compared)
    }

    fn weigh(&self, one: u32, other: u32, found: &mut Vec<Evidence>) -> Option<Likely> {
        let (a, b) = (self.cards.get(one as usize)?, self.cards.get(other as usize)?);
        if !compare::compare(a, b, self.often, found) {
            return None;
        }
        let weights = Weights::of(found);
        let explained = self.model.explain(&weights);
        let likely = explained.one + explained.household + explained.colleagues >= LIKELY;
        likely.then_some((one, other, weights))
    }

    fn judge(&self, one: u32, other: u32, found: &mut Vec<Evidence>) -> Option<Pair> {
        let (a, b) = (self.cards.get(one as usize)?, self.cards.get(other as usize)?);
        let verdict = verdict::judge(a, b, self.often, &self.model, found);
        (verdict.tier > Tier::None).then(|| Pair {
            one,
            other,
            verdict,
            reasons: verdict::reasons(a, b, self.often, found),
        })
    }

    /// Two cards that say the same. Whoever is named and can be reached is not two people for being on
    /// many cards.
    fn copy(&self, one: u32, other: u32, found: &mut Vec<Evidence>) -> Option<Pair> {
        let judged = self.judge(one, other, found);
        let profile = self.cards.get(one as usize)?;
        let reached = !profile.mails.is_empty() || !profile.phones.is_empty();
        let known = reached || profile.birth.is_some() || !profile.ids.is_empty();
        let whole = profile.names.iter().any(|name| name.sorted().len() > 1);
        if judged.as_ref().is_some_and(|pair| pair.verdict.probability >= SURE) || !(known && whole)
        {
            return judged;
        }
        let verdict = Verdict { probability: COPY, tier: Tier::Review };
        Some(Pair { one, other, verdict, reasons: vec!["both say the same".to_owned()] })
    }

    /// What was found of a card holds for those that say the same.
    fn add_copies(&self, copies: &HashMap<u32, Vec<u32>>, pairs: &mut Vec<Pair>) {
        if copies.is_empty() {
            return;
        }
        let none = Vec::new();
        let more = |card: u32| copies.get(&card).unwrap_or(&none);
        let mut added = Vec::new();
        for pair in pairs.iter() {
            let (ones, others) = (more(pair.one), more(pair.other));
            if ones.len() + others.len() > MOST_COPIES {
                continue;
            }
            for one in ones.iter().chain([&pair.one]) {
                for other in others.iter().chain([&pair.other]) {
                    if (*one, *other) != (pair.one, pair.other) {
                        added.push(Pair {
                            one: *one.min(other),
                            other: *one.max(other),
                            ..pair.clone()
                        });
                    }
                }
            }
        }
        let mut found = Vec::new();
        let mut firsts: Vec<_> = copies.iter().collect();
        firsts.sort_unstable();
        for (first, same) in firsts {
            let Some(other) = same.first() else { continue };
            let Some(pair) = self.copy(*first, *other, &mut found) else { continue };
            for (at, one) in same.iter().enumerate() {
                added.push(Pair { one: *first, other: *one, ..pair.clone() });
                if same.len() <= MOST_COPIES {
                    let later = same.iter().skip(at + 1);
                    added.extend(later.map(|other| Pair {
                        one: *one,
                        other: *other,
                        ..pair.clone()
                    }));
                }
            }
        }
        pairs.append(&mut added);
    }

    /// The clusters; pairs of one cluster that were not found, or not convincing alone, are added.
    fn complete(&self, pairs: &mut Vec<Pair>, apart: &BTreeSet<(u32, u32)>) -> Vec<Vec<u32>> {
        let known: Vec<(u32, u32, f64)> =
            pairs.iter().map(|pair| (pair.one, pair.other, pair.verdict.probability)).collect();
        let clusters = cluster::put_together(&known, |a, b| {
            if apart.contains(&(a.min(b), a.max(b))) { 0.0 } else { self.beside_a_third(a, b).0 }
        });
        let proposed: HashMap<(u32, u32), f64> =
            known.iter().map(|(a, b, p)| ((*a, *b), *p)).collect();
        let probability =
            |a: u32, b: u32| proposed.get(&(a.min(b), a.max(b))).copied().unwrap_or(0.0);
        for cluster in
            clusters.iter().filter(|cluster| (3..=MOST_COMPLETED).contains(&cluster.len()))
        {
            for (at, one) in cluster.iter().enumerate() {
                for other in cluster.iter().skip(at + 1) {
                    if proposed.contains_key(&(*one, *other)) || apart.contains(&(*one, *other)) {
                        continue;
                    }
                    let ways = cluster
                        .iter()
                        .map(|third| probability(*one, *third) * probability(*third, *other));
                    let (mut through, mut sure) = (0.0_f64, 0);
                    for way in ways {
                        through = through.max(way);
                        sure += usize::from(way >= SURE);
                    }
                    let (fits, alone) = self.beside_a_third(*one, *other);
                    // One card between two may be the one that is wrong; two seldom are.
                    let likely = if sure > 1 {
                        through
                    } else {
                        let both = through * fits;
                        (both / (both + (1.0 - through) * (1.0 - fits)))
                            .max((alone * through * through).cbrt())
                    };
                    if likely >= PROPOSED {
                        let verdict = Verdict { probability: likely, tier: Tier::Review };
                        let reasons = vec!["both are like a third card".to_owned()];
                        pairs.push(Pair { one: *one, other: *other, verdict, reasons });
                    }
                }
            }
        }
        clusters
    }

    /// Of two cards that a third is like: how probable it is that they are of one person by what
    /// they say themselves, from 0 to one half where nothing speaks against it; and how probable it
    /// were without the third.
    fn beside_a_third(&self, one: u32, other: u32) -> (f64, f64) {
        let both = (self.cards.get(one as usize), self.cards.get(other as usize));
        let (Some(a), Some(b)) = both else { return (0.0, 0.0) };
        let mut found = Vec::new();
        if !compare::compare(a, b, self.often, &mut found) {
            return (0.0, 0.0);
        }
        let alone = self.model.explain(&Weights::of(&found)).one;
        if verdict::conflict(&found) {
            return (alone, alone);
        }
        let fits = self.model.against(&found);
        ((fits / (1.0 + fits)).max(alone), alone)
    }
}

/// How many pairs a comparison of all with all would take, to tell what keys spare.
pub fn all_pairs(cards: usize) -> u64 {
    let cards = cards as u64;
    cards * cards.saturating_sub(1) / 2
}

/// The cards of `found` that are in any pair.
pub fn cards_in(found: &Found) -> BTreeSet<u32> {
    found.pairs.iter().flat_map(|pair| [pair.one, pair.other]).collect()
}
