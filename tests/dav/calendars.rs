//! Calendars as collections (RFC 4791 §5): made, described, copied, and kept apart from books.

use crate::desk::{Desk, User, card, expect, propfind, xml};
use crate::multistatus::Multistatus;

/// An event of one hour.
pub fn event(uid: &str, start: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nSUMMARY:{uid}\r\n{lines}\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// A task without dates.
pub fn task(uid: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nSUMMARY:{uid}\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )
}

pub fn calendar_home(user: &User) -> String {
    format!("/dav/calendars/{}/", user.name)
}

/// Stores an object that must be taken.
pub fn store(user: &User, path: &str, object: &str) -> String {
    let answer = user.ask("PUT", path, &[("Content-Type", "text/calendar")], object);
    assert!(matches!(answer.status, 201 | 204), "PUT {path}: {}", answer.text());
    user.etag(path)
}

fn mkcalendar(props: &str) -> String {
    xml("CAL:mkcalendar", &format!("<D:set><D:prop>{props}</D:prop></D:set>"))
}

fn names(found: &Multistatus, property: &str) -> Vec<String> {
    let value = found.responses[0].prop(property).unwrap_or_else(|| panic!("no {property}"));
    value.children.clone()
}

#[test]
fn everybody_has_a_calendar_and_a_task_list_of_one_kind_each() {
    let (_desk, anna) = Desk::of_anna();
    let home = calendar_home(&anna);
    let body = propfind("CAL:calendar-home-set");
    let answer = anna.ask("PROPFIND", &anna.principal(), &[("Depth", "0")], body);
    assert!(answer.text().contains(&format!("<D:href>{home}</D:href>")), "{}", answer.text());
    for (name, object, other) in [
        ("calendar", event("a", "20260301T100000Z", ""), task("b")),
        ("tasks", task("a"), event("b", "20260301T100000Z", "")),
    ] {
        let path = format!("{home}{name}/");
        let found = anna.propfind(
            &path,
            "0",
            "D:resourcetype CAL:supported-calendar-component-set D:displayname",
        );
        assert_eq!(names(&found, "D:resourcetype"), ["D:collection", "CAL:calendar"], "{name}");
        assert_eq!(names(&found, "CAL:supported-calendar-component-set").len(), 1, "{name}");
        store(&anna, &format!("{path}1.ics"), &object);
        let refused = anna.put(&format!("{path}2.ics"), &other);
        assert_eq!(refused.status, 415, "what claims to be a card is none");
        let answer =
            anna.ask("PUT", &format!("{path}2.ics"), &[("Content-Type", "text/calendar")], &other);
        expect(&answer, 403, Some("CAL:supported-calendar-component"), name);
    }
}

