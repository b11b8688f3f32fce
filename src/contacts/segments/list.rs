//! What segments there are, who is in one, and why.

use crate::contacts::books;
use std::collections::{HashMap, HashSet};

use super::edit::{misread, named, typed};
use super::follow::current;
use super::query::{Asked, Read, Subject, Verdict, What, parse, reasons, references};
use super::round::known;
use super::set::{Compiled, Set};
use super::terms::Terms;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::naming::one_line;
use crate::formats::vcard::Card;
use crate::store::Store;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection};
use crate::store::engine::{Snapshot, Step};
use crate::store::member::{self, Flags, Member};
use crate::store::segments::members::{self, Place};
use crate::store::segments::{Segment, SegmentId};

/// Rows that are held at a time.
const PAGE: usize = 512;

/// A segment as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: SegmentId,
    /// Its record, its query as a person types it.
    pub segment: Segment,
    /// The path of its book in its owner's home.
    pub book: Option<String>,
    /// How many people are in it.
    pub members: u64,
    /// Why nobody is, if its query cannot be read any more.
    pub fault: Option<String>,
}

/// Somebody who is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// The normalised UID of their card.
    pub uid: String,
    /// The name shown.
    pub name: String,
    /// The path of the book their card is in.
    pub book: String,
    /// The name of their card in it.
    pub card: String,
    /// What makes them be meant, where that was asked.
    pub reasons: Vec<String>,
}

/// Those who are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meant {
    /// How many people.
    pub count: u64,
    /// The first of them.
    pub people: Vec<Somebody>,
}

/// The segments of `owner`, by name.
pub async fn list(store: &Store, owner: &PrincipalId) -> Result<Vec<Listed>, Fault> {
    let (snapshot, _) = current(store, owner).await?;
    let set = Set::load(store, &snapshot, owner).await?;
    let mut rows = Vec::with_capacity(set.all().len());
    for one in set.all() {
        rows.push(listed(&snapshot, &set, one).await?);
    }
    rows.sort_by(|one, other| one.segment.name.cmp(&other.segment.name));
    Ok(rows)
}

/// One segment.
pub async fn show(store: &Store, owner: &PrincipalId, name: &str) -> Result<Listed, Fault> {
    let (snapshot, _) = current(store, owner).await?;
    let set = Set::load(store, &snapshot, owner).await?;
    let (id, _) = named(&snapshot, owner, name).await?;
    let one = set.get(id).ok_or_else(Fault::not_found)?;
    listed(&snapshot, &set, one).await
}

async fn listed(snapshot: &Snapshot, set: &Set, one: &Compiled) -> Result<Listed, Fault> {
    let mut segment = one.stored.record.clone();
    if let Ok(read) = &one.read {
        segment.query = read.with_references(&segment.query, |id| called(set, id));
    }
    let book = match segment.book {
        Some(book) => collection::get(snapshot, book).await?.map(|found| found.collection.name),
        None => None,
    };
    let members = members::count(snapshot, one.id).await?;
    Ok(Listed { id: one.id, segment, book, members, fault: one.read.as_ref().err().cloned() })
}

/// A segment's name as it is written in a query.
fn called(set: &Set, id: SegmentId) -> String {
    match set.get(id) {
        Some(one) => format!("\"{}\"", one.stored.record.name.replace('"', "\"\"")),
        None => format!("#{}", id.0),
    }
}

/// Who is in a segment: the first `most` by their UIDs, and how many in all.
pub async fn members(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    most: usize,
) -> Result<Meant, Fault> {
    let (snapshot, _) = current(store, owner).await?;
    let (id, _) = named(&snapshot, owner, name).await?;
    let mut meant = Meant { count: members::count(&snapshot, id).await?, people: Vec::new() };
    let mut names = Names::default();
    let mut last: Option<Place> = None;
    while meant.people.len() < most {
        let page = members::page(&snapshot, id, last.as_ref(), PAGE).await?;
        for place in &page {
            let is_new = last.as_ref().is_none_or(|last| last.uid != place.uid);
            if is_new && meant.people.len() < most {
                let text = body::get(&snapshot, Slot::Member(place.book, &place.name)).await?.text;
                let book = names.of(&snapshot, place.book).await?;
                meant.people.push(somebody(&place.uid, &text, book, &place.name));
            }
            last = Some(place.clone());
        }
        if page.len() < PAGE {
            break;
        }
    }
    Ok(meant)
}

