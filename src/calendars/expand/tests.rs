//! What is sent of recurring objects: the examples of RFC 4791 §7.8, and every kind of time.

use super::*;
use crate::formats::ical::component::{Bounds, parse};
use crate::formats::zone::Zone;

const ABCD2: &str = include_str!("../../../tests/calendars/abcd2.ics");
const ABCD3: &str = include_str!("../../../tests/calendars/abcd3.ics");
const ABCD8: &str = include_str!("../../../tests/calendars/abcd8.ics");

fn range(start: &str, end: &str) -> Stretch {
    let at = |text| Zone::UTC.instant(When::parse(text, None).unwrap().civil());
    Stretch { start: at(start), end: at(end) }
}

const PLENTY: Allowance = Allowance { bytes: 1 << 20, budget: Budget::new(100_000, 10_000) };

fn with<T>(text: &str, run: impl FnOnce(&Document<'_>, &Zones) -> T) -> T {
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    let zones = Zones::of(document.calendar().unwrap(), Zone::UTC);
    run(&document, &zones)
}

fn expanded(text: &str, range: Stretch) -> String {
    let bytes = with(text, |d, z| expand(text.as_bytes(), d, z, range, &mut { PLENTY }));
    String::from_utf8(bytes.expect("within the allowance")).unwrap()
}

fn calendar(inner: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example Corp.//CalDAV Client//EN\r\n{inner}END:VCALENDAR\r\n"
    )
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\n{lines}END:VEVENT\r\n")
}

/// The components of an expanded object, their lines sorted, by start: order carries no meaning.
fn sorted(text: &str) -> Vec<Vec<String>> {
    with(text, |document, _| {
        let calendar = document.calendar().unwrap();
        let lines = |component: &Component<'_>| {
            let mut lines: Vec<_> = component
                .properties
                .iter()
                .map(|l| String::from_utf8_lossy(&l.unfolded()).into_owned())
                .collect();
            lines.sort();
            lines
        };
        let mut parts: Vec<_> = calendar.children.iter().map(lines).collect();
        parts.sort();
        parts
    })
}

#[test]
fn the_example_of_rfc_4791_section_7_8_3() {
    let during = range("20060103T000000Z", "20060105T000000Z");
    let second =
        "DTSTAMP:20060206T001121Z\r\nDURATION:PT1H\r\nUID:00959BC664CA650E933C892C@example.com\r\n";
    let wanted = calendar(&[
        event(&format!("{second}DTSTART:20060103T170000Z\r\nRECURRENCE-ID:20060103T170000Z\r\nSUMMARY:Event #2\r\n")),
        event(&format!("{second}DTSTART:20060104T190000Z\r\nRECURRENCE-ID:20060104T170000Z\r\nSUMMARY:Event #2 bis\r\n")),
    ].concat());
    assert_eq!(sorted(&expanded(ABCD2, during)), sorted(&wanted));
    let third =
        ABCD3.replace("DTSTART;TZID=US/Eastern:20060104T100000", "DTSTART:20060104T150000Z");
    let zone = third.find("BEGIN:VTIMEZONE").unwrap()..third.find("BEGIN:VEVENT").unwrap();
    assert_eq!(expanded(ABCD3, during), third.replace(third.get(zone).unwrap(), ""));
}

#[test]
fn every_kind_of_time_is_moved_in_its_own_way() {
    let during = range("20240330T000000Z", "20240401T000000Z");
    for (why, lines, wanted) in [
        (
            "dates stay dates",
            "DTSTART;VALUE=DATE:20240301\r\nDTEND;VALUE=DATE:20240302\r\nRRULE:FREQ=DAILY\r\n",
            vec![
                "DTSTART;VALUE=DATE:20240330\r\nDTEND;VALUE=DATE:20240331\r\nRECURRENCE-ID;VALUE=DATE:20240330\r\n",
                "DTSTART;VALUE=DATE:20240331\r\nDTEND;VALUE=DATE:20240401\r\nRECURRENCE-ID;VALUE=DATE:20240331\r\n",
            ],
        ),
        (
            "floating times stay floating",
            "DTSTART:20240330T090000\r\nRRULE:FREQ=DAILY;COUNT=1\r\n",
            vec!["DTSTART:20240330T090000\r\nRECURRENCE-ID:20240330T090000\r\n"],
        ),
        (
            "zoned times are in UTC, over the change to summer",
            "DTSTART;TZID=Europe/Berlin:20240301T090000\r\nDTEND;TZID=Europe/Berlin:20240301T100000\r\nRRULE:FREQ=DAILY\r\nEXDATE;TZID=Europe/Berlin:20240329T090000\r\n",
            vec![
                "DTSTART:20240330T080000Z\r\nDTEND:20240330T090000Z\r\nRECURRENCE-ID:20240330T080000Z\r\n",
                "DTSTART:20240331T070000Z\r\nDTEND:20240331T080000Z\r\nRECURRENCE-ID:20240331T070000Z\r\n",
            ],
        ),
        (
            "what does not recur has no id; other times in zones are in UTC too",
            "DTSTART;TZID=Europe/Berlin:20240330T090000\r\nX-AT;TZID=Europe/Berlin;X-P=1:20240330T110000\r\nX-ZONE;TZID=Europe/Berlin:noon\r\n",
            vec![
                "DTSTART:20240330T080000Z\r\nX-AT;X-P=1:20240330T100000Z\r\nX-ZONE;TZID=Europe/Berlin:noon\r\n",
            ],
        ),
        ("outside of the range", "DTSTART:20240501T000000Z\r\n", vec![]),
        (
            "added dates",
            "DTSTART:20240301T000000Z\r\nRDATE:20240330T120000Z\r\nDURATION:PT1H\r\n",
            vec!["DTSTART:20240330T120000Z\r\nDURATION:PT1H\r\nRECURRENCE-ID:20240330T120000Z\r\n"],
        ),
    ] {
        let text = calendar(&event(lines));
        let wanted = calendar(&wanted.into_iter().map(event).collect::<String>());
        assert_eq!(expanded(&text, during), wanted, "{why}");
    }
}

