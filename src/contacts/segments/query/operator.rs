//! Reads what is asked of a field: the operators, and the values behind them.

use jiff::civil::Date;

use super::MOST_VALUES;
use super::days::{Bound, Edge, Period, Window};
use super::field::{Field, Holds};
use super::misread::Misread;
use super::parse::Parser;
use super::subject::in_form_of;
use super::suggest::nearest;
use super::tokens::Kind;
use super::tree::{How, Range64, Test};
use crate::contacts::normal::fold::folded;
use crate::formats::vcard::DayOfYear;
use crate::store::fields::FieldKind;

/// Longest distance of a day, in days.
const FARTHEST: i32 = 36_525;

const OF_TEXTS: [&str; 16] = [
    "is",
    "is not",
    "contains",
    "does not contain",
    "starts with",
    "does not start with",
    "ends with",
    "does not end with",
    "is any of",
    "is none of",
    "contains any of",
    "is known",
    "is unknown",
    "is empty",
    "=",
    "!=",
];

const OF_NUMBERS: [&str; 14] = [
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "greater than",
    "less than",
    "at least",
    "at most",
    "between",
    "is any of",
    "is known",
    "is unknown",
];

const OF_DAYS: [&str; 19] = [
    "is",
    "before",
    "after",
    "on or before",
    "on or after",
    "between",
    "older than",
    "within",
    "more than",
    "less than",
    "in last",
    "in next",
    "in this",
    "is today",
    "is yesterday",
    "is tomorrow",
    "is known",
    "is unknown",
    "not within",
];

/// What is asked of a field, and whether it is asked to be otherwise.
type Asked = (Test, bool);

