//! The best cards that have all of several terms.
//!
//! The bearers of each term are listed a bit further each time, until the cards that stand in all
//! lists are enough and no better one can come. In between, cards of the shortest list are looked at
//! one by one, for about as much effort: of two terms that many have, few cards have to be looked at
//! until enough are found that have both; of one that few have, all can be.

use std::collections::HashMap;

use super::hits::{Hit, Hits, Searched};
use super::listing::{Among, Listing};
use super::query::Term;
use crate::base::Fault;
use crate::store::words::lookup::Order;

/// How many keys of each term are read, and where that is not enough, how many then.
const ROUNDS: [usize; 5] =
    if cfg!(test) { [2, 6, 12, 30, 262_144] } else { [1024, 4096, 16_384, 65_536, 262_144] };

/// Keys that are read in the time in which one card is looked at.
const READ_FOR_ONE: usize = if cfg!(test) { 4 } else { 384 };

/// Cards that say how many of the others have all terms.
const SAMPLE: usize = 12;

/// Most cards that are looked at.
const LOOKED_AT: usize = 20_000;

/// A search for several terms.
#[derive(Debug)]
pub(super) struct Several<'a> {
    searched: &'a Searched<'a>,
    terms: &'a [Term],
    want: usize,
    lists: Vec<Listing<'a>>,
    /// The scores of the cards that were looked at; of those that do not have all terms, none.
    looked_at: HashMap<u64, Option<u32>>,
}

impl<'a> Several<'a> {
    /// That for the `want` best cards that have all of `terms`.
    pub(super) fn new(searched: &'a Searched<'a>, terms: &'a [Term], want: usize) -> Self {
        let list = |term| Listing::new(searched, term, Order::Any);
        let lists = terms.iter().map(list).collect();
        Self { searched, terms, want, lists, looked_at: HashMap::new() }
    }

    /// The best cards.
    pub(super) async fn best(mut self) -> Result<Hits, Fault> {
        let mut hits = Hits::default();
        for (round, keys) in ROUNDS.into_iter().enumerate() {
            if self.read_on(keys).await? {
                return Ok(Hits { hits: Vec::new(), sure: true });
            }
            if let Some(hits) = self.in_all() {
                return Ok(hits);
            }
            // Where that is less than to read on, all cards of a list are looked at.
            let next = ROUNDS.get(round + 1).map_or(usize::MAX, |next| next - keys);
            let all = shortest(&self.lists).map(|list| list.order.len() * READ_FOR_ONE);
            let is_less = all.unwrap_or(usize::MAX) <= next;
            let looks = if is_less { LOOKED_AT } else { self.worth_a_look(keys / READ_FOR_ONE) };
            hits = self.look_at_each(looks).await?;
            if hits.sure {
                break;
            }
        }
        Ok(hits)
    }

    /// Reads all lists on until `keys` keys of each were read; whether one is empty.
    async fn read_on(&mut self, keys: usize) -> Result<bool, Fault> {
        for place in 0..self.lists.len() {
            let mut list = self.lists.remove(place);
            // From when one list is whole, what is not in it cannot be found.
            let among = shortest(&self.lists).map(|list| Among::new(&list.ranks));
            list.read(self.searched, (usize::MAX, keys), among.as_ref()).await?;
            let is_empty = list.whole && list.order.is_empty();
            self.lists.insert(place, list);
            if is_empty {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The best cards, if they are surely among those that stand in all lists: a card that stands in
    /// none of the places that were read of a list has at best the rank there at which that ends.
    fn in_all(&self) -> Option<Hits> {
        let bound = self.best_elsewhere();
        let candidates = self.lists.iter().min_by_key(|list| list.order.len())?;
        let hit = |&(number, _): &(u64, u32)| {
            listed(&self.lists, number).map(|score| Hit { number, score })
        };
        let mut hits: Vec<Hit> = candidates.order.iter().filter_map(hit).collect();
        if self.lists.iter().all(|list| list.is_whole_by(ROUNDS[0])) {
            hits.sort_unstable_by_key(|hit| hit.number);
        }
        let settled = |hit: &&Hit| bound.is_none_or(|bound| hit.score <= bound);
        let enough = bound.is_none() || hits.iter().filter(settled).count() >= self.want;
        enough.then(|| Hits { hits: first(hits, self.want), sure: true })
    }

    /// No card that is missing in a list has a better score; nothing if all lists are whole.
    fn best_elsewhere(&self) -> Option<u32> {
        let sum: u32 = self.lists.iter().map(Listing::best).sum();
        let missing = |list: &Listing<'_>| (sum - list.best()).saturating_add(list.reached);
        self.lists.iter().filter(|list| !list.whole).map(missing).min()
    }

    /// How many cards are to be looked at of `looks`: none where those that were say that too few of
    /// them have all terms.
    fn worth_a_look(&self, looks: usize) -> usize {
        let fit = self.looked_at.values().filter(|score| score.is_some()).count();
        let is_known = self.looked_at.len() >= SAMPLE;
        let expected = looks * (fit + 1) / (self.looked_at.len() + 1);
        if is_known && expected < self.want { 0 } else { looks }
    }

    /// Looks at the cards of the shortest list, those of better ranks first, at most at so many;
    /// what the lists say of a card, they do.
    async fn look_at_each(&mut self, mut looks: usize) -> Result<Hits, Fault> {
        let Self { searched, terms, want, lists, looked_at } = self;
        let least = lists.iter().min_by_key(|list| list.order.len());
        let Some(candidates) = shortest(lists).or(least) else { return Ok(Hits::default()) };
        let others: u32 = lists.iter().map(Listing::best).sum::<u32>() - candidates.best();
        let (mut hits, mut sure) = (Vec::<Hit>::new(), candidates.whole);
        // Nobody who is still to come is better than the bound; how many hits are not worse.
        let (mut bound, mut settled) = (0, 0);
        for &(number, rank) in &candidates.order {
            if bound != rank + others {
                bound = rank + others;
                settled = hits.iter().filter(|hit| hit.score <= bound).count();
            }
            if settled >= *want {
                sure = true;
                break;
            }
            let is_missing = |list: &Listing<'_>| list.whole && !list.ranks.contains_key(&number);
            let score = if let Some(score) = listed(lists, number) {
                Some(score)
            } else if lists.iter().any(is_missing) {
                None
            } else if let Some(known) = looked_at.get(&number) {
                *known
            } else if looks > 0 {
                looks -= 1;
                let score = searched.score(number, terms).await?;
                looked_at.insert(number, score);
                score
            } else {
                sure = false;
                break;
            };
            if let Some(score) = score {
                settled += usize::from(score <= bound);
                hits.push(Hit { number, score });
            }
        }
        Ok(Hits { hits: first(hits, *want), sure })
    }
}

/// The shortest of the lists in which every bearer stands.
fn shortest<'a, 'b>(lists: &'a [Listing<'b>]) -> Option<&'a Listing<'b>> {
    lists.iter().filter(|list| list.whole).min_by_key(|list| list.order.len())
}

/// The score of a card that stands in all lists.
fn listed(lists: &[Listing<'_>], number: u64) -> Option<u32> {
    lists.iter().map(|list| list.ranks.get(&number).copied()).sum()
}

/// The first `want` of `hits`, the best first. What is equal stays in the order in which it was found:
/// whoever asks for more of the same gets these first.
fn first(mut hits: Vec<Hit>, want: usize) -> Vec<Hit> {
    hits.sort_by_key(|hit| hit.score);
    hits.truncate(want);
    hits
}
