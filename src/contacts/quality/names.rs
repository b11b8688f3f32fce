//! Findings on names: there is none, an address stands in its place, or the display name and the parts
//! of the name are those of two people.

use super::finding::{Finding, Findings};
use super::kind::Kind;
use crate::contacts::normal::{PersonName, fold, nicknames, organization};
use crate::formats::vcard::{Card, Kind as CardKind, Names};

/// What stands where nobody knew a name.
const NOBODY: [&str; 5] = ["no name", "unbekannt", "unknown", "unnamed", "untitled"];

/// Longest name that is looked at, in bytes.
const LONGEST: usize = 1000;

/// Looks at the names of `card`.
pub fn names(card: &Card<'_>, found: &mut Findings) {
    let full = card.full_name().unwrap_or_default();
    if full.len() > LONGEST {
        return;
    }
    let from_parts = from_parts(card);
    if is_nobody(&full) {
        let message = "The card does not say whose it is.";
        let mut finding = Finding::new(Kind::NoName, "FN", &full, message);
        finding.cleanup = from_parts.is_some();
        finding.suggestion = from_parts.or_else(|| second_best(card));
        found.add(finding);
        return;
    }
    if is_address(&full) {
        let message = "The name is only a mail address or a number.";
        let mut finding = Finding::new(Kind::NameIsAddress, "FN", &full, message);
        finding.cleanup = from_parts.is_some();
        finding.suggestion = from_parts.or_else(|| second_best(card));
        found.add(finding);
        return;
    }
    if let Some(parts) = from_parts.filter(|_| card.kind() == CardKind::Individual)
        && contradict(card, &full)
    {
        let message = format!("The display name is not the name in its parts, {parts}.");
        found.add(Finding::new(Kind::Conflict, "FN", &full, message));
    }
}

/// The display name that the parts of the name make, if they are one.
pub fn from_parts(card: &Card<'_>) -> Option<String> {
    let mut names = Names::default();
    names.note(card.first("N")?);
    let name = names.full_name();
    let fits = name.len() <= LONGEST && !is_nobody(&name) && !is_address(&name);
    fits.then(|| name.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// May the display name be replaced by the parts of the name?
pub fn is_no_name(full: &str) -> bool {
    is_nobody(full) || is_address(full)
}

fn is_nobody(name: &str) -> bool {
    let folded = fold::folded(name.trim());
    folded.is_empty() || NOBODY.contains(&&*folded)
}

fn is_address(name: &str) -> bool {
    let alone = name.contains('@') && name.split_whitespace().count() == 1;
    alone || !name.chars().any(char::is_alphabetic)
}

fn second_best(card: &Card<'_>) -> Option<String> {
    let named = ["NICKNAME", "ORG"].into_iter().find_map(|name| card.first(name))?;
    let name = named.components().first().map(|name| name.trim().to_owned())?;
    (!name.is_empty() && name.len() <= LONGEST && !is_address(&name)).then_some(name)
}

/// Have the display name and the parts of the name nothing in common?
fn contradict(card: &Card<'_>, full: &str) -> bool {
    let Some(line) = card.first("N") else { return false };
    let (Some(parts), Some(shown)) =
        (PersonName::structured(&line.components()), PersonName::displayed(full))
    else {
        return false;
    };
    let nicknames: Vec<String> =
        card.all("NICKNAME").flat_map(|line| fold::words(&line.text())).take(32).collect();
    let firm = card.first("ORG").map(|line| organization::words(&line.text())).unwrap_or_default();
    let shown = shown.sorted();
    let of_firm = |word: &str| firm.iter().any(|name| name == word);
    if shown.iter().all(|word| of_firm(word)) {
        return false;
    }
    let parts = parts.sorted();
    let (all, all_shown) = (parts.concat(), shown.concat());
    let meets = |one: &&str| {
        all.contains(*one)
            || nicknames.iter().any(|name| name == one)
            || parts.iter().any(|part| {
                all_shown.contains(*part)
                    || nicknames::are_variants(one, part)
                    || part.chars().next() == one.chars().next()
                        && (one.len() == 1 || part.len() == 1)
            })
    };
    !shown.iter().any(meets)
}
