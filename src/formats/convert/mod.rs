//! Conversion of cards between vCard 3.0 and 4.0, at the edge and never in the store. What
//! neither version's table knows goes through byte for byte.

mod address;
mod date;
mod down;
mod labelled;
mod media;
mod place;
mod social;
mod up;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::edit::Edits;
use super::line::{Line, Lines};
use super::property::Property;
use super::vcard::Version;

/// `bytes`, one card of version 3.0 or 4.0, in the version `to`. A card of that version already
/// is given back as it is; 2.1 is read but not written, and taken for 3.0.
pub fn convert(bytes: &[u8], to: Version) -> Cow<'_, [u8]> {
    let card = Source::read(bytes);
    match (card.version, to) {
        (Version::V40, Version::V21 | Version::V30) => Cow::Owned(down::to_version_3(&card)),
        (Version::V21 | Version::V30, Version::V40) => Cow::Owned(up::to_version_4(&card)),
        _ => Cow::Borrowed(bytes),
    }
}

/// The card that is converted, and what must be known of all of it.
struct Source<'a> {
    bytes: &'a [u8],
    version: Version,
    /// The properties, those of nested components left out.
    lines: Vec<Line<'a>>,
    /// Names of the properties, in upper case.
    names: HashSet<Vec<u8>>,
    /// Places in `lines` of each group, named in lower case.
    groups: HashMap<Vec<u8>, Vec<usize>>,
    /// Whether it is a list of other cards.
    is_group: bool,
    /// The first display name that says something.
    full_name: Option<String>,
    /// Just behind `BEGIN:VCARD`.
    head: usize,
}

impl<'a> Source<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut card = Self {
            bytes,
            version: Version::V30,
            lines: Vec::new(),
            names: HashSet::new(),
            groups: HashMap::new(),
            is_group: false,
            full_name: None,
            head: 0,
        };
        let mut depth = 0_usize;
        for line in Lines::new(bytes) {
            if line.is("BEGIN") {
                if depth == 0 {
                    card.head = line.span().end;
                }
                depth += 1;
            } else if line.is("END") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            } else if depth == 1 && line.has_value() {
                card.take(line);
            }
        }
        card
    }

    fn take(&mut self, line: Line<'a>) {
        let name = line.name().to_ascii_uppercase();
        if name == b"VERSION" && !self.names.contains(&name) {
            self.version = Version::parse(&line.text()).unwrap_or(Version::V30);
        }
        if name == b"KIND" || name == b"X-ADDRESSBOOKSERVER-KIND" {
            self.is_group |= line.value().trim_ascii().eq_ignore_ascii_case(b"group");
        }
        if name == b"FN" && self.full_name.is_none() {
            self.full_name = Some(line.text().trim().to_owned()).filter(|name| !name.is_empty());
        }
        if let Some(group) = line.group() {
            self.groups.entry(group.to_ascii_lowercase()).or_default().push(self.lines.len());
        }
        self.names.insert(name);
        self.lines.push(line);
    }

    /// Whether there is a property `name`, given in upper case.
    fn has(&self, name: &str) -> bool {
        self.names.contains(name.as_bytes())
    }

    /// The places in `lines` of `group`.
    fn in_group(&self, group: &str) -> &[usize] {
        self.groups.get(group.to_ascii_lowercase().as_bytes()).map_or(&[], Vec::as_slice)
    }

    /// The place in `lines` of Apple's label of `group`.
    fn label_of(&self, group: &str) -> Option<usize> {
        let is_label = |at: &&usize| self.lines.get(**at).is_some_and(|l| l.is("X-ABLABEL"));
        // A group holds a handful of properties; one of thousands is no one's label.
        self.in_group(group).iter().take(16).find(is_label).copied()
    }

    /// The number from which `itemN` groups are free.
    fn free_item(&self) -> u64 {
        let number = |group: &[u8]| {
            let digits = std::str::from_utf8(group.strip_prefix(b"item")?).ok()?;
            digits.parse::<u32>().ok()
        };
        self.groups.keys().filter_map(|g| number(g)).max().map_or(1, |n| u64::from(n) + 1)
    }
}

/// What is written in the place of one line: nothing, one property or more.
type Written = Vec<Property>;

/// Records `written` in the place of `line`, unless it is what stands there.
fn put(edits: &mut Edits<'_>, line: &Line<'_>, written: &Written) {
    let [first, more @ ..] = written.as_slice() else {
        edits.remove(line.span());
        return;
    };
    let content = first.write();
    if *content != *line.unfolded() {
        edits.replace(line.span(), &content);
    }
    for property in more {
        edits.insert(line.span().end, &property.write());
    }
}

/// Whether `value` begins with a URI scheme.
fn is_uri(value: &str) -> bool {
    value.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// The rest of `text` after `prefix`, whatever the case of its letters.
fn after_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Properties of the two standards, whose preferences and types are spelled differently.
fn is_known(line: &Line<'_>) -> bool {
    const KNOWN: [&str; 29] = [
        "ADR",
        "ANNIVERSARY",
        "BDAY",
        "CALADRURI",
        "CALURI",
        "CATEGORIES",
        "EMAIL",
        "FBURL",
        "FN",
        "GENDER",
        "GEO",
        "IMPP",
        "KEY",
        "LABEL",
        "LANG",
        "LOGO",
        "MEMBER",
        "N",
        "NICKNAME",
        "NOTE",
        "ORG",
        "PHOTO",
        "RELATED",
        "ROLE",
        "SOUND",
        "TEL",
        "TITLE",
        "TZ",
        "URL",
    ];
    KNOWN.iter().any(|name| line.is(name))
}

#[cfg(test)]
mod tests;
