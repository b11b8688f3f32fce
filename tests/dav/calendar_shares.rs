//! Shared calendars, read-only and read-write, in the home of whom they are shared with.

use crate::desk::{Desk, User, expect};

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\n\
    UID:{UID}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:s\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn put(user: &User, path: &str, uid: &str) -> u16 {
    let text = EVENT.replace("{UID}", uid);
    user.ask("PUT", path, &[("Content-Type", "text/calendar")], text).status
}

fn shared(user: &User) -> Option<String> {
    let home = format!("/dav/calendars/{}/", user.name);
    let listed = user.propfind(&home, "1", "D:resourcetype CAL:supported-calendar-component-set");
    let mut found = listed.responses.iter().filter(|r| r.href.contains("/shared-"));
    let one = found.next()?;
    let kind = &one.prop("D:resourcetype").unwrap().children;
    assert!(kind.contains(&"CAL:calendar".to_owned()), "{kind:?}");
    Some(one.href.clone())
}

#[test]
fn sharees_find_the_calendar_in_their_home_and_may_what_was_granted() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let own = "/dav/calendars/anna/calendar/";
    assert_eq!(put(&anna, &format!("{own}a.ics"), "a"), 201);
    assert_eq!(shared(&bob), None);
    assert_eq!(bob.get(&format!("{own}a.ics")).status, 404);

    desk.run(&["calendar", "share", "anna", "calendar", "bob"]);
    let calendar = shared(&bob).expect("the calendar in his home");
    let event = format!("{calendar}a.ics");
    assert_eq!(bob.get(&event).status, 200);
    assert_eq!(put(&bob, &event, "a"), 403);
    assert_eq!(put(&bob, &format!("{calendar}b.ics"), "b"), 403);
    expect(&bob.delete(&event), 403, Some("D:need-privileges"), "DELETE by a reader");
    let books = bob.propfind(&bob.home(), "1", "D:resourcetype");
    assert!(!books.hrefs().iter().any(|href| href.contains("shared-")), "it is no address book");

    desk.run(&["calendar", "share", "anna", "calendar", "bob", "--read-write"]);
    let token = anna.token(own);
    assert_eq!(put(&bob, &event, "a"), 204);
    assert_eq!(put(&bob, &format!("{calendar}b.ics"), "b"), 201);
    let told = anna.sync(own, &token);
    assert_eq!(told.present(), [format!("{own}a.ics"), format!("{own}b.ics")]);
    assert_eq!(bob.delete(&format!("{calendar}b.ics")).status, 204);
    let listed = desk.run(&["calendar", "shares", "anna", "--json"]);
    assert!(listed.contains("\"read-write\""), "{listed}");

    desk.run(&["calendar", "unshare", "anna", "calendar", "bob"]);
    assert_eq!(shared(&bob), None);
    assert_eq!(bob.get(&event).status, 404);
}

#[test]
fn a_calendar_is_shared_though_a_book_has_its_name() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    anna.make_book("calendar");
    desk.run(&["calendar", "share", "anna", "calendar", "bob"]);
    assert!(shared(&bob).is_some(), "the book was shared instead");
    let books = bob.propfind(&bob.home(), "1", "D:resourcetype");
    assert!(!books.hrefs().iter().any(|href| href.contains("shared-")), "{:?}", books.hrefs());
}
