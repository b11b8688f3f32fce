//! What one commit takes in: some cards of a book are asked about, and what follows for segments
//! and their books is written.

use std::collections::hash_map::Entry as Looked;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::query::{Known, Subject};
use super::set::{Compiled, Set};
use super::terms::Terms;
use crate::base::{CollectionId, Fault};
use crate::formats::find::named;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection};
use crate::store::engine::{Batch, Snapshot};
use crate::store::member::{self, Flags, Member};
use crate::store::segments::SegmentId;
use crate::store::segments::copies::Copies;
use crate::store::segments::members::{self, Entry, Place};
use crate::store::tags::uuid_of;
use crate::store::{Store, contacts, interactions};

pub(super) struct Round<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    book: &'a Collection,
    terms: &'a Terms,
    set: &'a Set,
    batch: Batch,
    /// Cards that left or came to segments, or changed in them, where those have books; by UID.
    touched: BTreeSet<(SegmentId, String)>,
    /// Which cards left those that have books, and which came.
    left: HashSet<(SegmentId, String, String)>,
    came: HashMap<(SegmentId, String), String>,
}

impl<'a> Round<'a> {
    pub(super) fn new(
        store: &'a Store,
        snapshot: &'a Snapshot,
        book: &'a Collection,
        terms: &'a Terms,
        set: &'a Set,
    ) -> Self {
        Self {
            store,
            snapshot,
            book,
            terms,
            set,
            batch: Batch::new(),
            touched: BTreeSet::new(),
            left: HashSet::new(),
            came: HashMap::new(),
        }
    }

    /// Asks what segments that changed after revision `since` say of card `name`.
    pub(super) async fn look_at(&mut self, name: &str, since: u64) -> Result<(), Fault> {
        let id = self.book.id;
        let was = members::entry(self.snapshot, id, name).await?;
        let card = member::get(self.snapshot, id, name).await?;
        let now = match card.filter(|card| !card.flags.has(Flags::GROUP)) {
            Some(card) => self.entry_of(name, &card, was.as_ref(), since).await?,
            None => None,
        };
        self.note(name, was.as_ref(), now.as_ref(), since)
    }

    /// Takes card `name` out of all segments.
    pub(super) fn forget(&mut self, name: &str, was: &Entry) -> Result<(), Fault> {
        self.note(name, Some(was), None, 0)
    }

    async fn entry_of(
        &self,
        name: &str,
        card: &Member,
        was: Option<&Entry>,
        since: u64,
    ) -> Result<Option<Entry>, Fault> {
        let text = body::get(self.snapshot, Slot::Member(self.book.id, name)).await?.text;
        let known =
            known(self.snapshot, self.book, card, self.terms, self.set.asks_interactions).await?;
        let subject = Subject::new(&text, &known);
        if subject.is_group() {
            return Ok(None);
        }
        let was = was.filter(|_| since > 0);
        let mut segments = was.map_or_else(Vec::new, |was| was.segments.clone());
        let mut day = None;
        for (one, verdict) in self.set.answers(&subject, self.terms.today, since) {
            if was.is_some() {
                segments.retain(|known| *known != one.id);
            }
            if verdict.holds {
                segments.push(one.id);
            }
            day = [day, verdict.until].into_iter().flatten().min();
        }
        let until = [was.and_then(|was| was.until), day.map(|day| self.terms.beginning(day))];
        let until = until.into_iter().flatten().min();
        // Those of segments that are gone go with the next look.
        segments.retain(|id| self.set.get(*id).is_some());
        segments.sort_unstable();
        let written = written(&text).filter(|uid| *uid != card.uid);
        let entry = Entry { uid: card.uid.clone(), written, segments, until };
        Ok((!entry.segments.is_empty() || entry.until.is_some()).then_some(entry))
    }

    /// Notes the change of what is known of card `name`, of which segments were asked that changed
    /// after revision `since`.
    fn note(
        &mut self,
        name: &str,
        was: Option<&Entry>,
        now: Option<&Entry>,
        since: u64,
    ) -> Result<(), Fault> {
        for (entry, is_now) in
            was.map(|was| (was, false)).into_iter().chain(now.map(|now| (now, true)))
        {
            for id in &entry.segments {
                let Some(one) = self.set.get(*id).filter(|one| one.book().is_some()) else {
                    continue;
                };
                if is_now {
                    self.came.insert((*id, entry.uid.clone()), name.to_owned());
                } else {
                    self.left.insert((*id, entry.uid.clone(), name.to_owned()));
                }
                // Of the others the card is what it was.
                if one.stored.record.revised > since {
                    self.touched.insert((*id, entry.uid.clone()));
                }
            }
        }
        Ok(members::set(&mut self.batch, self.book.id, name, was, now)?)
    }

