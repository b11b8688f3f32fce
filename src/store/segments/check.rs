//! Verifies that segments, their names, their members and their books agree with each other.
//!
//! Not judged, because somebody puts it right later: that a card is known to be in a segment that
//! ended (until the card is next looked at), that a group card or a change is of one (until the
//! group cards of the book are next looked at), and what queries ask for, which nothing here reads.

use std::collections::{HashMap, HashSet};

use super::members::{BY_UID, DUE, ENTRY, Entry, Place, due_key, place_key};
use super::{NAME, SEGMENT, SHOWN, Segment, SegmentId, VERSION, following};
use crate::base::{CollectionId, Timestamp};
use crate::store::collection::{self, Role};
use crate::store::engine::{EngineError, Snapshot};
use crate::store::keys::{self, Key};
use crate::store::pages::Pages;
use crate::store::{counter, decode, principals};

/// Faults that are found at most.
const MOST: usize = 1000;

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut checker = Checker { snapshot, segments: HashMap::new(), faults: Vec::new() };
    checker.segments().await?;
    checker.names().await?;
    checker.books().await?;
    checker.entries().await?;
    checker.members().await?;
    checker.due().await?;
    Ok(checker.faults)
}

struct Checker<'a> {
    snapshot: &'a Snapshot,
    segments: HashMap<SegmentId, Segment>,
    faults: Vec<String>,
}

impl Checker<'_> {
    fn fault(&mut self, fault: String) {
        if self.faults.len() < MOST {
            self.faults.push(fault);
        }
    }

    /// A segment has an owner who exists.
    async fn segments(&mut self) -> Result<(), EngineError> {
        let everybody: HashSet<_> =
            principals::all(self.snapshot).await?.into_iter().map(|(id, _)| id).collect();
        let mut pages = Pages::of(self.snapshot, &[SEGMENT]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let id = SegmentId(keys::last_number(key).unwrap_or(0));
                let Ok(segment) = decode::<Segment>(VERSION, value) else {
                    self.fault(format!("segment {} cannot be read", id.0));
                    continue;
                };
                if !everybody.contains(&segment.owner) {
                    let owner = &segment.owner;
                    self.fault(format!("segment {} is of {owner}, who does not exist", id.0));
                }
                self.segments.insert(id, segment);
            }
        }
        Ok(())
    }

    /// Each segment has one name, and each name leads to one.
    async fn names(&mut self) -> Result<(), EngineError> {
        let mut named = HashSet::new();
        let mut pages = Pages::of(self.snapshot, &[NAME]);
        while let Some(rows) = pages.next().await? {
            for (_, value) in &rows {
                let id = SegmentId(counter(value) as u64);
                if !self.segments.contains_key(&id) || !named.insert(id) {
                    self.fault(format!("a name leads to segment {}, which has it not", id.0));
                }
            }
        }
        for id in self.segments.keys().copied().collect::<Vec<_>>() {
            if !named.contains(&id) {
                self.fault(format!("segment {} has no name that leads to it", id.0));
            }
        }
        Ok(())
    }

    /// A book of a segment is the book of one that says so.
    async fn books(&mut self) -> Result<(), EngineError> {
        for (id, segment) in self.segments.clone() {
            let Some(book) = segment.book else { continue };
            let found = collection::get(self.snapshot, book).await?;
            let found = found.filter(|found| {
                found.collection.role == Role::Segment && found.collection.deleted.is_none()
            });
            if found.is_none() || super::of_book(self.snapshot, book).await? != Some(id) {
                self.fault(format!("segment {} has a book that is not there", id.0));
            }
        }
        let prefix = Key::of(SHOWN).bytes(super::BOOK).done();
        let mut pages = Pages::of(self.snapshot, &prefix);
        while let Some(rows) = pages.next().await? {
            for (_, value) in &rows {
                let id = SegmentId(counter(value) as u64);
                if self.segments.get(&id).is_none_or(|segment| segment.book.is_none()) {
                    self.fault(format!("a book is that of segment {}, which has none", id.0));
                }
            }
        }
        Ok(())
    }

    /// What is known of a card stands in the indexes.
    async fn entries(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[ENTRY]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let (book, name) = place(key.get(1..).unwrap_or_default());
                let Ok(entry) = decode::<Entry>(VERSION, value) else {
                    self.fault(format!("what segments know of {}/{name} cannot be read", book.0));
                    continue;
                };
                for id in &entry.segments {
                    let row = place_key(*id, &entry.uid, book, &name);
                    let is_there = self.snapshot.has(&row).await?;
                    if self.segments.contains_key(id) && !is_there {
                        self.fault(format!("{}/{name} is not listed in segment {}", book.0, id.0));
                    }
                }
                if let Some(until) = entry.until {
                    let row = due_key(book, until, &name);
                    if !self.snapshot.has(&row).await? {
                        self.fault(format!("{}/{name} is never looked at again", book.0));
                    }
                }
            }
        }
        Ok(())
    }

    /// Who is listed is known to be in the segment.
    async fn members(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[BY_UID]);
        while let Some(rows) = pages.next().await? {
            for (key, _) in &rows {
                let id = key.get(1..9).and_then(|n| n.first_chunk::<8>());
                let id = SegmentId(id.map_or(0, |n| u64::from_be_bytes(*n)));
                let row = key.get(9..).unwrap_or_default();
                let Some(listed) = super::members::place_in(row, &[]) else {
                    self.fault(format!("a member of segment {} cannot be read", id.0));
                    continue;
                };
                if !self.segments.contains_key(&id) {
                    self.leaving(id, &listed).await?;
                    continue;
                }
                let known = super::members::entry(self.snapshot, listed.book, &listed.name).await?;
                let is =
                    known.is_some_and(|one| one.uid == listed.uid && one.segments.contains(&id));
                if !is {
                    let (book, name) = (listed.book.0, &listed.name);
                    self.fault(format!("{book}/{name} is listed in segment {} in vain", id.0));
                }
                if collection::get(self.snapshot, listed.book).await?.is_none() {
                    self.fault(format!("segment {} has members of no book", id.0));
                }
            }
        }
        Ok(())
    }

    /// Members of a segment that ended go bit by bit, as long as that is noted.
    async fn leaving(&mut self, id: SegmentId, listed: &Place) -> Result<(), EngineError> {
        let Some(book) = collection::get(self.snapshot, listed.book).await? else { return Ok(()) };
        if !following::is_leaving(self.snapshot, &book.collection.owner, id).await? {
            let (book, name) = (listed.book.0, &listed.name);
            self.fault(format!("{book}/{name} is listed in segment {}, which is not there", id.0));
        }
        Ok(())
    }

    /// A card is looked at again when it is known to have to be.
    async fn due(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[DUE]);
        while let Some(rows) = pages.next().await? {
            for (key, _) in &rows {
                let (book, rest) = key.get(1..).and_then(|k| k.split_first_chunk::<8>()).unzip();
                let (at, name) = rest.and_then(|r: &[u8]| r.split_first_chunk::<8>()).unzip();
                let number = |n: Option<&[u8; 8]>| n.map_or(0, |n| u64::from_be_bytes(*n));
                let (book, at) = (CollectionId(number(book)), Timestamp(number(at)));
                let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
                let known = super::members::entry(self.snapshot, book, &name).await?;
                if known.is_none_or(|known| known.until != Some(at)) {
                    self.fault(format!("{}/{name} is looked at again in vain", book.0));
                }
            }
        }
        Ok(())
    }
}

