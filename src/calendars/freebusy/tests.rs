//! Busy times: what says them, how they are merged, and the answers of RFC 4791 appendix B.

use super::*;
use crate::formats::ical::component::{Bounds, parse};
use crate::formats::recur::Budget;
use crate::formats::zone::Zone;

const fn at(start: i64, end: i64) -> Stretch {
    Stretch { start, end }
}

fn merged(found: &[(Kind, Stretch)], range: Stretch) -> Vec<(Kind, Stretch)> {
    let mut times = BusyTimes::default();
    for (kind, stretch) in found {
        times.add(*kind, *stretch);
    }
    times.merged(range)
}

#[test]
fn each_second_is_in_its_strongest_type() {
    use Kind::{Busy, Free, Tentative, Unavailable};
    let range = at(0, 100);
    for (found, wanted) in [
        (vec![], vec![]),
        (
            vec![(Busy, at(-10, 10)), (Busy, at(90, 200))],
            vec![(Busy, at(0, 10)), (Busy, at(90, 100))],
        ),
        (
            vec![(Busy, at(10, 20)), (Busy, at(20, 30)), (Busy, at(15, 18))],
            vec![(Busy, at(10, 30))],
        ),
        (
            vec![(Tentative, at(10, 40)), (Busy, at(20, 30))],
            vec![(Tentative, at(10, 20)), (Busy, at(20, 30)), (Tentative, at(30, 40))],
        ),
        (
            vec![(Unavailable, at(0, 50)), (Tentative, at(40, 60)), (Free, at(0, 100))],
            vec![(Unavailable, at(0, 50)), (Tentative, at(50, 60))],
        ),
        (
            vec![(Busy, at(10, 20)), (Busy, at(10, 20)), (Tentative, at(10, 20))],
            vec![(Busy, at(10, 20))],
        ),
        (vec![(Busy, at(100, 110)), (Busy, at(-5, 0)), (Busy, at(7, 7))], vec![]),
    ] {
        assert_eq!(merged(&found, range), wanted, "{found:?}");
    }
}

#[test]
fn what_an_event_makes_of_its_time() {
    let me = ["mailto:me@example.com".to_owned()];
    for (lines, wanted) in [
        ("", Some(Kind::Busy)),
        ("TRANSP:OPAQUE\r\n", Some(Kind::Busy)),
        ("TRANSP: transparent\r\n", None),
        ("STATUS:CANCELLED\r\n", None),
        ("STATUS:TENTATIVE\r\n", Some(Kind::Tentative)),
        ("STATUS:CONFIRMED\r\n", Some(Kind::Busy)),
        ("ATTENDEE;PARTSTAT=DECLINED:MAILTO:Me@example.com\r\n", None),
        ("ATTENDEE;PARTSTAT=tentative:mailto:me@example.com\r\n", Some(Kind::Tentative)),
        ("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:me@example.com\r\n", Some(Kind::Busy)),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:you@example.com\r\n", Some(Kind::Busy)),
    ] {
        let text = format!("BEGIN:VEVENT\r\n{lines}END:VEVENT\r\n");
        let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
        assert_eq!(Kind::of_event(&document.roots[0], &me), wanted, "{lines}");
    }
}

