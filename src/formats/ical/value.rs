//! The values of dates, times, durations, periods and offsets (RFC 5545 §3.3), read as leniently
//! as real data needs.
//!
//! Taken besides what the RFC allows: 8-digit values without `VALUE=DATE`, extended forms
//! (`2024-01-31T10:00:00`), missing or fractional seconds, `T240000`, leap seconds, a `TZID`
//! with blanks around it or beside a `Z` (the `Z` counts), durations without `T`.

use std::fmt;
use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span};

use crate::formats::line::Line;
use crate::formats::param::Param;

/// A `DATE` or `DATE-TIME` (RFC 5545 §3.3.4, §3.3.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum When {
    /// A day without time and zone.
    Date(Date),
    /// A time on whatever clock hangs on the wall.
    Floating(DateTime),
    /// A time on the clocks of a zone, named by its `TZID` as written, blanks around it left out.
    Zoned(DateTime, Arc<str>),
    /// A time in UTC.
    Utc(DateTime),
}

/// A `DURATION` (RFC 5545 §3.3.6). Days are nominal: a day later is the same time on the clock,
/// however long the day is; seconds are exact. Both carry the sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Duration {
    /// Whole days, weeks included.
    pub days: i64,
    /// Seconds beyond them.
    pub seconds: i64,
}

/// A `PERIOD` (RFC 5545 §3.3.9).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Period {
    /// When it begins.
    pub start: When,
    /// How it ends.
    pub end: PeriodEnd,
}

/// How a period ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PeriodEnd {
    /// At a time.
    At(When),
    /// After a while.
    After(Duration),
}

/// One value of an `RDATE` (RFC 5545 §3.8.5.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DateOrPeriod {
    /// A start; the length is that of the component.
    When(When),
    /// A start with a length of its own.
    Period(Period),
}

/// A `UTC-OFFSET` in seconds, east of Greenwich positive (RFC 5545 §3.3.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UtcOffset(pub i32);

/// Longest duration that is told apart from a longer one, in days: beyond the calendar's end.
const MOST_DAYS: i64 = 4_000_000;

// === impl When ===

impl When {
    /// The value of `line`, the first one of a list; nothing when it is none.
    pub fn of(line: &Line<'_>) -> Option<Self> {
        Self::list(line).next()
    }

    /// The values on `line` that can be read, in order (`EXDATE`, `RDATE`). Of a period it is the
    /// start.
    pub fn list(line: &Line<'_>) -> impl Iterator<Item = Self> {
        DateOrPeriod::list(line).map(|value| match value {
            DateOrPeriod::When(when) | DateOrPeriod::Period(Period { start: when, .. }) => when,
        })
    }

    /// Reads `text`, which is in the zone `tzid` unless it says UTC.
    pub fn parse(text: &str, tzid: Option<&Arc<str>>) -> Option<Self> {
        let mut digits = Digits::of(text);
        let (date, time) = digits.date_and_time()?;
        let Some((time, next_day)) = time else {
            return digits.rest.is_empty().then_some(Self::Date(date));
        };
        let date = if next_day { date.tomorrow().ok()? } else { date };
        let at = date.to_datetime(time);
        match (digits.rest, tzid) {
            ([b'Z' | b'z'], _) => Some(Self::Utc(at)),
            ([], Some(tzid)) => Some(Self::Zoned(at, Arc::clone(tzid))),
            ([], None) => Some(Self::Floating(at)),
            _ => None,
        }
    }

    /// The time on the clock; midnight for a date.
    pub fn civil(&self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(Time::midnight()),
            Self::Floating(at) | Self::Zoned(at, _) | Self::Utc(at) => *at,
        }
    }

    /// The day on the calendar.
    pub fn date(&self) -> Date {
        self.civil().date()
    }

    /// Whether it is a date without time.
    pub fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// The zone's name, where it has one.
    pub fn tzid(&self) -> Option<&Arc<str>> {
        match self {
            Self::Zoned(_, tzid) => Some(tzid),
            _ => None,
        }
    }

    /// Another time of the same kind and zone; a date keeps the day of `at` alone.
    #[must_use]
    pub fn at(&self, at: DateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(at.date()),
            Self::Floating(_) => Self::Floating(at),
            Self::Zoned(_, tzid) => Self::Zoned(at, Arc::clone(tzid)),
            Self::Utc(_) => Self::Utc(at),
        }
    }
}

