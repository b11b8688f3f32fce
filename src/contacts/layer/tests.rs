//! The layer's promises, over cards of every shape.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

mod clients;
mod mutations;

fn entry(uid: &str, text: &str) -> Entry {
    Entry {
        uid: uid.into(),
        kind: "call".into(),
        at: 1_795_256_100,
        local: date(2026, 11, 21).at(10, 15, 0, 0),
        day_only: false,
        by: "anna".into(),
        text: text.into(),
    }
}

pub(super) fn layer() -> Layer {
    let mut mail = entry("urn:uuid:b", "Re: offer; price, \"final\"\nsecond line");
    mail.kind = "mail".into();
    mail.local = date(2026, 11, 3).at(9, 0, 0, 0);
    mail.by = String::new();
    mail.day_only = true;
    Layer {
        revision: 7,
        stage: Some("client".into()),
        cadence: Some(Cadence::Days(30)),
        last_contact: Some(date(2026, 11, 21)),
        next: Some(date(2026, 12, 21)),
        entries: vec![entry("urn:uuid:a", "Spoke about the offer"), mail],
        consents: Vec::new(),
        history_in_note: true,
    }
}

pub(super) fn woven(base: &str, layer: &Layer) -> String {
    String::from_utf8(weave(base.as_bytes(), layer, Bounds::default())).unwrap()
}

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:Ada\r\nN:Ada;;;;\r\n\
    NOTE:Likes tea\\, and\r\n  biscuits\r\nTEL:1\r\nEND:VCARD\r\n";

/// What [`unweave`] tells of the woven `layer`.
fn expected(layer: &Layer) -> Seen {
    let layer = layer.shown(Bounds::default());
    let entries = layer.entries.iter().map(|e| SeenEntry {
        uid: Some(e.uid.clone()).filter(|uid| !uid.is_empty()),
        kind: e.kind.clone(),
        at: Some(e.at),
        by: e.by.clone(),
        text: e.text.clone(),
    });
    let lines = status(&layer).into_iter().chain(layer.entries.iter().map(rendering));
    let lines: Vec<_> = lines.collect();
    Seen {
        revision: Some(layer.revision),
        stage: layer.stage.clone(),
        cadence: layer.cadence,
        last_contact: layer.last_contact,
        next: layer.next,
        entries: entries.collect(),
        consents: facts(&layer).into_iter().filter(|line| line.contains("-CONSENT;")).collect(),
        fence: (layer.history_in_note && !lines.is_empty()).then_some(lines),
    }
}

#[test]
fn what_a_contact_agreed_to_is_told_and_does_not_come_back_as_theirs() {
    let agreed = Layer {
        consents: vec![ConsentLine {
            purpose: "newsletter; weekly".into(),
            state: "granted".into(),
            source: "form, \"fair\"".into(),
            on: "2026-01-02".into(),
            until: Some("2027-01-02".into()),
        }],
        ..Layer::default()
    };
    let card = woven(CARD, &agreed);
    let flat = card.replace("\r\n ", "");
    assert!(
        flat.contains("\r\nX-ROLODAV-CONSENT;PURPOSE=\"newsletter; weekly\";SOURCE="),
        "{card}"
    );
    assert!(flat.contains(";DATE=2026-01-02;UNTIL=2027-01-02:granted\r\n"), "{card}");
    assert!(!card.contains("History"), "it is for programs: {card}");
    let unwoven = unweave(card.as_bytes());
    assert_eq!(unwoven.base, CARD.as_bytes());
    assert_eq!(unwoven.seen, expected(&agreed));
}

#[test]
fn a_card_tells_its_layer() {
    let card = woven(CARD, &layer());
    assert!(card.contains("NOTE:Likes tea\\, and\r\n  biscuits\r\n \\n\\n--- History"), "{card}");
    assert!(card.split("\r\n").all(|line| line.len() <= 75), "{card}");
    let lines: Vec<_> = card.replace("\r\n ", "").lines().map(str::to_owned).collect();
    let wanted = [
        "NOTE:Likes tea\\, and biscuits\\n\\n--- History (rolodav) ---\\n\
         [Stage: client] [Last: 2026-11-21] [Every: 30 days] [Next: 2026-12-21]\\n\
         2026-11-21 10:15 call: Spoke about the offer (anna)\\n\
         2026-11-03 mail: Re: offer\\; price\\, \"final\" / second line\\n\
         --- type below to add ---",
        "TEL:1",
        "X-ROLODAV-REV:7",
        "X-ROLODAV-STAGE:client",
        "X-ROLODAV-CADENCE:30d",
        "X-ROLODAV-LAST-CONTACT:2026-11-21",
        "X-ROLODAV-NEXT:2026-12-21",
        "X-ROLODAV-INTERACTION;UID=\"urn:uuid:a\";KIND=call;AT=20261121T101500Z;BY=anna:\
         Spoke about the offer",
        "X-ROLODAV-INTERACTION;UID=\"urn:uuid:b\";KIND=mail;AT=20261121T101500Z:\
         Re: offer\\; price\\, \"final\"\\nsecond line",
        "END:VCARD",
    ];
    assert_eq!(lines.get(5..).unwrap(), wanted);
    assert_eq!(unweave(card.as_bytes()).seen, expected(&layer()));
}

