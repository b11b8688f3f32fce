//! A JSContact card while its properties are taken in.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::Object;
use super::day::moment;
use super::parameters::Parameters;
use crate::formats::jcard;
use crate::formats::line::Line;
use crate::formats::vcard::Card;

/// The card as far as it is built.
#[derive(Debug, Default)]
pub(super) struct Building {
    pub(super) card: Object,
    /// What has no place in JSContact, as jCard (RFC 7095) has it.
    kept: Vec<Value>,
    /// What Apple's programs call the only property of a group, by the group in lower case.
    labels: HashMap<Vec<u8>, String>,
    /// Groups whose label stands in its property.
    labelled: HashSet<Vec<u8>>,
}

/// Properties that have a label in JSContact.
const LABELLED: [&str; 15] = [
    "TEL",
    "EMAIL",
    "IMPP",
    "SOCIALPROFILE",
    "URL",
    "CONTACT-URI",
    "KEY",
    "CALURI",
    "FBURL",
    "CALADRURI",
    "SOURCE",
    "ORG-DIRECTORY",
    "PHOTO",
    "LOGO",
    "SOUND",
];

impl Building {
    /// Nothing yet, of a card with these properties.
    pub(super) fn of(card: &Card<'_>) -> Self {
        let mut found: HashMap<Vec<u8>, (Option<String>, bool)> = HashMap::new();
        for line in card.properties() {
            let Some(group) = line.group().map(<[u8]>::to_ascii_lowercase) else { continue };
            let is_label = line.is("X-ABLABEL") && line.params().next().is_none();
            let takes_label = LABELLED.iter().any(|name| line.is(name));
            match found.get_mut(&group) {
                // The second of a kind makes it more than one property with its label.
                Some((label @ None, _)) if is_label => *label = Some(line.text().into_owned()),
                Some((_, of_one @ false)) if takes_label => *of_one = true,
                Some((label, of_one)) => (*label, *of_one) = (Some(String::new()), false),
                None if is_label => {
                    found.insert(group, (Some(line.text().into_owned()), false));
                }
                None => drop(found.insert(group, (None, takes_label))),
            }
        }
        let labels = found.into_iter().filter_map(|(group, (label, of_one))| {
            let label = label.filter(|label| of_one && !label.trim().is_empty())?;
            let plain = label.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_"));
            Some((group, plain.unwrap_or(&label).trim().to_owned()))
        });
        Self { labels: labels.collect(), ..Self::default() }
    }

    /// The card, with `uid` if it has none.
    pub(super) fn finish(mut self, uid: &str) -> Object {
        let mut whole = Object::new();
        whole.insert("@type".to_owned(), "Card".into());
        whole.insert("version".to_owned(), "1.0".into());
        let own = self.card.remove("uid");
        whole.insert("uid".to_owned(), own.unwrap_or_else(|| uid.into()));
        whole.append(&mut self.card);
        if !self.kept.is_empty() {
            whole.insert("vCardProps".to_owned(), Value::Array(self.kept));
        }
        whole
    }

    /// The only entry of `map`.
    pub(super) fn sole_entry(mut self, map: &str) -> Option<(String, Value)> {
        match self.card.remove(map)? {
            Value::Object(entries) => entries.into_iter().next(),
            _ => None,
        }
    }

    /// Keeps `line` as it is in vCard.
    pub(super) fn keep(&mut self, line: &Line<'_>) {
        self.kept.push(jcard::property(line));
    }

    /// An Apple label: nothing to keep where it stands in its property.
    pub(super) fn label(&mut self, line: &Line<'_>) -> bool {
        line.group().is_some_and(|group| self.labels.contains_key(&group.to_ascii_lowercase()))
    }

    /// The object `name` of the card, made if it is not there.
    pub(super) fn object(&mut self, name: &str) -> Option<&mut Object> {
        let made = || Value::Object(Object::new());
        self.card.entry(name).or_insert_with(made).as_object_mut()
    }

    /// Adds an entry made of `line` to `map`: `object` with the label of its group and what is
    /// left of its parameters.
    pub(super) fn add(
        &mut self,
        map: &str,
        line: &Line<'_>,
        mut parameters: Parameters,
        mut object: Object,
    ) -> bool {
        let id = parameters.id.take();
        let mut group = line.group().map(<[u8]>::to_ascii_lowercase);
        if let Some(key) = &group
            && let Some(label) = self.labels.get(key)
            && LABELLED.iter().any(|name| line.is(name))
        {
            object.insert("label".to_owned(), label.clone().into());
            self.labelled.extend(group.take());
        }
        let group = group.and_then(|_| line.group());
        let group = group.map(|group| String::from_utf8_lossy(group).into_owned());
        parameters.finish(&mut object, group);
        let Some(entries) = self.object(map) else { return false };
        let id = id.filter(|id| is_id(id) && !entries.contains_key(id));
        let id = id.unwrap_or_else(|| free_id(entries));
        entries.insert(id, Value::Object(object));
        true
    }

    /// A property that the card has once, as text.
    pub(super) fn text_once(&mut self, line: &Line<'_>, name: &str) -> bool {
        let mut parameters = Parameters::of(line);
        let text = line.text();
        let plain = parameters.value_is(&["text", "uri", "language-tag"]) && parameters.is_empty();
        if !plain
            || line.group().is_some()
            || text.trim().is_empty()
            || self.card.contains_key(name)
        {
            return false;
        }
        self.card.insert(name.to_owned(), text.trim().into());
        true
    }

    /// A moment that the card has once.
    pub(super) fn moment_once(&mut self, line: &Line<'_>, name: &str) -> bool {
        let mut parameters = Parameters::of(line);
        let plain = parameters.value_is(&["timestamp"]) && parameters.is_empty();
        let Some(moment) = moment(&line.text()).filter(|_| plain && line.group().is_none()) else {
            return false;
        };
        if self.card.contains_key(name) {
            return false;
        }
        self.card.insert(name.to_owned(), moment.into());
        true
    }

    /// `KIND`.
    pub(super) fn kind(&mut self, line: &Line<'_>) -> bool {
        let kind = line.text().trim().to_ascii_lowercase();
        let known = ["individual", "group", "org", "location", "device", "application"];
        let plain = Parameters::of(line).is_empty() && line.group().is_none();
        if !plain || !known.contains(&kind.as_str()) || self.card.contains_key("kind") {
            return false;
        }
        self.card.insert("kind".to_owned(), kind.into());
        true
    }

    /// Adds `key` to the set `name`.
    pub(super) fn flag(&mut self, name: &str, key: &str) {
        if let Some(set) = self.object(name) {
            set.insert(key.to_owned(), json!(true));
        }
    }
}

/// Whether a map can have an entry called `id` (RFC 9553 §1.4.1).
fn is_id(id: &str) -> bool {
    (1..=255).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn free_id(entries: &Object) -> String {
    let mut number = entries.len() + 1;
    while entries.contains_key(&number.to_string()) {
        number += 1;
    }
    number.to_string()
}
