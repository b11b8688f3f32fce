//! JSContact as RFC 9555 has it, by hand; and that another implementation reads a card back that
//! says the same.

use std::path::Path;

use calcard::jscontact::JSContact;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn told(lines: &str) -> Value {
    let lines = lines.replace('|', "\r\n");
    let card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\n{lines}\r\nEND:VCARD\r\n");
    let mut card = to_jscontact(card.as_bytes(), "u");
    for (name, wanted) in [("@type", "Card"), ("version", "1.0"), ("uid", "u")] {
        assert_eq!(card.remove(name), Some(json!(wanted)), "{name}");
    }
    Value::Object(card)
}

#[test]
fn each_property_has_its_place() {
    for (lines, wanted) in [
        ("FN:Jane Doe", json!({"name": {"full": "Jane Doe"}})),
        (
            "FN;PREF=1:J D|N;LANGUAGE=en:D;J",
            json!({"name": {
                "full": "J D", "vCardParams": {"pref": "1", "language": "en"},
                "components": [{"kind": "surname", "value": "D"}, {"kind": "given", "value": "J"}],
            }}),
        ),
        (
            "N;SORT-AS=\"Doe,Jane\":Doe,Roe;Jane;Mary,Ann;Dr.;PhD",
            json!({"name": {
                "components": [
                    {"kind": "surname", "value": "Doe"}, {"kind": "surname", "value": "Roe"},
                    {"kind": "given", "value": "Jane"}, {"kind": "given2", "value": "Mary"},
                    {"kind": "given2", "value": "Ann"}, {"kind": "title", "value": "Dr."},
                    {"kind": "credential", "value": "PhD"},
                ],
                "sortAs": {"surname": "Doe", "given": "Jane"},
            }}),
        ),
        (
            "N:Gil,Ruiz;Ana;;;Jr.;Ruiz;Jr.",
            json!({"name": {"components": [
                {"kind": "surname", "value": "Gil"}, {"kind": "given", "value": "Ana"},
                {"kind": "surname2", "value": "Ruiz"}, {"kind": "generation", "value": "Jr."},
            ]}}),
        ),
        (
            "NICKNAME;TYPE=home:Jo,J\\,D",
            json!({"nicknames": {
                "1": {"name": "Jo", "contexts": {"private": true}},
                "2": {"name": "J,D", "contexts": {"private": true}},
            }}),
        ),
        (
            "ORG;SORT-AS=ABC:ABC;Sales;East",
            json!({"organizations": {"1": {
                "name": "ABC", "units": [{"name": "Sales"}, {"name": "East"}], "sortAs": "ABC",
            }}}),
        ),
        (
            "TITLE:Boss|ROLE:Lead",
            json!({"titles": {
                "1": {"kind": "title", "name": "Boss"}, "2": {"kind": "role", "name": "Lead"},
            }}),
        ),
        (
            "item1.TEL;PROP-ID=a-1;TYPE=cell,voice,work,x-car;PREF=1:+49 1|item1.X-ABLabel:Boat",
            json!({
                "phones": {"a-1": {
                    "number": "+49 1", "features": {"mobile": true, "voice": true},
                    "contexts": {"work": true}, "pref": 1, "label": "Boat",
                    "vCardParams": {"type": "x-car"},
                }},
            }),
        ),
        ("TEL;VALUE=uri:tel:+49-1", json!({"phones": {"1": {"number": "tel:+49-1"}}})),
        (
            "EMAIL;TYPE=work:a@b",
            json!({"emails": {"1": {"address": "a@b", "contexts": {"work": true}}}}),
        ),
        (
            "IMPP;SERVICE-TYPE=Jabber:xmpp:a@b",
            json!({"onlineServices": {"1": {
                "uri": "xmpp:a@b", "service": "Jabber", "vCardName": "impp",
            }}}),
        ),
        (
            "SOCIALPROFILE;SERVICE-TYPE=M;USERNAME=@a:https://m/a",
            json!({"onlineServices": {"1": {
                "uri": "https://m/a", "user": "@a", "service": "M",
            }}}),
        ),
        (
            "SOCIALPROFILE;VALUE=text;SERVICE-TYPE=M:@a",
            json!({"onlineServices": {"1": {
                "user": "@a", "service": "M",
            }}}),
        ),
        (
            "ADR;TYPE=home;LABEL=\"1 Way^nB\";GEO=\"geo:1,2\";CC=DE:;;1 Way;B;;1;D",
            json!({
                "addresses": {"1": {
                    "components": [
                        {"kind": "name", "value": "1 Way"}, {"kind": "locality", "value": "B"},
                        {"kind": "postcode", "value": "1"}, {"kind": "country", "value": "D"},
                    ],
                    "full": "1 Way\nB", "coordinates": "geo:1,2", "countryCode": "DE",
                    "contexts": {"private": true},
                }},
            }),
        ),
        (
            "ADR:;;54 Oak;B;;;;;;;54;Oak",
            json!({"addresses": {"1": {"components": [
                {"kind": "locality", "value": "B"}, {"kind": "number", "value": "54"},
                {"kind": "name", "value": "Oak"},
            ]}}}),
        ),
        ("LANG;PREF=1:fr", json!({"preferredLanguages": {"1": {"language": "fr", "pref": 1}}})),
        (
            "BDAY:19850415|ANNIVERSARY:--0808|DEATHDATE:20200101T101500Z",
            json!({"anniversaries": {
                "1": {"kind": "birth", "date": {"year": 1985, "month": 4, "day": 15}},
                "2": {"kind": "wedding", "date": {"month": 8, "day": 8}},
                "3": {"kind": "death", "date": {"@type": "Timestamp", "utc": "2020-01-01T10:15:00Z"}},
            }}),
        ),
        (
            "PHOTO:data:image/png;base64,AA==",
            json!({"media": {"1": {
                "kind": "photo", "uri": "data:image/png;base64,AA==",
            }}}),
        ),
        (
            "URL:https://a|CONTACT-URI:mailto:a@b",
            json!({"links": {
                "1": {"uri": "https://a"}, "2": {"kind": "contact", "uri": "mailto:a@b"},
            }}),
        ),
        (
            "HOBBY;LEVEL=high:chess|EXPERTISE;LEVEL=beginner;INDEX=2:go",
            json!({"personalInfo": {
                "1": {"kind": "hobby", "value": "chess", "level": "high"},
                "2": {"kind": "expertise", "value": "go", "level": "low", "listAs": 2},
            }}),
        ),
        (
            "RELATED;TYPE=friend,met:urn:uuid:1|RELATED;TYPE=kin:urn:uuid:1",
            json!({"relatedTo": {
                "urn:uuid:1": {"relation": {"friend": true, "met": true, "kin": true}},
            }}),
        ),
        ("CATEGORIES:a,b\\,c|CATEGORIES:a", json!({"keywords": {"a": true, "b,c": true}})),
        ("KIND:group|MEMBER:urn:uuid:1", json!({"kind": "group", "members": {"urn:uuid:1": true}})),
        (
            "GRAMGENDER:neuter|PRONOUNS;PREF=1:they/them",
            json!({"speakToAs": {
                "grammaticalGender": "neuter", "pronouns": {"1": {"pronouns": "they/them", "pref": 1}},
            }}),
        ),
        (
            "NOTE;PROP-ID=n1;CREATED=20261121T101500Z;AUTHOR-NAME=Anna;AUTHOR=\"mailto:a@b\";X-K=call:a\\nb",
            json!({"notes": {"n1": {
                "note": "a\nb", "created": "2026-11-21T10:15:00Z",
                "author": {"name": "Anna", "uri": "mailto:a@b"}, "vCardParams": {"x-k": "call"},
            }}}),
        ),
        (
            "CREATED:20240101T000000Z|REV:2025-01-01T00:00:00Z|PRODID:p",
            json!({
                "created": "2024-01-01T00:00:00Z", "updated": "2025-01-01T00:00:00Z", "prodId": "p",
            }),
        ),
    ] {
        assert_eq!(told(lines), wanted, "{lines}");
    }
}

