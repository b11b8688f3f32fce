//! The bearers of one term, those of better ranks first, read as far as somebody wants them.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::hits::{Searched, rank};
use super::query::{Fit, Term};
use crate::base::{ContactId, Fault};
use crate::store::engine::Step;
use crate::store::words::lookup::{self, Bearers, Order};
use crate::store::words::{self, Class, history};
use crate::store::{contacts, member};

/// Contacts from which on no more are listed whose history has a word, if none has a card in the book.
const HISTORY_CONTACTS: usize = 20_000;

/// Most bearers for whom room is made before they are read.
const RESERVED: usize = 16_384;

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
    /// In which order those of one rank are wanted.
    wanted_in: Order,
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

/// The members of a list, to ask for many who are not among them.
#[derive(Debug)]
pub(super) struct Among<'l> {
    ranks: &'l Ranks,
    /// A bit for each by its hash: most who are not among them are known by it.
    bits: Vec<u64>,
}

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

impl<'l> Among<'l> {
    /// Those who have ranks.
    pub(super) fn new(ranks: &'l Ranks) -> Self {
        let mut bits = vec![0; 1024];
        for number in ranks.keys() {
            let (word, bit) = bit_of(*number);
            if let Some(bits) = bits.get_mut(word) {
                *bits |= bit;
            }
        }
        Self { ranks, bits }
    }

    fn contains(&self, number: u64) -> bool {
        let (word, bit) = bit_of(number);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0) && self.ranks.contains_key(&number)
    }
}

/// Which of 65,536 bits in words of 64 is that of a number.
fn bit_of(number: u64) -> (usize, u64) {
    let mut hash = Spread::default();
    hash.write_u64(number);
    let place = hash.finish() as u16;
    (usize::from(place / 64), 1 << (place % 64))
}

impl<'a> Listing<'a> {
    /// The bearers of `term`, of whom none is read yet.
    pub(super) fn new(searched: &Searched<'_>, term: &'a Term, wanted_in: Order) -> Self {
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
            wanted_in,
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
        among: Option<&Among<'_>>,
    ) -> Result<(), Fault> {
        if among.is_none() && most > keys {
            // Growing step by step would move each of them as often again.
            self.ranks.reserve(keys.saturating_sub(self.read).min(RESERVED));
        }
        while let Some(part) = self.parts.last().copied() {
            match part {
                Part::Words(fit, class, form) => {
                    let place = (class, fit == Fit::Inside, form);
                    let mut bearers = if let Some(bearers) = self.opened.remove(&place) {
                        bearers
                    } else {
                        let text = self.term.forms.get(form).map_or("", String::as_str);
                        let inside = fit == Fit::Inside;
                        searched.index.open(class, inside, text, self.wanted_in).await?
                    };
                    let add = |bearers: &[u64], read| {
                        self.read += read;
                        self.reached = rank(fit, class);
                        for bearer in bearers {
                            self.add(*bearer, among);
                        }
                        let is_enough = self.read >= keys || self.order.len() >= most;
                        if is_enough { Step::Stop } else { Step::Continue }
                    };
                    if !bearers.read(fit == Fit::Whole, add).await? {
                        self.opened.insert(place, bearers);
                        return Ok(());
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

    /// Was every key read, and were they not more than so many?
    pub(super) fn is_whole_by(&self, keys: usize) -> bool {
        self.whole && self.read <= keys
    }

    /// The best rank of a bearer; while there is none, of those to come.
    pub(super) fn best(&self) -> u32 {
        self.order.first().map_or(self.reached, |(_, rank)| *rank)
    }

    /// Adds a bearer of the rank that was reached.
    fn add(&mut self, number: u64, among: Option<&Among<'_>>) {
        if among.is_none_or(|among| among.contains(number)) {
            self.ranks.entry(number).or_insert_with(|| {
                self.order.push((number, self.reached));
                self.reached
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
        among: Option<&Among<'_>>,
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
                    self.read += 1;
                    self.reached = rank(fit, Class::HISTORY);
                    self.add(number, among);
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
