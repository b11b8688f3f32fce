//! Two edits of one card become one card with both; of what both changed, the newer.

use proptest::prelude::*;

use super::*;

fn card(lines: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:A\r\n{lines}END:VCARD\r\n")
        .replace('|', "\r\n")
}

/// The lines of the merged card, frame left out, and the clashes.
fn merged(before: &str, ours: &str, theirs: &str) -> (String, Vec<String>) {
    let [before, ours, theirs] = [before, ours, theirs].map(card);
    let merged = merge(before.as_bytes(), ours.as_bytes(), theirs.as_bytes());
    let text = String::from_utf8(merged.bytes).unwrap();
    let inner = text.strip_prefix("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:A\r\n").unwrap();
    (inner.strip_suffix("END:VCARD\r\n").unwrap().replace("\r\n", "|"), merged.clashes)
}

#[test]
fn what_one_side_did_is_done() {
    for (before, ours, theirs, wanted) in [
        ("TEL:1|", "TEL:1|TEL:2|", "TEL:1|EMAIL:a@b|", "TEL:1|EMAIL:a@b|TEL:2|"),
        ("TEL:1|EMAIL:a@b|", "EMAIL:a@b|", "TEL:1|EMAIL:c@d|", "EMAIL:c@d|"),
        ("TEL:1|", "TEL:2|", "TEL:1|X-A:1|", "X-A:1|TEL:2|"),
        (
            "TEL;TYPE=home:1|",
            "TEL;TYPE=work:1|",
            "TEL;type=HOME:1|X-A:1|",
            "TEL;TYPE=work:1|X-A:1|",
        ),
        ("ORG:a|", "ORG:b|", "ORG:a|TITLE:t|", "ORG:b|TITLE:t|"),
        ("ORG:a|", "", "ORG:a|TITLE:t|", "TITLE:t|"),
        ("X-A:1|", "X-A:2|", "X-A:1|X-B:1|", "X-A:2|X-B:1|"),
        ("", "X-A:1|", "X-A:2|", "X-A:2|X-A:1|"),
        (
            "TEL:+49 1|",
            "TEL:+49 1|X-A:1|",
            "item1.TEL;type=pref:+491|",
            "item1.TEL;type=pref:+491|X-A:1|",
        ),
        (
            "",
            "item1.TEL:1|item1.X-ABLabel:Boat|",
            "item1.EMAIL:a@b|item1.X-ABLabel:Club|",
            "item1.EMAIL:a@b|item1.X-ABLabel:Club|item2.TEL:1|item2.X-ABLabel:Boat|",
        ),
        (
            "item1.TEL:1|item1.X-ABLabel:Boat|",
            "item1.TEL:1|item1.X-ABLabel:Yacht|",
            "X-A:1|item7.TEL:1|item7.X-ABLabel:Boat|",
            "X-A:1|item7.TEL:1|item7.X-ABLabel:Yacht|",
        ),
        (
            "item1.TEL:1|item1.X-ABLabel:Boat|",
            "",
            "item1.TEL:1|item1.X-ABLabel:Boat|X-A:1|",
            "X-A:1|",
        ),
        ("CATEGORIES:a,b|", "CATEGORIES:a,c|", "CATEGORIES:a,b,d|", "CATEGORIES:a,d,c|"),
        ("", "CATEGORIES:a|", "CATEGORIES:A,b|", "CATEGORIES:A,b|"),
        ("NOTE:a|", "NOTE:a\\nb|", "NOTE:a\\nc|", "NOTE:a\\nb\\nc|"),
        ("NOTE:a\\nb\\nc|", "NOTE:x\\nb\\nc|", "NOTE:a\\nb\\ny|", "NOTE:x\\nb\\ny|"),
        ("", "NOTE:a|", "NOTE:b|", "NOTE:a\\nb|"),
        ("REV:1|PRODID:a|", "REV:2|PRODID:b|X-A:1|", "REV:3|PRODID:c|", "REV:3|PRODID:c|X-A:1|"),
        (
            "PHOTO;ENCODING=b:AAAA|",
            "PHOTO;ENCODING=b:BBBB|",
            "PHOTO;ENCODING=b:AAAA|X-A:1|",
            "PHOTO;ENCODING=b:BBBB|X-A:1|",
        ),
    ] {
        let found = merged(before, ours, theirs);
        assert_eq!(found, (wanted.to_owned(), Vec::new()), "{before} - {ours} - {theirs}");
    }
}