fn place(key: &[u8]) -> (CollectionId, String) {
    let (book, name) = key.split_first_chunk::<8>().unzip();
    let book = CollectionId(book.map_or(0, |n| u64::from_be_bytes(*n)));
    (book, String::from_utf8_lossy(name.unwrap_or_default()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::segments::members;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn what_does_not_agree_is_told() {
        let (store, anna) = with_user("anna").await;
        let segment = Segment {
            owner: anna.clone(),
            name: "S".to_owned(),
            query: "has mail".to_owned(),
            as_group: true,
            book: None,
            created: Timestamp(1),
            revised: 1,
        };
        let mut batch = crate::store::engine::Batch::new();
        let id = super::super::insert(&store, &mut batch, "s", &segment).unwrap();
        let entry = Entry {
            uid: "a".to_owned(),
            written: None,
            segments: vec![id],
            until: Some(Timestamp(9)),
        };
        let book = CollectionId(7);
        members::set(&mut batch, book, "a.vcf", None, Some(&entry)).unwrap();
        store.commit(batch).await.unwrap();
        let found = check(&store.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(found, [format!("segment {} has members of no book", id.0)]);
        for (row, wanted) in [
            (place_key(id, "a", book, "a.vcf"), "is not listed"),
            (due_key(book, Timestamp(9), "a.vcf"), "never looked at again"),
            (super::super::names_of(&anna), "has no name"),
            (keys::in_collection(ENTRY, book, "a.vcf"), "in vain"),
        ] {
            let row = if row.starts_with(&[NAME]) { [&row[..], b"s"].concat() } else { row };
            let mut batch = crate::store::engine::Batch::new();
            batch.delete(row);
            store.commit(batch).await.unwrap();
            let found = check(&store.snapshot().await.unwrap()).await.unwrap();
            let found = found.join("; ");
            // What goes with the last row has nothing left to disagree with.
            assert!(found.contains(wanted) || wanted == "in vain", "{wanted}: {found}");
        }
    }

    #[tokio::test]
    async fn members_of_a_segment_that_ended_are_let_go_or_told_of() {
        let (store, anna) = crate::store::check_contacts::tests::filled().await;
        let (id, book) = (SegmentId(5), CollectionId(7));
        let mut batch = crate::store::engine::Batch::new();
        batch.put(place_key(id, "u1", book, "a.vcf"), Vec::new());
        following::leave(&mut batch, &anna, id);
        store.commit(batch).await.unwrap();
        assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap(), [""; 0]);
        let mut batch = crate::store::engine::Batch::new();
        batch.delete([&following::leaving_of(&anna)[..], &id.0.to_be_bytes()].concat());
        store.commit(batch).await.unwrap();
        let found = check(&store.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(found, ["7/a.vcf is listed in segment 5, which is not there"]);
    }
}
