//! Calendar objects: reading, taking in, and what queries make of them. The first line of the
//! input holds a range of time as two numbers of hours since 2020 and words to ask for; the rest
//! is the object.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::base::Limits;
use rolodav::calendars::expand::{Allowance, expand, limit_freebusy_set, limit_recurrence_set};
use rolodav::calendars::filter::{
    CompCondition, CompFilter, Filter, PropCondition, PropFilter, Subject, TextMatch,
};
use rolodav::calendars::freebusy::Collector;
use rolodav::calendars::object::{Rules, accept};
use rolodav::calendars::overlap::Stretch;
use rolodav::formats::collation::Collation;
use rolodav::formats::ical::component::{Bounds, Component, Document, parse};
use rolodav::formats::ical::select::{Components, Properties, Selection, Selector, select};
use rolodav::formats::recur::Budget;
use rolodav::formats::zone::{Zone, Zones};
use rolodav::store::collection;

const YEAR_2020: i64 = 1_577_836_800;

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|b| *b == b'\n').map_or(data.len(), |at| at + 1);
    let (head, bytes) = data.split_at(end);
    let head = String::from_utf8_lossy(head);
    let mut words = head.split_whitespace();
    let mut hour = || words.next().and_then(|word| word.parse::<i32>().ok()).unwrap_or(0);
    let (from, to) = (i64::from(hour()), i64::from(hour()));
    let range = Stretch {
        start: YEAR_2020 + from.min(to) * 3600,
        end: YEAR_2020 + (from.max(to) + 1) * 3600,
    };
    let words: Vec<&str> = words.take(4).collect();

    let Ok(document) = parse(bytes, Bounds::new(2000, 200)) else { return };
    let mut at = 0;
    document.roots.iter().for_each(|root| at = check(root, at, bytes));
    query(bytes, &document, range, &words);

    let limits = Limits { event_lines: 2000, event_components: 200, ..Limits::default() };
    let kinds = collection::Components::default();
    let rules = Rules { limits: &limits, kinds, strict: false, now: YEAR_2020 };
    let Ok(new) = accept(bytes.to_vec().into(), &rules) else { return };
    let served = new.body.bytes;
    assert_eq!(new.original.is_some(), !new.notes.is_empty(), "{:?}", new.notes);
    assert_eq!(new.original.is_none(), served == bytes, "changed without a word");
    assert!(std::str::from_utf8(&served).is_ok(), "what is served is not UTF-8");
    let more = Limits { event_lines: 5000, ..limits.clone() };
    let strict = Rules { limits: &more, kinds, strict: true, now: YEAR_2020 };
    let again = accept(served.clone(), &strict)
        .unwrap_or_else(|fault| panic!("what is served is refused: {fault}"));
    assert_eq!((again.uid, again.body.bytes), (new.uid, served), "served and sent again");
});

/// The parts of a component lie in it, in order; where it begins is not before `from`.
fn check(component: &Component<'_>, from: usize, bytes: &[u8]) -> usize {
    let (span, inner) = (component.span.clone(), component.inner.clone());
    assert!(from <= span.start && span.start < inner.start, "{span:?} after {from}");
    assert!(inner.start <= inner.end && inner.end <= span.end && span.end <= bytes.len());
    let mut at = inner.start;
    for child in &component.children {
        at = check(child, at, bytes);
        let inside = |line: &std::ops::Range<usize>| {
            line.start < child.span.end && child.span.start < line.end
        };
        assert!(!component.properties.iter().any(|line| inside(&line.span())));
    }
    assert!(at <= inner.end);
    span.end
}

fn query(bytes: &[u8], document: &Document<'_>, range: Stretch, words: &[&str]) {
    let Some(calendar) = document.calendar() else { return };
    let zones = Zones::of(calendar, Zone::UTC);
    let budget = Budget::new(2000, 200);
    let selection = Selection {
        name: "VCALENDAR".into(),
        properties: Properties::Named(
            words
                .iter()
                .map(|w| Selector { name: (*w).into(), novalue: w.len() % 2 == 0 })
                .collect(),
        ),
        components: Components::Named(words.iter().map(|word| Selection::whole(word)).collect()),
    };
    assert!(select(bytes, document, &selection).len() <= bytes.len());

    let mut allowance = Allowance { bytes: 1 << 16, budget };
    if let Some(expanded) = expand(bytes, document, &zones, range, &mut allowance) {
        assert!(expanded.len() <= 1 << 16);
        let read = parse(&expanded, Bounds::STORED).expect("what was expanded is read");
        let rules = |c: &Component<'_>| c.property("RRULE").is_some();
        let events = read.calendar().into_iter().flat_map(|c| c.children_named("VEVENT"));
        assert!(!events.into_iter().any(rules), "a rule is left");
    }
    let limited = limit_recurrence_set(bytes, document, &zones, range, &mut budget.clone());
    assert!(limited.len() <= bytes.len());
    let _ = limit_freebusy_set(bytes, document, &zones, range);
    let mut collector = Collector::new(range, &[]);
    let _ = collector.add(calendar, &zones, &mut budget.clone());
    let busy = collector.finish();
    assert!(busy.iter().zip(busy.iter().skip(1)).all(|(a, b)| a.1.end <= b.1.start), "{busy:?}");

    let word = words.first().copied().unwrap_or("VEVENT");
    let comp = |time, props, comps| CompFilter {
        name: word.to_owned(),
        condition: CompCondition::Matches { time, props, comps },
    };
    let matches = |comp: CompFilter| {
        let condition = CompCondition::Matches { time: None, props: vec![], comps: vec![comp] };
        let filter = Filter { calendar: CompFilter { name: "VCALENDAR".into(), condition } };
        filter.matches(&mut Subject::new(calendar, &zones, &mut budget.clone()))
    };
    let text = |negate| PropFilter {
        name: words.get(1).copied().unwrap_or("SUMMARY").to_owned(),
        condition: PropCondition::Matches {
            time: None,
            text: Some(TextMatch::new(
                Collation::AsciiCasemap,
                words.get(2).unwrap_or(&"a"),
                negate,
            )),
            params: vec![],
        },
    };
    let there = matches(comp(None, vec![], vec![]));
    assert!(there || !matches(comp(Some(range), vec![], vec![])), "more with a range than without");
    assert!(there || !matches(comp(None, vec![text(false)], vec![])));
    let alarm = CompFilter {
        name: "VALARM".into(),
        condition: CompCondition::Matches { time: Some(range), props: vec![], comps: vec![] },
    };
    let _ = matches(comp(None, vec![text(true)], vec![alarm]));
    let absent = CompFilter { name: word.to_owned(), condition: CompCondition::IsNotDefined };
    assert_ne!(there, matches(absent), "{word} is there and is not");
}
