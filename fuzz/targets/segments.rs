//! Queries of segments: whatever is typed is read or refused with a place inside of it; what was
//! read reads the same once it is kept; and an answer about a card is the same until the day it says.
#![no_main]

use jiff::civil::Date;
use libfuzzer_sys::fuzz_target;
use rolodav::contacts::segments::query::{Asked, Known, Names, Subject, Verdict, parse, reasons};
use rolodav::store::segments::SegmentId;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (query, card) = text.split_once("BEGIN:VCARD").unwrap_or((text, ""));
    let segments = vec![(SegmentId(1), "One".to_owned()), (SegmentId(2), "Two \" 2".to_owned())];
    let names = Names { segments, ..Names::default() };
    let read = match parse(query, &names) {
        Ok(read) => read,
        Err(fault) => {
            assert!(query.get(fault.at.clone()).is_some(), "{:?}", fault.at);
            let shown = fault.shown(query);
            assert!(shown.contains('^') && shown.len() < 40_000, "{shown}");
            return;
        }
    };
    let kept = read.with_references(query, |id| format!("#{}", id.0));
    let again = parse(&kept, &Names { is_stored: true, ..names }).expect("what was kept is read");
    let known = Known::default();
    let bytes = [b"BEGIN:VCARD", card.as_bytes()].concat();
    let subject = Subject::new(&bytes, &known);
    let others = |id: SegmentId| Verdict { holds: id.0 == 1, until: None };
    let on = |today: Date| Asked { card: &subject, today, segments: &others };
    let today: Date = "2026-11-23".parse().expect("a day");
    let found = on(today).answer(&read.query);
    assert_eq!(on(today).answer(&again.query), found, "{kept}");
    assert!(found.until.is_none_or(|until| until > today), "{query}");
    let _ = reasons(&on(today), &read.query, query);
    for ahead in [1, 7, 30, 100, 365] {
        let Ok(then) = today.checked_add(jiff::Span::new().days(ahead)) else { return };
        if found.until.is_none_or(|until| then < until) {
            let holds = on(then).answer(&read.query).holds;
            assert_eq!(holds, found.holds, "{query} on {then}");
        }
    }
});
