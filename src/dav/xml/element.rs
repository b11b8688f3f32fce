//! One element of a request, and the way back to XML that can be stored and sent on.

use std::sync::Arc;

use super::name::{NS_XML, Name};
use super::scope::Scope;
use super::write::XmlOut;

/// An element of a request, with its namespaces resolved.
#[derive(Debug, Clone)]
pub struct Element {
    /// The expanded name.
    pub name: Name,
    /// The attributes, without namespace declarations.
    pub attrs: Vec<(Name, String)>,
    /// The child elements in order.
    pub children: Vec<Self>,
    /// The text that stands directly in this element, joined; white space that only sets
    /// child elements apart is left out.
    pub text: String,
    /// What is in force inside this element, its own declarations included.
    pub(super) scope: Arc<Scope>,
    /// Where it begins in the source, and where it ends.
    pub(super) start: u32,
    pub(super) end: u32,
}

// === impl Element ===

impl Element {
    /// The first child of that name.
    pub fn child(&self, name: &Name) -> Option<&Self> {
        self.children.iter().find(|child| child.name == *name)
    }

    /// Every child of that name.
    pub fn children_named<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == *name)
    }

    /// The value of an attribute that is in no namespace.
    pub fn attr(&self, local: &str) -> Option<&str> {
        self.attrs.iter().find(|(name, _)| name.is("", local)).map(|(_, value)| value.as_str())
    }

    /// The text without white space around it.
    pub fn trimmed(&self) -> &str {
        self.text.trim_matches([' ', '\t', '\r', '\n'])
    }

    /// How many bytes the element has in the request; about what [`Self::to_fragment`] gives, and
    /// to be held against a bound before it is asked for.
    pub fn source_len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// The element as XML that stands by itself: put anywhere in a document that declares no
    /// default namespace or any, it has the same names, attributes, language, text and order
    /// as where it was taken from (RFC 4918 §4.3 and §4.4). Prefixes are kept.
    pub fn to_fragment(&self) -> String {
        let source = &*self.scope.source;
        let range = self.start as usize..self.end as usize;
        let text = source.get(range).unwrap_or_default();
        let after_name = text.find([' ', '\t', '\r', '\n', '/', '>']).unwrap_or(text.len());
        let (head, tail) = text.split_at_checked(after_name).unwrap_or((text, ""));

        let mut out = XmlOut::with_capacity(text.len() + 64);
        out.raw(head);
        for (prefix, uri) in self.missing_declarations(text) {
            match prefix {
                "" => out.attribute("xmlns", uri),
                prefix => out.attribute(&format!("xmlns:{prefix}"), uri),
            }
        }
        if let Some(lang) = self.inherited_lang() {
            out.attribute("xml:lang", lang);
        }
        out.raw(tail);
        String::from_utf8(out.into_bytes().into()).unwrap_or_default()
    }

    /// The bindings from around the element that it needs and does not declare itself.
    fn missing_declarations(&self, text: &str) -> Vec<(&str, &str)> {
        let mut seen: Vec<&str> = Vec::new();
        let mut missing = Vec::new();
        for scope in self.scope.chain() {
            for (prefix, uri) in &scope.bindings {
                if seen.contains(&prefix.as_str()) {
                    continue;
                }
                seen.push(prefix);
                // Names in attribute values and text use prefixes too (`xsi:type="x:date"`).
                let needed = match prefix.as_str() {
                    "" => !uri.is_empty() && self.uses_namespace(uri),
                    prefix => text.contains(&format!("{prefix}:")),
                };
                if scope.start != self.start && needed {
                    missing.push((prefix.as_str(), &**uri));
                }
            }
        }
        // Where it comes to stand a default namespace may be in force that was not here.
        let undeclared = self.scope.uri("").is_none_or(|uri| uri.is_empty());
        if undeclared && !self.declares("") && self.uses_namespace("") {
            missing.push(("", ""));
        }
        missing
    }

    fn declares(&self, prefix: &str) -> bool {
        self.scope.start == self.start
            && self.scope.bindings.iter().any(|(declared, _)| declared == prefix)
    }

    fn uses_namespace(&self, ns: &str) -> bool {
        self.name.ns == ns || self.children.iter().any(|child| child.uses_namespace(ns))
    }

    fn inherited_lang(&self) -> Option<&str> {
        if self.attrs.iter().any(|(name, _)| name.is(NS_XML, "lang")) {
            return None;
        }
        self.scope.chain().find_map(|scope| scope.lang.as_deref()).filter(|lang| !lang.is_empty())
    }
}

#[cfg(test)]
mod tests;
