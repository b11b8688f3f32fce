//! When whole calendars take somebody's time: their objects, found by the time index.

use crate::base::{Fault, Limits};
use crate::calendars::freebusy::{Collector, Kind};
use crate::calendars::overlap::Stretch;
use crate::calendars::timezone;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::engine::Snapshot;
use crate::store::member::{self, Flags};
use crate::store::spans;

/// Gathers the busy times of one calendar after the other.
#[derive(Debug)]
pub struct Search<'a> {
    range: Stretch,
    collector: Collector<'a>,
    budget: Budget,
}

// === impl Search ===

impl<'a> Search<'a> {
    /// Asks about `range`, for one of `addresses` (calendar user addresses in lower case): what
    /// they declined does not take their time.
    pub fn new(range: Stretch, addresses: &'a [String], limits: &Limits) -> Self {
        let budget = Budget::new(limits.recurrence_steps, limits.expanded_instances);
        Self { range, collector: Collector::new(range, addresses), budget }
    }

    /// Adds what is on `calendar`. Of an object whose instances would take too much work only
    /// those are told that were found.
    pub async fn add(&mut self, snapshot: &Snapshot, calendar: &Collection) -> Result<(), Fault> {
        let (id, zone) = (calendar.id, timezone::of(calendar));
        let names = spans::within(snapshot, id, self.range.start, self.range.end).await?;
        for name in names.into_keys() {
            let row = member::get(snapshot, id, &name).await?.ok_or_else(Fault::not_found)?;
            if row.flags.has(Flags::TODO) {
                // Tasks and journal entries take no time.
                continue;
            }
            let object = body::get(snapshot, Slot::Member(id, &name)).await?;
            let object = object.whole(snapshot).await?;
            self.add_object(&object, &zone);
        }
        Ok(())
    }

    /// Adds what the iCalendar text `object` says, whose floating times are in `zone`.
    pub fn add_object(&mut self, object: &[u8], zone: &Zone) {
        let Ok(document) = component::parse(object, Bounds::STORED) else { return };
        let Some(root) = document.calendar() else { return };
        let zones = Zones::of(root, zone.clone());
        // What is incomplete is told as far as it is known.
        let _ = self.collector.add(root, &zones, &mut self.budget);
    }

    /// Everything in the range, merged, in order.
    pub fn finish(self) -> Vec<(Kind, Stretch)> {
        self.collector.finish()
    }
}
