//! Deleted and overwritten events and calendars come back, and are found by their time again.

use crate::desk::{Desk, User, xml};

const CALENDAR: &str = "/dav/calendars/anna/calendar/";

fn event(uid: &str, day: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:{day}T100000Z\r\nDTEND:{day}T110000Z\r\n\
         SUMMARY:{uid}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn put(user: &User, path: &str, text: &str) {
    let answer = user.ask("PUT", path, &[("Content-Type", "text/calendar")], text);
    assert!(matches!(answer.status, 201 | 204), "PUT {path}: {}", answer.text());
}

/// The members of a calendar that take time on a day.
fn on(user: &User, calendar: &str, day: &str) -> Vec<String> {
    let body = xml(
        "CAL:calendar-query",
        &format!(
            "<D:prop><D:getetag/></D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'>\
             <CAL:comp-filter name='VEVENT'><CAL:time-range start='{day}T000000Z' \
             end='{day}T235959Z'/></CAL:comp-filter></CAL:comp-filter></CAL:filter>"
        ),
    );
    let found = user.report(calendar, "1", &body);
    found.hrefs().into_iter().map(str::to_owned).collect()
}

#[test]
fn events_come_back_from_their_history() {
    let (desk, anna) = Desk::of_anna();
    let path = format!("{CALENDAR}a.ics");
    let (first, second) = (event("a", "20260105"), event("a", "20260212"));
    put(&anna, &path, &first);
    put(&anna, &path, &second);
    assert_eq!(anna.delete(&path).status, 204);
    assert!(on(&anna, CALENDAR, "20260105").is_empty());
    let trash = desk.run(&["calendar", "trash", "anna", "--json"]);
    assert!(trash.contains("calendar/a.ics"), "{trash}");
    let history = desk.run(&["history", "anna", "calendar/a.ics", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&history).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 2, "{history}");
    assert_eq!(desk.run(&["history", "anna", "calendar/a.ics", "--show", "2"]), first);

    let token = anna.token(CALENDAR);
    desk.run(&["restore", "anna", "calendar/a.ics"]);
    assert_eq!(anna.get(&path).text(), second);
    assert_eq!(anna.sync(CALENDAR, &token).hrefs(), [path.as_str()]);
    assert_eq!(on(&anna, CALENDAR, "20260212"), [path.as_str()]);
    desk.run(&["restore", "anna", "calendar/a.ics", "--version", "2"]);
    assert_eq!(anna.get(&path).text(), first);
    assert_eq!(on(&anna, CALENDAR, "20260105"), [path.as_str()]);
    assert!(on(&anna, CALENDAR, "20260212").is_empty(), "the time it had is given up");
}

#[test]
fn calendars_come_back_from_the_trash() {
    let (desk, anna) = Desk::of_anna();
    let office = "/dav/calendars/anna/office/";
    desk.run(&["calendar", "create", "anna", "office", "--display-name", "Office"]);
    put(&anna, &format!("{office}a.ics"), &event("a", "20260105"));
    assert_eq!(anna.delete(office).status, 204);
    assert_eq!(anna.get(&format!("{office}a.ics")).status, 404);
    let trash = desk.run(&["calendar", "trash", "anna", "--json"]);
    assert!(trash.contains("\"office\""), "{trash}");
    desk.run(&["calendar", "create", "anna", "office"]);
    desk.run(&["restore", "anna", "office", "--as", "back"]);
    let back = "/dav/calendars/anna/back/";
    assert_eq!(anna.prop(back, "D:displayname"), "Office");
    assert_eq!(on(&anna, back, "20260105"), [format!("{back}a.ics")]);
    assert!(on(&anna, office, "20260105").is_empty(), "the one made meanwhile is another");
}