#[test]
fn what_costs_too_much_is_not_expanded() {
    let during = range("20240101T000000Z", "20250101T000000Z");
    let minutely = calendar(&event("DTSTART:20240101T000000Z\r\nRRULE:FREQ=MINUTELY\r\n"));
    let long = calendar(&event(&format!(
        "DTSTART:20240101T000000Z\r\nRRULE:FREQ=DAILY\r\nSUMMARY:{}\r\n",
        "x".repeat(10_000)
    )));
    let daily = calendar(&event("DTSTART:20240101T000000Z\r\nRRULE:FREQ=DAILY\r\n"));
    for (why, text, allowance, wanted) in [
        ("too many instances", &minutely, PLENTY, false),
        ("too many bytes", &long, PLENTY, false),
        ("no work left", &daily, Allowance { budget: Budget::new(10, 10_000), ..PLENTY }, false),
        ("no end", &daily.replace("END:VEVENT\r\n", ""), PLENTY, false),
        ("a year of days", &daily, PLENTY, true),
    ] {
        let mut left = allowance;
        let found = with(text, |d, z| expand(text.as_bytes(), d, z, during, &mut left));
        assert_eq!(found.is_some(), wanted, "{why}");
        let used = found.map_or(0, |bytes| bytes.len());
        assert_eq!(left.bytes, allowance.bytes - used, "{why}: what is written is counted");
        if !wanted {
            let results = left.budget.results();
            assert_eq!(results, allowance.budget.results(), "{why}: left for other objects");
        }
    }
}

#[test]
fn the_example_of_rfc_4791_section_7_8_2() {
    let limited = |text: &str, range| {
        let bytes = with(text, |d, z| {
            limit_recurrence_set(text.as_bytes(), d, z, range, &mut Budget::new(1000, 1000))
        });
        String::from_utf8(bytes).unwrap()
    };
    let during = range("20060103T000000Z", "20060105T000000Z");
    let cut = ABCD2.rfind("BEGIN:VEVENT").unwrap()..ABCD2.find("END:VCALENDAR").unwrap();
    assert_eq!(limited(ABCD2, during), ABCD2.replace(ABCD2.get(cut).unwrap(), ""));
    assert_eq!(limited(ABCD3, during), ABCD3);
    // Moved away from the range, and moved into it.
    let away = range("20060104T170000Z", "20060104T180000Z");
    assert!(limited(ABCD2, away).contains("Event #2 bis\r\n"), "it is not at its old time");
    let into = range("20060106T190000Z", "20060106T200000Z");
    assert!(limited(ABCD2, into).contains("Event #2 bis bis"), "it is at its new time");
    assert!(!limited(ABCD2, into).contains("Event #2 bis\r\n"));
}

#[test]
fn an_override_of_all_that_follows_is_kept_for_later_instances() {
    let text = calendar(&[
        event("UID:u\r\nDTSTART:20240101T090000Z\r\nRRULE:FREQ=DAILY\r\n"),
        event("UID:u\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20240110T090000Z\r\nDTSTART:20240110T120000Z\r\n"),
    ].concat());
    let later = range("20240301T000000Z", "20240302T000000Z");
    let limited = with(&text, |d, z| {
        limit_recurrence_set(text.as_bytes(), d, z, later, &mut Budget::new(1000, 1000))
    });
    assert_eq!(String::from_utf8(limited).unwrap(), text);
    let wanted = event("UID:u\r\nRECURRENCE-ID:20240301T090000Z\r\nDTSTART:20240301T120000Z\r\n");
    assert_eq!(expanded(&text, later), calendar(&wanted));
}

#[test]
fn the_example_of_rfc_4791_section_7_8_4() {
    let limited = |text: &str, range| {
        let bytes = with(text, |d, z| limit_freebusy_set(text.as_bytes(), d, z, range));
        String::from_utf8(bytes).unwrap()
    };
    let wanted: String = ABCD8
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("FREEBUSY") || line.contains("20060102"))
        .collect();
    assert_eq!(limited(ABCD8, range("20060102T000000Z", "20060103T000000Z")), wanted);
    let listed = calendar(
        "BEGIN:VFREEBUSY\r\nFREEBUSY;X-P=1:20240101T000000Z/PT1H,20240102T000000Z/PT1H,bad\r\nEND:VFREEBUSY\r\n",
    );
    let wanted = listed.replace("20240101T000000Z/PT1H,", "");
    assert_eq!(limited(&listed, range("20240102T000000Z", "20240103T000000Z")), wanted);
}
