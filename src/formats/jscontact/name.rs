//! Who somebody is: names, organizations, titles, how they are spoken of.

use serde_json::{Value, json};

use super::Object;
use super::building::Building;
use super::parameters::Parameters;
use crate::formats::line::Line;
use crate::formats::text;

/// What the components of `N` are, the two of RFC 9554 included.
const PARTS: [&str; 7] =
    ["surname", "given", "given2", "title", "credential", "surname2", "generation"];

impl Building {
    /// `FN`: the first one is the whole name.
    pub(super) fn full_name(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let has_one = self.card.get("name").is_some_and(|name| name.get("full").is_some());
        if has_one || !parameters.value_is(&["text"]) {
            return false;
        }
        let Some(name) = self.object("name") else { return false };
        name.insert("full".to_owned(), line.text().trim().into());
        merge_rest(name, parameters, line);
        true
    }

    /// `N`.
    pub(super) fn name(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let has_one = self.card.get("name").is_some_and(|name| name.get("components").is_some());
        let value = line.value();
        let all: Vec<Vec<String>> = text::split(&value, b';').map(listed).collect();
        if has_one || !parameters.value_is(&["text"]) || all.len() > PARTS.len() {
            return false;
        }
        let none = Vec::new();
        let of = |part: usize| all.get(part).unwrap_or(&none);
        let mut components = Vec::new();
        for (at, kind) in PARTS.iter().enumerate() {
            // What RFC 9554 tells apart stands in the older component, too.
            let apart = match at {
                0 => of(5),
                4 => of(6),
                _ => &none,
            };
            let words = of(at).iter().filter(|word| !apart.contains(word));
            components.extend(words.map(|word| json!({ "kind": kind, "value": word })));
        }
        if components.is_empty() {
            // Nothing to tell, but for the separators.
            return parameters.is_empty() && line.group().is_none();
        }
        let Some(name) = self.object("name") else { return false };
        name.insert("components".to_owned(), Value::Array(components));
        if let Some(sort_as) = parameters.take_all("sort-as") {
            let keys = sort_as.iter().flat_map(|keys| keys.split(','));
            let keys = PARTS.iter().zip(keys).filter(|(_, key)| !key.trim().is_empty());
            let keys: Object =
                keys.map(|(kind, key)| ((*kind).to_owned(), key.trim().into())).collect();
            name.insert("sortAs".to_owned(), Value::Object(keys));
        }
        merge_rest(name, parameters, line);
        true
    }

    /// `NICKNAME`: each by itself.
    pub(super) fn nicknames(&mut self, line: &Line<'_>) -> bool {
        let mut any = false;
        for name in listed(&line.value()) {
            let mut parameters = Parameters::of(line);
            if any {
                parameters.id = None;
            }
            if !parameters.value_is(&["text"]) {
                return false;
            }
            let mut object = Object::new();
            object.insert("name".to_owned(), name.into());
            parameters.common(&mut object);
            any |= self.add("nicknames", line, parameters, object);
        }
        any
    }

    /// `ORG`: the organization and its units.
    pub(super) fn organization(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let mut parts = line.components().into_iter().map(|part| part.trim().to_owned());
        let name = parts.next().filter(|name| !name.is_empty());
        let mut units: Vec<String> = parts.collect();
        while units.last().is_some_and(String::is_empty) {
            units.pop();
        }
        if !parameters.value_is(&["text"]) || (name.is_none() && units.is_empty()) {
            return false;
        }
        let mut object = Object::new();
        object.extend(name.map(|name| ("name".to_owned(), name.into())));
        if !units.is_empty() {
            let units = units.iter().map(|unit| json!({ "name": unit })).collect();
            object.insert("units".to_owned(), Value::Array(units));
        }
        if let Some(key) = parameters.take("sort-as") {
            object.insert("sortAs".to_owned(), key.into());
        }
        parameters.contexts(&mut object);
        self.add("organizations", line, parameters, object)
    }

    /// `TITLE` and `ROLE`.
    pub(super) fn title(&mut self, line: &Line<'_>, kind: &str) -> bool {
        let mut parameters = Parameters::of(line);
        let text = line.text();
        if text.trim().is_empty() || !parameters.value_is(&["text"]) {
            return false;
        }
        let mut object = Object::new();
        object.insert("kind".to_owned(), kind.into());
        object.insert("name".to_owned(), text.trim().into());
        self.add("titles", line, parameters, object)
    }

    /// `GRAMGENDER` (RFC 9554 §3.2).
    pub(super) fn grammatical_gender(&mut self, line: &Line<'_>) -> bool {
        let gender = line.text().trim().to_ascii_lowercase();
        let known = ["animate", "common", "feminine", "inanimate", "masculine", "neuter"];
        let there = self.card.get("speakToAs").and_then(|speak| speak.get("grammaticalGender"));
        let plain = Parameters::of(line).is_empty() && line.group().is_none();
        if !plain || there.is_some() || !known.contains(&gender.as_str()) {
            return false;
        }
        let Some(speak) = self.object("speakToAs") else { return false };
        speak.insert("grammaticalGender".to_owned(), gender.into());
        true
    }

    /// `PRONOUNS` (RFC 9554 §3.4).
    pub(super) fn pronouns(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        if !parameters.value_is(&["text"]) {
            return false;
        }
        let mut object = Object::new();
        object.insert("pronouns".to_owned(), line.text().trim().into());
        parameters.common(&mut object);
        // They stand one level deeper than other entries.
        let speak = self.card.remove("speakToAs");
        let mut speak = match speak {
            Some(Value::Object(speak)) => speak,
            _ => Object::new(),
        };
        let entries = speak.remove("pronouns");
        self.card.extend(entries.map(|entries| ("pronouns".to_owned(), entries)));
        let added = self.add("pronouns", line, parameters, object);
        let entries = self.card.remove("pronouns");
        speak.extend(entries.map(|entries| ("pronouns".to_owned(), entries)));
        self.card.insert("speakToAs".to_owned(), Value::Object(speak));
        added
    }
}

/// Adds what is left of the parameters of `line` to those that are left of the name.
fn merge_rest(name: &mut Object, parameters: Parameters, line: &Line<'_>) {
    let group = line.group().map(|group| String::from_utf8_lossy(group).into_owned());
    let mut rest = Object::new();
    parameters.finish(&mut rest, group);
    let Some(Value::Object(mut rest)) = rest.remove("vCardParams") else { return };
    match name.get_mut("vCardParams").and_then(Value::as_object_mut) {
        Some(known) => known.append(&mut rest),
        None => drop(name.insert("vCardParams".to_owned(), Value::Object(rest))),
    }
}

/// The items of a list that say something.
pub(super) fn listed(value: &[u8]) -> Vec<String> {
    let items = text::split(value, b',').map(|item| text::unescape(item).trim().to_owned());
    items.filter(|item| !item.is_empty()).collect()
}
