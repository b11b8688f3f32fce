//! Messages as mail, for people elsewhere (iMIP, RFC 6047): what a mail says besides the message.

use super::object::Object;
use crate::formats::text::unescape;

/// A mail about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The message's method, in upper case.
    pub method: String,
    /// One line.
    pub subject: String,
    /// A few lines for people whose program cannot read the message.
    pub text: String,
}

/// Longest title that stands in a subject, in characters.
const LONGEST_TITLE: usize = 120;

/// The mail about `message`, an iCalendar object with a method, that `sender` sends.
pub fn letter(message: &[u8], sender: &str) -> Option<Letter> {
    let object = Object::read(message)?;
    let method = object.calendar.property("METHOD")?.value.trim().to_ascii_uppercase();
    let part = object.parts().next()?;
    let said = |name: &str| {
        let value = part.property(name).map(|p| unescape(p.value.as_bytes()).into_owned());
        value.map(|value| one_line(&value)).filter(|value| !value.is_empty())
    };
    let title = said("SUMMARY").unwrap_or_else(|| "(no title)".to_owned());
    let answer = part.property("ATTENDEE").map(super::object::answer).unwrap_or_default();
    let (subject, first) = match (method.as_str(), answer.as_str()) {
        ("REQUEST", _) => (format!("Invitation: {title}"), format!("{sender} invites you:")),
        ("CANCEL", _) => (format!("Cancelled: {title}"), format!("{sender} called this off:")),
        ("REPLY", "ACCEPTED") => (format!("Accepted: {title}"), format!("{sender} accepts:")),
        ("REPLY", "DECLINED") => (format!("Declined: {title}"), format!("{sender} declines:")),
        ("REPLY", "TENTATIVE") => (format!("Tentative: {title}"), format!("{sender} may come:")),
        ("REPLY", _) => (format!("Answer: {title}"), format!("{sender} answers:")),
        _ => return None,
    };
    let mut text = format!("{first}\r\n\r\n{title}\r\n");
    for (name, label) in [("DTSTART", "Begins"), ("DTEND", "Ends"), ("LOCATION", "Where")] {
        let when = part.property(name).and_then(super::draft::when).map(|when| {
            let at = when.civil();
            let day = at.date();
            let zone = when.tzid().map(|zone| one_line(zone)).unwrap_or_default();
            match &when {
                when if when.is_date() => day.to_string(),
                crate::formats::ical::value::When::Utc(_) => format!("{day} {} UTC", at.time()),
                _ => format!("{day} {} {zone}", at.time()),
            }
        });
        if let Some(value) = when.or_else(|| said(name)) {
            text.extend([label, ": ", value.trim_end(), "\r\n"]);
        }
    }
    Some(Letter { method, subject, text })
}

/// `text` on one line, without control characters, of bounded length.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_TITLE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_become_a_header() {
        let message = b"BEGIN:VCALENDAR\r\nMETHOD:request\r\nBEGIN:VEVENT\r\nUID:u\r\n\
            SUMMARY:Meal\\nBcc: x@example.org\\, and more\r\nDTSTART:20261201T100000Z\r\n\
            DTEND;TZID=Europe/Berlin:20261201T120000\r\nLOCATION:\x07Here\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let letter = letter(message, "Anna").unwrap();
        assert_eq!(letter.subject, "Invitation: Meal Bcc: x@example.org, and more");
        assert_eq!(letter.method, "REQUEST");
        assert_eq!(
            letter.text,
            "Anna invites you:\r\n\r\nMeal Bcc: x@example.org, and more\r\n\
             Begins: 2026-12-01 10:00:00 UTC\r\nEnds: 2026-12-01 12:00:00 Europe/Berlin\r\nWhere: Here\r\n"
        );
    }

    #[test]
    fn answers_say_what_is_answered() {
        for (said, subject) in [
            ("ACCEPTED", "Accepted: Meal"),
            ("DECLINED", "Declined: Meal"),
            ("TENTATIVE", "Tentative: Meal"),
            ("X", "Answer: Meal"),
        ] {
            let message = format!(
                "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nSUMMARY:Meal\r\n\
                 ATTENDEE;PARTSTAT={said}:mailto:b@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            );
            assert_eq!(letter(message.as_bytes(), "Bob").unwrap().subject, subject);
        }
        assert!(letter(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "Bob").is_none());
    }
}
