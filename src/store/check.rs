//! Verifies every invariant of the schema on one snapshot. What is held of it meanwhile grows with the
//! users and collections, not with members, versions or photos: these are read a page at a time.

use std::collections::HashMap;

use super::body::{self, BlobHash, Slot};
use super::collection::{self, Collection};
use super::engine::{EngineError, Snapshot, Step};
use super::keys::{self, table};
use super::member::MemberRow;
use super::pages::Pages;
use super::{attention, conflicts, counter, history, member, spans};
use crate::base::{CollectionId, ETag};

/// Faults named in full; more are only counted.
const NAMED: usize = 100;

/// Versions that are held at a time.
const PAGE: usize = 256;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Collections looked at, deleted ones included.
    pub collections: u64,
    /// Members looked at.
    pub members: u64,
    /// Old versions looked at.
    pub versions: u64,
    /// Bodies looked at.
    pub bodies: u64,
    /// What is wrong, one sentence each; the first hundred.
    pub faults: Vec<String>,
    /// How many faults there are.
    pub fault_count: u64,
}

#[derive(Debug, Default)]
struct Checker {
    report: Report,
    held: Holders,
    user_bytes: HashMap<String, i64>,
}

/// How often which photos are held, in two numbers however many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Holders {
    count: i64,
    /// Their hashes, each as often as it is held: what differs has another sum.
    sum: u64,
}

impl Holders {
    fn add(&mut self, hash: &BlobHash, times: i64) {
        self.count = self.count.wrapping_add(times);
        self.sum = self.sum.wrapping_add(keys::first_number(hash).wrapping_mul(times as u64));
    }
}

/// Checks everything in `snapshot`.
pub async fn check(snapshot: &Snapshot) -> Result<Report, EngineError> {
    let mut checker = Checker::default();
    let collections = collection::all(snapshot).await?;
    for found in &collections {
        checker.report.collections += 1;
        checker.place(snapshot, found).await?;
        checker.members(snapshot, found).await?;
        checker.uids(snapshot, found.id).await?;
        checker.times(snapshot, found.id).await?;
        checker.log(snapshot, found.id).await?;
        checker.kept(snapshot, found.id).await?;
    }
    checker.homes(snapshot, &collections).await?;
    checker.bodies(snapshot).await?;
    checker.users(snapshot).await?;
    Ok(checker.report)
}

impl Checker {
    fn fault(&mut self, fault: String) {
        self.report.fault_count += 1;
        if self.report.faults.len() < NAMED {
            self.report.faults.push(fault);
        }
    }

    /// A live collection is in its home, a deleted one in the trash.
    async fn place(&mut self, snapshot: &Snapshot, found: &Collection) -> Result<(), EngineError> {
        let (id, owner, name) = (found.id, &found.owner, &found.name);
        let placed = match found.deleted {
            None => keys::home_name(owner, found.kind.tag(), name),
            Some(at) => keys::trashed(owner, at.0, id),
        };
        if !snapshot.has(&placed).await? {
            self.fault(format!("collection {} ({owner}/{name}) is in no home and no trash", id.0));
        }
        Ok(())
    }

    async fn members(
        &mut self,
        snapshot: &Snapshot,
        found: &Collection,
    ) -> Result<(), EngineError> {
        let id = found.id;
        let (mut count, mut bytes) = (0_i64, 0_i64);
        let mut after: Option<String> = None;
        loop {
            let mut page = Vec::new();
            member::scan(snapshot, id, after.as_deref(), |name, row| {
                page.push((name.to_owned(), row.to_owned()));
                if page.len() < 256 { Step::Continue } else { Step::Stop }
            })
            .await?;
            for (name, member) in &page {
                count += 1;
                bytes += member.size as i64;
                let here = format!("{}/{}/{name}", found.owner, found.name);
                self.content(snapshot, &here, Slot::Member(id, name), member.row()).await?;
                if member::holder(snapshot, id, &member.uid).await?.as_deref() != Some(name) {
                    self.fault(format!("{here}: its UID is not found under its name"));
                }
            }
            match page.into_iter().next_back() {
                Some((name, _)) => after = Some(name),
                None => break,
            }
        }
        self.report.members += count as u64;
        let here = format!("{}/{}", found.owner, found.name);
        if collection::count(snapshot, id).await? != count {
            self.fault(format!("{here}: the number of members is not {count}, as counted"));
        }
        if collection::bytes_used(snapshot, id).await? != bytes {
            self.fault(format!("{here}: the members do not have {bytes} bytes, as counted"));
        }
        if found.deleted.is_none() {
            *self.user_bytes.entry(found.owner.as_str().to_owned()).or_default() += bytes;
        }
        Ok(())
    }

