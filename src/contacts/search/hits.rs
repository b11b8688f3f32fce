//! Which cards of one book fit a query, the best first.
//!
//! A card's score is the sum of the ranks of its terms; a rank tells first how a term is found
//! (as a word, at the beginning of one, inside of one), then where. The index gives the bearers of
//! a term in the order of their ranks, so that for one term only as much is read as is asked for.
//!
//! Of several terms the bearers are listed a bit further each time, until the cards that stand in all
//! lists are enough and no better one can come, or all bearers of one term are listed and are few
//! enough to be looked at one by one.

use super::listing::Listing;
use super::query::{Fit, Term};
use crate::base::{CollectionId, ContactId, Fault, PrincipalId};
use crate::store::engine::{Snapshot, Step};
use crate::store::words::lookup::{self, Index};
use crate::store::words::{self, Class, Seen};
use crate::store::{contacts, member};

/// How many keys of each of several terms are read, and where that is not enough, how many then.
const ROUNDS: [usize; 5] =
    if cfg!(test) { [2, 6, 12, 30, 262_144] } else { [1024, 4096, 16_384, 65_536, 262_144] };

/// Keys that are read in the time in which one card is looked at.
const READ_FOR_ONE: usize = if cfg!(test) { 4 } else { 48 };

/// Most cards of a list that are looked at.
const LOOKED_AT: usize = 20_000;

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

/// The rank of a term that is found like this.
pub fn rank(fit: Fit, class: Class) -> u32 {
    fit as u32 * CLASSES + u32::from(class.0)
}

impl Searched<'_> {
    /// The `want` best cards that have all of `terms`.
    pub async fn best(&self, terms: &[Term], want: usize) -> Result<Hits, Fault> {
        match terms {
            [] => Ok(Hits { hits: Vec::new(), sure: true }),
            [term] => {
                let mut list = Listing::new(self, term);
                list.read(self, (want, usize::MAX), None).await?;
                let hits = list.order.iter().map(|&(number, score)| Hit { number, score });
                let hits: Vec<_> = hits.collect();
                let sure = list.whole || hits.len() >= want;
                Ok(Hits { hits, sure })
            }
            _ => self.best_of_several(terms, want).await,
        }
    }

    async fn best_of_several(&self, terms: &[Term], want: usize) -> Result<Hits, Fault> {
        let mut lists: Vec<_> = terms.iter().map(|term| Listing::new(self, term)).collect();
        for keys in ROUNDS {
            for place in 0..lists.len() {
                let mut list = lists.remove(place);
                // From when one list is whole, what is not in it cannot be found.
                let among = shortest(&lists).map(|list| &list.ranks);
                list.read(self, (usize::MAX, keys), among).await?;
                if list.whole && list.order.is_empty() {
                    return Ok(Hits { hits: Vec::new(), sure: true });
                }
                lists.insert(place, list);
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
        lists: &[Listing<'_>],
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
    pub(super) fn classes(&self) -> &'static [Class] {
        if self.history {
            &[Class::NAME, Class::MAIL, Class::OTHER, Class::HISTORY]
        } else {
            &[Class::NAME, Class::MAIL, Class::OTHER]
        }
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
fn shortest<'a, 'b>(lists: &'a [Listing<'b>]) -> Option<&'a Listing<'b>> {
    lists.iter().filter(|list| list.whole).min_by_key(|list| list.order.len())
}

/// The best cards, if they are surely among those that stand in all lists: a card that stands in
/// none of the places that were read of a list has at best the rank there at which that ends.
fn in_all(lists: &[Listing<'_>], want: usize) -> Option<Hits> {
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
fn best_elsewhere(lists: &[Listing<'_>]) -> Option<u32> {
    let best = |list: &Listing<'_>| list.order.first().map_or(list.reached, |(_, rank)| *rank);
    let sum: u32 = lists.iter().map(best).sum();
    let missing = |list: &Listing<'_>| (sum - best(list)).saturating_add(list.reached);
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
