//! Differences told: single ones by hand, and that exactly what means something else is told.

// Cards are put together once.
#![allow(clippy::format_collect)]

use proptest::prelude::*;

use super::*;
use crate::formats::fold::fold_into;

fn card(version: &str, lines: &str) -> Vec<u8> {
    let lines = lines.replace('|', "\r\n");
    format!("BEGIN:VCARD\r\nVERSION:{version}\r\nUID:u\r\nFN:A\r\n{lines}\r\nEND:VCARD\r\n").into()
}

fn told(before: &[u8], after: &[u8]) -> Vec<String> {
    cards(before, after, &|_| None).into_iter().map(|change| change.words).collect()
}

#[test]
fn what_people_change_is_told_in_their_words() {
    let photo = |bytes: usize| {
        use base64::Engine as _;
        let payload = base64::prelude::BASE64_STANDARD.encode(vec![7_u8; bytes]);
        format!("PHOTO;ENCODING=b;TYPE=JPEG:{payload}")
    };
    let (small, large) = (photo(12_000), photo(40_000));
    for (before, after, wanted) in [
        (
            "TEL;TYPE=CELL:+49 30 1",
            "TEL;TYPE=CELL:+49 30 2",
            vec!["Phone (cell): +49 30 1 -> +49 30 2"],
        ),
        ("TEL;TYPE=CELL:1", "TEL;TYPE=WORK:1", vec!["Phone 1: cell -> work"]),
        ("TEL:1", "TEL;TYPE=CELL,pref:1", vec!["Phone 1: no label -> cell, preferred"]),
        ("X-A:1", "TEL;TYPE=CELL:1|X-A:1", vec!["Phone (cell) added: 1"]),
        ("EMAIL:a@x|EMAIL:b@x", "EMAIL:b@x", vec!["Mail removed: a@x"]),
        (
            "EMAIL:anna@x.org|EMAIL:bert@y.org",
            "EMAIL:bert@y.com|EMAIL:anna@x.com",
            vec!["Mail: anna@x.org -> anna@x.com", "Mail: bert@y.org -> bert@y.com"],
        ),
        (
            "TEL;TYPE=home:1",
            "TEL;TYPE=work:2",
            vec!["Phone (home) removed: 1", "Phone (work) added: 2"],
        ),
        ("NOTE:a", "NOTE:b", vec!["Note: a -> b"]),
        ("NOTE:a", "NOTE:a\\nb\\nc", vec!["Note: 2 lines added"]),
        ("NOTE:a\\nb", "NOTE:a\\n\\nb\\nc", vec!["Note: 1 line added: c"]),
        ("NOTE:a\\nb\\nc", "NOTE:a\\nB\\nc", vec!["Note: 1 line changed: b -> B"]),
        ("NOTE:a\\nb", "NOTE:b\\na", vec!["Note: lines in another order"]),
        ("X-A:1", "X-A:1|NOTE:a\\nb", vec!["Note added: 2 lines"]),
        (&small, &large, vec!["Photo replaced (12 KB -> 40 KB)"]),
        (&small, "X-A:1", vec!["Photo removed (12 KB)", "X-A added: 1"]),
        ("CATEGORIES:a,b", "CATEGORIES:b|CATEGORIES:c", vec!["Tag removed: a", "Tag added: c"]),
        ("N:Doe;;Jane", "N:Doe;Jane;", vec!["Name parts: Doe;;Jane -> Doe;Jane"]),
        ("N:Doe;Jane", "N:Roe;Jane;;;", vec!["Name parts: Doe, Jane -> Roe, Jane"]),
        ("BDAY:1985-04-15", "BDAY:1985-04-16", vec!["Birthday: 1985-04-15 -> 1985-04-16"]),
        (
            "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15",
            "BDAY:19850415",
            vec!["Birthday: --04-15 -> 1985-04-15"],
        ),
        (
            "item1.URL:a|item1.X-ABLabel:_$!<HomePage>!$_",
            "item1.URL:a|item1.X-ABLabel:Blog",
            vec!["Web page a: HomePage -> Blog"],
        ),
        ("X-SIZE:\u{1b}[31mL", "X-SIZE:XL", vec!["X-SIZE: [31mL -> XL"]),
        ("X-SIZE;A=1;B=2:L", "X-SIZE;A=1:L", vec!["X-SIZE L: a 1, b 2 -> a 1"]),
    ] {
        let (one, other) = (card("3.0", before), card("3.0", after));
        assert_eq!(told(&one, &other), wanted, "{before:.60} => {after:.60}");
        assert_eq!(told(&one, &one), [""; 0], "{before:.60}");
    }
    let named = |property: &str| (property == "X-SIZE").then(|| "Size".to_owned());
    let changes = cards(&card("3.0", "X-SIZE:L"), &card("3.0", "X-SIZE:M"), &named);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].words.as_str(), changes[0].field.as_str()), ("Size: L -> M", "Size"));
    assert_eq!(changes[0].property, "X-SIZE");
    assert_eq!((changes[0].before.as_deref(), changes[0].after.as_deref()), (Some("L"), Some("M")));
}

