//! Writing XML: whatever is written parses back to the same text.

use proptest::prelude::*;

use super::*;
use crate::dav::xml::name::NS_ME;

fn written(write: impl FnOnce(&mut XmlOut)) -> String {
    let mut out = XmlOut::with_capacity(64);
    write(&mut out);
    String::from_utf8(out.into_bytes().to_vec()).expect("answers are UTF-8")
}

fn document(write: impl FnOnce(&mut XmlOut)) -> String {
    written(|out| {
        out.declaration_and_root("multistatus");
        write(out);
        out.end(&Name::dav("multistatus"));
    })
}

/// What XML 1.0 can hold of `text` (§2.2).
fn holdable(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'))
        .collect()
}

#[test]
fn status_lines_are_the_texts_that_clients_compare() {
    for (status, line) in [
        (200, "HTTP/1.1 200 OK"),
        (201, "HTTP/1.1 201 Created"),
        (403, "HTTP/1.1 403 Forbidden"),
        (404, "HTTP/1.1 404 Not Found"),
        (409, "HTTP/1.1 409 Conflict"),
        (412, "HTTP/1.1 412 Precondition Failed"),
        (415, "HTTP/1.1 415 Unsupported Media Type"),
        (423, "HTTP/1.1 423 Locked"),
        (424, "HTTP/1.1 424 Failed Dependency"),
        (507, "HTTP/1.1 507 Insufficient Storage"),
    ] {
        assert_eq!(status_line(status), line);
        let element = written(|out| out.status_line(status));
        assert_eq!(element, format!("<D:status>{line}</D:status>"));
    }
}

#[test]
fn a_multistatus_reads_as_the_standard_draws_it() {
    let xml = document(|out| {
        out.response_start("/dav/addressbooks/anna/contacts/");
        out.propstat_start();
        out.start(&Name::dav("resourcetype"));
        out.empty(&Name::dav("collection"));
        out.empty(&Name::carddav("addressbook"));
        out.end(&Name::dav("resourcetype"));
        out.element(&Name::dav("displayname"), "Müller & Söhne");
        out.empty_with(
            &Name::carddav("address-data-type"),
            &[("content-type", "text/vcard"), ("version", "3.0")],
        );
        out.propstat_end(200);
        out.propstat_start();
        out.empty(&Name::me("bulk-requests"));
        out.empty(&Name::new("", "bare"));
        out.propstat_end(404);
        out.response_end();
        out.response_status("/dav/addressbooks/anna/contacts/a.vcf", 404);
    });
    insta::assert_snapshot!(xml);
}

#[test]
fn unknown_namespaces_are_declared_where_they_are_used() {
    let odd = Name { ns: "urn:a\"<&>".into(), local: "outer".into() };
    let xml = document(|out| {
        out.start(&odd);
        out.element(&Name::me("inner"), "text");
        out.end(&odd);
    });
    let tree = roxmltree::Document::parse(&xml).expect("well-formed");
    let outer = tree.root_element().first_element_child().expect("outer");
    assert_eq!(outer.tag_name().namespace(), Some("urn:a\"<&>"));
    let inner = outer.first_element_child().expect("inner");
    assert_eq!((inner.tag_name().namespace(), inner.text()), (Some(NS_ME), Some("text")));
}

#[test]
fn bytes_that_are_no_text_cannot_break_the_answer() {
    let table: [(&[u8], &str); 6] = [
        (b"a\xFFb", "a\u{FFFD}b"),
        (b"\xED\xA0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        (b"x\xEF\xBF\xBEy\xEF\xBF\xBFz", "xyz"),
        (b"\xEF\xBF\xBD\xEF\xBB\xBF", "\u{FFFD}\u{FEFF}"),
        (b"]]><x/>", "]]&gt;&lt;x/&gt;"),
        (b"BEGIN\r\n\x00\x0BEND\r", "BEGIN&#13;\nEND&#13;"),
    ];
    for (bytes, expected) in table {
        assert_eq!(written(|out| out.text_bytes(bytes)), expected, "{bytes:?}");
    }
}

#[test]
fn pieces_taken_on_the_way_join_to_the_whole() {
    let mut out = XmlOut::with_capacity(16);
    let mut whole = Vec::new();
    for n in 0..100 {
        out.response_status(&format!("/{n}"), 404);
        if out.len() > 200 {
            whole.extend_from_slice(&out.take());
            assert!(out.is_empty());
        }
    }
    whole.extend_from_slice(&out.into_bytes());
    let once = written(|out| (0..100).for_each(|n| out.response_status(&format!("/{n}"), 404)));
    assert_eq!(String::from_utf8(whole).expect("UTF-8"), once);
}

#[test]
fn returns_are_found_wherever_they_stand() {
    for length in 0..50 {
        let line = "x".repeat(length);
        for stray in 0..=length {
            let mut second = line.clone();
            second.insert(stray, '\r');
            second.truncate(length);
            let text = format!("{line}\r{line}\r{second}\r{line}\r\n{line}");
            let expected = text.replace('\r', "&#13;");
            assert_eq!(written(|out| out.text_plain(text.as_bytes())), expected, "{text:?}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_written_parses_back_to_the_same_text(
        text in any::<String>(), value in any::<String>(), bytes in any::<Vec<u8>>(),
    ) {
        let xml = document(|out| {
            out.start_with(&Name::dav("a"), &[("value", &value)]);
            out.text(&text);
            out.end(&Name::dav("a"));
            out.start(&Name::dav("b"));
            out.text_bytes(&bytes);
            out.end(&Name::dav("b"));
        });
        let tree = roxmltree::Document::parse(&xml).expect("well-formed");
        let mut elements = tree.root_element().children();
        let first = elements.next().expect("a");
        prop_assert_eq!(first.text().unwrap_or_default(), holdable(&text));
        prop_assert_eq!(first.attribute("value").map(str::to_owned), Some(holdable(&value)));
        let second = elements.next().expect("b");
        let lossy = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(second.text().unwrap_or_default(), holdable(&lossy));
    }

    #[test]
    fn the_fast_path_agrees_with_the_careful_one(
        text in "[a-z0-9:;=+/,é\r\n\t \u{FEFF}<&\u{1}-]{0,200}",
    ) {
        if XmlOut::is_plain(text.as_bytes()) {
            prop_assert_eq!(
                written(|out| out.text_plain(text.as_bytes())),
                written(|out| out.text(&text))
            );
        } else {
            prop_assert!(text.contains(['<', '&', '\u{1}', '\u{FEFF}']), "{:?} is plain", text);
        }
    }
}
