//! What a person typed into a fence or below it, told from what was served there.

use jiff::civil::Date;

use super::fence::{date_length, is_dash, is_shaped, is_status};
use super::unweave::Seen;
use super::when::iso_day;

/// Most lines that one served line may have been wrapped into.
const MOST_PIECES: usize = 12;

/// Most words typed behind a served line, on the same line, that are told from it.
const MOST_WORDS: usize = 48;

/// Longest text, in bytes, that may be a served line; more than any of them has.
const LONGEST_LINE: usize = 4096;

/// Most questions to `known`; what comes after them is taken as typed.
const MOST_QUESTIONS: usize = 20_000;

/// The texts that a person typed inside or below the fence: what is no marker and no line that
/// was served. Lines that stand together are one text. `known` says whether a line was served,
/// best by its [`fingerprint`](super::fingerprint()).
pub fn typed_in_fence(seen: &Seen, known: impl Fn(&str) -> bool) -> Vec<String> {
    let mut asked = 0;
    let mut is_known = |line: &str| {
        asked += 1;
        asked <= MOST_QUESTIONS && line.len() <= LONGEST_LINE && known(line)
    };
    let mut lines: Vec<&str> = Vec::new();
    for line in seen.fence.iter().flatten() {
        let parts = split_at_dates(line);
        // The text of an interaction and the name of a stage may hold a date, too.
        if parts.len() > 1 && (is_status(line) || is_known(line)) {
            lines.push(line);
        } else {
            lines.extend(parts);
        }
    }
    let mut texts: Vec<String> = Vec::new();
    let mut open = false;
    let mut rest = lines.as_slice();
    while let [line, after @ ..] = rest {
        rest = after;
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if is_status(line) || line.chars().all(|c| is_dash(c) || c.is_whitespace()) {
            continue;
        }
        let (taken, typed) = match served(line, after, &mut is_known) {
            Some(found) => found,
            None => (0, Some(*line)),
        };
        rest = after.get(taken..).unwrap_or_default();
        let Some(typed) = typed.map(str::trim).filter(|typed| !typed.is_empty()) else { continue };
        match texts.last_mut().filter(|_| open) {
            Some(text) => text.extend(["\n", typed]),
            None => texts.push(typed.to_owned()),
        }
        open = true;
    }
    texts
}

/// The days that stand at the beginning of a line of `text` or behind a blank, where lines that were served
/// have theirs.
pub fn days_named(text: &str) -> impl Iterator<Item = Date> {
    let mut before = '\n';
    text.char_indices().filter_map(move |(at, c)| {
        let begins = std::mem::replace(&mut before, c).is_whitespace() && c.is_ascii_digit();
        let here = text.get(at..).filter(|_| begins)?;
        iso_day(here.get(..date_length(here)?)?)
    })
}

/// If `line` is one that was served, or begins one: how many of the lines `after` belong to it,
/// and what was typed behind it.
fn served<'a>(
    line: &'a str,
    after: &[&'a str],
    known: &mut impl FnMut(&str) -> bool,
) -> Option<(usize, Option<&'a str>)> {
    if known(line) {
        return Some((0, None));
    }
    let is_dated = date_length(line.trim_start()).is_some();
    if !is_dated && !line.trim_start().starts_with('[') {
        return None;
    }
    let mut joined = line.to_owned();
    for (taken, next) in after.iter().take(MOST_PIECES).enumerate() {
        if next.trim().is_empty() || joined.len() > LONGEST_LINE {
            break;
        }
        joined.extend([" ", next.trim()]);
        if known(&joined) || is_status(&joined) {
            return Some((taken + 1, None));
        }
        if is_dated && let Some(typed) = behind_served(&joined, next, known) {
            return Some((taken + 1, Some(typed)));
        }
    }
    behind_served(line, line, known).filter(|_| is_dated).map(|typed| (0, Some(typed)))
}

/// What was typed behind the served line with which `whole` begins: some words at its end, all
/// of them on the line `last`.
fn behind_served<'a>(
    whole: &str,
    last: &'a str,
    known: &mut impl FnMut(&str) -> bool,
) -> Option<&'a str> {
    let last = last.trim();
    let before = whole.trim_end().len().checked_sub(last.len())?;
    let breaks = last.char_indices().rev().filter(|(_, c)| c.is_whitespace());
    for (at, _) in breaks.take(MOST_WORDS) {
        if known(whole.get(..before + at)?) {
            return last.get(at..);
        }
    }
    None
}

/// The parts of `line`, each but the first beginning with the date of an entry: a program may
/// have made blanks of line breaks.
fn split_at_dates(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    let mut from = 0;
    let mut before = '\n';
    for (at, c) in line.char_indices() {
        let here = line.get(at..).unwrap_or_default();
        let begins = at > from && c.is_ascii_digit() && before.is_whitespace();
        if begins && is_shaped(here) && !is_bare_command(line.get(from..at).unwrap_or_default()) {
            let (part, later) = rest.split_at_checked(at - from).unwrap_or((rest, ""));
            parts.push(part);
            (rest, from) = (later, at);
        }
        before = c;
    }
    parts.push(rest);
    parts
}

/// Is `text` the word of a command only, whose day comes next?
fn is_bare_command(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['+', '\u{ff0b}']) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_day_of_a_command_begins_no_line() {
        let command = "+met 2026-11-03 14:00 lunch";
        let line = format!("{command} 2026-11-21 10:15 call: told");
        for (line, typed) in
            [(command, vec![command]), (&*line, vec![command, "2026-11-21 10:15 call: told"])]
        {
            let fence = Some(vec![line.to_owned()]);
            let seen = Seen { fence, ..Seen::default() };
            assert_eq!(typed_in_fence(&seen, |_| false), [typed.join("\n")]);
        }
    }

    #[test]
    fn days_stand_where_lines_of_the_history_begin() {
        let text = "2026-11-18 18:53 call: one 2026–11–03 note: two\n2026-13-01 x\n(2026-01-01) \
            12026-01-01 2026-01-011\n 2026-02-03";
        let days: Vec<Date> = days_named(text).collect();
        assert_eq!(days, [date(2026, 11, 18), date(2026, 11, 3), date(2026, 2, 3)]);
    }
}
