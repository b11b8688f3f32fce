//! Brings the calendar of birthdays up to date, in commits of bounded size. Each says how far
//! it got, on condition that nobody else got further, so that what is interrupted goes on where
//! it stopped and what two do at once is done once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::sources::{self, Book};
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::calendars::birthdays::{self, Event, Occasion, Window};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection};
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot, Step};
use crate::store::generated::{self, Source, State};
use crate::store::preferences::{self, DayAlarm};
use crate::store::{Store, change, member};

/// Cards whose events one commit writes, and changes that it takes in.
const STEP: usize = 256;

/// Cards without any day that one commit goes past.
const PAGE: usize = 8192;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// The form of what is written; another one has everything written anew.
const FORM: u8 = 1;

/// Takes in what changed since the calendar was last looked at: cards, books that came into or
/// went out of sight, the year, the owner's wishes.
pub async fn freshen(store: &Store, id: CollectionId) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(found) = collection::get(&snapshot, id).await? else { return Ok(()) };
        if found.collection.deleted.is_some() {
            return Ok(());
        }
        let read = generated::state(&snapshot, id).await?;
        let before = read.as_ref().map(|stored| stored.record.clone()).unwrap_or_default();
        let mut round = Round::begin(store, &snapshot, &found.collection, before.clone()).await?;
        let finished = round.take_in().await?;
        if round.state == before {
            return Ok(());
        }
        round.write().await?;
        let Round { mut batch, state, .. } = round;
        found.witness.require(&mut batch);
        generated::advance(&mut batch, id, read.as_ref(), &state)?;
        match store.commit(batch).await {
            Ok(_) if finished => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// What one commit takes in.
struct Round<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    calendar: &'a Collection,
    books: Vec<Book>,
    window: Window,
    alarms: Vec<DayAlarm>,
    state: State,
    /// The cards whose events may change: owner and UID.
    touched: BTreeSet<(PrincipalId, String)>,
    batch: Batch,
}

impl<'a> Round<'a> {
    async fn begin(
        store: &'a Store,
        snapshot: &'a Snapshot,
        calendar: &'a Collection,
        state: State,
    ) -> Result<Self, EngineError> {
        let wishes = preferences::get(snapshot, &calendar.owner).await?;
        Ok(Self {
            store,
            snapshot,
            calendar,
            books: sources::visible(snapshot, &calendar.owner).await?,
            window: Window::around(store.now()),
            alarms: wishes.map(|stored| stored.record.birthday_alarms).unwrap_or_default(),
            state,
            touched: BTreeSet::new(),
            batch: Batch::new(),
        })
    }

    /// Finds the cards whose events may have to change, and moves the state on; `true` if nothing
    /// was left for a later commit.
    async fn take_in(&mut self) -> Result<bool, Fault> {
        let basis = format!("{FORM} {} {:?}", self.window.first(), self.alarms);
        if self.state.basis != basis {
            self.state.basis = basis;
            for source in &mut self.state.sources {
                source.after = Some(String::new());
            }
        }
        for book in &self.books {
            if !self.state.sources.iter().any(|source| source.collection == book.id) {
                let after = Some(String::new());
                self.state.sources.push(Source { collection: book.id, head: book.head, after });
            }
        }
        let mut finished = true;
        for at in 0..self.state.sources.len() {
            let Some(mut source) = self.state.sources.get(at).cloned() else { break };
            let book = self.books.iter().find(|book| book.id == source.collection).cloned();
            if let Some(book) = book {
                if source.after.is_some() {
                    self.go_through(&book, &mut source).await?;
                }
                if source.head < book.head {
                    self.follow(&book, &mut source).await?;
                }
                finished = finished && source.after.is_none() && source.head >= book.head;
            } else {
                let gone = self.leave(&source).await?;
                finished = finished && gone;
                if gone {
                    // Taken out below; no book has this number.
                    source.after = None;
                    source.head = u64::MAX;
                }
            }
            if let Some(place) = self.state.sources.get_mut(at) {
                *place = source;
            }
        }
        let books = &self.books;
        self.state.sources.retain(|source| {
            source.head != u64::MAX || books.iter().any(|book| book.id == source.collection)
        });
        Ok(finished)
    }

    fn room(&self) -> usize {
        STEP.saturating_sub(self.touched.len())
    }

    /// Goes on going through a whole book.
    async fn go_through(&mut self, book: &Book, source: &mut Source) -> Result<(), Fault> {
        let (mut found, mut seen, mut last) = (Vec::new(), 0, None);
        let room = self.room();
        if room == 0 {
            return Ok(());
        }
        let after = source.after.clone().filter(|name| !name.is_empty());
        let mut stopped = false;
        body::scan_texts(self.snapshot, book.id, after.as_deref(), |name, text, _| {
            seen += 1;
            last = Some(name.to_owned());
            if !birthdays::of_card(text).is_empty() {
                found.push(name.to_owned());
            }
            stopped = found.len() >= room || seen >= PAGE;
            if stopped { Step::Stop } else { Step::Continue }
        })
        .await?;
        for name in found {
            if let Some(card) = member::get(self.snapshot, book.id, &name).await? {
                self.remember(book, &name, card.uid);
            }
        }
        source.after = last.filter(|_| stopped);
        Ok(())
    }

