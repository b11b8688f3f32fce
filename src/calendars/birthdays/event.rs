//! The event of one remembered day.
//!
//! It takes whole days of no zone and leaves everybody free. The rule says every year; around the
//! present year each occurrence has a title of its own that tells the age, for no rule can. The
//! 29 February is kept on the last day of February in common years.

use std::ops::RangeInclusive;

use bytes::Bytes;
use icalendar::{Alarm, Calendar, Component, EventLike, Property, Trigger};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};

use super::{Occasion, Remembered};
use crate::base::{ETag, Timestamp};
use crate::formats::gregorian;
use crate::formats::vcard::inspect::needs_escape;
use crate::store::body::NewBody;
use crate::store::member::Flags;
use crate::store::preferences::DayAlarm;
use crate::store::spans::Span;
use crate::store::write::NewMember;

const PRODUCT: &str = concat!("-//rolodav//rolodav ", env!("CARGO_PKG_VERSION"), "//EN");

/// Where a day without a year begins; a leap year, for the 29 February is one of them.
const SOME_YEAR: i16 = 1972;

/// Years told with their age: from the one before the present to some to come.
const YEARS_BACK: i16 = 1;
const YEARS_AHEAD: i16 = 4;

/// The offsets from UTC that a day without zone may be meant in, in seconds.
const EASTERNMOST: i64 = 14 * 3600;
const WESTERNMOST: i64 = 12 * 3600;
const DAY: i64 = 86_400;

/// The years whose occurrences tell the age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window(RangeInclusive<i16>);

/// An event about to be written.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What it is about.
    pub remembered: &'a Remembered,
    /// What tells its card from all others, in letters and digits.
    pub identity: &'a str,
    /// The years told with their age.
    pub window: &'a Window,
    /// When to be reminded.
    pub alarms: &'a [DayAlarm],
}

impl Window {
    /// The years around the moment `now`.
    pub fn around(now: Timestamp) -> Self {
        let seconds = i64::try_from(now.seconds()).unwrap_or_default();
        let year = gregorian::date_time(seconds).year();
        Self(year - YEARS_BACK..=year + YEARS_AHEAD)
    }

    /// The first of them.
    pub fn first(&self) -> i16 {
        *self.0.start()
    }
}

