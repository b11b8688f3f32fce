//! Objects against the stretches of time that they are to be found in.

use super::*;
use crate::formats::ical::{Bounds, parse};

fn unix(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap_or_else(|e| panic!("{text}: {e}")).as_second()
}

const NOW: &str = "2026-06-15T00:00:00Z";

fn of(components: &str) -> Vec<Span> {
    let text = format!("BEGIN:VCALENDAR\n{components}\nEND:VCALENDAR\n");
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    spans(document.calendar().unwrap(), unix(NOW))
}

fn component(kind: &str, lines: &str) -> String {
    format!("BEGIN:{kind}\nUID:1\n{lines}\nEND:{kind}\n")
}

fn told(spans: &[Span]) -> Vec<String> {
    let moment = |at: i64| match at {
        i64::MIN => "ever".into(),
        i64::MAX => "never".into(),
        at => jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
    };
    spans
        .iter()
        .map(|span| {
            let mark = if span.exact { '=' } else { '~' };
            format!("{} {mark} {}", moment(span.start), moment(span.end))
        })
        .collect()
}

#[test]
fn what_happens_once() {
    for (kind, lines, wanted) in [
        (
            "VEVENT",
            "DTSTART:20260101T100000Z\nDTEND:20260101T110000Z",
            &["2026-01-01T10:00:00 = 2026-01-01T11:00:00"][..],
        ),
        (
            "VEVENT",
            "DTSTART;TZID=Europe/Berlin:20260101T100000",
            &["2026-01-01T09:00:00 = 2026-01-01T09:00:01"],
        ),
        ("VEVENT", "DTSTART;VALUE=DATE:20260101", &["2025-12-31T10:00:00 ~ 2026-01-02T14:00:00"]),
        (
            "VEVENT",
            "DTSTART:20260101T100000\nDURATION:PT1H",
            &["2025-12-31T20:00:00 ~ 2026-01-02T01:00:00"],
        ),
        (
            "VEVENT",
            "DTSTART;TZID=Nowhere:20260101T100000\nDURATION:PT1H",
            &["2025-12-31T20:00:00 ~ 2026-01-02T01:00:00"],
        ),
        ("VEVENT", "SUMMARY:no time", &["ever = never"]),
        ("VTODO", "SUMMARY:some day", &["ever = never"]),
        ("VTODO", "DUE:20260101T100000Z", &["2026-01-01T09:59:59 = 2026-01-01T10:00:00"]),
        ("VTODO", "CREATED:20260101T100000Z", &["2026-01-01T10:00:00 = never"]),
        ("VJOURNAL", "SUMMARY:no date", &[]),
        ("VJOURNAL", "DTSTART:20260101T100000Z", &["2026-01-01T10:00:00 = 2026-01-01T10:00:01"]),
        (
            "VEVENT",
            "DTSTART:20260103T100000Z\nBEGIN:VALARM\nTRIGGER:-P2D\nEND:VALARM\n\
             BEGIN:VALARM\nTRIGGER;RELATED=END:PT5M\nREPEAT:2\nDURATION:PT1M\nEND:VALARM\n\
             BEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20251231T000000Z\nEND:VALARM",
            &[
                "2025-12-31T00:00:00 ~ 2025-12-31T00:00:01",
                "2026-01-01T10:00:00 ~ 2026-01-03T10:07:01",
                "2026-01-03T10:00:00 = 2026-01-03T10:00:01",
            ],
        ),
        (
            "VEVENT",
            "DTSTART:20260103T100000Z\nDURATION:PT1H\n\
             BEGIN:VALARM\nTRIGGER:PT0S\nEND:VALARM",
            &["2026-01-03T10:00:00 = 2026-01-03T11:00:00"],
        ),
    ] {
        assert_eq!(told(&of(&component(kind, lines))), wanted, "{kind} {lines}");
    }
}

#[test]
fn what_recurs() {
    for (lines, wanted) in [
        // All of it before the stretches that are told apart.
        (
            "DTSTART:20100101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
            &["2010-01-01T10:00:00 ~ 2010-01-03T11:00:00"][..],
        ),
        (
            "DTSTART:20100101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY",
            &["2010-01-01T10:00:00 ~ 2025-06-15T01:00:00", "2025-06-13T10:00:00 ~ never"],
        ),
        (
            "DTSTART:20260601T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=10",
            &["2026-06-01T10:00:00 ~ 2026-08-03T11:00:00"],
        ),
        (
            "DTSTART:20260601T100000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;COUNT=2",
            &[
                "2026-06-01T10:00:00 = 2026-06-01T11:00:00",
                "2026-07-01T10:00:00 = 2026-07-01T11:00:00",
            ],
        ),
        (
            "DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=YEARLY;UNTIL=20270531T230000Z",
            &[
                "2026-05-31T10:00:00 ~ 2026-06-02T14:00:00",
                "2027-05-31T10:00:00 ~ 2027-06-02T14:00:00",
            ],
        ),
        ("DTSTART:20260601T100000Z\nRRULE:RSCALE=HEBREW;FREQ=YEARLY", &["ever ~ never"]),
        (
            "DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260602T000000Z",
            &["ever ~ never"],
        ),
    ] {
        assert_eq!(told(&of(&component("VEVENT", lines))), wanted, "{lines}");
    }
    let many = of(&component("VEVENT", "DTSTART:20260601T100000Z\nRRULE:FREQ=MONTHLY"));
    assert_eq!(many.len(), MOST - 2, "as many as fit in, the last of them endless");
    assert_eq!(many.last().map(|span| (span.end, span.exact)), Some((i64::MAX, false)));
    let busy = of(&component("VEVENT", "DTSTART:20260601T100000Z\nRRULE:FREQ=SECONDLY;INTERVAL=3"));
    assert_eq!(told(&busy), ["2026-05-30T10:00:00 ~ never"]);
    let costly = "DTSTART:20000601T100000Z\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30";
    let costly = of(&component("VEVENT", costly));
    let covered = |at: &str| costly.iter().any(|span| (span.start..span.end).contains(&unix(at)));
    assert!(covered("2000-06-01T10:00:00Z") && covered("2400-01-01T00:00:00Z"), "{costly:?}");
}

