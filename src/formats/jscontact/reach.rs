//! How somebody is reached, where more is to be found of them, and what is noted of them.

use serde_json::{Value, json};

use super::Object;
use super::building::Building;
use super::day::moment;
use super::name::listed;
use super::parameters::Parameters;
use crate::formats::line::Line;
use crate::formats::text;

/// Types of `TEL` as features (RFC 9555 §2.3.18).
const FEATURES: [(&str, &str); 8] = [
    ("voice", "voice"),
    ("cell", "mobile"),
    ("fax", "fax"),
    ("text", "text"),
    ("video", "video"),
    ("pager", "pager"),
    ("textphone", "textphone"),
    ("main-number", "main-number"),
];

/// What the components of `ADR` are, those of RFC 9554 included.
const ADDRESS: [&str; 18] = [
    "postOfficeBox",
    "apartment",
    "name",
    "locality",
    "region",
    "postcode",
    "country",
    "room",
    "apartment",
    "floor",
    "number",
    "name",
    "building",
    "block",
    "subdistrict",
    "district",
    "landmark",
    "direction",
];

/// How many components `ADR` has without those of RFC 9554.
const OLD: usize = 7;

/// Relations that are registered (RFC 9553 §2.1.8).
const RELATIONS: [&str; 20] = [
    "acquaintance",
    "agent",
    "child",
    "co-resident",
    "co-worker",
    "colleague",
    "contact",
    "crush",
    "date",
    "emergency",
    "friend",
    "kin",
    "me",
    "met",
    "muse",
    "neighbor",
    "parent",
    "sibling",
    "spouse",
    "sweetheart",
];

impl Building {
    /// `TEL`.
    pub(super) fn phone(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let number = line.text();
        if number.trim().is_empty() || !parameters.value_is(&["text", "uri"]) {
            return false;
        }
        let mut object = Object::new();
        object.insert("number".to_owned(), number.trim().into());
        parameters.flags(&mut object, "features", &FEATURES);
        parameters.common(&mut object);
        self.add("phones", line, parameters, object)
    }

    /// `EMAIL`.
    pub(super) fn mail(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let address = line.text();
        if address.trim().is_empty() || !parameters.value_is(&["text"]) {
            return false;
        }
        // What 3.0 says of every address (RFC 2426 §3.3.2).
        parameters.take_type("internet");
        let mut object = Object::new();
        object.insert("address".to_owned(), address.trim().into());
        parameters.common(&mut object);
        self.add("emails", line, parameters, object)
    }

    /// `IMPP` and `SOCIALPROFILE`.
    pub(super) fn service(&mut self, line: &Line<'_>, origin: &str) -> bool {
        let mut parameters = Parameters::of(line);
        let is_text = parameters.value_is(&["text"]) && line.param("VALUE").is_some();
        let value = line.text();
        if value.trim().is_empty() || !(is_text || parameters.value_is(&["uri"])) {
            return false;
        }
        let mut object = Object::new();
        let user = parameters.take("username");
        if is_text {
            if user.is_some() {
                return false;
            }
            object.insert("user".to_owned(), value.trim().into());
        } else {
            object.insert("uri".to_owned(), value.trim().into());
            object.extend(user.map(|user| ("user".to_owned(), user.into())));
        }
        let service = parameters.take("service-type");
        object.extend(service.map(|service| ("service".to_owned(), service.into())));
        if origin == "impp" {
            object.insert("vCardName".to_owned(), origin.into());
        }
        parameters.common(&mut object);
        self.add("onlineServices", line, parameters, object)
    }

    /// `ADR`.
    pub(super) fn address(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let value = line.value();
        let all: Vec<Vec<String>> = text::split(&value, b';').map(listed).collect();
        if !parameters.value_is(&["text"]) || all.len() > ADDRESS.len() {
            return false;
        }
        let finer = all.iter().skip(OLD).any(|words| !words.is_empty());
        let mut components = Vec::new();
        for (at, (kind, words)) in ADDRESS.iter().zip(&all).enumerate() {
            // Where the finer ones are told, these repeat them (RFC 9554 §2.1).
            if finer && matches!(at, 1 | 2) {
                continue;
            }
            components.extend(words.iter().map(|word| json!({ "kind": kind, "value": word })));
        }
        let mut object = Object::new();
        if !components.is_empty() {
            object.insert("components".to_owned(), Value::Array(components));
        }
        for (parameter, name) in
            [("label", "full"), ("geo", "coordinates"), ("tz", "timeZone"), ("cc", "countryCode")]
        {
            let told = parameters.take(parameter);
            object.extend(told.map(|value| (name.to_owned(), value.into())));
        }
        if object.is_empty() {
            return false;
        }
        let uses = [
            ("home", "private"),
            ("work", "work"),
            ("billing", "billing"),
            ("delivery", "delivery"),
        ];
        parameters.flags(&mut object, "contexts", &uses);
        parameters.common(&mut object);
        self.add("addresses", line, parameters, object)
    }

