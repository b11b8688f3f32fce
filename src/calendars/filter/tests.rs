//! Filters: the examples of RFC 4791 §7.8, properties and parameters, what the index can say.

use super::*;
use crate::formats::ical::component::{Bounds, parse};
use crate::formats::ical::value::When;
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};

/// The calendar of RFC 4791 appendix B.
const APPENDIX_B: [&str; 8] = [
    include_str!("../../../tests/calendars/abcd1.ics"),
    include_str!("../../../tests/calendars/abcd2.ics"),
    include_str!("../../../tests/calendars/abcd3.ics"),
    include_str!("../../../tests/calendars/abcd4.ics"),
    include_str!("../../../tests/calendars/abcd5.ics"),
    include_str!("../../../tests/calendars/abcd6.ics"),
    include_str!("../../../tests/calendars/abcd7.ics"),
    include_str!("../../../tests/calendars/abcd8.ics"),
];

fn instant(text: &str) -> i64 {
    match When::parse(text, None) {
        Some(when) => Zone::UTC.instant(when.civil()),
        None => panic!("{text} is no time"),
    }
}

/// The range between two times in UTC; an empty text leaves that side open.
fn range(start: &str, end: &str) -> TimeRange {
    Stretch {
        start: if start.is_empty() { i64::MIN } else { instant(start) },
        end: if end.is_empty() { i64::MAX } else { instant(end) },
    }
}

fn comp(
    name: &str,
    time: Option<TimeRange>,
    props: Vec<PropFilter>,
    comps: Vec<CompFilter>,
) -> CompFilter {
    CompFilter { name: name.to_owned(), condition: CompCondition::Matches { time, props, comps } }
}

fn no_comp(name: &str) -> CompFilter {
    CompFilter { name: name.to_owned(), condition: CompCondition::IsNotDefined }
}

fn filter(comps: Vec<CompFilter>) -> Filter {
    Filter { calendar: comp("VCALENDAR", None, vec![], comps) }
}

fn text(needle: &str, negate: bool) -> TextMatch {
    TextMatch::new(Collation::AsciiCasemap, needle, negate)
}

fn prop(
    name: &str,
    time: Option<TimeRange>,
    text: Option<TextMatch>,
    params: Vec<ParamFilter>,
) -> PropFilter {
    PropFilter { name: name.to_owned(), condition: PropCondition::Matches { time, text, params } }
}

fn no_prop(name: &str) -> PropFilter {
    PropFilter { name: name.to_owned(), condition: PropCondition::IsNotDefined }
}

fn param(name: &str, condition: ParamCondition) -> ParamFilter {
    ParamFilter { name: name.to_owned(), condition }
}

fn matches_with(filter: &Filter, object: &str, budget: Budget) -> bool {
    let document = parse(object.as_bytes(), Bounds::STORED).unwrap();
    let calendar = document.calendar().expect("a calendar");
    let zones = Zones::of(calendar, Zone::UTC);
    let mut budget = budget;
    filter.matches(&mut Subject::new(calendar, &zones, &mut budget))
}

fn matches(filter: &Filter, object: &str) -> bool {
    matches_with(filter, object, Budget::new(20_000, 2_000))
}

/// Which objects of the appendix match, by number.
fn hits(filter: &Filter) -> Vec<usize> {
    (1..).zip(APPENDIX_B).filter(|(_, object)| matches(filter, object)).map(|(n, _)| n).collect()
}

mod times;

