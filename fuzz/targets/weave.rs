//! The layer in a card: what was woven in comes out again, whatever the card and the texts are,
//! and what a hostile card makes of it loses nothing and forges nothing.
//!
//! An input is a card and, behind a line `====`, texts of interactions, one a line.
#![no_main]

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use rolodav::contacts::layer::{
    Bounds, Cadence, ConsentLine, Entry, Grammar, Layer, Unwoven, fingerprint, merge, rendering,
    restored, status, take_commands, typed_in_fence, unweave, weave, without_fence,
    without_history,
};
use rolodav::formats::convert::convert;
use rolodav::formats::vcard::{Version, inspect};

fuzz_target!(|data: &[u8]| {
    let split = data.windows(6).position(|bytes| bytes == b"\n====\n");
    let (card, texts) = split.map_or((data, &b""[..]), |at| (&data[..at + 1], &data[at + 6..]));
    let layer = layer(&String::from_utf8_lossy(texts));
    let Unwoven { base, seen } = unweave(card);
    let again = unweave(&base);
    assert!(again.seen.is_empty() && again.base == base, "something of ours stayed in the base");
    let typed = typed_in_fence(&seen, |_| false);
    commands(&base, typed);
    merges(card, &base);
    let Ok(checked) = inspect(card, 2000, || "urn:uuid:new".into()) else { return };
    let stored = checked.served.as_deref().unwrap_or(card);
    woven(&unweave(stored).base, &layer);
});

fn layer(texts: &str) -> Layer {
    let entry = |(n, text): (usize, &str)| {
        let (kind, text) = text.split_once('\t').unwrap_or(("call", text));
        let (by, text) = text.split_once('|').unwrap_or(("", text));
        Entry {
            uid: format!("{n}:{by}"),
            kind: kind.into(),
            at: 1_795_256_100 + n as i64,
            local: date(2026, 11, 21).at(10, 15, 0, 0),
            day_only: n % 3 == 2,
            by: by.into(),
            text: text.replace('\u{b}', "\n"),
        }
    };
    Layer {
        revision: 7,
        stage: texts.lines().next().map(str::to_owned),
        cadence: Some(Cadence::Days(30)),
        last_contact: None,
        next: Some(date(2026, 12, 24)),
        entries: texts.lines().enumerate().map(entry).collect(),
        consents: texts.lines().last().map(consent).into_iter().collect(),
        history_in_note: true,
    }
}

fn consent(text: &str) -> ConsentLine {
    ConsentLine {
        purpose: text.to_owned(),
        state: "granted".into(),
        source: text.to_owned(),
        on: "2026-11-21".into(),
        until: None,
    }
}

fn woven(base: &[u8], layer: &Layer) {
    let bounds = Bounds::default();
    let woven = weave(base, layer, bounds);
    let Unwoven { base: back, seen } = unweave(&woven);
    assert!(back == base, "the base is another one");
    let shown = layer.shown(bounds);
    let lines: Vec<_> =
        status(&shown).into_iter().chain(shown.entries.iter().map(rendering)).collect();
    assert_eq!(seen.fence.as_deref(), Some(&*lines));
    assert_eq!((seen.revision, &seen.stage, seen.next), (Some(7), &shown.stage, shown.next));
    assert_eq!(seen.entries.len(), shown.entries.len());
    assert_eq!(seen.consents.len(), shown.consents.len());
    for (seen, shown) in seen.entries.iter().zip(&shown.entries) {
        assert_eq!((&seen.text, &seen.by, seen.at), (&shown.text, &shown.by, Some(shown.at)));
    }
    assert!(weave(&back, layer, bounds) == woven, "woven twice");
    // Lines of a later version stay in the base, and are not for everybody either.
    let shared = without_history(base);
    assert!(without_history(&woven) == shared);
    assert!(without_history(&without_fence(&woven)) == shared);
    let checked = inspect(&woven, usize::MAX, || "urn:uuid:new".into()).expect("is a card");
    assert_eq!(checked.findings, [], "the woven card is flawed");
    let known = |line: &str| {
        let said = fingerprint(line);
        shown.entries.iter().any(|entry| fingerprint(&rendering(entry)) == said)
    };
    for to in [Version::V30, Version::V40] {
        let seen = unweave(&convert(&woven, to)).seen;
        assert_eq!(seen.entries.len(), shown.entries.len(), "lost in conversion");
        assert_eq!(typed_in_fence(&seen, known), [""; 0], "our own taken for typed");
    }
}

fn commands(base: &[u8], typed: Vec<String>) {
    let kinds = ["visit".to_owned()];
    let stages = ["client".to_owned()];
    let now = date(2026, 11, 22).at(12, 0, 0, 0);
    let grammar = Grammar { now, kinds: &kinds, stages: &stages, most: 20 };
    let captured = take_commands(base, typed, &grammar);
    assert!(captured.commands.len() <= 20);
    if captured.commands.is_empty() {
        assert!(captured.base == base);
    } else {
        let grammar = Grammar { most: 20 - captured.commands.len(), ..grammar };
        let again = take_commands(&captured.base, captured.notes, &grammar);
        assert_eq!(again.commands, [], "a command stayed");
    }
}

fn merges(card: &[u8], base: &[u8]) {
    assert!(merge(card, card, base).bytes == base);
    assert!(merge(card, base, card).bytes == base);
    let half = base.len() / 2;
    merge(base, card, &base[..half]);
    merge(&base[half..], base, card);
    restored(card, base, &["NOTE".into(), "X-ROLODAV-INTERACTION".into(), "TEL".into()]);
}
