//! Dates and times as people type them: `yesterday`, `mon 14:00`, `3d`, `2026-11-03`, `3.11.`.

use jiff::Span;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::fence::is_dash;

/// A day, and a time on it where one was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Option<Time>,
}

/// Where days that are told in part lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Before now: what happened.
    Past,
    /// After now: what is to be done.
    Future,
}

/// Most days from now that are told in part.
const FURTHEST: i64 = 36_525;

/// Takes the date and time with which `text` begins, and gives the rest. Nothing where it begins
/// with none, or with one that could mean two days.
pub fn take(text: &str, now: DateTime, direction: Direction) -> Option<(When, &str)> {
    let text = text.trim_start();
    let (word, rest) = next_word(text);
    if let Some(date) = day(word, rest, now.date(), direction) {
        let (date, rest) = date;
        // What is due is due on a day; a time stays in the text.
        if direction == Direction::Future {
            return Some((When { date, time: None }, rest));
        }
        let after_at = next_word(rest);
        let later = if after_at.0.eq_ignore_ascii_case("at") { after_at.1 } else { rest };
        return Some(match take_time(later) {
            Some((time, rest)) => (When { date, time: Some(time) }, rest),
            None => (When { date, time: None }, rest),
        });
    }
    if direction == Direction::Future {
        return None;
    }
    if let Some(found) = date_and_time(word) {
        return Some((found, rest));
    }
    let (time, rest) = take_time(text)?;
    // A time later than now was yesterday's.
    let date = if time > now.time() { now.date().yesterday().ok()? } else { now.date() };
    Some((When { date, time: Some(time) }, rest))
}

/// The first word of `text`, without a comma or colon behind it, and what follows.
fn next_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (word.trim_end_matches([',', ':']), rest)
}

/// The day that `word` names, and what follows; `rest` is what follows the word.
fn day<'a>(
    word: &str,
    rest: &'a str,
    today: Date,
    direction: Direction,
) -> Option<(Date, &'a str)> {
    let past = direction == Direction::Past;
    let lower = word.to_lowercase();
    let date = match lower.as_str() {
        "today" => today,
        "yesterday" if past => today.yesterday().ok()?,
        "tomorrow" if !past => today.tomorrow().ok()?,
        _ => {
            if let Some(weekday) = weekday(&lower) {
                let date = today.nth_weekday(if past { -1 } else { 1 }, weekday).ok()?;
                return Some((date, rest));
            }
            if let Some(days) = days(&lower) {
                let days = if past { -days } else { days };
                let (next, after) = next_word(rest);
                let rest = if past && next.eq_ignore_ascii_case("ago") { after } else { rest };
                return Some((today.checked_add(Span::new().days(days)).ok()?, rest));
            }
            if !past && lower == "in" {
                let (next, after) = next_word(rest);
                let days = days(&next.to_lowercase())?;
                return Some((today.checked_add(Span::new().days(days)).ok()?, after));
            }
            return calendar_day(&lower, today, direction).map(|date| (date, rest));
        }
    };
    Some((date, rest))
}

fn weekday(word: &str) -> Option<Weekday> {
    const NAMES: [(&str, &str, Weekday); 7] = [
        ("monday", "mon", Weekday::Monday),
        ("tuesday", "tue", Weekday::Tuesday),
        ("wednesday", "wed", Weekday::Wednesday),
        ("thursday", "thu", Weekday::Thursday),
        ("friday", "fri", Weekday::Friday),
        ("saturday", "sat", Weekday::Saturday),
        ("sunday", "sun", Weekday::Sunday),
    ];
    let word = match word {
        "tues" => "tue",
        "thur" | "thurs" => "thu",
        word => word,
    };
    NAMES.iter().find(|(full, short, _)| word == *full || word == *short).map(|(.., day)| *day)
}

/// The days of `3d` and `2w`.
fn days(word: &str) -> Option<i64> {
    let (count, unit) = if let Some(count) = word.strip_suffix('d') {
        (count, 1)
    } else {
        (word.strip_suffix('w')?, 7)
    };
    if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let days = count.parse::<i64>().ok()?.checked_mul(unit)?;
    (days <= FURTHEST).then_some(days)
}

/// `2026-11-03`, `3.11.2026`, `3.11.26`, `3.11.`, `25/11`, `11/25`, `25/11/2026`. Of days and
/// months between slashes only those that can be told apart.
fn calendar_day(word: &str, today: Date, direction: Direction) -> Option<Date> {
    if let Some(date) = iso_day(word) {
        return Some(date);
    }
    if word.contains('.') {
        let mut parts = word.split('.');
        let (day, month) = (number(parts.next()?)?, number(parts.next()?)?);
        let year = parts.next()?;
        return match (year.is_empty(), parts.next()) {
            (true, None) => nearest(today, month, day, direction),
            (false, None | Some("")) => Date::new(full_year(year)?, month, day).ok(),
            _ => None,
        };
    }
    let mut parts = word.split('/');
    let (first, second) = (number(parts.next()?)?, number(parts.next()?)?);
    let (day, month) = match (first > 12, second > 12) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        (false, false) if first == second => (first, second),
        _ => return None,
    };
    match (parts.next(), parts.next()) {
        (None, _) => nearest(today, month, day, direction),
        (Some(year), None) => Date::new(full_year(year)?, month, day).ok(),
        _ => None,
    }
}

