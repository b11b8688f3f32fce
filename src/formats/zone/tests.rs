//! Names, gaps and folds, VTIMEZONEs with their flaws, and VTIMEZONEs of ours read back.

use jiff::civil::DateTime;

use super::*;
use crate::formats::ical::{Bounds, When, parse};

fn at(text: &str) -> DateTime {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn unix(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap_or_else(|e| panic!("{text}: {e}")).as_second()
}

fn described(lines: &str) -> Option<Zone> {
    let text = format!("BEGIN:VTIMEZONE\nTZID:own\n{lines}\nEND:VTIMEZONE\n");
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    Zone::described(&document.roots[0])
}

#[test]
fn names_of_many_makers() {
    for (tzid, wanted) in [
        ("Europe/Berlin", Some("Europe/Berlin")),
        ("europe/berlin", Some("Europe/Berlin")),
        (" Europe/Berlin ", Some("Europe/Berlin")),
        ("\"Europe/Berlin\"", Some("Europe/Berlin")),
        ("US/Eastern", Some("US/Eastern")),
        ("America/New York", Some("America/New_York")),
        ("UTC", Some("UTC")),
        ("/freeassociation.sourceforge.net/Europe/Berlin", Some("Europe/Berlin")),
        ("/freeassociation.sourceforge.net/UTC", Some("UTC")),
        ("/mozilla.org/20050126_1/Europe/Berlin", Some("Europe/Berlin")),
        ("/citadel.org/20190914_1/America/Argentina/Salta", Some("America/Argentina/Salta")),
        ("W. Europe Standard Time", Some("Europe/Berlin")),
        ("Eastern Standard Time ", Some("America/New_York")),
        ("Customized Time Zone", None),
        ("My/Own/Berlin", None),
        ("Own Cuba", None),
        ("Mars/Olympus", None),
        ("Etc/Unknown", None),
        ("../../etc/passwd", None),
        ("", None),
        ("/////////", None),
    ] {
        let zone = Zone::named(tzid);
        assert_eq!(zone.as_ref().and_then(Zone::iana_name), wanted, "{tzid:?}");
    }
}

const NEW_YORK: &str = "BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD";

#[test]
fn gaps_and_folds_as_the_rfc_reads_them() {
    for zone in [Zone::named("America/New_York").unwrap(), described(NEW_YORK).unwrap()] {
        for (civil, wanted) in [
            // RFC 5545 §3.3.5: the first of two, and the offset before the gap.
            ("2007-11-04T01:30", "2007-11-04T05:30:00Z"),
            ("2007-03-11T02:30", "2007-03-11T07:30:00Z"),
            ("2024-03-10T01:59:59", "2024-03-10T06:59:59Z"),
            ("2024-03-10T03:00", "2024-03-10T07:00:00Z"),
            ("2024-11-03T00:59:59", "2024-11-03T04:59:59Z"),
            ("2024-11-03T02:00", "2024-11-03T07:00:00Z"),
            ("2024-07-01T12:00", "2024-07-01T16:00:00Z"),
        ] {
            assert_eq!(zone.instant(at(civil)), unix(wanted), "{civil} in {zone:?}");
        }
        for (instant, wanted) in [
            ("2024-03-10T06:59:59Z", "2024-03-10T01:59:59"),
            ("2024-03-10T07:00:00Z", "2024-03-10T03:00"),
            ("2024-11-03T05:30:00Z", "2024-11-03T01:30"),
            ("2024-11-03T06:30:00Z", "2024-11-03T01:30"),
        ] {
            assert_eq!(zone.civil(unix(instant)), at(wanted), "{instant} in {zone:?}");
        }
    }
    assert_eq!(Zone::UTC.instant(at("1970-01-02T00:00")), 86_400);
    assert_eq!(Zone::UTC.civil(i64::MAX), DateTime::MAX);
    assert_eq!(Zone::named("Asia/Tokyo").unwrap().civil(i64::MIN), DateTime::MIN);
    assert_eq!(described(NEW_YORK).unwrap().civil(i64::MAX), DateTime::MAX);
}

#[test]
fn flawed_descriptions() {
    let fixed = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0517\nTZOFFSETTO:+0517\n";
    for (lines, wanted) in [
        (format!("{fixed}END:STANDARD"), Some("2024-01-01T06:43:00Z")),
        // A rule that cannot be read, and one that means to cost much.
        (format!("{fixed}RRULE:FREQ=OFTEN;BYDAY=9XX\nEND:STANDARD"), Some("2024-01-01T06:43:00Z")),
        (
            format!("{fixed}RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\nEND:STANDARD"),
            Some("2024-01-01T06:43:00Z"),
        ),
        // No TZOFFSETFROM; a start in UTC; a start in the zone itself.
        (
            "BEGIN:STANDARD\nDTSTART:20000101T000000Z\nTZOFFSETTO:+01:00\nEND:STANDARD".into(),
            Some("2024-01-01T11:00:00Z"),
        ),
        (
            "BEGIN:STANDARD\nDTSTART;TZID=own:20000101T000000\nTZOFFSETTO:-0100\nEND:STANDARD"
                .into(),
            Some("2024-01-01T13:00:00Z"),
        ),
        // Single changes.
        (
            "BEGIN:STANDARD\nDTSTART:20000101T000000\nRDATE:20230101T000000,20260101T000000\n\
             TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD\n\
             BEGIN:DAYLIGHT\nDTSTART:20230601T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0300\n\
             END:DAYLIGHT"
                .into(),
            Some("2024-01-01T09:00:00Z"),
        ),
        ("BEGIN:STANDARD\nDTSTART:20000101T000000\nEND:STANDARD".into(), None),
        ("BEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD".into(), None),
        (String::new(), None),
    ] {
        let found = described(&lines).map(|zone| zone.instant(at("2024-01-01T12:00")));
        assert_eq!(found, wanted.map(unix), "{lines}");
    }
}

#[test]
fn until_in_a_description_ends_the_rule() {
    let lines = NEW_YORK.replace("BYDAY=2SU", "BYDAY=2SU;UNTIL=20100314T070000Z");
    let zone = described(&lines).unwrap();
    assert_eq!(zone.instant(at("2010-07-01T12:00")), unix("2010-07-01T16:00:00Z"));
    assert_eq!(zone.instant(at("2011-07-01T12:00")), unix("2011-07-01T17:00:00Z"));
}

#[test]
fn the_zones_of_an_object() {
    let text = format!(
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:own zone \n{NEW_YORK}\nEND:VTIMEZONE\n\
         BEGIN:VTIMEZONE\nTZID:Europe/Berlin\n{NEW_YORK}\nEND:VTIMEZONE\nEND:VCALENDAR\n"
    );
    let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
    let zones = Zones::of(document.calendar().unwrap(), Zone::named("Asia/Tokyo").unwrap());
    let zoned = |tzid: &str| When::Zoned(at("2024-07-01T12:00"), tzid.into());
    for (when, wanted) in [
        (zoned("own zone"), "2024-07-01T16:00:00Z"),
        (zoned("Europe/Berlin"), "2024-07-01T10:00:00Z"),
        (zoned("never heard of"), "2024-07-01T03:00:00Z"),
        (When::Floating(at("2024-07-01T12:00")), "2024-07-01T03:00:00Z"),
        (When::Date(at("2024-07-01T12:00").date()), "2024-06-30T15:00:00Z"),
        (When::Utc(at("2024-07-01T12:00")), "2024-07-01T12:00:00Z"),
    ] {
        assert_eq!(zones.instant(&when), unix(wanted), "{when:?}");
    }
}

/// Every zone of the database: what is written says the same as the zone itself, hour by hour
/// around its changes and at noon of every 25th day.
#[test]
fn written_descriptions_read_back() {
    let database = jiff::tz::TimeZoneDatabase::bundled();
    let mut irregular = Vec::new();
    let mut longest = 0;
    for name in database.available() {
        let name = name.as_str();
        let Some(zone) = Zone::named(name) else { continue };
        let text = vtimezone(name).unwrap();
        longest = longest.max(text.len());
        let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
        assert_eq!((document.stray, document.unclosed), (0, 0), "{text}");
        let own = Zone::described(&document.roots[0]).unwrap();
        let mut moments: Vec<i64> = (unix("1971-01-01T12:00:00Z")..unix("2036-01-01T00:00:00Z"))
            .step_by(2_160_000)
            .collect();
        let Kind::Iana(known) = &zone.0 else { unreachable!() };
        let since = Timestamp::from_second(unix("2020-01-01T00:00:00Z")).unwrap();
        for change in known.following(since) {
            let at = change.timestamp().as_second();
            if at > unix("2036-01-01T00:00:00Z") {
                break;
            }
            moments.extend([at - 3600, at - 1, at, at + 3600]);
        }
        for moment in moments {
            let wanted = zone.civil(moment);
            assert_eq!(own.civil(moment), wanted, "{name} at {moment}\n{text}");
            // The database contradicts itself in the last hour before its list of changes gives
            // way to a rule (Greenland in 2023): there is no answer to compare with.
            let instant = zone.instant(wanted);
            if zone.civil(instant) == wanted {
                assert_eq!(own.instant(wanted), instant, "{name} {wanted}\n{text}");
            }
        }
        let in_2036 = Timestamp::from_second(unix("2036-01-01T00:00:00Z")).unwrap();
        let mut following = known.following(in_2036);
        let changes_in_2036 =
            following.next().is_some_and(|change| change.timestamp().as_second() < 2_114_380_800);
        let endless = text.lines().any(|l| l.starts_with("RRULE") && !l.contains("UNTIL"));
        if changes_in_2036 && !endless {
            irregular.push(name.to_owned());
        }
    }
    // Only clocks that follow the moon, as Morocco's did, may be without a yearly rule.
    irregular.retain(|name| name != "Africa/Casablanca" && name != "Africa/El_Aaiun");
    assert_eq!(irregular, [""; 0], "changes that go on are written without a rule");
    assert!(longest < 16_000, "a description of {longest} bytes");
    assert_eq!(vtimezone("Mars/Olympus"), None);
}