#[test]
fn what_has_no_place_is_kept_as_it_is_in_vcard() {
    for (lines, wanted) in [
        ("GENDER:M", json!([["gender", {}, "text", "M"]])),
        ("BDAY;VALUE=text:circa 1800", json!([["bday", {}, "text", "circa 1800"]])),
        ("X-ODD;A=1:b\\,c", json!([["x-odd", {"a": "1"}, "unknown", "b\\,c"]])),
        (
            "item1.X-ABDATE:20200101|item1.X-ABLabel:Met",
            json!([
                ["x-abdate", {"group": "item1"}, "unknown", "20200101"],
                ["x-ablabel", {"group": "item1"}, "unknown", "Met"],
            ]),
        ),
        (
            "RELATED;TYPE=boss:urn:uuid:1",
            json!([["related", {"type": "boss"}, "uri", "urn:uuid:1"]]),
        ),
        ("GEO:geo:1,2", json!([["geo", {}, "uri", "geo:1,2"]])),
    ] {
        assert_eq!(told(lines)["vCardProps"], wanted, "{lines}");
    }
    let second = told("FN:A|FN:B");
    assert_eq!(second["vCardProps"], json!([["fn", {}, "text", "B"]]), "{second}");
    let group = told("item1.EMAIL:a@b|item1.TEL:1|item1.X-ABLabel:both");
    assert_eq!(group["phones"]["1"]["vCardParams"]["group"], "item1", "{group}");
    assert_eq!(group["vCardProps"][0][0], "x-ablabel", "{group}");
}