impl Parser<'_> {
    /// What is asked of `field`.
    pub(super) fn operator(&mut self, field: Field) -> Result<Asked, Misread> {
        let from = self.at;
        let mut said_is = self.accept_one(&["is", "are", "was"]);
        let does = !said_is && self.accept_one(&["does", "do"]);
        let mut negated = self.accept(&["not"]);
        if !said_is && !does && !negated && self.accept_one(&["isn't", "doesn't"]) {
            (said_is, negated) = (true, true);
        }
        if self.accept_kind(&Kind::Sign("!=")) {
            let (test, _) = self.compared(field, "=")?;
            return Ok((test, !negated));
        }
        for sign in ["=", "<=", ">=", "<", ">"] {
            if self.accept_kind(&Kind::Sign(sign)) {
                let (test, otherwise) = self.compared(field, sign)?;
                return Ok((test, negated != otherwise));
            }
        }
        if self.accept_one(&["known", "set", "filled"]) {
            return Ok((Test::Known(field), negated));
        }
        if self.accept_one(&["unknown", "empty", "unset"]) {
            return Ok((Test::Known(field), !negated));
        }
        let test = match field.holds() {
            Holds::Text | Holds::Phone => self.of_texts(field.clone(), said_is)?,
            Holds::Bool => self.of_yes(field.clone(), said_is)?,
            Holds::Number => self.of_numbers(field.clone(), said_is)?,
            Holds::Past | Holds::Coming | Holds::Yearly => self.of_days(field.clone(), said_is)?,
            Holds::Presence => {
                return Err(self.no_operator(&field, from, &["is known", "is unknown"]));
            }
        };
        match test {
            Some((test, otherwise)) => Ok((test, negated != otherwise)),
            None => {
                let at = self.at;
                self.at = from;
                let fault = match field.holds() {
                    Holds::Number => self.no_operator(&field, at, &OF_NUMBERS),
                    Holds::Past | Holds::Coming | Holds::Yearly => {
                        self.no_operator(&field, at, &OF_DAYS)
                    }
                    Holds::Bool => self.no_operator(&field, at, &["is yes", "is no", "is known"]),
                    _ => self.no_operator(&field, at, &OF_TEXTS),
                };
                Err(fault)
            }
        }
    }

    /// The operator that begins here is none; reading got to the token `at`.
    fn no_operator(&mut self, field: &Field, at: usize, known: &[&str]) -> Misread {
        let from = self.at;
        self.at = at;
        let all = format!("Of `{}` can be asked: {}.", field.name(), known.join(", "));
        let Some(word) = self.word(0) else {
            let message = format!("What is asked of `{}` is missing here.", field.name());
            return Misread::new(self.here(), message).with(all);
        };
        let typed = format!("{} {word}", self.text.get(self.since(from)).unwrap_or_default());
        let typed = if at > from { typed } else { word.clone() };
        let first = known.iter().filter_map(|known| known.split(' ').next());
        let words = known.iter().copied().chain(first);
        let near = nearest(&typed, words.clone()).or_else(|| nearest(&word, words));
        let message = format!("`{word}` cannot be asked of `{}`.", field.name());
        let help = near.map_or(all, |near| format!("Did you mean `{near}`?"));
        Misread::new(self.here(), message).with(help)
    }

    /// What a sign compares.
    fn compared(&mut self, field: Field, sign: &str) -> Result<Asked, Misread> {
        let at = self.here();
        let test = match (field.holds(), sign) {
            (Holds::Text | Holds::Phone, "=") => self.texts(field, How::Is)?,
            (Holds::Bool, "=") => match self.of_yes(field, true)? {
                Some(asked) => return Ok(asked),
                None => return Err(Misread::new(self.here(), "Here `yes` or `no` was expected.")),
            },
            (Holds::Number, _) => {
                let number = self.number()?;
                Test::Number(field, vec![side(sign, number)])
            }
            (Holds::Past | Holds::Coming | Holds::Yearly, _) => {
                let day = self.day(field.holds() == Holds::Yearly && sign == "=")?;
                let (from, to) = match sign {
                    "<" => (None, Some(moved(day, -1))),
                    "<=" => (None, Some(day)),
                    ">" => (Some(moved(day, 1)), None),
                    ">=" => (Some(day), None),
                    _ => (Some(day), Some(day)),
                };
                Test::Day(field, Window { from, to })
            }
            _ => {
                let message = format!("`{sign}` cannot be asked of `{}`.", field.name());
                let before = at.start.saturating_sub(1)..at.start;
                return Err(Misread::new(before, message).with("Numbers and days can be compared."));
            }
        };
        Ok((test, false))
    }

    // === texts ===

    fn of_texts(&mut self, field: Field, said_is: bool) -> Result<Option<Asked>, Misread> {
        let how = if self.accept_one(&["contains", "contain", "includes", "include"]) {
            How::Contains
        } else if self.word(1).as_deref() == Some("with")
            && self.accept_one(&["starts", "start", "begins", "begin"])
        {
            self.at += 1;
            How::Starts
        } else if self.word(1).as_deref() == Some("with") && self.accept_one(&["ends", "end"]) {
            self.at += 1;
            How::Ends
        } else if self.accept(&["none", "of"]) {
            let values = self.values(&field, How::Is)?;
            return Ok(Some((Test::Text(field, How::Is, values), true)));
        } else if said_is || matches!(self.word(0).as_deref(), Some("any" | "one" | "in")) {
            How::Is
        } else {
            return Ok(None);
        };
        if self.accept(&["any", "of"]) || self.accept(&["one", "of"]) || self.accept(&["in"]) {
            let values = self.values(&field, how)?;
            return Ok(Some((Test::Text(field, how, values), false)));
        }
        Ok(Some((self.texts(field, how)?, false)))
    }

    /// Does a text of `field` compare so to the value that comes next?
    pub(super) fn texts(&mut self, field: Field, how: How) -> Result<Test, Misread> {
        let value = self.value(&field, how)?;
        Ok(Test::Text(field, how, vec![value]))
    }

    fn values(&mut self, field: &Field, how: How) -> Result<Vec<String>, Misread> {
        self.list(|parser| parser.value(field, how))
    }

    /// Several values with commas between them, in parentheses or not.
    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Misread>,
    ) -> Result<Vec<T>, Misread> {
        let opened = self.here();
        let has_parentheses = self.accept_kind(&Kind::Open);
        let mut values = vec![one(self)?];
        while self.accept_kind(&Kind::Comma) {
            if values.len() == MOST_VALUES {
                let message = format!("This list has more than {MOST_VALUES} values.");
                return Err(Misread::new(self.here(), message));
            }
            values.push(one(self)?);
        }
        if has_parentheses && !self.accept_kind(&Kind::Close) {
            return Err(match self.peek() {
                None => Misread::new(opened, "This parenthesis is not closed."),
                Some(token) => Misread::new(token.at.clone(), "Here `,` or `)` was expected.")
                    .with("Texts of several words stand in quotes."),
            });
        }
        Ok(values)
    }

    fn value(&mut self, field: &Field, how: How) -> Result<String, Misread> {
        let at = self.here();
        let text = match self.next().map(|token| token.kind) {
            Some(Kind::Word(word)) if !matches!(&*word.to_lowercase(), "and" | "or") => word,
            Some(Kind::Quoted(text)) => text,
            _ => {
                let message = format!("A value for `{}` is missing here.", field.name());
                return Err(Misread::new(at, message));
            }
        };
        if let (Field::Own(own), How::Is, false) = (field, how, self.names.is_stored)
            && let FieldKind::Choice(choices) = &own.kind
            && !choices.iter().any(|choice| folded(choice) == folded(&text))
        {
            let message = format!("`{text}` is no choice of `{}`.", own.name);
            let near = nearest(&text, choices.iter().map(String::as_str));
            return Err(Misread::new(at, message).with(near.map_or_else(
                || format!("Choices are: {}.", choices.join(", ")),
                |near| format!("Did you mean \"{near}\"?"),
            )));
        }
        let value = in_form_of(field, &text);
        if value.is_empty() {
            let help = format!("Whether there is anything: {} is unknown", field.name());
            return Err(Misread::new(at, "This text has nothing in it to compare.").with(help));
        }
        Ok(value)
    }

    fn of_yes(&mut self, field: Field, said_is: bool) -> Result<Option<Asked>, Misread> {
        let yes = match self.word(0).as_deref() {
            Some("yes" | "true" | "on" | "1") if said_is => true,
            Some("no" | "false" | "off" | "0") if said_is => false,
            _ => return Ok(None),
        };
        self.at += 1;
        let value = if yes { "yes" } else { "no" };
        Ok(Some((Test::Text(field, How::Is, vec![value.to_owned()]), false)))
    }

    // === numbers ===

    fn of_numbers(&mut self, field: Field, said_is: bool) -> Result<Option<Asked>, Misread> {
        let ranges = if self.accept(&["between"]) {
            let (from, at) = (self.number()?, self.here());
            if !self.accept(&["and"]) {
                return Err(Misread::new(at, "Here `and` was expected: between 1 and 3"));
            }
            vec![Range64 { from, with_from: true, to: self.number()?, with_to: true }]
        } else if self.accept(&["any", "of"]) || self.accept(&["one", "of"]) {
            self.list(Self::number)?.into_iter().map(Range64::only).collect()
        } else if self.accept(&["none", "of"]) {
            let only = self.list(Self::number)?.into_iter().map(Range64::only).collect();
            return Ok(Some((Test::Number(field, only), true)));
        } else {
            let sign = if self.accept(&["greater", "than"]) || self.accept(&["more", "than"]) {
                ">"
            } else if self.accept(&["less", "than"]) || self.accept(&["fewer", "than"]) {
                "<"
            } else if self.accept(&["at", "least"]) {
                ">="
            } else if self.accept(&["at", "most"]) {
                "<="
            } else if said_is {
                "="
            } else {
                return Ok(None);
            };
            vec![side(sign, self.number()?)]
        };
        Ok(Some((Test::Number(field, ranges), false)))
    }

    fn number(&mut self) -> Result<f64, Misread> {
        let at = self.here();
        let number = self.word(0).and_then(|word| word.parse::<f64>().ok());
        match number.filter(|number| number.is_finite()) {
            Some(number) => {
                self.at += 1;
                // Units read well, and say nothing: cadence at most 30 days.
                self.accept_one(&["days", "day", "years", "year", "times"]);
                Ok(number)
            }
            None => Err(Misread::new(at, "Here a number was expected.")),
        }
    }

    // === days ===

    fn of_days(&mut self, field: Field, said_is: bool) -> Result<Option<Asked>, Misread> {
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
    fn day(&mut self, may_return: bool) -> Result<Bound, Misread> {
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
fn moved(bound: Bound, by: i32) -> Bound {
    match bound {
        Bound::Day(day) => Bound::Day(day.saturating_add(jiff::Span::new().days(i64::from(by)))),
        Bound::Shift { months, days } => Bound::Shift { months, days: days + by },
        other => other,
    }
}

fn side(sign: &str, number: f64) -> Range64 {
    let all =
        Range64 { from: f64::NEG_INFINITY, with_from: true, to: f64::INFINITY, with_to: true };
    match sign {
        "<" => Range64 { to: number, with_to: false, ..all },
        "<=" => Range64 { to: number, ..all },
        ">" => Range64 { from: number, with_from: false, ..all },
        ">=" => Range64 { from: number, ..all },
        _ => Range64::only(number),
    }
}
