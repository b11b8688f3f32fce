//! Tests of the inspection: every flaw, what is served for it, and what stays as it came.

use std::path::Path;
use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, 100_000, || "given-uid".into()).expect("a card")
}

fn served(bytes: &[u8]) -> String {
    let served = look(bytes).served.unwrap_or_else(|| bytes.to_vec());
    String::from_utf8(served).expect("served bytes are UTF-8")
}

fn codes(bytes: &[u8]) -> Vec<&'static str> {
    look(bytes).findings.into_iter().map(Finding::code).collect()
}

const WELL: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u1\r\nN:Doe;John;;;\r\nFN:John Doe\r\n\
    item1.X-ABADR:at\r\nx-odd;a=\"b;c\":\\:\r\nNOTE:long \r\n line\r\n\r\nEND:VCARD\r\n";

#[test]
fn a_good_card_is_served_as_sent() {
    for card in [
        WELL.to_owned(),
        WELL.replace("\r\n", "\n"),
        WELL.replace("BEGIN:VCARD", "begin:vCard").replace("END:VCARD", "end:vcard"),
        WELL.trim_end().to_owned(),
        WELL.replace("3.0", "4.0").replace("N:Doe;John;;;\r\n", ""),
        format!("{WELL}\r\n\r\n"),
        WELL.replace("VERSION:3.0\r\n", "").replace("END:", "VERSION:3.0\r\nEND:"),
        WELL.replace("UID:u1", "UID:u1\r\nBEGIN:X-THING\r\nUID:\r\nFN:\r\nEND:X-THING"),
    ] {
        let inspection = look(card.as_bytes());
        assert_eq!(inspection.findings, [], "{card}");
        assert_eq!(inspection.served, None, "{card}");
        assert_eq!(inspection.uid, "u1");
        assert_eq!(inspection.full_name, "John Doe");
        assert!(!inspection.needs_escape);
    }
}

