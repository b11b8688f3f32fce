//! Looks at what a subscribed calendar comes from, and takes in what changed there. Whatever goes
//! wrong, what is on the calendar stays, and the record says why.

use sha2::{Digest, Sha256};

use super::clean::Cleaning;
use super::feed::{Feed, take_apart};
use super::schedule::{after_failure, after_success};
use super::take_in::Taking;
use crate::base::{CollectionId, Fault, Limits};
use crate::fetch::location::Location;
use crate::fetch::{Fetched, Fetcher, Found, Known, Unfetched};
use crate::store::engine::Batch;
use crate::store::stored::Stored;
use crate::store::subscriptions::{self, Subscription};
use crate::store::{Store, collection};

/// How a feed is taken in; another number has all feeds taken in anew.
const FORM: u8 = 1;

/// What is asked for.
const ACCEPT: &str = "text/calendar, */*;q=0.1";

/// While somebody is at it, nobody else begins for so long, in milliseconds.
const CLAIM: u64 = 10 * 60_000;

/// Longest message that is kept, in characters.
const MESSAGE: usize = 500;

/// What refreshing works with.
#[derive(Debug, Clone, Copy)]
pub struct Refreshing<'a> {
    /// The records.
    pub store: &'a Store,
    /// What fetches.
    pub fetcher: &'a Fetcher,
    /// The bounds of entries.
    pub limits: &'a Limits,
    /// Most entries of one calendar.
    pub entries: usize,
    /// Most bytes of one user.
    pub quota: Option<u64>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// It is published as it was.
    Same,
    /// It was taken in; so many entries were left out.
    Taken(u64),
}

