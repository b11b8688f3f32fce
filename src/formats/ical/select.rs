//! Partial calendar objects: only the components and properties that were asked for
//! (`CAL:comp`, `CAL:prop`, RFC 4791 §9.6.1-§9.6.4), byte for byte.

use std::ops::Range;

use super::component::{Component, Document};
use crate::formats::line::Line;

/// `CAL:comp`: what is wanted of the components of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The component's name, in any case.
    pub name: String,
    /// Which of its properties.
    pub properties: Properties,
    /// Which of the components in it.
    pub components: Components,
}

/// Which properties are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Properties {
    /// Every one (`CAL:allprop`, or no property named at all).
    All,
    /// These. What identifies a component is there in any case.
    Named(Vec<Selector>),
}

/// Which components are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Components {
    /// Every one, whole (`CAL:allcomp`).
    All,
    /// Those with a selection of their own.
    Named(Vec<Selection>),
}

/// `CAL:prop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// The property's name, in any case.
    pub name: String,
    /// Whether the value is left out (`novalue="yes"`).
    pub novalue: bool,
}

/// Without these, what is left would be taken for something else.
const ALWAYS: [&str; 3] = ["VERSION", "UID", "RECURRENCE-ID"];

impl Selection {
    /// What an empty `CAL:comp` asks for: everything in the components `name`.
    pub fn whole(name: &str) -> Self {
        let (properties, components) = (Properties::All, Components::All);
        Self { name: name.to_owned(), properties, components }
    }

    fn is_whole(&self) -> bool {
        self.properties == Properties::All && self.components == Components::All
    }
}

impl Properties {
    /// Whether `line` is wanted, and then whether with its value.
    fn takes(&self, line: &Line<'_>) -> Option<bool> {
        if ALWAYS.iter().any(|name| line.is(name)) {
            return Some(true);
        }
        match self {
            Self::All => Some(true),
            Self::Named(names) => {
                names.iter().find(|wanted| line.is(&wanted.name)).map(|wanted| !wanted.novalue)
            }
        }
    }
}

/// The selected parts of `bytes`, of which `document` is the tree. A property without its value
/// ends after the colon.
pub fn select(bytes: &[u8], document: &Document<'_>, selection: &Selection) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().min(4096));
    for root in document.roots.iter().filter(|root| root.is(&selection.name)) {
        append(&mut out, bytes, root, selection);
    }
    out
}

/// Goes as deep as `component`, whose depth is bounded.
fn append(out: &mut Vec<u8>, bytes: &[u8], component: &Component<'_>, selection: &Selection) {
    let copy = |span: Range<usize>, out: &mut Vec<u8>| {
        out.extend_from_slice(bytes.get(span).unwrap_or_default());
    };
    let (span, inner) = (component.span.clone(), component.inner.clone());
    if selection.is_whole() {
        return copy(span, out);
    }
    copy(span.start..inner.start, out);
    for line in &component.properties {
        match selection.properties.takes(line) {
            Some(true) => copy(line.span(), out),
            Some(false) => {
                let value = line.value_span();
                copy(line.span().start..value.start, out);
                copy(value.end..line.span().end, out);
            }
            None => {}
        }
    }
    for child in &component.children {
        match &selection.components {
            Components::All => copy(child.span.clone(), out),
            Components::Named(wanted) => {
                if let Some(wanted) = wanted.iter().find(|wanted| child.is(&wanted.name)) {
                    append(out, bytes, child, wanted);
                }
            }
        }
    }
    copy(inner.end..span.end, out);
}

#[cfg(test)]
mod tests {
    use super::super::component::{Bounds, parse};
    use super::*;

    const OBJECT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\n\
        TZID:X\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:a\r\n b\r\nDescription:c\r\n\
        BEGIN:VALARM\r\nACTION:AUDIO\r\nEND:VALARM\r\nX-ODD;P=1:z\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";

    fn named(names: &[(&str, bool)]) -> Properties {
        Properties::Named(
            names.iter().map(|(n, v)| Selector { name: (*n).to_owned(), novalue: *v }).collect(),
        )
    }

    fn part(name: &str, properties: Properties, components: Vec<Selection>) -> Selection {
        Selection { name: name.to_owned(), properties, components: Components::Named(components) }
    }

    /// What is selected, without line ends and what is in every answer.
    fn selected(selection: &Selection) -> String {
        let document = parse(OBJECT.as_bytes(), Bounds::STORED).unwrap();
        let text = String::from_utf8(select(OBJECT.as_bytes(), &document, selection)).unwrap();
        text.replace("\r\n ", "").replace("\r\n", "|")
    }

    #[test]
    fn parts_that_were_asked_for() {
        let event = |properties| part("vevent", properties, vec![]);
        let frame = |inner: &str| {
            format!(
                "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:u|{inner}END:VEVENT|END:VCALENDAR|"
            )
        };
        let whole = OBJECT.replace("\r\n ", "").replace("\r\n", "|");
        for (selection, wanted) in [
            (Selection::whole("VCALENDAR"), whole.clone()),
            (
                part("VCALENDAR", named(&[]), vec![]),
                "BEGIN:VCALENDAR|VERSION:2.0|END:VCALENDAR|".into(),
            ),
            (
                part("VCALENDAR", Properties::All, vec![]),
                "BEGIN:VCALENDAR|VERSION:2.0|PRODID:x|END:VCALENDAR|".into(),
            ),
            (part("VCALENDAR", named(&[]), vec![event(named(&[]))]), frame("")),
            (
                part(
                    "VCALENDAR",
                    named(&[]),
                    vec![event(named(&[("summary", false), ("x-odd", true)]))],
                ),
                frame("SUMMARY:ab|X-ODD;P=1:|"),
            ),
            (
                part(
                    "VCALENDAR",
                    named(&[]),
                    vec![event(named(&[("SUMMARY", true), ("UID", true)]))],
                ),
                frame("SUMMARY:|"),
            ),
            (
                part("VCALENDAR", named(&[]), vec![Selection::whole("VTIMEZONE")]),
                "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VTIMEZONE|TZID:X|END:VTIMEZONE|END:VCALENDAR|"
                    .into(),
            ),
            (
                part(
                    "VCALENDAR",
                    named(&[]),
                    vec![part("VEVENT", named(&[]), vec![part("VALARM", named(&[]), vec![])])],
                ),
                frame("BEGIN:VALARM|END:VALARM|"),
            ),
            (
                Selection { components: Components::All, ..part("VCALENDAR", named(&[]), vec![]) },
                whole.replace("PRODID:x|", ""),
            ),
            (part("VCARD", Properties::All, vec![]), String::new()),
        ] {
            assert_eq!(selected(&selection), wanted, "{selection:?}");
        }
    }
}