#[test]
fn periods_of_free_busy_components() {
    let text = "BEGIN:VFREEBUSY\r\nFREEBUSY:19700101T000010Z/PT10S,19700101T000100Z/19700101T000110Z\r\n\
        FREEBUSY;FBTYPE=BUSY-TENTATIVE:19700101T000020Z/PT5S;19700101T000030Z/PT5S\r\n\
        FREEBUSY;FBTYPE=X-NEW:19700101T000040Z/PT5S\r\nFREEBUSY;FBTYPE=FREE:19700101T000050Z/P1D\r\n\
        FREEBUSY:19700101T000110Z/19700101T000100Z,bad\r\nEND:VFREEBUSY\r\n";
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    let zones = Zones::of(&document.roots[0], Zone::UTC);
    let found: Vec<_> = periods(&document.roots[0], &zones).collect();
    let wanted = [
        (Kind::Busy, at(10, 20)),
        (Kind::Busy, at(60, 70)),
        (Kind::Tentative, at(20, 25)),
        (Kind::Tentative, at(30, 35)),
        (Kind::Busy, at(40, 45)),
        (Kind::Free, at(50, 86_450)),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn availability_of_higher_priority_counts() {
    let statement = |priority, kind, covers, available: &[Stretch]| Statement {
        priority,
        kind,
        covers,
        available: available.to_vec(),
    };
    let range = at(0, 100);
    let usual = statement(0, Kind::Unavailable, Stretch::ALWAYS, &[at(20, 40), at(30, 60)]);
    let trip = statement(1, Kind::Busy, at(50, 80), &[at(70, 75)]);
    let weak = statement(9, Kind::Tentative, at(0, 30), &[]);
    for (statements, wanted) in [
        (vec![], vec![]),
        (
            vec![usual.clone()],
            vec![(Kind::Unavailable, at(0, 20)), (Kind::Unavailable, at(60, 100))],
        ),
        (
            vec![trip.clone(), usual.clone()],
            vec![
                (Kind::Unavailable, at(0, 20)),
                (Kind::Busy, at(50, 70)),
                (Kind::Busy, at(75, 80)),
                (Kind::Unavailable, at(80, 100)),
            ],
        ),
        (
            vec![usual, weak, trip],
            vec![
                (Kind::Tentative, at(0, 30)),
                (Kind::Busy, at(50, 70)),
                (Kind::Busy, at(75, 80)),
                (Kind::Unavailable, at(80, 100)),
            ],
        ),
    ] {
        let mut times = BusyTimes::default();
        paint(statements.clone(), range, &mut times);
        assert_eq!(times.merged(range), wanted, "{statements:?}");
    }
    let text =
        "BEGIN:VAVAILABILITY\r\nPRIORITY:2\r\nBUSYTYPE:BUSY-TENTATIVE\r\nEND:VAVAILABILITY\r\n";
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    let read = Statement::of(&document.roots[0], range);
    assert_eq!((read.priority, read.kind, read.covers), (2, Kind::Tentative, range));
}

#[test]
fn the_answer_is_a_calendar_with_one_line_for_each_period() {
    let people = [b"ORGANIZER:mailto:a@example.com".to_vec()];
    let said =
        Answer { range: at(0, 86_400), now: 5, uid: "a,b", method: Some("REPLY"), people: &people };
    let text = String::from_utf8(answer(
        &said,
        &[(Kind::Tentative, at(10, 20)), (Kind::Busy, at(20, 40))],
    ))
    .unwrap();
    assert_eq!(
        text,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//rolodav//rolodav//EN\r\nMETHOD:REPLY\r\n\
         BEGIN:VFREEBUSY\r\nUID:a\\,b\r\nDTSTAMP:19700101T000005Z\r\nDTSTART:19700101T000000Z\r\n\
         DTEND:19700102T000000Z\r\nORGANIZER:mailto:a@example.com\r\n\
         FREEBUSY;FBTYPE=BUSY-TENTATIVE:19700101T000010Z/19700101T000020Z\r\n\
         FREEBUSY:19700101T000020Z/19700101T000040Z\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    );
}

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

/// What `objects` say about the range, as lines of an answer.
fn told(objects: &[&str], start: &str, end: &str) -> Vec<String> {
    let instant = |text| Zone::UTC.instant(When::parse(text, None).unwrap().civil());
    let range = at(instant(start), instant(end));
    let mut collector = Collector::new(range, &[]);
    let mut budget = Budget::new(10_000, 1000);
    for object in objects {
        let document = parse(object.as_bytes(), Bounds::STORED).unwrap();
        let calendar = document.calendar().unwrap();
        let zones = Zones::of(calendar, Zone::named("Europe/Berlin").unwrap());
        collector.add(calendar, &zones, &mut budget).expect("within the budget");
    }
    let said = Answer { range, now: 0, uid: "u", method: None, people: &[] };
    let text = String::from_utf8(answer(&said, &collector.finish())).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("FREEBUSY")).map(str::to_owned).collect()
}

#[test]
fn the_calendar_of_rfc_4791_appendix_b() {
    assert_eq!(
        told(&APPENDIX_B, "20060104T140000Z", "20060105T220000Z"),
        [
            ";FBTYPE=BUSY-TENTATIVE:20060104T150000Z/20060104T160000Z",
            ":20060104T190000Z/20060104T200000Z",
            ";FBTYPE=BUSY-UNAVAILABLE:20060105T100000Z/20060105T120000Z",
            ":20060105T170000Z/20060105T180000Z",
        ]
    );
    assert_eq!(
        told(&APPENDIX_B, "20060101T000000Z", "20060104T140000Z"),
        [
            ";FBTYPE=BUSY-TENTATIVE:20060102T100000Z/20060102T120000Z",
            ":20060102T150000Z/20060102T160000Z",
            ":20060102T170000Z/20060102T180000Z",
            ":20060103T100000Z/20060103T120000Z",
            ":20060103T170000Z/20060103T180000Z",
            ":20060104T100000Z/20060104T120000Z",
        ]
    );
}

#[test]
fn days_moments_and_instances_that_are_off() {
    let event = |lines: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let off = "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:20240702T080000Z\r\n\
        DTSTART:20240702T080000Z\r\nDTEND:20240702T090000Z\r\nSTATUS:CANCELLED\r\n";
    for (lines, wanted) in [
        ("DTSTART;VALUE=DATE:20240702\r\n".to_owned(), vec![":20240701T220000Z/20240702T220000Z"]),
        ("DTSTART:20240702T080000Z\r\n".to_owned(), vec![]),
        (
            format!(
                "DTSTART:20240701T080000Z\r\nDTEND:20240701T090000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\n{off}"
            ),
            vec![":20240701T080000Z/20240701T090000Z", ":20240703T080000Z/20240703T090000Z"],
        ),
    ] {
        assert_eq!(
            told(&[&event(&lines)], "20240701T000000Z", "20240704T000000Z"),
            wanted,
            "{lines}"
        );
    }
}

#[test]
fn office_hours() {
    let hours = "BEGIN:VCALENDAR\r\nBEGIN:VAVAILABILITY\r\nUID:v\r\nBEGIN:AVAILABLE\r\nUID:a\r\n\
        DTSTART;TZID=Europe/Berlin:20240101T090000\r\nDTEND;TZID=Europe/Berlin:20240101T170000\r\n\
        RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR\r\n";
    let meeting = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:m\r\nDTSTART:20240701T060000Z\r\nDURATION:PT2H\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(
        told(&[hours, meeting], "20240701T000000Z", "20240702T000000Z"),
        [
            ";FBTYPE=BUSY-UNAVAILABLE:20240701T000000Z/20240701T060000Z",
            ":20240701T060000Z/20240701T080000Z",
            ";FBTYPE=BUSY-UNAVAILABLE:20240701T150000Z/20240702T000000Z",
        ]
    );
}
