//! Calendar objects and requests that try the server: refused or taken, quickly, and never half.

use crate::calendars::{calendar_home, event, store};
use crate::desk::{Desk, expect, xml};

const ICS: (&str, &str) = ("Content-Type", "text/calendar");

fn wrapped(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{lines}END:VCALENDAR\r\n")
}

#[test]
fn what_is_no_calendar_object_is_refused_with_its_reason() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    let one = |uid: &str| {
        format!("BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20260301T100000Z\r\nEND:VEVENT\r\n")
    };
    let nested = "BEGIN:X\r\n".repeat(3000) + &"END:X\r\n".repeat(3000);
    let many: String = (0..1001).map(|n| format!("ATTENDEE:mailto:p{n}@example.org\r\n")).collect();
    for (case, body, condition) in [
        ("nothing", String::new(), "CAL:valid-calendar-data"),
        ("no calendar", "hello".to_owned(), "CAL:valid-calendar-data"),
        ("a card", "BEGIN:VCARD\r\nEND:VCARD\r\n".to_owned(), "CAL:valid-calendar-data"),
        ("empty", wrapped(""), "CAL:valid-calendar-object-resource"),
        ("two identities", wrapped(&(one("a") + &one("b"))), "CAL:valid-calendar-object-resource"),
        ("one identity twice", wrapped(&one("a").repeat(2)), "CAL:valid-calendar-object-resource"),
        (
            "two kinds",
            wrapped(&(one("a") + &one("a").replace("VEVENT", "VTODO"))),
            "CAL:valid-calendar-object-resource",
        ),
        (
            "a method",
            wrapped(&(String::from("METHOD:PUBLISH\r\n") + &one("a"))),
            "CAL:valid-calendar-object-resource",
        ),
        ("unknown kind", wrapped("BEGIN:VX\r\nEND:VX\r\n"), "CAL:supported-calendar-component"),
        ("nested", wrapped(&nested), "CAL:valid-calendar-data"),
        ("attendees", event("a", "20260301T100000Z", &many), "CAL:max-attendees-per-instance"),
        (
            "year 10000",
            event("a", "20260301T100000Z", "").replace("DTSTART:2026", "DTSTART:0000"),
            "CAL:min-date-time",
        ),
    ] {
        let answer = anna.ask("PUT", &format!("{calendar}x.ics"), &[ICS], &body);
        expect(&answer, 403, Some(condition), case);
    }
    assert_eq!(anna.sync(&calendar, "").present().len(), 0, "something was stored");
}

#[test]
fn flaws_of_real_clients_are_taken_and_served_byte_for_byte() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
                TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=9SU;BYMONTH=13\r\n\
                END:STANDARD\r\nEND:VTIMEZONE\r\n";
    for (n, lines) in [
        "DTSTART;TZID=Europe/Berlin:20260301T100000\r\nRRULE:FREQ=DAILY;UNTIL=20260305T100000\r\n",
        "DTSTART:20260301T100000Z\r\nDTEND:20260301T110000Z\r\nDURATION:PT0S\r\n",
        "DTSTART:20260301T100000Z\r\nRRULE:FREQ=DAILY\r\nEXDATE;VALUE=DATE:20260302\r\n",
        "DTSTART;TZID=\"W. Europe Standard Time \":20260301T100000\r\n",
        "DTSTART:20260301T100000Z\r\nDTEND:20260228T100000Z\r\n",
        "DTSTART;TZID=Odd:20260301T100000\r\n",
        "DTSTART;TZID=Not/Described:20260301T100000\r\n",
        "DTSTART;VALUE=DATE:20260301\r\nDURATION:PT1H\r\n",
        "DTSTART:20260301T100000Z\r\nRRULE:FREQ=DAILY;COUNT=0;BYDAY=XX\r\n",
        "DTSTART:20260301T100000Z\r\nX-ODD;P=\"a,b\":\\n\\,\r\nBEGIN:X-PART\r\nX-A:1\r\nEND:X-PART\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let inner = format!("BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VEVENT\r\n");
        let object = wrapped(&format!("{zone}{inner}"));
        let path = format!("{calendar}{n}.ics");
        store(&anna, &path, &object);
        assert_eq!(anna.get(&path).text(), object, "{lines}");
    }
    // Whatever they are, a query over everything finds them all and ends.
    let body = xml(
        "CAL:calendar-query",
        "<D:prop><CAL:calendar-data><CAL:expand start='20260101T000000Z' end='20270101T000000Z'/>\
         </CAL:calendar-data></D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'>\
         <CAL:comp-filter name='VEVENT'><CAL:time-range start='20260101T000000Z'/>\
         </CAL:comp-filter></CAL:comp-filter></CAL:filter>",
    );
    assert_eq!(anna.report(&calendar, "1", &body).responses.len(), 10);
}

