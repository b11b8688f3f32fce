//! What there is of somebody: all that leads to them, and what of it is theirs alone.

use std::collections::BTreeSet;

use super::mentions::{digits, words};
use crate::base::{ContactId, Fault, PrincipalId};
use crate::contacts::naming::one_line;
use crate::formats::find::named;
use crate::formats::mail;
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::engine::{Snapshot, Step};
use crate::store::{conflicts, contacts, followups, history, interactions, member, merges};

/// Rows that are read at a time.
const PAGE: usize = 500;

/// What there is of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// The UIDs of their cards (normalised), also of those that were merged.
    pub uids: Vec<String>,
    /// The numbers under which something is remembered of them.
    pub contacts: Vec<ContactId>,
    /// What they are called, as their cards have it.
    pub names: Vec<String>,
    /// Their mail addresses, in the form in which they compare.
    pub mails: Vec<String>,
    /// Their phone numbers, as their cards have them.
    pub phones: Vec<String>,
    /// Where their cards lie: `BOOK/NAME`.
    pub cards: Vec<String>,
    /// Those of deleted books.
    pub in_trash: Vec<String>,
    /// How many earlier versions of their cards are kept.
    pub versions: u64,
    /// How many refused edits.
    pub conflicts: u64,
    /// How many entries their timeline has that nobody else took part in.
    pub interactions: u64,
    /// How many that others took part in, too.
    pub shared: u64,
    /// How many follow-ups are about them.
    pub followups: u64,
    /// How many merges they were part of.
    pub merges: u64,
    /// What they are known by if they come under another UID.
    pub known_by: Vec<String>,
    /// Names, addresses and numbers that another contact has, too: they stay where they are.
    pub others_too: Vec<String>,
}

impl Trace {
    /// Is there nothing?
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
            && self.in_trash.is_empty()
            && self.contacts.is_empty()
            && self.versions == 0
            && self.conflicts == 0
    }

    fn take(&mut self, card: &Card<'_>) {
        let FromCard { names, mails, phones } = FromCard::of(card);
        add(&mut self.names, names);
        add(&mut self.mails, mails);
        add(&mut self.phones, phones);
    }
}

/// A name with each address and number, in the form in which they compare.
pub fn known_by(names: &[String], mails: &[String], phones: &[String]) -> Vec<String> {
    let reached: Vec<String> =
        mails.iter().cloned().chain(phones.iter().filter_map(|phone| digits(phone))).collect();
    let mut pairs = BTreeSet::new();
    for name in names {
        let mut words = words(name);
        words.sort_unstable();
        if !words.is_empty() {
            pairs.extend(reached.iter().map(|value| format!("{}\n{value}", words.join(" "))));
        }
    }
    pairs.into_iter().collect()
}

/// What a card says of whose it is.
pub struct FromCard {
    /// Names.
    pub names: Vec<String>,
    /// Mail addresses, in the form in which they compare.
    pub mails: Vec<String>,
    /// Phone numbers as they stand there.
    pub phones: Vec<String>,
}

impl FromCard {
    /// Reads it.
    pub fn of(card: &Card<'_>) -> Self {
        let mut names: Vec<String> =
            card.all("FN").map(|line| one_line(&line.text())).filter(|n| !n.is_empty()).collect();
        for line in card.all("N") {
            let parts = line.components();
            let part = |at: usize| parts.get(at).map(|p| one_line(p)).unwrap_or_default();
            let name = one_line(&format!("{} {}", part(1), part(0)));
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        let mails = card.all("EMAIL").filter_map(|line| mail::address(&line.text())).collect();
        let phones = card.all("TEL").map(|line| {
            let text = line.text();
            text.strip_prefix("tel:").unwrap_or(&text).to_owned()
        });
        let phones = phones.filter(|phone| digits(phone).is_some()).collect();
        Self { names, mails, phones }
    }
}

fn add(to: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        if !to.contains(&text) {
            to.push(text);
        }
    }
}

