//! The instances that EXDATE takes out.

use super::Anchor;
use crate::formats::gregorian::{DAY, seconds};
use crate::formats::ical::{Component, When};
use crate::formats::zone::Zones;

/// What EXDATE names, sorted for looking up.
#[derive(Debug, Default)]
pub struct Exceptions {
    keys: Vec<i64>,
    /// Days, as day numbers in the zone of DTSTART, of a series of times that takes whole days
    /// out, as some programs write.
    days: Vec<i64>,
}

impl Exceptions {
    /// Those of `component`, which recurs from `anchor` on.
    pub fn of(component: &Component<'_>, anchor: &Anchor, zones: &Zones) -> Self {
        let mut found = Self::default();
        for when in component.all("EXDATE").flat_map(When::list) {
            if when.is_date() && !anchor.when.is_date() {
                found.days.push(seconds(when.civil()).div_euclid(DAY));
            } else {
                found.keys.push(anchor.key(&when, zones));
            }
        }
        found.keys.sort_unstable();
        found.days.sort_unstable();
        found
    }

    /// Whether the instance `key` that begins at the civil second `civil` is taken out.
    pub fn contain(&self, key: i64, civil: i64) -> bool {
        self.keys.binary_search(&key).is_ok()
            || (!self.days.is_empty() && self.days.binary_search(&civil.div_euclid(DAY)).is_ok())
    }
}
