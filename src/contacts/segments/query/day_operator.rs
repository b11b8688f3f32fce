//! Reads what is asked of days: `older than 90 days`, `between 2026-01-01 and today`.

use jiff::Span;
use jiff::civil::Date;

use super::days::{Bound, Edge, Period, Window};
use super::field::{Field, Holds};
use super::misread::Misread;
use super::operator::Asked;
use super::parse::Parser;
use super::suggest::nearest;
use super::tokens::Kind;
use super::tree::Test;
use crate::formats::vcard::DayOfYear;

/// Longest distance of a day, in days.
const FARTHEST: i32 = 36_525;

impl Parser<'_> {
    /// What is asked of the days of `field`; nothing if no operator begins here.
    pub(super) fn of_days(
        &mut self,
        field: Field,
        said_is: bool,
    ) -> Result<Option<Asked>, Misread> {
        let (today, yearly) = (now(0), field.holds() == Holds::Yearly);
        let window = if self.accept(&["between"]) {
            let (at, from) = (self.here(), self.day(false)?);
            let missing = self.here();
            if !self.accept(&["and"]) {
                return Err(Misread::new(missing, "Here `and` and another day were expected."));
            }
            let to = self.day(false)?;
            if let (Bound::Day(one), Bound::Day(other)) = (from, to)
                && one > other
            {
                return Err(Misread::new(at, "This ends before it begins."));
            }
            between(Some(from), Some(to))
        } else if self.accept(&["on", "or", "before"]) {
            between(None, Some(self.day(false)?))
        } else if self.accept(&["on", "or", "after"]) {
            between(Some(self.day(false)?), None)
        } else if self.accept(&["before"]) {
            between(None, Some(moved(self.day(false)?, -1)))
        } else if self.accept(&["after"]) {
            between(Some(moved(self.day(false)?, 1)), None)
        } else if self.accept(&["older", "than"]) {
            between(None, Some(moved(self.distance(-1)?, -1)))
        } else if self.accept(&["more", "than"]) {
            let (distance, is_past) = self.distance_and_side()?;
            if is_past {
                between(None, Some(moved(negative(distance), -1)))
            } else {
                between(Some(moved(distance, 1)), None)
            }
        } else if self.accept(&["at", "least"]) {
            let (distance, is_past) = self.distance_and_side()?;
            if is_past {
                between(None, Some(negative(distance)))
            } else {
                between(Some(distance), None)
            }
        } else if self.accept(&["less", "than"]) {
            let (distance, is_past) = self.distance_and_side()?;
            if is_past {
                between(Some(moved(negative(distance), 1)), Some(today))
            } else {
                between(Some(today), Some(moved(distance, -1)))
            }
        } else if self.accept(&["at", "most"]) {
            let (distance, is_past) = self.distance_and_side()?;
            around(distance, is_past)
        } else if self.accept_one(&["within", "in"]) {
            self.accept(&["the"]);
            match self.period()? {
                Some(window) => window,
                None if self.accept_one(&["last", "past"]) => around(self.distance(1)?, true),
                None if self.accept_one(&["next", "coming"]) => around(self.distance(1)?, false),
                None => {
                    let distance = self.distance(1)?;
                    around(distance, field.holds() == Holds::Past)
                }
            }
        } else if let Some(window) = self.period()? {
            window
        } else if said_is {
            self.accept(&["on"]);
            let day = self.day(yearly)?;
            between(Some(day), Some(day))
        } else {
            return Ok(None);
        };
        Ok(Some((Test::Day(field, window), false)))
    }

    /// `this week`, `last month`, `next year`.
    fn period(&mut self) -> Result<Option<Window>, Misread> {
        let ahead = match self.word(0).as_deref() {
            Some("this") => 0,
            Some("last") => -1,
            Some("next") => 1,
            _ => return Ok(None),
        };
        let period = match self.word(1).as_deref() {
            Some("week") => Period::Week,
            Some("month") => Period::Month,
            Some("year") => Period::Year,
            _ if ahead == 0 => {
                self.at += 1;
                let message = "Here `week`, `month` or `year` was expected.";
                return Err(Misread::new(self.here(), message));
            }
            _ => return Ok(None),
        };
        self.at += 2;
        let edge = |edge| Some(Bound::Period(period, ahead, edge));
        Ok(Some(Window { from: edge(Edge::First), to: edge(Edge::Last) }))
    }

    /// A day: `2026-11-23`, `today`, `90 days ago`, `in 2 weeks`; `--12-24` where it `may_return`.
    pub(super) fn day(&mut self, may_return: bool) -> Result<Bound, Misread> {
        for (word, days) in [("today", 0), ("yesterday", -1), ("tomorrow", 1)] {
            if self.accept(&[word]) {
                return Ok(now(days));
            }
        }
        if self.accept(&["in"]) {
            return self.distance(1);
        }
        let at = self.here();
        let Some(word) = self.word(0).or_else(|| self.quoted()) else {
            return Err(Misread::new(at, "Here a day was expected.").with(DAYS));
        };
        if let Some(day) = DayOfYear::parse(&word) {
            self.at += 1;
            return match day.year.map(|year| Date::new(year, day.month, day.day)) {
                Some(Ok(date)) => Ok(Bound::Day(date)),
                _ if may_return => Ok(Bound::EachYear(day.month, day.day)),
                _ => Err(Misread::new(at, "This day has no year.").with(DAYS)),
            };
        }
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Misread::new(at, format!("`{word}` is no day.")).with(DAYS));
        }
        let (distance, is_past) = self.distance_and_side()?;
        Ok(if is_past { negative(distance) } else { distance })
    }

    fn quoted(&self) -> Option<String> {
        match &self.peek()?.kind {
            Kind::Quoted(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// `90 days ago`, `2 weeks from now`: the distance, and whether it is one back.
    fn distance_and_side(&mut self) -> Result<(Bound, bool), Misread> {
        let distance = self.distance(1)?;
        if self.accept(&["ago"]) {
            return Ok((distance, true));
        }
        if self.accept(&["from", "now"]) || self.accept_one(&["ahead", "away"]) {
            return Ok((distance, false));
        }
        Err(Misread::new(self.here(), "Here `ago` or `from now` was expected."))
    }

    /// `90 days`, `2w`; `sign` says in which direction.
    fn distance(&mut self, sign: i32) -> Result<Bound, Misread> {
        let at = self.here();
        let wrong =
            || Misread::new(at.clone(), "Here a time was expected: 90 days, 2 weeks, 3 months");
        let word = self.word(0).ok_or_else(wrong)?;
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, glued) = word.split_at_checked(digits).ok_or_else(wrong)?;
        if number.is_empty() {
            return Err(wrong());
        }
        let number = number.parse::<i32>().unwrap_or(i32::MAX);
        self.at += 1;
        let unit = if glued.is_empty() {
            let unit = self.word(0);
            self.at += usize::from(unit.is_some());
            unit.unwrap_or_default()
        } else {
            glued.to_owned()
        };
        let (months, days, length) = match &*unit {
            "d" | "day" | "days" => (0, 1, 1),
            "w" | "week" | "weeks" => (0, 7, 7),
            "m" | "mo" | "month" | "months" => (1, 0, 31),
            "y" | "year" | "years" => (12, 0, 366),
            _ => {
                let at = if glued.is_empty() && !unit.is_empty() {
                    self.since(self.at.saturating_sub(1))
                } else {
                    self.here()
                };
                let units = ["days", "weeks", "months", "years"];
                let fault =
                    Misread::new(at, "Here `days`, `weeks`, `months` or `years` was expected.");
                return Err(match nearest(&unit, units.into_iter()) {
                    Some(near) => fault.with(format!("Did you mean `{near}`?")),
                    None => fault,
                });
            }
        };
        if number > FARTHEST / length {
            return Err(Misread::new(at, "This is farther away than a hundred years."));
        }
        Ok(Bound::Shift { months: sign * number * months, days: sign * number * days })
    }
}

const DAYS: &str = "Days are written like this: 2026-11-23, today, 90 days ago, in 2 weeks.";

fn now(days: i32) -> Bound {
    Bound::Shift { months: 0, days }
}

fn between(from: Option<Bound>, to: Option<Bound>) -> Window {
    Window { from, to }
}

/// From the present day to so far from it.
fn around(distance: Bound, is_past: bool) -> Window {
    if is_past {
        between(Some(negative(distance)), Some(now(0)))
    } else {
        between(Some(now(0)), Some(distance))
    }
}

fn negative(bound: Bound) -> Bound {
    match bound {
        Bound::Shift { months, days } => Bound::Shift { months: -months, days: -days },
        other => other,
    }
}

/// The day `by` days from the one that is meant.
pub(super) fn moved(bound: Bound, by: i32) -> Bound {
    match bound {
        Bound::Day(day) => Bound::Day(day.saturating_add(Span::new().days(i64::from(by)))),
        Bound::Shift { months, days } => Bound::Shift { months, days: days + by },
        other => other,
    }
}
