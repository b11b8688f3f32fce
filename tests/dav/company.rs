//! Three people who invite each other, and what they see.

use crate::calendars::calendar_home;
use crate::desk::{Desk, User};
use crate::support::Answer;

/// Anna, who invites, Bob and Carol, with mail addresses of example.org.
pub fn company() -> (Desk, [User; 3]) {
    let desk = Desk::open();
    let users =
        ["anna", "bob", "carol"].map(|name| desk.user_with_mail(&format!("{name}@example.org")));
    (desk, users)
}

/// An event that takes place once.
pub const ONCE: &str = "DTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\n";

/// One that takes place on five days.
pub const DAILY: &str =
    "DTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\nRRULE:FREQ=DAILY;COUNT=5\r\n";

/// The second of them, as a component of its own.
pub const SECOND: &str = "RECURRENCE-ID:20261202T100000Z\r\nDTSTART:20261202T100000Z\r\n\
    DTEND:20261202T110000Z\r\n";

/// An event to which Anna invites those who are named.
pub fn meal(lines: &str, invited: &[&str]) -> String {
    calendar(&part(lines, invited))
}

pub fn calendar(parts: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{parts}END:VCALENDAR\r\n")
}

pub fn part(lines: &str, invited: &[&str]) -> String {
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
    pub fn calendar(&self, name: &str) -> String {
        format!("{}calendar/{name}", calendar_home(self))
    }

    pub fn inbox(&self) -> String {
        calendar_home(self) + "inbox/"
    }

    pub fn ics(&self, path: &str, headers: &[(&str, &str)], object: &str) -> Answer {
        let typed = [&[("Content-Type", "text/calendar; charset=utf-8")], headers].concat();
        self.ask("PUT", path, &typed, object)
    }

    /// Stores an object that must be taken.
    #[track_caller]
    pub fn keep(&self, path: &str, object: &str) -> Answer {
        let answer = self.ics(path, &[], object);
        assert!(matches!(answer.status, 201 | 204), "{}: {}", answer.status, answer.text());
        answer
    }

    pub fn members(&self, path: &str) -> Vec<String> {
        let found = self.propfind(path, "1", "D:getetag");
        found.hrefs().iter().skip(1).map(|href| (*href).to_owned()).collect()
    }

    /// The only object on the calendar: its address and its unfolded text.
    #[track_caller]
    pub fn only(&self) -> (String, String) {
        let members = self.members(&self.calendar(""));
        assert_eq!(members.len(), 1, "{}: {members:?}", self.name);
        let text = self.unfolded(&members[0]);
        (members.into_iter().next().unwrap(), text)
    }

    pub fn unfolded(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "GET {path}");
        answer.text().replace("\r\n ", "")
    }

    /// The methods of the messages in the inbox, sorted, and the inbox empty again.
    pub fn take_messages(&self) -> Vec<String> {
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
pub fn attendance<'t>(text: &'t str, name: &str) -> &'t str {
    let mail = format!("{name}@example.org");
    let mut lines = text.lines().filter(|line| line.starts_with("ATTENDEE"));
    lines
        .find(|line| line.to_lowercase().ends_with(&mail))
        .unwrap_or_else(|| panic!("no {name}: {text}"))
}
