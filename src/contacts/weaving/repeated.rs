//! Whether what a client tells was told before: an answer may have been lost, or the client may not
//! have fetched what became of what it sent.

use std::collections::HashSet;

use super::shown;
use crate::base::Timestamp;
use crate::contacts::layer::Running;
use crate::formats::zone::Zone;
use crate::store::interactions::Interaction;

/// How long after it was first told the same thing is taken for a repetition, in milliseconds, if
/// the client had not seen that it was logged.
pub const LONG: u64 = 30 * A_DAY;

/// As [`LONG`], if the client may have seen it.
pub const A_DAY: u64 = 24 * 3600 * 1000;

/// Most lines that were told as one text.
const LONGEST: usize = 50;

/// Was `told`, whose day was counted from today, told before on another day, so that the same words
/// meant an earlier day? `known` are the interactions that were told since.
pub fn on_another_day<'a>(
    told: &Interaction,
    known: impl IntoIterator<Item = &'a Interaction>,
    now: Timestamp,
    zone: &Zone,
) -> bool {
    let day = |at: Timestamp| zone.civil(shown::seconds(at)).date();
    known.into_iter().filter(|one| one.content == told.content).any(|one| {
        let passed = (day(now) - day(one.captured)).get_days();
        passed != 0 && (day(told.at) - day(one.at)).get_days() == passed
    })
}

/// Texts that were told, in any of the forms in which they may come back.
#[derive(Debug, Default)]
pub struct Told {
    fingerprints: HashSet<u64>,
    lengths: HashSet<usize>,
    longest: usize,
}

impl<'a> FromIterator<&'a str> for Told {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut told = Self::default();
        for text in texts {
            let mut running = Running::default();
            running.add(text);
            told.fingerprints.insert(running.value());
            told.lengths.insert(running.length());
            told.longest = told.longest.max(running.length());
        }
        told
    }
}

impl Told {
    /// How many of `lines`, from the first on, are one of the texts; the most, if several counts are.
    fn first_of(&self, lines: &[&str]) -> Option<usize> {
        let (mut running, mut found) = (Running::default(), None);
        for (line, count) in lines.iter().zip(1..=LONGEST) {
            running.add(line);
            if running.length() > self.longest {
                break;
            }
            // Most are told apart by their length alone.
            if self.lengths.contains(&running.length())
                && self.fingerprints.contains(&running.value())
            {
                found = Some(count);
            }
        }
        found
    }
}

/// `text` without those of its lines that were told before as a text of their own.
pub fn without_told(text: &str, known: &Told) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut rest = lines.as_slice();
    let mut kept = Vec::new();
    while let [line, after @ ..] = rest {
        if let Some(count) = known.first_of(rest) {
            rest = rest.get(count..).unwrap_or_default();
        } else {
            kept.push(*line);
            rest = after;
        }
    }
    let kept = kept.join("\n");
    (!kept.trim().is_empty()).then(|| kept.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_goes_and_what_was_typed_since_stays() {
        let known: Told = ["one", "two\nthree"].into_iter().collect();
        for (text, left) in [
            ("one", None),
            ("one\nfour", Some("four")),
            ("two\nthree\nfive", Some("five")),
            ("two\nfour", Some("two\nfour")),
            ("four\nOne.", Some("four")),
        ] {
            assert_eq!(without_told(text, &known).as_deref(), left, "{text:?}");
        }
    }
}
