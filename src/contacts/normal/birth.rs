//! Days of birth in the form in which they compare, also those that are no days.

use serde::{Deserialize, Serialize};

use crate::formats::line::Line;
use crate::formats::vcard::DayOfYear;

/// A day of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Birth {
    /// The year; 0 where it is not known.
    pub year: u16,
    /// The month as it is written, also one that no calendar has; 0 where it is not known.
    pub month: u8,
    /// The day as it is written; 0 where it is not known.
    pub day: u8,
}

impl Birth {
    /// The day that a `BDAY` line names. What is no day of any calendar, such as `19561309`, is
    /// kept as it is: a slip of the pen is no reason to know nothing.
    pub fn read(line: &Line<'_>) -> Option<Self> {
        let found = match DayOfYear::read(line) {
            Some(day) => {
                let year = day.year.and_then(|year| u16::try_from(year).ok()).unwrap_or(0);
                let part = |part: i8| u8::try_from(part).unwrap_or(0);
                Self { year, month: part(day.month), day: part(day.day) }
            }
            None => Self::parse(&line.text())?,
        };
        (!found.is_filler()).then_some(found)
    }

    /// Is it what programs write where nothing is known?
    fn is_filler(self) -> bool {
        matches!((self.year, self.month, self.day), (1 | 1900 | 1970, 1, 1) | (0, 0, _))
    }

    /// What `text` says, in the orders people write: with the year first, else, where a part is
    /// too great for a month, with that as the day, else with the month first.
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.trim();
        let date = date.split(['T', 't']).next().unwrap_or_default().trim();
        let parts: Vec<&str> =
            date.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
        let number = |part: &str| part.parse::<u16>().ok();
        let small = |part: &str| part.parse::<u8>().ok();
        let full_year = |part: &str| (part.len() == 4).then(|| number(part)).flatten();
        let found = match parts.as_slice() {
            [one] if one.len() == 8 => {
                let (begins, ends) = one.split_at_checked(4)?;
                let (first, second) = begins.split_at_checked(2)?;
                let (month, day) = ends.split_at_checked(2)?;
                let likely = |year: &str| number(year).filter(|year| (1800..=2100).contains(year));
                match (likely(begins), likely(ends)) {
                    // `12042018`, as some write it: no year begins it, but one ends it.
                    (None, Some(year)) => {
                        let (first, second) = (small(first)?, small(second)?);
                        let (month, day) =
                            if first > 12 { (second, first) } else { (first, second) };
                        Self { year, month, day }
                    }
                    _ => Self { year: number(begins)?, month: small(month)?, day: small(day)? },
                }
            }
            [one] if one.len() == 6 => {
                let (year, month) = one.split_at_checked(4)?;
                Self { year: number(year)?, month: small(month)?, day: 0 }
            }
            [one] => Self { year: full_year(one)?, month: 0, day: 0 },
            [year, month] if year.len() == 4 => {
                Self { year: number(year)?, month: small(month)?, day: 0 }
            }
            [year, month, day, ..] if year.len() == 4 => {
                Self { year: number(year)?, month: small(month)?, day: small(day)? }
            }
            [first, second, year, ..] if year.len() == 4 => {
                let (first, second) = (small(first)?, small(second)?);
                let day_first = first > 12 || date.contains('.');
                let (month, day) = if day_first { (second, first) } else { (first, second) };
                Self { year: number(year)?, month, day }
            }
            _ => return None,
        };
        Some(found)
    }

    /// Are year, month and day all written, be the month such as no calendar has?
    pub fn is_whole(&self) -> bool {
        self.year > 0 && self.day > 0
    }

    /// The digits, where the day is whole.
    pub fn digits(&self) -> [u8; 8] {
        let digit = |number: u16, of: u16| u8::try_from(number / of % 10).unwrap_or(0);
        let (year, month, day) = (self.year, u16::from(self.month), u16::from(self.day));
        [
            digit(year, 1000),
            digit(year, 100),
            digit(year, 10),
            digit(year, 1),
            digit(month, 10),
            digit(month, 1),
            digit(day, 10),
            digit(day, 1),
        ]
    }

    /// As people write it down.
    pub fn shown(&self) -> String {
        match (self.year, self.month, self.day) {
            (0, month, day) => format!("--{month:02}-{day:02}"),
            (year, 0, _) => format!("{year:04}"),
            (year, month, 0) => format!("{year:04}-{month:02}"),
            (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::line::Lines;

    #[test]
    fn days_also_malformed_ones() {
        for (text, wanted) in [
            ("BDAY:1956-04-09", Some((1956, 4, 9))),
            ("BDAY:19561309", Some((1956, 13, 9))),
            ("BDAY:12042018", Some((2018, 12, 4))),
            ("BDAY:23042018", Some((2018, 4, 23))),
            ("BDAY:--0409", Some((0, 4, 9))),
            ("BDAY:04/09/1956", Some((1956, 4, 9))),
            ("BDAY:23/09/1956", Some((1956, 9, 23))),
            ("BDAY:9.4.1956", Some((1956, 4, 9))),
            ("BDAY:1956-13-45", Some((1956, 13, 45))),
            ("BDAY:1956", Some((1956, 0, 0))),
            ("BDAY:1956-04", Some((1956, 4, 0))),
            ("BDAY:1900-01-01", None),
            ("BDAY:spring", None),
            ("BDAY:", None),
            ("BDAY:0", None),
        ] {
            let line = Lines::new(text.as_bytes()).next().unwrap();
            let read = Birth::read(&line).map(|b| (b.year, b.month, b.day));
            assert_eq!(read, wanted, "{text}");
        }
        assert_eq!(Birth { year: 1956, month: 4, day: 19 }.digits(), [1, 9, 5, 6, 0, 4, 1, 9]);
    }
}
