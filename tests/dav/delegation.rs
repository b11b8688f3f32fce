//! Delegates as CalendarServer has them: a user names who may see their calendars or act in them,
//! and they find them.

use crate::desk::{Desk, User, expect, propfind, xml};
use crate::multistatus::Multistatus;

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\n\
    UID:{UID}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:s\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

const CALENDAR: &str = "/dav/calendars/anna/calendar/";
const READ: &str = "/dav/principals/anna/calendar-proxy-read/";
const WRITE: &str = "/dav/principals/anna/calendar-proxy-write/";

fn put(user: &User, path: &str, uid: &str) -> u16 {
    let text = EVENT.replace("{UID}", uid);
    user.ask("PUT", path, &[("Content-Type", "text/calendar")], text).status
}

/// As macOS adds and removes delegates.
fn name(user: &User, proxy: &str, delegates: &[&str]) -> u16 {
    let hrefs: String =
        delegates.iter().map(|id| format!("<D:href>/dav/principals/{id}/</D:href>")).collect();
    let set =
        format!("<D:set><D:prop><D:group-member-set>{hrefs}</D:group-member-set></D:prop></D:set>");
    let answer = user.proppatch(proxy, &set);
    match answer.status {
        207 => Multistatus::of(&answer).responses[0].propstats[0],
        status => status,
    }
}

fn hrefs(user: &User, path: &str, prop: &str) -> Vec<String> {
    let found = user.propfind(path, "0", prop);
    found.responses[0].prop(prop).unwrap_or_else(|| panic!("{path} has no {prop}")).hrefs.clone()
}

#[test]
fn a_user_names_delegates_and_they_find_the_calendars() {
    let desk = Desk::open();
    let (anna, bob, eve) = (desk.user("anna"), desk.user("bob"), desk.user("eve"));
    assert_eq!(put(&anna, &format!("{CALENDAR}a.ics"), "a"), 201);
    let options = anna.ask("OPTIONS", "/dav/calendars/anna/", &[], "");
    assert!(options.header("dav").unwrap().contains("calendar-proxy"), "{options:?}");
    let kinds = anna.propfind(READ, "0", "D:resourcetype D:principal-URL");
    let kinds = kinds.responses[0].prop("D:resourcetype").unwrap().children.clone();
    assert!(kinds.contains(&"D:principal".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"CS:calendar-proxy-read".to_owned()), "{kinds:?}");
    for path in [READ, WRITE] {
        assert_eq!(bob.ask("PROPFIND", path, &[("Depth", "0")], propfind("D:owner")).status, 404);
    }

    assert_eq!(name(&anna, READ, &["bob"]), 200);
    assert_eq!(hrefs(&anna, READ, "D:group-member-set"), ["/dav/principals/bob/"]);
    assert_eq!(hrefs(&bob, &bob.principal(), "CS:calendar-proxy-read-for"), [anna.principal()]);
    assert!(hrefs(&bob, &bob.principal(), "CS:calendar-proxy-write-for").is_empty());
    assert!(hrefs(&anna, WRITE, "D:group-member-set").is_empty());
    // The way of macOS: from one's principal to those one acts for, in one request.
    let expand = xml(
        "D:expand-property",
        "<D:property name='calendar-proxy-read-for' namespace='http://calendarserver.org/ns/'>\
         <D:property name='displayname'/><D:property name='calendar-home-set' \
         namespace='urn:ietf:params:xml:ns:caldav'/></D:property>",
    );
    let answer = bob.ask("REPORT", &bob.principal(), &[("Depth", "0")], expand);
    assert!(answer.text().contains("/dav/calendars/anna/"), "{}", answer.text());

    let home = bob.propfind("/dav/calendars/anna/", "1", "D:resourcetype");
    assert!(home.hrefs().contains(&CALENDAR), "{:?}", home.hrefs());
    assert!(home.hrefs().contains(&"/dav/calendars/anna/birthdays/"), "{:?}", home.hrefs());
    assert!(!home.hrefs().iter().any(|href| href.ends_with("/inbox/")), "{:?}", home.hrefs());
    assert_eq!(bob.get(&format!("{CALENDAR}a.ics")).status, 200);
    assert_eq!(put(&bob, &format!("{CALENDAR}a.ics"), "a"), 403);
    assert_eq!(bob.get(&anna.book()).status, 404, "address books are none of it");
    assert_eq!(eve.get(&format!("{CALENDAR}a.ics")).status, 404);

    // From reading to writing: one list takes a name from the other.
    assert_eq!(name(&anna, WRITE, &["bob"]), 200);
    assert!(hrefs(&anna, READ, "D:group-member-set").is_empty());
    assert_eq!(hrefs(&bob, &bob.principal(), "CS:calendar-proxy-write-for"), [anna.principal()]);
    assert_eq!(put(&bob, &format!("{CALENDAR}a.ics"), "a"), 204);
    assert_eq!(put(&bob, &format!("{CALENDAR}b.ics"), "b"), 201);
    assert_eq!(bob.delete(&format!("{CALENDAR}b.ics")).status, 204);
    expect(&bob.delete(CALENDAR), 403, Some("D:need-privileges"), "DELETE of the calendar");
    let made = bob.ask("MKCALENDAR", "/dav/calendars/anna/new/", &[], "");
    expect(&made, 403, Some("D:need-privileges"), "MKCALENDAR in the home of another");
    let birthday = put(&bob, "/dav/calendars/anna/birthdays/x.ics", "x");
    assert_eq!(birthday, 403, "what the server fills is nobody's to write");

    assert_eq!(name(&anna, WRITE, &[]), 200);
    assert_eq!(bob.get(&format!("{CALENDAR}a.ics")).status, 404, "it is over at once");
    assert!(hrefs(&bob, &bob.principal(), "CS:calendar-proxy-write-for").is_empty());
}

