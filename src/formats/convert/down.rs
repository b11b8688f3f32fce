//! vCard 4.0 to 3.0, which is all that Apple's programs read.

use percent_encoding::percent_decode_str;

use super::labelled::Labels;
use super::{Source, Written, address, after_prefix, date, is_known, media, place, put, social};
use crate::formats::edit::Edits;
use crate::formats::line::Line;
use crate::formats::property::Property;
use crate::formats::text;
use crate::formats::vcard::Names;

/// Writes `card`, of version 4.0, as 3.0.
pub(super) fn to_version_3(card: &Source<'_>) -> Vec<u8> {
    let mut edits = Edits::new(card.bytes);
    let mut labels = Labels::new(card);
    for line in &card.lines {
        if let Some(written) = convert(card, &mut labels, line) {
            put(&mut edits, line, &written);
        }
    }
    add_name(card, &mut edits);
    edits.apply()
}

/// What stands for `line` in 3.0; nothing when it stays byte for byte.
fn convert(card: &Source<'_>, labels: &mut Labels<'_, '_>, line: &Line<'_>) -> Option<Written> {
    let rule = rule_of(line);
    if rule.is_none() && !is_known(line) {
        return None;
    }
    let mut property = Property::read(line)?;
    property.unquote_types();
    if property.param("PREF").as_deref() == Some("1") {
        property.take("PREF");
        property.add_type("pref");
    }
    Some(match rule {
        Some(rule) => rule(card, labels, property),
        None => vec![property],
    })
}

type Rule = fn(&Source<'_>, &mut Labels<'_, '_>, Property) -> Written;

fn rule_of(line: &Line<'_>) -> Option<Rule> {
    RULES.iter().find(|(name, _)| line.is(name)).map(|(_, rule)| *rule)
}

/// Applies `change` to a property that stays one.
macro_rules! changed {
    ($change:expr) => {
        |_, _, mut property| {
            let change: fn(&mut Property) = $change;
            change(&mut property);
            vec![property]
        }
    };
}

const RULES: &[(&str, Rule)] = &[
    ("VERSION", changed!(|version| "3.0".clone_into(&mut version.value))),
    ("PHOTO", changed!(media::to_version_3)),
    ("LOGO", changed!(media::to_version_3)),
    ("SOUND", changed!(media::to_version_3)),
    ("KEY", changed!(media::to_version_3)),
    ("TEL", changed!(phone)),
    ("BDAY", changed!(date::to_version_3)),
    ("ANNIVERSARY", |_, labels, property| labels.anniversary_to_version_3(property)),
    ("X-ABDATE", changed!(date::to_version_3)),
    ("RELATED", |_, labels, property| labels.related_to_version_3(property)),
    ("KIND", |card, _, property| kind(card, property)),
    ("MEMBER", changed!(|member| "X-ADDRESSBOOKSERVER-MEMBER".clone_into(&mut member.name))),
    ("IMPP", changed!(|impp| impp.rename("SERVICE-TYPE", "X-SERVICE-TYPE"))),
    ("SOCIALPROFILE", changed!(social::profile_to_version_3)),
    ("ADR", |_, _, mut property| {
        cut(&mut property, 7);
        let label = address::split_label(&mut property);
        [Some(property), label].into_iter().flatten().collect()
    }),
    ("N", |card, _, property| name(card, property)),
    ("GENDER", changed!(|gender| "X-GENDER".clone_into(&mut gender.name))),
    ("GEO", changed!(place::geo_to_version_3)),
    ("TZ", changed!(place::zone_to_version_3)),
];

/// `TEL;VALUE=uri:tel:+43-1` as `TEL:+43-1`.
fn phone(property: &mut Property) {
    let Some(number) = after_prefix(&property.value, "tel:") else { return };
    let number = percent_decode_str(number).decode_utf8_lossy();
    let number = text::escape(&number).into_owned();
    property.value = number;
    property.drop_where("VALUE", "uri");
}

fn kind(card: &Source<'_>, mut property: Property) -> Written {
    match property.value.trim().to_ascii_lowercase().as_str() {
        "group" if !card.has("X-ADDRESSBOOKSERVER-KIND") => {
            "X-ADDRESSBOOKSERVER-KIND".clone_into(&mut property.name);
        }
        "org" if !card.has("X-ABSHOWAS") => {
            "X-ABShowAs".clone_into(&mut property.name);
            "COMPANY".clone_into(&mut property.value);
        }
        "group" | "org" => return Vec::new(),
        _ => {}
    }
    vec![property]
}

fn name(card: &Source<'_>, mut property: Property) -> Written {
    cut(&mut property, 5);
    if card.has("SORT-STRING") {
        return vec![property];
    }
    let sorted =
        property.take("SORT-AS").map(|key| Property::new("SORT-STRING", text::escape(&key)));
    if card.is_group
        && text::split(property.value.as_bytes(), b';').all(|part| part.trim_ascii().is_empty())
        && let Some(name) = &card.full_name
    {
        property.value = text::escape(name).into_owned();
    }
    [Some(property), sorted].into_iter().flatten().collect()
}

/// Cuts a structured value to the components that 3.0 has; RFC 9554 added more.
fn cut(property: &mut Property, components: usize) {
    let value = property.value.as_bytes();
    let parts: Vec<_> = text::split(value, b';').map(String::from_utf8_lossy).collect();
    if let Some(kept) = parts.get(..components)
        && parts.len() > components
    {
        property.value = kept.join(";");
    }
}

/// Adds the `N` that 3.0 asks for.
fn add_name(card: &Source<'_>, edits: &mut Edits<'_>) {
    if card.has("N") {
        return;
    }
    let mut names = Names::default();
    card.lines.iter().for_each(|line| names.note(line));
    let full = card.full_name.clone().unwrap_or_else(|| names.full_name());
    let after = card.lines.iter().find(|l| l.is("VERSION")).map_or(card.head, |l| l.span().end);
    edits.insert(after, format!("N:{}", names.structured(&full, card.is_group)).as_bytes());
}
