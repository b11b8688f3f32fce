//! `CAL:calendar-query` (RFC 4791 §7.8): the objects of a calendar that pass a filter.
//!
//! What the filter says of time is asked of the store's time index first, so that only objects
//! that may take time then are read, and plain events among them not even that.

use std::sync::Arc;

use super::{filter, zones};
use crate::base::Fault;
use crate::base::body::ChunkSender;
use crate::calendars::filter::{Filter, Subject};
use crate::calendars::timezone;
use crate::dav::multistatus::{self, Listing};
use crate::dav::object_type::Answering;
use crate::dav::registry::ReportCall;
use crate::dav::report;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};
use crate::store::body::{self, Slot};
use crate::store::collection::Components;
use crate::store::engine::Step;
use crate::store::member::{self, Flags};
use crate::store::spans;

/// How many objects are looked at before others have their turn.
const STRETCH: usize = 256;

/// Answers the report.
pub fn run(call: ReportCall) -> Answering {
    Box::pin(async move {
        let filter = match call.body.child(&Name::caldav("filter")) {
            // A client that asks for everything may leave the filter out.
            None => Filter::everything(),
            Some(element) => filter::read(element)?,
        };
        let calendar = call.node.collection()?.collection();
        let zone = zones::of_query(&call.body)?.unwrap_or_else(|| timezone::of(calendar));
        let wish = report::wish(&call.body, call.scope.limits())?;
        let plan = report::plan(&call, &wish)?;
        let snapshot = call.scope.store().snapshot().await?;
        let steps = call.scope.limits().recurrence_steps;
        let only = call.member;
        let listing = Listing::new(Arc::clone(&call.scope), snapshot, call.node, plan);
        multistatus::reply(&call.request, move |mut out, sender| async move {
            let mut search = Search { filter: &filter, zone, left: steps };
            match only {
                Some(name) => search.take(&listing, &name, &mut out, &sender).await?,
                None => search.of_calendar(&listing, &mut out, &sender).await?,
            }
            multistatus::finish(out, &sender).await
        })
        .await
    })
}

struct Search<'f> {
    filter: &'f Filter,
    /// The zone of dates and floating times.
    zone: Zone,
    /// The work on recurrences that the request may still cost.
    left: u32,
}

impl Search<'_> {
    async fn of_calendar(
        &mut self,
        listing: &Listing,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let id = listing.collection_id();
        let Some(narrowing) = self.filter.narrowing() else {
            return self.of_everything(listing, out, sender).await;
        };
        let Some(kind) = Components::named(&narrowing.kind) else {
            return self.of_everything(listing, out, sender).await;
        };
        let range = narrowing.range;
        if range.start == i64::MIN && range.end == i64::MAX {
            return self.of_everything(listing, out, sender).await;
        }
        let candidates = spans::within(&listing.snapshot, id, range.start, range.end).await?;
        for (n, (name, certain)) in candidates.into_iter().enumerate() {
            if n % STRETCH == STRETCH - 1 {
                tokio::task::yield_now().await;
            }
            let found = member::get(&listing.snapshot, id, &name).await?;
            let found = found.ok_or_else(Fault::not_found)?;
            match kind_of(found.flags) {
                Some(other) if other != kind => {}
                Some(_) if certain && narrowing.decides => {
                    listing.write_member(&name, &found, out).await?;
                    multistatus::flush_if_full(out, sender).await?;
                }
                _ => self.take(listing, &name, out, sender).await?,
            }
        }
        Ok(())
    }

    async fn of_everything(
        &mut self,
        listing: &Listing,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let id = listing.collection_id();
        let mut after: Option<String> = None;
        loop {
            let (mut names, mut looked_at, mut last) = (Vec::new(), 0, None);
            body::scan_texts(&listing.snapshot, id, after.as_deref(), |name, text, _| {
                looked_at += 1;
                if self.matches(text) {
                    names.push(name.to_owned());
                }
                if looked_at < STRETCH {
                    return Step::Continue;
                }
                last = Some(name.to_owned());
                Step::Stop
            })
            .await?;
            for name in &names {
                let found = member::get(&listing.snapshot, id, name).await?;
                let found = found.ok_or_else(Fault::not_found)?;
                listing.write_member(name, &found, out).await?;
                multistatus::flush_if_full(out, sender).await?;
            }
            if last.is_none() {
                return Ok(());
            }
            after = last;
            // A long search must not keep others from their turn.
            tokio::task::yield_now().await;
        }
    }

    /// Reads one object and writes it, if it matches.
    async fn take(
        &mut self,
        listing: &Listing,
        name: &str,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let (snapshot, id) = (&listing.snapshot, listing.collection_id());
        let found = member::get(snapshot, id, name).await?.ok_or_else(Fault::not_found)?;
        let object = body::get(snapshot, Slot::Member(id, name)).await?.whole(snapshot).await?;
        if self.matches(&object) {
            listing.write_member(name, &found, out).await?;
            multistatus::flush_if_full(out, sender).await?;
        }
        Ok(())
    }

    fn matches(&mut self, object: &[u8]) -> bool {
        let Ok(document) = component::parse(object, Bounds::STORED) else { return true };
        let Some(calendar) = document.calendar() else { return true };
        let zones = Zones::of(calendar, self.zone.clone());
        let allowed = self.left.min(STEPS_PER_OBJECT);
        let mut budget = Budget::new(allowed, RESULTS_PER_OBJECT);
        let matches = self.filter.matches(&mut Subject::new(calendar, &zones, &mut budget));
        self.left -= allowed - budget.steps();
        matches
    }
}

/// The most work on the recurrence of one object.
const STEPS_PER_OBJECT: u32 = 100_000;

/// The most instances of one object that are looked at.
const RESULTS_PER_OBJECT: u32 = 20_000;

/// The kind of component that an object is of, as far as its row tells.
fn kind_of(flags: Flags) -> Option<Components> {
    match (flags.has(Flags::EVENT), flags.has(Flags::TODO)) {
        (true, true) => Some(Components::JOURNAL),
        (true, false) => Some(Components::EVENT),
        (false, true) => Some(Components::TODO),
        (false, false) => None,
    }
}