#[test]
fn only_the_owner_names_delegates_and_only_who_is_there() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    desk.run(&["group", "add", "team"]);
    desk.run(&["group", "members", "team", "--add", "bob"]);
    assert_eq!(name(&bob, WRITE, &["bob"]), 404);
    assert_ne!(name(&anna, WRITE, &["nobody"]), 200);
    assert_ne!(name(&anna, WRITE, &["anna"]), 200);
    let far = "<D:set><D:prop><D:group-member-set><D:href>/dav/calendars/bob/</D:href>\
               </D:group-member-set></D:prop></D:set>";
    let answer = Multistatus::of(&anna.proppatch(WRITE, far));
    assert_eq!(answer.responses[0].propstats, [409]);
    assert!(hrefs(&anna, WRITE, "D:group-member-set").is_empty());
    let own = "<D:set><D:prop><D:group-member-set/></D:prop></D:set>";
    let answer = Multistatus::of(&anna.proppatch(&anna.principal(), own));
    assert_eq!(answer.responses[0].propstats, [403], "a user is no group");
    assert_eq!(bob.get(CALENDAR).status, 404);

    // A group is a delegate too, and so are its members while they are.
    desk.run(&["calendar", "delegate", "anna", "team", "--read-write"]);
    let listed = desk.run(&["calendar", "delegates", "anna", "--json"]);
    assert!(listed.contains("\"team\"") && listed.contains("\"read-write\""), "{listed}");
    assert_eq!(put(&bob, &format!("{CALENDAR}a.ics"), "a"), 201);
    let read_only = desk.device(&bob, &["phone", "--read-only"]);
    assert_eq!(put(&read_only, &format!("{CALENDAR}a.ics"), "a"), 403);
    assert_eq!(name(&bob, WRITE, &["bob"]), 403, "a delegate names no delegates");
    desk.run(&["group", "members", "team", "--remove", "bob"]);
    assert_eq!(bob.get(CALENDAR).status, 404);
    desk.run(&["calendar", "undelegate", "anna", "team"]);
    assert_eq!(desk.run(&["calendar", "delegates", "anna", "--json"]).trim(), "[]");
}
