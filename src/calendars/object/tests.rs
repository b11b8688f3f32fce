//! Objects that are taken, repaired and refused.

use super::*;

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:u\r\n\
    DTSTAMP:20240101T000000Z\r\nDTSTART:20240101T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn rules(limits: &Limits) -> Rules<'_> {
    Rules { limits, kinds: Components::default(), strict: false, now: 0 }
}

fn taken(bytes: &[u8]) -> NewMember {
    let limits = Limits::default();
    accept(Bytes::copy_from_slice(bytes), &rules(&limits)).unwrap_or_else(|fault| {
        panic!("refused: {fault}: {}", String::from_utf8_lossy(bytes));
    })
}

/// The name of the precondition with which `text` is refused under `rules`.
fn refused(text: &str, rules: &Rules<'_>) -> &'static str {
    match accept(Bytes::copy_from_slice(text.as_bytes()), rules) {
        Err(fault) => {
            assert_eq!(fault.status, 403, "{fault}");
            let condition = fault.condition.expect("a precondition");
            assert_eq!(condition.namespace, Condition::CALDAV);
            condition.name
        }
        Ok(_) => panic!("taken: {text}"),
    }
}

/// A calendar with `inner` in it.
fn calendar(inner: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inner}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\n{lines}END:VEVENT\r\n")
}

#[test]
fn what_real_clients_send_is_kept_byte_for_byte() {
    let changed = |from: &str, to: &str| EVENT.replace(from, to);
    let start = "DTSTART:20240101T100000Z\r\n";
    for (why, text) in [
        ("a plain event", EVENT.to_owned()),
        ("LF alone", changed("\r\n", "\n")),
        ("lower case", changed("BEGIN:VEVENT", "begin:vevent").replace("END:VEVENT", "end:vevent")),
        (
            "no DTSTAMP, VERSION, PRODID",
            changed("DTSTAMP:20240101T000000Z\r\n", "").replace("VERSION:2.0\r\nPRODID:x\r\n", ""),
        ),
        (
            "UNTIL without Z",
            changed(start, &format!("{start}RRULE:FREQ=DAILY;UNTIL=20240301T100000\r\n")),
        ),
        (
            "end and no length",
            changed(start, &format!("{start}DTEND:20240101T110000Z\r\nDURATION:PT0S\r\n")),
        ),
        (
            "EXDATE of the other type",
            changed(start, &format!("{start}RRULE:FREQ=DAILY\r\nEXDATE;VALUE=DATE:20240102\r\n")),
        ),
        (
            "blank after TZID",
            changed(start, "DTSTART;TZID=\"W. Europe Standard Time \":20240101T100000\r\n"),
        ),
        (
            "zone without rules",
            changed(
                "BEGIN:VEVENT",
                "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nRRULE:FREQ=YEARLY;BYDAY=XX\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
            ),
        ),
        ("end before start", changed(start, &format!("{start}DTEND:20230101T110000Z\r\n"))),
        ("date without VALUE=DATE", changed(start, "DTSTART:20240101\r\n")),
        ("no start", changed(start, "")),
        ("unreadable start", changed(start, "DTSTART:soon\r\n")),
        (
            "every second",
            changed(start, &format!("{start}RRULE:FREQ=SECONDLY;COUNT=1000000000\r\n")),
        ),
        (
            "contradictory rule",
            changed(start, &format!("{start}RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31\r\n")),
        ),
        (
            "unknown things",
            changed(
                "END:VEVENT",
                "X-ODD;X-P=\"a;b\":c\r\nBEGIN:X-PART\r\nX:1\r\nEND:X-PART\r\nEND:VEVENT",
            ),
        ),
        ("a line without colon", changed(start, &format!("{start}lost text\r\n"))),
        ("blank lines and text after the end", format!("{EVENT}\r\n\r\nend\r\n")),
        (
            "a zone that names itself",
            changed(
                "BEGIN:VEVENT",
                "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
            ),
        ),
        (
            "an orphaned instance",
            changed("UID:u\r\n", "UID:u\r\nRECURRENCE-ID:20240101T100000Z\r\n"),
        ),
    ] {
        let new = taken(text.as_bytes());
        assert_eq!(new.body.bytes, text.as_bytes(), "{why}");
        assert!(new.original.is_none() && new.notes.is_empty(), "{why}: {:?}", new.notes);
        assert_eq!(new.uid, "u", "{why}");
        assert_eq!(new.etag, ETag::of(text.as_bytes()), "{why}");
        assert!(new.flags.has(Flags::EVENT) && !new.flags.has(Flags::REPAIRED), "{why}");
        let limits = Limits::default();
        let strict = Rules { strict: true, ..rules(&limits) };
        assert!(accept(Bytes::from(text), &strict).is_ok(), "{why}: refused when strict");
    }
}

