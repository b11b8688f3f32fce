//! Which cards of one book fit a query, the best first.
//!
//! A card's score is the sum of the ranks of its terms; a rank tells first how a term is found
//! (as a word, at the beginning of one, inside of one), then where. The index gives the bearers of
//! a term in the order of their ranks, so that for one term only as much is read as is asked for.

use super::listing::Listing;
use super::query::{Fit, Term};
use super::several::Several;
use crate::base::{CollectionId, ContactId, Fault, PrincipalId};
use crate::store::engine::{Snapshot, Step};
use crate::store::words::lookup::{self, Index, Order};
use crate::store::words::{self, Class, Said, Seen};
use crate::store::{contacts, member};

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
                let mut list = Listing::new(self, term, Order::Words);
                list.read(self, (want, usize::MAX), None).await?;
                let hits = list.order.iter().map(|&(number, score)| Hit { number, score });
                let hits: Vec<_> = hits.collect();
                let sure = list.whole || hits.len() >= want;
                Ok(Hits { hits, sure })
            }
            _ => Several::new(self, terms, want).best().await,
        }
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
    pub(super) async fn score(&self, number: u64, terms: &[Term]) -> Result<Option<u32>, Fault> {
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
    for Said { text: word, class } in entry.words().filter(|word| classes.contains(&word.class)) {
        for (best, term) in ranks.iter_mut().zip(terms) {
            if let Some(fit) = term.fit(word) {
                let rank = rank(fit, class);
                *best = Some(best.map_or(rank, |known| known.min(rank)));
            }
        }
    }
    ranks
}