    /// `LANG`.
    pub(super) fn preferred_language(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        if line.text().trim().is_empty() || !parameters.value_is(&["language-tag"]) {
            return false;
        }
        let mut object = Object::new();
        object.insert("language".to_owned(), line.text().trim().into());
        parameters.common(&mut object);
        self.add("preferredLanguages", line, parameters, object)
    }

    /// What has an address of the web: photos, links, keys, calendars, directories.
    pub(super) fn resource(&mut self, line: &Line<'_>, map: &str, kind: Option<&str>) -> bool {
        let mut parameters = Parameters::of(line);
        let uri = line.text();
        if uri.trim().is_empty() || !parameters.value_is(&["uri", "url"]) {
            return false;
        }
        let mut object = Object::new();
        object.extend(kind.map(|kind| ("kind".to_owned(), kind.into())));
        object.insert("uri".to_owned(), uri.trim().into());
        let media = parameters.take("mediatype");
        object.extend(media.map(|media| ("mediaType".to_owned(), media.into())));
        if map == "directories" {
            let index = line.param("INDEX").and_then(|index| index.trim().parse::<u32>().ok());
            if let Some(index) = index.filter(|index| *index > 0) {
                parameters.take("index");
                object.insert("listAs".to_owned(), index.into());
            }
        }
        parameters.common(&mut object);
        self.add(map, line, parameters, object)
    }

    /// `EXPERTISE`, `HOBBY` and `INTEREST` (RFC 6715).
    pub(super) fn personal(&mut self, line: &Line<'_>, kind: &str) -> bool {
        let mut parameters = Parameters::of(line);
        if line.text().trim().is_empty() || !parameters.value_is(&["text"]) {
            return false;
        }
        let mut object = Object::new();
        object.insert("kind".to_owned(), kind.into());
        object.insert("value".to_owned(), line.text().trim().into());
        let level = match line.param("LEVEL").map(|level| level.to_ascii_lowercase()).as_deref() {
            Some("beginner" | "low") => Some("low"),
            Some("average" | "medium") => Some("medium"),
            Some("expert" | "high") => Some("high"),
            _ => None,
        };
        if let Some(level) = level {
            parameters.take("level");
            object.insert("level".to_owned(), level.into());
        }
        let index = line.param("INDEX").and_then(|index| index.trim().parse::<u32>().ok());
        if let Some(index) = index.filter(|index| *index > 0) {
            parameters.take("index");
            object.insert("listAs".to_owned(), index.into());
        }
        self.add("personalInfo", line, parameters, object)
    }

    /// `RELATED`, as far as its relations are registered.
    pub(super) fn related(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let types = parameters.take_types();
        let whom = line.text().trim().to_owned();
        let known = types.iter().all(|kind| RELATIONS.contains(&kind.as_str()));
        let plain = parameters.value_is(&["uri", "text"]) && parameters.is_empty();
        if whom.is_empty() || !known || !plain || line.group().is_some() {
            return false;
        }
        let Some(related) = self.object("relatedTo") else { return false };
        let entry = related.entry(whom).or_insert_with(|| json!({ "relation": {} }));
        if let Some(relation) = entry.get_mut("relation").and_then(Value::as_object_mut) {
            relation.extend(types.into_iter().map(|kind| (kind, json!(true))));
        }
        true
    }

    /// `MEMBER` of a group.
    pub(super) fn member(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let plain = parameters.value_is(&["uri", "text"]) && parameters.is_empty();
        if line.text().trim().is_empty() || !plain || line.group().is_some() {
            return false;
        }
        self.flag("members", line.text().trim());
        true
    }

    /// `CATEGORIES`. One with parameters is kept beside, for a keyword has none.
    pub(super) fn keywords(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        let plain = parameters.value_is(&["text"]) && parameters.is_empty();
        let keywords = listed(&line.value());
        for keyword in &keywords {
            self.flag("keywords", keyword);
        }
        plain && line.group().is_none() && !keywords.is_empty()
    }

    /// `NOTE`, with what RFC 9554 adds to it.
    pub(super) fn note(&mut self, line: &Line<'_>) -> bool {
        let mut parameters = Parameters::of(line);
        if !parameters.value_is(&["text"]) {
            return false;
        }
        let mut object = Object::new();
        object.insert("note".to_owned(), line.text().into_owned().into());
        if let Some(created) = line.param("CREATED").and_then(|created| moment(&created)) {
            parameters.take("created");
            object.insert("created".to_owned(), created.into());
        }
        let mut author = Object::new();
        for (parameter, name) in [("author-name", "name"), ("author", "uri")] {
            let told = parameters.take(parameter);
            author.extend(told.map(|value| (name.to_owned(), value.into())));
        }
        if !author.is_empty() {
            object.insert("author".to_owned(), Value::Object(author));
        }
        self.add("notes", line, parameters, object)
    }
}
