//! vCard 3.0 to 4.0.

use std::collections::HashMap;

use super::labelled::Labels;
use super::{Source, Written, address, date, is_known, media, place, put, social};
use crate::formats::edit::Edits;
use crate::formats::line::Line;
use crate::formats::property::Property;

/// Writes `card`, of version 3.0, as 4.0.
pub(super) fn to_version_4(card: &Source<'_>) -> Vec<u8> {
    let mut edits = Edits::new(card.bytes);
    let mut state = State::new(card);
    for (at, line) in card.lines.iter().enumerate() {
        if state.merged.contains(&at) {
            edits.remove(line.span());
        } else if let Some(written) = state.convert(at, line) {
            put(&mut edits, line, &written);
        }
    }
    for at in &state.labels.spent {
        if let Some(label) = card.lines.get(*at) {
            edits.remove(label.span());
        }
    }
    if !state.has_version_first {
        edits.insert(card.head, b"VERSION:4.0");
    }
    edits.apply()
}

struct State<'s, 'a> {
    card: &'s Source<'a>,
    labels: Labels<'s, 'a>,
    /// The label's text of each `ADR`, by its place in the lines.
    address_labels: HashMap<usize, String>,
    /// What `SORT-STRING` says, where it goes into `N`.
    sort_as: Option<String>,
    /// Places of lines that became a parameter of another.
    merged: std::collections::HashSet<usize>,
    has_kind: bool,
    has_version_first: bool,
}

impl<'s, 'a> State<'s, 'a> {
    fn new(card: &'s Source<'a>) -> Self {
        let mut state = Self {
            card,
            labels: Labels::new(card),
            address_labels: HashMap::new(),
            sort_as: None,
            merged: std::collections::HashSet::new(),
            has_kind: card.has("KIND"),
            has_version_first: card
                .lines
                .first()
                .is_some_and(|line| line.is("VERSION") && line.span().start == card.head),
        };
        for (label, address) in address::pair_labels(card) {
            if let Some(line) = card.lines.get(label) {
                state.address_labels.insert(address, line.text().into_owned());
                state.merged.insert(label);
            }
        }
        let sort = card.lines.iter().position(|l| l.is("SORT-STRING"));
        let name = card.lines.iter().find(|l| l.is("N"));
        if let (Some(at), Some(name)) = (sort, name)
            && name.param("SORT-AS").is_none()
            && let Some(line) = card.lines.get(at).filter(|l| l.params().next().is_none())
        {
            state.sort_as = Some(line.text().into_owned());
            state.merged.insert(at);
        }
        state
    }

    /// What stands for `line` in 4.0; nothing when it stays byte for byte.
    fn convert(&mut self, at: usize, line: &Line<'_>) -> Option<Written> {
        let rule = rule_of(line);
        if rule.is_none() && !is_known(line) {
            return None;
        }
        let mut property = Property::read(line)?;
        if !line.is("X-ABSHOWAS") && property.take_type("pref") && !property.has("PREF") {
            property.set("PREF", "1");
        }
        let before = property.name.clone();
        let written = match rule {
            Some(rule) => rule(self, at, property),
            None => vec![property],
        };
        // One of Apple's properties that stays one stays byte for byte.
        let stayed = written.first().is_some_and(|p| p.name == before);
        if stayed && !is_known(line) && !line.is("VERSION") && !line.is("REV") {
            return None;
        }
        Some(written)
    }
}

type Rule = fn(&mut State<'_, '_>, usize, Property) -> Written;

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
    ("VERSION", |state, _, mut property| {
        "4.0".clone_into(&mut property.value);
        if state.has_version_first { vec![property] } else { Vec::new() }
    }),
    ("PHOTO", changed!(media::to_version_4)),
    ("LOGO", changed!(media::to_version_4)),
    ("SOUND", changed!(media::to_version_4)),
    ("KEY", changed!(media::to_version_4)),
    ("BDAY", changed!(date::to_version_4)),
    ("X-ABDATE", |state, _, property| state.labels.date_to_version_4(property)),
    ("X-ABRELATEDNAMES", |state, _, property| state.labels.related_to_version_4(property)),
    ("X-ADDRESSBOOKSERVER-KIND", |state, _, mut property| {
        if !std::mem::replace(&mut state.has_kind, true) {
            "KIND".clone_into(&mut property.name);
        }
        vec![property]
    }),
    ("X-ABSHOWAS", |state, _, mut property| {
        let is_company = property.value.trim().eq_ignore_ascii_case("COMPANY");
        if is_company && !std::mem::replace(&mut state.has_kind, true) {
            "KIND".clone_into(&mut property.name);
            "org".clone_into(&mut property.value);
        }
        vec![property]
    }),
    ("X-ADDRESSBOOKSERVER-MEMBER", changed!(|member| "MEMBER".clone_into(&mut member.name))),
    ("IMPP", changed!(|impp| impp.rename("X-SERVICE-TYPE", "SERVICE-TYPE"))),
    ("X-SOCIALPROFILE", changed!(social::profile_to_version_4)),
    ("ADR", |state, at, mut property| {
        if let Some(label) = state.address_labels.remove(&at) {
            property.set("LABEL", &label);
        }
        vec![property]
    }),
    ("N", |state, _, mut property| {
        if let Some(key) = state.sort_as.take() {
            property.set("SORT-AS", &key);
        }
        vec![property]
    }),
    ("X-GENDER", |state, _, mut property| {
        let sex = property.value.split(';').next().unwrap_or_default().to_ascii_uppercase();
        if !state.card.has("GENDER") && ["", "M", "F", "O", "N", "U"].contains(&sex.as_str()) {
            "GENDER".clone_into(&mut property.name);
        }
        vec![property]
    }),
    ("GEO", changed!(place::geo_to_version_4)),
    ("TZ", changed!(place::zone_to_version_4)),
    ("REV", changed!(date::stamp_to_version_4)),
];
