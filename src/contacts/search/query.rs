//! What somebody types to find somebody: words, each of which is to be found, and numbers of phones
//! in whatever form.

use super::card;
use super::text;
use crate::base::Fault;

/// Most words of a query.
pub const MOST_WORDS: usize = 32;

/// Longest query, in bytes.
pub const LONGEST: usize = 4096;

/// Fewest digits of what is taken for a phone number.
const FEWEST_DIGITS: usize = 3;

/// Fewest digits that are left of a number without its country.
const FEWEST_NATIONAL: usize = 4;

/// Something that is to be found in a card, in one of several forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The forms; one of them is enough.
    pub forms: Vec<String>,
}

/// How a word is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is the word.
    Whole,
    /// The word begins with it.
    Prefix,
    /// It is inside of the word.
    Inside,
}

/// What is looked for: in one of several readings all of the terms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The readings, the most probable one first; one or two.
    pub readings: Vec<Vec<Term>>,
}

impl Query {
    /// What `typed` means.
    ///
    /// # Errors
    /// There is no letter and no digit in it, or too much of them.
    pub fn read(typed: &str) -> Result<Self, Fault> {
        if typed.len() > LONGEST {
            let message = format!("A search has at most {LONGEST} bytes; leave some words out.");
            return Err(Fault::new(422, message));
        }
        let numbers = joined(typed);
        let terms = terms_of(typed.split_whitespace().map(|part| (part, false)))?;
        let mut readings = Vec::new();
        if numbers.iter().any(|(_, is_number)| *is_number) {
            let parts = numbers.iter().map(|(part, is_number)| (part.as_str(), *is_number));
            readings.push(terms_of(parts)?);
        }
        if !readings.contains(&terms) {
            readings.push(terms);
        }
        if readings.iter().all(Vec::is_empty) {
            let message = "There is nothing to look for: give a part of a name, a mail address, a \
                           number, or any other word.";
            return Err(Fault::new(422, message));
        }
        Ok(Self { readings })
    }
}

impl Term {
    /// How this term is found in `word`, if it is.
    pub fn fit(&self, word: &str) -> Option<Fit> {
        self.forms.iter().filter_map(|form| fit(form, word)).min()
    }
}

/// How `form` is found in `word`, if it is. Inside of a word short forms are not found.
pub fn fit(form: &str, word: &str) -> Option<Fit> {
    if form == word {
        Some(Fit::Whole)
    } else if word.starts_with(form) {
        Some(Fit::Prefix)
    } else if crate::store::words::lookup::is_findable_inside(form) && word.contains(form) {
        Some(Fit::Inside)
    } else {
        None
    }
}

/// The parts of `typed`, those that together are one number of a phone in one.
fn joined(typed: &str) -> Vec<(String, bool)> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    for part in typed.split_whitespace() {
        let is_number = part.chars().all(|c| c.is_numeric() || "+-/().".contains(c));
        match parts.last_mut() {
            // A number begins anew with a plus.
            Some((before, true)) if is_number && !part.starts_with('+') => {
                before.push(' ');
                before.push_str(part);
            }
            _ => parts.push((part.to_owned(), is_number)),
        }
    }
    for (part, is_number) in &mut parts {
        *is_number &= card::digits(part).len() >= FEWEST_DIGITS;
    }
    parts
}

fn terms_of<'a>(parts: impl Iterator<Item = (&'a str, bool)>) -> Result<Vec<Term>, Fault> {
    let mut terms = Vec::new();
    for (part, is_number) in parts {
        if is_number {
            push(&mut terms, numbers(part))?;
            continue;
        }
        for run in text::runs(part) {
            let forms = [run.plain, run.other];
            let forms = forms.iter().map(|form| text::cut(form).to_owned());
            push(&mut terms, forms.filter(|form| !form.is_empty()).collect())?;
        }
    }
    Ok(terms)
}

fn push(terms: &mut Vec<Term>, mut forms: Vec<String>) -> Result<(), Fault> {
    forms.dedup();
    let term = Term { forms };
    if term.forms.is_empty() || terms.contains(&term) {
        return Ok(());
    }
    if terms.len() == MOST_WORDS {
        let message = format!("A search has at most {MOST_WORDS} words; leave some out.");
        return Err(Fault::new(422, message));
    }
    terms.push(term);
    Ok(())
}

