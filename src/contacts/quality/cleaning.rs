//! Clean-ups of many cards, each card an ordinary write; and the way back.

use crate::contacts::books;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::clean::{Change, Cleanup, Tidied, take_back, tidy};
use super::index;
use super::look::said;
use super::report::Reporter;
use super::standing::Terms;
use crate::base::{CollectionId, ETag, Fault, PrincipalId};
use crate::contacts::card;
use crate::contacts::layer::unweave;
use crate::contacts::naming::one_line;
use crate::contacts::person::Person;
use crate::contacts::tags::keep_flaws;
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::upload::Upload;
use crate::formats::vcard::{Card, Kind as CardKind};
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::engine::{Batch, Snapshot, Step};
use crate::store::member;
use crate::store::quality_cleanings::{self as records, Cleaned, Cleaning};
use crate::store::write::{Alongside, Planned, Planning, Refusal, Target};
use crate::store::{Actor, Store, quality};

/// Cards that are read at a time.
const PAGE: usize = 256;

/// How often a card is tried again after somebody else came first.
const ATTEMPTS: usize = 64;

/// Somebody who tidies a user's cards.
#[derive(Debug, Clone, Copy)]
pub struct Cleaner<'a> {
    /// Where they are.
    pub store: &'a Arc<Store>,
    /// What is set for the memory of contacts.
    pub rules: &'a Arc<Rules>,
    /// Most bytes that the user may store.
    pub quota: Option<u64>,
    /// Whose cards they are.
    pub owner: &'a PrincipalId,
    /// Who tidies them.
    pub actor: &'a Actor,
    /// Where phone numbers are dialled.
    pub terms: Terms,
}

/// Whose cards are tidied.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// All of a user, or of the book of this name.
    Book(Option<&'a str>),
    /// Those of somebody.
    Person(&'a Person),
}

/// What a clean-up did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// Its number; `None`: nothing was changed.
    pub number: Option<u64>,
    /// How many cards are otherwise.
    pub cards: u64,
    /// The first of them.
    pub told: Vec<Told>,
    /// Cards that could not be written, a sentence each.
    pub failed: Vec<String>,
}

/// A card that was tidied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The book.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// What it is called.
    pub name: String,
    /// What is otherwise.
    pub changes: Vec<Change>,
}

/// What became of a clean-up that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undone {
    /// Cards that are as they were, but for later edits: `BOOK/NAME`.
    pub restored: Vec<String>,
    /// What could not be taken back, a sentence each.
    pub left: Vec<String>,
}

