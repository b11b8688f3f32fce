//! What there is of a person, section by section.

use serde_json::json;

use super::Export;
use crate::base::{Fault, Timestamp};
use crate::contacts::erasure::collections;
use crate::contacts::{consent, local_time, naming};
use crate::formats::line::{Line, Lines};
use crate::formats::vcard::{Card, categories};
use crate::store::body::{self, Slot};
use crate::store::collection::{Kind, Role};
use crate::store::engine::Step;
use crate::store::interactions::{self, Position};
use crate::store::{
    Actor, audit, conflicts, contacts, followups, history, matching, member, merges, unmatched,
};

/// Rows that are read at a time.
const PAGE: usize = 200;

/// Most entries of the audit that are told.
const ENTRIES: usize = 100_000;

fn who(by: &Actor) -> String {
    let name = if by.principal.is_empty() { "(operator)" } else { &by.principal };
    if by.device.is_empty() { name.to_owned() } else { format!("{name} ({})", by.device) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Export<'_> {
    pub(super) async fn person(&mut self) -> Result<(), Fault> {
        self.writing.section("person", "Person").await?;
        let trace = self.trace;
        self.writing
            .item(&json!({
                "names": trace.names, "uids": trace.uids, "mails": trace.mails,
                "phones": trace.phones, "shared_with_others": trace.others_too,
                "owner": self.owner.as_str(), "exported": self.store.now().rfc3339(),
            }))
            .await?;
        for id in &trace.contacts {
            let Some(read) = contacts::get(self.snapshot, *id).await? else { continue };
            let contact = read.record;
            let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
            self.writing
                .item(&json!({
                    "name": contact.name, "stage": contact.stage,
                    "stage_since": time(contact.stage_since),
                    "contact_every_days": contact.cadence_days,
                    "last_contact": time(contact.last_contact), "next": time(contact.next),
                    "since": contact.created.rfc3339(),
                }))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn cards(&mut self) -> Result<(), Fault> {
        self.writing.section("cards", "Cards").await?;
        for book in collections(self.snapshot, self.owner).await? {
            if book.kind != Kind::AddressBook {
                continue;
            }
            for uid in &self.trace.uids {
                let Some(name) = member::holder(self.snapshot, book.id, uid).await? else {
                    continue;
                };
                let Some(row) = member::get(self.snapshot, book.id, &name).await? else { continue };
                let stored = body::get(self.snapshot, Slot::Member(book.id, &name)).await?;
                let card = stored.whole(self.snapshot).await?;
                self.writing
                    .item(&json!({
                        "place": format!("{}/{name}", book.name),
                        "in_trash": book.deleted.is_some(),
                        "tags": categories(&card), "created": row.created.rfc3339(),
                        "changed": row.modified.rfc3339(), "card": text(&card),
                    }))
                    .await?;
            }
        }
        Ok(())
    }

    pub(super) async fn consents(&mut self) -> Result<(), Fault> {
        self.writing.section("consents", "Consents").await?;
        let zone = local_time::zone_of(self.snapshot, self.owner).await?;
        let today = consent::today(self.store.now(), &zone);
        let uids = self.trace.uids.iter().map(String::as_str);
        for given in consent::of_contact(self.snapshot, self.owner, uids, today).await? {
            let consent = &given.consent;
            self.writing
                .item(&json!({
                    "purpose": given.purpose, "state": given.word(), "source": consent.source,
                    "on": consent.on, "until": consent.until, "noted": consent.at.rfc3339(),
                    "by": who(&consent.by),
                }))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn timeline(&mut self) -> Result<(), Fault> {
        self.writing.section("timeline", "Timeline").await?;
        for id in &self.trace.contacts {
            let mut before = None;
            loop {
                let page = interactions::page(self.snapshot, *id, before, PAGE).await?;
                before = page.last().map(|(number, one)| Position { at: one.at, number: *number });
                for (_, one) in &page {
                    let mut with = Vec::new();
                    for other in &one.participants {
                        if let Some(other) = contacts::get(self.snapshot, *other).await? {
                            with.push(naming::name_of(self.snapshot, &other.record).await?);
                        }
                    }
                    self.writing
                        .item(&json!({
                            "id": one.uid, "kind": one.kind, "at": one.at.rfc3339(),
                            "with": with, "text": one.text, "link": one.link,
                            "seconds": one.duration, "direction": one.direction,
                            "source": one.source, "by": who(&one.author),
                        }))
                        .await?;
                }
                if page.len() < PAGE {
                    break;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn followups(&mut self) -> Result<(), Fault> {
        self.writing.section("followups", "Follow-ups").await?;
        for one in followups::all(self.snapshot, self.owner).await? {
            if self.trace.uids.contains(&one.contact) {
                self.writing
                    .item(&json!({
                        "text": one.text, "due": one.due.map(Timestamp::rfc3339),
                        "state": one.state, "origin": one.origin,
                        "created": one.created.rfc3339(),
                    }))
                    .await?;
            }
        }
        Ok(())
    }

    /// Events and tasks that name them, those that they are invited to among them.
    pub(super) async fn events(&mut self) -> Result<(), Fault> {
        self.writing.section("events", "Events and tasks").await?;
        for calendar in collections(self.snapshot, self.owner).await? {
            let made = matches!(calendar.role, Role::Birthdays | Role::Interactions);
            if calendar.kind != Kind::Calendar || made {
                continue;
            }
            let mut after: Option<String> = None;
            loop {
                let (mut read, mut last, mut found) = (0, None, Vec::new());
                body::scan_texts(self.snapshot, calendar.id, after.as_deref(), |name, bytes, _| {
                    if self.names_them(bytes) {
                        found.push((name.to_owned(), text(bytes)));
                    }
                    read += 1;
                    last = Some(name.to_owned());
                    if read < PAGE { Step::Continue } else { Step::Stop }
                })
                .await?;
                for (name, object) in found {
                    let place = format!("{}/{name}", calendar.name);
                    self.writing.item(&json!({ "place": place, "object": object })).await?;
                }
                match last {
                    Some(name) => after = Some(name),
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn names_them(&self, bytes: &[u8]) -> bool {
        Lines::new(bytes).filter(Line::has_value).any(|line| {
            self.mentions.are_in(&line.text())
                || self.mentions.are_in(&String::from_utf8_lossy(line.head()))
        })
    }

    /// Mail that waits to be assigned, and addresses that were.
    pub(super) async fn mail(&mut self) -> Result<(), Fault> {
        self.writing.section("mail_waiting", "Mail that waits").await?;
        for mail in &self.trace.mails {
            let Some(read) = unmatched::get(self.snapshot, self.owner, mail).await? else {
                continue;
            };
            for waiting in &read.record.waiting {
                self.writing
                    .item(&json!({
                        "address": mail, "at": waiting.at.rfc3339(), "text": waiting.text,
                        "link": waiting.link,
                    }))
                    .await?;
            }
        }
        self.writing.section("addresses_assigned", "Addresses that were assigned").await?;
        for uid in &self.trace.uids {
            for mail in unmatched::assigned_to(self.snapshot, self.owner, uid).await? {
                self.writing.item(&json!({ "address": mail })).await?;
            }
        }
        Ok(())
    }

    /// Earlier and refused versions of their cards.
    pub(super) async fn versions(&mut self) -> Result<(), Fault> {
        self.writing.section("versions", "Earlier versions of the cards").await?;
        for book in collections(self.snapshot, self.owner).await? {
            if book.kind != Kind::AddressBook {
                continue;
            }
            let mut after = None;
            loop {
                let page = history::page(self.snapshot, book.id, after, PAGE).await?;
                after = page.last().map(|(place, _)| *place);
                for (place, version) in &page {
                    if !self.trace.uids.contains(&version.uid) || !version.has_body() {
                        continue;
                    }
                    let stored = history::body(self.snapshot, *place).await?;
                    let card = stored.whole(self.snapshot).await?;
                    self.writing
                        .item(&json!({
                            "place": format!("{}/{}", book.name, version.name),
                            "reason": version.reason, "until": place.at.rfc3339(),
                            "by": who(&version.by), "card": text(&card),
                        }))
                        .await?;
                }
                if page.len() < PAGE {
                    break;
                }
            }
            for kept in conflicts::list(self.snapshot, book.id, None).await? {
                let stored = conflicts::body(self.snapshot, book.id, kept.number).await?;
                let card = stored.whole(self.snapshot).await?;
                let uids = &self.trace.uids;
                let uid = kept.conflict.uid.as_deref();
                if crate::contacts::erasure::is_theirs(uids, uid, &Card::parse(&card)) {
                    self.writing
                        .item(&json!({
                            "place": format!("{}/{}", book.name, kept.name), "reason": "refused",
                            "until": kept.conflict.at.rfc3339(), "by": who(&kept.conflict.actor),
                            "card": text(&card),
                        }))
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Contacts that became one with them, or may be the same.
    pub(super) async fn merges(&mut self) -> Result<(), Fault> {
        self.writing.section("merges", "Merges").await?;
        for (_, merge) in merges::list(self.snapshot, self.owner).await? {
            let mut all = std::iter::once(&merge.into).chain(&merge.uids);
            if all.any(|uid| self.trace.uids.contains(uid)) {
                self.writing
                    .item(&json!({
                        "at": merge.at.rfc3339(), "by": who(&merge.actor), "names": merge.names,
                        "taken_back": merge.undone.map(Timestamp::rfc3339),
                    }))
                    .await?;
            }
        }
        self.writing.section("proposals", "Contacts that may be the same").await?;
        for uid in &self.trace.uids {
            for (other, proposal) in matching::of_uid(self.snapshot, self.owner, uid).await? {
                self.writing.item(&json!({ "uid": other, "reasons": proposal.reasons })).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn audit(&mut self) -> Result<(), Fault> {
        self.writing.section("audit", "Audit").await?;
        let (trace, mentions, owner) = (self.trace, &self.mentions, self.owner.as_str());
        let entries = audit::last(self.snapshot, ENTRIES, |record| {
            let (entry, names) = (&record.entry, &record.names);
            entry.owner == owner
                && (entry.contact.is_some_and(|id| trace.contacts.contains(&id))
                    || trace.uids.contains(&names.uid)
                    || mentions.are_in(&names.name)
                    || mentions.are_in(&names.detail))
        })
        .await?;
        for record in entries {
            let (entry, names) = (&record.entry, &record.names);
            self.writing
                .item(&json!({
                    "at": entry.at.rfc3339(), "by": who(&entry.by), "what": entry.subject,
                    "became": entry.verb, "place": entry.place, "name": names.name,
                    "uid": names.uid, "detail": names.detail,
                }))
                .await?;
        }
        Ok(())
    }
}