/// The digits by which the number `typed` is found, however it is written in a card.
fn numbers(typed: &str) -> Vec<String> {
    let typed =
        if typed.starts_with('+') { typed.replacen("(0)", "", 1) } else { typed.to_owned() };
    let digits = card::digits(&typed);
    let mut forms = vec![digits.clone()];
    let abroad = match digits.strip_prefix("00") {
        Some(rest) => Some(rest),
        None => typed.starts_with('+').then_some(digits.as_str()),
    };
    if let Some(number) = abroad {
        forms.push(number.to_owned());
        forms.extend(number.get(country_code(number)..).map(str::to_owned));
    } else if let Some(national) = digits.strip_prefix('0') {
        forms.push(national.to_owned());
    }
    forms.retain(|form| form.len() >= FEWEST_NATIONAL || *form == digits);
    forms.iter().map(|form| text::cut(form).to_owned()).collect()
}

/// How many digits of an international number are its country's (ITU-T E.164).
fn country_code(number: &str) -> usize {
    let bytes = number.as_bytes();
    match (bytes.first(), bytes.get(1)) {
        (Some(b'1' | b'7'), _) => 1,
        (Some(b'2'), Some(b'0' | b'7'))
        | (Some(b'3'), Some(b'0'..=b'4' | b'6' | b'9'))
        | (Some(b'4'), Some(b'0' | b'1' | b'3'..=b'9'))
        | (Some(b'5'), Some(b'1'..=b'8'))
        | (Some(b'6'), Some(b'0'..=b'6'))
        | (Some(b'8'), Some(b'1' | b'2' | b'4' | b'6'))
        | (Some(b'9'), Some(b'0'..=b'5' | b'8')) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Vec<Vec<Vec<String>>> {
        let readings = Query::read(typed).unwrap().readings;
        readings.into_iter().map(|r| r.into_iter().map(|term| term.forms).collect()).collect()
    }

    #[test]
    fn words_and_numbers_are_told_apart() {
        for (typed, wanted) in [
            ("Ann  LEE ann", &[&[&["ann"][..], &["lee"]][..]][..]),
            ("Müller", &[&[&["muller", "mueller"]]]),
            ("ann@x.org", &[&[&["ann"], &["x"], &["org"]]]),
            ("0171 23 45", &[&[&["01712345", "1712345"]], &[&["0171"], &["23"], &["45"]]]),
            ("+49171 2345", &[&[&["491712345", "1712345"]], &[&["49171"], &["2345"]]]),
            ("(0171) 2345", &[&[&["01712345", "1712345"]], &[&["0171"], &["2345"]]]),
            (
                "0049(171)23",
                &[&[&["004917123", "4917123", "17123"]], &[&["0049"], &["171"], &["23"]]],
            ),
            ("ann 2345", &[&[&["ann"], &["2345"]]]),
            ("王小明", &[&[&["王小明"]]]),
        ] {
            assert_eq!(read(typed), wanted, "{typed}");
        }
        for nothing in ["", "  ", "-- +", "…"] {
            assert_eq!(Query::read(nothing).unwrap_err().status, 422, "{nothing}");
        }
        let many = (0..200).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        for too_much in [many, "x ".repeat(10_000)] {
            assert_eq!(Query::read(&too_much).unwrap_err().status, 422);
        }
    }

    #[test]
    fn how_words_fit() {
        let term = |forms: &[&str]| Term { forms: forms.iter().map(|f| (*f).to_owned()).collect() };
        for (form, word, wanted) in [
            ("ann", "ann", Some(Fit::Whole)),
            ("ann", "anna", Some(Fit::Prefix)),
            ("ann", "johann", Some(Fit::Inside)),
            ("an", "johan", None),
            ("明", "王小明", Some(Fit::Inside)),
            ("anna", "ann", None),
        ] {
            assert_eq!(term(&[form]).fit(word), wanted, "{form} in {word}");
        }
        assert_eq!(term(&["x", "ann"]).fit("ann"), Some(Fit::Whole));
    }
}