#[test]
fn ten_thousand_exceptions_and_huge_rules_stay_cheap() {
    let (desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    let exceptions: String = (0..10_000)
        .map(|n| format!("EXDATE:20{:02}0101T0000{:02}Z\r\n", n / 100, n % 60))
        .collect();
    let rules = "RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;\
                 BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,\
                 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20;BYSETPOS=366\r\n";
    for (name, lines) in [
        ("exceptions", format!("RRULE:FREQ=SECONDLY\r\n{exceptions}")),
        ("rule", rules.to_owned()),
        ("leap", "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYSECOND=59\r\n".to_owned()),
        ("interval", "RRULE:FREQ=DAILY;INTERVAL=999999999\r\n".to_owned()),
        ("count", "RRULE:FREQ=HOURLY;COUNT=4294967295;BYSETPOS=-1;BYHOUR=25\r\n".to_owned()),
    ] {
        store(&anna, &format!("{calendar}{name}.ics"), &event(name, "20000101T000000Z", &lines));
    }
    let before = desk.most_memory();
    for data in [
        "<D:getetag/>",
        "<CAL:calendar-data><CAL:expand start='19000101T000000Z' end='20990101T000000Z'/>\
         </CAL:calendar-data>",
        "<CAL:calendar-data><CAL:limit-recurrence-set start='20260101T000000Z' \
         end='20990101T000000Z'/></CAL:calendar-data>",
    ] {
        let body = xml(
            "CAL:calendar-query",
            &format!(
                "<D:prop>{data}</D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'>\
                 <CAL:comp-filter name='VEVENT'><CAL:time-range start='20260101T000000Z' \
                 end='20260102T000000Z'/></CAL:comp-filter></CAL:comp-filter></CAL:filter>"
            ),
        );
        let found = anna.report(&calendar, "1", &body);
        let hrefs = found.hrefs();
        assert!(hrefs.iter().any(|href| href.ends_with("exceptions.ics")), "{data}: {hrefs:?}");
    }
    let busy = xml(
        "CAL:free-busy-query",
        "<CAL:time-range start='20000101T000000Z' end='20990101T000000Z'/>",
    );
    let answer = anna.ask("REPORT", &calendar, &[("Depth", "1")], busy);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let grown = desk.most_memory().saturating_sub(before);
    assert!(grown < 96, "{grown} MiB for five events");
}

#[test]
fn calendars_of_others_are_hidden_at_every_door() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let calendar = calendar_home(&anna) + "calendar/";
    let path = format!("{calendar}a.ics");
    store(&anna, &path, &event("a", "20260301T100000Z", ""));
    let own = calendar_home(&bob) + "calendar/";
    let multiget = xml(
        "CAL:calendar-multiget",
        &format!("<D:prop><CAL:calendar-data/></D:prop><D:href>{path}</D:href>"),
    );
    let query = xml(
        "CAL:calendar-query",
        "<D:prop><D:getetag/></D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'/></CAL:filter>",
    );
    let busy = xml(
        "CAL:free-busy-query",
        "<CAL:time-range start='20260101T000000Z' end='20270101T000000Z'/>",
    );
    for (method, target, body) in [
        ("GET", &path, ""),
        ("DELETE", &path, ""),
        ("PROPFIND", &calendar, ""),
        ("REPORT", &calendar, query.as_str()),
        ("REPORT", &calendar, busy.as_str()),
        ("REPORT", &calendar, multiget.as_str()),
        ("DELETE", &calendar, ""),
    ] {
        let answer = bob.ask(method, target, &[("Depth", "1")], body);
        assert_eq!(answer.status, 404, "{method} {target}: {}", answer.text());
    }
    // As for any address that holds no calendar.
    for (method, target) in [("PUT", path.clone()), ("MKCALENDAR", format!("{calendar}x/"))] {
        let answer = bob.ask(method, &target, &[], "x");
        assert_eq!(answer.status, 409, "{method} {target}: {}", answer.text());
    }
    let found = bob.report(&own, "1", &multiget);
    assert_eq!(found.responses[0].status, Some(404), "{found:?}");
    let answer = bob.ask("COPY", &path, &[("Destination", &format!("{own}b.ics"))], "");
    assert_eq!(answer.status, 404, "{}", answer.text());
    store(&bob, &format!("{own}b.ics"), &event("b", "20260301T100000Z", ""));
    let answer = bob.ask(
        "MOVE",
        &format!("{own}b.ics"),
        &[("Destination", &format!("{calendar}b.ics"))],
        "",
    );
    assert!(matches!(answer.status, 403 | 404 | 409), "{}", answer.text());
    assert_eq!(anna.get(&path).status, 200);
}