/// `2026-11-03`, with dashes of any length.
pub(super) fn iso_day(word: &str) -> Option<Date> {
    let mut parts = word.split(is_dash);
    let (year, month, day) = (parts.next()?, number(parts.next()?)?, number(parts.next()?)?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    Date::new(full_year(year)?, month, day).ok()
}

/// `2026-11-03T14:00`.
fn date_and_time(word: &str) -> Option<When> {
    let (date, time) = word.split_once(['T', 't'])?;
    let (time, rest) = take_time(time)?;
    rest.is_empty().then_some(When { date: iso_day(date)?, time: Some(time) })
}

fn number(text: &str) -> Option<i8> {
    if !(1..=2).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn full_year(text: &str) -> Option<i16> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        2 => Some(2000 + text.parse::<i16>().ok()?),
        4 => text.parse().ok().filter(|year| (1900..=2200).contains(year)),
        _ => None,
    }
}

/// The last or next day on which it is that day of that month.
fn nearest(today: Date, month: i8, day: i8, direction: Direction) -> Option<Date> {
    let (years, fits): (_, fn(&Date, &Date) -> bool) = match direction {
        Direction::Past => ([0, -1, -2, -3, -4], |date, today| date <= today),
        Direction::Future => ([0, 1, 2, 3, 4], |date, today| date >= today),
    };
    let days = years.iter().filter_map(|more| Date::new(today.year() + more, month, day).ok());
    days.into_iter().find(|date| fits(date, &today))
}

/// Takes `14:00`, `2pm` or `2:30 pm` from the beginning of `text`.
fn take_time(text: &str) -> Option<(Time, &str)> {
    let (word, rest) = next_word(text);
    let lower = word.to_lowercase();
    let (clock, half) = if let Some(clock) = lower.strip_suffix("am") {
        (clock, Some(0))
    } else if let Some(clock) = lower.strip_suffix("pm") {
        (clock, Some(12))
    } else {
        (lower.as_str(), None)
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        None if half.is_some() => (number(clock)?, 0),
        _ => return None,
    };
    let (next, after) = next_word(rest);
    let (half, rest) = match (half, next.to_lowercase().as_str()) {
        (None, "am") => (Some(0), after),
        (None, "pm") => (Some(12), after),
        (half, _) => (half, rest),
    };
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    Some((Time::new(hour, minute, 0, 0).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// A Sunday.
    fn now() -> DateTime {
        date(2026, 11, 22).at(12, 0, 0, 0)
    }

    fn read(text: &str, direction: Direction) -> String {
        match take(text, now(), direction) {
            Some((when, rest)) => {
                let time = when.time.map(|t| t.strftime(" %H:%M").to_string()).unwrap_or_default();
                format!("{}{time}|{}", when.date, rest.trim())
            }
            None => format!("|{text}"),
        }
    }

    #[test]
    fn what_happened() {
        for (text, wanted) in [
            ("today x", "2026-11-22|x"),
            ("Yesterday, x", "2026-11-21|x"),
            ("yesterday at 9:05 x", "2026-11-21 09:05|x"),
            ("tomorrow x", "|tomorrow x"),
            ("mon x", "2026-11-16|x"),
            ("Sunday x", "2026-11-15|x"),
            ("sat", "2026-11-21|"),
            ("monkey", "|monkey"),
            ("3d x", "2026-11-19|x"),
            ("2w ago x", "2026-11-08|x"),
            ("3D printing", "2026-11-19|printing"),
            ("99999999d x", "|99999999d x"),
            ("2026-11-03 14:00 x", "2026-11-03 14:00|x"),
            ("2026-11-03T14:00 x", "2026-11-03 14:00|x"),
            ("2026–11–03: x", "2026-11-03|x"),
            ("2026-13-03 x", "|2026-13-03 x"),
            ("14:00 x", "2026-11-21 14:00|x"),
            ("9:30 am x", "2026-11-22 09:30|x"),
            ("12am x", "2026-11-22 00:00|x"),
            ("2pm x", "2026-11-21 14:00|x"),
            ("13pm x", "|13pm x"),
            ("25:00 x", "|25:00 x"),
            ("3.11. x", "2026-11-03|x"),
            ("3.12. x", "2025-12-03|x"),
            ("3.12.2024 x", "2024-12-03|x"),
            ("3.12.24 x", "2024-12-03|x"),
            ("29.2. x", "2024-02-29|x"),
            ("3.5 million", "|3.5 million"),
            ("11/3 x", "|11/3 x"),
            ("11/25 x", "2025-11-25|x"),
            ("21/11 x", "2026-11-21|x"),
            ("11/11 x", "2026-11-11|x"),
            ("25/12/2025 x", "2025-12-25|x"),
            ("1/2/3/4", "|1/2/3/4"),
            ("", "|"),
        ] {
            assert_eq!(read(text, Direction::Past), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_to_be_done() {
        for (text, wanted) in [
            ("today x", "2026-11-22|x"),
            ("tomorrow x", "2026-11-23|x"),
            ("yesterday x", "|yesterday x"),
            ("sunday x", "2026-11-29|x"),
            ("mon 14:00 x", "2026-11-23|14:00 x"),
            ("3d x", "2026-11-25|x"),
            ("in 2w x", "2026-12-06|x"),
            ("in Paris x", "|in Paris x"),
            ("3.11. x", "2027-11-03|x"),
            ("2026-11-03 x", "2026-11-03|x"),
            ("14:00 x", "|14:00 x"),
        ] {
            assert_eq!(read(text, Direction::Future), wanted, "{text}");
        }
    }
}
