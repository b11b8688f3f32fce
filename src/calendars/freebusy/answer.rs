//! The `VFREEBUSY` that tells when somebody is busy (RFC 4791 §7.10, RFC 5546 §3.3.2). Written
//! here line by line: the iCalendar crates at hand build events and tasks, but not this.

use super::Kind;
use crate::calendars::overlap::Stretch;
use crate::formats::fold::fold_into;
use crate::formats::ical::value::When;
use crate::formats::text;
use crate::formats::zone::Zone;

/// `PRODID` of what this server writes.
pub const PRODUCT: &str = "-//rolodav//rolodav//EN";

/// What an answer says besides the times.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The range that was asked about; both ends are told.
    pub range: Stretch,
    /// The Unix second of the answer.
    pub now: i64,
    /// The identity of the answer: that of the request, if it had one.
    pub uid: &'a str,
    /// `METHOD`, for an answer to a scheduling request (RFC 6638 §5.1).
    pub method: Option<&'a str>,
    /// The lines `ORGANIZER` and `ATTENDEE` of the request, unfolded.
    pub people: &'a [Vec<u8>],
}

/// The calendar that tells `busy`, as [`BusyTimes::merged`](super::BusyTimes::merged) gives it.
pub fn answer(answer: &Answer<'_>, busy: &[(Kind, Stretch)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + busy.len() * 64);
    let mut line = |content: &[u8]| fold_into(&mut out, content, b"\r\n");
    line(b"BEGIN:VCALENDAR");
    line(b"VERSION:2.0");
    line(format!("PRODID:{PRODUCT}").as_bytes());
    if let Some(method) = answer.method {
        line(format!("METHOD:{method}").as_bytes());
    }
    line(b"BEGIN:VFREEBUSY");
    line(format!("UID:{}", text::escape(answer.uid)).as_bytes());
    line(format!("DTSTAMP:{}", stamp(answer.now)).as_bytes());
    line(format!("DTSTART:{}", stamp(answer.range.start)).as_bytes());
    line(format!("DTEND:{}", stamp(answer.range.end)).as_bytes());
    answer.people.iter().for_each(|person| line(person));
    // One line for each period: short lines are read by everybody.
    for (kind, stretch) in busy {
        let kind = match kind {
            Kind::Busy => String::new(),
            other => format!(";FBTYPE={}", other.name()),
        };
        let (start, end) = (stamp(stretch.start), stamp(stretch.end));
        line(format!("FREEBUSY{kind}:{start}/{end}").as_bytes());
    }
    line(b"END:VFREEBUSY");
    line(b"END:VCALENDAR");
    out
}

fn stamp(at: i64) -> String {
    When::Utc(Zone::UTC.civil(at)).to_string()
}
