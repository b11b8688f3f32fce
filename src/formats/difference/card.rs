//! Cards compared (RFC 6350; 3.0 by what it means in 4.0).

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::fact::{Fact, parameters};
use super::pairing::{Plurality, differing};
use super::{Change, Naming, words};
use crate::formats::convert::convert;
use crate::formats::line::Line;
use crate::formats::text;
use crate::formats::vcard::{Card, DayOfYear, Version, normalize_uid};

/// What changed from `before` to `after`, both cards of one version or of two. What only tells
/// how a card is written does not count: the order of lines and kinds, folding, groups, `REV`,
/// `PRODID`, the version.
pub fn cards(before: &[u8], after: &[u8], naming: Naming<'_>) -> Vec<Change> {
    let pairs = differing(facts(before), facts(after), plurality);
    let told = pairs.into_iter().filter_map(|pair| {
        let property = pair.after.as_ref().or(pair.before.as_ref())?.property.clone();
        let name = naming(&property).or_else(|| name(&property).map(str::to_owned));
        words::told(pair, &name.unwrap_or(property))
    });
    let mut changes: Vec<Change> = told.collect();
    // The name first, as in a card; then as people speak of them.
    changes.sort_by_key(|change| place(&change.property));
    changes
}

/// Says nothing of whom the card is about.
const SILENT: [&str; 5] = ["VERSION", "PRODID", "REV", "BEGIN", "END"];

/// Parameters that tell how a value is written, or are told in another way.
const SILENT_PARAMETERS: [&str; 10] = [
    "TYPE",
    "VALUE",
    "ENCODING",
    "CHARSET",
    "MEDIATYPE",
    "PREF",
    "PID",
    "X-APPLE-OMIT-YEAR",
    "X-ROLODAV-TIME",
    "PROP-ID",
];

/// What people call a property, in the order in which changes are told.
const NAMES: [(&str, &str); 39] = [
    ("FN", "Name"),
    ("N", "Name parts"),
    ("NICKNAME", "Nickname"),
    ("X-PHONETIC-FIRST-NAME", "Phonetic first name"),
    ("X-PHONETIC-LAST-NAME", "Phonetic last name"),
    ("ORG", "Organization"),
    ("TITLE", "Job title"),
    ("ROLE", "Role"),
    ("KIND", "Kind"),
    ("TEL", "Phone"),
    ("EMAIL", "Mail"),
    ("ADR", "Address"),
    ("LABEL", "Address label"),
    ("URL", "Web page"),
    ("IMPP", "Chat"),
    ("SOCIALPROFILE", "Profile"),
    ("BDAY", "Birthday"),
    ("ANNIVERSARY", "Anniversary"),
    ("DEATHDATE", "Day of death"),
    ("BIRTHPLACE", "Place of birth"),
    ("DEATHPLACE", "Place of death"),
    ("X-ABDATE", "Date"),
    ("RELATED", "Related person"),
    ("X-ABRELATEDNAMES", "Related person"),
    ("GENDER", "Gender"),
    ("PRONOUNS", "Pronouns"),
    ("LANG", "Language"),
    ("TZ", "Time zone"),
    ("GEO", "Coordinates"),
    ("PHOTO", "Photo"),
    ("LOGO", "Logo"),
    ("SOUND", "Sound"),
    ("KEY", "Key"),
    ("NOTE", "Note"),
    ("CATEGORIES", "Tag"),
    ("MEMBER", "Member"),
    ("EXPERTISE", "Expertise"),
    ("HOBBY", "Hobby"),
    ("UID", "Identity (UID)"),
];

fn name(property: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == property).map(|(_, name)| *name)
}

fn place(property: &str) -> usize {
    NAMES.iter().position(|(known, _)| *known == property).unwrap_or(NAMES.len())
}

fn plurality(property: &str) -> Plurality {
    match property {
        "CATEGORIES" | "MEMBER" => Plurality::Set,
        "TEL" | "EMAIL" | "ADR" | "URL" | "IMPP" | "SOCIALPROFILE" | "RELATED" | "X-ABDATE"
        | "X-ABRELATEDNAMES" => Plurality::Several,
        _ => Plurality::Single,
    }
}

fn facts(bytes: &[u8]) -> Vec<Fact> {
    let converted = convert(bytes, Version::V40);
    let card = Card::parse(&converted);
    let mut labels: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
    let mut holds: HashMap<Vec<u8>, bool> = HashMap::new();
    for line in card.properties() {
        let Some(group) = line.group().map(<[u8]>::to_ascii_lowercase) else { continue };
        match label(line) {
            Some(label) => labels.entry(group).or_default().push(label),
            None => drop(holds.insert(group, true)),
        }
    }
    let mut facts = Vec::new();
    for line in card.properties() {
        let property = String::from_utf8_lossy(line.name()).to_ascii_uppercase();
        let group = line.group().map(<[u8]>::to_ascii_lowercase);
        // A label of nothing stands for itself.
        let labels_another =
            label(line).is_some() && group.as_ref().is_some_and(|group| holds.contains_key(group));
        if SILENT.contains(&property.as_str()) || labels_another {
            continue;
        }
        let labels = group.and_then(|group| labels.get(&group)).cloned().unwrap_or_default();
        let labels = if label(line).is_some() { Vec::new() } else { labels };
        let qualifiers = qualifiers(&property, line, labels);
        facts.extend(values(&property, line).map(|fact| fact.with(qualifiers.clone())));
    }
    facts
}