#[test]
fn what_cannot_be_served_is_repaired_and_the_original_kept() {
    let latin: Vec<u8> =
        EVENT.replace("UID:u", "UID:u\r\nSUMMARY:ü").chars().map(|c| c as u8).collect();
    for (bytes, wanted, code) in [
        ([b"\xEF\xBB\xBF", EVENT.as_bytes()].concat(), EVENT.to_owned(), "byte-order-mark"),
        (EVENT.replace("\r\n", "\r").into_bytes(), EVENT.to_owned(), "line-ends"),
        (EVENT.replace("END:VEVENT\r\n", "").into_bytes(), EVENT.to_owned(), "no-end"),
        (EVENT.replace("UID:u", "UID:\u{2}u").into_bytes(), EVENT.to_owned(), "control-characters"),
        (latin, EVENT.replace("UID:u", "UID:u\r\nSUMMARY:ü"), "not-utf8"),
    ] {
        let new = taken(&bytes);
        assert_eq!(String::from_utf8_lossy(&new.body.bytes), wanted, "{code}");
        assert_eq!(new.original.expect("the original").bytes, *bytes, "{code}");
        let codes: Vec<_> = new.notes.iter().map(|note| &*note.code).collect();
        assert_eq!(codes, [code]);
        assert!(new.flags.has(Flags::REPAIRED));
        let limits = Limits::default();
        let strict = Rules { strict: true, ..rules(&limits) };
        let fault = accept(Bytes::from(bytes), &strict).expect_err(code);
        assert_eq!(fault.condition, Some(Condition::caldav("valid-calendar-data")), "{code}");
    }
}

#[test]
fn a_missing_identity_is_given_where_there_is_no_doubt() {
    let new = taken(EVENT.replace("UID:u\r\n", "").as_bytes());
    let text = String::from_utf8_lossy(&new.body.bytes);
    assert!(text.contains(&format!("BEGIN:VEVENT\r\nUID:{}\r\n", new.uid)), "{text}");
    assert_eq!(new.uid.len(), 36, "a UUID");

    let instance = "RECURRENCE-ID:20240102T100000Z\r\n";
    let both = calendar(&(event("UID:u\r\n") + &event(instance)));
    assert_eq!(taken(both.as_bytes()).uid, "u");
    assert_eq!(
        String::from_utf8_lossy(&taken(both.as_bytes()).body.bytes).matches("UID:u").count(),
        2
    );
    let limits = Limits::default();
    let doubtful = calendar(&(event("UID:u\r\n") + &event("")));
    assert_eq!(refused(&doubtful, &rules(&limits)), "valid-calendar-object-resource");
}

