//! The recurrence set of a calendar object (RFC 5545 §3.8.5, §3.8.4.4): which instances it has,
//! when each takes place, and which component describes it.
//!
//! Instances are known by their recurrence id, on the clock of the zone of DTSTART. They are
//! brought forth one by one for a range of time, and under a budget: an object whose instances are
//! not all known has to count as matching whatever is asked.

mod exceptions;
mod extent;
mod walk;

use std::fmt;

use crate::formats::gregorian::{date_time, seconds};
use crate::formats::ical::{Component, When};
use crate::formats::recur::{OverBudget, Rule, Scale};
use crate::formats::zone::{Zone, Zones};

use self::extent::Length;
pub use self::extent::Times;
pub use self::walk::Walk;

/// The components that take place at some time.
const KINDS: [&str; 6] = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY", "AVAILABLE"];

/// Everything of one UID: the component that says how it recurs, and those that stand for single
/// instances of it.
#[derive(Debug)]
pub struct Series<'c, 'a> {
    /// Nothing where an attendee was invited to single instances only.
    master: Option<Master<'c, 'a>>,
    /// Components with a RECURRENCE-ID, in its order.
    overrides: Vec<Override<'c, 'a>>,
    zones: &'c Zones,
}

/// One instance.
#[derive(Debug, Clone)]
pub struct Instance<'c, 'a> {
    /// The component that describes it: the main one, or one that overrides it.
    pub component: &'c Component<'a>,
    /// When it begins, in the type and zone of DTSTART.
    pub start: Option<When>,
    /// When it ends or is due, in the type and zone of DTEND or DUE; from DURATION, those of
    /// DTSTART.
    pub end: Option<When>,
    /// Which one it is, for an object that recurs, in the type and zone of DTSTART of the main
    /// component, or as an override without main component has it.
    pub recurrence_id: Option<When>,
    /// The same as instants.
    pub times: Times,
}

/// Why the instances are not all known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// It would take too much work.
    Budget(OverBudget),
    /// A rule is meant in a calendar that is not computed here (RSCALE).
    Scale,
}

#[derive(Debug)]
struct Master<'c, 'a> {
    component: &'c Component<'a>,
    /// DTSTART; DUE of a task that has none. Nothing where there is neither.
    anchor: Option<Anchor>,
    length: Length,
    rules: Vec<Rule>,
    recurs: bool,
    computable: bool,
}

/// What recurs.
#[derive(Debug)]
struct Anchor {
    when: When,
    zone: Zone,
    /// Whether it is the end of a task without start.
    is_due: bool,
}

#[derive(Debug)]
struct Override<'c, 'a> {
    component: &'c Component<'a>,
    /// RECURRENCE-ID in the type and zone of the main component, if there is one.
    id: When,
    /// What it is compared by, see [`Anchor::key`].
    key: i64,
    /// Its civil seconds in the zone of the main component.
    civil: i64,
    /// RANGE=THISANDFUTURE: how much later than its RECURRENCE-ID it begins, in civil seconds.
    shift: Option<i64>,
    length: Length,
}

impl<'c, 'a> Series<'c, 'a> {
    /// The series among the components in `parent`, a VCALENDAR or a VAVAILABILITY. An object as
    /// CalDAV stores it has one.
    pub fn of(parent: &'c Component<'a>, zones: &'c Zones) -> Vec<Self> {
        let of_time = |c: &&'c Component<'a>| KINDS.iter().any(|kind| c.is(kind));
        let (overrides, masters): (Vec<_>, Vec<_>) =
            parent.children.iter().filter(of_time).partition(|c| recurrence_id(c).is_some());
        let mut groups: Vec<(Option<&'c Component<'a>>, Vec<&'c Component<'a>>)> =
            masters.into_iter().map(|master| (Some(master), Vec::new())).collect();
        for one in overrides {
            let uid = one.uid();
            let same = |other: &Component<'_>| other.name == one.name && other.uid() == uid;
            let group = groups.iter_mut().find(|(master, others)| match master {
                Some(master) => same(master),
                None => others.first().is_some_and(|other| same(other)),
            });
            match group {
                Some((_, others)) => others.push(one),
                None => groups.push((None, vec![one])),
            }
        }
        groups.into_iter().map(|(master, others)| Self::new(master, &others, zones)).collect()
    }

    fn new(
        master: Option<&'c Component<'a>>,
        overrides: &[&'c Component<'a>],
        zones: &'c Zones,
    ) -> Self {
        let master = master.map(|component| Master::new(component, zones));
        let anchor = master.as_ref().and_then(|master| master.anchor.as_ref());
        let mut overrides: Vec<_> = overrides
            .iter()
            .filter_map(|component| Override::new(component, anchor, zones))
            .collect();
        overrides.sort_by_key(|one| one.key);
        Self { master, overrides, zones }
    }

    /// The component that says how it recurs.
    pub fn master(&self) -> Option<&'c Component<'a>> {
        self.master.as_ref().map(|master| master.component)
    }

