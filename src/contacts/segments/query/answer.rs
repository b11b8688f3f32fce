//! Asks a query about a card: is it meant, and until which day does the answer hold?

use jiff::civil::Date;

use super::What;
use super::days::{self, Bound, Holding, Window};
use super::field::{Field, Holds};
use super::subject::{Day, Subject};
use super::tree::{How, Query, Range64, Term, Test};
use crate::contacts::normal::Number;
use crate::store::segments::SegmentId;

/// Reasons that are told of one card.
const REASONS: usize = 8;

/// Values that are told of one term, and how much of each in characters.
const TOLD: (usize, usize) = (2, 60);

/// What a query says of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Is it meant?
    pub holds: bool,
    /// The first day on which that may be otherwise though the card stays as it is.
    pub until: Option<Date>,
}

/// A card on a day.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The card.
    pub card: &'a Subject<'a>,
    /// The day, where its owner lives.
    pub today: Date,
    /// What was found of it for other segments.
    pub segments: &'a dyn Fn(SegmentId) -> Verdict,
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("card", self.card).field("today", &self.today).finish()
    }
}

impl Asked<'_> {
    /// Is the card meant by `query`?
    pub fn answer(&self, query: &Query) -> Verdict {
        match query {
            Query::All(parts) => self.together(parts, false),
            Query::Any(parts) => self.together(parts, true),
            Query::Not(inner) => {
                let inner = self.answer(inner);
                Verdict { holds: !inner.holds, ..inner }
            }
            Query::Term(term) => {
                let (holds, until) = self.term(&term.test);
                Verdict { holds, until }
            }
        }
    }

    /// Several parts, of which one that is `decisive` settles it. It stays settled as long as any
    /// one does; otherwise it may change with the first that does.
    fn together(&self, parts: &[Query], decisive: bool) -> Verdict {
        let (mut first, mut last, mut settled) = (None::<Date>, None::<Date>, false);
        for part in parts {
            let part = self.answer(part);
            if part.holds != decisive {
                first = [first, part.until].into_iter().flatten().min();
                continue;
            }
            settled = true;
            match part.until {
                Some(until) => last = last.max(Some(until)),
                None => return Verdict { holds: decisive, until: None },
            }
        }
        if settled {
            Verdict { holds: decisive, until: last }
        } else {
            Verdict { holds: !decisive, until: first }
        }
    }

    fn term(&self, test: &Test) -> Holding {
        match test {
            Test::Known(Field::Known(What::Age)) => {
                let (years, until) = self.age();
                (years.is_some(), until)
            }
            Test::Known(field) => (self.card.knows(field), None),
            Test::Text(field, how, values) => (self.compares(field, *how, values), None),
            Test::Number(Field::Known(What::Age), ranges) => {
                let (years, until) = self.age();
                (years.is_some_and(|years| within(ranges, f64::from(years))), until)
            }
            Test::Number(field, ranges) => {
                (self.card.number(field).is_some_and(|number| within(ranges, number)), None)
            }
            Test::Day(field, window) => self.day(field, window),
            Test::Segment(id) => {
                let verdict = (self.segments)(*id);
                (verdict.holds, verdict.until)
            }
        }
    }

    fn compares(&self, field: &Field, how: How, values: &[String]) -> bool {
        let texts = self.card.texts(field);
        let is_phone = field.holds() == Holds::Phone;
        texts.iter().any(|text| {
            values.iter().any(|value| match how {
                How::Is => text == value || (is_phone && is_same_line(text, value)),
                How::Contains => memchr::memmem::find(text.as_bytes(), value.as_bytes()).is_some(),
                How::Starts => text.starts_with(value.as_str()),
                How::Ends => text.ends_with(value.as_str()),
            })
        })
    }

    fn day(&self, field: &Field, window: &Window) -> Holding {
        let Some(day) = self.card.day(field) else { return (false, None) };
        let each_year = matches!(window.from, Some(Bound::EachYear(..)));
        match day {
            Day::Once(day)
                if field.holds() == Holds::Yearly && (window.is_about_now() || each_year) =>
            {
                window.comes_round((day.month(), day.day()), self.today)
            }
            Day::Once(day) => window.has(day, self.today),
            Day::EachYear(month, day) if window.is_about_now() || each_year => {
                window.comes_round((month, day), self.today)
            }
            // When that was first is not known.
            Day::EachYear(..) => (false, None),
        }
    }

    fn age(&self) -> (Option<i16>, Option<Date>) {
        match self.card.day(&Field::Known(What::Birthday)) {
            Some(Day::Once(birth)) => days::age(birth, self.today),
            _ => (None, None),
        }
    }
}

fn within(ranges: &[Range64], number: f64) -> bool {
    ranges.iter().any(|range| range.has(number))
}

fn is_same_line(one: &str, other: &str) -> bool {
    match (Number::read(one, None), Number::read(other, None)) {
        (Some(one), Some(other)) => one.is_same(&other),
        _ => false,
    }
}

/// The terms of `query`, of which `text` is the text, that make the answer what it is, with what the
/// card has for them.
pub fn reasons(asked: &Asked<'_>, query: &Query, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let wanted = asked.answer(query).holds;
    collect(asked, query, wanted, text, &mut found);
    found
}

fn collect(asked: &Asked<'_>, query: &Query, wanted: bool, text: &str, found: &mut Vec<String>) {
    if found.len() >= REASONS || asked.answer(query).holds != wanted {
        return;
    }
    match query {
        Query::All(parts) | Query::Any(parts) => {
            for part in parts {
                collect(asked, part, wanted, text, found);
            }
        }
        Query::Not(inner) => collect(asked, inner, !wanted, text, found),
        Query::Term(term) => {
            let said = text.get(term.at.clone()).unwrap_or_default();
            let has = has(asked, term);
            let has = if has.is_empty() { "nothing there".to_owned() } else { has };
            let is_plain = matches!(term.test, Test::Segment(_));
            found.push(if is_plain { said.to_owned() } else { format!("{said} ({has})") });
        }
    }
}

/// What the card has in the field that `term` asks about.
fn has(asked: &Asked<'_>, term: &Term) -> String {
    let field = match &term.test {
        Test::Known(field)
        | Test::Text(field, ..)
        | Test::Number(field, _)
        | Test::Day(field, _) => field,
        Test::Segment(_) => return String::new(),
    };
    let day = |day| match day {
        Day::Once(day) => day.to_string(),
        Day::EachYear(month, day) => format!("--{month:02}-{day:02}"),
    };
    match (field, field.holds()) {
        (Field::Known(What::Age), _) => {
            asked.age().0.map_or_else(String::new, |years| years.to_string())
        }
        (_, Holds::Number) => asked.card.number(field).map_or_else(String::new, |n| n.to_string()),
        (_, Holds::Past | Holds::Coming | Holds::Yearly) => {
            asked.card.day(field).map_or_else(String::new, day)
        }
        (_, Holds::Presence) if asked.card.knows(field) => "there is one".to_owned(),
        _ => {
            let texts = asked.card.texts(field);
            let cut = |text: &String| text.chars().take(TOLD.1).collect::<String>();
            texts.iter().take(TOLD.0).map(cut).collect::<Vec<_>>().join(", ")
        }
    }
}
