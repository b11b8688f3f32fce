//! Books whole: the cards as clients wrote them, as vCard 4.0 or JSContact, each with all that is
//! remembered of whom it is about, however much that is. Written piece by piece; memory holds one
//! card and one page of its timeline.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::Value;

use super::Cards;
use super::remembered::{Onward, Remembered};
use crate::base::Fault;
use crate::contacts::layer::{facts, unweave, without_history};
use crate::contacts::weaving::{Rules, shown};
use crate::formats::convert::convert;
use crate::formats::edit::line_end;
use crate::formats::fold::fold_into;
use crate::formats::jscontact::{self, Object, to_jscontact};
use crate::formats::line::Lines;
use crate::formats::property::Property;
use crate::formats::vcard::{Card, Version};
use crate::store::collection::Collection;
use crate::store::engine::Snapshot;
use crate::store::member;

/// How cards are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// vCard 4.0 (RFC 6350, RFC 9554), one after the other.
    Vcard,
    /// JSContact (RFC 9553): an array with a card on each line.
    Jscontact,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// How it is written.
    pub format: Format,
    /// Also what is remembered?
    pub history: bool,
}

/// Goes through books.
#[derive(Debug)]
pub struct Full<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    wanted: Wanted,
    books: std::slice::Iter<'a, Collection>,
    open: Option<Open<'a>>,
    /// How far the whole has come.
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    First,
    Among,
    Ended,
}

/// The book that is being written.
#[derive(Debug)]
struct Open<'a> {
    book: &'a Collection,
    cards: Cards<'a>,
    remembered: Option<Remembered<'a>>,
    card: Option<Begun>,
}

/// A card of which a part is written.
#[derive(Debug)]
struct Begun {
    onward: Option<Onward>,
    /// What notes are called that stand in the card.
    ids: HashSet<String>,
    /// Was a note written, so that a comma comes before the next?
    any: bool,
    end: &'static str,
}

impl<'a> Full<'a> {
    /// The cards of `books`, which have one owner, as they are in `snapshot`.
    pub fn of(
        snapshot: &'a Snapshot,
        rules: &'a Rules,
        books: &'a [Collection],
        wanted: Wanted,
    ) -> Self {
        let state = State::Fresh;
        Self { snapshot, rules, wanted, books: books.iter(), open: None, state }
    }

    /// The next piece; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        let is_json = self.wanted.format == Format::Jscontact;
        if self.state == State::Fresh {
            self.state = State::First;
            if is_json {
                return Ok(Some(Bytes::from_static(b"[\n")));
            }
        }
        loop {
            if let Some(open) = &mut self.open {
                if let Some(card) = open.card.take() {
                    return open.go_on(card, self.wanted.format).await.map(Some);
                }
                if let Some((name, card)) = open.cards.next_named().await? {
                    let first = self.state == State::First;
                    self.state = State::Among;
                    let between = if is_json && !first { ",\n" } else { "" };
                    let (snapshot, rules) = (self.snapshot, self.rules);
                    let begun = open.begin(snapshot, rules, self.wanted, &name, &card).await?;
                    return Ok(Some([between.as_bytes(), &begun].concat().into()));
                }
                self.open = None;
            }
            if let Some(book) = self.books.next() {
                let cards = Cards::of(self.snapshot, book);
                let remembered = if self.wanted.history {
                    Some(Remembered::of(self.snapshot, &book.owner).await?)
                } else {
                    None
                };
                self.open = Some(Open { book, cards, remembered, card: None });
                continue;
            }
            let end = match self.state {
                _ if !is_json => None,
                State::Ended => None,
                State::Among => Some("\n]\n"),
                State::Fresh | State::First => Some("]\n"),
            };
            self.state = State::Ended;
            return Ok(end.map(|end| Bytes::from_static(end.as_bytes())));
        }
    }
}