#[test]
fn another_spelling_is_no_change() {
    for (before, after) in [
        ("TEL;TYPE=CELL;TYPE=VOICE:1|X-A:1", "x-a:1|TEL;type=voice,cell:1"),
        ("TEL;TYPE=CELL:1", "TEL;TYPE=cell:tel:1"),
        ("EMAIL;TYPE=INTERNET:a@x", "EMAIL:mailto:a@x"),
        ("item1.URL:a|item1.X-ABLabel:Blog", "item7.X-ABLabel:Blog|item7.URL:a"),
        ("REV:20240101T000000Z|PRODID:x", "REV:2025"),
        ("NOTE:a\\n b \\n", "NOTE:a\\n b"),
        ("NOTE:M\u{fc}ller", "NOTE:Mu\u{308}ller"),
        ("CATEGORIES:a,b", "CATEGORIES:b|CATEGORIES:a"),
        ("ORG:A;", "ORG:A"),
        ("URL:http\\://a", "URL:http://a"),
    ] {
        assert_eq!(told(&card("3.0", before), &card("3.0", after)), [""; 0], "{before} => {after}");
    }
    for (three, four) in [
        ("PHOTO;ENCODING=b;TYPE=JPEG:/9j/|  AAAA", "PHOTO:data:image/jpeg;base64,/9j/AAAA"),
        ("TEL;TYPE=CELL,pref:1", "TEL;PREF=1;TYPE=cell:1"),
        ("BDAY:1985-04-15", "BDAY:19850415"),
        ("item1.X-ABDATE:2009-08-08|item1.X-ABLabel:_$!<Anniversary>!$_", "ANNIVERSARY:20090808"),
    ] {
        assert_eq!(told(&card("3.0", three), &card("4.0", four)), [""; 0], "{three} => {four}");
    }
}

#[test]
fn events_are_told_instance_by_instance() {
    let event = |lines: &str, more: &str| {
        let (lines, more) = (lines.replace('|', "\r\n"), more.replace('|', "\r\n"));
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n\
             {lines}\r\nEND:VEVENT\r\n{more}END:VCALENDAR\r\n"
        )
    };
    let instance = |title: &str| {
        format!(
            "BEGIN:VEVENT|UID:u|RECURRENCE-ID:20260112T140000Z|SUMMARY:{title}|\
             DTSTART:20260112T140000Z|END:VEVENT|"
        )
    };
    let start = "DTSTART;TZID=Europe/Paris:20260105T140000";
    for (before, after, wanted) in [
        (event("SUMMARY:a", ""), event("SUMMARY:b|SEQUENCE:4", ""), vec!["Title: a -> b"]),
        (
            event(start, ""),
            event("DTSTART:20260105T143000Z", ""),
            vec!["Begin: 2026-01-05 14:00 Europe/Paris -> 2026-01-05 14:30 UTC"],
        ),
        (
            event("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:b@x", ""),
            event("ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:b@x", ""),
            vec!["Attendee b@x: partstat NEEDS-ACTION -> partstat ACCEPTED"],
        ),
        (
            event("RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO", ""),
            event("RRULE:BYDAY=MO;FREQ=WEEKLY;COUNT=3|EXDATE:20260112", ""),
            vec!["Not on added: 2026-01-12"],
        ),
        (
            event(start, ""),
            event(start, &instance("b")),
            vec!["Changed instance added: 2026-01-12 14:00 UTC b"],
        ),
        (
            event(start, &instance("b")),
            event(start, &instance("c")),
            vec!["On 2026-01-12 14:00 UTC: Title: b -> c"],
        ),
        (
            event("BEGIN:VALARM|TRIGGER:-PT15M|ACTION:DISPLAY|END:VALARM", ""),
            event("BEGIN:VALARM|UID:q|ACTION:DISPLAY|TRIGGER:-PT5M|END:VALARM", ""),
            vec!["Reminder: -PT15M -> -PT5M"],
        ),
    ] {
        let words = |before: &str, after: &str| {
            let changes = events(before.as_bytes(), after.as_bytes());
            changes.into_iter().map(|change| change.words).collect::<Vec<_>>()
        };
        assert_eq!(words(&before, &after), wanted, "{before}{after}");
        assert_eq!(words(&before, &before), [""; 0], "{before}");
    }
}

/// A card as what it says: for each property its name, kinds, label and text.
type Said = Vec<(usize, Vec<usize>, Option<usize>, String)>;

const PROPERTIES: [&str; 6] = ["TEL", "EMAIL", "NOTE", "TITLE", "X-ODD", "CATEGORIES"];
const KINDS: [&str; 4] = ["home", "work", "cell", "fax"];
const LABELS: [&str; 2] = ["Boat", "_$!<Other>!$_"];

