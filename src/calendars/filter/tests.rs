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
fn every_instance_counts_and_overrides_replace() {
    let weekly = "DTSTART;TZID=Europe/Berlin:20240304T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n\
        EXDATE;TZID=Europe/Berlin:20240318T090000\r\n";
    let moved = "BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID;TZID=Europe/Berlin:20240325T090000\r\n\
        DTSTART;TZID=Europe/Berlin:20240326T150000\r\nDURATION:PT1H\r\nSUMMARY:moved\r\nEND:VEVENT\r\n";
    let series = object("VEVENT", &format!("{weekly}SUMMARY:plain\r\n"))
        .replace("END:VCALENDAR", &format!("{moved}END:VCALENDAR"));
    for (start, end, wanted, why) in [
        ("20240304T080000Z", "20240304T080001Z", true, "the first, at nine in winter"),
        ("20240304T090000Z", "20240304T100000Z", false, "after the first"),
        ("20240318T000000Z", "20240319T000000Z", false, "taken out"),
        ("20240325T000000Z", "20240326T000000Z", false, "moved away"),
        ("20240326T140000Z", "20240326T150000Z", true, "moved here"),
        ("20240401T070000Z", "20240401T080000Z", true, "at nine in summer"),
        ("20240401T080000Z", "20240401T090000Z", false, "after it"),
        ("20490301T000000Z", "20490401T000000Z", true, "far away"),
        ("", "20240304T080000Z", false, "before all"),
        ("20240304T080000Z", "", true, "open end"),
    ] {
        let query = filter(vec![comp("VEVENT", Some(range(start, end)), vec![], vec![])]);
        assert_eq!(matches(&query, &series), wanted, "{why}");
    }
    let both = |summary, start, end| {
        let props = vec![prop("SUMMARY", None, Some(text(summary, false)), vec![])];
        filter(vec![comp("VEVENT", Some(range(start, end)), props, vec![])])
    };
    let (day, after) = ("20240326T000000Z", "20240327T000000Z");
    assert!(
        matches(&both("moved", day, after), &series),
        "the override has the title and the time"
    );
    assert!(!matches(&both("plain", day, after), &series), "the main one has the title alone");
}

