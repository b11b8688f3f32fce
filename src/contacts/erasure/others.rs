//! Where others name them: cards that lead to them or tell of them, entries and tasks about others,
//! mail that waits, and segments that ask for them.

use super::Work;
use super::events;
use super::mentions::IN_PLACE;
use super::trace::{collections, holds_people};
use crate::base::{Fault, Timestamp};
use crate::contacts::segments;
use crate::contacts::weaving::cards::put_edited;
use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};
use crate::formats::text;
use crate::formats::vcard::normalize_uid;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Kind};
use crate::store::contacts::{self, Contact};
use crate::store::engine::Step;
use crate::store::interactions::Position;
use crate::store::member::{self, Flags};
use crate::store::{consents, followups, interactions, unmatched};

/// Rows that are read at a time.
const PAGE: usize = 500;

/// Lines of cards that lead to somebody.
pub(super) const LEADING: [&str; 3] = ["RELATED", "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"];

/// Lines of cards that tell who it is whose card it is, or hold no words.
const OWN: [&str; 15] = [
    "BEGIN", "END", "VERSION", "UID", "PRODID", "REV", "FN", "N", "NICKNAME", "EMAIL", "TEL",
    "PHOTO", "LOGO", "SOUND", "KEY",
];

/// Lines of several parts, which are changed as they are written.
const PARTS: [&str; 3] = ["ADR", "ORG", "CATEGORIES"];