#[test]
fn calendars_are_made_with_and_without_wishes() {
    let (_desk, anna) = Desk::of_anna();
    let home = calendar_home(&anna);
    let wishes = "<D:displayname>Work</D:displayname>\
        <CAL:calendar-description xml:lang='en'>Mine</CAL:calendar-description>\
        <CAL:supported-calendar-component-set><CAL:comp name='VEVENT'/><CAL:comp name='VTODO'/>\
        </CAL:supported-calendar-component-set>\
        <CAL:schedule-calendar-transp><CAL:transparent/></CAL:schedule-calendar-transp>\
        <I:calendar-color>#FF0000FF</I:calendar-color><I:calendar-order>3</I:calendar-order>";
    let typed = format!("<D:resourcetype><D:collection/><CAL:calendar/></D:resourcetype>{wishes}");
    for (name, method, body) in [
        ("plain", "MKCALENDAR", String::new()),
        ("col", "MKCOL", String::new()),
        ("wishes", "MKCALENDAR", mkcalendar(wishes)),
        ("extended", "MKCOL", xml("D:mkcol", &format!("<D:set><D:prop>{typed}</D:prop></D:set>"))),
    ] {
        let path = format!("{home}{name}/");
        let answer = anna.ask(method, &path, &[], &body);
        assert_eq!(answer.status, 201, "{method} {name}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{name}");
        let kinds = "CAL:supported-calendar-component-set";
        let found = anna.propfind(&path, "0", &format!("D:resourcetype {kinds}"));
        assert_eq!(names(&found, "D:resourcetype"), ["D:collection", "CAL:calendar"], "{name}");
        let wished = body.contains("VTODO");
        assert_eq!(names(&found, kinds).len(), if wished { 2 } else { 1 }, "{name}");
        if wished {
            for (property, value) in [
                ("D:displayname", "Work"),
                ("CAL:calendar-description", "Mine"),
                ("I:calendar-color", "#FF0000FF"),
                ("I:calendar-order", "3"),
            ] {
                assert_eq!(anna.prop(&path, property), value, "{name}");
            }
            let found = anna.propfind(&path, "0", "CAL:schedule-calendar-transp");
            assert_eq!(names(&found, "CAL:schedule-calendar-transp"), ["CAL:transparent"]);
        }
        // Which kinds a calendar takes is settled when it is made.
        let change =
            format!("<D:set><D:prop><{kinds}><CAL:comp name='VTODO'/></{kinds}></D:prop></D:set>");
        let refused = Multistatus::of(&anna.proppatch(&path, &change));
        assert_eq!(refused.responses[0].propstats, [403], "{name}");
    }
}

#[test]
fn what_cannot_be_a_calendar_is_refused_with_its_reason_and_leaves_nothing() {
    let (_desk, anna) = Desk::of_anna();
    let (home, calendar) = (calendar_home(&anna), calendar_home(&anna) + "calendar/");
    let listed = || anna.propfind(&home, "1", "D:resourcetype").hrefs().len();
    let before = listed();
    let location = Some("CAL:calendar-collection-location-ok");
    let unknown = "<CAL:supported-calendar-component-set><CAL:comp name='VCARD'/>\
                   </CAL:supported-calendar-component-set>";
    let zone = "<CAL:calendar-timezone>no zone</CAL:calendar-timezone>";
    let book = "<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>";
    let mkcol = xml("D:mkcol", &format!("<D:set><D:prop>{book}</D:prop></D:set>"));
    for (method, path, body, status, condition) in [
        ("MKCALENDAR", calendar.clone(), String::new(), 405, Some("D:resource-must-be-null")),
        ("MKCALENDAR", format!("{calendar}sub/"), String::new(), 403, location),
        ("MKCALENDAR", format!("{}work/", anna.home()), String::new(), 403, location),
        ("MKCALENDAR", format!("{home}none/sub/"), String::new(), 409, None),
        ("MKCALENDAR", format!("{home}x/"), mkcalendar(unknown), 403, None),
        ("MKCALENDAR", format!("{home}x/"), mkcalendar(zone), 403, None),
        ("MKCALENDAR", format!("{home}x/"), xml("D:mkcol", ""), 400, None),
        ("MKCALENDAR", format!("{home}x/"), "<a/>".to_owned(), 415, None),
        ("MKCOL", format!("{home}x/"), mkcol, 403, Some("C:addressbook-collection-location-ok")),
        ("MKCALENDAR", "/dav/calendars/bob/x/".to_owned(), String::new(), 404, None),
    ] {
        let answer = anna.ask(method, &path, &[], &body);
        expect(&answer, status, condition, &format!("{method} {path} {body}"));
        assert_eq!(listed(), before, "{method} {path} {body}");
    }
}

#[test]
fn cards_and_events_stay_in_their_own_homes() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    let (event_path, card_path) = (format!("{calendar}a.ics"), anna.card("a.vcf"));
    store(&anna, &event_path, &event("a", "20260301T100000Z", ""));
    anna.store(&card_path, card("a", "A"));
    for (from, to) in [
        (&event_path, anna.card("b.ics")),
        (&card_path, format!("{calendar}b.vcf")),
        (&calendar, format!("{}copied/", anna.home())),
        (&anna.book(), format!("{}copied/", calendar_home(&anna))),
    ] {
        for method in ["COPY", "MOVE"] {
            let answer = anna.ask(method, from, &[("Destination", &to)], "");
            assert_eq!(answer.status, 403, "{method} {from} {to}: {}", answer.text());
            assert_eq!(anna.get(&to).status, 404, "{method} {from} {to}");
        }
    }
    let answer = anna.ask("PUT", &anna.card("c.ics"), &[("Content-Type", "text/calendar")], "x");
    expect(&answer, 415, Some("C:supported-address-data"), "an event in a book");
}

