//! Why a card was found: the property in which a word is found best, and the text around it.

use super::card;
use super::hits::rank;
use super::query::Term;
use super::text;
use crate::base::{Fault, PrincipalId};
use crate::formats::line::Line;
use crate::store::contacts;
use crate::store::engine::Snapshot;
use crate::store::interactions;

/// Interactions that are looked through for a word.
const LOOKED_THROUGH: usize = 1000;

/// Characters around a word that are shown.
const AROUND: usize = 24;

/// Why a term is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The property, such as `EMAIL`; `interaction` for what happened.
    pub property: String,
    /// The text around it.
    pub text: String,
}

/// What of `card` each of `terms` is found in, and those that are not found.
pub fn of_card<'t>(card: &[u8], terms: &'t [Term]) -> (Vec<Why>, Vec<&'t Term>) {
    let mut best: Vec<Option<(u32, Why)>> = terms.iter().map(|_| None).collect();
    for line in card::lines(card) {
        let class = card::class_of(line.name());
        let words = words_of(&line);
        for (best, term) in best.iter_mut().zip(terms) {
            let fit = words.iter().filter_map(|word| term.fit(word)).min();
            let Some(rank) = fit.map(|fit| rank(fit, class)) else { continue };
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                let property = String::from_utf8_lossy(line.name()).to_ascii_uppercase();
                *best = Some((rank, Why { property, text: around(&line.text(), term) }));
            }
        }
    }
    let mut missing = Vec::new();
    let mut found: Vec<Why> = Vec::new();
    for (best, term) in best.into_iter().zip(terms) {
        match best {
            Some((_, why)) if !found.contains(&why) => found.push(why),
            Some(_) => {}
            None => missing.push(term),
        }
    }
    (found, missing)
}

fn words_of(line: &Line<'_>) -> Vec<String> {
    let text = line.text();
    let mut words = if line.is("TEL") { card::phones(&text) } else { Vec::new() };
    text::words(&text, |word| words.push(word));
    words
}

/// What happened with the contact of a card in which `terms` are found, and those that are not.
pub async fn of_timeline<'t>(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    mut terms: Vec<&'t Term>,
) -> Result<(Vec<Why>, Vec<&'t Term>), Fault> {
    let mut found = Vec::new();
    let Some(contact) = contacts::id_of(snapshot, owner, uid).await? else {
        return Ok((found, terms));
    };
    for (_, happened) in interactions::latest(snapshot, contact, LOOKED_THROUGH).await? {
        let mut words = Vec::new();
        let told = [Some(happened.text.as_str()), happened.link.as_deref()];
        for text in told.into_iter().flatten() {
            text::words(text, |word| words.push(word));
        }
        terms.retain(|term| {
            let fits = words.iter().any(|word| term.fit(word).is_some());
            if fits {
                let property = "interaction".to_owned();
                found.push(Why { property, text: around(&happened.text, term) });
            }
            !fits
        });
        if terms.is_empty() {
            break;
        }
    }
    Ok((found, terms))
}

/// The part of `text`, on one line, in which `term` is found.
fn around(text: &str, term: &Term) -> String {
    let plain = text.replace([';', ','], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let is_it = |part: &&str| {
        let mut fits = false;
        text::words(part, |word| fits |= term.fit(&word).is_some());
        fits
    };
    let at = words.iter().position(is_it).unwrap_or(0);
    let length = |words: &[&str]| words.iter().map(|word| word.chars().count() + 1).sum::<usize>();
    let (mut from, mut to) = (at, (at + 1).min(words.len()));
    while from > 0 && length(words.get(from - 1..at).unwrap_or_default()) <= AROUND {
        from -= 1;
    }
    while to < words.len() && length(words.get(at..=to).unwrap_or_default()) <= 2 * AROUND {
        to += 1;
    }
    let shown = words.get(from..to).unwrap_or_default().join(" ");
    let cut: String = shown.chars().take(8 * AROUND).collect();
    let before = if from > 0 { "… " } else { "" };
    let behind = if to < words.len() || cut.len() < shown.len() { " …" } else { "" };
    format!("{before}{cut}{behind}")
}

#[cfg(test)]
mod tests {
    use super::super::query::Query;
    use super::*;

    #[test]
    fn what_is_shown() {
        let card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Lee\r\nTEL:+49 (171) 23-45\r\n\
            NOTE:We met in the old town of Lyon\\, on a rainy day in spring\\, and talked long\r\n\
            EMAIL:ann@x.org\r\nEND:VCARD\r\n";
        for (typed, wanted) in [
            ("ann", &[("FN", "Ann Lee")][..]),
            (
                "lyon ann",
                &[
                    (
                        "NOTE",
                        "… met in the old town of Lyon on a rainy day in spring and talked long",
                    ),
                    ("FN", "Ann Lee"),
                ],
            ),
            ("0171 2345", &[("TEL", "+49 (171) 23-45")]),
            ("x.org", &[("EMAIL", "ann@x.org")]),
        ] {
            let query = Query::read(typed).unwrap();
            let (found, missing) = of_card(card, query.readings.first().unwrap());
            let found: Vec<_> = found.iter().map(|w| (&*w.property, &*w.text)).collect();
            assert_eq!((found.as_slice(), missing.len()), (wanted, 0), "{typed}");
        }
    }
}