/// The UIDs of all who are in a segment.
pub async fn uids(store: &Store, owner: &PrincipalId, name: &str) -> Result<Vec<String>, Fault> {
    let (snapshot, _) = current(store, owner).await?;
    let (id, _) = named(&snapshot, owner, name).await?;
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let page = members::page(&snapshot, id, last.as_ref(), PAGE).await?;
        found.extend(page.iter().map(|place| place.uid.clone()));
        match page.into_iter().next_back() {
            Some(place) => last = Some(place),
            None => break,
        }
    }
    found.dedup();
    Ok(found)
}

/// Whom `query` would mean: the first `most` with the reasons, and how many in all.
pub async fn test(
    store: &Store,
    owner: &PrincipalId,
    query: &str,
    most: usize,
) -> Result<Meant, Fault> {
    let snapshot = store.snapshot().await?;
    let terms = Terms::read(&snapshot, owner, store.now()).await?;
    let set = Set::load(store, &snapshot, owner).await?;
    let query = query.trim();
    let read = parse(query, &typed(&set)).map_err(|fault| misread(&fault, query))?;
    let with_interactions = set.asks_interactions || read.query.asks(What::Interactions);
    let mut testing = Testing {
        snapshot: &snapshot,
        terms: &terms,
        asks_others: !references(&read.query).is_empty(),
        with_interactions,
        set: &set,
        read: &read,
        query,
        most,
        seen: HashSet::new(),
        meant: Meant::default(),
    };
    for id in books::numbers(&snapshot, owner).await? {
        if let Some(book) = collection::get(&snapshot, id).await? {
            testing.go_through(&book.collection).await?;
        }
    }
    Ok(testing.meant)
}

struct Testing<'a> {
    snapshot: &'a Snapshot,
    terms: &'a Terms,
    set: &'a Set,
    with_interactions: bool,
    asks_others: bool,
    read: &'a Read,
    query: &'a str,
    most: usize,
    seen: HashSet<String>,
    meant: Meant,
}

impl Testing<'_> {
    async fn go_through(&mut self, book: &Collection) -> Result<(), Fault> {
        let mut after: Option<String> = None;
        loop {
            let mut page = Vec::new();
            member::scan(self.snapshot, book.id, after.as_deref(), |name, row| {
                page.push((name.to_owned(), row.to_owned()));
                if page.len() < PAGE { Step::Continue } else { Step::Stop }
            })
            .await?;
            for (name, card) in &page {
                if !card.flags.has(Flags::GROUP) {
                    self.look_at(book, name, card).await?;
                }
            }
            match page.into_iter().next_back() {
                Some((name, _)) => after = Some(name),
                None => return Ok(()),
            }
        }
    }

    async fn look_at(&mut self, book: &Collection, name: &str, card: &Member) -> Result<(), Fault> {
        let text = body::get(self.snapshot, Slot::Member(book.id, name)).await?.text;
        let known = known(self.snapshot, book, card, self.terms, self.with_interactions).await?;
        let subject = Subject::new(&text, &known);
        let today = self.terms.today;
        let verdicts: HashMap<SegmentId, Verdict> = if self.asks_others {
            let all = self.set.answers(&subject, today, 0).into_iter();
            all.map(|(one, verdict)| (one.id, verdict)).collect()
        } else {
            HashMap::new()
        };
        let before = |id: SegmentId| {
            let nobody = Verdict { holds: false, until: None };
            verdicts.get(&id).copied().unwrap_or(nobody)
        };
        let asked = Asked { card: &subject, today, segments: &before };
        if subject.is_group()
            || !asked.answer(&self.read.query).holds
            || !self.seen.insert(card.uid.clone())
        {
            return Ok(());
        }
        self.meant.count += 1;
        if self.meant.people.len() < self.most {
            let reasons = reasons(&asked, &self.read.query, self.query);
            let person = somebody(&card.uid, &text, book.name.clone(), name);
            self.meant.people.push(Somebody { reasons, ..person });
        }
        Ok(())
    }
}

fn somebody(uid: &str, text: &[u8], book: String, card: &str) -> Somebody {
    let name = Card::parse(text).full_name().unwrap_or_default();
    Somebody {
        uid: uid.to_owned(),
        name: one_line(&name),
        book,
        card: card.to_owned(),
        reasons: Vec::new(),
    }
}

/// The paths of books, each looked up once.
#[derive(Default)]
struct Names(HashMap<CollectionId, String>);

impl Names {
    async fn of(&mut self, snapshot: &Snapshot, id: CollectionId) -> Result<String, Fault> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let found = collection::get(snapshot, id).await?;
        let name = found.map(|found| found.collection.name).unwrap_or_default();
        self.0.insert(id, name.clone());
        Ok(name)
    }
}