    /// What is to be committed.
    pub(super) async fn finish(mut self) -> Result<Batch, Fault> {
        let mut books: HashMap<CollectionId, Option<Collection>> = HashMap::new();
        let mut copies = Copies::default();
        for (id, uid) in std::mem::take(&mut self.touched) {
            let Some(book) = self.set.get(id).and_then(Compiled::book) else { continue };
            let book = match books.entry(book) {
                Looked::Occupied(known) => known.into_mut(),
                Looked::Vacant(place) => {
                    let found = collection::get(self.snapshot, book).await?;
                    let live = found.map(|found| found.collection);
                    place.insert(live.filter(|one| one.deleted.is_none()))
                }
            };
            let Some(book) = book else { continue };
            self.copy(&mut copies, book, id, &uid).await?;
        }
        copies.settle(self.snapshot, &mut self.batch).await?;
        Ok(self.batch)
    }

    /// Brings the copy of the person with this UID in the segment's book up to date.
    async fn copy(
        &mut self,
        copies: &mut Copies,
        book: &Collection,
        id: SegmentId,
        uid: &str,
    ) -> Result<(), Fault> {
        let mut places = members::places_of(self.snapshot, id, uid).await?;
        places.retain(|place| {
            let row = (id, place.uid.clone(), place.name.clone());
            place.book != self.book.id || !self.left.contains(&row)
        });
        let came = self.came.get(&(id, uid.to_owned()));
        places.extend(came.map(|name| Place {
            uid: uid.to_owned(),
            written: String::new(),
            book: self.book.id,
            name: name.clone(),
        }));
        places.sort_by(|one, other| (one.book, &one.name).cmp(&(other.book, &other.name)));
        let name = name_of_copy(uid);
        let old = member::get(self.snapshot, book.id, &name).await?;
        let mut card = None;
        for place in places {
            card =
                member::get(self.snapshot, place.book, &place.name).await?.map(|row| (place, row));
            if card.is_some() {
                break;
            }
        }
        let Some((place, card)) = card else {
            if let Some(old) = &old {
                copies.end((self.snapshot, &mut self.batch), book, &name, old).await?;
            }
            return Ok(());
        };
        let flags = card.flags.with(Flags::REPAIRED, false);
        if old.as_ref().is_some_and(|old| old.etag == card.etag && old.flags == flags) {
            return Ok(());
        }
        let slot = Slot::Member(place.book, &place.name);
        let body = body::get(self.snapshot, slot).await?;
        let all = (self.store, self.snapshot, &mut self.batch);
        Ok(copies.put(all, book, &name, old.as_ref(), (&card, &body)).await?)
    }
}

/// What is known of a card beside its text.
pub(super) async fn known(
    snapshot: &Snapshot,
    book: &Collection,
    card: &Member,
    terms: &Terms,
    with_interactions: bool,
) -> Result<Known, Fault> {
    let contact = if with_interactions {
        contacts::id_of(snapshot, &book.owner, &card.uid).await?
    } else {
        None
    };
    let interactions = match contact {
        Some(contact) => interactions::count(snapshot, contact).await?,
        None => 0,
    };
    let names = [Some(book.name.clone()), book.display_name.clone()];
    Ok(Known {
        books: names.into_iter().flatten().collect(),
        created: Some(terms.day(card.created)),
        changed: Some(terms.day(card.modified)),
        interactions,
    })
}

/// The UID of a card as it is written, without `urn:uuid:`.
fn written(text: &[u8]) -> Option<String> {
    let uid = named(text, "UID").next()?.text().trim().to_owned();
    let is_urn = uid.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("urn:uuid:"));
    let bare = if is_urn { uid.get(9..).map(str::to_owned) } else { Some(uid) };
    bare.filter(|uid| !uid.is_empty())
}

/// What the card of a person is called in books of segments.
fn name_of_copy(uid: &str) -> String {
    let urn = uuid_of(&format!("segment card {uid}"));
    format!("{}.vcf", urn.trim_start_matches("urn:uuid:"))
}
