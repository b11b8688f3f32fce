//! Which cards of one book fit a query, the best first.
//!
//! A card's score is the sum of the ranks of its terms; a rank tells first how a term is found
//! (as a word, at the beginning of one, inside of one), then where. The index gives the bearers of
//! a term in the order of their ranks, so that for one term only as much is read as is asked for.
//!
//! Of several terms the bearers are listed a bit further each time, until the cards that stand in all
//! lists are enough and no better one can come, or all bearers of one term are listed and are few
//! enough to be looked at one by one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::query::{Fit, Term};
use crate::base::{CollectionId, ContactId, Fault, PrincipalId};
use crate::store::engine::{Snapshot, Step};
use crate::store::words::lookup::{self, Index, Part};
use crate::store::words::{self, Class, Seen, history};
use crate::store::{contacts, member};

/// How many keys of each of several terms are read, and where that is not enough, how many then. A list
/// is made anew each time, which the next one outweighs.
const ROUNDS: [usize; 4] =
    if cfg!(test) { [2, 8, 30, 262_144] } else { [1024, 8192, 65_536, 262_144] };

/// Keys that are read in the time in which one card is looked at.
const READ_FOR_ONE: usize = if cfg!(test) { 4 } else { 48 };

/// Most cards of a list that are looked at.
const LOOKED_AT: usize = 20_000;

/// Most words that have a term inside of them.
const WORDS: usize = 4096;

/// Contacts from which on no more are listed whose history has a word, if none has a card in the book.
const HISTORY_CONTACTS: usize = 20_000;

/// Words of a contact's history that are looked through for what is inside of them.
const HISTORY_WORDS: usize = 10_000;

/// Ranks of one way in which a term is found.
const CLASSES: u32 = 4;

/// A card that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its number in the index.
    pub number: u64,
    /// The smaller, the better.
    pub score: u32,
}

/// The cards of a book that fit, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// The cards, each once.
    pub hits: Vec<Hit>,
    /// Are these all, as far as wanted, and the best? Otherwise too much would have had to be read.
    pub sure: bool,
}

/// A book that is searched.
#[derive(Debug)]
pub struct Searched<'a> {
    /// What is read.
    pub snapshot: &'a Snapshot,
    /// The book.
    pub id: CollectionId,
    /// The index of it.
    pub index: Index<'a>,
    /// Is what happened, as far as cards tell of it, searched, too?
    pub history: bool,
    /// Whose contacts' whole history is searched, too.
    pub timeline: Option<&'a PrincipalId>,
}

/// The bearers of a term in the order of their ranks.
#[derive(Debug, Default)]
struct List {
    order: Vec<(u64, u32)>,
    ranks: Ranks,
    /// Most bearers that are listed.
    most: usize,
    /// Keys that may still be read.
    left: usize,
    /// The rank of the last key that was read.
    reached: u32,
    /// Was every key read?
    whole: bool,
}

/// Ranks by numbers of cards.
type Ranks = HashMap<u64, u32, BuildHasherDefault<Spread>>;

/// Hashes the numbers of cards: nobody chooses these.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, n: u64) {
        let mixed = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// The rank of a term that is found like this.
pub fn rank(fit: Fit, class: Class) -> u32 {
    fit as u32 * CLASSES + u32::from(class.0)
}

impl List {
    /// Takes a bearer, unless it is not `among` those that are wanted.
    fn add(&mut self, number: u64, rank: u32, among: Option<&Ranks>) -> Step {
        self.left = self.left.saturating_sub(1);
        self.reached = rank;
        if among.is_none_or(|among| among.contains_key(&number)) {
            self.ranks.entry(number).or_insert_with(|| {
                self.order.push((number, rank));
                rank
            });
        }
        if self.is_full() { Step::Stop } else { Step::Continue }
    }

    fn is_full(&self) -> bool {
        self.left == 0 || self.ranks.len() >= self.most
    }
}

