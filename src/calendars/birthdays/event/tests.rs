//! Events against the dates and titles that people expect.

use super::*;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::vcard::DayOfYear;

/// 22 November 2026, 10:15 UTC.
const NOW: Timestamp = Timestamp(1_795_342_500_000);
const STAMP: &str = "20261122T101500Z";

fn text(day: (Option<i16>, i8, i8), occasion: Occasion, alarms: &[DayAlarm]) -> String {
    let day = DayOfYear { year: day.0, month: day.1, day: day.2 };
    let remembered = Remembered { occasion, day, name: "Anna; Muster".to_owned() };
    let window = Window::around(NOW);
    let event = Event { remembered: &remembered, identity: "0a1b", window: &window, alarms };
    String::from_utf8(event.member(STAMP).unwrap().body.bytes.to_vec()).unwrap()
}

/// Start and title of each component, master first.
fn told(text: &str) -> Vec<(String, String)> {
    let document = component::parse(text.as_bytes(), Bounds::STORED).unwrap();
    let events = document.calendar().unwrap().children_named("VEVENT");
    let part =
        |event: &component::Component<'_>, name: &str| event.text(name).unwrap().into_owned();
    events.map(|event| (part(event, "DTSTART"), part(event, "SUMMARY"))).collect()
}

#[test]
fn each_occurrence_of_the_window_tells_the_age() {
    let of = |day| told(&text(day, Occasion::Birthday, &[]));
    let titles = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(start, title)| ((*start).to_owned(), (*title).to_owned())).collect()
    };
    assert_eq!(
        of((Some(1985), 4, 15)),
        titles(&[
            ("19850415", "🎂 Anna; Muster"),
            ("20250415", "🎂 Anna; Muster (40)"),
            ("20260415", "🎂 Anna; Muster (41)"),
            ("20270415", "🎂 Anna; Muster (42)"),
            ("20280415", "🎂 Anna; Muster (43)"),
            ("20290415", "🎂 Anna; Muster (44)"),
            ("20300415", "🎂 Anna; Muster (45)"),
        ]),
    );
    assert_eq!(of((None, 4, 15)), titles(&[("19720415", "🎂 Anna; Muster")]), "no year, no age");
    assert_eq!(
        of((Some(2024), 2, 29)),
        titles(&[
            ("20240229", "🎂 Anna; Muster"),
            ("20250228", "🎂 Anna; Muster (1)"),
            ("20260228", "🎂 Anna; Muster (2)"),
            ("20270228", "🎂 Anna; Muster (3)"),
            ("20280229", "🎂 Anna; Muster (4)"),
            ("20290228", "🎂 Anna; Muster (5)"),
            ("20300228", "🎂 Anna; Muster (6)"),
        ]),
    );
    assert_eq!(
        of((Some(2029), 1, 1)),
        titles(&[("20290101", "🎂 Anna; Muster"), ("20300101", "🎂 Anna; Muster (1)")]),
        "nobody has an age before being born",
    );
}

#[test]
fn the_whole_of_one() {
    let alarms =
        [DayAlarm { days_before: 0, minute: 540 }, DayAlarm { days_before: 7, minute: 570 }];
    let written = text((None, 2, 29), Occasion::Anniversary, &alarms);
    let lines: Vec<&str> = written.lines().filter(|line| !line.starts_with("PRODID")).collect();
    assert_eq!(
        lines,
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "CALSCALE:GREGORIAN",
            "BEGIN:VEVENT",
            "CATEGORIES:Anniversary",
            "DTEND;VALUE=DATE:19720301",
            "DTSTAMP:20261122T101500Z",
            "DTSTART;VALUE=DATE:19720229",
            "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
            "SUMMARY:💍 Anna\\; Muster",
            "TRANSP:TRANSPARENT",
            "UID:anniversary-0a1b@rolodav",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:💍 Anna\\; Muster",
            "DTSTAMP:20261122T101500Z",
            "TRIGGER:P0DT9H0M",
            "UID:anniversary-0a1b@rolodav-1",
            "END:VALARM",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:💍 Anna\\; Muster",
            "DTSTAMP:20261122T101500Z",
            "TRIGGER:-P6DT14H30M",
            "UID:anniversary-0a1b@rolodav-2",
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
        ],
        "{written}"
    );
    assert!(written.split("\r\n").all(|line| !line.contains('\n')), "lines end with CRLF");
    let born = text((Some(1985), 4, 15), Occasion::Birthday, &[]);
    assert!(born.contains("DESCRIPTION:Born 1985-04-15\r\n"), "{born}");
    assert_eq!(born.matches("RECURRENCE-ID;VALUE=DATE:2026").count(), 1, "{born}");
}

#[test]
fn the_index_knows_every_day_and_little_else() {
    let spans = |day: (Option<i16>, i8, i8)| {
        let day = DayOfYear { year: day.0, month: day.1, day: day.2 };
        let remembered = Remembered { occasion: Occasion::Birthday, day, name: "A".to_owned() };
        let window = Window::around(NOW);
        Event { remembered: &remembered, identity: "0", window: &window, alarms: &[] }.spans()
    };
    let at = |year: i16, month: i8, day: i8| {
        gregorian::seconds(jiff::civil::date(year, month, day).at(12, 0, 0, 0))
    };
    for (day, moment, wanted) in [
        ((Some(1985), 4, 15), at(1985, 4, 15), true),
        ((Some(1985), 4, 15), at(1984, 4, 15), false),
        ((Some(1985), 4, 15), at(2001, 4, 15), true),
        ((Some(1985), 4, 15), at(2026, 4, 15), true),
        ((Some(1985), 4, 15), at(2026, 4, 18), false),
        ((Some(1985), 4, 15), at(2026, 11, 22), false),
        ((Some(1985), 4, 15), at(2090, 4, 15), true),
        ((Some(1984), 2, 29), at(2027, 2, 28), true),
        ((Some(1984), 2, 29), at(2028, 2, 29), true),
        ((Some(2028), 2, 29), at(2027, 2, 28), false),
        ((Some(2028), 2, 29), at(2028, 2, 29), true),
        ((Some(2050), 2, 1), at(2049, 2, 1), false),
        ((Some(2050), 2, 1), at(2050, 2, 1), true),
        ((None, 1, 1), at(2025, 1, 1), true),
        ((None, 12, 31), at(2030, 12, 31), true),
        ((None, 12, 31), at(2031, 12, 31), true),
    ] {
        let found = spans(day).iter().any(|span| span.overlaps(moment, moment + 1));
        assert_eq!(found, wanted, "{day:?} at {moment}: {:?}", spans(day));
    }
}