impl Refreshing<'_> {
    /// Brings the subscribed calendar `id` up to date.
    ///
    /// # Errors
    /// 404 where there is no subscription, 409 while somebody else is at it, 502 with what is
    /// wrong with the address or what is there, 507 when the owner's space is used up.
    pub async fn refresh(&self, id: CollectionId) -> Result<Refreshed, Fault> {
        let read = self.claim(id).await?;
        let subscription = &read.record;
        let outcome = match self.fetch(subscription).await {
            Ok(Fetched::Same) => {
                self.note(id, &read, self.succeeded(id, subscription)).await?;
                return Ok(Refreshed::Same);
            }
            Ok(Fetched::New(found)) => self.take_in(id, read.clone(), &found).await,
            Err(unfetched) => {
                let asked = match &unfetched {
                    Unfetched::Status(_, asked) => *asked,
                    _ => None,
                };
                Err((Fault::new(502, unfetched.to_string()), asked))
            }
        };
        match outcome {
            Ok(refreshed) => Ok(refreshed),
            Err((fault, asked)) => {
                self.failed(id, &fault, asked).await?;
                Err(fault)
            }
        }
    }

    /// What is at an address, taken apart.
    pub async fn look(&self, location: &Location, alarms: bool) -> Result<(Found, Feed), Fault> {
        let wrong = |message: String| Fault::new(502, message);
        let fetched = self.fetcher.fetch(location, ACCEPT, &Known::default()).await;
        let Fetched::New(found) = fetched.map_err(|error| wrong(error.to_string()))? else {
            return Err(wrong("The server of the calendar says that it is known.".to_owned()));
        };
        let feed = take_apart(&found.bytes, self.entries, Cleaning { alarms });
        let feed = feed.map_err(|error| wrong(error.to_string()))?;
        Ok((found, feed))
    }

    /// Notes that somebody is at it.
    async fn claim(&self, id: CollectionId) -> Result<Stored<Subscription>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let none = || Fault::new(404, "This calendar is none that is subscribed to.");
        let found = collection::get(&snapshot, id).await?.ok_or_else(none)?;
        let read = subscriptions::get(&snapshot, id).await?.ok_or_else(none)?;
        if found.collection.deleted.is_some() {
            return Err(none());
        }
        let next = self.store.now().plus_millis(CLAIM);
        self.note(id, &read, Subscription { next, ..read.record.clone() }).await?;
        let snapshot = self.store.snapshot().await?;
        let claimed = subscriptions::get(&snapshot, id).await?;
        claimed.filter(|claimed| claimed.record.step == read.record.step + 1).ok_or_else(busy)
    }

    async fn fetch(&self, subscription: &Subscription) -> Result<Fetched, Unfetched> {
        let location = Location::parse(&subscription.url).map_err(Unfetched::Address)?;
        let known = Known {
            etag: subscription.etag.clone(),
            last_modified: subscription.last_modified.clone(),
        };
        // What was left half-way has to come again.
        let known = subscription.digest.map_or_else(Known::default, |_| known);
        self.fetcher.fetch(&location, ACCEPT, &known).await
    }

    async fn take_in(
        &self,
        id: CollectionId,
        read: Stored<Subscription>,
        found: &Found,
    ) -> Result<Refreshed, (Fault, Option<u64>)> {
        let subscription = &read.record;
        let digest = digest(found, subscription.alarms);
        if subscription.digest == Some(digest) {
            let now = told(self.succeeded(id, subscription), found);
            self.note(id, &read, now).await.map_err(|fault| (fault, None))?;
            return Ok(Refreshed::Same);
        }
        let cleaning = Cleaning { alarms: subscription.alarms };
        let feed = take_apart(&found.bytes, self.entries, cleaning);
        let feed = feed.map_err(|error| (Fault::new(502, error.to_string()), None))?;
        self.apply(id, read, found, feed).await.map_err(|fault| (fault, None))
    }

    /// Makes the calendar what `feed` is, which `found` was taken apart to.
    pub async fn apply(
        &self,
        id: CollectionId,
        read: Stored<Subscription>,
        found: &Found,
        feed: Feed,
    ) -> Result<Refreshed, Fault> {
        let snapshot = self.store.snapshot().await?;
        let calendar = collection::get(&snapshot, id).await?.ok_or_else(busy)?.collection;
        let emptied = feed.objects.is_empty() && collection::count(&snapshot, id).await? > 0;
        if emptied && !read.record.emptied {
            // A server in trouble may say so, too; it has to say it twice.
            let next = after_failure(self.store.now(), &read.record, 1, None, id.0);
            let now = Subscription { next, emptied, ..read.record.clone() };
            self.note(id, &read, now).await?;
            return Ok(Refreshed::Same);
        }
        let Self { store, limits, quota, .. } = *self;
        let taking = Taking { store, limits, quota };
        let changes = taking.compare(&snapshot, &calendar, feed).await?;
        let digest = digest(found, read.record.alarms);
        taking
            .write(id, read, &changes, |was| {
                let now = told(self.succeeded(id, was), found);
                Subscription { digest: Some(digest), left_out: changes.left_out, ..now }
            })
            .await?;
        Ok(Refreshed::Taken(changes.left_out))
    }

    fn succeeded(&self, id: CollectionId, was: &Subscription) -> Subscription {
        let now = self.store.now();
        Subscription {
            fetched: Some(now),
            next: after_success(now, was, id.0 ^ now.0),
            failures: 0,
            error: None,
            emptied: false,
            ..was.clone()
        }
    }

    async fn failed(
        &self,
        id: CollectionId,
        fault: &Fault,
        asked: Option<u64>,
    ) -> Result<(), Fault> {
        let snapshot = self.store.snapshot().await?;
        let Some(read) = subscriptions::get(&snapshot, id).await? else { return Ok(()) };
        let now = self.store.now();
        let failures = read.record.failures.saturating_add(1);
        let next = after_failure(now, &read.record, failures, asked, id.0 ^ now.0);
        let error = fault.to_string().chars().take(MESSAGE).collect();
        let record = Subscription { next, failures, error: Some(error), ..read.record.clone() };
        self.note(id, &read, record).await
    }

    async fn note(
        &self,
        id: CollectionId,
        read: &Stored<Subscription>,
        now: Subscription,
    ) -> Result<(), Fault> {
        let mut batch = Batch::new();
        subscriptions::update(&mut batch, id, read, &now)?;
        match self.store.commit(batch).await {
            Ok(_) => Ok(()),
            Err(crate::store::engine::CommitError::Refused(_)) => Err(busy()),
            Err(crate::store::engine::CommitError::Failed(error)) => Err(error.into()),
        }
    }
}

/// With what is to be asked with the next time.
fn told(was: Subscription, found: &Found) -> Subscription {
    let Known { etag, last_modified } = found.known.clone();
    Subscription { etag, last_modified, ..was }
}

fn busy() -> Fault {
    Fault::conflict("The calendar is being refreshed or was deleted at this moment.")
}

fn digest(found: &Found, alarms: bool) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update([FORM, u8::from(alarms)]);
    digest.update(&found.bytes);
    digest.finalize().into()
}
