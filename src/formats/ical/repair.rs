//! What a calendar object needs so that it can be served at all: text that XML can carry, an end,
//! an identity. Everything else stays as it came, flaws included.

use std::borrow::Cow;

use super::component::{Component, Document};
use super::finding::Finding;
use crate::formats::edit::Edits;
use crate::formats::text;
use crate::formats::vcard::encoding::to_utf8;
use crate::formats::vcard::finding::Findings;

/// `bytes` in UTF-8 without what XML cannot carry, and what was wrong.
pub fn readable(bytes: &[u8]) -> (Cow<'_, [u8]>, Vec<Finding>) {
    let mut flaws = Findings::default();
    let text = to_utf8(bytes, &mut flaws);
    (text, flaws.into_vec().into_iter().filter_map(Finding::of_encoding).collect())
}

/// `bytes`, of which `document` is the tree, with the ends that are missing, and with the identity
/// `uid` in the events, tasks and so on that have none; nothing where nothing is missing.
pub fn complete(
    bytes: &[u8],
    document: &Document<'_>,
    uid: &str,
    findings: &mut Vec<Finding>,
) -> Option<Vec<u8>> {
    let mut edits = Edits::new(bytes);
    let entries = document.roots.iter().flat_map(|root| &root.children);
    for entry in entries.filter(|entry| needs_uid(entry) && entry.uid().is_none()) {
        if !findings.contains(&Finding::NoUid) {
            findings.push(Finding::NoUid);
        }
        let line = format!("UID:{}", text::escape(uid));
        match entry.property("UID") {
            Some(empty) => edits.replace(empty.span(), line.as_bytes()),
            None => edits.insert(entry.inner.start, line.as_bytes()),
        }
    }
    if document.unclosed > 0 {
        findings.push(Finding::NoEnd);
        document.roots.iter().for_each(|root| close(&mut edits, root));
    }
    (!edits.is_empty()).then(|| edits.apply())
}

/// Whether the standard asks for a `UID` in a component of a calendar of this name.
fn needs_uid(entry: &Component<'_>) -> bool {
    ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY"].iter().any(|n| entry.is(n))
}

/// Ends what is open in `component` and then itself. Goes as deep as the tree, which is bounded.
fn close(edits: &mut Edits<'_>, component: &Component<'_>) {
    component.children.iter().for_each(|child| close(edits, child));
    if !component.is_closed() {
        edits.insert(component.inner.end, format!("END:{}", component.name).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::component::{Bounds, parse};
    use super::*;

    fn repaired(text: &str) -> (Option<String>, Vec<Finding>) {
        let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
        let mut findings = Vec::new();
        let bytes = complete(text.as_bytes(), &document, "a,b", &mut findings);
        (bytes.map(|bytes| String::from_utf8(bytes).unwrap()), findings)
    }

    #[test]
    fn only_what_is_missing_is_added() {
        for (text, wanted, findings) in [
            (
                "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                None,
                vec![],
            ),
            (
                "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                Some(
                    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\\,b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                ),
                vec![Finding::NoUid],
            ),
            (
                "BEGIN:VCALENDAR\nBEGIN:VTODO\nX:1\nUID: \nEND:VTODO\nEND:VCALENDAR\n",
                Some("BEGIN:VCALENDAR\nBEGIN:VTODO\nX:1\nUID:a\\,b\nEND:VTODO\nEND:VCALENDAR\n"),
                vec![Finding::NoUid],
            ),
            (
                "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nEND:VTIMEZONE\r\nBEGIN:X-A\r\nEND:X-A\r\nEND:VCALENDAR\r\n",
                None,
                vec![],
            ),
            (
                "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nBEGIN:VALARM\r\nX:1",
                Some(
                    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nBEGIN:VALARM\r\nX:1\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                ),
                vec![Finding::NoEnd],
            ),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nX:1\nEND:VEVENT\nEND:VCALENDAR\n",
                Some(
                    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nX:1\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n",
                ),
                vec![Finding::NoEnd],
            ),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
                Some("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\\,b\nEND:VEVENT\nEND:VCALENDAR\n"),
                vec![Finding::NoUid, Finding::NoEnd],
            ),
        ] {
            assert_eq!(repaired(text), (wanted.map(str::to_owned), findings), "{text:?}");
        }
    }

    #[test]
    fn text_that_xml_cannot_carry_is_made_readable() {
        let plain = "BEGIN:VCALENDAR\r\nX-A:ü\r\nEND:VCALENDAR\r\n";
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin: Vec<u8> = plain.chars().map(|c| c as u8).collect();
        for (bytes, findings) in [
            (plain.as_bytes().to_vec(), vec![]),
            ([b"\xEF\xBB\xBF", plain.as_bytes()].concat(), vec![Finding::ByteOrderMark]),
            (wide, vec![Finding::Utf16]),
            (latin, vec![Finding::NotUtf8]),
            (plain.replace("X-A:", "X-A:\u{1}").into_bytes(), vec![Finding::ControlCharacters]),
        ] {
            let (text, found) = readable(&bytes);
            assert_eq!((&*text, found), (plain.as_bytes(), findings));
        }
    }
}
