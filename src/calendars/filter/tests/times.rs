//! Ranges of time, on every instance.

use super::*;

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
fn thousands_of_changed_instances_cost_one_walk() {
    let mut text = String::from("BEGIN:VCALENDAR\r\n");
    text += "BEGIN:VEVENT\r\nUID:u\r\nDTSTART:20000101T090000Z\r\nRRULE:FREQ=DAILY;COUNT=4000\r\nEND:VEVENT\r\n";
    text += &(0..4000_i64)
        .map(|n| When::Utc(Zone::UTC.civil(instant("20000101T090000Z") + n * 86_400)))
        .map(|at| {
            format!(
                "BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:{at}\r\nDTSTART:{at}\r\nBEGIN:VALARM\r\n\
                 TRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
            )
        })
        .collect::<Vec<_>>()
        .concat();
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