#[test]
fn the_examples_of_rfc_4791_section_7_8() {
    let events_in =
        |start, end| filter(vec![comp("VEVENT", Some(range(start, end)), vec![], vec![])]);
    let event_with = |prop| filter(vec![comp("VEVENT", None, vec![prop], vec![])]);
    let lisa = param("PARTSTAT", ParamCondition::Text(text("NEEDS-ACTION", false)));
    let alarm = comp("VALARM", Some(range("20060106T100000Z", "20060107T100000Z")), vec![], vec![]);
    for (section, filter, wanted) in [
        ("7.8.1", events_in("20060104T000000Z", "20060105T000000Z"), vec![2, 3]),
        ("7.8.2", events_in("20060103T000000Z", "20060105T000000Z"), vec![2, 3]),
        (
            "7.8.4",
            filter(vec![comp(
                "VFREEBUSY",
                Some(range("20060102T000000Z", "20060103T000000Z")),
                vec![],
                vec![],
            )]),
            vec![8],
        ),
        ("7.8.5", filter(vec![comp("VTODO", None, vec![], vec![alarm])]), vec![5]),
        (
            "7.8.6",
            event_with(prop(
                "UID",
                None,
                Some(TextMatch::new(
                    Collation::Octet,
                    "DC6C50A017428C5216A2F1CD@example.com",
                    false,
                )),
                vec![],
            )),
            vec![3],
        ),
        (
            "7.8.7",
            event_with(prop(
                "ATTENDEE",
                None,
                Some(text("mailto:lisa@example.com", false)),
                vec![lisa],
            )),
            vec![3],
        ),
        ("7.8.8", filter(vec![CompFilter::defined("VEVENT")]), vec![1, 2, 3]),
        (
            "7.8.9",
            filter(vec![comp(
                "VTODO",
                None,
                vec![
                    no_prop("COMPLETED"),
                    prop("STATUS", None, Some(text("CANCELLED", true)), vec![]),
                ],
                vec![],
            )]),
            vec![4, 5],
        ),
        ("7.8.10", event_with(prop("X-ABC-GUID", None, Some(text("ABC", false)), vec![])), vec![]),
        ("everything", Filter::everything(), vec![1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        assert_eq!(hits(&filter), wanted, "{section}");
    }
}

/// A calendar with one component in it.
fn object(name: &str, lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nBEGIN:{name}\r\nUID:u\r\n{lines}END:{name}\r\nEND:VCALENDAR\r\n")
}

#[test]
fn properties_parameters_and_what_is_missing() {
    let event = object(
        "VEVENT",
        "DTSTART:20240101T100000Z\r\nDURATION:PT1H\r\nSUMMARY:Grüße\\, Ann\r\n\
        ATTENDEE;PARTSTAT=ACCEPTED;CN=Ann:mailto:ann@example.com\r\n\
        ATTENDEE;CN=\"Bob, B\":mailto:bob@example.com\r\nCATEGORIES:a,b\r\nX-EMPTY:\r\n",
    );
    let ann = |condition| {
        prop("ATTENDEE", None, Some(text("ann@", false)), vec![param("PARTSTAT", condition)])
    };
    let at = |name, start, end| prop(name, Some(range(start, end)), None, vec![]);
    for (condition, wanted, why) in [
        (prop("summary", None, None, vec![]), true, "defined, in any case"),
        (prop("LOCATION", None, None, vec![]), false, "not there"),
        (no_prop("LOCATION"), true, "rightly not there"),
        (no_prop("SUMMARY"), false, "there"),
        (prop("X-EMPTY", None, None, vec![]), true, "empty is there"),
        (prop("SUMMARY", None, Some(text(", ann", false)), vec![]), true, "unescaped, any case"),
        (
            prop("SUMMARY", None, Some(text("GRÜSSE", false)), vec![]),
            false,
            "ASCII folds ASCII alone",
        ),
        (
            prop(
                "SUMMARY",
                None,
                Some(TextMatch::new(Collation::UnicodeCasemap, "GRÜSSE", false)),
                vec![],
            ),
            true,
            "Unicode",
        ),
        (prop("SUMMARY", None, Some(text("bob", true)), vec![]), true, "negated"),
        (
            prop("LOCATION", None, Some(text("bob", true)), vec![]),
            false,
            "negated needs a property",
        ),
        (ann(ParamCondition::IsDefined), true, "parameter there"),
        (ann(ParamCondition::IsNotDefined), false, "parameter not missing"),
        (ann(ParamCondition::Text(text("accept", false))), true, "parameter text"),
        (ann(ParamCondition::Text(text("accept", true))), false, "parameter text negated"),
        (
            prop(
                "ATTENDEE",
                None,
                Some(text("bob@", false)),
                vec![param("PARTSTAT", ParamCondition::IsNotDefined)],
            ),
            true,
            "on the same property",
        ),
        (
            prop(
                "ATTENDEE",
                None,
                None,
                vec![param("CN", ParamCondition::Text(text("bob, b", false)))],
            ),
            true,
            "quoted",
        ),
        (at("DTSTART", "20240101T100000Z", "20240101T100001Z"), true, "time of a property"),
        (at("DTSTART", "20240101T100001Z", "20240102T000000Z"), false, "after it"),
        (at("DTEND", "20240101T110000Z", "20240101T110001Z"), true, "the end that DURATION says"),
        (at("DTEND", "20240101T100000Z", "20240101T110000Z"), false, "before that end"),
        (at("DUE", "", ""), false, "not a task"),
    ] {
        let query = filter(vec![comp("VEVENT", None, vec![condition], vec![])]);
        assert_eq!(matches(&query, &event), wanted, "{why}");
    }
    for (query, wanted) in [
        (filter(vec![no_comp("VTODO")]), true),
        (filter(vec![no_comp("VEVENT")]), false),
        (filter(vec![comp("VEVENT", None, vec![], vec![no_comp("VALARM")])]), true),
        (filter(vec![CompFilter::defined("VEVENT"), CompFilter::defined("VTODO")]), false),
        (Filter { calendar: CompFilter::defined("VCARD") }, false),
        (Filter { calendar: no_comp("VCALENDAR") }, false),
        (Filter { calendar: comp("VCALENDAR", None, vec![no_prop("METHOD")], vec![]) }, true),
    ] {
        assert_eq!(matches(&query, &event), wanted, "{query:?}");
    }
}

#[test]
fn what_the_time_index_can_say() {
    let during = Some(range("20240101T000000Z", "20240201T000000Z"));
    let narrowing = |kind: &str, time: Option<TimeRange>, decides| {
        Some(Narrowing { kind: kind.to_owned(), range: time.unwrap_or(Stretch::ALWAYS), decides })
    };
    let alarm = comp("VALARM", during, vec![], vec![]);
    for (query, wanted) in [
        (filter(vec![comp("vevent", during, vec![], vec![])]), narrowing("VEVENT", during, true)),
        (filter(vec![CompFilter::defined("VTODO")]), narrowing("VTODO", None, true)),
        (
            filter(vec![comp("VEVENT", during, vec![no_prop("X")], vec![])]),
            narrowing("VEVENT", during, false),
        ),
        (
            filter(vec![comp("VEVENT", during, vec![], vec![CompFilter::defined("VALARM")])]),
            narrowing("VEVENT", during, false),
        ),
        (filter(vec![comp("VTODO", None, vec![], vec![alarm])]), narrowing("VTODO", during, false)),
        (
            filter(vec![no_comp("VTODO"), comp("VEVENT", during, vec![], vec![])]),
            narrowing("VEVENT", during, false),
        ),
        (
            Filter {
                calendar: comp(
                    "VCALENDAR",
                    None,
                    vec![no_prop("X")],
                    vec![comp("VEVENT", during, vec![], vec![])],
                ),
            },
            narrowing("VEVENT", during, false),
        ),
        (filter(vec![no_comp("VEVENT")]), None),
        (Filter::everything(), None),
        (Filter { calendar: no_comp("VCALENDAR") }, None),
    ] {
        assert_eq!(query.narrowing(), wanted, "{query:?}");
    }
}
