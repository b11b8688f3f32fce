//! A VTIMEZONE for a zone of the IANA database, for clients that need one in their objects
//! (RFC 5545 §3.6.5, RFC 7809).
//!
//! Every change since 1970 is in it. Runs of years that follow one rule become an RRULE, what
//! follows none an RDATE. A rule that still holds at the end of what is looked at has no UNTIL.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::names;
use crate::formats::gregorian::{DAY, date_time, days_in_month, weekday, year_month_day};

/// 1970-01-01T00:00:00Z.
const SINCE: i64 = 0;
/// The year up to which changes are looked at.
const HORIZON: i64 = 2037;
const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// The VTIMEZONE component of the zone `tzid`, with that name as its TZID, lines ended by CRLF;
/// nothing for a name that is unknown.
pub fn vtimezone(tzid: &str) -> Option<String> {
    let zone = names::resolve(tzid)?;
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{}\r\n", tzid.trim());
    for observance in observances(&zone) {
        // Writing into a String cannot fail.
        let _ = observance.write(&mut text);
    }
    text.push_str("END:VTIMEZONE\r\n");
    Some(text)
}

/// What is in force after a change, and the offset before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    daylight: bool,
    from: i64,
    to: i64,
    name: String,
}

/// Changes of one kind that are written together.
#[derive(Debug)]
struct Observance {
    kind: Kind,
    /// Civil times of the changes, by the offset before them.
    onsets: Vec<i64>,
    rule: Option<Yearly>,
}

/// One change a year: the `weekday` in the seven days from `first_day` of `month` on, or in the
/// last seven days of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Yearly {
    month: i64,
    weekday: u8,
    window: Window,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Window {
    From(i64),
    Last,
}

fn observances(zone: &TimeZone) -> Vec<Observance> {
    let Ok(since) = Timestamp::from_second(SINCE) else { return Vec::new() };
    let info = zone.to_offset_info(since);
    let mut offset = i64::from(info.offset().seconds());
    let mut found = vec![Observance {
        kind: Kind {
            daylight: info.dst().is_dst(),
            from: offset,
            to: offset,
            name: info.abbreviation().to_owned(),
        },
        onsets: vec![SINCE],
        rule: None,
    }];
    let mut kinds: Vec<(Kind, Vec<i64>)> = Vec::new();
    for change in zone.following(since) {
        let at = change.timestamp().as_second();
        if year_month_day(at.div_euclid(DAY)).0 > HORIZON {
            break;
        }
        let kind = Kind {
            daylight: change.dst().is_dst(),
            from: offset,
            to: change.offset().seconds().into(),
            name: change.abbreviation().to_owned(),
        };
        let onset = at + offset;
        offset = kind.to;
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, onsets)) => onsets.push(onset),
            None => kinds.push((kind, vec![onset])),
        }
    }
    for (kind, onsets) in kinds {
        split(&kind, &onsets, &mut found);
    }
    found
}

/// Takes runs that a rule describes out of `onsets`; the others become one observance.
fn split(kind: &Kind, onsets: &[i64], found: &mut Vec<Observance>) {
    let mut single = Vec::new();
    let mut rest = onsets;
    while let Some((first, others)) = rest.split_first() {
        let (length, rule) = run(rest);
        if let Some((run, after)) = rest.split_at_checked(length).filter(|_| length > 2) {
            found.push(Observance { kind: kind.clone(), onsets: run.to_vec(), rule });
            rest = after;
        } else {
            single.push(*first);
            rest = others;
        }
    }
    if !single.is_empty() {
        found.push(Observance { kind: kind.clone(), onsets: single, rule: None });
    }
}

/// How many of the first `onsets` follow one rule, in years without a gap, and which rule.
fn run(onsets: &[i64]) -> (usize, Option<Yearly>) {
    let mut days: Vec<(i64, i64)> = Vec::new();
    let mut seen: Option<(i64, i64, u8, i64)> = None;
    let mut rule = None;
    for onset in onsets {
        let number = onset.div_euclid(DAY);
        let (year, month, day) = year_month_day(number);
        let this = (year - days.len() as i64, month, weekday(number), onset.rem_euclid(DAY));
        if *seen.get_or_insert(this) != this {
            break;
        }
        days.push((day, days_in_month(year, month)));
        let Some(window) = window(&days) else {
            days.pop();
            break;
        };
        rule = Some(Yearly { month, weekday: weekday(number), window });
    }
    (days.len(), rule)
}

/// The seven days that all of `days`, each with the length of its month, lie in. The n-th and the
/// last weekday are what laws say, so they are preferred.
fn window(days: &[(i64, i64)]) -> Option<Window> {
    let least = days.iter().map(|(day, _)| *day).min()?;
    let most = days.iter().map(|(day, _)| *day).max()?;
    if days.iter().all(|(day, length)| *day > length - 7) {
        return Some(Window::Last);
    }
    let first = (most - 6).max(1)..=least;
    let whole_week = first.clone().find(|day| day % 7 == 1);
    whole_week.or_else(|| first.clone().next()).map(Window::From)
}

impl Observance {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Some(first) = self.onsets.first() else { return Ok(()) };
        let part = if self.kind.daylight { "DAYLIGHT" } else { "STANDARD" };
        write!(text, "BEGIN:{part}\r\nDTSTART:{}\r\n", stamp(*first))?;
        match self.rule {
            Some(rule) => self.write_rule(rule, text)?,
            None => {
                for onset in self.onsets.iter().skip(1) {
                    write!(text, "RDATE:{}\r\n", stamp(*onset))?;
                }
            }
        }
        write!(text, "TZNAME:{}\r\n", self.kind.name)?;
        write!(text, "TZOFFSETFROM:{}\r\n", offset(self.kind.from))?;
        write!(text, "TZOFFSETTO:{}\r\nEND:{part}\r\n", offset(self.kind.to))
    }

    fn write_rule(&self, rule: Yearly, text: &mut String) -> std::fmt::Result {
        let Yearly { month, weekday, window } = rule;
        let day = WEEKDAYS.get(usize::from(weekday)).copied().unwrap_or_default();
        write!(text, "RRULE:FREQ=YEARLY;BYMONTH={month};")?;
        match window {
            Window::Last => write!(text, "BYDAY=-1{day}")?,
            Window::From(first) if first % 7 == 1 => write!(text, "BYDAY={}{day}", first / 7 + 1)?,
            Window::From(first) => {
                write!(text, "BYDAY={day};BYMONTHDAY={first}")?;
                for day in first + 1..first + 7 {
                    write!(text, ",{day}")?;
                }
            }
        }
        if let Some(last) = self.onsets.last()
            && year_month_day(last.div_euclid(DAY)).0 < HORIZON
        {
            write!(text, ";UNTIL={}Z", stamp(last - self.kind.from))?;
        }
        text.push_str("\r\n");
        Ok(())
    }
}

fn stamp(seconds: i64) -> String {
    let at = date_time(seconds);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

fn offset(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let text = format!("{sign}{:02}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 == 0 { text } else { format!("{text}{:02}", seconds % 60) }
}
