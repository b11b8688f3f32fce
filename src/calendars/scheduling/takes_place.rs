//! Whether a series has an instance at a certain moment: answers to instances that there are not
//! change nothing.

use crate::calendars::instances::Series;
use crate::formats::ical::component::{self, Bounds, Document};
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};

/// Steps that looking for one instance may cost.
const STEPS: u32 = 20_000;

/// A series, ready to be asked.
#[derive(Debug)]
pub struct TakesPlace<'a> {
    document: Option<Document<'a>>,
}

impl<'a> TakesPlace<'a> {
    /// The series in `bytes`, an object as it is stored.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { document: component::parse(bytes, Bounds::STORED).ok() }
    }

    /// Is there an instance that begins at `moment`, by the rule of the series? When that cannot be
    /// known, there is none.
    pub fn at(&self, moment: i64) -> bool {
        let Some(calendar) = self.document.as_ref().and_then(Document::calendar) else {
            return false;
        };
        let zones = Zones::of(calendar, Zone::UTC);
        let mut budget = Budget::new(STEPS, STEPS);
        let all = Series::of(calendar, &zones);
        all.iter().any(|series| {
            let mut walk = series.walk(moment, moment.saturating_add(1));
            while let Ok(Some(instance)) = walk.next(&mut budget) {
                let id = instance.recurrence_id.as_ref();
                if id.is_some_and(|id| zones.instant(id) == moment) {
                    return true;
                }
            }
            false
        })
    }
}