#[test]
fn what_both_changed_is_named() {
    for (before, ours, theirs, wanted, clash) in [
        ("ORG:a|", "ORG:b|", "ORG:c|", "ORG:c|", "ORG"),
        ("X-A:1|", "X-A:2|", "X-A:3|", "X-A:3|", "X-A"),
        ("ORG:a|", "", "ORG:c|", "ORG:c|", "ORG"),
        ("ORG:a|", "ORG:b|", "", "ORG:b|", "ORG"),
        ("TEL:1|", "TEL;TYPE=home:1|", "TEL;TYPE=work:1|", "TEL;TYPE=work:1|", "TEL"),
        ("NOTE:a|", "NOTE:b|", "NOTE:c|", "NOTE:c\\nb|", "NOTE"),
    ] {
        let found = merged(before, ours, theirs);
        assert_eq!(
            found,
            (wanted.to_owned(), vec![clash.to_owned()]),
            "{before} - {ours} - {theirs}"
        );
    }
    let (_, clashes) = merged("TEL:1|ORG:x|", "TEL:2|ORG:x|", "TEL:3|ORG:x|");
    assert!(clashes.is_empty(), "both numbers are there");
}

#[test]
fn versions_meet_in_that_of_theirs() {
    let before = card("TEL;TYPE=pref:1|BDAY:1980-01-02|");
    let ours = card("TEL;TYPE=pref:1|BDAY:1980-01-02|TEL;TYPE=home,pref:2|");
    let theirs = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:A\r\nTEL;PREF=1:1\r\nBDAY:19800102\r\nLANG:de\r\nEND:VCARD\r\n";
    let merged = merge(before.as_bytes(), ours.as_bytes(), theirs.as_bytes());
    let text = String::from_utf8(merged.bytes).unwrap();
    let wanted = theirs.replace("END:", "TEL;TYPE=home;PREF=1:2\r\nEND:");
    assert_eq!((text, merged.clashes), (wanted, Vec::new()));
}

/// A card of some of the lines.
fn cards() -> impl Strategy<Value = String> {
    const LINES: [&str; 22] = [
        "TEL:1",
        "TEL;TYPE=home:1",
        "TEL;TYPE=work:2",
        "EMAIL:a@b",
        "EMAIL:c@d",
        "item1.TEL:3",
        "item1.X-ABLabel:l",
        "item2.TEL:3",
        "item2.X-ABLabel:m",
        "item1.URL:x",
        "NOTE:a",
        "NOTE:a\\nb",
        "NOTE:c\\na",
        "NOTE:a\\nd\\nb",
        "ORG:x",
        "ORG:y",
        "X-A:1",
        "X-A:2",
        "CATEGORIES:a,b",
        "CATEGORIES:c",
        "item3.X-ABLabel:lonely",
        "ADR:;;s;;;;",
    ];
    proptest::sample::subsequence(&LINES[..], 0..10).prop_shuffle().prop_map(|lines| {
        card(&[&*lines.join("|"), if lines.is_empty() { "" } else { "|" }].concat())
    })
}

fn values(card: &str) -> HashSet<(String, String)> {
    let items = Items::read(card.as_bytes()).unwrap();
    let pairs = items.all.iter().map(|item| {
        (String::from_utf8_lossy(&item.name).into_owned(), item.line.text().trim().to_owned())
    });
    pairs.collect()
}

fn note_lines(card: &str) -> HashSet<String> {
    let notes = values(card).into_iter().filter(|(name, _)| name == "NOTE");
    notes.flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

proptest! {
    #[test]
    fn nothing_that_one_side_added_is_lost(before in cards(), ours in cards(), theirs in cards()) {
        let [b, o, t] = [&before, &ours, &theirs].map(String::as_bytes);
        prop_assert_eq!(merge(b, b, t).bytes, t);
        prop_assert_eq!(merge(b, o, b).bytes, o);
        let merged = merge(b, o, t);
        let text = String::from_utf8(merged.bytes.clone()).unwrap();
        let (was, now) = (values(&before), values(&text));
        for (side, card) in [("ours", &ours), ("theirs", &theirs)] {
            for pair in values(card).difference(&was) {
                let (name, _) = pair;
                if matches!(name.as_str(), "NOTE" | "CATEGORIES") || merged.clashes.contains(name) {
                    continue;
                }
                let free = !matches!(name.as_str(), "ORG" | "X-A");
                prop_assert!(now.contains(pair) || !free, "{:?} of {} is not in {}", pair, side, text);
            }
            for line in note_lines(card).difference(&note_lines(&before)) {
                prop_assert!(note_lines(&text).contains(line), "{line} of {side} is not in {text}");
            }
            let had = categories(before.as_bytes());
            for name in categories(card.as_bytes()).iter().filter(|name| !had.contains(name)) {
                prop_assert!(categories(text.as_bytes()).contains(name), "{name} of {side} in {text}");
            }
        }
    }

    #[test]
    fn anything_is_merged(cards in proptest::array::uniform3("(BEGIN:VCARD\n|END:VCARD\n|NOTE:|TEL:|a\\.|\n|1|;X=){0,12}")) {
        let [a, b, c] = &cards;
        merge(a.as_bytes(), b.as_bytes(), c.as_bytes());
    }
}
