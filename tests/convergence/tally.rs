//! Which cards were given and rid of which tags since all last agreed, as far as the server took
//! it; and whether that is what came of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::Card;
use crate::groups;

/// The names that groups and tags have here.
pub const TAGS: [&str; 6] = ["friends", "clients", "lyon", "chess", "family", "band"];

/// A card: the number of the book, and its UID.
pub type Whose = (usize, String);

/// The tags of cards.
pub type Tagged = BTreeMap<Whose, BTreeSet<String>>;

/// What a client's user did that is to give a card a tag or to rid it of one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    whose: Whose,
    tag: String,
    add: bool,
    /// Was it typed into the notes?
    typed: bool,
}

/// The books of somebody who watches tags.
#[derive(Debug, Default)]
pub struct Tally {
    before: Tagged,
    given: BTreeSet<(Whose, String)>,
    taken: BTreeSet<(Whose, String)>,
    /// Cards that were replaced, came back or went, so that nothing is expected of their tags.
    open_cards: BTreeSet<Whose>,
    /// Tags that were renamed or ended.
    open_tags: BTreeSet<String>,
    /// What was not sent yet, by client and address.
    unsent: BTreeMap<(String, String), Vec<Wish>>,
}

impl Tally {
    /// A client's user changed a card or group under `href`, which was not sent yet.
    pub fn wish(&mut self, client: &str, href: &str, whose: Whose, tag: &str, add: bool) {
        self.note(client, href, Wish { whose, tag: tag.to_owned(), add, typed: false });
    }

    /// As [`Self::wish`], in the notes.
    pub fn type_in(&mut self, client: &str, href: &str, whose: Whose, tag: &str) {
        self.note(client, href, Wish { whose, tag: tag.to_owned(), add: true, typed: true });
    }

    fn note(&mut self, client: &str, href: &str, wish: Wish) {
        self.unsent.entry((client.to_owned(), href.to_owned())).or_default().push(wish);
    }

    /// The server took `card` from a client: what of its wishes is in it was said.
    pub fn sent(&mut self, client: &str, href: &str, card: &Card) {
        let wishes = self.unsent.remove(&(client.to_owned(), href.to_owned())).unwrap_or_default();
        let (tags, members, note) = (card.categories(), groups::members(card), card.note());
        for wish in wishes {
            let has = if wish.typed {
                note.lines().any(|line| line == typed(&wish.tag))
            } else if groups::is_group(card) {
                members.contains(&wish.whose.1)
            } else {
                tags.contains(&wish.tag)
            };
            if has == wish.add {
                self.said(wish.whose, &wish.tag, wish.add);
            }
        }
    }

    /// A card was given a tag or rid of one.
    pub fn said(&mut self, whose: Whose, tag: &str, add: bool) {
        let set = if add { &mut self.given } else { &mut self.taken };
        set.insert((whose, tag.to_owned()));
    }

    /// From here on nothing is expected of the tags of a card.
    pub fn open_card(&mut self, whose: Whose) {
        self.open_cards.insert(whose);
    }

    /// From here on nothing is expected of a tag.
    pub fn open_tag(&mut self, tag: &str) {
        self.open_tags.insert(tag.to_owned());
    }

    /// Are the tags `now` what they were, with what was given and taken since?
    pub fn check(&mut self, now: Tagged) -> Result<(), String> {
        for (whose, tags) in now.iter().filter(|(whose, _)| !self.open_cards.contains(*whose)) {
            for tag in TAGS.iter().map(|tag| (*tag).to_owned()) {
                let pair = (whose.clone(), tag.clone());
                let had = self.before.get(whose).is_some_and(|before| before.contains(&tag));
                let expected = match (self.given.contains(&pair), self.taken.contains(&pair)) {
                    (true, true) => continue,
                    (false, false) => had,
                    (given, _) => given,
                };
                if !self.open_tags.contains(&tag) && tags.contains(&tag) != expected {
                    let what = if expected { "lost" } else { "has" };
                    return Err(format!(
                        "a card {what} a tag against all wishes: {tag}, {whose:?}"
                    ));
                }
            }
        }
        *self = Self { before: now, ..Self::default() };
        Ok(())
    }
}

/// The line that gives a tag.
pub fn typed(tag: &str) -> String {
    format!("+tag {tag}")
}
