//! The reading of cards held against another parser, where that one can be trusted: text
//! properties, names of people, groups and types of well-formed cards.

use calcard::vcard::{VCard, VCardValue};
use proptest::prelude::*;

use super::Card;
use crate::formats::fold::fold_into;
use crate::formats::text::escape;

/// Group, name and texts of a property.
type Told = (Option<String>, String, Vec<String>);

fn theirs(text: &str) -> Vec<Told> {
    let card = VCard::parse(text).expect("a card that the other parser reads");
    let plain = |value: &VCardValue| match value {
        VCardValue::Text(text) => vec![text.clone()],
        VCardValue::Component(parts) => vec![parts.join(",")],
        other => vec![format!("{other:?}")],
    };
    card.entries
        .iter()
        .map(|e| {
            let name = e.name.as_str().to_ascii_uppercase();
            (e.group.clone(), name, e.values.iter().flat_map(plain).collect())
        })
        .filter(|(_, name, _): &Told| name != "VERSION")
        .collect()
}

fn ours(text: &str) -> Vec<Told> {
    let card = Card::parse(text.as_bytes());
    let told = card.properties().iter().filter(|line| !line.is("VERSION")).map(|line| {
        let name = String::from_utf8_lossy(line.name()).to_ascii_uppercase();
        let group = line.group().map(|g| String::from_utf8_lossy(g).into_owned());
        let texts = if name == "N" { line.components() } else { vec![line.text().into_owned()] };
        (group, name, texts)
    });
    told.collect()
}

fn line() -> impl Strategy<Value = String> {
    // Words without blanks at their ends, which the other parser trims.
    let words = "[a-zA-Zß-ž😀][ a-z,;:\\\\\"=é\n]{0,120}[a-zé]";
    let text = ("(item1\\.|g\\.)?", "FN|NOTE|TITLE|ROLE|EMAIL", "(;TYPE=(home|work,pref))?", words)
        .prop_map(|(group, name, types, words)| format!("{group}{name}{types}:{}", escape(&words)));
    let name = proptest::collection::vec("[a-zé][a-z ,;é]{0,20}[a-zé]", 5).prop_map(|parts| {
        format!("N:{}", parts.iter().map(|p| escape(p).into_owned()).collect::<Vec<_>>().join(";"))
    });
    prop_oneof![5 => text, 1 => name]
}

proptest! {
    #[test]
    fn two_parsers_read_the_same(lines in proptest::collection::vec(line(), 1..8), four in any::<bool>()) {
        let mut card = Vec::from(&b"BEGIN:VCARD\r\n"[..]);
        card.extend_from_slice(if four { b"VERSION:4.0\r\n" } else { b"VERSION:3.0\r\n" });
        for line in &lines {
            fold_into(&mut card, line.as_bytes(), b"\r\n");
        }
        card.extend_from_slice(b"END:VCARD\r\n");
        let card = String::from_utf8(card).expect("UTF-8");
        prop_assert_eq!(ours(&card), theirs(&card), "{}", card);
    }
}
