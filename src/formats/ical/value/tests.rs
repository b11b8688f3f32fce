//! Values as the RFC writes them and as real clients do.

use super::*;
use crate::formats::line::Lines;

fn line(text: &str) -> Line<'_> {
    Lines::new(text.as_bytes()).next().unwrap()
}

/// `D` day, `F` floating, `U` UTC, or the zone, and the value.
fn shown(when: &When) -> String {
    let kind = match when {
        When::Date(_) => "D",
        When::Floating(_) => "F",
        When::Utc(_) => "U",
        When::Zoned(_, tzid) => tzid,
    };
    format!("{kind} {when}")
}

#[test]
fn dates_and_times_as_clients_write_them() {
    for (text, wanted) in [
        ("DTSTART;VALUE=DATE:20240229", Some("D 20240229")),
        ("DTSTART:20240229", Some("D 20240229")),
        ("DTSTART;VALUE=DATE-TIME:20240229", Some("D 20240229")),
        ("DTSTART;VALUE=DATE:20240229T101500", Some("D 20240229")),
        ("DTSTART:20240229T101500", Some("F 20240229T101500")),
        ("DTSTART:20240229T101500Z", Some("U 20240229T101500Z")),
        ("DTSTART;TZID=Europe/Berlin:20240229T101500", Some("Europe/Berlin 20240229T101500")),
        ("DTSTART;TZID=\"Europe/Berlin \":20240229T101500", Some("Europe/Berlin 20240229T101500")),
        (
            "DTSTART;TZID=W. Europe Standard Time :20240229T101500",
            Some("W. Europe Standard Time 20240229T101500"),
        ),
        ("DTSTART;TZID=:20240229T101500", Some("F 20240229T101500")),
        ("DTSTART;TZID=Europe/Berlin:20240229T101500Z", Some("U 20240229T101500Z")),
        ("DTSTART;TZID=Europe/Berlin;VALUE=DATE:20240229", Some("D 20240229")),
        ("DTSTART: 20240229T101500 ", Some("F 20240229T101500")),
        ("DTSTART:2024-02-29T10:15:00Z", Some("U 20240229T101500Z")),
        ("DTSTART:2024-02-29", Some("D 20240229")),
        ("DTSTART:20240229T1015Z", Some("U 20240229T101500Z")),
        ("DTSTART:20240229T101500.250Z", Some("U 20240229T101500Z")),
        ("DTSTART:20240229T240000Z", Some("U 20240301T000000Z")),
        ("DTSTART:20161231T235960Z", Some("U 20161231T235959Z")),
        ("DTSTART:20230229", None),
        ("DTSTART:20240229T250000", None),
        ("DTSTART:20240229T101500+0100", None),
        ("DTSTART:202402", None),
        ("DTSTART:", None),
        ("DTSTART:99991231T240000", None),
        ("DTSTART:2024é229", None),
    ] {
        let found = When::of(&line(text));
        assert_eq!(found.as_ref().map(shown).as_deref(), wanted, "{text}");
    }
}

#[test]
fn lists_leave_out_what_cannot_be_read() {
    let dates = line("EXDATE;TZID=X:20240101T100000,bad,20240102,20240103T000000Z,");
    let found: Vec<_> = When::list(&dates).map(|w| shown(&w)).collect();
    assert_eq!(found, ["X 20240101T100000", "D 20240102", "U 20240103T000000Z"]);

    let periods =
        line("RDATE;VALUE=PERIOD:20240101T100000Z/PT1H,20240102T100000Z/20240102T110000Z");
    let found: Vec<_> = DateOrPeriod::list(&periods).collect();
    let [DateOrPeriod::Period(first), DateOrPeriod::Period(second)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(first.end, PeriodEnd::After(Duration { days: 0, seconds: 3600 }));
    assert!(matches!(&second.end, PeriodEnd::At(end) if shown(end) == "U 20240102T110000Z"));
    assert_eq!(When::list(&periods).count(), 2);
}

#[test]
fn durations() {
    for (text, days, seconds) in [
        ("P1W", 7, 0),
        ("P15DT5H0M20S", 15, 18_020),
        ("-PT15M", 0, -900),
        ("+P1D", 1, 0),
        ("-P1DT1H", -1, -3600),
        ("PT0S", 0, 0),
        ("P", 0, 0),
        ("-P15M", 0, -900),
        (" pt1h ", 0, 3600),
        ("P99999999999999999999D", MOST_DAYS, 0),
    ] {
        let wanted = Duration { days, seconds };
        assert_eq!(Duration::parse(text), Some(wanted), "{text}");
        let written = wanted.to_string();
        assert_eq!(Duration::parse(&written), Some(wanted), "{text} written as {written}");
    }
    for text in ["", "PT", "1D", "P1Y", "P1", "PT1", "PTH", "--PT1H", "P1.5D"] {
        let wanted = (text == "PT").then_some(Duration::default());
        assert_eq!(Duration::parse(text), wanted, "{text}");
    }
    assert_eq!(Duration { days: 1, seconds: -0 }.to_string(), "P1D");
    assert_eq!(Duration { days: 0, seconds: 90_000 }.to_string(), "PT25H");
}

#[test]
fn durations_go_over_months_and_stop_at_the_end_of_time() {
    let at = |text: &str| When::parse(text, None).unwrap().civil();
    let day = Duration { days: 1, seconds: 3600 };
    assert_eq!(day.after(at("20240228T230000")), Some(at("20240301T000000")));
    assert_eq!(Duration { days: MOST_DAYS, seconds: 0 }.after(at("20240101T000000")), None);
    assert_eq!(Duration { days: 0, seconds: 7200 }.after(at("99991231T230000")), None);
}

#[test]
fn offsets() {
    for (text, wanted) in [
        ("+0100", Some(3600)),
        ("-0530", Some(-19_800)),
        ("+051736", Some(19_056)),
        ("+01:00", Some(3600)),
        ("0100", Some(3600)),
        ("+1", Some(3600)),
        ("-0000", Some(0)),
        ("+0160", None),
        ("+9900", None),
        ("", None),
        ("Z", None),
        ("+éé", None),
    ] {
        assert_eq!(UtcOffset::parse(text).map(|o| o.0), wanted, "{text}");
    }
}

#[test]
fn values_keep_kind_and_zone_at_another_time() {
    let zoned = When::of(&line("DTSTART;TZID=X:20240101T100000")).unwrap();
    let later = zoned.at(zoned.civil().checked_add(Span::new().hours(1)).unwrap());
    assert_eq!(shown(&later), "X 20240101T110000");
    assert_eq!(shown(&When::of(&line("D:20240101")).unwrap().at(later.civil())), "D 20240101");
}
