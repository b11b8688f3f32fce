//! Objects against the instances that are known of them.

use super::*;
use crate::formats::ical::{Bounds, parse};
use crate::formats::recur::Budget;

const EVER: (i64, i64) = (i64::MIN, i64::MAX);

fn unix(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap_or_else(|e| panic!("{text}: {e}")).as_second()
}

fn utc(instant: i64) -> String {
    jiff::Timestamp::from_second(instant).unwrap().strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// The instances in a range, as `[recurrence id] start/end summary` in UTC, sorted.
fn told(components: &str, default: &str, range: (i64, i64)) -> Vec<String> {
    let text = format!("BEGIN:VCALENDAR\n{components}\nEND:VCALENDAR\n");
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    let calendar = document.calendar().unwrap();
    let zones = Zones::of(calendar, Zone::named(default).unwrap());
    let mut budget = Budget::new(5_000, 1_000);
    let mut all = Vec::new();
    for series in Series::of(calendar, &zones) {
        let mut walk = series.walk(range.0, range.1);
        loop {
            match walk.next(&mut budget) {
                Ok(Some(instance)) => all.push(line(&instance, &zones)),
                Ok(None) => break,
                Err(incomplete) => all.push(format!("~ {incomplete:?}")),
            }
            if all.last().is_some_and(|last| last.starts_with('~')) {
                break;
            }
        }
    }
    all.sort();
    all
}

fn line(instance: &Instance<'_, '_>, zones: &Zones) -> String {
    let id = instance.recurrence_id.as_ref().map(|id| format!("[{id}] "));
    for (when, instant) in
        [(&instance.start, instance.times.start), (&instance.end, instance.times.end)]
    {
        let same = when.as_ref().map(|when| zones.instant(when));
        assert_eq!(same, instant, "{id:?}: the value and the instant differ");
    }
    let start = instance.times.start.map_or("-".into(), utc);
    let end = instance.times.end.map(|end| format!("/{}", utc(end)));
    let summary = instance.component.text("SUMMARY").map(|summary| format!(" {summary}"));
    [id, Some(start), end, summary].into_iter().flatten().collect()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\n")
}

fn check(components: &str, wanted: &[&str]) {
    assert_eq!(told(components, "Europe/Berlin", EVER), wanted, "{components}");
}

#[test]
fn one_event_of_every_kind() {
    for (lines, wanted) in [
        ("DTSTART:20240101T100000Z\nDTEND:20240101T110000Z", "2024-01-01T10:00Z/2024-01-01T11:00Z"),
        ("DTSTART:20240101T100000\nDURATION:PT90M", "2024-01-01T09:00Z/2024-01-01T10:30Z"),
        ("DTSTART;VALUE=DATE:20240101", "2023-12-31T23:00Z"),
        (
            "DTSTART;VALUE=DATE:20240330\nDTEND;VALUE=DATE:20240401",
            "2024-03-29T23:00Z/2024-03-31T22:00Z",
        ),
        (
            "DTSTART;TZID=America/New_York :20240101T100000\nDTEND;TZID=Europe/Berlin:20240101T180000",
            "2024-01-01T15:00Z/2024-01-01T17:00Z",
        ),
        (
            "DTSTART:20240101T100000Z\nDTEND:20240101T110000Z\nDURATION:PT0S",
            "2024-01-01T10:00Z/2024-01-01T11:00Z",
        ),
        ("DTSTART:20240101T100000Z\nDTEND:20240101T090000Z", "2024-01-01T10:00Z/2024-01-01T09:00Z"),
        // A day by DURATION is a day on the clock, 24 hours are not.
        (
            "DTSTART;TZID=Europe/Berlin:20240330T120000\nDURATION:P1D",
            "2024-03-30T11:00Z/2024-03-31T10:00Z",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20240330T120000\nDURATION:PT24H",
            "2024-03-30T11:00Z/2024-03-31T11:00Z",
        ),
        ("SUMMARY:no time at all", "- no time at all"),
        ("DTSTART:20240101T100000Z\nRRULE:nonsense", "[20240101T100000Z] 2024-01-01T10:00Z"),
        ("DTSTART:20240101T100000Z\nEXDATE:20240101T100000Z", "2024-01-01T10:00Z"),
    ] {
        check(&event(lines), &[wanted]);
    }
}

#[test]
fn rules_dates_and_exceptions_make_one_set() {
    for (lines, wanted) in [
        // Over the end of summer time: the same time on the clock, the same length.
        (
            "DTSTART;TZID=America/New_York:20241102T090000\nDTEND;TZID=America/New_York:20241102T100000\n\
          RRULE:FREQ=DAILY;COUNT=2",
            vec![
                "[20241102T090000] 2024-11-02T13:00Z/2024-11-02T14:00Z",
                "[20241103T090000] 2024-11-03T14:00Z/2024-11-03T15:00Z",
            ],
        ),
        // RFC 5545 §3.8.5.1 and §3.8.5.2: two rules, dates, exceptions; each start once.
        (
            "DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;COUNT=3\nRRULE:FREQ=WEEKLY;COUNT=2\n\
          RDATE:20240103T100000Z,20240120T120000Z\nEXDATE:20240102T100000Z",
            vec![
                "[20240101T100000Z] 2024-01-01T10:00Z",
                "[20240103T100000Z] 2024-01-03T10:00Z",
                "[20240108T100000Z] 2024-01-08T10:00Z",
                "[20240120T120000Z] 2024-01-20T12:00Z",
            ],
        ),
        (
            "DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;COUNT=5\nEXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2",
            vec![
                "[20240102T100000Z] 2024-01-02T10:00Z",
                "[20240104T100000Z] 2024-01-04T10:00Z",
                "[20240105T100000Z] 2024-01-05T10:00Z",
            ],
        ),
        (
            "DTSTART:20240101T100000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20240105T100000Z/PT2H,\
          20240106T100000Z/20240106T103000Z",
            vec![
                "[20240101T100000Z] 2024-01-01T10:00Z/2024-01-01T11:00Z",
                "[20240105T100000Z] 2024-01-05T10:00Z/2024-01-05T12:00Z",
                "[20240106T100000Z] 2024-01-06T10:00Z/2024-01-06T10:30Z",
            ],
        ),
        // Exceptions of the other type, and in another zone.
        (
            "DTSTART;TZID=Europe/Berlin:20240101T000500\nRRULE:FREQ=DAILY;COUNT=4\n\
          EXDATE;VALUE=DATE:20240102\nEXDATE:20240102T230500Z\nEXDATE;TZID=Asia/Tokyo:20240104T080500",
            vec!["[20240101T000500] 2023-12-31T23:05Z"],
        ),
        (
            "DTSTART;VALUE=DATE:20240101\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20240102T000000Z\n\
          EXDATE:20240102T230000Z",
            vec!["[20240101] 2023-12-31T23:00Z", "[20240104] 2024-01-03T23:00Z"],
        ),
        // UNTIL without Z, and as a date.
        (
            "DTSTART;TZID=Europe/Berlin:20240101T100000\nRRULE:FREQ=DAILY;UNTIL=20240102T100000",
            vec!["[20240101T100000] 2024-01-01T09:00Z", "[20240102T100000] 2024-01-02T09:00Z"],
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20240101T100000\nRRULE:FREQ=DAILY;UNTIL=20240102",
            vec!["[20240101T100000] 2024-01-01T09:00Z", "[20240102T100000] 2024-01-02T09:00Z"],
        ),
        // The DTSTART that does not follow the rule, taken out as the RFC shows.
        (
            "DTSTART;TZID=America/New_York:19970902T090000\n\
          EXDATE;TZID=America/New_York:19970902T090000\n\
          RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3",
            vec!["[19980213T090000] 1998-02-13T14:00Z", "[19980313T090000] 1998-03-13T14:00Z"],
        ),
        ("DTSTART:20240101T100000Z\nRRULE:RSCALE=CHINESE;FREQ=YEARLY", vec!["~ Scale"]),
        (
            "DTSTART:20240101T100000Z\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
            vec!["[20240101T100000Z] 2024-01-01T10:00Z", "~ Budget(OverBudget)"],
        ),
    ] {
        check(&event(lines), &wanted);
    }
}

#[test]
fn overrides_stand_for_instances() {
    let master = "DTSTART;TZID=Europe/Berlin:20240101T100000\nDURATION:PT1H\n\
                  RRULE:FREQ=DAILY;COUNT=4\nSUMMARY:main";
    let with = |lines: &str| event(master) + &event(lines);
    let ordinary = |day: u8| {
        format!("[202401{day:02}T100000] 2024-01-{day:02}T09:00Z/2024-01-{day:02}T10:00Z main")
    };
    for (lines, second) in [
        (
            "RECURRENCE-ID;TZID=Europe/Berlin:20240102T100000\nDTSTART:20240110T000000Z\nSUMMARY:moved",
            "[20240102T100000] 2024-01-10T00:00Z moved",
        ),
        // In UTC, and of the other type; without a start of its own.
        (
            "RECURRENCE-ID:20240102T090000Z\nDTSTART:20240102T120000Z\nSUMMARY:utc",
            "[20240102T100000] 2024-01-02T12:00Z utc",
        ),
        (
            "RECURRENCE-ID;VALUE=DATE:20240102\nSUMMARY:day",
            "[20240102T100000] 2024-01-02T09:00Z day",
        ),
    ] {
        let mut wanted = [ordinary(1), ordinary(3), ordinary(4), second.to_owned()];
        wanted.sort();
        let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
        check(&with(lines), &wanted);
    }
    // One that stands for nothing is not lost.
    let stray = with("RECURRENCE-ID:20250101T000000Z\nDTSTART:20250101T000000Z\nSUMMARY:stray");
    assert_eq!(told(&stray, "UTC", EVER).len(), 5);
    // Without main component.
    let orphan = event("RECURRENCE-ID:20240102T090000Z\nDTSTART:20240102T120000Z\nSUMMARY:orphan");
    check(&orphan, &["[20240102T090000Z] 2024-01-02T12:00Z orphan"]);
    // Another UID.
    let other = orphan.replace("UID:1", "UID:2") + &event(master);
    assert_eq!(told(&other, "UTC", EVER).len(), 5);
}

#[test]
fn this_and_future_moves_all_that_follow() {
    let text =
        event("DTSTART:20240101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=6\nSUMMARY:a")
            + &event(
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20240103T100000Z\nDTSTART:20240104T080000Z\n\
                  DURATION:PT2H\nSUMMARY:b",
            )
            + &event("RECURRENCE-ID:20240104T100000Z\nDTSTART:20240104T000100Z\nSUMMARY:single")
            + &event(
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20240106T100000Z\nDTSTART:20240106T100000Z\n\
                  SUMMARY:c",
            );
    let wanted = [
        "[20240101T100000Z] 2024-01-01T10:00Z/2024-01-01T11:00Z a",
        "[20240102T100000Z] 2024-01-02T10:00Z/2024-01-02T11:00Z a",
        "[20240103T100000Z] 2024-01-04T08:00Z/2024-01-04T10:00Z b",
        "[20240104T100000Z] 2024-01-04T00:01Z single",
        "[20240105T100000Z] 2024-01-06T08:00Z/2024-01-06T10:00Z b",
        "[20240106T100000Z] 2024-01-06T10:00Z c",
    ];
    check(&text, &wanted);
    // The moved ones are found where they are, not where they were.
    let day = (unix("2024-01-06T07:00:00Z"), unix("2024-01-06T08:30:00Z"));
    assert_eq!(told(&text, "UTC", day), wanted[4..5]);
}

#[test]
fn tasks_and_journals() {
    let task = |lines: &str| format!("BEGIN:VTODO\nUID:1\n{lines}\nEND:VTODO\n");
    check(&task("DUE:20240101T100000Z"), &["-/2024-01-01T10:00Z"]);
    check(
        &task("DTSTART:20240101T090000Z\nDUE:20240101T100000Z\nRRULE:FREQ=DAILY;COUNT=2"),
        &[
            "[20240101T090000Z] 2024-01-01T09:00Z/2024-01-01T10:00Z",
            "[20240102T090000Z] 2024-01-02T09:00Z/2024-01-02T10:00Z",
        ],
    );
    // Reminders recur by DUE alone.
    check(
        &task("DUE:20240101T100000Z\nRRULE:FREQ=DAILY;COUNT=2"),
        &["[20240101T100000Z] -/2024-01-01T10:00Z", "[20240102T100000Z] -/2024-01-02T10:00Z"],
    );
    check(&task("SUMMARY:some day"), &["- some day"]);
    let journal =
        "BEGIN:VJOURNAL\nUID:1\nDTSTART:20240101T100000Z\nDTEND:20240101T110000Z\nEND:VJOURNAL";
    check(journal, &["2024-01-01T10:00Z"]);
}

#[test]
fn a_range_gives_what_the_whole_gives_there() {
    let text = event(
        "DTSTART;TZID=Europe/Berlin:20240101T230000\nDTEND;TZID=Europe/Berlin:20240104T010000\n\
         RRULE:FREQ=DAILY;COUNT=400;BYDAY=MO,WE,SA\nRDATE;VALUE=PERIOD:20240301T000000Z/P20D\n\
         EXDATE;VALUE=DATE:20240603",
    ) + &event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20240701T210000Z\nDTSTART:20240711T210000Z\nDURATION:P9D",
    );
    let all = told(&text, "UTC", EVER);
    assert!(all.len() > 390, "{} instances", all.len());
    let mut from = unix("2023-12-25T00:00:00Z");
    while from < unix("2025-06-01T00:00:00Z") {
        let range = (from, from + 86_400);
        let found = told(&text, "UTC", range);
        for line in &found {
            assert!(all.contains(line), "{line} is no instance");
        }
        let overlaps = |line: &&String| {
            let times = line.split("] ").nth(1).unwrap();
            let (start, end) = times.split_once('/').unwrap();
            let full = |text: &str| unix(&text.replace('Z', ":00Z"));
            full(start) < range.1 && full(end) > range.0
        };
        let wanted: Vec<_> = all.iter().filter(overlaps).collect();
        for line in wanted {
            assert!(found.contains(line), "{line} is missing from {}", utc(from));
        }
        from += 86_400 * 3;
    }
}
