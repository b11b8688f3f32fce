//! When others are free: the request that asks for it, and the answer about each of them (RFC 6638
//! §5, RFC 5546 §3.3).

use super::address::Address;
use super::object::address;
use super::people::{self, Who};
use super::places;
use crate::base::{Fault, Limits, PrincipalId};
use crate::calendars::busy::Search;
use crate::calendars::freebusy::{self, Answer};
use crate::calendars::overlap::Stretch;
use crate::calendars::timezone;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::property::Property;
use crate::formats::zone::{Zone, Zones};
use crate::store::Store;
use crate::store::engine::Snapshot;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// The identity of the request.
    pub uid: String,
    /// When.
    pub range: Stretch,
    /// Who asks.
    pub organizer: Address,
    /// Who asks, as it was written.
    pub organizer_line: Property,
    /// Who is asked about.
    pub asked: Vec<Property>,
}

/// What is answered about one person.
#[derive(Debug)]
pub struct Answered {
    /// The `REQUEST-STATUS`.
    pub status: &'static str,
    /// When they are busy.
    pub calendar: Option<Vec<u8>>,
}

/// Reads a request; the error says why it is none.
pub fn question(bytes: &[u8], limits: &Limits) -> Result<Question, &'static str> {
    let bounds = Bounds::new(limits.event_lines, limits.event_components);
    let document = component::parse(bytes, bounds).map_err(|_| "The request is too large.")?;
    let calendar = document.calendar().ok_or("The request is no iCalendar object.")?;
    if !calendar.says("METHOD", "REQUEST") {
        return Err("The request has no METHOD:REQUEST.");
    }
    let mut parts = calendar.children.iter().filter(|part| !part.is("VTIMEZONE"));
    let (Some(part), None) = (parts.next(), parts.next()) else {
        return Err("The request is about one VFREEBUSY.");
    };
    if !part.is("VFREEBUSY") {
        return Err("Only free-busy requests are taken here; invitations are sent by storing the \
                    event.");
    }
    let zones = Zones::of(calendar, Zone::UTC);
    let times = freebusy::own_times(part, &zones);
    let (Some(start), Some(end)) = (times.start, times.end) else {
        return Err("The request names no DTSTART and DTEND.");
    };
    if start >= end {
        return Err("The request ends before it begins.");
    }
    let organizer_line = part.property("ORGANIZER").and_then(Property::read);
    let organizer_line = organizer_line.ok_or("The request names no ORGANIZER.")?;
    let asked: Vec<Property> = part.all("ATTENDEE").filter_map(Property::read).collect();
    if asked.is_empty() {
        return Err("The request names no ATTENDEE.");
    }
    if asked.len() > limits.attendees {
        return Err("The request names too many people.");
    }
    Ok(Question {
        uid: part.uid().map_or_else(|| uuid::Uuid::new_v4().to_string(), Into::into),
        range: Stretch { start, end },
        organizer: address(&organizer_line),
        organizer_line,
        asked,
    })
}

/// The answer about the person in `asked`.
pub async fn answer(
    store: &Store,
    snapshot: &Snapshot,
    limits: &Limits,
    question: &Question,
    asked: &Property,
) -> Result<Answered, Fault> {
    let user = match people::find(snapshot, &address(asked)).await? {
        Who::User(user) => user,
        Who::Elsewhere(_) | Who::Nobody => {
            return Ok(Answered { status: "3.7;Invalid calendar user", calendar: None });
        }
    };
    let addresses = people::addresses(snapshot, &user).await?;
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let mut search = Search::new(question.range, &addresses, limits);
    for found in places::calendars(snapshot, &user).await? {
        if !found.collection.calendar.transparent {
            search.add(snapshot, &found.collection).await?;
        }
    }
    if let Some(text) = availability(snapshot, &user).await? {
        let calendar = places::default_calendar(snapshot, &user, EVENT).await?;
        let zone = calendar.map_or(Zone::UTC, |found| timezone::of(&found.collection));
        search.add_object(text.as_bytes(), &zone);
    }
    let people =
        [question.organizer_line.write(), super::object::without_private(asked.clone()).write()];
    let said = Answer {
        range: question.range,
        now: store.now().seconds() as i64,
        uid: &question.uid,
        method: Some("REPLY"),
        people: &people,
    };
    let calendar = freebusy::answer(&said, &search.finish());
    Ok(Answered { status: "2.0;Success", calendar: Some(calendar) })
}

const EVENT: crate::store::collection::Components = crate::store::collection::Components::EVENT;

/// When the user says that they are available, as an iCalendar text (RFC 7953).
async fn availability(snapshot: &Snapshot, user: &PrincipalId) -> Result<Option<String>, Fault> {
    Ok(places::availability(snapshot, user).await?)
}