    async fn content(
        &mut self,
        snapshot: &Snapshot,
        here: &str,
        slot: Slot<'_>,
        row: MemberRow<'_>,
    ) -> Result<(), EngineError> {
        match body::get(snapshot, slot).await {
            Err(error) => self.fault(format!("{here}: {error}")),
            Ok(stored) => match self.held(&stored).clone().parts(snapshot).await {
                Err(error) => self.fault(format!("{here}: {error}")),
                Ok(parts) => {
                    if ETag::of_parts(parts.iter().map(|p| &p.bytes[..])) != row.etag {
                        self.fault(format!("{here}: the tag is not that of the content"));
                    }
                    if stored.size() != row.size {
                        self.fault(format!("{here}: the size is not that of the content"));
                    }
                }
            },
        }
        Ok(())
    }

    async fn uids(&mut self, snapshot: &Snapshot, id: CollectionId) -> Result<(), EngineError> {
        let prefix = keys::of_collection(table::UID, id);
        let mut pages = Pages::of(snapshot, &prefix);
        while let Some(rows) = pages.next().await? {
            for (key, name) in rows {
                let uid = keys::text_in(key.get(prefix.len()..).unwrap_or_default());
                let holder = member::get(snapshot, id, &keys::text_in(&name)).await?;
                if holder.is_none_or(|member| member.uid != uid) {
                    self.fault(format!("collection {}: UID {uid} is held by nobody", id.0));
                }
            }
        }
        Ok(())
    }

    /// The time index holds the spans of the members that are there, and no others.
    async fn times(&mut self, snapshot: &Snapshot, id: CollectionId) -> Result<(), EngineError> {
        let prefix = keys::of_collection(table::SPANS, id);
        let mut pages = Pages::of(snapshot, &prefix);
        while let Some(rows) = pages.next().await? {
            for (key, _) in rows {
                let name = keys::text_in(key.get(prefix.len()..).unwrap_or_default());
                let mut fits = member::get(snapshot, id, &name).await?.is_some();
                for span in spans::get(snapshot, id, &name).await? {
                    fits &= spans::is_filed(snapshot, id, &name, span).await?;
                }
                if !fits {
                    let id = id.0;
                    self.fault(format!("collection {id}: the times of {name:?} are not indexed"));
                }
            }
        }
        let prefix = keys::of_collection(table::TIME, id);
        let mut pages = Pages::of(snapshot, &prefix);
        while let Some(rows) = pages.next().await? {
            for (key, value) in rows {
                let row = key.get(prefix.len()..).unwrap_or_default();
                let Some((name, span)) = spans::filed(row, &value) else { continue };
                if !spans::get(snapshot, id, &name).await?.contains(&span) {
                    let id = id.0;
                    self.fault(format!("collection {id}: a time of {name:?} is none of its own"));
                }
            }
        }
        Ok(())
    }

    /// Changes are numbered from 1 without a gap, up to the head.
    async fn log(&mut self, snapshot: &Snapshot, id: CollectionId) -> Result<(), EngineError> {
        let head = super::change::head(snapshot, id).await?;
        let mut expected = 1;
        super::change::scan(snapshot, id, 0, |sequence, _| {
            if sequence == expected {
                expected += 1;
                Step::Continue
            } else {
                Step::Stop
            }
        })
        .await?;
        if expected != head + 1 {
            self.fault(format!("collection {}: change {expected} of {head} is missing", id.0));
        }
        Ok(())
    }