impl fmt::Display for When {
    /// The value as a property writes it, without parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil();
        write!(f, "{:04}{:02}{:02}", at.year(), at.month(), at.day())?;
        if self.is_date() {
            return Ok(());
        }
        write!(f, "T{:02}{:02}{:02}", at.hour(), at.minute(), at.second())?;
        f.write_str(if matches!(self, Self::Utc(_)) { "Z" } else { "" })
    }
}

// === impl DateOrPeriod ===

impl DateOrPeriod {
    /// The values on `line` that can be read, in order. `VALUE=DATE` takes the day alone of a
    /// value that has a time.
    pub fn list(line: &Line<'_>) -> impl Iterator<Item = Self> {
        let tzid = tzid_on(line);
        let days = line.param("VALUE").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("DATE"));
        let value = String::from_utf8_lossy(&line.value()).into_owned();
        let mut from = Some(0);
        std::iter::from_fn(move || {
            loop {
                let rest = value.get(from?..)?;
                let item = rest.split_once(',').map_or(rest, |(item, _)| item);
                from = from.map(|at| at + item.len() + 1);
                let Some(read) = Self::parse(item, tzid.as_ref()) else { continue };
                return Some(match read {
                    Self::When(when) if days => Self::When(When::Date(when.date())),
                    read => read,
                });
            }
        })
    }

    /// Reads `text`, in the zone `tzid` unless it says UTC.
    pub fn parse(text: &str, tzid: Option<&Arc<str>>) -> Option<Self> {
        if text.contains('/') {
            Period::parse(text, tzid).map(Self::Period)
        } else {
            When::parse(text, tzid).map(Self::When)
        }
    }
}

/// The `TZID` parameter of `line`, blanks around it left out.
pub fn tzid_on(line: &Line<'_>) -> Option<Arc<str>> {
    let tzid = line.params().find(|param| param.is("TZID")).map(|param: Param<'_>| param.text())?;
    Some(tzid.trim()).filter(|tzid| !tzid.is_empty()).map(Arc::from)
}

// === impl Period ===

impl Period {
    /// Reads `text`, in the zone `tzid` unless it says UTC.
    pub fn parse(text: &str, tzid: Option<&Arc<str>>) -> Option<Self> {
        let (start, end) = text.trim().split_once('/')?;
        let start = When::parse(start, tzid)?;
        let end = match Duration::parse(end) {
            Some(duration) => PeriodEnd::After(duration),
            None => PeriodEnd::At(When::parse(end, tzid)?),
        };
        Some(Self { start, end })
    }
}

// === impl Duration ===

impl Duration {
    /// The value of `line`; nothing when it is none.
    pub fn of(line: &Line<'_>) -> Option<Self> {
        Self::parse(&String::from_utf8_lossy(&line.value()))
    }

    /// Reads `text`. Lengths beyond any calendar are cut to one that is.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, text) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (if text.starts_with('-') { -1 } else { 1 }, rest),
            None => (1, text),
        };
        let rest = text.strip_prefix(['P', 'p'])?;
        let (mut days, mut seconds) = (0_i64, 0_i64);
        let mut number: Option<i64> = None;
        for c in rest.chars() {
            if let Some(digit) = c.to_digit(10) {
                let more = number.unwrap_or(0).saturating_mul(10).saturating_add(digit.into());
                number = Some(more);
                continue;
            }
            match (c.to_ascii_uppercase(), number.take()) {
                ('T', None) => {}
                ('W', Some(n)) => days = days.saturating_add(n.saturating_mul(7)),
                ('D', Some(n)) => days = days.saturating_add(n),
                ('H', Some(n)) => seconds = seconds.saturating_add(n.saturating_mul(3600)),
                ('M', Some(n)) => seconds = seconds.saturating_add(n.saturating_mul(60)),
                ('S', Some(n)) => seconds = seconds.saturating_add(n),
                _ => return None,
            }
        }
        if number.is_some() {
            return None;
        }
        let (days, seconds) = (days.min(MOST_DAYS), seconds.min(MOST_DAYS * 86_400));
        Some(Self { days: sign * days, seconds: sign * seconds })
    }

    /// Its length where every day has 24 hours.
    pub fn rough_seconds(self) -> i64 {
        self.days.saturating_mul(86_400).saturating_add(self.seconds)
    }

    /// `at` and this much more on the clock of a zone that never changes; nothing beyond the
    /// calendar's end.
    pub fn after(self, at: DateTime) -> Option<DateTime> {
        let later = at.checked_add(Span::new().try_days(self.days).ok()?).ok()?;
        later.checked_add(SignedDuration::from_secs(self.seconds)).ok()
    }
}