impl Open<'_> {
    /// Writes a card as far as its timeline.
    async fn begin(
        &mut self,
        snapshot: &Snapshot,
        rules: &Rules,
        wanted: Wanted,
        name: &str,
        card: &[u8],
    ) -> Result<Vec<u8>, Fault> {
        let base =
            if wanted.history { unweave(card).base } else { without_history(card).into_owned() };
        let mut base = convert(&base, Version::V40).into_owned();
        let member = member::get(snapshot, self.book.id, name).await?;
        let is_closed = end_of(&base) < base.len();
        let mut added = Vec::new();
        if let Some(member) = &member
            && Card::parse(&base).first("CREATED").is_none()
        {
            added.push(format!("CREATED:{}", member.created.basic()));
        }
        let mut onward = None;
        if let (true, Some(remembered), Some(member)) = (is_closed, &self.remembered, &member)
            && let Some((contact, start)) = remembered.contact(&member.uid).await?
        {
            let layer = shown::layer(&contact, &[], &remembered.zone, rules);
            added.extend(facts(&layer.shown(rules.bounds)));
            onward = start;
        }
        if is_closed {
            base.truncate(end_of(&base));
            let end = line_end(&base);
            for line in &added {
                fold_into(&mut base, line.as_bytes(), end);
            }
        }
        if wanted.format == Format::Jscontact {
            base.extend_from_slice(b"END:VCARD\r\n");
            let uid = member.map(|member| member.uid).unwrap_or_default();
            return Ok(self.begin_json(to_jscontact(&base, &uid), onward));
        }
        if is_closed {
            let (ids, any) = (HashSet::new(), false);
            self.card = Some(Begun { onward, ids, any, end: "END:VCARD\r\n" });
        }
        Ok(base)
    }

    fn begin_json(&mut self, mut card: Object, onward: Option<Onward>) -> Vec<u8> {
        let notes = match card.remove("notes") {
            Some(Value::Object(notes)) => notes,
            _ => Object::new(),
        };
        let mut text = Value::Object(card).to_string();
        let ids: HashSet<String> = notes.keys().cloned().collect();
        if notes.is_empty() && onward.is_none() {
            return text.into_bytes();
        }
        // The notes come last, so that they can be written while they are read.
        text.pop();
        text.push_str(",\"notes\":");
        let mut entries = Value::Object(notes).to_string();
        entries.pop();
        text.push_str(&entries);
        let any = !ids.is_empty();
        self.card = Some(Begun { onward, ids, any, end: "}}" });
        text.into_bytes()
    }

    /// Writes the next notes of a card, or its end.
    async fn go_on(&mut self, mut card: Begun, format: Format) -> Result<Bytes, Fault> {
        let (Some(onward), Some(remembered)) = (card.onward, &mut self.remembered) else {
            return Ok(Bytes::from_static(card.end.as_bytes()));
        };
        let (notes, next) = remembered.notes(onward).await?;
        let mut text = Vec::new();
        for note in &notes {
            match format {
                Format::Vcard => fold_into(&mut text, &note.write(), b"\r\n"),
                Format::Jscontact => card.add(note, &mut text),
            }
        }
        card.onward = next;
        if next.is_none() {
            text.extend_from_slice(card.end.as_bytes());
        } else {
            self.card = Some(card);
        }
        Ok(text.into())
    }
}

impl Begun {
    /// Writes one entry of `notes`.
    fn add(&mut self, note: &Property, text: &mut Vec<u8>) {
        let Some((mut id, entry)) = jscontact::note(&note.write()) else { return };
        // The same may stand in the card, where it came from an export.
        while self.ids.contains(&id) {
            id.push('_');
        }
        if std::mem::replace(&mut self.any, true) {
            text.push(b',');
        }
        text.extend_from_slice(Value::String(id).to_string().as_bytes());
        text.push(b':');
        text.extend_from_slice(entry.to_string().as_bytes());
    }
}

/// Where the `END` of the first card stands; the length of what has none.
fn end_of(card: &[u8]) -> usize {
    let mut depth = 0_usize;
    for line in Lines::new(card) {
        if line.is("BEGIN") {
            depth += 1;
        } else if line.is("END") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return line.span().start;
            }
        }
    }
    card.len()
}