impl Work<'_> {
    pub(super) async fn others(&self) -> Result<(), Fault> {
        if !self.mentions.is_empty() {
            self.entries().await?;
            self.tasks().await?;
            self.waiting().await?;
            self.records_of_others().await?;
        }
        let (store, owner) = (&**self.store, &self.erasure.owner);
        segments::reword(store, owner, IN_PLACE, |query| self.mentions.without(query)).await?;
        let snapshot = store.snapshot().await?;
        let all = collections(&snapshot, owner).await?;
        drop(snapshot);
        for collection in &all {
            match collection.kind {
                Kind::AddressBook => self.cards_of_others(collection).await?,
                Kind::Calendar => self.events(collection).await?,
            }
            self.kept_of_others(collection).await?;
        }
        self.kept_of_merges().await?;

        self.kept_of_cleanings().await
    }

    /// Entries of timelines in which they took no part.
    async fn entries(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let mut before = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let always = Timestamp(0)..Timestamp(u64::MAX);
            let page = interactions::range(&snapshot, owner, always, before, PAGE).await?;
            drop(snapshot);
            before = page.last().map(|(number, one)| Position { at: one.at, number: *number });
            for (number, one) in &page {
                let linked = one.link.as_ref().is_some_and(|link| self.mentions.are_in(link));
                if linked || self.mentions.are_in(&one.text) {
                    self.reword(*number).await?;
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Follow-ups of others; their tasks are dealt with as [`Self::events`].
    async fn tasks(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let listed = followups::all(&self.store.snapshot().await?, owner).await?;
        for one in listed {
            let Some(text) = self.mentions.without(&one.text) else { continue };
            commit!(self, |snapshot, batch| {
                if let Some(read) = followups::find(snapshot, owner, &one.uid).await? {
                    let now = followups::FollowUp { text: text.clone(), ..read.record.clone() };
                    followups::put(batch, Some(&read), &now)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Contacts that once were taken for them and are called like them, and where answers are known
    /// from. What a contact is called stands on its card.
    async fn records_of_others(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let mut after: Option<String> = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let page = contacts::of_owner(&snapshot, owner, after.as_deref(), PAGE).await?;
            after = page.last().map(|(_, read)| read.record.uid.clone());
            let alike = |contact: &Contact| self.mentions.are_in(&contact.name);
            for (id, _) in page.iter().filter(|(_, read)| alike(&read.record)) {
                commit!(self, |snapshot, batch| {
                    if let Some(read) = contacts::get(snapshot, *id).await? {
                        let now = Contact { name: String::new(), ..read.record.clone() };
                        contacts::update(batch, *id, &read.witness, &now)?;
                    }
                    Ok(())
                })?;
            }
            if page.len() < PAGE {
                break;
            }
        }
        commit!(self, |snapshot, batch| {
            let without = |source: &str| self.mentions.without(source);
            Ok(consents::reword(snapshot, batch, owner, without).await?)
        })
    }

    /// Mail of people who are on no card.
    async fn waiting(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let listed = unmatched::of_owner(&self.store.snapshot().await?, owner).await?;
        for (mail, _) in listed {
            commit!(self, |snapshot, batch| {
                let Some(read) = unmatched::get(snapshot, owner, &mail).await? else {
                    return Ok(());
                };
                let mut now = read.record.clone();
                if self.mentions.are_in(&now.name) {
                    now.name.clear();
                }
                for waiting in &mut now.waiting {
                    if let Some(text) = self.mentions.without(&waiting.text) {
                        waiting.text = text;
                    }
                    waiting.link.take_if(|link| self.mentions.are_in(link));
                }
                if now != read.record {
                    unmatched::set(batch, owner, &mail, Some(&read), &now)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    async fn cards_of_others(&self, book: &Collection) -> Result<(), Fault> {
        // Those that the server makes follow by themselves, but for what was deleted.
        if !holds_people(book) {
            return Ok(());
        }
        for name in self.naming(book).await? {
            commit!(self, |snapshot, batch| {
                let id = book.id;
                let Some(found) = member::find(snapshot, id, &name).await? else { return Ok(()) };
                // It may be deleted or restored at this moment, which changes what it counts.
                let Some(read) = collection::get(snapshot, id).await? else { return Ok(()) };
                read.witness.require(batch);
                let (book, is_deleted) = (&read.collection, read.collection.deleted.is_some());
                if found.member.flags.has(Flags::GROUP.with(Flags::MADE, true)) {
                    if is_deleted {
                        self.store.plan_erase(snapshot, batch, book, &name, &found).await?;
                    }
                    return Ok(());
                }
                let stored = body::get(snapshot, Slot::Member(id, &name)).await?;
                let card = stored.whole(snapshot).await?;
                if let Some(now) = self.card_without(&card) {
                    let (actor, place) = (&self.erasure.actor, (book, name.as_str()));
                    put_edited(self.store, snapshot, batch, actor, place, &found, now).await?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The members of a collection that name them.
    pub(super) async fn naming(&self, collection: &Collection) -> Result<Vec<String>, Fault> {
        let mut naming = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let (mut read, mut last) = (0, None);
            body::scan_texts(&snapshot, collection.id, after.as_deref(), |name, text, _| {
                let names_them = match collection.kind {
                    Kind::AddressBook => self.card_without(text).is_some(),
                    Kind::Calendar => events::without(text, self.mentions).is_some(),
                };
                if names_them {
                    naming.push(name.to_owned());
                }
                read += 1;
                last = Some(name.to_owned());
                if read < PAGE { Step::Continue } else { Step::Stop }
            })
            .await?;
            match last {
                Some(name) => after = Some(name),
                None => return Ok(naming),
            }
            tokio::task::yield_now().await;
        }
    }

    /// A card of somebody else without them; `None`: it does not tell of them.
    pub(super) fn card_without(&self, card: &[u8]) -> Option<Vec<u8>> {
        let mut edits = Edits::new(card);
        for line in Lines::new(card).filter(Line::has_value) {
            if LEADING.iter().any(|name| line.is(name)) && self.leads_to_them(&line) {
                edits.remove(line.span());
            } else if !OWN.iter().any(|name| line.is(name)) {
                let is_of_parts = PARTS.iter().any(|name| line.is(name));
                let now = reworded(&line, is_of_parts, |text| self.mentions.without(text));
                let head = self.mentions.without(&String::from_utf8_lossy(line.head()));
                if let Some(head) = head {
                    let value = now.as_deref().and_then(|now| now.get(line.head().len()..));
                    let rest =
                        value.map_or_else(|| [&b":"[..], &line.value()].concat(), <[u8]>::to_vec);
                    edits.replace(line.span(), &[head.as_bytes(), &rest].concat());
                } else if let Some(now) = now {
                    edits.replace(line.span(), &now);
                }
            }
        }
        (!edits.is_empty()).then(|| edits.apply())
    }

    pub(super) fn leads_to_them(&self, line: &Line<'_>) -> bool {
        self.is_theirs(&normalize_uid(&line.text()))
    }
}

/// The line with another text; `None`: it stays. One of several parts is taken as it is written.
pub(super) fn reworded(
    line: &Line<'_>,
    is_of_parts: bool,
    without: impl Fn(&str) -> Option<String>,
) -> Option<Vec<u8>> {
    let now = if is_of_parts {
        without(&String::from_utf8_lossy(&line.value()))?
    } else {
        text::escape(&without(&line.text())?).into_owned()
    };
    Some([line.head(), b":", now.as_bytes()].concat())
}
