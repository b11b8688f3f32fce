//! Tests of the conversion: each row of the table both ways, what only goes one way, and that
//! nothing is lost on the way there and back.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::formats::vcard::{Card, inspect};

fn card(version: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:{version}\r\nUID:u\r\nN:D;J;;;\r\nFN:J D\r\n{lines}\r\nEND:VCARD\r\n"
    )
}

fn down(text: &str) -> String {
    String::from_utf8(convert(text.as_bytes(), Version::V30).into_owned()).expect("UTF-8")
}

fn up(text: &str) -> String {
    String::from_utf8(convert(text.as_bytes(), Version::V40).into_owned()).expect("UTF-8")
}

/// Lines of 4.0 and the lines of 3.0 that mean the same, in a spelling that comes back.
const PAIRS: &[(&str, &str)] = &[
    ("PHOTO:data:image/jpeg;base64,/9j/AAAA", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/AAAA"),
    ("PHOTO;X-P=1:data:image/png;base64,iVBO", "PHOTO;X-P=1;ENCODING=b;TYPE=PNG:iVBO"),
    ("PHOTO;TYPE=home:data:image/gif;base64,R0lG", "PHOTO;TYPE=home;ENCODING=b;TYPE=GIF:R0lG"),
    ("PHOTO:https://a/b.jpg", "PHOTO;VALUE=uri:https://a/b.jpg"),
    ("PHOTO;MEDIATYPE=image/jpeg:https://a", "PHOTO;VALUE=uri;TYPE=JPEG:https://a"),
    ("LOGO:data:image/svg+xml;base64,AAAA", "LOGO;ENCODING=b;TYPE=SVG+XML:AAAA"),
    ("SOUND:data:audio/ogg;base64,AAAA", "SOUND;ENCODING=b;TYPE=OGG:AAAA"),
    ("KEY:data:application/pgp-keys;base64,AAAA", "KEY;ENCODING=b;TYPE=PGP:AAAA"),
    ("KEY:data:application/x-odd;base64,AAAA", "KEY;ENCODING=b;MEDIATYPE=application/x-odd:AAAA"),
    ("KEY;VALUE=text:words", "KEY;VALUE=text:words"),
    ("TEL;TYPE=voice,cell:+43 1", "TEL;TYPE=voice,cell:+43 1"),
    ("TEL;TYPE=cell;PREF=1:1", "TEL;TYPE=cell;TYPE=pref:1"),
    ("EMAIL;PREF=1:a@b", "EMAIL;TYPE=pref:a@b"),
    ("EMAIL;PREF=20:a@b", "EMAIL;PREF=20:a@b"),
    ("BDAY:19850415", "BDAY:1985-04-15"),
    ("BDAY:--0415", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15"),
    ("BDAY:1985-04", "BDAY:1985-04"),
    ("BDAY;VALUE=text:about 1800", "BDAY;VALUE=text:about 1800"),
    ("BDAY:19531015T231000Z", "BDAY;X-ROLODAV-TIME=231000Z:1953-10-15"),
    ("ANNIVERSARY:20090808", "item1.X-ABDATE:2009-08-08\r\nitem1.X-ABLabel:_$!<Anniversary>!$_"),
    (
        "ANNIVERSARY;PREF=1:--0808",
        "item1.X-ABDATE;TYPE=pref;X-APPLE-OMIT-YEAR=1604:1604-08-08\r\nitem1.X-ABLabel:_$!<Anniversary>!$_",
    ),
    ("ANNIVERSARY;VALUE=text:spring", "ANNIVERSARY;VALUE=text:spring"),
    (
        "RELATED;TYPE=spouse;VALUE=text:Bob\\, Jr.",
        "item1.X-ABRELATEDNAMES:Bob\\, Jr.\r\nitem1.X-ABLabel:_$!<Spouse>!$_",
    ),
    (
        "RELATED;TYPE=co-worker;VALUE=text:Bob",
        "item1.X-ABRELATEDNAMES:Bob\r\nitem1.X-ABLabel:co-worker",
    ),
    ("RELATED;VALUE=text:Bob", "X-ABRELATEDNAMES:Bob"),
    ("RELATED;TYPE=friend:urn:uuid:1", "RELATED;TYPE=friend:urn:uuid:1"),
    ("RELATED;TYPE=kin,friend;VALUE=text:Bob", "RELATED;TYPE=kin,friend;VALUE=text:Bob"),
    ("KIND:org", "X-ABShowAs:COMPANY"),
    ("KIND:individual", "KIND:individual"),
    ("KIND:location", "KIND:location"),
    ("IMPP;SERVICE-TYPE=Jabber:xmpp:a@b", "IMPP;X-SERVICE-TYPE=Jabber:xmpp:a@b"),
    (
        "SOCIALPROFILE;USERNAME=a;SERVICE-TYPE=twitter:https://t/a",
        "X-SOCIALPROFILE;x-user=a;TYPE=twitter:https://t/a",
    ),
    (
        "ADR;TYPE=home;LABEL=\"1 Way; A^nB, C\":;;1 Way;B;;;",
        "ADR;TYPE=home:;;1 Way;B;;;\r\nLABEL;TYPE=home:1 Way\\; A\\nB\\, C",
    ),
    ("GENDER:M;man", "X-GENDER:M;man"),
    ("GEO:geo:48.2,-16.3", "GEO:48.2;-16.3"),
    ("GEO:geo:48.2,16.3;u=10", "GEO:geo:48.2,16.3;u=10"),
    ("TZ;VALUE=utc-offset:-0500", "TZ:-05:00"),
    ("TZ:Europe/Vienna", "TZ;VALUE=text:Europe/Vienna"),
    ("TZ;VALUE=uri:https://tz", "TZ;VALUE=uri:https://tz"),
    ("REV:20240101T000000Z", "REV:20240101T000000Z"),
    ("CATEGORIES:a,b\\,c", "CATEGORIES:a,b\\,c"),
    (
        "NOTE;CREATED=20221123T150132Z;AUTHOR-NAME=J:a\\nb",
        "NOTE;CREATED=20221123T150132Z;AUTHOR-NAME=J:a\\nb",
    ),
    ("ORG;SORT-AS=A:B;C", "ORG;SORT-AS=A:B;C"),
    ("item7.X-Odd;A=\"b;c\";d:e\r\n f", "item7.X-Odd;A=\"b;c\";d:e\r\n f"),
    ("x-lower;TYPE=\"a,b\";PREF=1:q", "x-lower;TYPE=\"a,b\";PREF=1:q"),
    ("item2.TEL;PREF=1:2\r\nitem2.X-ABLabel:Boat", "item2.TEL;TYPE=pref:2\r\nitem2.X-ABLabel:Boat"),
    ("MAILER:m\r\nCLASS:PUBLIC\r\nAGENT:x", "MAILER:m\r\nCLASS:PUBLIC\r\nAGENT:x"),
    ("LABEL;TYPE=work:alone", "LABEL;TYPE=work:alone"),
];

#[test]
fn each_row_of_the_table_both_ways() {
    for (four, three) in PAIRS {
        let (four, three) = (card("4.0", four), card("3.0", three));
        assert_eq!(down(&four), three);
        assert_eq!(up(&three), four);
        assert_eq!(up(&four), four, "4.0 asked for 4.0");
        assert_eq!(down(&three), three, "3.0 asked for 3.0");
    }
}

#[test]
fn other_spellings_of_4_0() {
    for (four, three) in [
        ("PHOTO:data:image/jpeg;base64\\,/9j/", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/"),
        ("PHOTO:DATA:image/png,%41%42", "PHOTO;ENCODING=b;TYPE=PNG:QUI="),
        ("PHOTO;ENCODING=b;TYPE=JPEG:/9j/", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/"),
        ("TEL;VALUE=uri;TYPE=\"voice,cell\":tel:+43-1;ext=5", "TEL;TYPE=voice,cell:+43-1\\;ext=5"),
        ("TEL:tel:+43%201", "TEL:+43 1"),
        ("TEL;VALUE=uri:sip:a@b", "TEL;VALUE=uri:sip:a@b"),
        ("BDAY;VALUE=date-and-or-time:1985-04-15", "BDAY:1985-04-15"),
        ("BDAY;VALUE=DATE:19850415", "BDAY:1985-04-15"),
        ("BDAY:--04-15", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15"),
        ("BDAY:---15", "BDAY:---15"),
        (
            "item3.X-ABADR:at\r\nANNIVERSARY:2009-08-08",
            "item3.X-ABADR:at\r\nitem4.X-ABDATE:2009-08-08\r\nitem4.X-ABLabel:_$!<Anniversary>!$_",
        ),
        (
            "item3.ANNIVERSARY:20090808\r\nitem3.X-ABLabel:us",
            "item3.ANNIVERSARY:20090808\r\nitem3.X-ABLabel:us",
        ),
        (
            "RELATED;TYPE=SPOUSE;VALUE=TEXT:B",
            "item1.X-ABRELATEDNAMES:B\r\nitem1.X-ABLabel:_$!<Spouse>!$_",
        ),
        ("KIND:org\r\nX-ABShowAs:COMPANY", "X-ABShowAs:COMPANY"),
        ("ADR:;;a;b;c;d;e;f;g", "ADR:;;a;b;c;d;e"),
        ("GEO;VALUE=uri:geo:1,2", "GEO:1;2"),
        ("EMAIL;TYPE=\"home,work\":a@b", "EMAIL;TYPE=home,work:a@b"),
    ] {
        assert_eq!(down(&card("4.0", four)), card("3.0", three), "{four}");
    }
}

#[test]
fn other_spellings_of_3_0() {
    for (three, four) in [
        ("PHOTO;ENCODING=BASE64;JPEG:/9j/\r\n AA", "PHOTO:data:image/jpeg;base64,/9j/AA"),
        ("PHOTO;ENCODING=b;TYPE=image/jpeg:/9j/", "PHOTO:data:image/jpeg;base64,/9j/"),
        ("PHOTO;ENCODING=b:iVBORw0KGgoA", "PHOTO:data:image/png;base64,iVBORw0KGgoA"),
        ("PHOTO;ENCODING=b;TYPE=JPEG:data:image/png;base64,AA", "PHOTO:data:image/png;base64,AA"),
        ("PHOTO;VALUE=URL:http://a", "PHOTO:http://a"),
        ("KEY:words", "KEY;VALUE=text:words"),
        ("TEL;CELL;type=pref;type=HOME:1", "TEL;TYPE=CELL;type=HOME;PREF=1:1"),
        ("TEL;TYPE=home,pref,cell:1", "TEL;TYPE=home,cell;PREF=1:1"),
        ("BDAY;VALUE=date:1985-04-15", "BDAY:19850415"),
        ("BDAY:1996-10-22T14:00:00-05:00", "BDAY:19961022T140000-0500"),
        (
            "BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1985-04-15",
            "BDAY;X-APPLE-OMIT-YEAR=1604:19850415",
        ),
        (
            "g.X-ABDATE;type=pref:2009-08-08\r\ng.X-ABLABEL:_$!<Anniversary>!$_",
            "g.ANNIVERSARY;PREF=1:20090808",
        ),
        (
            "item1.X-ABDATE;type=pref:2009-08-08\r\nitem1.X-ABLabel:Wedding",
            "item1.X-ABDATE;type=pref:2009-08-08\r\nitem1.X-ABLabel:Wedding",
        ),
        (
            "item1.X-ABRELATEDNAMES;type=pref:B\r\nitem1.X-ABLabel:_$!<Mother>!$_",
            "RELATED;PREF=1;TYPE=mother;VALUE=text:B",
        ),
        (
            "item1.X-ABRELATEDNAMES:B\r\nitem1.X-ABLabel:Best friend",
            "item1.X-ABRELATEDNAMES:B\r\nitem1.X-ABLabel:Best friend",
        ),
        ("X-ABShowAs:PERSON", "X-ABShowAs:PERSON"),
        (
            "LABEL;TYPE=HOME:a\r\nADR;TYPE=work:;;1\r\nADR;TYPE=home,pref:;;2",
            "ADR;TYPE=work:;;1\r\nADR;TYPE=home;PREF=1;LABEL=a:;;2",
        ),
        ("ADR:;;1\r\nADR:;;2\r\nLABEL:b", "ADR:;;1\r\nADR;LABEL=b:;;2"),
        ("ADR:;;1\r\nADR:;;2\r\nX:1\r\nLABEL:b", "ADR:;;1\r\nADR:;;2\r\nX:1\r\nLABEL:b"),
        ("X-GENDER:Male", "X-GENDER:Male"),
        ("GEO:1\\;2", "GEO:geo:1,2"),
        ("TZ:+02", "TZ;VALUE=utc-offset:+0200"),
        ("REV:2026-08-17T09:12:44.123Z", "REV:20260817T091244Z"),
        (
            "X-SOCIALPROFILE;type=twitter;type=pref;x-user=z:zosia",
            "SOCIALPROFILE;USERNAME=z;PREF=1;SERVICE-TYPE=twitter;VALUE=text:zosia",
        ),
    ] {
        assert_eq!(up(&card("3.0", three)), card("4.0", four), "{three}");
    }
}

#[test]
fn names_groups_and_versions() {
    let frame = |lines: &str| format!("BEGIN:VCARD\r\n{lines}END:VCARD\r\n");
    for (four, three) in [
        ("VERSION:4.0\r\nFN:J D\r\n", "VERSION:3.0\r\nN:D;J;;;\r\nFN:J D\r\n"),
        (
            "VERSION:4.0\r\nKIND:group\r\nFN:A, B\r\nMEMBER:urn:uuid:1\r\n",
            "VERSION:3.0\r\nN:A\\, B\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nFN:A, B\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\r\n",
        ),
        (
            "VERSION:4.0\r\nKIND:group\r\nN:;;;;\r\nFN:A\r\n",
            "VERSION:3.0\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nN:A\r\nFN:A\r\n",
        ),
        ("VERSION:4.0\r\nN:a;b;c;d;e;f;g\r\n", "VERSION:3.0\r\nN:a;b;c;d;e\r\n"),
        (
            "VERSION:4.0\r\nN;SORT-AS=\"Harten,Rene\":van der Harten;Rene\r\n",
            "VERSION:3.0\r\nN:van der Harten;Rene\r\nSORT-STRING:Harten\\,Rene\r\n",
        ),
    ] {
        assert_eq!(down(&frame(four)), frame(three));
    }
    let sorted = "VERSION:3.0\r\nN:van der Harten;Rene\r\nSORT-STRING:Harten\\,Rene\r\n";
    assert_eq!(
        up(&frame(sorted)),
        frame("VERSION:4.0\r\nN;SORT-AS=\"Harten,Rene\":van der Harten;Rene\r\n")
    );
    assert_eq!(up(&frame("FN:a\r\nVERSION:3.0\r\n")), frame("VERSION:4.0\r\nFN:a\r\n"));
    assert_eq!(up(&frame("FN:a\r\n")), frame("VERSION:4.0\r\nFN:a\r\n"));
}

#[test]
fn a_large_photo_is_folded_and_comes_back() {
    let photo = "AAAABBBB".repeat(20_000);
    let three = card("3.0", "X:1").replace("X:1", &format!("PHOTO;ENCODING=b;TYPE=JPEG:{photo}"));
    let there = up(&three);
    assert!(there.lines().all(|line| line.len() <= 75));
    let unfolded = down(&there).replace("\r\n ", "");
    assert_eq!(unfolded, three);
}

/// What a person typed, however it is spelled.
fn meaning(bytes: &[u8]) -> Vec<(String, String)> {
    let card = Card::parse(bytes);
    let mut typed: Vec<_> = [
        "FN",
        "N",
        "NICKNAME",
        "ORG",
        "TITLE",
        "EMAIL",
        "TEL",
        "ADR",
        "NOTE",
        "URL",
        "CATEGORIES",
        "IMPP",
        "X-CUSTOM-THING",
        "X-CUSTOM1",
        "X-JABBER",
        "X-SPOUSE",
        "UID",
    ]
    .iter()
    .flat_map(|name| {
        card.all(name).map(|l| (name.to_string(), l.text().replace("tel:", ""))).collect::<Vec<_>>()
    })
    .collect();
    typed.sort();
    typed
}

#[test]
fn the_corpus_comes_back() {
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards")).unwrap()
    {
        let path = entry.unwrap().path();
        let sent = std::fs::read(&path).unwrap();
        let bytes = inspect(&sent, 1000, || "u".into()).unwrap().served.unwrap_or(sent);
        let own = Card::parse(&bytes).version();
        let other = if own == Version::V30 { Version::V40 } else { Version::V30 };
        let there = convert(&bytes, other);
        assert_eq!(Card::parse(&there).version(), other, "{path:?}");
        assert_eq!(meaning(&there), meaning(&bytes), "{path:?}");
        let found = inspect(&there, 1000, || "u".into()).unwrap().findings;
        assert_eq!(found, [], "{path:?} is flawed in {other}");
        let back = convert(&there, own);
        assert_eq!(meaning(&back), meaning(&bytes), "{path:?}");
        let again = convert(&back, other).to_ascii_lowercase();
        let (again, there) = (String::from_utf8_lossy(&again), there.to_ascii_lowercase());
        assert_eq!(again, String::from_utf8_lossy(&there), "{path:?} changes on the second way");
    }
}

fn canonical(
    side: fn(&(&'static str, &'static str)) -> &'static str,
) -> impl Strategy<Value = String> {
    // Those with an item of their own number, a cardinality of one or a place of their own are
    // in the table above.
    let free: Vec<&'static str> = PAIRS
        .iter()
        .filter(|(four, _)| {
            !["item", "ANNIV", "KIND", "LABEL", "RELATED;TYPE", "ADR"]
                .iter()
                .any(|p| four.starts_with(p))
        })
        .map(side)
        .collect();
    let unknown =
        "[xX]-[a-zA-Z]{1,5}(;[a-z]{1,3}=(\"[a-z;:,]{0,5}\"|[a-z]{0,5}))?:[ -~éß😀]{0,100}";
    let line = prop_oneof![
        3 => proptest::sample::select(free).prop_map(str::to_owned),
        1 => unknown.prop_map(|line| line),
    ];
    proptest::collection::vec(line, 1..12).prop_map(|lines| lines.join("\r\n"))
}

proptest! {
    #[test]
    fn there_and_back_from_4_0(lines in canonical(|pair| pair.0)) {
        let four = card("4.0", &lines);
        prop_assert_eq!(up(&down(&four)), four);
    }

    #[test]
    fn there_and_back_from_3_0(lines in canonical(|pair| pair.1)) {
        let three = card("3.0", &lines);
        prop_assert_eq!(down(&up(&three)), three);
    }

    #[test]
    fn any_bytes_convert(bytes in proptest::collection::vec(any::<u8>(), 0..300), four in any::<bool>()) {
        let begin: &[u8] = if four { b"BEGIN:VCARD\nVERSION:4.0\n" } else { b"BEGIN:VCARD\n" };
        let bytes = [begin, &bytes].concat();
        let _ = (convert(&bytes, Version::V30), convert(&bytes, Version::V40));
    }

    #[test]
    fn every_unknown_line_survives(
        threes in proptest::collection::vec("(item[0-9]\\.|g\\.)?(TEL|PHOTO|BDAY|X-ABDATE|X-ABLABEL|X-ABRELATEDNAMES|ADR|LABEL|N|X-ABSHOWAS|GEO|TZ|X-FOO|SORT-STRING)", 0..10),
        fours in proptest::collection::vec("(item[0-9]\\.|g\\.)?(TEL|PHOTO|BDAY|ANNIVERSARY|RELATED|ADR|N|KIND|GEO|TZ|X-FOO|X-ABLABEL)", 0..10),
        values in proptest::collection::vec("(;TYPE=(pref|home|\"a,b\")|;VALUE=text|;LABEL=x)?:(_\\$!<[A-Z][a-z]{0,5}>!\\$_|geo:1,2|1985-04-15|data:image/png;base64,aa|[a-z,]{0,5}(;[a-z]{0,3}){0,3})", 10),
        four in any::<bool>(),
    ) {
        let names = if four { &fours } else { &threes };
        let lines: Vec<String> = names.iter().zip(&values).map(|(n, v)| format!("{n}{v}")).collect();
        let (own, other) = if four { (Version::V40, Version::V30) } else { (Version::V30, Version::V40) };
        let text = card(own.as_str(), &lines.join("\r\n"));
        let there = convert(text.as_bytes(), other).into_owned();
        let there_text = String::from_utf8(there.clone()).unwrap();
        for line in lines.iter().filter(|l| l.contains("X-FOO")) {
            prop_assert!(there_text.contains(line.as_str()), "{line} is gone from\n{there_text}");
        }
        let back = convert(&there, own).into_owned();
        let again = convert(&back, other);
        prop_assert_eq!(settled(&again), settled(&there), "not stable; it was\n{}", text);
    }
}

/// The lines without what has no meaning: the order and spelling of parameters, and the number
/// of an `itemN` group.
fn settled(bytes: &[u8]) -> Vec<String> {
    let lines = Lines::new(bytes).filter(Line::has_value).map(|line| {
        let property = Property::read(&line).expect("a property");
        let mut params: Vec<String> = property.types();
        params.extend(
            line.params()
                .filter(|p| !p.is("TYPE"))
                .map(|p| format!("{}={}", String::from_utf8_lossy(p.name), p.text())),
        );
        for param in &mut params {
            param.make_ascii_lowercase();
        }
        params.sort();
        let group = property.group.filter(|group| !group.to_ascii_lowercase().starts_with("item"));
        format!("{group:?} {} {params:?} {}", property.name, property.value).to_ascii_lowercase()
    });
    lines.collect()
}

#[test]
fn hostile_cards_take_linear_time() {
    let n = 20_000;
    for (name, body) in [
        ("parameters", format!("TEL;{}:1\r\n", "TYPE=pref;".repeat(n))),
        ("one group", "g.X-ABDATE:2001-01-01\r\ng.X-ABLABEL:x\r\n".repeat(n)),
        ("relations", "RELATED;TYPE=spouse;VALUE=text:a\r\n".repeat(n)),
        (
            "grouped relations",
            (0..n).fold(String::new(), |all, i| {
                all + &format!("g{i}.X-ABRELATEDNAMES:a\r\ng{i}.X-ABLABEL:_$!<Son>!$_\r\n")
            }),
        ),
        ("addresses", "ADR;LABEL=a:;;\r\n".repeat(n)),
        ("labels", "ADR:;;\r\n".repeat(n) + &"LABEL:a\r\n".repeat(n)),
        ("names", "N;SORT-AS=a:;;;;\r\n".repeat(n)),
        ("kinds", "KIND:group\r\n".repeat(n)),
        ("data", format!("PHOTO:data:,{}\r\n", "%41".repeat(n * 10))),
    ] {
        for (own, other) in [("3.0", Version::V40), ("4.0", Version::V30)] {
            let text = card(own, &body);
            let started = std::time::Instant::now();
            let _ = convert(text.as_bytes(), other);
            assert!(started.elapsed().as_secs() < 10, "{name} from {own}: {:?}", started.elapsed());
        }
    }
}
