//! Anniversaries and relations: properties of their own in 4.0, a date or a name beside one of
//! Apple's labels in 3.0 (`item1.X-ABDATE` and `item1.X-ABLABEL:_$!<Anniversary>!$_`).

use std::collections::HashSet;

use super::{Source, Written, date};
use crate::formats::property::Property;
use crate::formats::text;

/// Gives out the groups of new labels, and knows which lines became part of others.
pub(super) struct Labels<'s, 'a> {
    card: &'s Source<'a>,
    next_item: u64,
    /// Places in the card's lines of labels that are not needed any more.
    pub(super) spent: HashSet<usize>,
    has_anniversary: bool,
}

impl<'s, 'a> Labels<'s, 'a> {
    pub(super) fn new(card: &'s Source<'a>) -> Self {
        Self {
            card,
            next_item: card.free_item(),
            spent: HashSet::new(),
            has_anniversary: card.has("ANNIVERSARY"),
        }
    }

    /// `ANNIVERSARY` of 4.0 in 3.0.
    pub(super) fn anniversary_to_version_3(&mut self, mut property: Property) -> Written {
        if !date::is_date(&property.value) || property.param_is("VALUE", "text") {
            return vec![property];
        }
        let whole = property.clone();
        "X-ABDATE".clone_into(&mut property.name);
        date::to_version_3(&mut property);
        self.with_label(property, "_$!<Anniversary>!$_").unwrap_or_else(|| vec![whole])
    }

    /// `RELATED` of 4.0 in 3.0: one that names somebody; one that points at a card stays.
    pub(super) fn related_to_version_3(&mut self, mut property: Property) -> Written {
        let mut types = property.types();
        types.retain(|kind| !kind.eq_ignore_ascii_case("pref"));
        if !property.param_is("VALUE", "text") || types.len() > 1 {
            return vec![property];
        }
        let whole = property.clone();
        "X-ABRELATEDNAMES".clone_into(&mut property.name);
        property.take("VALUE");
        let Some(kind) = types.first() else {
            return vec![if self.label(&whole).is_some() { whole } else { property }];
        };
        let lower = kind.to_ascii_lowercase();
        property.take_type(kind);
        let label = if is_plain_relation(&lower) {
            lower
        } else if lower.bytes().all(|b| b.is_ascii_lowercase()) {
            format!("_$!<{}>!$_", capital(&lower))
        } else {
            return vec![whole];
        };
        self.with_label(property, &label).unwrap_or_else(|| vec![whole])
    }

    /// The property and its label, in a group of their own or in the one it has; nothing when
    /// that group has another label.
    fn with_label(&mut self, mut property: Property, label: &str) -> Option<Written> {
        let group = if let Some(group) = &property.group {
            if let Some(at) = self.card.label_of(group) {
                let line = self.card.lines.get(at)?;
                return line.text().eq_ignore_ascii_case(label).then(|| vec![property]);
            }
            group.clone()
        } else {
            self.next_item += 1;
            format!("item{}", self.next_item - 1)
        };
        property.group = Some(group.clone());
        let mut said = Property::new("X-ABLabel", text::escape(label));
        said.group = Some(group);
        Some(vec![property, said])
    }

    /// `X-ABDATE` of 3.0 in 4.0, where it is the first anniversary.
    pub(super) fn date_to_version_4(&mut self, mut property: Property) -> Written {
        let label = self.label(&property);
        let is_anniversary =
            label.as_deref().is_some_and(|l| l.eq_ignore_ascii_case("_$!<Anniversary>!$_"));
        if !is_anniversary || self.has_anniversary || !date::is_date(&property.value) {
            return vec![property];
        }
        self.has_anniversary = true;
        self.spend_label(&mut property);
        "ANNIVERSARY".clone_into(&mut property.name);
        date::to_version_4(&mut property);
        vec![property]
    }

    /// `X-ABRELATEDNAMES` of 3.0 in 4.0, where its label is one word that comes back.
    pub(super) fn related_to_version_4(&mut self, mut property: Property) -> Written {
        if !property.types().is_empty() {
            return vec![property];
        }
        let Some(label) = self.label(&property) else {
            "RELATED".clone_into(&mut property.name);
            property.set("VALUE", "text");
            return vec![property];
        };
        let apple = label.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_"));
        let kind = match apple {
            Some(word) => Some(word.to_ascii_lowercase()).filter(|kind| capital(kind) == word),
            None => Some(label.clone()).filter(|kind| is_plain_relation(kind)),
        };
        let is_word = |kind: &String| {
            (apple.is_none() || kind.bytes().all(|b| b.is_ascii_lowercase()))
                && !kind.is_empty()
                && kind != "pref"
        };
        let Some(kind) = kind.filter(is_word) else { return vec![property] };
        self.spend_label(&mut property);
        "RELATED".clone_into(&mut property.name);
        property.add_type(&kind);
        property.set("VALUE", "text");
        vec![property]
    }

    fn label(&self, property: &Property) -> Option<String> {
        let at = self.card.label_of(property.group.as_deref()?)?;
        Some(self.card.lines.get(at)?.text().into_owned())
    }

    /// Takes the label away, and the property out of its group, unless others are in it. A group
    /// that was named by somebody stays.
    fn spend_label(&mut self, property: &mut Property) {
        let Some(group) = property.group.as_deref() else { return };
        if self.card.in_group(group).len() == 2
            && let Some(label) = self.card.label_of(group)
        {
            self.spent.insert(label);
            let is_item = group.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("item"));
            if is_item {
                property.group = None;
            }
        }
    }
}

/// Whether `kind` is a type of `RELATED` (RFC 6350 §6.6.6) that a label says in plain words,
/// because Apple's own labels have no hyphen.
fn is_plain_relation(kind: &str) -> bool {
    matches!(kind, "co-worker" | "co-resident")
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