#[test]
fn what_is_no_calendar_object_is_refused_with_the_reason() {
    let limits = Limits {
        event_lines: 200,
        event_components: 50,
        attendees: 3,
        event_instances: 4,
        event_bytes: 20_000,
        ..Limits::default()
    };
    let all = rules(&limits);
    let todo = "BEGIN:VTODO\r\nUID:u\r\nEND:VTODO\r\n";
    for (text, condition) in [
        (String::new(), "valid-calendar-data"),
        ("hello\r\n".to_owned(), "valid-calendar-data"),
        ("BEGIN:VCARD\r\nEND:VCARD\r\n".to_owned(), "valid-calendar-data"),
        ("BEGIN:VEVENT\r\nUID:u\r\nEND:VEVENT\r\n".to_owned(), "valid-calendar-data"),
        (calendar(&event(&"X:1\r\n".repeat(200))), "valid-calendar-data"),
        (calendar(&"BEGIN:X\r\nEND:X\r\n".repeat(50)), "valid-calendar-data"),
        (calendar(&"BEGIN:X\r\n".repeat(8)), "valid-calendar-data"),
        (EVENT.replace("END:VCALENDAR\r\n", ""), "valid-calendar-data"),
        (EVENT.replace("END:VEVENT\r\nEND:VCALENDAR\r\n", ""), "valid-calendar-data"),
        (calendar(""), "valid-calendar-object-resource"),
        (calendar("BEGIN:VTIMEZONE\r\nEND:VTIMEZONE\r\n"), "valid-calendar-object-resource"),
        (EVENT.repeat(2), "valid-calendar-object-resource"),
        (EVENT.replace("VERSION", "METHOD:REQUEST\r\nVERSION"), "valid-calendar-object-resource"),
        (calendar(&(event("UID:u\r\n") + todo)), "valid-calendar-object-resource"),
        (calendar(&(event("UID:u\r\n") + &event("UID:v\r\n"))), "valid-calendar-object-resource"),
        (calendar(&event("").repeat(2)), "valid-calendar-object-resource"),
        (calendar(&event("UID:u\r\n").repeat(2)), "valid-calendar-object-resource"),
        (calendar("BEGIN:X-A\r\nEND:X-A\r\n"), "supported-calendar-component"),
        (calendar(&event("UID:u\r\nDTSTART:00000101\r\n")), "min-date-time"),
        (calendar(&event("UID:u\r\nDTEND:99991231T000000Z\r\n")), "max-date-time"),
        (
            calendar(&event(&format!("UID:u\r\n{}", "ATTENDEE:mailto:a@b\r\n".repeat(4)))),
            "max-attendees-per-instance",
        ),
        (
            calendar(&event("UID:u\r\nRDATE:20240101,20240102,20240103,20240104,20240105\r\n")),
            "max-instances",
        ),
        (calendar(&event(&format!("UID:u\r\nX:{}\r\n", "x".repeat(20_000)))), "max-resource-size"),
    ] {
        assert_eq!(refused(&text, &all), condition, "{text:.200}");
    }
    let tasks = Rules { kinds: Components::TODO, ..all };
    assert_eq!(refused(EVENT, &tasks), "supported-calendar-component");
    assert!(accept(Bytes::from(calendar(todo)), &tasks).is_ok());
}

#[test]
fn hostile_objects_are_judged_quickly() {
    let dates: Vec<_> =
        (0..10_000).map(|n| format!("EXDATE:{:04}0101T000000Z\r\n", 1 + n % 9000)).collect();
    let dates = dates.concat();
    let long = format!("X-LONG:{}\r\n", "x".repeat(8 << 20));
    let folded = format!("X-LONG:{}\r\n", "x\r\n ".repeat(1 << 20));
    let params = format!("X{}:1\r\n", ";A=b".repeat(100_000));
    let started = std::time::Instant::now();
    for lines in [dates, long, folded, params] {
        let text = calendar(&event(&format!("UID:u\r\n{lines}")));
        assert_eq!(taken(text.as_bytes()).body.bytes.len(), text.len());
    }
    let nested = "BEGIN:VCALENDAR\r\n".to_owned() + &"BEGIN:VEVENT\r\n".repeat(40_000);
    let limits = Limits::default();
    assert_eq!(refused(&nested, &rules(&limits)), "valid-calendar-data");
    assert!(started.elapsed().as_secs() < 20, "took {:?}", started.elapsed());
}

#[test]
fn long_identities_have_keys_of_bounded_length() {
    let long = "u".repeat(5000);
    let new = taken(EVENT.replace("UID:u", &format!("UID:{long}")).as_bytes());
    assert!(new.uid.len() < 100 && new.uid.starts_with("long-uid:"), "{}", new.uid);
    let escaped = taken(EVENT.replace("UID:u", "UID: a\\,b ").as_bytes());
    assert_eq!(escaped.uid, "a,b");
}

#[test]
fn the_time_index_is_told_when_it_takes_place() {
    let span = |start, end, exact| Span { start, end, exact };
    let ten = 1_704_103_200;
    assert_eq!(taken(EVENT.as_bytes()).spans, [span(ten, ten + 1, true)]);
    let nameless = EVENT.replace("UID:u\r\n", "DURATION:PT1H\r\n");
    assert_eq!(taken(nameless.as_bytes()).spans, [span(ten, ten + 3600, true)]);
    let endless = EVENT.replace("UID:u\r\n", "UID:u\r\nRRULE:FREQ=DAILY\r\n");
    assert_eq!(taken(endless.as_bytes()).spans.last().map(|span| span.end), Some(i64::MAX));
}