/// What one of Apple's labels says.
fn label(line: &Line<'_>) -> Option<String> {
    if line.is("X-ABADR") {
        return Some(format!("country {}", line.text().trim().to_lowercase()));
    }
    if !line.is("X-ABLABEL") {
        return None;
    }
    let label = line.text();
    let plain = label.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_"));
    Some(plain.unwrap_or(&label).trim().to_owned())
}

fn qualifiers(property: &str, line: &Line<'_>, mut labels: Vec<String>) -> Vec<String> {
    labels.sort_unstable();
    let mut kinds: Vec<String> = line
        .params()
        .filter(|p| p.is("TYPE"))
        .flat_map(|p| p.values().flat_map(|v| lower_list(&v)).collect::<Vec<_>>())
        .filter(|kind| !is_understood(property, kind))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let preferred = line.param("PREF").map(|pref| match pref.trim() {
        "1" => "preferred".to_owned(),
        pref => format!("preference {pref}"),
    });
    let others = parameters(line, &SILENT_PARAMETERS);
    labels.into_iter().chain(kinds).chain(preferred).chain(others).collect()
}

fn lower_list(value: &str) -> Vec<String> {
    value.split(',').map(|kind| kind.trim().to_lowercase()).filter(|k| !k.is_empty()).collect()
}

/// Whether `kind` is what one takes the property for anyway (RFC 2426 §3.3.1, §3.3.2).
fn is_understood(property: &str, kind: &str) -> bool {
    matches!((property, kind), ("TEL", "voice") | ("EMAIL", "internet"))
}

/// What `line` says; each item of a list by itself.
fn values(property: &str, line: &Line<'_>) -> Box<dyn Iterator<Item = Fact>> {
    let one = |fact: Fact| -> Box<dyn Iterator<Item = Fact>> { Box::new(std::iter::once(fact)) };
    match property {
        "CATEGORIES" | "NICKNAME" => {
            let value = line.value();
            let items: Vec<String> = text::split(&value, b',')
                .map(|item| text::unescape(item).trim().to_owned())
                .filter(|item| !item.is_empty())
                .collect();
            let property = property.to_owned();
            Box::new(items.into_iter().map(move |item| Fact::text(&property, &item)))
        }
        "N" | "ADR" | "ORG" | "GENDER" => one(Fact::components(property, &line.components())),
        "BDAY" | "ANNIVERSARY" | "DEATHDATE" | "X-ABDATE" => one(day(property, line)),
        "PHOTO" | "LOGO" | "SOUND" | "KEY" => one(media(property, line)),
        "TEL" => one(without_scheme(property, line, "tel:")),
        "EMAIL" => one(without_scheme(property, line, "mailto:")),
        "UID" | "MEMBER" => one(Fact::text(property, &normalize_uid(&line.text()))),
        "KIND" => one(Fact::text(property, &line.text().to_lowercase())),
        _ => one(Fact::text(property, &line.text())),
    }
}

/// A day however it is spelled, and the time that may stand behind it.
fn day(property: &str, line: &Line<'_>) -> Fact {
    let text = line.text();
    let Some(day) = DayOfYear::read(line) else { return Fact::text(property, &text) };
    let year = day.year.map_or_else(|| "--".to_owned(), |year| format!("{year:04}-"));
    let time = text.trim().split_once(['T', 't', ' ']).map(|(_, time)| time.trim());
    let time = time.filter(|time| !time.is_empty()).map(|time| format!(" {time}"));
    let (month, day) = (day.month, day.day);
    Fact::text(property, &format!("{year}{month:02}-{day:02}{}", time.unwrap_or_default()))
}

fn without_scheme(property: &str, line: &Line<'_>, scheme: &str) -> Fact {
    let text = line.text();
    let bare = text.trim().split_at_checked(scheme.len());
    let bare = bare.filter(|(start, _)| start.eq_ignore_ascii_case(scheme)).map(|(_, rest)| rest);
    Fact::text(property, bare.unwrap_or(&text))
}

/// The bytes of a `data:` URI (RFC 2397), else the text.
fn media(property: &str, line: &Line<'_>) -> Fact {
    let value = line.value();
    let is_data = value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"data:"));
    let comma = memchr::memchr(b',', &value).filter(|_| is_data);
    let Some((meta, payload)) = comma.and_then(|at| value.split_at_checked(at)) else {
        return Fact::text(property, &line.text());
    };
    let meta = meta.to_ascii_lowercase();
    let payload = payload.get(1..).unwrap_or_default();
    if !meta.trim_ascii_end().ends_with(b"base64") && !meta.ends_with(b"base64\\") {
        return Fact::bytes(property, payload);
    }
    let packed: Vec<u8> = payload
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
        .collect();
    match BASE64_STANDARD_NO_PAD.decode(&packed) {
        Ok(bytes) => Fact::bytes(property, &bytes),
        Err(_) => Fact::bytes(property, &packed),
    }
}
