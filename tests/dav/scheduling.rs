//! Invitations between users (RFC 6638), as their clients see them.

use crate::calendars::calendar_home;
use crate::desk::{Desk, User, expect, propfind};
use crate::support::Answer;

/// Anna, who invites, Bob and Carol, with mail addresses of example.org.
fn company() -> (Desk, [User; 3]) {
    let desk = Desk::open();
    let users =
        ["anna", "bob", "carol"].map(|name| desk.user_with_mail(&format!("{name}@example.org")));
    (desk, users)
}

const ONCE: &str = "DTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\n";

/// An event to which Anna invites those who are named.
fn meal(lines: &str, invited: &[&str]) -> String {
    calendar(&part(lines, invited))
}

fn calendar(parts: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{parts}END:VCALENDAR\r\n")
}

fn part(lines: &str, invited: &[&str]) -> String {
    let people: String = invited
        .iter()
        .map(|name| {
            format!("ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{name}@example.org\r\n")
        })
        .collect();
    format!(
        "BEGIN:VEVENT\r\nUID:meal\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Meal\r\n{lines}\
         ORGANIZER:mailto:anna@example.org\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:Anna@Example.org\r\n{people}END:VEVENT\r\n"
    )
}

impl User {
    fn calendar(&self, name: &str) -> String {
        format!("{}calendar/{name}", calendar_home(self))
    }

    fn inbox(&self) -> String {
        calendar_home(self) + "inbox/"
    }

    fn ics(&self, path: &str, headers: &[(&str, &str)], object: &str) -> Answer {
        let typed = [&[("Content-Type", "text/calendar; charset=utf-8")], headers].concat();
        self.ask("PUT", path, &typed, object)
    }

    /// Stores an object that must be taken.
    #[track_caller]
    fn keep(&self, path: &str, object: &str) -> Answer {
        let answer = self.ics(path, &[], object);
        assert!(matches!(answer.status, 201 | 204), "{}: {}", answer.status, answer.text());
        answer
    }

    fn members(&self, path: &str) -> Vec<String> {
        let found = self.propfind(path, "1", "D:getetag");
        found.hrefs().iter().skip(1).map(|href| (*href).to_owned()).collect()
    }

    /// The only object on the calendar: its address and its unfolded text.
    #[track_caller]
    fn only(&self) -> (String, String) {
        let members = self.members(&self.calendar(""));
        assert_eq!(members.len(), 1, "{}: {members:?}", self.name);
        let text = self.unfolded(&members[0]);
        (members.into_iter().next().unwrap(), text)
    }

    fn unfolded(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "GET {path}");
        answer.text().replace("\r\n ", "")
    }

    /// The methods of the messages in the inbox, sorted, and the inbox empty again.
    fn take_messages(&self) -> Vec<String> {
        let mut methods = Vec::new();
        for path in self.members(&self.inbox()) {
            let text = self.unfolded(&path);
            let method = text.split("METHOD:").nth(1).expect("a METHOD");
            methods.push(method.split('\r').next().unwrap().to_owned());
            assert_eq!(self.delete(&path).status, 204, "DELETE {path}");
        }
        methods.sort_unstable();
        methods
    }
}

/// The line of `text` about somebody's attendance.
#[track_caller]
fn attendance<'t>(text: &'t str, name: &str) -> &'t str {
    let mail = format!("{name}@example.org");
    let mut lines = text.lines().filter(|line| line.starts_with("ATTENDEE"));
    lines
        .find(|line| line.to_lowercase().ends_with(&mail))
        .unwrap_or_else(|| panic!("no {name}: {text}"))
}

#[test]
fn everybody_has_an_inbox_and_an_outbox() {
    let (_desk, [anna, bob, _]) = company();
    let (inbox, outbox) = (anna.inbox(), calendar_home(&anna) + "outbox/");
    for (path, kind) in [(&inbox, "CAL:schedule-inbox"), (&outbox, "CAL:schedule-outbox")] {
        let found = anna.propfind(path, "0", "D:resourcetype D:current-user-privilege-set");
        let types = found.responses[0].prop("D:resourcetype").unwrap();
        assert_eq!(types.children, ["D:collection", kind]);
        assert_eq!(bob.get(path).status, 404, "of others nobody knows: {path}");
        assert!(anna.members(&calendar_home(&anna)).contains(path), "listed in the home");
    }
    let props = "CAL:schedule-inbox-URL CAL:schedule-outbox-URL";
    let answer = anna.ask("PROPFIND", &anna.principal(), &[("Depth", "0")], propfind(props));
    for path in [&inbox, &outbox] {
        assert!(answer.text().contains(&format!("<D:href>{path}</D:href>")), "{}", answer.text());
    }
    let answer = anna.ics(&(inbox.clone() + "x.ics"), &[], &meal(ONCE, &[]));
    expect(&answer, 403, Some("D:need-privileges"), "PUT into the inbox");
    assert_eq!(anna.delete(&inbox).status, 403, "the inbox stays");
    let token = anna.prop(&inbox, "D:sync-token");
    assert!(!token.is_empty(), "the inbox can be followed");
    let options = anna.ask("OPTIONS", &inbox, &[], "");
    let offers = options.header("dav").unwrap();
    assert!(offers.contains("calendar-auto-schedule"), "{offers}");
}

#[test]
fn an_invitation_arrives_and_its_answer_comes_back() {
    let (_desk, [anna, bob, carol]) = company();
    let path = anna.calendar("meal.ics");
    let sent = meal(ONCE, &["bob", "carol"]);
    let answer = anna.keep(&path, &sent);
    assert_eq!(answer.header("etag"), None, "what is stored is not what was sent");
    let tag = answer.header("schedule-tag").expect("a schedule tag").to_owned();
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("SCHEDULE-STATUS=1.2"), "{stored}");
    let (at_bob, copy) = bob.only();
    assert!(!copy.contains("SCHEDULE-STATUS") && !copy.contains("METHOD"), "{copy}");
    assert!(copy.contains("SUMMARY:Meal\r\n"), "{copy}");
    assert_eq!(bob.take_messages(), ["REQUEST"]);
    assert_eq!(carol.take_messages(), ["REQUEST"]);
    assert!(anna.take_messages().is_empty());

    let yes =
        copy.replace("PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob", "PARTSTAT=ACCEPTED:mailto:bob");
    bob.keep(&at_bob, &yes);
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("PARTSTAT=ACCEPTED"), "{stored}");
    assert!(attendance(&stored, "bob").contains("SCHEDULE-STATUS=2.0"), "{stored}");
    assert_eq!(anna.take_messages(), ["REPLY"]);
    let head = anna.ask("HEAD", &path, &[], "");
    assert_eq!(head.header("schedule-tag"), Some(tag.as_str()), "an answer leaves the tag");
    assert_eq!(anna.prop(&path, "CAL:schedule-tag"), tag);
    let (_, at_carol) = carol.only();
    assert!(attendance(&at_carol, "bob").contains("PARTSTAT=ACCEPTED"), "{at_carol}");
    assert!(carol.take_messages().is_empty(), "others' answers are no message");
    let (_, copy) = bob.only();
    assert!(copy.contains("ORGANIZER;SCHEDULE-STATUS=1.2:"), "{copy}");
}