fn said() -> impl Strategy<Value = Said> {
    let kinds = proptest::sample::subsequence(vec![0, 1, 2, 3], 0..3);
    let text = "[ab\\\\;é]{1,3}(\n[ab]{1,2})?";
    let one = (0..PROPERTIES.len(), kinds, proptest::option::of(0..LABELS.len()), text);
    proptest::collection::vec(one, 0..6)
}

/// `said` as one of many programs would write it.
fn written(said: &Said, dice: u64) -> Vec<u8> {
    let mut dice = dice;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut lines = Vec::new();
    for (number, (property, kinds, label, text)) in said.iter().enumerate() {
        let group =
            label.map_or_else(String::new, |_| format!("item{}.", number + roll(9) as usize * 10));
        let mut kinds: Vec<String> = kinds.iter().map(|kind| KINDS[*kind].to_owned()).collect();
        if roll(2) == 0 {
            kinds.reverse();
        }
        if roll(2) == 0 {
            kinds = kinds.into_iter().map(|kind| kind.to_uppercase()).collect();
        }
        let kinds = match (kinds.is_empty(), roll(2)) {
            (true, _) => String::new(),
            (false, 0) => format!(";TYPE={}", kinds.join(",")),
            (false, _) => kinds.iter().map(|kind| format!(";type={kind}")).collect(),
        };
        let name = PROPERTIES[*property];
        let name = if roll(3) == 0 { name.to_lowercase() } else { name.to_owned() };
        let mut pair = vec![format!("{group}{name}{kinds}:{}", crate::formats::text::escape(text))];
        if let Some(label) = label {
            pair.insert(roll(2) as usize, format!("{group}X-ABLabel:{}", LABELS[*label]));
        }
        let at = roll(lines.len() as u64 + 1) as usize;
        lines.insert(at, pair);
    }
    let end: &[u8] = if roll(2) == 0 { b"\r\n" } else { b"\n" };
    let mut card = [b"BEGIN:VCARD", end, b"VERSION:4.0", end, b"FN:A", end].concat();
    for line in lines.iter().flatten() {
        if roll(2) == 0 {
            fold_into(&mut card, line.as_bytes(), end);
        } else if let Some((head, tail)) = line.split_at_checked(roll(line.len() as u64) as usize) {
            let folded: Vec<u8> = [head.as_bytes(), end, b" ", tail.as_bytes(), end].concat();
            card.extend(folded);
        } else {
            card.extend([line.as_bytes(), end].concat());
        }
    }
    card.extend([format!("REV:{}", roll(99)).as_bytes(), end, b"END:VCARD", end].concat());
    card
}

/// What counts of `said`.
fn meant(said: &Said) -> Vec<(usize, Vec<usize>, Option<usize>, String)> {
    let mut all: Said = said.clone();
    for (_, _, _, text) in &mut all {
        *text = text.trim().to_owned();
    }
    all.sort();
    all
}

proptest! {
    #[test]
    fn exactly_what_means_something_else_is_told(
        one in said(), other in said(), mutated in any::<bool>(), at in 0_usize..6, dice in any::<(u64, u64)>(),
    ) {
        // Two cards at random are hardly ever the same.
        let other = if mutated {
            let mut other_one = one.clone();
            if at < other_one.len() && dice.0 % 2 == 0 {
                other_one.remove(at);
                other_one.extend(other.first().cloned());
            }
            other_one
        } else {
            other
        };
        let (before, after) = (written(&one, dice.0), written(&other, dice.1));
        let words = told(&before, &after);
        let same = meant(&one) == meant(&other);
        prop_assert_eq!(
            words.is_empty(), same, "{:?}\n{}\n{}", words,
            String::from_utf8_lossy(&before), String::from_utf8_lossy(&after)
        );
        prop_assert_eq!(told(&before, &before), Vec::<String>::new());
        prop_assert_eq!(told(&after, &before).is_empty(), same, "told one way only");
    }

    #[test]
    fn any_bytes_are_compared(one in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..300) {
        let card = [b"BEGIN:VCARD\n", one.as_slice(), b"\nEND:VCARD\n"].concat();
        let other = card.get(..cut.min(card.len())).unwrap_or_default();
        prop_assert_eq!(told(&card, &card), Vec::<String>::new());
        let words = told(&card, other);
        prop_assert!(words.iter().all(|words| !words.contains(char::is_control)), "{:?}", words);
        events(&card, other);
    }
}

#[test]
fn a_group_of_thousands_is_compared_in_linear_time() {
    let members = |from: usize| {
        (from..from + 50_000).map(|n| format!("MEMBER:urn:uuid:{n}\r\n")).collect::<String>()
    };
    let other =
        |from: usize| (from..from + 50_000).map(|n| format!("TEL:{n}\r\n")).collect::<String>();
    let card = |lines: String| format!("BEGIN:VCARD\r\nVERSION:4.0\r\n{lines}END:VCARD\r\n");
    let started = std::time::Instant::now();
    assert_eq!(told(card(members(0)).as_bytes(), card(members(2)).as_bytes()).len(), 4);
    let words = told(card(other(0)).as_bytes(), card(other(50_000)).as_bytes());
    assert_eq!(words.len(), 50_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