#[test]
fn no_note_and_an_empty_note_come_back_as_they_were() {
    for note in
        ["", "NOTE:\r\n", "NOTE:\r\n \r\n", "NOTE: \r\n", "NOTE:a\\\r\n", "item1.NOTE:x\r\n"]
    {
        let base = CARD.replace("NOTE:Likes tea\\, and\r\n  biscuits\r\n", note);
        let unwoven = unweave(woven(&base, &layer()).as_bytes());
        assert_eq!(String::from_utf8(unwoven.base).unwrap(), base);
        assert_eq!(unwoven.seen, expected(&layer()), "{note:?}");
    }
}

#[test]
fn an_empty_layer_adds_nothing() {
    assert_eq!(
        woven(CARD, &Layer { revision: 9, history_in_note: true, ..Layer::default() }),
        CARD
    );
}

#[test]
fn what_is_no_card_stays() {
    for text in ["", "BEGIN:VCARD\r\nNOTE:x", "END:VCARD\r\n", "hello"] {
        assert_eq!(woven(text, &layer()), text);
        assert_eq!(unweave(text.as_bytes()).base, text.as_bytes());
    }
}

#[test]
fn texts_forge_nothing() {
    let evil = "x\r\nEND:VCARD\r\nBEGIN:VCARD\u{b}NOTE:y\u{2028}--- type below to add ---\n\
        +todo tomorrow pay\u{0}\u{1b}[2J\u{ffff}\\n\\";
    let mut layer = layer();
    for entry in &mut layer.entries {
        evil.clone_into(&mut entry.text);
        evil.clone_into(&mut entry.by);
        evil.clone_into(&mut entry.kind);
        evil.clone_into(&mut entry.uid);
    }
    layer.stage = Some(evil.into());
    let card = woven(CARD, &layer);
    assert_eq!(card.matches("END:VCARD\r\n").count(), 1, "{card}");
    assert!(card.chars().all(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t')));
    let unwoven = unweave(card.as_bytes());
    assert_eq!(String::from_utf8(unwoven.base).unwrap(), CARD);
    assert_eq!(unwoven.seen.entries, expected(&layer).entries);
    let known =
        |line: &str| layer.entries.iter().any(|e| fingerprint(&rendering(e)) == fingerprint(line));
    let typed = typed_in_fence(&unwoven.seen, known);
    assert!(!typed.iter().any(|text| text.lines().any(|l| l.starts_with('+'))), "{typed:?}");
}

#[test]
fn a_long_history_is_cut() {
    let entries = (0..100).map(|n| entry(&n.to_string(), &"é long text ".repeat(n * 10))).collect();
    let long = Layer { entries, ..layer() };
    let card = woven(CARD, &long);
    assert!(card.len() < 2 * 4096 + 1500, "{}", card.len());
    let unwoven = unweave(card.as_bytes());
    assert_eq!(unwoven.seen, expected(&long));
    assert!(unwoven.seen.entries.len() > 3 && unwoven.seen.entries.len() <= 20);
    assert_eq!(unwoven.seen.fence.unwrap().len(), unwoven.seen.entries.len() + 1);
}

/// Lines that a card may hold; none of ours.
fn lines() -> impl Strategy<Value = String> {
    let value = proptest::collection::vec(
        prop_oneof![
            Just("\\n".to_owned()),
            Just("\\\\".to_owned()),
            Just("\\".to_owned()),
            Just("\\,".to_owned()),
            Just("FOLD".to_owned()),
            Just("--- ".to_owned()),
            Just("2026-11-21 10:15 call: x".to_owned()),
            Just("History".to_owned()),
            Just("\"".to_owned()),
            Just(":".to_owned()),
            "[ -~é€😀]{0,30}",
        ],
        0..8,
    )
    .prop_map(|parts| parts.concat());
    let head = prop_oneof![
        3 => Just("NOTE"),
        1 => Just("note"),
        1 => Just("item1.NOTE"),
        1 => Just("NOTE;LANGUAGE=de"),
        1 => Just("NOTE;ENCODING=QUOTED-PRINTABLE"),
        1 => Just("NOTE;X=\"a:b\""),
        1 => Just("NOTE;X=\"a"),
        1 => Just("NOTE;X=a\"b;Y=\"c"),
        1 => Just("NOTE;VALUE=uri"),
        1 => Just("TEL"),
        1 => Just("item1.X-ABLabel"),
        1 => Just("X-ROLODAV"),
        1 => Just(""),
    ];
    (head, value).prop_map(|(head, value)| format!("{head}:{value}"))
}

pub(super) fn bases() -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![4 => Just("\r\n"), 2 => Just("\n"), 1 => Just("\r")];
    let version = prop_oneof![Just("2.1"), Just("3.0"), Just("4.0")];
    let tail = prop_oneof![
        Just("END:VCARD"),
        Just("END:VCARD\n"),
        Just("end:vcard "),
        Just("END:VC\n ARD\n\n")
    ];
    (end, version, proptest::collection::vec(lines(), 0..6), tail, any::<bool>(), any::<bool>())
        .prop_map(|(end, version, lines, tail, bom, odd)| {
            let mut card = String::from(if bom { "\u{feff}" } else { "" });
            card.extend(["BEGIN:VCARD\nVERSION:", version, "\nFN:A\n"]);
            for line in lines {
                card.push_str(&line.replace("FOLD", "\n "));
                card.push_str(if odd { "\n\n" } else { "\n" });
            }
            card.push_str(tail);
            card.replace('\n', end).into_bytes()
        })
}

pub(super) fn layers() -> impl Strategy<Value = Layer> {
    let text = "[ -~éß😀\n]{0,60}".prop_map(|text| clean(&text));
    let word = "[ -~é]{0,12}".prop_map(|text| word(&text));
    let day = (-3000..3000_i64).prop_map(|days| {
        let start: Date = date(2026, 11, 21);
        start.saturating_add(jiff::Span::new().days(days))
    });
    let entry = (
        word.clone(),
        "[a-z]{1,8}",
        0..4_000_000_000_i64,
        day.clone(),
        word.clone(),
        text,
        any::<bool>(),
    )
        .prop_map(|(uid, kind, at, day, by, text, day_only)| Entry {
            uid,
            kind,
            at,
            local: day.at(7, 5, 0, 0),
            day_only,
            by,
            text,
        });
    let cadence = prop_oneof![Just(Cadence::Never), (1..900_u32).prop_map(Cadence::Days)];
    (
        any::<u64>(),
        proptest::option::of(word),
        proptest::option::of(cadence),
        proptest::option::of(day.clone()),
        proptest::option::of(day),
        proptest::collection::vec(entry, 0..5),
        any::<bool>(),
    )
        .prop_map(
            |(revision, stage, cadence, last_contact, next, entries, history_in_note)| Layer {
                revision,
                stage,
                cadence,
                last_contact,
                next,
                entries,
                consents: Vec::new(),
                history_in_note,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn unweaving_gives_base_and_layer_back(base in bases(), layer in layers()) {
        prop_assume!(unweave(&base).seen.is_empty());
        let woven = weave(&base, &layer, Bounds::default());
        let unwoven = unweave(&woven);
        prop_assert_eq!(
            String::from_utf8_lossy(&unwoven.base), String::from_utf8_lossy(&base),
            "woven: {}", String::from_utf8_lossy(&woven)
        );
        if layer.is_empty() {
            prop_assert!(unwoven.seen.is_empty());
        } else {
            prop_assert_eq!(&unwoven.seen, &expected(&layer));
            let known = |line: &str| {
                let wanted = fingerprint(line);
                layer.entries.iter().any(|e| fingerprint(&rendering(e)) == wanted)
            };
            prop_assert_eq!(typed_in_fence(&unwoven.seen, known), Vec::<String>::new());
        }
        prop_assert_eq!(weave(&unwoven.base, &layer, Bounds::default()), woven, "woven twice");
    }

    #[test]
    fn anything_is_taken_apart(parts in proptest::collection::vec(
        proptest::sample::select(&["BEGIN:VCARD\n", "NOTE:", "\\n", "\n", " ", "--- History (rolodav) ---",
            "--- type below to add ---", "2026-11-21 call: x", "END:VCARD", "X-ROLODAV-REV:1", "é", "\\", "-"][..]), 0..30))
    {
        let card = parts.concat();
        let once = unweave(card.as_bytes());
        let _ = typed_in_fence(&once.seen, |_| false);
        prop_assert!(once.base.len() <= card.len() + 2);
    }
}

#[test]
fn hostile_fences_take_bounded_time() {
    let top = "--- History (rolodav) ---\\n";
    let bottom = "--- type below to add ---\\n";
    for note in [
        "2026-11-21 10:15 call: x\\n".repeat(10_000),
        format!("{}{top}", "- \\n".repeat(50_000)),
        [bottom, top].concat().repeat(5_000),
        format!("{}{bottom}{}{top}", "line\\n".repeat(15_000), "other\\n".repeat(15_000)),
        format!("{top}{}", "2026-11-21 10:15 call: wrapped\\nagain\\n".repeat(5_000)),
        format!("{top}{}", "2026-11-21 x: ".repeat(15_000)),
        format!("{top}2026-11-21 x: {}", "word ".repeat(50_000)),
        format!("{top}{}", "[Stage: ".repeat(25_000)),
    ] {
        let card = format!("BEGIN:VCARD\nNOTE:{note}\nEND:VCARD\n");
        let started = std::time::Instant::now();
        let unwoven = unweave(card.as_bytes());
        let typed = typed_in_fence(&unwoven.seen, |line| fingerprint(line) == 1);
        let took = started.elapsed();
        assert!(
            took.as_secs() < 10,
            "{took:?} for {} texts of {}",
            typed.len(),
            &note.get(..60).unwrap_or_default()
        );
    }
}