impl Searched<'_> {
    /// The `want` best cards that have all of `terms`.
    pub async fn best(&self, terms: &[Term], want: usize) -> Result<Hits, Fault> {
        match terms {
            [] => Ok(Hits { hits: Vec::new(), sure: true }),
            [term] => {
                let list = self.list(term, (want, usize::MAX), None).await?;
                let hits = list.order.iter().map(|&(number, score)| Hit { number, score });
                Ok(Hits { hits: hits.collect(), sure: true })
            }
            _ => self.best_of_several(terms, want).await,
        }
    }

    async fn best_of_several(&self, terms: &[Term], want: usize) -> Result<Hits, Fault> {
        let mut lists: Vec<List> = terms.iter().map(|_| List::default()).collect();
        for keys in ROUNDS {
            for (place, term) in terms.iter().enumerate() {
                if lists.get(place).is_some_and(|list| !list.whole) {
                    let among = shortest(&lists).map(|list| &list.ranks);
                    let list = self.list(term, (usize::MAX, keys), among).await?;
                    if list.whole && list.order.is_empty() {
                        return Ok(Hits { hits: Vec::new(), sure: true });
                    }
                    lists.splice(place..=place, [list]);
                }
            }
            if let Some(hits) = in_all(&lists, want) {
                return Ok(hits);
            }
            if shortest(&lists).is_some_and(|list| list.order.len() * READ_FOR_ONE <= keys) {
                break;
            }
        }
        self.look_at_each(terms, &lists, want).await
    }

    /// The cards of the shortest list that have all of `terms`; what the lists do not say, they do.
    async fn look_at_each(
        &self,
        terms: &[Term],
        lists: &[List],
        want: usize,
    ) -> Result<Hits, Fault> {
        let least = lists.iter().min_by_key(|list| list.order.len());
        let Some(candidates) = shortest(lists).or(least) else { return Ok(Hits::default()) };
        let (mut hits, mut looked_at) = (Vec::new(), 0);
        let mut sure = candidates.whole;
        for &(number, _) in &candidates.order {
            let known = lists.iter().map(|list| list.ranks.get(&number).copied());
            let score = if let Some(score) = known.sum::<Option<u32>>() {
                Some(score)
            } else if lists.iter().any(|list| list.whole && !list.ranks.contains_key(&number)) {
                None
            } else if looked_at < LOOKED_AT {
                looked_at += 1;
                self.score(number, terms).await?
            } else {
                sure = false;
                break;
            };
            hits.extend(score.map(|score| Hit { number, score }));
        }
        Ok(Hits { hits: first(hits, want), sure })
    }

    /// The classes of words that are searched.
    fn classes(&self) -> &'static [Class] {
        if self.history {
            &[Class::NAME, Class::MAIL, Class::OTHER, Class::HISTORY]
        } else {
            &[Class::NAME, Class::MAIL, Class::OTHER]
        }
    }

    /// Bearers of a term, up to `most` of them, and up to a number of keys that are read; those of
    /// better ranks first. Only those that are `among` these numbers, if any are given.
    async fn list(
        &self,
        term: &Term,
        (most, keys): (usize, usize),
        among: Option<&Ranks>,
    ) -> Result<List, Fault> {
        let mut list = List { most, left: keys, ..List::default() };
        for fit in [Fit::Whole, Fit::Prefix, Fit::Inside] {
            let part = match fit {
                Fit::Whole => Part::Whole,
                Fit::Prefix => Part::Beginning,
                Fit::Inside => Part::Inside,
            };
            for class in self.classes() {
                let rank = rank(fit, *class);
                for form in &term.forms {
                    if fit == Fit::Inside && !lookup::is_findable_inside(form) {
                        continue;
                    }
                    let add = |number| list.add(number, rank, among);
                    self.index.bearers(*class, part, form, add).await?;
                    if list.is_full() {
                        return Ok(list);
                    }
                }
            }
            self.add_timeline(&mut list, fit, term, among).await?;
            if list.is_full() {
                return Ok(list);
            }
        }
        list.whole = true;
        Ok(list)
    }

    /// Adds the cards of contacts with whom something happened that a term is found in like this.
    async fn add_timeline(
        &self,
        list: &mut List,
        fit: Fit,
        term: &Term,
        among: Option<&Ranks>,
    ) -> Result<(), Fault> {
        let Some(owner) = self.timeline else { return Ok(()) };
        let mut words = Vec::new();
        if fit == Fit::Inside {
            for form in term.forms.iter().filter(|form| lookup::is_findable_inside(form)) {
                words.extend(history::holding(self.snapshot, owner, form, WORDS).await?);
            }
        } else {
            words.extend(term.forms.iter().cloned());
        }
        let mut most = list.most.min(list.left);
        loop {
            let mut contacts = List { most, left: usize::MAX, ..List::default() };
            for word in &words {
                let add = |contact| contacts.add(contact, 0, None);
                history::contacts(self.snapshot, owner, word, fit == Fit::Prefix, add).await?;
                if contacts.is_full() {
                    break;
                }
            }
            for (contact, _) in &contacts.order {
                for number in self.cards_of(ContactId(*contact)).await? {
                    if list.add(number, rank(fit, Class::HISTORY), among) == Step::Stop {
                        return Ok(());
                    }
                }
            }
            if !contacts.is_full() {
                return Ok(());
            }
            // The cards of these lie in other books.
            if most > HISTORY_CONTACTS {
                list.left = 0;
                return Ok(());
            }
            most *= 8;
        }
    }

    /// The numbers of a contact's cards in the book.
    async fn cards_of(&self, contact: ContactId) -> Result<Vec<u64>, Fault> {
        let mut numbers = Vec::new();
        let Some(found) = contacts::get(self.snapshot, contact).await? else { return Ok(numbers) };
        for uid in std::iter::once(&found.record.uid).chain(&found.record.aliases) {
            if let Some(name) = member::holder(self.snapshot, self.id, uid).await? {
                numbers.extend(words::number_of(self.snapshot, self.id, &name).await?);
            }
        }
        Ok(numbers)
    }

    /// The score of a card, if all of `terms` are found in it.
    async fn score(&self, number: u64, terms: &[Term]) -> Result<Option<u32>, Fault> {
        let classes = self.classes();
        let looked = words::look_at(self.snapshot, self.id, number, |entry| {
            let ranks = ranks(&entry, terms, classes);
            let is_missing = self.timeline.is_some() && ranks.iter().any(Option::is_none);
            (ranks, is_missing.then(|| entry.name.to_owned()))
        });
        let Some((mut ranks, missing)) = looked.await? else { return Ok(None) };
        if let (Some(owner), Some(name)) = (self.timeline, missing) {
            let member = member::get(self.snapshot, self.id, &name).await?;
            let Some(member) = member else { return Ok(None) };
            let contact = contacts::id_of(self.snapshot, owner, &member.uid).await?;
            for (rank, term) in ranks.iter_mut().zip(terms) {
                if rank.is_none()
                    && let Some(contact) = contact
                {
                    *rank = self.happened(contact, term).await?;
                }
            }
        }
        Ok(ranks.into_iter().sum())
    }

    /// The rank of a term in what happened with a contact.
    async fn happened(&self, contact: ContactId, term: &Term) -> Result<Option<u32>, Fault> {
        let mut best: Option<Fit> = None;
        for form in &term.forms {
            words::history::words(self.snapshot, contact, form, |word| {
                best = best.into_iter().chain(term.fit(word)).min();
                Step::Stop
            })
            .await?;
        }
        if best.is_none() && term.forms.iter().any(|form| lookup::is_findable_inside(form)) {
            let mut left = HISTORY_WORDS;
            words::history::words(self.snapshot, contact, "", |word| {
                best = term.fit(word);
                left -= 1;
                if best.is_some() || left == 0 { Step::Stop } else { Step::Continue }
            })
            .await?;
        }
        Ok(best.map(|fit| rank(fit, Class::HISTORY)))
    }
}

