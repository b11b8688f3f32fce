//! The kinds of components that calendars take.

use serde::{Deserialize, Serialize};

/// A set of the component kinds that a calendar takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Components(pub u8);

impl Components {
    /// Events.
    pub const EVENT: Self = Self(1);
    /// Tasks.
    pub const TODO: Self = Self(2);
    /// Journal entries.
    pub const JOURNAL: Self = Self(4);
    /// Times that are taken.
    pub const FREE_BUSY: Self = Self(8);
    /// Availability (RFC 7953).
    pub const AVAILABILITY: Self = Self(16);

    /// The sets of one with the names of their components.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::EVENT, "VEVENT"),
        (Self::TODO, "VTODO"),
        (Self::JOURNAL, "VJOURNAL"),
        (Self::FREE_BUSY, "VFREEBUSY"),
        (Self::AVAILABILITY, "VAVAILABILITY"),
    ];

    /// The set of one component kind by its name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.iter();
        names.find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(set, _)| *set)
    }

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Does a calendar with this set take components of `kind`?
    pub const fn takes(self, kind: Self) -> bool {
        self.0 == 0 || self.0 & kind.0 != 0
    }

    /// The names of the kinds in the set; of an empty one those of every kind.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(kind, _)| self.takes(*kind)).map(|(_, name)| name)
    }
}
