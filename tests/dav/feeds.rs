//! Secret addresses of calendars: what they show, to whom, until they are ended.

use crate::desk::{Desk, User, card_with};
use crate::support::{Answer, Wire};

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nMETHOD_:x\r\n\
    BEGIN:VTIMEZONE\r\nTZID:Europe/Vienna\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
    TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
    BEGIN:VEVENT\r\nUID:{UID}\r\nDTSTAMP:20260101T000000Z\r\n\
    DTSTART;TZID=Europe/Vienna:20260105T100000\r\nSUMMARY:{UID} & <co>\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

fn store(user: &User, path: &str, uid: &str) {
    let text = EVENT.replace("METHOD_:x\r\n", "").replace("{UID}", uid);
    let answer = user.ask("PUT", path, &[("Content-Type", "text/calendar")], text);
    assert!(matches!(answer.status, 201 | 204), "PUT {path}: {}", answer.text());
}

fn publish(desk: &Desk, calendar: &str) -> (u64, String) {
    let made = desk.run(&["calendar", "publish", "anna", calendar, "--label", "wall", "--json"]);
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    (made["number"].as_u64().unwrap(), made["url"].as_str().unwrap().to_owned())
}

/// Without any sign-in.
fn get(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> Answer {
    Wire::open(desk.address()).ask("GET", path, headers, b"")
}

#[test]
fn whoever_knows_the_address_reads_the_calendar_and_nothing_else() {
    let (desk, anna) = Desk::of_anna();
    let calendar = "/dav/calendars/anna/calendar/";
    store(&anna, &format!("{calendar}a.ics"), "first");
    store(&anna, &format!("{calendar}b.ics"), "second");
    let (number, path) = publish(&desk, "calendar");
    let secret = path.strip_prefix("/feeds/").unwrap().strip_suffix(".ics").unwrap().to_owned();
    assert!(secret.len() >= 22, "128 bits at least: {secret}");

    let feed = get(&desk, &path, &[]);
    assert_eq!(feed.status, 200);
    assert_eq!(feed.header("content-type"), Some("text/calendar; charset=utf-8"));
    let text = feed.text().to_owned();
    for (part, times) in [
        ("BEGIN:VCALENDAR\r\n", 1),
        ("END:VCALENDAR\r\n", 1),
        ("BEGIN:VTIMEZONE\r\n", 1),
        ("BEGIN:VEVENT\r\n", 2),
        ("SUMMARY:first & <co>\r\n", 1),
        ("X-WR-CALNAME:Calendar\r\n", 1),
        ("NAME:Calendar\r\n", 2),
        ("REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", 1),
        ("PRODID:", 1),
    ] {
        assert_eq!(text.matches(part).count(), times, "{part}: {text}");
    }
    let head = Wire::open(desk.address()).ask("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("etag"), feed.header("etag"));

    // A reader that has it is not sent it again, until something changes.
    let etag = feed.header("etag").unwrap().to_owned();
    assert_eq!(get(&desk, &path, &[("If-None-Match", &etag)]).status, 304);
    store(&anna, &format!("{calendar}b.ics"), "second");
    assert_eq!(anna.delete(&format!("{calendar}a.ics")).status, 204);
    let changed = get(&desk, &path, &[("If-None-Match", &etag)]);
    assert_eq!(changed.status, 200);
    assert!(!changed.text().contains("first"), "{}", changed.text());

    // It is for reading.
    for method in ["PUT", "POST", "DELETE", "PROPFIND", "OPTIONS", "REPORT"] {
        let answer = Wire::open(desk.address()).ask(method, &path, &[], b"");
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
    }
    // Nobody is told the secret again.
    let listed = desk.run(&["calendar", "published", "anna", "--json"]);
    assert!(listed.contains("\"wall\"") && !listed.contains(&secret), "{listed}");
    let listed = anna.ask("PROPFIND", calendar, &[("Depth", "0")], "");
    assert!(!listed.text().contains(&secret), "{}", listed.text());

    let (other, second) = publish(&desk, "calendar");
    assert_ne!(number, other);
    desk.run(&["calendar", "unpublish", "anna", &number.to_string()]);
    assert_eq!(get(&desk, &path, &[]).status, 404, "it is ended");
    assert_eq!(get(&desk, &second, &[]).status, 200, "the other is not");
    desk.run(&["user", "disable", "anna"]);
    assert_eq!(get(&desk, &second, &[]).status, 404, "who may not sign in shows nothing");
    desk.run(&["user", "enable", "anna"]);
    desk.run(&["calendar", "remove", "anna", "calendar"]);
    assert_eq!(get(&desk, &second, &[]).status, 404, "the calendar is deleted");
}

#[test]
fn generated_calendars_are_up_to_date_in_feeds() {
    let (desk, anna) = Desk::of_anna();
    let (_, path) = publish(&desk, "birthdays");
    let before = get(&desk, &path, &[]);
    assert_eq!(before.status, 200);
    anna.store(&anna.card("a.vcf"), card_with("a", "Ada", "BDAY:--1210\r\n"));
    let etag = before.header("etag").unwrap().to_owned();
    let after = get(&desk, &path, &[("If-None-Match", &etag)]);
    assert_eq!(after.status, 200);
    assert!(after.text().contains("SUMMARY:🎂 Ada\r\n"), "{}", after.text());
}

#[test]
fn guessing_has_to_wait_and_who_knows_does_not() {
    let (desk, _) = Desk::of_anna();
    let (_, path) = publish(&desk, "calendar");
    assert_eq!(get(&desk, &path, &[]).status, 200);
    let mut answers = Vec::new();
    for n in 0..200 {
        let answer = get(&desk, &format!("/feeds/{n:032}.ics"), &[]);
        assert!(matches!(answer.status, 404 | 503), "{answer:?}");
        let waits = answer.header("retry-after").is_some();
        assert_eq!(waits, answer.status == 503);
        answers.push(answer.status);
    }
    assert_eq!(answers[0], 404);
    assert_eq!(answers[199], 503, "guessing goes on for ever: {answers:?}");
    assert_eq!(get(&desk, &path, &[]).status, 200, "a neighbour's guesses do not shut it");
    for path in ["/feeds", "/feeds/", "/feeds/x", "/feeds/../dav/"] {
        assert!(matches!(get(&desk, path, &[]).status, 400 | 404 | 503), "{path}");
    }
}