#[test]
fn a_card_without_identity_gets_one_and_keeps_its_own() {
    let own = to_jscontact(b"BEGIN:VCARD\nVERSION:3.0\nUID:mine\nEND:VCARD\n", "other");
    assert_eq!(own["uid"], "mine");
}

#[test]
fn a_note_by_itself_is_the_entry_that_the_card_would_have() {
    let line = b"NOTE;PROP-ID=abc;CREATED=20261121T101500Z:text";
    let wanted = json!({"note": "text", "created": "2026-11-21T10:15:00Z"});
    assert_eq!(note(line), Some(("abc".to_owned(), wanted)));
}

/// What stands in cards of the properties that both know.
fn said(card: &[u8]) -> Vec<(String, String)> {
    let converted = convert(card, Version::V40);
    let card = Card::parse(&converted);
    let names = [
        "FN",
        "N",
        "NICKNAME",
        "ORG",
        "TITLE",
        "ROLE",
        "TEL",
        "EMAIL",
        "URL",
        "BDAY",
        "NOTE",
        "CATEGORIES",
        "UID",
        "KIND",
        "MEMBER",
        "LANG",
        "ANNIVERSARY",
    ];
    let known = card.properties().iter().filter(|line| names.iter().any(|name| line.is(name)));
    let mut all: Vec<_> = known
        .map(|line| {
            let name = String::from_utf8_lossy(line.name()).to_uppercase();
            let mut value = line.text().trim_end_matches(';').to_lowercase();
            if matches!(&*name, "BDAY" | "ANNIVERSARY") && !value.starts_with('-') {
                value = value.replace('-', "");
            }
            (name, value)
        })
        .collect();
    all.retain(|(_, value)| !value.is_empty());
    all.sort();
    all
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
    });
    let cards: Vec<_> = named.filter(|(name, _)| !name.contains("2.1")).collect();
    assert!(cards.len() >= 9, "{} cards", cards.len());
    cards
}

#[test]
fn another_implementation_reads_the_same_card_back() {
    for (name, card) in samples() {
        let text = serde_json::to_string(&to_jscontact(&card, "u")).unwrap();
        let parsed = JSContact::<String, String>::parse(&text).expect(&text);
        let back = parsed.into_vcard().expect(&text).to_string();
        let mut wanted = said(&card);
        // It lists all categories on one line.
        let of_back = said(back.as_bytes());
        if wanted.iter().filter(|(name, _)| name == "CATEGORIES").count() > 1 {
            wanted.retain(|(name, _)| name != "CATEGORIES");
        }
        for pair in wanted {
            assert!(of_back.contains(&pair), "{name}: {pair:?} is lost\n{back}\n{text}");
        }
    }
}

/// All texts in `value`, names of entries too.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        // What JSContact does not know is kept with its escapes.
        Value::String(text) => {
            into.push(crate::formats::text::unescape(text.as_bytes()).to_lowercase());
            into.push(text.to_lowercase());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        Value::Object(object) => {
            for (name, value) in object {
                into.push(name.to_lowercase());
                texts(value, into);
            }
        }
        Value::Number(number) => into.push(number.to_string()),
        _ => {}
    }
}

#[test]
fn nothing_of_a_card_is_lost() {
    for (name, card) in samples() {
        let mut found = Vec::new();
        texts(&Value::Object(to_jscontact(&card, "u")), &mut found);
        let converted = convert(&card, Version::V40);
        for line in Card::parse(&converted).properties() {
            // Days are numbers, moments are spelled another way, and the version is another.
            let spelled =
                ["BDAY", "ANNIVERSARY", "REV", "VERSION"].iter().any(|name| line.is(name));
            let value = line.value();
            let pieces = crate::formats::text::split(&value, b';')
                .flat_map(|part| crate::formats::text::split(part, b',').collect::<Vec<_>>())
                .map(|piece| crate::formats::text::unescape(piece).trim().to_lowercase());
            for piece in pieces.filter(|_| !spelled) {
                let plain = piece.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_"));
                let wanted = plain.unwrap_or(&piece);
                let there = found.iter().any(|text| text.contains(wanted));
                assert!(there, "{name}: {wanted:?} of {:?}", String::from_utf8_lossy(line.raw()));
            }
            let told = ["TYPE", "PREF", "VALUE"];
            let params = line.params().filter(|p| !told.iter().any(|name| p.is(name)));
            for value in
                params.flat_map(|p| p.values().map(|v| v.to_lowercase()).collect::<Vec<_>>())
            {
                assert!(found.iter().any(|text| text.contains(&value)), "{name}: {value:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_told(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let card = [b"BEGIN:VCARD\nVERSION:4.0\n", bytes.as_slice(), b"\nEND:VCARD\n"].concat();
        prop_assert!(to_jscontact(&card, "u").contains_key("uid"));
    }
}