/// Of more instances than fit in, the alarms say nothing about where the others are.
#[test]
fn alarms_far_away_hide_no_instance() {
    let week = 7 * DAY;
    for trigger in [
        "TRIGGER;VALUE=DATE-TIME:19760401T005545Z",
        "TRIGGER;VALUE=DATE-TIME:20280101T000000Z",
        "TRIGGER:-P400D",
        "TRIGGER:P400D",
    ] {
        let alarm = format!("BEGIN:VALARM\n{trigger}\nEND:VALARM");
        for every in ["WEEKLY", "WEEKLY;INTERVAL=2", "WEEKLY;COUNT=200"] {
            let lines = format!("DTSTART:20260103T100000Z\nRRULE:FREQ={every}\n{alarm}");
            let spans = of(&component("VEVENT", &lines));
            assert!(spans.len() <= MOST, "{} stretches of {lines}", spans.len());
            let covers = |at: i64| spans.iter().any(|span| (span.start..span.end).contains(&at));
            let first = unix("2026-01-03T10:00:00Z");
            for at in (0..200).step_by(2).map(|n| first + n * week) {
                assert!(covers(at), "{at} of {lines} is not in {:?}", told(&spans));
                let goes_off = match trigger {
                    "TRIGGER:-P400D" => at - 400 * DAY,
                    "TRIGGER:P400D" => at + 400 * DAY,
                    _ => continue,
                };
                assert!(covers(goes_off), "the alarm of {at}: {:?}", told(&spans));
            }
        }
    }
}

#[test]
fn an_orphan_and_a_moved_instance_are_where_they_take_place() {
    let moved = component("VEVENT", "DTSTART:20260601T100000Z\nRRULE:FREQ=DAILY;COUNT=2")
        + &component("VEVENT", "RECURRENCE-ID:20260602T100000Z\nDTSTART:20300101T000000Z");
    assert_eq!(
        told(&of(&moved)),
        ["2026-06-01T10:00:00 = 2026-06-01T10:00:01", "2030-01-01T00:00:00 = 2030-01-01T00:00:01",]
    );
    let orphan = component("VEVENT", "RECURRENCE-ID:20160602T100000Z\nDTSTART:20160101T000000Z");
    assert_eq!(told(&of(&orphan)), ["2016-01-01T00:00:00 ~ 2016-01-01T00:00:01"]);
}

/// Whatever an object is, each of its instances lies in its stretches, in any zone.
#[test]
fn every_instance_is_covered() {
    for lines in [
        "DTSTART:20200101T100000Z\nRRULE:FREQ=DAILY;BYDAY=MO,FR;COUNT=900",
        "DTSTART;VALUE=DATE:20250101\nDURATION:P3D\nRRULE:FREQ=MONTHLY;BYDAY=-1SU;UNTIL=20310101T000000Z",
        "DTSTART:20250101T233000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=3;COUNT=300\nRDATE:20110101T000000",
        "DTSTART;TZID=Asia/Tokyo:19990101T100000\nDTEND;TZID=Asia/Tokyo:19990120T100000\n\
         RRULE:FREQ=YEARLY;COUNT=60\nRDATE:20260505T050505Z\nEXDATE;TZID=Asia/Tokyo:20260101T100000",
        "DTSTART:20250601T100000Z\nRRULE:FREQ=HOURLY;INTERVAL=31;COUNT=1999",
    ] {
        let text = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", component("VEVENT", lines));
        let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
        let calendar = document.calendar().unwrap();
        let spans = spans(calendar, unix(NOW));
        assert!(spans.len() <= MOST, "{} stretches for {lines}", spans.len());
        for zone in ["Pacific/Kiritimati", "UTC", "America/New_York", "Etc/GMT+12"] {
            let zones = Zones::of(calendar, Zone::named(zone).unwrap());
            let series = Series::of(calendar, &zones);
            let mut walk = series[0].walk(i64::MIN, i64::MAX);
            let mut budget = Budget::new(100_000, 10_000);
            let mut count = 0;
            while let Ok(Some(instance)) = walk.next(&mut budget) {
                let Stretch { start, end } =
                    taken(instance.component, instance.times, &zones).unwrap();
                let covers = |span: &Span| span.start <= start && end <= span.end;
                let parts = spans.iter().any(covers)
                    || (spans.iter().any(|s| (s.start..s.end).contains(&start))
                        && spans.iter().any(|s| (s.start..s.end).contains(&(end - 1))));
                assert!(
                    parts,
                    "{:?} of {lines} in {zone} is not in {:?}",
                    instance.start,
                    told(&spans)
                );
                count += 1;
            }
            assert!(count > 20, "{count} instances of {lines}");
        }
    }
}