#[test]
fn flaws_are_repaired_line_by_line() {
    let card = |lines: &str| format!("BEGIN:VCARD\r\n{lines}END:VCARD\r\n");
    let v3 = |lines: &str| card(&format!("VERSION:3.0\r\nUID:u\r\nN:D;J;;;\r\nFN:J D\r\n{lines}"));
    for (name, sent, codes_wanted, wanted) in [
        ("mark", format!("\u{FEFF}{WELL}").into_bytes(), "byte-order-mark", WELL.to_owned()),
        ("uid", card("VERSION:4.0\r\nFN:A\r\n").into(), "no-uid", card("VERSION:4.0\r\nUID:given-uid\r\nFN:A\r\n")),
        ("empty uid", card("VERSION:4.0\r\nUID: \r\nFN:A\r\n").into(), "no-uid", card("VERSION:4.0\r\nUID:given-uid\r\nFN:A\r\n")),
        ("two uids", v3("UID:v\r\n").into(), "several-uids", v3("")),
        ("version", card("UID:u\r\nN:a;;;;\r\nFN:a\r\n").into(), "no-version", card("VERSION:3.0\r\nUID:u\r\nN:a;;;;\r\nFN:a\r\n")),
        ("odd version", card("VERSION:4\r\nUID:u\r\nFN:a\r\n").into(), "unknown-version", card("VERSION:4.0\r\nUID:u\r\nFN:a\r\n")),
        ("two versions", v3("VERSION:4.0\r\n").into(), "several-versions", v3("")),
        ("no end", "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:a".into(), "no-end", card("VERSION:4.0\r\nUID:u\r\nFN:a\r\n")),
        ("no fn", card("VERSION:4.0\r\nUID:u\r\nN:D\\,E;J;;;\r\n").into(), "no-full-name", card("VERSION:4.0\r\nFN:J D E\r\nUID:u\r\nN:D\\,E;J;;;\r\n")),
        ("empty fn", card("VERSION:4.0\r\nUID:u\r\nFN:\r\nEMAIL:a@b\r\n").into(), "no-full-name", card("VERSION:4.0\r\nUID:u\r\nFN:a@b\r\nEMAIL:a@b\r\n")),
        ("no name at all", card("VERSION:4.0\r\nUID:u\r\n").into(), "no-full-name", card("VERSION:4.0\r\nFN:Unknown\r\nUID:u\r\n")),
        ("no n", card("VERSION:3.0\r\nUID:u\r\nFN:J D\r\n").into(), "no-name", card("VERSION:3.0\r\nN:D;J;;;\r\nUID:u\r\nFN:J D\r\n")),
        ("group", card("VERSION:3.0\r\nUID:u\r\nFN:My Friends\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n").into(), "no-name", card("VERSION:3.0\r\nN:My Friends\r\nUID:u\r\nFN:My Friends\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n")),
        ("latin 1", [b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:caf\xE9 \x80\r\nX:\xC3\xA9\r\nEND:VCARD\r\n".as_slice()].concat(), "not-utf8", card("VERSION:4.0\r\nUID:u\r\nFN:café €\r\nX:é\r\n")),
        ("split", b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:caf\xC3\r\n \xA9\r\nEND:VCARD\r\n".to_vec(), "split-character", card("VERSION:4.0\r\nUID:u\r\nFN:café\r\n")),
        ("controls", v3("NOTE:a\0b\x1b\u{FFFE}c\rd\r\r\n").into(), "control-characters", v3("NOTE:abc\\nd\r\n")),
        ("cr", WELL.replace("\r\n", "\r").into(), "line-ends", WELL.to_owned()),
        ("outside", format!("Hello: there\r\n{WELL}bye").into(), "outside-card", WELL.to_owned()),
        ("wrong end", v3("END:X\r\n").into(), "unreadable-line", v3("")),
        ("stray", v3("TEL:1\r\nno colon\r\n").into(), "unreadable-line", v3("TEL:1\r\n")),
        ("note over lines", v3("NOTE:a\r\nb, c\r\n\r\nsee this: d\r\nTEL:1\r\n").into(), "unfolded-text", v3("NOTE:a\\nb\\, c\\nsee this: d\r\n\r\nTEL:1\r\n")),
        ("photo over lines", v3("PHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\nBBBB\r\nCC==\r\nTEL:1\r\n").into(), "unfolded-binary", v3("PHOTO;ENCODING=b;TYPE=JPEG:AAAABBBBCC==\r\nTEL:1\r\n")),
        ("qp in 3.0", v3("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:a=C3=A9=0D=0A=\r\n=20b\\, c\r\nTEL:1\r\n").into(), "quoted-printable", v3("NOTE:aé\\n b\\, c\r\nTEL:1\r\n")),
    ] {
        assert_eq!(codes(&sent), [codes_wanted], "findings of {name}");
        assert_eq!(served(&sent), wanted, "what is served for {name}");
        let again = look(wanted.as_bytes());
        assert_eq!((again.findings, again.served), (vec![], None), "{name} is not well after repair");
    }
}

#[test]
fn utf16_is_read_with_and_without_mark() {
    let wide = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{WELL}").encode_utf16().flat_map(order).collect()
    };
    for bytes in [
        wide(u16::to_le_bytes, "\u{FEFF}"),
        wide(u16::to_be_bytes, "\u{FEFF}"),
        wide(u16::to_le_bytes, ""),
        wide(u16::to_be_bytes, ""),
    ] {
        assert_eq!(codes(&bytes), ["utf-16"]);
        assert_eq!(served(&bytes), WELL);
    }
}

#[test]
fn version_2_1_is_served_as_3_0() {
    for (line, wanted) in [
        ("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=A9=\r\nr=C3=B4me", "FN:Jérôme"),
        ("NOTE;QUOTED-PRINTABLE:a;b, c=0D=0Ad=3D", "NOTE:a\\;b\\, c\\nd="),
        ("NOTE;ENCODING=QUOTED-PRINTABLE:one=\r\n two", "NOTE:one two"),
        ("NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:=E9", "NOTE:é"),
        ("NOTE;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=93=FA=96=7B", "NOTE:日本"),
        (
            "ADR;WORK;ENCODING=QUOTED-PRINTABLE:;;1=3B 2=0AB;Paris, F;;;",
            "ADR;TYPE=WORK:;;1\\; 2\\nB;Paris\\, F;;;",
        ),
        ("TEL;HOME;VOICE;PREF:1", "TEL;TYPE=HOME,VOICE,PREF:1"),
        ("TEL;TYPE=HOME;CELL:1", "TEL;TYPE=HOME,CELL:1"),
        (
            "PHOTO;JPEG;ENCODING=BASE64:\r\n AAAA\r\n BBBB\r\n",
            "PHOTO;TYPE=JPEG;ENCODING=b:AAAABBBB\r\n",
        ),
        ("PHOTO;TYPE=JPEG;BASE64:AAAA\r\nBB==", "PHOTO;TYPE=JPEG;ENCODING=b:AAAABB=="),
        ("URL;VALUE=URL:http://a/b,c", "URL;VALUE=uri:http://a/b,c"),
        ("GEO:37.24,-17.87", "GEO:37.24;-17.87"),
        ("item1.X-ODD;X-P=1:a;b,c", "item1.X-ODD;X-P=1:a;b,c"),
        (
            "AGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN:Inner\r\nEND:VCARD",
            "AGENT:BEGIN:VCARD\\nVERSION:2.1\\nFN:Inner\\nEND:VCARD\\n",
        ),
    ] {
        let name = if line.starts_with("FN") { "" } else { "FN:x\r\n" };
        let sent = format!(
            "BEGIN:VCARD\r\nVERSION:2.1\r\nUID:u\r\nN:x;;;;\r\n{name}{line}\r\nEND:VCARD\r\n"
        );
        let wanted = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nN:x;;;;\r\n{name}{wanted}\r\nEND:VCARD\r\n"
        );
        assert_eq!(served(sent.as_bytes()), wanted, "{line}");
        assert_eq!(codes(sent.as_bytes()), ["vcard-2.1"], "{line}");
        assert_eq!(look(sent.as_bytes()).version, Version::V30);
    }
    let raw = b"BEGIN:VCARD\r\nVERSION:2.1\r\nUID:u\r\nN;CHARSET=SHIFT_JIS:\x93\xFA\x96\x7B;;;;\r\nFN:x\r\nEND:VCARD\r\n";
    assert!(served(raw).contains("\r\nN:日本;;;;\r\n"), "{}", served(raw));
}

#[test]
fn what_is_not_one_card_is_refused() {
    for (bytes, wanted) in [
        ("", Rejection::NotACard),
        ("hello", Rejection::NotACard),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", Rejection::NotACard),
        ("\u{FEFF}", Rejection::NotACard),
        (&WELL.repeat(2), Rejection::SeveralCards),
        (&format!("BEGIN:VCARD\nFN:a\n{WELL}"), Rejection::SeveralCards),
        (&WELL.replace("FN:", &"X:1\n".repeat(101)), Rejection::TooManyLines { limit: 100 }),
    ] {
        let found = inspect(bytes.as_bytes(), 100, || "u".into());
        assert_eq!(found, Err(wanted), "{:?}", bytes.get(..20));
        assert!(wanted.to_string().ends_with('.'));
    }
}

#[test]
fn large_values_lie_where_they_are_said_to() {
    let photo = "A".repeat(20_000);
    let mut card = Vec::from("BEGIN:VCARD\r\nVERSION:3.0\r\nN:a;;;;\r\nFN:a\r\n");
    crate::formats::fold::fold_into(
        &mut card,
        format!("PHOTO;ENCODING=b:{photo}").as_bytes(),
        b"\r\n",
    );
    card.extend_from_slice(b"NOTE:small\r\nEND:VCARD\r\n");
    let inspection = look(&card);
    let served = inspection.served.expect("a UID was added");
    let [span] = &inspection.large_values[..] else { panic!("{:?}", inspection.large_values) };
    let value: String = String::from_utf8_lossy(&served[span.clone()]).replace("\r\n ", "");
    assert_eq!(value, photo);
}

#[test]
fn escape_is_asked_for_only_where_xml_needs_it() {
    for (text, needs) in [("plain é\t\r\n", false), ("a&b", true), ("a<b", true), ("]]>", true)] {
        assert_eq!(needs_escape(text.as_bytes()), needs, "{text}");
    }
    assert!(needs_escape(b"\x00") && needs_escape(b"\xFF") && needs_escape("\u{FFFF}".as_bytes()));
}

#[test]
fn the_corpus_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("tests/cards") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        let inspection = look(&bytes);
        assert!(!inspection.full_name.is_empty() && !inspection.uid.is_empty(), "{path:?}");
        let is_old = path.to_string_lossy().contains("2.1");
        assert_eq!(inspection.served.is_some(), is_old, "{path:?}: {:?}", inspection.findings);
        read += 1;
    }
    assert!(read >= 7, "only {read} cards");
}