impl Event<'_> {
    /// The name of the member that remembers `occasion` of the card with `identity`.
    pub fn name(occasion: Occasion, identity: &str) -> String {
        format!("{}-{identity}.ics", word(occasion))
    }

    /// Its UID, which it keeps for good.
    fn uid(&self) -> String {
        format!("{}-{}@rolodav", word(self.remembered.occasion), self.identity)
    }

    /// The event as a member, last changed at `stamp` (`20261122T101500Z`).
    pub fn member(&self, stamp: &str) -> Option<NewMember> {
        let bytes = Bytes::from(self.write(stamp)?);
        Some(NewMember {
            etag: ETag::of(&bytes),
            flags: Flags::EVENT.with(Flags::ESCAPE, needs_escape(&bytes)),
            uid: self.uid(),
            spans: self.spans(),
            notes: Vec::new(),
            original: None,
            body: NewBody { bytes, blobs: Vec::new() },
        })
    }

    fn write(&self, stamp: &str) -> Option<String> {
        let mut calendar = Calendar::empty();
        calendar.append_property(Property::new("VERSION", "2.0"));
        calendar.append_property(Property::new("PRODID", PRODUCT));
        calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
        let first = self.first()?;
        let mut master = self.occurrence(first, None, stamp);
        master.add_property("RRULE", self.rule());
        calendar.push(master);
        for (date, age) in self.ages() {
            let mut told = self.occurrence(date, Some(age), stamp);
            told.append_property(day("RECURRENCE-ID", date));
            calendar.push(told);
        }
        Some(calendar.to_string())
    }

    // The duration's type is of a crate that is not named here; the trigger is replaced anyway.
    #[allow(clippy::default_trait_access)]
    fn occurrence(&self, date: Date, age: Option<i16>, stamp: &str) -> icalendar::Event {
        let Remembered { name, occasion, day: remembered } = self.remembered;
        let title = match age {
            Some(age) => format!("{} {name} ({age})", sign(*occasion)),
            None => format!("{} {name}", sign(*occasion)),
        };
        let mut event = icalendar::Event::new();
        event
            .add_property("UID", self.uid())
            .add_property("DTSTAMP", stamp)
            .append_property(day("DTSTART", date))
            .append_property(day("DTEND", date.saturating_add(1.day())))
            .add_property("SUMMARY", &title)
            .add_property("TRANSP", "TRANSPARENT")
            .add_property("CATEGORIES", category(*occasion));
        if let Some(year) = remembered.year {
            let (month, day) = (remembered.month, remembered.day);
            let since = format!("{} {year:04}-{month:02}-{day:02}", since(*occasion));
            event.add_property("DESCRIPTION", since);
        }
        for (alarm, number) in self.alarms.iter().zip(1..) {
            let mut reminder = Alarm::display(&title, Trigger::Duration(Default::default(), None));
            reminder
                .append_property(Property::new("TRIGGER", trigger(*alarm)))
                .add_property("UID", format!("{}-{number}", self.uid()))
                .add_property("DTSTAMP", stamp);
            event.alarm(reminder);
        }
        event.done()
    }

    fn rule(&self) -> &'static str {
        // The last day of February: the 29th where there is one.
        if self.is_leap_day() { "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1" } else { "FREQ=YEARLY" }
    }

    fn is_leap_day(&self) -> bool {
        (self.remembered.day.month, self.remembered.day.day) == (2, 29)
    }

    /// The day itself, or where its rule begins.
    fn first(&self) -> Option<Date> {
        let day = self.remembered.day;
        Date::new(day.year.unwrap_or(SOME_YEAR), day.month, day.day).ok()
    }

    fn in_year(&self, year: i16) -> Option<Date> {
        let day = self.remembered.day;
        let shifted = if self.is_leap_day() { 28 } else { day.day };
        Date::new(year, day.month, day.day).or_else(|_| Date::new(year, day.month, shifted)).ok()
    }

    /// The occurrences whose age is told, with the age: 1 is that of the first year after.
    fn ages(&self) -> impl Iterator<Item = (Date, i16)> {
        let since = self.remembered.day.year;
        let years = self.window.0.clone();
        years.filter_map(move |year| {
            let age = year - since?;
            Some((self.in_year(year).filter(|_| age > 0)?, age))
        })
    }

    /// The time it takes, wherever its days are meant: each day of the window, and all before
    /// and all after as one.
    fn spans(&self) -> Vec<Span> {
        let early = self.alarms.iter().map(|alarm| i64::from(alarm.days_before) * DAY).max();
        let early = EASTERNMOST + early.unwrap_or(0);
        let midnight = |date: Date| gregorian::seconds(date.to_datetime(Time::midnight()));
        let span = |start: i64, end: i64| Span { start: start - early, end, exact: false };
        let Some(first) = self.first() else { return vec![Span::ALWAYS] };
        let begins = |year: i16| Date::new(year, 1, 1).map_or(i64::MAX, midnight);
        let (from, to) = (*self.window.0.start(), *self.window.0.end());
        let mut spans = Vec::new();
        if first.year() < from {
            spans.push(span(midnight(first), begins(from) + WESTERNMOST));
        }
        for year in self.window.0.clone().filter(|year| *year >= first.year()) {
            if let Some(date) = self.in_year(year) {
                spans.push(span(midnight(date), midnight(date) + DAY + WESTERNMOST));
            }
        }
        spans.push(span(begins(first.year().max(to + 1)), i64::MAX));
        spans
    }
}

fn day(name: &str, date: Date) -> Property {
    Property::new(name, date.strftime("%Y%m%d").to_string()).add_parameter("VALUE", "DATE").done()
}

/// The time of an alarm from the midnight at which the day begins, as a duration.
fn trigger(alarm: DayAlarm) -> String {
    let minutes = i64::from(alarm.minute) - i64::from(alarm.days_before) * 24 * 60;
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    format!("{sign}P{days}DT{hours}H{minutes}M")
}

const fn word(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Birthday => "birthday",
        Occasion::Anniversary => "anniversary",
        Occasion::Death => "death",
    }
}

/// Says in every language what a title is about.
const fn sign(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Birthday => "\u{1f382}",
        Occasion::Anniversary => "\u{1f48d}",
        Occasion::Death => "\u{271d}",
    }
}

const fn category(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Birthday => "Birthday",
        Occasion::Anniversary | Occasion::Death => "Anniversary",
    }
}

const fn since(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Birthday => "Born",
        Occasion::Anniversary => "Since",
        Occasion::Death => "Died",
    }
}

#[cfg(test)]
mod tests;
