//! Values that a card has twice.

use std::collections::HashMap;

use super::finding::{Finding, Findings};
use super::kind::Kind;
use crate::contacts::normal::{Number, Region, fold};
use crate::formats::line::Line;
use crate::formats::vcard::Card;

/// Properties of which each value is to stand there once.
const NAMES: [&str; 10] = [
    "ADR",
    "EMAIL",
    "IMPP",
    "NOTE",
    "ORG",
    "SOCIALPROFILE",
    "TEL",
    "TITLE",
    "URL",
    "X-SOCIALPROFILE",
];

/// Longest value that is compared, in bytes.
const LONGEST: usize = 4000;

/// A line that says what another one says already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubled {
    /// Which property.
    pub property: &'static str,
    /// The place of the line among those of the card.
    pub line: usize,
    /// That of the first that says it.
    pub first: usize,
    /// Which of the two says no more than the other, and so can go.
    pub spare: Option<usize>,
}

/// Looks for values that `card` has twice.
pub fn doubled(card: &Card<'_>, region: Option<Region>, found: &mut Findings) {
    for one in pairs(card, region) {
        let Some(line) = card.properties().get(one.line) else { continue };
        let message = "The card has this value twice.";
        let text = line.text();
        let mut finding = Finding::new(Kind::DuplicateValue, one.property, &text, message);
        finding.cleanup = one.spare.is_some();
        found.add(finding);
    }
}

/// The lines of `card` that say what another one says already.
pub fn pairs(card: &Card<'_>, region: Option<Region>) -> Vec<Doubled> {
    let mut first: HashMap<(&'static str, String), usize> = HashMap::new();
    let mut groups: HashMap<Vec<u8>, usize> = HashMap::new();
    for line in card.properties() {
        if let Some(group) = line.group() {
            *groups.entry(group.to_ascii_lowercase()).or_default() += 1;
        }
    }
    let stands_alone = |line: &Line<'_>| {
        line.group().is_none_or(|group| groups.get(&group.to_ascii_lowercase()) == Some(&1))
    };
    let mut doubled = Vec::new();
    for (at, line) in card.properties().iter().enumerate() {
        let Some(property) = NAMES.into_iter().find(|name| line.is(name)) else { continue };
        let Some(key) = key(property, line, region) else { continue };
        let Some(before) = first.get(&(property, key.clone())) else {
            first.insert((property, key), at);
            continue;
        };
        let Some(other) = card.properties().get(*before) else { continue };
        if property == "TEL" && line.has_type("fax") != other.has_type("fax") {
            // A contradiction, or a machine that is both.
            continue;
        }
        let spare = if says_no_more(line, other) && stands_alone(line) {
            Some(at)
        } else if says_no_more(other, line) && stands_alone(other) {
            Some(*before)
        } else {
            None
        };
        doubled.push(Doubled { property, line: at, first: *before, spare });
        if spare == Some(*before) {
            first.insert((property, key), at);
        }
    }
    doubled
}

/// The form in which a value compares; nothing of an empty or a very long one.
fn key(property: &str, line: &Line<'_>, region: Option<Region>) -> Option<String> {
    if line.value_span().len() > LONGEST {
        return None;
    }
    let text = line.text();
    let text = text.trim();
    let key = match property {
        "TEL" => match Number::read(text, region) {
            Some(number) => format!("{} {}", number.digits, number.extension),
            None => text.to_owned(),
        },
        "EMAIL" => {
            let scheme = text.get(..7).is_some_and(|s| s.eq_ignore_ascii_case("mailto:"));
            let plain = if scheme { text.get(7..).unwrap_or_default() } else { text };
            plain.to_lowercase()
        }
        "URL" | "IMPP" | "SOCIALPROFILE" | "X-SOCIALPROFILE" => {
            text.to_lowercase().trim_end_matches('/').to_owned()
        }
        "ADR" => {
            let parts = line.components();
            parts.iter().map(|part| fold::words(part).join(" ")).collect::<Vec<_>>().join(";")
        }
        _ => text.to_owned(),
    };
    key.chars().any(char::is_alphanumeric).then_some(key)
}

/// Has `other` all that stands in the head of `line`?
fn says_no_more(line: &Line<'_>, other: &Line<'_>) -> bool {
    let types = |line: &Line<'_>| -> Vec<String> {
        let values = line.params().filter(|p| p.is("TYPE") || p.bare).collect::<Vec<_>>();
        let values = values.iter().flat_map(|p| {
            if p.bare {
                vec![p.text().into_owned()]
            } else {
                p.values().map(|v| v.to_string()).collect()
            }
        });
        values
            .flat_map(|value| value.split(',').map(|v| v.trim().to_lowercase()).collect::<Vec<_>>())
            .filter(|kind| !kind.is_empty() && !matches!(&**kind, "voice" | "internet"))
            .collect()
    };
    let rest = |line: &Line<'_>| -> Vec<String> {
        let others = line.params().filter(|p| !p.is("TYPE") && !p.bare);
        others
            .map(|p| format!("{}={}", String::from_utf8_lossy(p.name), p.text()).to_lowercase())
            .filter(|param| param != "value=text" && param != "charset=utf-8")
            .collect()
    };
    let (there, others) = (types(other), rest(other));
    types(line).iter().all(|kind| there.contains(kind))
        && rest(line).iter().all(|param| others.contains(param))
}
