//! Brings a calendar in line with the feed behind it: in commits of bounded size, each on
//! condition that nobody else is at it. What did not change is not touched.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::feed::Feed;
use crate::base::{CollectionId, ETag, Fault, Limits};
use crate::calendars::object::{self, Rules};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::stored::Stored;
use crate::store::subscriptions::{self, Subscription};
use crate::store::write::NewMember;
use crate::store::{Store, member};

/// Objects that one commit writes or deletes.
const STEP: usize = 200;

/// Bytes after which a commit takes no more.
const STEP_BYTES: u64 = 4 << 20;

/// How often one commit is tried again after the calendar itself was changed meanwhile.
const ATTEMPTS: usize = 16;

/// What a calendar has to become.
#[derive(Debug, Default)]
pub struct Changes {
    changes: Vec<(String, Option<NewMember>)>,
    /// Entries that no calendar takes.
    pub left_out: u64,
}

/// Where it is done, and within which bounds.
#[derive(Debug, Clone, Copy)]
pub struct Taking<'a> {
    /// The records.
    pub store: &'a Store,
    /// The bounds of entries.
    pub limits: &'a Limits,
    /// Most bytes of the owner.
    pub quota: Option<u64>,
}

/// The name of the member for an identity.
fn name_of(uid: &str) -> String {
    let digest = Sha256::digest(uid);
    format!("{}.ics", hex(digest.get(..16).unwrap_or_default()))
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Taking<'_> {
    /// What is to be changed so that `calendar` is as `feed` has it.
    pub async fn compare(
        &self,
        snapshot: &Snapshot,
        calendar: &Collection,
        feed: Feed,
    ) -> Result<Changes, Fault> {
        let mut there: HashMap<String, ETag> = HashMap::new();
        member::scan(snapshot, calendar.id, None, |name, row| {
            there.insert(name.to_owned(), row.etag);
            Step::Continue
        })
        .await?;
        let rules = Rules {
            limits: self.limits,
            kinds: calendar.calendar.components,
            strict: false,
            now: self.store.now().seconds() as i64,
        };
        let mut wanted: BTreeMap<String, Option<NewMember>> = BTreeMap::new();
        let mut left_out = feed.left_out;
        for (uid, bytes) in feed.objects {
            let name = name_of(&uid);
            let Ok(new) = object::accept(Bytes::from(bytes), &rules) else {
                left_out += 1;
                continue;
            };
            let old = there.remove(&name);
            if old == Some(new.etag)
                || old.is_some() && self.same(snapshot, calendar.id, &name, &new).await?
            {
                continue;
            }
            wanted.insert(name, Some(new));
        }
        wanted.extend(there.into_keys().map(|name| (name, None)));
        Ok(Changes { changes: wanted.into_iter().collect(), left_out })
    }

    /// Is nothing different but the time at which it was published? Many servers tell that of the
    /// fetch.
    async fn same(
        &self,
        snapshot: &Snapshot,
        id: CollectionId,
        name: &str,
        new: &NewMember,
    ) -> Result<bool, Fault> {
        let old = body::get(snapshot, Slot::Member(id, name)).await?.whole(snapshot).await?;
        Ok(unstamped(&old).eq(unstamped(&new.body.bytes)))
    }

    /// Writes `changes`, and with the last of them the record as `done` makes it of what it was.
    /// `read` is the subscription as whoever does this left it.
    ///
    /// # Errors
    /// 507 when the owner's space is used up, 409 when somebody else is at it or the calendar is
    /// deleted.
    pub async fn write(
        &self,
        id: CollectionId,
        mut read: Stored<Subscription>,
        changes: &Changes,
        done: impl Fn(&Subscription) -> Subscription,
    ) -> Result<(), Fault> {
        let mut rest = changes.changes.as_slice();
        loop {
            let (now, later) = rest.split_at(part(rest));
            let record = if later.is_empty() {
                done(&read.record)
            } else {
                // Should it be left half-way, the next time begins anew.
                Subscription { digest: None, ..read.record.clone() }
            };
            self.commit(id, &read, &record, now).await?;
            if later.is_empty() {
                return Ok(());
            }
            rest = later;
            let snapshot = self.store.snapshot().await?;
            let step = read.record.step + 1;
            let found = subscriptions::get(&snapshot, id).await?;
            read = found.filter(|found| found.record.step == step).ok_or_else(elsewhere)?;
        }
    }

    async fn commit(
        &self,
        id: CollectionId,
        read: &Stored<Subscription>,
        record: &Subscription,
        changes: &[(String, Option<NewMember>)],
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let found = collection::get(&snapshot, id).await?;
            let found = found.filter(|found| found.collection.deleted.is_none());
            let Some(found) = found else { return Err(elsewhere()) };
            let present = subscriptions::get(&snapshot, id).await?;
            if present.is_none_or(|present| present.record.step != read.record.step) {
                return Err(elsewhere());
            }
            let mut batch = Batch::new();
            found.witness.require(&mut batch);
            subscriptions::update(&mut batch, id, read, record)?;
            for (name, new) in changes {
                let old = member::get(&snapshot, id, name).await?;
                let (calendar, batch) = (&found.collection, &mut batch);
                match (&old, new) {
                    (old, Some(new)) => {
                        let old = old.as_ref();
                        self.store
                            .plan_generated(&snapshot, batch, calendar, name, old, new)
                            .await?;
                    }
                    (Some(old), None) => {
                        self.store.plan_ungenerated(&snapshot, batch, calendar, name, old).await?;
                    }
                    (None, None) => {}
                }
            }
            let grows = changes.iter().any(|(_, new)| new.is_some());
            let quota = self.quota.filter(|_| grows);
            let owner = &found.collection.owner;
            let bound = quota.map(|most| collection::bound_user_bytes(&mut batch, owner, most));
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(step)) if Some(step) == bound => {
                    let message = "The calendar does not fit into the space of its owner.";
                    return Err(Fault::new(507, message));
                }
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1))
    }
}

/// How many of `changes` one commit takes.
fn part(changes: &[(String, Option<NewMember>)]) -> usize {
    let mut bytes = 0;
    let fits = changes.iter().take(STEP).take_while(|(_, new)| {
        let before = bytes;
        bytes += new.as_ref().map_or(0, |new| new.body.bytes.len() as u64);
        before < STEP_BYTES
    });
    fits.count()
}

fn elsewhere() -> Fault {
    Fault::conflict("The calendar is being refreshed or was deleted at this moment.")
}

/// The lines of an object without those that tell when it was published.
fn unstamped(object: &[u8]) -> impl Iterator<Item = &[u8]> {
    object.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"DTSTAMP"))
}
