//! The bearers of one term, those of better ranks first, read as far as somebody wants them.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::hits::{Searched, rank};
use super::query::{Fit, Term};
use crate::base::{ContactId, Fault};
use crate::store::engine::Step;
use crate::store::words::lookup::{self, Bearers};
use crate::store::words::{self, Class, history};
use crate::store::{contacts, member};

/// Contacts from which on no more are listed whose history has a word, if none has a card in the book.
const HISTORY_CONTACTS: usize = 20_000;

/// Most words that have a term inside of them.
const WORDS: usize = 4096;

/// The bearers of a term in the order of their ranks, as far as they were read.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    /// The bearers with their ranks.
    pub order: Vec<(u64, u32)>,
    /// The same by number.
    pub ranks: Ranks,
    /// The rank of the last key that was read.
    pub reached: u32,
    /// Was every key read?
    pub whole: bool,
    /// Keys that were read.
    read: usize,
    term: &'a Term,
    /// What is to be read, the next one last.
    parts: Vec<Part>,
    /// What was opened.
    opened: HashMap<(Class, bool, usize), Bearers<'a>>,
}

/// Bearers of one rank.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// In words of this class, by this form of the term.
    Words(Fit, Class, usize),
    /// In what happened.
    Timeline(Fit),
}

/// Ranks by numbers of cards.
pub(super) type Ranks = HashMap<u64, u32, BuildHasherDefault<Spread>>;

/// Hashes the numbers of cards: nobody chooses these.
#[derive(Debug, Default)]
pub(super) struct Spread(u64);

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

impl<'a> Listing<'a> {
    /// The bearers of `term`, of whom none is read yet.
    pub(super) fn new(searched: &Searched<'_>, term: &'a Term) -> Self {
        let mut parts = Vec::new();
        for fit in [Fit::Whole, Fit::Prefix, Fit::Inside] {
            for class in searched.classes() {
                let forms = term.forms.iter().enumerate();
                let findable = forms
                    .filter(|(_, form)| fit != Fit::Inside || lookup::is_findable_inside(form));
                parts.extend(findable.map(|(form, _)| Part::Words(fit, *class, form)));
            }
            if searched.timeline.is_some() {
                parts.push(Part::Timeline(fit));
            }
        }
        parts.reverse();
        Self {
            order: Vec::new(),
            ranks: Ranks::default(),
            reached: 0,
            whole: false,
            read: 0,
            term,
            parts,
            opened: HashMap::new(),
        }
    }

    /// Reads on until `most` bearers are listed, or `keys` keys were read in all. Only those are
    /// listed that are `among` these numbers, if any are given.
    pub(super) async fn read(
        &mut self,
        searched: &Searched<'a>,
        (most, keys): (usize, usize),
        among: Option<&Ranks>,
    ) -> Result<(), Fault> {
        while let Some(part) = self.parts.last().copied() {
            match part {
                Part::Words(fit, class, form) => {
                    let place = (class, fit == Fit::Inside, form);
                    let mut bearers = if let Some(bearers) = self.opened.remove(&place) {
                        bearers
                    } else {
                        let text = self.term.forms.get(form).map_or("", String::as_str);
                        searched.index.open(class, fit == Fit::Inside, text).await?
                    };
                    while let Some(number) = bearers.next(fit == Fit::Whole).await? {
                        self.add(number, rank(fit, class), among);
                        if self.read >= keys || self.order.len() >= most {
                            self.opened.insert(place, bearers);
                            return Ok(());
                        }
                    }
                    if fit == Fit::Whole {
                        self.opened.insert(place, bearers);
                    }
                }
                Part::Timeline(fit) => {
                    if !self.read_timeline(searched, fit, (most, keys), among).await? {
                        return Ok(());
                    }
                }
            }
            self.parts.pop();
        }
        self.whole = true;
        Ok(())
    }

    /// The best rank of a bearer; while there is none, of those to come.
    pub(super) fn best(&self) -> u32 {
        self.order.first().map_or(self.reached, |(_, rank)| *rank)
    }

    fn add(&mut self, number: u64, rank: u32, among: Option<&Ranks>) {
        self.read += 1;
        self.reached = rank;
        if among.is_none_or(|among| among.contains_key(&number)) {
            self.ranks.entry(number).or_insert_with(|| {
                self.order.push((number, rank));
                rank
            });
        }
    }

    /// Adds the cards of contacts with whom something happened that the term is found in like this;
    /// whether these are all of them.
    async fn read_timeline(
        &mut self,
        searched: &Searched<'_>,
        fit: Fit,
        (most, keys): (usize, usize),
        among: Option<&Ranks>,
    ) -> Result<bool, Fault> {
        let Some(owner) = searched.timeline else { return Ok(true) };
        let snapshot = searched.snapshot;
        let mut words = Vec::new();
        if fit == Fit::Inside {
            for form in self.term.forms.iter().filter(|form| lookup::is_findable_inside(form)) {
                words.extend(history::holding(snapshot, owner, form, WORDS).await?);
            }
        } else {
            words.extend(self.term.forms.iter().cloned());
        }
        let mut wanted = most.min(keys);
        loop {
            let mut contacts = BTreeSet::new();
            for word in &words {
                let add = |contact| {
                    contacts.insert(contact);
                    if contacts.len() < wanted { Step::Continue } else { Step::Stop }
                };
                history::contacts(snapshot, owner, word, fit == Fit::Prefix, add).await?;
                if contacts.len() >= wanted {
                    break;
                }
            }
            for contact in &contacts {
                for number in cards_of(searched, ContactId(*contact)).await? {
                    self.add(number, rank(fit, Class::HISTORY), among);
                }
            }
            if contacts.len() < wanted {
                return Ok(true);
            }
            // Their cards may lie in other books.
            if self.read >= keys || self.order.len() >= most || wanted > HISTORY_CONTACTS {
                return Ok(false);
            }
            wanted *= 8;
        }
    }
}

/// The numbers of a contact's cards in the book.
async fn cards_of(searched: &Searched<'_>, contact: ContactId) -> Result<Vec<u64>, Fault> {
    let (snapshot, id) = (searched.snapshot, searched.id);
    let mut numbers = Vec::new();
    let Some(found) = contacts::get(snapshot, contact).await? else { return Ok(numbers) };
    for uid in std::iter::once(&found.record.uid).chain(&found.record.aliases) {
        if let Some(name) = member::holder(snapshot, id, uid).await? {
            numbers.extend(words::number_of(snapshot, id, &name).await?);
        }
    }
    Ok(numbers)
}
