//! A calendar object as scheduling sees it: who organizes, who attends which instance.

use std::collections::BTreeMap;

use super::address::Address;
use super::draft::{Draft, is, when, whens};
use crate::formats::ical::component::{self, Bounds};
use crate::formats::ical::value::When;
use crate::formats::property::Property;
use crate::formats::zone::{Zone, Zones};

/// Which instance a component stands for: the moment of its `RECURRENCE-ID`; `None` for the
/// component that all instances come from.
pub type Instance = Option<i64>;

/// The kinds of components that people are invited to.
const KINDS: [&str; 2] = ["VEVENT", "VTODO"];

/// An object, taken apart.
#[derive(Debug, Clone)]
pub struct Object {
    /// The `VCALENDAR`.
    pub calendar: Draft,
    zones: Zones,
}

/// What the owner of an object has to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Invites others.
    Organizer,
    /// Was invited by somebody else.
    Attendee,
    /// Neither: nobody is told of changes.
    Bystander,
}

impl Object {
    /// Reads `bytes`, which were judged when they were stored.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let document = component::parse(bytes, Bounds::STORED).ok()?;
        let calendar = document.calendar()?;
        Some(Self { calendar: Draft::of(calendar), zones: Zones::of(calendar, Zone::UTC) })
    }

    /// The same zones with other components.
    #[must_use]
    pub fn with(&self, calendar: Draft) -> Self {
        Self { calendar, zones: self.zones.clone() }
    }

    /// The object as text.
    pub fn write(&self) -> Vec<u8> {
        self.calendar.write()
    }

    /// Its events or tasks, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Draft> {
        self.calendar.children.iter().filter(|part| schedules(part))
    }

    /// Which instance `part` stands for.
    pub fn instance(&self, part: &Draft) -> Instance {
        part.property("RECURRENCE-ID").and_then(when).map(|id| self.moment(&id))
    }

    /// The moment of `when`; of dates and floating times as if in UTC, for comparisons.
    pub fn moment(&self, when: &When) -> i64 {
        self.zones.instant(when)
    }

    /// `when` as a value of the kind and zone of `like`.
    pub fn as_in(&self, like: &When, when: &When) -> When {
        like.at(self.zones.civil_in(&self.zones.zone_of(like), when))
    }

    /// The component of an instance.
    pub fn part(&self, instance: Instance) -> Option<&Draft> {
        self.parts().find(|part| self.instance(part) == instance)
    }

    /// The component that all instances come from.
    pub fn master(&self) -> Option<&Draft> {
        self.part(None)
    }

    /// The moments that `part` leaves out (`EXDATE`), each as a property of its own.
    pub fn left_out(&self, part: &Draft) -> BTreeMap<i64, Property> {
        let mut moments = BTreeMap::new();
        for line in part.all("EXDATE") {
            for moment in whens(line) {
                let mut single = line.clone();
                single.value = moment.to_string();
                moments.insert(self.moment(&moment), single);
            }
        }
        moments
    }

    /// The `UID`.
    pub fn uid(&self) -> String {
        let uid = self.parts().find_map(|part| part.property("UID"));
        uid.map(|uid| uid.value.trim().to_owned()).unwrap_or_default()
    }

    /// The first `ORGANIZER`.
    pub fn organizer(&self) -> Option<&Property> {
        self.parts().find_map(|part| part.property("ORGANIZER"))
    }

    /// Everybody who attends any instance, each once, in order.
    pub fn attendees(&self) -> Vec<Address> {
        let mut all: Vec<Address> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for line in self.parts().flat_map(|part| part.all("ATTENDEE")) {
            let address = address(line);
            if seen.insert(address.clone()) {
                all.push(address);
            }
        }
        all
    }

    /// What somebody with these addresses has to do with it.
    pub fn role_of(&self, mine: &[Address]) -> Role {
        let Some(organizer) = self.organizer() else { return Role::Bystander };
        let attends = |line| mine.contains(&address(line));
        if mine.contains(&address(organizer)) {
            let others =
                self.parts().flat_map(|part| part.all("ATTENDEE")).any(|line| !attends(line));
            if others { Role::Organizer } else { Role::Bystander }
        } else if self.parts().flat_map(|part| part.all("ATTENDEE")).any(attends) {
            Role::Attendee
        } else {
            Role::Bystander
        }
    }
}

/// Is `part` of a kind that people are invited to?
pub fn schedules(part: &Draft) -> bool {
    KINDS.contains(&part.name.as_str())
}

/// Who is meant by an `ORGANIZER` or `ATTENDEE`.
pub fn address(line: &Property) -> Address {
    Address::parse(&line.value)
}

/// Does the server send what there is to send (`SCHEDULE-AGENT`, RFC 6638 §7.1)?
pub fn by_server(line: &Property) -> bool {
    line.param("SCHEDULE-AGENT").is_none_or(|agent| agent.trim().eq_ignore_ascii_case("SERVER"))
}

/// The `PARTSTAT` of an `ATTENDEE`, in upper case.
pub fn answer(line: &Property) -> String {
    line.param("PARTSTAT").map_or_else(|| "NEEDS-ACTION".to_owned(), |p| p.to_ascii_uppercase())
}

/// The `ATTENDEE` in `part` that has one of these addresses.
pub fn attendee<'d>(part: &'d Draft, mine: &[Address]) -> Option<&'d Property> {
    part.all("ATTENDEE").find(|line| mine.contains(&address(line)))
}

/// Takes out of `line` what is between the server and its user alone (RFC 6638 §7).
pub fn without_private(mut line: Property) -> Property {
    for name in ["SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND", "SCHEDULE-STATUS"] {
        line.take(name);
    }
    line
}

/// When `part` is: everything that decides when its instances take place, exceptions apart.
pub fn times(part: &Draft) -> Vec<String> {
    const DECIDE: [&str; 6] = ["DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE"];
    let mut times: Vec<String> = part
        .properties
        .iter()
        .filter(|property| DECIDE.iter().any(|name| is(property, name)))
        .flat_map(|property| {
            let name = property.name.to_ascii_uppercase();
            let zone = property.param("TZID").unwrap_or_default();
            let values = whens(property);
            if values.is_empty() {
                vec![format!("{name} {}", rule(&property.value))]
            } else {
                values.iter().map(|when| format!("{name} {when} {}", zone.trim())).collect()
            }
        })
        .collect();
    times.sort_unstable();
    times
}

/// The parts of a rule in one order, so that clients that write them in another change nothing.
fn rule(value: &str) -> String {
    let upper = value.trim().to_ascii_uppercase();
    let mut parts: Vec<&str> = upper.split(';').filter(|part| *part != "INTERVAL=1").collect();
    parts.sort_unstable();
    parts.join(";")
}