#[test]
fn hostile_cards_take_linear_time() {
    let n = 20_000;
    for (name, body) in [
        ("notes", "NOTE:a\nb\n".repeat(n)),
        ("stray lines", "b\n".repeat(n)),
        ("one note, many strays", format!("NOTE:a\n{}", "b\n".repeat(n))),
        ("parameters", format!("TEL;{}:1\n", "TYPE=a;".repeat(n))),
        ("soft breaks", format!("NOTE;ENCODING=QUOTED-PRINTABLE:{}", "a=\n".repeat(n))),
        ("base64", format!("PHOTO;ENCODING=b:A\n{}", "AAAA\n".repeat(n))),
        ("uids", "UID:\n".repeat(n)),
        ("nested", "BEGIN:X\n".repeat(n)),
        ("agents", "AGENT:\nBEGIN:VCARD\n".repeat(n)),
        ("controls", "X:\x01\n".repeat(n)),
        ("one long line", format!("X:{}\n", "é\x01".repeat(n * 10))),
        ("folds", format!("X:{}\n", "a\n ".repeat(n * 10))),
    ] {
        for version in ["2.1", "3.0"] {
            let card = format!("BEGIN:VCARD\nVERSION:{version}\n{body}END:VCARD\n");
            let started = Instant::now();
            let _ = inspect(card.as_bytes(), usize::MAX, || "u".into());
            assert!(started.elapsed().as_secs() < 10, "{name} {version}: {:?}", started.elapsed());
        }
    }
}