/// All collections of `owner`, those in the trash, too.
pub async fn collections(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<Collection>, Fault> {
    let live = collection::list_all(snapshot, owner).await?;
    let trashed = collection::trashed(snapshot, owner).await?;
    Ok(live.into_iter().chain(trashed).map(|found| found.collection).collect())
}

/// Does a collection have cards of its owner's own? Those of segments follow them, but for what was
/// deleted.
pub fn holds_people(book: &Collection) -> bool {
    book.kind == Kind::AddressBook && (book.role == Role::Plain || book.deleted.is_some())
}

/// What there is of the contact of `owner` that `uid` (normalised) leads to.
pub async fn trace(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<Trace, Fault> {
    let mut trace = Trace { uids: vec![uid.to_owned()], ..Trace::default() };
    if let Some((id, read)) = contacts::find(snapshot, owner, uid).await? {
        let contact = read.record;
        trace.contacts.push(id);
        trace.uids = std::iter::once(contact.uid).chain(contact.aliases).collect();
        add(&mut trace.names, vec![one_line(&contact.name)]);
        trace.names.retain(|name| !name.is_empty());
    }
    merged(snapshot, owner, &mut trace).await?;
    let collections = collections(snapshot, owner).await?;
    for book in collections.iter().filter(|found| holds_people(found)) {
        cards(snapshot, book, &mut trace).await?;
        kept(snapshot, book, &mut trace).await?;
    }
    for id in &trace.contacts {
        let mut before = None;
        loop {
            let page = interactions::page(snapshot, *id, before, PAGE).await?;
            before = page
                .last()
                .map(|(number, one)| interactions::Position { at: one.at, number: *number });
            for (_, one) in &page {
                let alone = one.participants.iter().all(|one| trace.contacts.contains(one));
                *if alone { &mut trace.interactions } else { &mut trace.shared } += 1;
            }
            if page.len() < PAGE {
                break;
            }
        }
    }
    let all = followups::all(snapshot, owner).await?;
    let theirs = all.iter().filter(|followup| trace.uids.contains(&followup.contact));
    trace.followups = theirs.count() as u64;
    for book in collections.iter().filter(|found| holds_people(found)) {
        if book.deleted.is_none() {
            shared_with_others(snapshot, book, &mut trace).await?;
        }
    }
    trace.known_by = known_by(&trace.names, &trace.mails, &trace.phones);
    let others = &trace.others_too;
    trace.names.retain(|name| !others.contains(name));
    trace.mails.retain(|mail| !others.contains(mail));
    trace.phones.retain(|phone| !others.contains(phone));
    Ok(trace)
}

/// Those who became one with them, and what they were then.
async fn merged(snapshot: &Snapshot, owner: &PrincipalId, trace: &mut Trace) -> Result<(), Fault> {
    for (number, merge) in merges::list(snapshot, owner).await? {
        let all = || std::iter::once(&merge.into).chain(&merge.uids);
        if !all().any(|uid| trace.uids.contains(uid)) {
            continue;
        }
        trace.merges += 1;
        if merge.undone.is_none() {
            let uids = all().cloned().collect();
            add(&mut trace.uids, uids);
        }
        for before in merges::before(snapshot, owner, number).await? {
            if let Some(bytes) = before.bytes.filter(|_| trace.uids.contains(&before.uid)) {
                trace.take(&Card::parse(&bytes));
            }
        }
    }
    Ok(())
}

async fn cards(snapshot: &Snapshot, book: &Collection, trace: &mut Trace) -> Result<(), Fault> {
    for uid in trace.uids.clone() {
        let Some(name) = member::holder(snapshot, book.id, &uid).await? else { continue };
        let text = body::get(snapshot, Slot::Member(book.id, &name)).await?.text;
        trace.take(&Card::parse(&text));
        let place = format!("{}/{name}", book.name);
        let list = if book.deleted.is_some() { &mut trace.in_trash } else { &mut trace.cards };
        list.push(place);
    }
    Ok(())
}

/// Earlier versions, and refused ones.
async fn kept(snapshot: &Snapshot, book: &Collection, trace: &mut Trace) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let page = history::page(snapshot, book.id, after, PAGE).await?;
        after = page.last().map(|(place, _)| *place);
        for (place, version) in &page {
            if trace.uids.contains(&version.uid) {
                trace.versions += 1;
                if version.has_body() {
                    let text = history::body(snapshot, *place).await?.text;
                    trace.take(&Card::parse(&text));
                }
            }
        }
        if page.len() < PAGE {
            break;
        }
    }
    for kept in conflicts::list(snapshot, book.id, None).await? {
        let text = conflicts::body(snapshot, book.id, kept.number).await?.text;
        let card = Card::parse(&text);
        if is_theirs(&trace.uids, kept.conflict.uid.as_deref(), &card) {
            trace.conflicts += 1;
            trace.take(&card);
        }
    }
    Ok(())
}

/// Is a refused card theirs? It may have been refused because there was none any more.
pub fn is_theirs(uids: &[String], uid: Option<&str>, card: &Card<'_>) -> bool {
    let own = card.uid().map(|uid| normalize_uid(&uid));
    uid.is_some_and(|uid| uids.iter().any(|one| one == uid))
        || own.is_some_and(|uid| uids.contains(&uid))
}

/// What of theirs stands on cards of others, too.
async fn shared_with_others(
    snapshot: &Snapshot,
    book: &Collection,
    trace: &mut Trace,
) -> Result<(), Fault> {
    let folded: Vec<Vec<String>> = trace.names.iter().map(|name| words(name)).collect();
    let numbers: Vec<Option<String>> = trace.phones.iter().map(|phone| digits(phone)).collect();
    let mut after: Option<String> = None;
    loop {
        let (mut read, mut last, mut found) = (0, None, Vec::new());
        body::scan_texts(snapshot, book.id, after.as_deref(), |name, text, _| {
            let uid = named(text, "UID").next().map(|line| normalize_uid(&line.text()));
            if !uid.is_some_and(|uid| trace.uids.contains(&uid)) {
                for line in named(text, "FN") {
                    let there = words(&line.text());
                    let same = trace.names.iter().zip(&folded).filter(|(_, own)| **own == there);
                    found.extend(same.map(|(name, _)| name.clone()));
                }
                for line in named(text, "EMAIL") {
                    let there = mail::address(&line.text());
                    found.extend(there.filter(|mail| trace.mails.contains(mail)));
                }
                for line in named(text, "TEL") {
                    let there = digits(&line.text());
                    let same = trace.phones.iter().zip(&numbers);
                    let same = same.filter(|(_, own)| own.is_some() && **own == there);
                    found.extend(same.map(|(phone, _)| phone.clone()));
                }
            }
            read += 1;
            last = Some(name.to_owned());
            if read < PAGE { Step::Continue } else { Step::Stop }
        })
        .await?;
        add(&mut trace.others_too, found);
        match last {
            Some(name) => after = Some(name),
            None => return Ok(()),
        }
        tokio::task::yield_now().await;
    }
}