#[test]
fn alarms_ring_for_every_instance() {
    let event = |trigger: &str| {
        object(
            "VEVENT",
            &format!(
                "DTSTART:20240304T090000Z\r\nDTEND:20240304T100000Z\r\nRRULE:FREQ=DAILY;COUNT=10\r\n\
             BEGIN:VALARM\r\n{trigger}END:VALARM\r\n"
            ),
        )
    };
    for (trigger, start, end, wanted) in [
        ("TRIGGER:-PT15M\r\n", "20240304T084500Z", "20240304T084501Z", true),
        ("TRIGGER:-PT15M\r\n", "20240304T084501Z", "20240304T090000Z", false),
        ("TRIGGER:-PT15M\r\n", "20240306T084500Z", "20240306T084600Z", true),
        ("TRIGGER:-PT15M\r\n", "20240313T084500Z", "20240313T084600Z", true),
        ("TRIGGER:-PT15M\r\n", "20240314T084500Z", "20240314T084600Z", false),
        ("TRIGGER;RELATED=END:PT5M\r\n", "20240304T100500Z", "20240304T100501Z", true),
        ("TRIGGER;RELATED=END:PT5M\r\n", "20240304T090500Z", "20240304T090501Z", false),
        ("TRIGGER:-P2D\r\n", "20240302T090000Z", "20240302T090001Z", true),
        (
            "TRIGGER;VALUE=DATE-TIME:20240101T000000Z\r\n",
            "20240101T000000Z",
            "20240101T000001Z",
            true,
        ),
        (
            "TRIGGER;VALUE=DATE-TIME:20240101T000000Z\r\n",
            "20240304T000000Z",
            "20240305T000000Z",
            false,
        ),
        (
            "TRIGGER:-PT15M\r\nREPEAT:2\r\nDURATION:PT5M\r\n",
            "20240304T085500Z",
            "20240304T085501Z",
            true,
        ),
        (
            "TRIGGER:-PT15M\r\nREPEAT:1\r\nDURATION:PT5M\r\n",
            "20240304T085500Z",
            "20240304T085501Z",
            false,
        ),
        (
            "TRIGGER:PT0S\r\nREPEAT:3\r\nDURATION:P1D\r\n",
            "20240316T090000Z",
            "20240316T090001Z",
            true,
        ),
        ("TRIGGER:soon\r\n", "20240101T000000Z", "20250101T000000Z", false),
        ("", "20240101T000000Z", "20250101T000000Z", false),
    ] {
        let alarm = comp("VALARM", Some(range(start, end)), vec![], vec![]);
        let query = filter(vec![comp("VEVENT", None, vec![], vec![alarm])]);
        assert_eq!(matches(&query, &event(trigger)), wanted, "{trigger:?} in {start}..{end}");
    }
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
fn floating_times_and_dates_are_in_the_zone_of_the_query() {
    let inside = |lines: &str, zone: &str, start, end| {
        let text = object("VEVENT", lines);
        let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
        let calendar = document.calendar().unwrap();
        let zones = Zones::of(calendar, Zone::named(zone).unwrap());
        let mut budget = Budget::new(1000, 1000);
        let query = filter(vec![comp("VEVENT", Some(range(start, end)), vec![], vec![])]);
        query.matches(&mut Subject::new(calendar, &zones, &mut budget))
    };
    let (day, floating) =
        ("DTSTART;VALUE=DATE:20240704\r\n", "DTSTART:20240704T090000\r\nDURATION:PT1H\r\n");
    for (lines, zone, start, end, wanted) in [
        (day, "UTC", "20240704T235959Z", "20240705T000000Z", true),
        (day, "UTC", "20240705T000000Z", "20240706T000000Z", false),
        (day, "America/New_York", "20240705T000000Z", "20240705T040000Z", true),
        (day, "America/New_York", "20240704T000000Z", "20240704T040000Z", false),
        (floating, "Asia/Tokyo", "20240704T000000Z", "20240704T010000Z", true),
        (floating, "Asia/Tokyo", "20240704T090000Z", "20240704T100000Z", false),
    ] {
        assert_eq!(inside(lines, zone, start, end), wanted, "{lines:?} in {zone} at {start}");
    }
}

#[test]
fn what_cannot_be_known_matches() {
    let secondly = object(
        "VEVENT",
        "DTSTART:20000101T000000Z\r\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\n",
    );
    let query = filter(vec![comp(
        "VEVENT",
        Some(range("20240101T000000Z", "20240102T000000Z")),
        vec![],
        vec![],
    )]);
    let started = std::time::Instant::now();
    assert!(matches_with(&query, &secondly, Budget::new(0, 0)), "without a budget it may be");
    let _ = matches(&query, &secondly);
    let unreadable = object("VEVENT", "DTSTART:soon\r\n");
    assert!(matches(&query, &unreadable), "an event without a time that can be read is not lost");
    let dates: Vec<_> =
        (0..10_000).map(|n| format!("EXDATE:{:04}0101T000000Z\r\n", 1 + n % 9000)).collect();
    let dates = dates.concat();
    let many =
        object("VEVENT", &format!("DTSTART:20200101T000000Z\r\nRRULE:FREQ=DAILY\r\n{dates}"));
    assert!(!matches(&query, &many), "the first of January is taken out every year");
    assert!(started.elapsed().as_secs() < 10, "took {:?}", started.elapsed());
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
        (filter(vec![comp("VTODO", None, vec![], vec![alarm])]), narrowing("VTODO", None, false)),
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

#[test]
fn thousands_of_changed_instances_cost_one_walk() {
    let mut text = String::from("BEGIN:VCALENDAR\r\n");
    text += "BEGIN:VEVENT\r\nUID:u\r\nDTSTART:20000101T090000Z\r\nRRULE:FREQ=DAILY;COUNT=4000\r\nEND:VEVENT\r\n";
    for n in 0..4000_i64 {
        let at = When::Utc(Zone::UTC.civil(instant("20000101T090000Z") + n * 86_400));
        text += &format!(
            "BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:{at}\r\nDTSTART:{at}\r\nBEGIN:VALARM\r\n\
             TRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
        );
    }
    text += "END:VCALENDAR\r\n";
    let never = range("20200101T000000Z", "20200102T000000Z");
    let alarm = comp("VALARM", Some(never), vec![], vec![]);
    for query in [
        filter(vec![comp("VEVENT", Some(never), vec![], vec![])]),
        filter(vec![comp("VEVENT", None, vec![], vec![alarm])]),
    ] {
        assert!(!matches(&query, &text), "it is known that nothing matches");
    }
    let once = range("20050101T085500Z", "20050101T085501Z");
    let alarm = comp("VALARM", Some(once), vec![], vec![]);
    assert!(matches(&filter(vec![comp("VEVENT", None, vec![], vec![alarm])]), &text));
}
