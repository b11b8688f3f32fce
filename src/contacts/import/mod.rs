//! Many cards into a book: each is created, brought up to date, found unchanged or refused by
//! itself. What is imported again changes nothing. Plain cards go many to a commit; those of which
//! something is remembered take the way of a PUT; groups come last, after their members.

mod bulk;
mod identity;
mod single;
mod tags_kept;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;

use super::card;
use super::merge;
use super::weaving::Rules;
use crate::base::{CollectionId, Fault};
use crate::formats::find::named;
use crate::formats::vcard::several::Piece;
use crate::formats::vcard::{Card, Kind};
use crate::store::collection::{self, Found, Role};
use crate::store::engine::Snapshot;
use crate::store::member;
use crate::store::write::NewMember;
use crate::store::{Actor, Store};

/// Cards that go into one commit at most.
const CARDS: usize = 512;

/// Bytes of cards that are held before they are committed.
const BYTES: usize = 4 << 20;

/// Bytes of group cards that are held until their members are there.
const GROUPS: usize = 16 << 20;

/// Longest name that is told of a card, in characters.
const LONGEST_NAME: usize = 100;

/// Where the cards go and what holds for them.
#[derive(Debug)]
pub struct Import {
    store: Arc<Store>,
    rules: Arc<Rules>,
    terms: Terms,
    cards: Vec<Incoming>,
    bytes: usize,
    groups: Vec<Incoming>,
    group_bytes: usize,
    /// Where the file has each UID, by its hash.
    seen: HashMap<u64, u64>,
    told: Vec<Row>,
}

/// What holds for all cards.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The book.
    pub book: CollectionId,
    /// Who imports.
    pub actor: Actor,
    /// Most bytes of one card.
    pub card_bytes: u64,
    /// Most bytes of all that the book's owner has.
    pub quota: Option<u64>,
}

/// What became of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is there now.
    Created,
    /// It was there and says something else now.
    Updated,
    /// It was there.
    Unchanged,
    /// It was not taken, for this reason.
    Refused(String),
}

/// What is told of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its first line in the file.
    pub line: u64,
    /// Its normalised UID; empty if nothing is known of it.
    pub uid: String,
    /// The name on it.
    pub name: String,
    /// Its name in the book, if it is there.
    pub place: String,
    /// What became of it.
    pub fate: Fate,
    /// What had to be repaired.
    pub repairs: Vec<String>,
}

/// A card that was read.
#[derive(Debug)]
struct Incoming {
    row: Row,
    new: NewMember,
    /// Was its UID made of its content? Then a card with that UID came from this one.
    made_uid: bool,
}

// === impl Import ===

impl Import {
    /// Into a book, under these terms.
    pub fn new(store: Arc<Store>, rules: Arc<Rules>, terms: Terms) -> Self {
        let (cards, groups, told) = (Vec::new(), Vec::new(), Vec::new());
        let (bytes, group_bytes, seen) = (0, 0, HashMap::new());
        Self { store, rules, terms, cards, bytes, groups, group_bytes, seen, told }
    }

    /// Takes the next card of the file.
    pub async fn take(&mut self, piece: Piece) -> Result<(), Fault> {
        let line = piece.line;
        let incoming = match piece.card {
            Some(card) => self.read(line, &Bytes::from(card)),
            None => Err(format!(
                "The card is larger than the {} bytes that are taken.",
                self.terms.card_bytes
            )),
        };
        match incoming {
            Ok(Some(incoming)) => self.hold(incoming).await,
            Ok(None) => Ok(()),
            Err(why) => {
                self.told.push(Row::refused(line, why));
                Ok(())
            }
        }
    }

    /// Stores what is held; to be called at the end of the file.
    pub async fn finish(&mut self) -> Result<(), Fault> {
        self.store_cards().await?;
        self.store_groups().await
    }

