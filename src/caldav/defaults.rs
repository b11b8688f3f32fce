//! The default calendar (RFC 6638 §9.2) and what else the owner of an inbox sets there.

use crate::base::{Condition, Fault, PrincipalId};
use crate::calendars::scheduling::places;
use crate::dav::object_type::Loading;
use crate::dav::path::Address;
use crate::dav::resource::Node;
use crate::dav::scope::Scope;
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::formats::ical::component::{self, Bounds};
use crate::store::collection::{self, Collection, Components, Kind, Role};
use crate::store::engine::Snapshot;

/// Judges a new default calendar.
pub fn check<'a>(
    _: &'a Scope,
    snapshot: &'a Snapshot,
    node: &'a Node,
    value: Option<&'a Element>,
) -> Loading<'a, ()> {
    Box::pin(async move {
        let Some(value) = value else { return Err(needed()) };
        let href = value.child(&Name::dav("href")).map(Element::trimmed).unwrap_or_default();
        let owner = node.owner().ok_or_else(Fault::not_found)?;
        if takes_invitations(snapshot, owner, href).await? {
            return Ok(());
        }
        Err(Fault::forbidden("The default calendar is one of your own that takes events.")
            .with(Condition::caldav("valid-schedule-default-calendar-URL")))
    })
}

async fn takes_invitations(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    href: &str,
) -> Result<bool, Fault> {
    let Ok(Address::Collection { kind: Kind::Calendar, owner: of, name }) =
        Address::parse_href(href)
    else {
        return Ok(false);
    };
    let found = collection::find(snapshot, &of, Kind::Calendar, name.as_str()).await?;
    Ok(of == *owner
        && found.is_some_and(|found| {
            let collection = found.collection;
            collection.role == Role::Plain
                && collection.calendar.components.takes(Components::EVENT)
        }))
}

fn needed() -> Fault {
    Fault::forbidden("Invitations go to this calendar; choose another one for them first.")
        .with(Condition::caldav("default-calendar-needed"))
}

/// Refuses the deletion of the calendar that invitations go to, if the owner chose it or there is
/// no other.
pub async fn may_remove(snapshot: &Snapshot, calendar: &Collection) -> Result<(), Fault> {
    let owner = &calendar.owner;
    let chosen = places::chosen(snapshot, owner).await?;
    let mut others = places::calendars(snapshot, owner).await?;
    others.retain(|found| {
        found.collection.id != calendar.id
            && found.collection.calendar.components.takes(Components::EVENT)
    });
    let takes =
        calendar.role == Role::Plain && calendar.calendar.components.takes(Components::EVENT);
    if takes && (others.is_empty() || chosen.as_deref() == Some(calendar.name.as_str())) {
        return Err(needed());
    }
    Ok(())
}

/// Judges a `CAL:calendar-availability`: a VCALENDAR with VAVAILABILITY (RFC 7953 §7.2.4).
pub fn check_availability<'a>(
    scope: &'a Scope,
    _: &'a Snapshot,
    _: &'a Node,
    value: Option<&'a Element>,
) -> Loading<'a, ()> {
    Box::pin(async move {
        let Some(value) = value else { return Ok(()) };
        let limits = scope.limits();
        let bounds = Bounds::new(limits.event_lines, limits.event_components);
        let document = component::parse(value.text.as_bytes(), bounds).ok();
        let calendar = document.as_ref().and_then(|document| document.calendar());
        let fits = calendar.is_some_and(|calendar| {
            let mut parts = calendar.children.iter().filter(|part| !part.is("VTIMEZONE"));
            parts.all(|part| part.is("VAVAILABILITY"))
        });
        if fits {
            return Ok(());
        }
        Err(Fault::forbidden("Availability is a VCALENDAR with VAVAILABILITY components.")
            .with(Condition::caldav("valid-calendar-data")))
    })
}