    /// Takes in what the change log of a book has beyond what was.
    async fn follow(&mut self, book: &Book, source: &mut Source) -> Result<(), Fault> {
        let room = self.room();
        if room == 0 {
            return Ok(());
        }
        let (mut names, mut head) = (BTreeSet::new(), source.head);
        change::scan(self.snapshot, book.id, source.head, |sequence, name| {
            head = sequence;
            names.insert(name.to_owned());
            if names.len() < room { Step::Continue } else { Step::Stop }
        })
        .await?;
        for name in names {
            let id = self.calendar.id;
            let was = generated::origin(self.snapshot, id, book.id, &name).await?;
            if let Some(was) = &was {
                self.touched.extend(read_identity(was));
            }
            let card = member::get(self.snapshot, book.id, &name).await?;
            match card {
                Some(card) if self.remembers(book.id, &name).await? => {
                    self.remember(book, &name, card.uid);
                }
                _ if was.is_some() => {
                    generated::set_origin(&mut self.batch, id, book.id, &name, None);
                }
                _ => {}
            }
        }
        source.head = head;
        Ok(())
    }

    /// Lets go of a book that is no longer in sight; `true` when nothing of it is left.
    async fn leave(&mut self, source: &Source) -> Result<bool, Fault> {
        let room = self.room();
        if room == 0 {
            return Ok(false);
        }
        let (id, book) = (self.calendar.id, source.collection);
        let origins = generated::origins(self.snapshot, id, book, room).await?;
        let all = origins.len() < room;
        for (name, identity) in origins {
            self.touched.extend(read_identity(&identity));
            generated::set_origin(&mut self.batch, id, book, &name, None);
        }
        Ok(all)
    }

    async fn remembers(&self, book: CollectionId, name: &str) -> Result<bool, Fault> {
        let card = body::get(self.snapshot, Slot::Member(book, name)).await?;
        Ok(!birthdays::of_card(&card.text).is_empty())
    }

    fn remember(&mut self, book: &Book, name: &str, uid: String) {
        let identity = format!("{} {uid}", book.owner);
        let (id, batch) = (self.calendar.id, &mut self.batch);
        generated::set_origin(batch, id, book.id, name, Some(&identity));
        self.touched.insert((book.owner.clone(), uid));
    }

    /// Writes the events of the cards that were touched, where they are not as they should be.
    async fn write(&mut self) -> Result<(), Fault> {
        let stamp = self.store.now().rfc3339().replace(['-', ':'], "");
        let (window, alarms) = (self.window.clone(), self.alarms.clone());
        for (owner, uid) in std::mem::take(&mut self.touched) {
            let identity = digest(&owner, &uid);
            let days = self.days(&owner, &uid).await?;
            for occasion in Occasion::ALL {
                let name = Event::name(occasion, &identity);
                let old = member::get(self.snapshot, self.calendar.id, &name).await?;
                let wanted = days.iter().find(|day| day.occasion == occasion);
                match (old, wanted) {
                    (None, None) => {}
                    (Some(old), None) => {
                        let (snapshot, batch) = (self.snapshot, &mut self.batch);
                        let calendar = self.calendar;
                        self.store.plan_ungenerated(snapshot, batch, calendar, &name, &old).await?;
                    }
                    (old, Some(remembered)) => {
                        let event = Event {
                            remembered,
                            identity: &identity,
                            window: &window,
                            alarms: &alarms,
                        };
                        self.put(&event, &name, old.as_ref(), &stamp).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn put(
        &mut self,
        event: &Event<'_>,
        name: &str,
        old: Option<&member::Member>,
        stamp: &str,
    ) -> Result<(), Fault> {
        if let Some(old) = old {
            // With the time of its last change it would be the same, if it need not change.
            let stored = body::get(self.snapshot, Slot::Member(self.calendar.id, name)).await?;
            let same = stamp_of(&stored.text).and_then(|stamp| event.member(stamp));
            if same.is_some_and(|same| same.etag == old.etag) {
                return Ok(());
            }
        }
        let Some(new) = event.member(stamp) else { return Ok(()) };
        let (snapshot, batch) = (self.snapshot, &mut self.batch);
        Ok(self.store.plan_generated(snapshot, batch, self.calendar, name, old, &new).await?)
    }

    /// What a card remembers, as the oldest book in sight has it that has it at all.
    async fn days(
        &self,
        owner: &PrincipalId,
        uid: &str,
    ) -> Result<Vec<birthdays::Remembered>, Fault> {
        for book in self.books.iter().filter(|book| book.owner == *owner) {
            if let Some(name) = member::holder(self.snapshot, book.id, uid).await? {
                let card = body::get(self.snapshot, Slot::Member(book.id, &name)).await?;
                let days = birthdays::of_card(&card.text);
                if !days.is_empty() {
                    return Ok(days);
                }
            }
        }
        Ok(Vec::new())
    }
}

/// Owner and UID, as they were kept.
fn read_identity(kept: &str) -> Option<(PrincipalId, String)> {
    let (owner, uid) = kept.split_once(' ')?;
    Some((PrincipalId::parse(owner)?, uid.to_owned()))
}

/// What stands for a card in names and UIDs: UIDs hold whatever programs think of.
fn digest(owner: &PrincipalId, uid: &str) -> String {
    let digest = Sha256::digest(format!("{owner} {uid}"));
    let mut text = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// When an event of ours was last changed, as it says.
fn stamp_of(event: &[u8]) -> Option<&str> {
    let at = memchr::memmem::find(event, b"\nDTSTAMP:")? + b"\nDTSTAMP:".len();
    let stamp = event.get(at..)?.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(stamp).ok()
}