proptest! {
    #[test]
    fn what_is_served_is_well(bytes in hostile_card()) {
        let Ok(first) = inspect(&bytes, 1000, || "given".into()) else { return Ok(()) };
        prop_assert_eq!(first.served.is_some(), !first.findings.is_empty(), "{:?}", first.findings);
        let served = first.served.unwrap_or(bytes);
        prop_assert!(std::str::from_utf8(&served).is_ok());
        let again = inspect(&served, 10_000, || "other".into()).expect("a served card is a card");
        prop_assert_eq!(again.uid, first.uid);
        prop_assert_eq!(again.full_name, first.full_name);
        prop_assert_eq!(again.version, first.version);
        prop_assert!(again.findings.is_empty(), "{:?}\n{}", again.findings, String::from_utf8_lossy(&served));
    }
}

/// Cards made of pieces that are likely to go wrong together.
fn hostile_card() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"VERSION:2.1\r\n".to_vec()),
        Just(b"VERSION:3.0\r\n".to_vec()),
        Just(b"VERSION:4.0\n".to_vec()),
        Just(b"UID:a\r\n".to_vec()),
        Just(b"UID:\r\n".to_vec()),
        Just(b"FN:\r\n".to_vec()),
        Just(b"FN:Ann; Lee\r\n".to_vec()),
        Just(b"N:;;;\r\n".to_vec()),
        Just(b"NOTE:a\r\n".to_vec()),
        Just(b"AGENT:\r\n".to_vec()),
        Just(b"BEGIN:X\r\n".to_vec()),
        Just(b"END:X\r\n".to_vec()),
        Just(b"END:VCARD\r\n".to_vec()),
        Just(b"TEL;CELL;ENCODING=QUOTED-PRINTABLE:=C3=\r\n".to_vec()),
        Just(b"PHOTO;BASE64:AA\r\nAA\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b" x".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..14)
        .prop_map(|pieces| [b"BEGIN:VCARD\r\n".to_vec(), pieces.concat()].concat())
}
