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
    let mut same = known.into_iter().filter(|one| one.content == told.content);
    same.any(|one| meant_another_day(told, one, now, zone))
}

/// Are `told` and `one`, which was told before on another day, so many days apart as those on which they
/// were told?
pub fn meant_another_day(
    told: &Interaction,
    one: &Interaction,
    now: Timestamp,
    zone: &Zone,
) -> bool {
    let day = |at: Timestamp| zone.civil(shown::seconds(at)).date();
    let passed = (day(now) - day(one.captured)).get_days();
    passed != 0 && (day(told.at) - day(one.at)).get_days() == passed
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

    /// Does `line` begin with one of the texts, and go on with other words?
    fn begins(&self, line: &str) -> bool {
        let mut running = Running::default();
        let mut words = line.split_whitespace().peekable();
        while let Some(word) = words.next() {
            running.add(word);
            if words.peek().is_none() || running.length() > self.longest {
                break;
            }
            if running.length() > 0
                && self.lengths.contains(&running.length())
                && self.fingerprints.contains(&running.value())
            {
                return true;
            }
        }
        false
    }
}

/// `text` without those of its lines that were told before as a text of their own. A line to which more
/// was typed since is one for itself.
pub fn without_told(text: &str, known: &Told) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut rest = lines.as_slice();
    let (mut texts, mut kept) = (Vec::new(), Vec::new());
    while let [line, after @ ..] = rest {
        if let Some(count) = known.first_of(rest) {
            rest = rest.get(count..).unwrap_or_default();
            continue;
        }
        if known.begins(line) {
            texts.push(std::mem::take(&mut kept).join("\n"));
            texts.push((*line).to_owned());
        } else {
            kept.push(*line);
        }
        rest = after;
    }
    texts.push(kept.join("\n"));
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    texts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_goes_and_what_was_typed_since_stays() {
        let known: Told = ["one", "two\nthree"].into_iter().collect();
        for (text, left) in [
            ("one", &[][..]),
            ("one\nfour", &["four"]),
            ("two\nthree\nfive", &["five"]),
            ("two\nfour", &["two\nfour"]),
            ("four\nOne.", &["four"]),
            ("four\none and more\nfive\nsix", &["four", "one and more", "five\nsix"]),
            ("ones\nfour", &["ones\nfour"]),
        ] {
            assert_eq!(without_told(text, &known), left, "{text:?}");
        }
    }
}
