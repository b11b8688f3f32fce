//! Findings on days, and on what there can be one of only: two birthdays, a death before the birth, a
//! day that no calendar has.

use std::borrow::Cow;

use super::finding::{Finding, Findings};
use super::kind::Kind;
use crate::contacts::normal::Birth;
use crate::formats::line::Line;
use crate::formats::vcard::{Card, DayOfYear};

const DAYS: [&str; 3] = ["BDAY", "DEATHDATE", "ANNIVERSARY"];

/// Looks at the days of `card`, and at what it says twice; tells the last day that was in the past when
/// it was written down, as `(year, month, day)`.
pub fn days(card: &Card<'_>, found: &mut Findings) -> Option<(i16, i8, i8)> {
    let mut latest = None;
    let mut whole: [Option<(i16, i8, i8)>; 3] = [None; 3];
    for (at, name) in DAYS.into_iter().enumerate() {
        let mut first: Option<(String, Option<String>)> = None;
        for line in card.all(name) {
            let text = line.text();
            if text.trim().is_empty() || text.len() > 200 {
                continue;
            }
            if is_impossible(line) {
                let message = "There is no such day.";
                found.add(Finding::new(Kind::ImpossibleDate, name, &text, message));
                continue;
            }
            let day = DayOfYear::read(line);
            let date = day.as_ref().and_then(|day| Some((day.year?, day.month, day.day)));
            if name != "ANNIVERSARY" {
                latest = latest.max(date);
            }
            if let Some(slot) = whole.get_mut(at) {
                *slot = slot.or(date);
            }
            let value = day.map_or_else(|| text.trim().to_owned(), |day| day.to_string());
            let other = line.param("ALTID").map(Cow::into_owned);
            match &first {
                None => first = Some((value, other)),
                // The same day in other words.
                Some((_, alternative)) if alternative.is_some() && *alternative == other => {}
                Some((before, _)) if !agree(before, &value) => {
                    let message = format!("The card has another day for this: {before}.");
                    found.add(Finding::new(Kind::Conflict, name, &text, message));
                }
                Some(_) => {}
            }
        }
    }
    if let [Some(born), Some(died), _] = whole
        && died < born
    {
        let message = "The day of death is before the day of birth.";
        let value = format!("{:04}-{:02}-{:02}", died.0, died.1, died.2);
        found.add(Finding::new(Kind::Conflict, "DEATHDATE", &value, message));
    }
    genders(card, found);
    latest
}

/// May both be the same day? One of them may leave out the year.
fn agree(one: &str, other: &str) -> bool {
    let without_year = |day: &str| day.get(day.len().saturating_sub(5)..).map(str::to_owned);
    one == other
        || ((one.starts_with("--") || other.starts_with("--"))
            && without_year(one) == without_year(other))
}

/// Does the line look like a day, and is none?
fn is_impossible(line: &Line<'_>) -> bool {
    let is_text = line.param("VALUE").is_some_and(|value| value.eq_ignore_ascii_case("text"));
    if is_text || DayOfYear::read(line).is_some() {
        return false;
    }
    let text = line.text();
    let text = text.trim();
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let digits = date.bytes().filter(u8::is_ascii_digit).count();
    let plain = date.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.'));
    if !plain || digits < 3 {
        return false;
    }
    if let Some(rest) = date.strip_prefix("--") {
        // `--04`, a month; `---15`, a day of any month.
        let part = rest.trim_start_matches('-');
        let number: Option<u8> = part.parse().ok().filter(|_| part.len() <= 2);
        return number.is_none_or(|n| n == 0 || n > if rest.starts_with('-') { 31 } else { 12 });
    }
    let Some(birth) = Birth::parse(text) else {
        // Two digits for the year are unclear, not impossible.
        return digits > 8;
    };
    if birth.day == 0 {
        return birth.month > 12;
    }
    let (month, day) = (i8::try_from(birth.month), i8::try_from(birth.day));
    let year = i16::try_from(birth.year).unwrap_or(0);
    !matches!((month, day), (Ok(month), Ok(day))
        if jiff::civil::Date::new(year, month, day).is_ok())
}

fn genders(card: &Card<'_>, found: &mut Findings) {
    let mut first: Option<String> = None;
    for line in card.all("GENDER") {
        let sex = line.components().first().map(|sex| sex.trim().to_ascii_uppercase());
        let Some(sex) = sex.filter(|sex| !sex.is_empty()) else { continue };
        match &first {
            Some(before) if *before != sex => {
                let message = format!("The card also says {before}.");
                found.add(Finding::new(Kind::Conflict, "GENDER", &sex, message));
            }
            Some(_) => {}
            None => first = Some(sex),
        }
    }
}
