//! The parameters of a property, taken one by one; what is left goes into `vCardParams`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Object;
use crate::formats::line::Line;

/// The parameters that were not taken yet.
#[derive(Debug)]
pub(super) struct Parameters {
    /// Names in lower case, values in order.
    left: Vec<(String, Vec<String>)>,
    /// Values of `TYPE` in lower case.
    types: Vec<String>,
    /// What the property is called, if somebody says (`PROP-ID`).
    pub(super) id: Option<String>,
}

impl Parameters {
    /// Those of `line`, without its group.
    pub(super) fn of(line: &Line<'_>) -> Self {
        let mut parameters = Self { left: Vec::new(), types: Vec::new(), id: None };
        for param in line.params() {
            let name = String::from_utf8_lossy(param.name).to_ascii_lowercase();
            let values = param.values().map(Cow::into_owned);
            if name == "type" {
                let values = values.flat_map(|value| {
                    value.split(',').map(|one| one.trim().to_lowercase()).collect::<Vec<_>>()
                });
                parameters.types.extend(values.filter(|value| !value.is_empty()));
            } else if let Some((_, known)) = parameters.left.iter_mut().find(|(n, _)| *n == name) {
                known.extend(values);
            } else {
                parameters.left.push((name, values.collect()));
            }
        }
        parameters.id = parameters.take("prop-id");
        parameters
    }

    /// The parameter `name` (in lower case); several values joined with commas.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.take_all(name).map(|values| values.join(","))
    }

    /// All values of the parameter `name` (in lower case).
    pub(super) fn take_all(&mut self, name: &str) -> Option<Vec<String>> {
        let at = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.remove(at).1)
    }

    /// Takes `VALUE` if it is one of these; whether nothing else is said.
    pub(super) fn value_is(&mut self, kinds: &[&str]) -> bool {
        let said = self.left.iter().find(|(name, _)| name == "value");
        let fits = said.is_none_or(|(_, values)| {
            values.iter().all(|value| kinds.iter().any(|kind| value.eq_ignore_ascii_case(kind)))
        });
        if fits {
            self.take("value");
        }
        fits
    }

    /// Takes `kind` out of the types; whether it was there.
    pub(super) fn take_type(&mut self, kind: &str) -> bool {
        let before = self.types.len();
        self.types.retain(|known| known != kind);
        self.types.len() < before
    }

    /// All types that are left.
    pub(super) fn take_types(&mut self) -> Vec<String> {
        std::mem::take(&mut self.types)
    }

    /// Takes where it is used (RFC 9553 §1.5.1).
    pub(super) fn contexts(&mut self, object: &mut Object) {
        self.flags(object, "contexts", &[("home", "private"), ("work", "work")]);
    }

    /// Takes where it is used and how much it is preferred (RFC 9553 §1.5.1, §1.5.4).
    pub(super) fn common(&mut self, object: &mut Object) {
        self.contexts(object);
        let pref = self.left.iter().find(|(name, _)| name == "pref");
        let pref = pref.and_then(|(_, values)| values.first()?.trim().parse::<u8>().ok());
        if let Some(pref) = pref.filter(|pref| (1..=100).contains(pref)) {
            self.take("pref");
            object.insert("pref".to_owned(), pref.into());
        }
    }

    /// Takes types that have another name as a set into `object`.
    pub(super) fn flags(&mut self, object: &mut Object, name: &str, known: &[(&str, &str)]) {
        let mut set = Object::new();
        for (kind, flag) in known {
            if self.take_type(kind) {
                set.insert((*flag).to_owned(), true.into());
            }
        }
        if !set.is_empty() {
            object.insert(name.to_owned(), Value::Object(set));
        }
    }

    /// Puts what is left into `object`.
    pub(super) fn finish(mut self, object: &mut Object, group: Option<String>) {
        let mut params = Object::new();
        if !self.types.is_empty() {
            let types = std::mem::take(&mut self.types);
            self.left.push(("type".to_owned(), types));
        }
        self.left.extend(group.map(|group| ("group".to_owned(), vec![group])));
        for (name, mut values) in self.left {
            let value = match values.len() {
                1 => Value::String(values.pop().unwrap_or_default()),
                _ => json!(values),
            };
            params.insert(name, value);
        }
        if !params.is_empty() {
            object.insert("vCardParams".to_owned(), Value::Object(params));
        }
    }

    /// Is nothing left?
    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty() && self.types.is_empty()
    }
}