    /// Notes the blobs that a body holds.
    fn held<'b>(&mut self, stored: &'b body::Body) -> &'b body::Body {
        self.report.bodies += 1;
        for cut in &stored.cuts {
            self.held.add(&cut.hash, 1);
        }
        stored
    }

    /// The bodies of history, originals and refused versions are there.
    async fn kept(&mut self, snapshot: &Snapshot, id: CollectionId) -> Result<(), EngineError> {
        let mut after = None;
        loop {
            let page = history::page(snapshot, id, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            self.report.versions += page.len() as u64;
            for (place, version) in page {
                if version.has_body() {
                    self.there(snapshot, Slot::Kept(place)).await;
                }
            }
        }
        let prefix = keys::of_collection(table::ATTENTION, id);
        let mut pages = Pages::of(snapshot, &prefix);
        while let Some(rows) = pages.next().await? {
            for (key, value) in rows {
                let name = keys::text_in(key.get(prefix.len()..).unwrap_or_default());
                if attention::read(&value)?.original {
                    self.there(snapshot, Slot::Original(id, &name)).await;
                }
            }
        }
        let prefix = conflicts::of_collection(id);
        let mut pages = Pages::of(snapshot, &prefix);
        while let Some(rows) = pages.next().await? {
            for (key, value) in rows {
                let kept = conflicts::kept(key.get(prefix.len()..).unwrap_or_default(), &value);
                if let Some(kept) = kept {
                    self.there(snapshot, Slot::Refused(id, kept?.number)).await;
                }
            }
        }
        Ok(())
    }

    async fn there(&mut self, snapshot: &Snapshot, slot: Slot<'_>) {
        match body::get(snapshot, slot).await {
            Ok(stored) => {
                self.held(&stored);
            }
            Err(error) => self.fault(error.to_string()),
        }
    }

    async fn homes(
        &mut self,
        snapshot: &Snapshot,
        collections: &[Collection],
    ) -> Result<(), EngineError> {
        let live: HashMap<u64, &Collection> =
            collections.iter().filter(|c| c.deleted.is_none()).map(|c| (c.id.0, c)).collect();
        let prefix = [table::HOME];
        let mut strays = Vec::new();
        snapshot
            .scan(&prefix, &keys::after(&prefix), |key, id| {
                let known = live.get(&(counter(id) as u64));
                let fits = known.is_some_and(|c| {
                    key == keys::home_name(&c.owner, c.kind.tag(), &c.name).as_slice()
                });
                if !fits {
                    strays.push(String::from_utf8_lossy(key).into_owned());
                }
                Step::Continue
            })
            .await?;
        for stray in strays {
            self.fault(format!("a home lists {stray:?}, which is no collection of that name"));
        }
        Ok(())
    }

    /// No body lies about that nobody holds, and every blob is held as often as it is counted.
    async fn bodies(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let mut stored = 0;
        let refused = &conflicts::BODIES[..];
        for part in [&[table::BODY][..], &[table::KEPT], &[table::ORIGINAL], refused] {
            snapshot
                .scan(part, &keys::after(part), |_, _| {
                    stored += 1;
                    Step::Continue
                })
                .await?;
        }
        if stored != self.report.bodies {
            let held = self.report.bodies;
            self.fault(format!("{stored} bodies are stored, {held} are held by something"));
        }
        let prefix = [table::BLOB_REFS];
        let mut counted = Holders::default();
        snapshot
            .scan(&prefix, &keys::after(&prefix), |key, count| {
                if let Some(hash) = key.last_chunk() {
                    counted.add(hash, counter(count));
                }
                Step::Continue
            })
            .await?;
        let held = self.held;
        if counted.count != held.count {
            self.fault(format!("photos are held {} times, not {}", held.count, counted.count));
        } else if counted != held {
            self.fault("photos are held as often as is counted, but not the same ones".to_owned());
        }
        Ok(())
    }

    async fn users(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        for (owner, bytes) in std::mem::take(&mut self.user_bytes) {
            let Some(id) = crate::base::PrincipalId::parse(&owner) else {
                self.fault(format!("{owner:?} is no principal's id"));
                continue;
            };
            let counted = collection::user_bytes(snapshot, &id).await?;
            if counted != bytes {
                self.fault(format!("the cards of {owner} have {bytes} bytes, not {counted}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