/// The shortest of the lists in which every bearer stands.
fn shortest(lists: &[List]) -> Option<&List> {
    lists.iter().filter(|list| list.whole).min_by_key(|list| list.order.len())
}

/// The best cards, if they are surely among those that stand in all lists: a card that stands in
/// none of the places that were read of a list has at best the rank there at which that ends.
fn in_all(lists: &[List], want: usize) -> Option<Hits> {
    let bound = best_elsewhere(lists);
    let candidates = lists.iter().min_by_key(|list| list.order.len())?;
    let score = |&(number, _): &(u64, u32)| {
        let ranks = lists.iter().map(|list| list.ranks.get(&number).copied());
        ranks.sum::<Option<u32>>().map(|score| Hit { number, score })
    };
    let hits: Vec<Hit> = candidates.order.iter().filter_map(score).collect();
    let settled = |hit: &&Hit| bound.is_none_or(|bound| hit.score <= bound);
    let enough = bound.is_none() || hits.iter().filter(settled).count() >= want;
    enough.then(|| Hits { hits: first(hits, want), sure: true })
}

/// No card that is missing in a list has a better score; nothing if all lists are whole.
fn best_elsewhere(lists: &[List]) -> Option<u32> {
    let best = |list: &List| list.order.first().map_or(list.reached, |(_, rank)| *rank);
    let sum: u32 = lists.iter().map(best).sum();
    let missing = |list: &List| (sum - best(list)).saturating_add(list.reached);
    lists.iter().filter(|list| !list.whole).map(missing).min()
}

/// The first `want` of `hits`, the best first.
fn first(mut hits: Vec<Hit>, want: usize) -> Vec<Hit> {
    hits.sort_unstable_by_key(|hit| (hit.score, hit.number));
    hits.truncate(want);
    hits
}

/// The best rank of each term in the words of a card.
fn ranks(entry: &Seen<'_>, terms: &[Term], classes: &[Class]) -> Vec<Option<u32>> {
    let mut ranks: Vec<Option<u32>> = vec![None; terms.len()];
    for (class, word) in entry.words().filter(|(class, _)| classes.contains(class)) {
        for (best, term) in ranks.iter_mut().zip(terms) {
            if let Some(fit) = term.fit(word) {
                let rank = rank(fit, class);
                *best = Some(best.map_or(rank, |known| known.min(rank)));
            }
        }
    }
    ranks
}