    /// What became of the cards that were taken since this was asked last, about in their order.
    pub fn told(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.told)
    }

    /// `None`: the file had it already, and that is told.
    fn read(&mut self, line: u64, card: &Bytes) -> Result<Option<Incoming>, String> {
        let mut made_uid = false;
        let new_uid = || {
            made_uid = true;
            identity::uid_of_content(card)
        };
        let new = card::accept_with(card.clone(), self.rules.card_lines, false, new_uid)
            .map_err(|fault| fault.message.into_owned())?;
        let mut row = Row {
            line,
            uid: new.uid.clone(),
            name: name(&new.body.bytes),
            place: String::new(),
            fate: Fate::Unchanged,
            repairs: new.notes.iter().map(|note| note.text.clone()).collect(),
        };
        let mut hasher = DefaultHasher::new();
        new.uid.hash(&mut hasher);
        let first = *self.seen.entry(hasher.finish()).or_insert(line);
        if first == line {
            return Ok(Some(Incoming { row, new, made_uid }));
        }
        if !made_uid {
            row.fate = Fate::Refused(format!(
                "It has the same UID as the card in line {first}, which was taken. If it is \
                 somebody else, give it a UID of its own."
            ));
        }
        row.repairs.clear();
        self.told.push(row);
        Ok(None)
    }

    async fn hold(&mut self, incoming: Incoming) -> Result<(), Fault> {
        let size = incoming.new.body.bytes.len()
            + incoming.new.original.as_ref().map_or(0, |sent| sent.bytes.len());
        if Card::parse(&incoming.new.body.bytes).kind() == Kind::Group {
            self.group_bytes += size;
            self.groups.push(incoming);
            if self.group_bytes > GROUPS {
                // Members that come after their group are waited for by the tag.
                self.finish().await?;
            }
            return Ok(());
        }
        self.bytes += size;
        self.cards.push(incoming);
        if self.cards.len() >= CARDS || self.bytes >= BYTES {
            self.store_cards().await?;
        }
        Ok(())
    }

    async fn store_cards(&mut self) -> Result<(), Fault> {
        let cards = std::mem::take(&mut self.cards);
        self.bytes = 0;
        let rows = self.bulk(cards).await?;
        self.told.extend(rows);
        Ok(())
    }

    async fn store_groups(&mut self) -> Result<(), Fault> {
        self.group_bytes = 0;
        for group in std::mem::take(&mut self.groups) {
            let row = self.single(group).await?;
            self.told.push(row);
        }
        Ok(())
    }

    /// The book as it is now.
    async fn book(&self, snapshot: &Snapshot) -> Result<Found, Fault> {
        let found = collection::get(snapshot, self.terms.book).await?;
        let found = found.filter(|found| found.collection.deleted.is_none());
        let found = found.ok_or_else(|| Fault::new(404, "The book was deleted meanwhile."))?;
        if found.collection.role != Role::Plain {
            let message = format!("`{}` is kept by the server.", found.collection.name);
            return Err(Fault::forbidden(message));
        }
        Ok(found)
    }

    /// Where a card lies or is to lie, and what is there.
    async fn place(
        &self,
        snapshot: &Snapshot,
        uid: &str,
    ) -> Result<(String, Option<member::Found>), Fault> {
        let book = self.terms.book;
        if let Some(name) = member::holder(snapshot, book, uid).await? {
            let found = member::find(snapshot, book, &name).await?;
            return Ok((name, found));
        }
        let found = collection::get(snapshot, book).await?;
        if let Some(found) = found
            && let Some(other) = merge::meant(snapshot, &found.collection, uid).await?
        {
            let found = member::find(snapshot, book, &other).await?;
            return Ok((other, found));
        }
        let name = identity::name_of(uid);
        if member::get(snapshot, book, &name).await?.is_some() {
            return Ok((format!("{}.vcf", uuid::Uuid::new_v4()), None));
        }
        Ok((name, None))
    }
}

impl Row {
    fn refused(line: u64, why: String) -> Self {
        let (uid, name, place) = Default::default();
        Self { line, uid, name, place, fate: Fate::Refused(why), repairs: Vec::new() }
    }

    fn with(self, place: &str, fate: Fate) -> Self {
        let place = if matches!(fate, Fate::Refused(_)) { String::new() } else { place.to_owned() };
        Self { place, fate, ..self }
    }
}

fn name(card: &[u8]) -> String {
    let line = named(card, "FN").next();
    line.map_or_else(String::new, |line| line.text().trim().chars().take(LONGEST_NAME).collect())
}