impl fmt::Display for Duration {
    /// The value as a property writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.rough_seconds() < 0 { "-" } else { "" };
        let (days, seconds) = (self.days.unsigned_abs(), self.seconds.unsigned_abs());
        write!(f, "{sign}P")?;
        if days != 0 || seconds == 0 {
            write!(f, "{days}D")?;
        }
        if seconds == 0 {
            return Ok(());
        }
        f.write_str("T")?;
        for (unit, length, cycle) in [('H', 3600, u64::MAX), ('M', 60, 60), ('S', 1, 60)] {
            let count = seconds / length % cycle;
            if count != 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

// === impl UtcOffset ===

impl UtcOffset {
    /// Reads `text`: `+0100`, `-053000`; also `+01:00`, `+1` and a missing sign.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let digits: String = text.trim_start_matches(['+', '-']).split(':').collect();
        let digits = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
        if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let part = |at: usize| match digits.get(at..at + 2) {
            Some(pair) => pair.parse::<i32>().ok(),
            None => Some(0),
        };
        let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
        (hours <= 25 && minutes < 60 && seconds < 60)
            .then_some(Self(sign * (hours * 3600 + minutes * 60 + seconds)))
    }
}

/// Reads fixed runs of digits from the front of a text.
struct Digits<'a> {
    rest: &'a [u8],
}

impl<'a> Digits<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text.trim().as_bytes() }
    }

    fn take<const N: usize>(&mut self) -> Option<i16> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        let mut number = 0;
        for byte in head {
            if !byte.is_ascii_digit() {
                return None;
            }
            number = number * 10 + i16::from(byte - b'0');
        }
        self.rest = rest;
        Some(number)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The date, and the time where there is one, with whether it is at the end of that day.
    fn date_and_time(&mut self) -> Option<(Date, Option<(Time, bool)>)> {
        let year = self.take::<4>()?;
        let dashes = self.skip(b'-');
        let month = self.take::<2>()?;
        if dashes && !self.skip(b'-') {
            return None;
        }
        let day = self.take::<2>()?;
        let date = Date::new(year, month as i8, day as i8).ok()?;
        if !(self.skip(b'T') || self.skip(b't') || (dashes && self.skip(b' '))) {
            return Some((date, None));
        }
        let hour = self.take::<2>()?;
        self.skip(b':');
        let minute = self.take::<2>()?;
        self.skip(b':');
        let second = self.take::<2>().unwrap_or(0);
        if self.skip(b'.') {
            while matches!(self.rest.first(), Some(b'0'..=b'9')) {
                self.take::<1>();
            }
        }
        let ends_day = hour == 24 && minute == 0 && second == 0;
        let hour = if ends_day { 0 } else { hour };
        let time = Time::new(hour as i8, minute as i8, second.min(59) as i8, 0).ok()?;
        (second <= 60).then_some((date, Some((time, ends_day))))
    }
}

#[cfg(test)]
mod tests;