#[test]
fn a_calendar_takes_by_copy_and_move_what_it_takes_by_put() {
    let (_desk, anna) = Desk::of_anna();
    let home = calendar_home(&anna);
    let (from, to) = (format!("{home}calendar/a.ics"), format!("{home}tasks/a.ics"));
    store(&anna, &from, &event("a", "20260301T100000Z", ""));
    for method in ["COPY", "MOVE"] {
        let answer = anna.ask(method, &from, &[("Destination", &to)], "");
        expect(&answer, 403, Some("CAL:supported-calendar-component"), method);
        assert_eq!((anna.get(&from).status, anna.get(&to).status), (200, 404), "{method}");
    }
}

#[test]
fn a_uid_is_there_once_in_a_calendar() {
    let (_desk, anna) = Desk::of_anna();
    let home = calendar_home(&anna);
    let calendar = home.clone() + "calendar/";
    let (a, b) = (format!("{calendar}a.ics"), format!("{calendar}b.ics"));
    let object = event("one", "20260301T100000Z", "");
    store(&anna, &a, &object);
    let answer = anna.ask("PUT", &b, &[("Content-Type", "text/calendar")], &object);
    expect(&answer, 409, Some("CAL:no-uid-conflict"), "another name");
    assert!(answer.text().contains(&a), "the holder is named: {}", answer.text());
    let other = event("two", "20260301T100000Z", "");
    let answer = anna.ask("PUT", &a, &[("Content-Type", "text/calendar")], &other);
    expect(&answer, 409, Some("CAL:no-uid-conflict"), "another UID under the name");
    assert_eq!(anna.ask("MKCALENDAR", &format!("{home}other/"), &[], "").status, 201);
    let there = format!("{home}other/a.ics");
    assert_eq!(anna.ask("COPY", &a, &[("Destination", &there)], "").status, 201);
    assert_eq!(anna.get(&there).text(), object, "byte for byte");
    let answer = anna.ask("COPY", &a, &[("Destination", &b)], "");
    expect(&answer, 409, Some("CAL:no-uid-conflict"), "a copy beside it");
}

#[test]
fn a_shared_calendar_is_in_the_sharees_home_and_no_book() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let path = calendar_home(&anna) + "calendar/";
    store(&anna, &format!("{path}a.ics"), &event("a", "20260301T100000Z", ""));
    for (access, writes) in [(&[][..], 403), (&["--read-write"][..], 201)] {
        let with = [&["book", "share", "anna", "calendar", "bob"][..], access].concat();
        desk.run(&with);
        let listed = anna_calendar_in(&bob);
        let there = listed.first().expect("the shared calendar").clone();
        assert_eq!(bob.get(&format!("{there}a.ics")).status, 200, "{access:?}");
        let object = event("b", "20260302T100000Z", "");
        let answer =
            bob.ask("PUT", &format!("{there}b.ics"), &[("Content-Type", "text/calendar")], &object);
        assert_eq!(answer.status, writes, "{access:?}: {}", answer.text());
        let books = bob.propfind(&bob.home(), "1", "D:resourcetype").hrefs().len();
        assert_eq!(books, 2, "the home of books has the home and one book");
    }
}

fn anna_calendar_in(user: &User) -> Vec<String> {
    let home = calendar_home(user);
    let found = user.propfind(&home, "1", "D:resourcetype");
    let shared = found.hrefs().into_iter().filter(|href| href.contains("/shared-"));
    shared.map(str::to_owned).collect()
}