    /// The components that stand for single instances, or with RANGE=THISANDFUTURE for one and
    /// all after it.
    pub fn overrides(&self) -> impl Iterator<Item = &'c Component<'a>> {
        self.overrides.iter().map(|one| one.component)
    }

    /// Whether there may be more than one instance.
    pub fn recurs(&self) -> bool {
        self.master.as_ref().is_none_or(|master| master.recurs) || !self.overrides.is_empty()
    }

    /// The instances that may take time between the Unix seconds `start` and `end`, a second and
    /// the time of an alarm around them not counted. First the overrides, then the others in order.
    pub fn walk(&self, start: i64, end: i64) -> Walk<'_, 'c, 'a> {
        Walk::new(self, start, end)
    }
}

impl<'c, 'a> Master<'c, 'a> {
    fn new(component: &'c Component<'a>, zones: &'c Zones) -> Self {
        let when = |name| component.property(name).and_then(When::of);
        let anchor = match (when("DTSTART"), component.is("VTODO")) {
            (Some(start), _) => Some((start, false)),
            (None, true) => when("DUE").map(|due| (due, true)),
            (None, false) => None,
        };
        let anchor = anchor.map(|(when, is_due)| {
            let zone = zones.zone_of(&when);
            Anchor { when, zone, is_due }
        });
        let has = |name| component.property(name).is_some();
        // A rule that cannot be read brings nothing forth; the object still begins at DTSTART.
        let rules: Vec<Rule> =
            component.all("RRULE").filter_map(|line| line.text().parse().ok()).collect();
        let computable = rules.iter().all(|rule| rule.scale == Scale::Gregorian);
        let recurs = has("RRULE") || has("RDATE");
        let length = Length::of(component, zones);
        Self { component, anchor, length, rules, recurs, computable }
    }
}

impl<'c, 'a> Override<'c, 'a> {
    fn new(
        component: &'c Component<'a>,
        anchor: Option<&Anchor>,
        zones: &'c Zones,
    ) -> Option<Self> {
        let line = component.property("RECURRENCE-ID")?;
        let written = When::of(line)?;
        let range = line.param("RANGE");
        let (id, key) = match anchor {
            Some(anchor) => (anchor.identify(&written, zones), anchor.key(&written, zones)),
            None => (written.clone(), zones.instant(&written)),
        };
        let civil = seconds(id.civil());
        let shift =
            range.filter(|range| range.trim().eq_ignore_ascii_case("THISANDFUTURE")).map(|_| {
                let begins = component.property("DTSTART").and_then(When::of);
                match (begins, anchor) {
                    (Some(begins), Some(anchor)) => {
                        seconds(zones.civil_in(&anchor.zone, &begins)) - civil
                    }
                    _ => 0,
                }
            });
        Some(Self { component, id, key, civil, shift, length: Length::of(component, zones) })
    }
}

impl Anchor {
    /// The recurrence id that `written` means: in the type and zone of the anchor, even if it was
    /// written in another type (a date for a time, or a time for a date).
    fn identify(&self, written: &When, zones: &Zones) -> When {
        let zone = &self.zone;
        match (self.when.is_date(), written) {
            (true, When::Utc(at)) if at.time() != jiff::civil::Time::midnight() => {
                self.when.at(zones.civil_in(zone, written))
            }
            (true, _) => When::Date(written.date()),
            // The instance of that day begins at the time of DTSTART.
            (false, When::Date(date)) => self.when.at(date.to_datetime(self.when.civil().time())),
            (false, _) => self.when.at(zones.civil_in(zone, written)),
        }
    }

    /// What recurrence ids are compared by: the instant, and for dates the civil seconds.
    fn key(&self, written: &When, zones: &Zones) -> i64 {
        match written {
            _ if self.when.is_date() => seconds(self.identify(written, zones).civil()),
            // Without a zone it is meant in that of DTSTART.
            When::Date(_) | When::Floating(_) => {
                self.zone.instant(self.identify(written, zones).civil())
            }
            When::Zoned(..) | When::Utc(_) => zones.instant(written),
        }
    }

    /// The same of an instance that begins at `civil` in the zone of the anchor.
    fn key_at(&self, civil: i64) -> i64 {
        if self.when.is_date() { civil } else { self.zone.instant(date_time(civil)) }
    }
}

/// Whether the RECURRENCE-ID of a component can be read; a component with one that cannot be is
/// taken for a main one, which loses nothing.
fn recurrence_id(component: &Component<'_>) -> Option<When> {
    component.property("RECURRENCE-ID").and_then(When::of)
}

impl From<OverBudget> for Incomplete {
    fn from(over: OverBudget) -> Self {
        Self::Budget(over)
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget(over) => over.fmt(f),
            Self::Scale => {
                f.write_str("the recurrence is meant in a calendar that is not computed")
            }
        }
    }
}

impl std::error::Error for Incomplete {}

#[cfg(test)]
mod tests;
