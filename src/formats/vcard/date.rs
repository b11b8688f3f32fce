//! Days of the year that cards remember: birthdays, anniversaries, with or without their year,
//! as standards and programs write them.

use std::fmt;

use crate::formats::line::Line;

/// A day of which month and day are known. It is in the calendar of a leap year at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayOfYear {
    /// The year, where it is known: 1 to 9999.
    pub year: Option<i16>,
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
}

impl DayOfYear {
    /// The year Apple writes where none is known.
    pub const NO_YEAR: i16 = 1604;

    /// The day that `line` names: `19850415`, `1985-04-15`, `--0415`, `--04-15`, also with a
    /// time behind, with single digits, `15.4.1985` and `1985/4/15`. The year 1604 is Apple's
    /// for none. Nothing for what names no day.
    pub fn read(line: &Line<'_>) -> Option<Self> {
        let value = line.text();
        let found = Self::parse(&value)?;
        let omitted = line.param("X-APPLE-OMIT-YEAR");
        let omitted = omitted.and_then(|year| year.trim().parse().ok()).unwrap_or(Self::NO_YEAR);
        Some(Self {
            year: found.year.filter(|year| *year != omitted && *year != Self::NO_YEAR),
            ..found
        })
    }

    /// As [`Self::read`], of a text by itself; any year in it counts.
    pub fn parse(value: &str) -> Option<Self> {
        let date = value.trim().split(['T', 't', ' ']).next().unwrap_or_default();
        if let Some(rest) = date.strip_prefix("--") {
            let (month, day) = match rest.split_once('-') {
                Some(both) => both,
                None => rest.split_at_checked(2)?,
            };
            return Self::of(None, month, day);
        }
        let separator = ['-', '/', '.'].into_iter().find(|sign| date.contains(*sign));
        let Some(separator) = separator else {
            let (year, rest) = date.split_at_checked(4)?;
            let (month, day) = rest.split_at_checked(2)?;
            return Self::of(Some(year), month, day);
        };
        let mut parts = date.split(separator);
        let (first, month, last) = (parts.next()?, parts.next()?, parts.next()?);
        match separator {
            _ if parts.next().is_some_and(|rest| !rest.is_empty()) => None,
            '.' => Self::of(Some(last).filter(|year| !year.is_empty()), month, first),
            // Which of the two is the month cannot be told otherwise.
            _ if first.len() == 4 => Self::of(Some(first), month, last),
            _ => None,
        }
    }

    fn of(year: Option<&str>, month: &str, day: &str) -> Option<Self> {
        // `parse` alone would take a sign.
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(month) || !is_number(day) {
            return None;
        }
        let year = match year {
            Some(year) if year.len() == 4 && is_number(year) => Some(year.parse::<i16>().ok()?),
            Some(_) => return None,
            None => None,
        };
        let year = year.filter(|year| *year != 0);
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        jiff::civil::Date::new(year.unwrap_or(Self::NO_YEAR), month, day).ok()?;
        Some(Self { year, month, day })
    }
}

/// `1985-04-15`, and `--04-15` without a year.
impl fmt::Display for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year:04}-{:02}-{:02}", self.month, self.day),
            None => write!(f, "--{:02}-{:02}", self.month, self.day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::line::Lines;

    #[test]
    fn days_as_real_cards_have_them() {
        let day = |year, month, day| Some(DayOfYear { year, month, day });
        for (line, wanted) in [
            ("BDAY:19850415", day(Some(1985), 4, 15)),
            ("BDAY;VALUE=date:1985-04-15", day(Some(1985), 4, 15)),
            ("BDAY;VALUE=text: 1985-4-5 ", day(Some(1985), 4, 5)),
            ("BDAY:1985-04-15T23:10:00Z", day(Some(1985), 4, 15)),
            ("BDAY:19850415T231000-0500", day(Some(1985), 4, 15)),
            ("BDAY:1985-04-15 00:00:00", day(Some(1985), 4, 15)),
            ("BDAY:--0415", day(None, 4, 15)),
            ("BDAY:--04-15", day(None, 4, 15)),
            ("BDAY:--4-5", day(None, 4, 5)),
            ("BDAY:--0229", day(None, 2, 29)),
            ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29", day(None, 2, 29)),
            ("BDAY;X-APPLE-OMIT-YEAR=1985:1985-02-03", day(None, 2, 3)),
            ("BDAY:1604-03-01", day(None, 3, 1)),
            ("BDAY:0000-03-01", day(None, 3, 1)),
            ("BDAY:15.4.1985", day(Some(1985), 4, 15)),
            ("BDAY:15.04.", day(None, 4, 15)),
            ("BDAY:1985/04/15", day(Some(1985), 4, 15)),
            ("BDAY:2000-02-29", day(Some(2000), 2, 29)),
            ("BDAY:2001-02-29", None),
            ("BDAY:04/05/1985", None),
            ("BDAY:1985-04", None),
            ("BDAY:1985", None),
            ("BDAY:---15", None),
            ("BDAY:--0230", None),
            ("BDAY:--1301", None),
            ("BDAY:circa 1800", None),
            ("BDAY:", None),
            ("BDAY:19850415999", None),
            ("BDAY:1985-04-15-16", None),
            ("BDAY:٢٠٠١-٠١-٠١", None),
        ] {
            let line = Lines::new(line.as_bytes()).next().unwrap();
            assert_eq!(DayOfYear::read(&line), wanted, "{}", String::from_utf8_lossy(line.raw()));
        }
    }
}
