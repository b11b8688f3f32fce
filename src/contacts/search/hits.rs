//! Which cards of one book fit a query, the best first.
//!
//! A card's score is the sum of the ranks of its terms; a rank tells first how a term is found
//! (as a word, at the beginning of one, inside of one), then where. The index gives the bearers of
//! a term in the order of their ranks, so that for one term only as much is read as is asked for.
//! Of several terms the rarest gives the candidates; where none is rare, candidates are taken from
//! all of them in the order of their ranks until no better one can come.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::query::{Fit, Term};
use crate::base::{CollectionId, ContactId, Fault, PrincipalId};
use crate::store::engine::{Snapshot, Step};
use crate::store::words::lookup::{self, Index, Part};
use crate::store::words::{self, Class, Seen, history};
use crate::store::{contacts, member};

/// Bearers of a term up to which it is rare.
const RARE: usize = 1024;

/// Bearers of a term that are listed before cards are looked at, if none is rare.
const USUAL: usize = 8192;

/// Bearers that are listed in the time in which one card is looked at.
const LISTED_FOR_ONE: usize = 8;

/// Cards that are looked at for terms of which none is rare, before more of their bearers are listed.
const LOOKED_AT: usize = 2048;

/// Most bearers of a term that are listed.
const LISTED: usize = 200_000;

/// Most cards of a list that are looked at.
const COMPARED: usize = 20_000;

/// Most words that have a term inside of them.
const WORDS: usize = 4096;

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
    ranks: HashMap<u64, u32, BuildHasherDefault<Spread>>,
    most: usize,
    /// Is every bearer in it?
    whole: bool,
}

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
    fn add(&mut self, number: u64, rank: u32) -> Step {
        if self.ranks.len() < self.most && !self.ranks.contains_key(&number) {
            self.ranks.insert(number, rank);
            self.order.push((number, rank));
        }
        if self.is_full() { Step::Stop } else { Step::Continue }
    }

    fn is_full(&self) -> bool {
        self.ranks.len() >= self.most
    }
}