impl Cleaner<'_> {
    /// Tidies cards; with `preview`, only tells what would be done. Tells of up to `most` cards.
    pub async fn clean(
        &self,
        whose: Whose<'_>,
        what: &BTreeSet<Cleanup>,
        preview: bool,
        most: usize,
    ) -> Result<Done, Fault> {
        let Self { store, owner, terms, .. } = *self;
        if !preview {
            // What a clean-up changes is not taken for an edit by a person.
            index::follow(store, owner, terms).await?;
        }
        let mut run = Run {
            cleaner: self,
            what,
            preview,
            most,
            number: store.number(),
            index: 0,
            done: Done::default(),
        };
        match whose {
            Whose::Person(person) => {
                for place in &person.cards {
                    run.card(&place.book, &place.name).await?;
                }
            }
            Whose::Book(book) => {
                let snapshot = store.snapshot().await?;
                let reporter = Reporter { store, owner, terms };
                let named = reporter.named(&snapshot, book).await?;
                let filled = books::filled(&snapshot, owner).await?;
                drop(snapshot);
                for found in filled {
                    if named.iter().any(|(id, _)| *id == found.collection.id) {
                        run.book(&found.collection).await?;
                    }
                }
            }
        }
        Ok(run.done)
    }

    /// Takes a clean-up back. What was edited since stays.
    pub async fn undo(&self, number: u64) -> Result<Undone, Fault> {
        let Self { store, owner, terms, .. } = *self;
        let read = records::get(&store.snapshot().await?, owner, number).await?;
        let Some(read) = read else {
            let message = format!(
                "{owner} has no clean-up {number} that can be taken back. `rolodav quality cleanups \
                 {owner}` lists them."
            );
            return Err(Fault::new(404, message));
        };
        if read.record.undone.is_some() {
            return Err(Fault::conflict(format!("Clean-up {number} was taken back already.")));
        }
        index::follow(store, owner, terms).await?;
        let mut undone = Undone::default();
        loop {
            let page = records::cleaned(&store.snapshot().await?, owner, number, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for (index, cleaned) in page {
                self.take_back((number, index), &cleaned, &mut undone).await?;
            }
        }
        let mut batch = Batch::new();
        records::undone(&mut batch, owner, number, &read, store.now())?;
        store.commit(batch).await?;
        Ok(undone)
    }

    async fn take_back(
        &self,
        row: (u64, u64),
        cleaned: &Cleaned,
        undone: &mut Undone,
    ) -> Result<(), Fault> {
        let Self { store, owner, .. } = *self;
        for _ in 0..ATTEMPTS {
            let snapshot = store.snapshot().await?;
            let books = books::filled(&snapshot, owner).await?;
            let book = books.into_iter().find(|b| b.collection.id == cleaned.collection);
            let there = member::get(&snapshot, cleaned.collection, &cleaned.name).await?;
            let (Some(book), Some(there)) = (book, there.filter(|there| there.uid == cleaned.uid))
            else {
                undone.left.push(format!("`{}` is not there any more.", cleaned.name));
                let mut batch = Batch::new();
                records::settled(&mut batch, owner, row);
                store.commit(batch).await?;
                return Ok(());
            };
            let book = &book.collection;
            let base = self.base(&snapshot, book.id, &cleaned.name).await?;
            let (back, left) = take_back(&base, &cleaned.patches, cleaned.tidied);
            if back == base {
                undone.left.push(format!("`{}` was edited since, and stays.", cleaned.name));
                let mut batch = Batch::new();
                records::settled(&mut batch, owner, row);
                store.commit(batch).await?;
                return Ok(());
            }
            let along = Along { cleaner: self, row, cleaned: None, said: said(&back) };
            if !self.put(&along, (book, &cleaned.name), there.etag, back).await? {
                continue;
            }
            let place = format!("{}/{}", book.name, cleaned.name);
            if left > 0 {
                undone.left.push(format!("`{place}`: {left} values were edited since, and stay."));
            }
            undone.restored.push(place);
            return Ok(());
        }
        Err(Fault::busy(1))
    }

    async fn base(
        &self,
        snapshot: &Snapshot,
        book: CollectionId,
        name: &str,
    ) -> Result<Vec<u8>, Fault> {
        let stored = body::get(snapshot, Slot::Member(book, name)).await?;
        Ok(unweave(&stored.whole(snapshot).await?).base)
    }

    /// Writes the card, if it still has the tag `read`; `false`: it does not.
    async fn put(
        &self,
        along: &Along<'_>,
        (book, name): (&Collection, &str),
        read: ETag,
        base: Vec<u8>,
    ) -> Result<bool, Fault> {
        let lines = self.rules.card_lines.saturating_mul(2);
        let mut new = card::accept(Bytes::from(base), lines, false)?;
        keep_flaws(&self.store.snapshot().await?, (book.id, name), &mut new).await?;
        let guard = |old: Option<&member::Member>| match old {
            Some(old) if old.etag == read => Ok(()),
            _ => Err(Fault::precondition("The card was changed at this moment.")),
        };
        let target = Target { collection: book, rights: &[], name, actor: self.actor };
        match self.store.put_member(&target, &new, self.quota, Some(along), guard).await {
            Ok(_) => Ok(true),
            Err(Refusal::Fault(fault)) if fault.status == 412 => Ok(false),
            Err(Refusal::Fault(fault)) => Err(fault),
            Err(Refusal::Quota) => {
                Err(Fault::new(507, "The space for this user's cards is used up."))
            }
            Err(Refusal::UidChanged | Refusal::UidTaken(_)) => Err(Fault::busy(1)),
        }
    }
}

/// A clean-up while it is done.
struct Run<'a> {
    cleaner: &'a Cleaner<'a>,
    what: &'a BTreeSet<Cleanup>,
    preview: bool,
    most: usize,
    number: u64,
    index: u64,
    done: Done,
}

impl Run<'_> {
    async fn book(&mut self, book: &Collection) -> Result<(), Fault> {
        let mut after: Option<String> = None;
        loop {
            let snapshot = self.cleaner.store.snapshot().await?;
            let (mut seen, mut last, mut names) = (0, None, Vec::new());
            let (region, what) = (self.cleaner.terms.region, self.what);
            body::scan_texts(&snapshot, book.id, after.as_deref(), |name, text, _| {
                // The text without its pictures tells whether there is anything to do.
                if tidy(text, region, what).is_some() {
                    names.push(name.to_owned());
                }
                seen += 1;
                last = Some(name.to_owned());
                if seen < PAGE { Step::Continue } else { Step::Stop }
            })
            .await?;
            drop(snapshot);
            for name in names {
                self.card(book, &name).await?;
            }
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn card(&mut self, book: &Collection, name: &str) -> Result<(), Fault> {
        match self.tidied(book, name).await {
            Err(fault) if matches!(fault.status, 400..500) => {
                self.done.failed.push(format!("{}/{name}: {fault}", book.name));
                Ok(())
            }
            done => done,
        }
    }

    async fn tidied(&mut self, book: &Collection, name: &str) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let cleaner = self.cleaner;
            let snapshot = cleaner.store.snapshot().await?;
            let Some(there) = member::get(&snapshot, book.id, name).await? else { return Ok(()) };
            let base = cleaner.base(&snapshot, book.id, name).await?;
            let card = Card::parse(&base);
            if there.flags.has(member::Flags::GROUP) || card.kind() == CardKind::Group {
                return Ok(());
            }
            let Some(Tidied { card: tidied, changes, patches }) =
                tidy(&base, cleaner.terms.region, self.what)
            else {
                return Ok(());
            };
            let called = one_line(&Card::parse(&tidied).full_name().unwrap_or_default());
            if !self.preview {
                let cleaned = Cleaned {
                    collection: book.id,
                    name: name.to_owned(),
                    uid: there.uid.clone(),
                    tidied: ETag::of(&tidied),
                    patches,
                };
                let begins = (self.done.cards == 0).then(|| Cleaning {
                    at: cleaner.store.now(),
                    actor: cleaner.actor.clone(),
                    what: self.what.iter().map(|what| what.word().to_owned()).collect(),
                    undone: None,
                });
                let row = (self.number, self.index);
                let along =
                    Along { cleaner, row, cleaned: Some((cleaned, begins)), said: said(&tidied) };
                if !cleaner.put(&along, (book, name), there.etag, tidied).await? {
                    continue;
                }
                self.index += 1;
                self.done.number = Some(self.number);
            }
            self.done.cards += 1;
            if self.done.told.len() < self.most {
                let (book, card) = (book.name.clone(), name.to_owned());
                self.done.told.push(Told { book, card, name: called, changes });
            }
            return Ok(());
        }
        Err(Fault::busy(1))
    }
}

/// What belongs into the commit that tidies a card, or takes that back.
struct Along<'a> {
    cleaner: &'a Cleaner<'a>,
    row: (u64, u64),
    /// What is written down; `None`: it was taken back.
    cleaned: Option<(Cleaned, Option<Cleaning>)>,
    /// What the card says then: by the server, not by a person.
    said: u64,
}

impl Along<'_> {
    async fn note(&self, planning: &mut Planning<'_>) -> Result<(), Fault> {
        let owner = self.cleaner.owner;
        let (id, name) = (planning.target.collection.id, planning.target.name);
        let read = quality::card(planning.snapshot, id, name).await?;
        if let Some(read) = &read {
            let now = quality::Card { said: self.said, ..read.record.clone() };
            quality::replace(planning.batch, id, name, Some(read), Some(&now))?;
        }
        match &self.cleaned {
            Some((cleaned, begins)) => {
                if let Some(cleaning) = begins {
                    records::begin(planning.batch, owner, self.row.0, cleaning)?;
                }
                records::add(planning.batch, owner, self.row, cleaned)?;
            }
            None => records::settled(planning.batch, owner, self.row),
        }
        Ok(())
    }
}

impl Alongside for Along<'_> {
    fn plan<'a>(&'a self, mut planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            self.note(&mut planning).await?;
            let (store, rules) = (self.cleaner.store, self.cleaner.rules);
            let upload = Upload::restored(Arc::clone(store), Arc::clone(rules));
            upload.plan(planning).await
        })
    }
}