impl Searched<'_> {
    /// The `want` best cards that have all of `terms`.
    pub async fn best(&self, terms: &[Term], want: usize) -> Result<Hits, Fault> {
        match terms {
            [] => Ok(Hits { hits: Vec::new(), sure: true }),
            [term] => {
                let list = self.list(term, want).await?;
                let hits = list.order.iter().map(|&(number, score)| Hit { number, score });
                Ok(Hits { hits: hits.collect(), sure: true })
            }
            _ => self.best_of_several(terms, want).await,
        }
    }

    async fn best_of_several(&self, terms: &[Term], want: usize) -> Result<Hits, Fault> {
        let mut lists = Vec::with_capacity(terms.len());
        for term in terms {
            let list = self.list(term, RARE).await?;
            if list.whole && list.order.is_empty() {
                return Ok(Hits { hits: Vec::new(), sure: true });
            }
            lists.push(list);
        }
        if !lists.iter().any(|list| list.whole) {
            if let Some(hits) = self.by_threshold(terms, &lists, want, LOOKED_AT).await? {
                return Ok(hits);
            }
            self.extend(terms, &mut lists, USUAL).await?;
        }
        let shortest = lists.iter().filter(|list| list.whole).map(|list| list.order.len()).min();
        if let Some(shortest) = shortest {
            // Unless that takes longer than to look at each of them.
            self.extend(terms, &mut lists, shortest * LISTED_FOR_ONE).await?;
            return self.intersect(terms, &lists, want).await;
        }
        if let Some(hits) = self.by_threshold(terms, &lists, want, 2 * LOOKED_AT).await? {
            return Ok(hits);
        }
        self.extend(terms, &mut lists, LISTED).await?;
        self.intersect(terms, &lists, want).await
    }

    /// Makes the lists that are not whole longer, up to `most`.
    async fn extend(&self, terms: &[Term], lists: &mut [List], most: usize) -> Result<(), Fault> {
        let most = most.min(LISTED);
        for (list, term) in lists.iter_mut().zip(terms) {
            if !list.whole && list.most < most {
                *list = self.list(term, most).await?;
            }
        }
        Ok(())
    }

    /// The cards of the shortest whole list that are in all others, too.
    async fn intersect(&self, terms: &[Term], lists: &[List], want: usize) -> Result<Hits, Fault> {
        let shortest = lists.iter().min_by_key(|list| (!list.whole, list.order.len()));
        let Some(shortest) = shortest else { return Ok(Hits::default()) };
        let (mut hits, mut compared) = (Vec::new(), 0);
        let mut sure = shortest.whole;
        let all_whole = lists.iter().all(|list| list.whole);
        for &(number, _) in &shortest.order {
            let known = lists.iter().map(|list| list.ranks.get(&number).copied());
            let score = if all_whole {
                known.sum::<Option<u32>>()
            } else if lists.iter().any(|list| list.whole && !list.ranks.contains_key(&number)) {
                None
            } else if let Some(score) = known.sum::<Option<u32>>() {
                Some(score)
            } else if compared < COMPARED {
                compared += 1;
                self.score(number, terms).await?
            } else {
                sure = false;
                break;
            };
            hits.extend(score.map(|score| Hit { number, score }));
        }
        hits.sort_by_key(|hit| (hit.score, hit.number));
        hits.truncate(want);
        Ok(Hits { hits, sure })
    }

    /// The best cards, if they are found among the first of each list, of which up to `most` are
    /// looked at: no card that stands in none
    /// of these parts can have a better score than the sum of the ranks at which they end.
    async fn by_threshold(
        &self,
        terms: &[Term],
        lists: &[List],
        want: usize,
        most: usize,
    ) -> Result<Option<Hits>, Fault> {
        let mut at = vec![0; lists.len()];
        let mut seen = HashSet::new();
        let mut hits: Vec<Hit> = Vec::new();
        for turn in 0..most {
            let frontier = |place: usize| {
                let list = lists.get(place)?;
                let next = at.get(place).and_then(|next: &usize| list.order.get(*next));
                Some(next.or(list.order.last())?.1)
            };
            let threshold: u32 = (0..lists.len()).filter_map(frontier).sum();
            if turn % 16 == 0 && hits.iter().filter(|hit| hit.score <= threshold).count() >= want {
                hits.sort_by_key(|hit| (hit.score, hit.number));
                hits.truncate(want);
                return Ok(Some(Hits { hits, sure: true }));
            }
            // The list that is worst so far raises the threshold least; the best ones go first.
            let open = (0..lists.len()).filter(|place| {
                let length = lists.get(*place).map_or(0, |list| list.order.len());
                at.get(*place).is_some_and(|next| *next < length)
            });
            let Some(place) = open.min_by_key(|place| (frontier(*place), at.get(*place).copied()))
            else {
                return Ok(None);
            };
            let next = at.get(place).copied().unwrap_or_default();
            if let Some(next) = at.get_mut(place) {
                *next += 1;
            }
            let entry = lists.get(place).and_then(|list| list.order.get(next));
            if let Some(&(number, _)) = entry
                && seen.insert(number)
                && let Some(score) = self.score(number, terms).await?
            {
                hits.push(Hit { number, score });
            }
        }
        Ok(None)
    }

    /// The classes of words that are searched.
    fn classes(&self) -> &'static [Class] {
        if self.history {
            &[Class::NAME, Class::MAIL, Class::OTHER, Class::HISTORY]
        } else {
            &[Class::NAME, Class::MAIL, Class::OTHER]
        }
    }

    /// Up to `most` bearers of a term, those of better ranks first.
    async fn list(&self, term: &Term, most: usize) -> Result<List, Fault> {
        let mut list = List { most, ..List::default() };
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
                    let add = |number| list.add(number, rank);
                    self.index.bearers(*class, part, form, add).await?;
                    if list.is_full() {
                        return Ok(list);
                    }
                }
            }
            self.add_timeline(&mut list, fit, term).await?;
            if list.is_full() {
                return Ok(list);
            }
        }
        list.whole = true;
        Ok(list)
    }

    /// Adds the cards of contacts with whom something happened that a term is found in like this.
    async fn add_timeline(&self, list: &mut List, fit: Fit, term: &Term) -> Result<(), Fault> {
        let Some(owner) = self.timeline else { return Ok(()) };
        let mut contacts = List { most: list.most, ..List::default() };
        let mut words = Vec::new();
        if fit == Fit::Inside {
            for form in term.forms.iter().filter(|form| lookup::is_findable_inside(form)) {
                words.extend(history::holding(self.snapshot, owner, form, WORDS).await?);
            }
        } else {
            words.extend(term.forms.iter().cloned());
        }
        for word in &words {
            let add = |contact| contacts.add(contact, 0);
            history::contacts(self.snapshot, owner, word, fit == Fit::Prefix, add).await?;
            if contacts.is_full() {
                break;
            }
        }
        for (contact, _) in contacts.order {
            for number in self.cards_of(ContactId(contact)).await? {
                if list.add(number, rank(fit, Class::HISTORY)) == Step::Stop {
                    return Ok(());
                }
            }
        }
        Ok(())
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
