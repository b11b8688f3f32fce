//! The properties of RFC 4791 §5.2, §6.2, of RFC 7809 §5.2 and of RFC 6638 §9.1.

use super::defaults;
use crate::accounts::INBOX;
use crate::base::{Condition, Fault, ObjectName};
use crate::calendars::scheduling::places::{DEFAULT_CALENDAR, OUTBOX};
use crate::calendars::timezone;
use crate::dav::path::Address;
use crate::dav::registry::{LiveProperty, Needs, Write};
use crate::dav::resource::{Node, On};
use crate::dav::view::View;
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::store::collection::{Collection, Components, Kind};

/// The first and last moments that are taken; what `CAL:min-date-time` and `CAL:max-date-time`
/// say.
const FIRST_MOMENT: &str = "00010101T000000Z";
const LAST_MOMENT: &str = "99981231T235959Z";

const LIMITED: On = On::CALENDAR.and(On::CALENDAR_HOME).and(On::INBOX);
const HOMED: On = On::PRINCIPAL.and(On::ROOT);

const fn protected(
    local: &'static str,
    on: On,
    read: fn(&View<'_>, &mut XmlOut) -> bool,
) -> LiveProperty {
    LiveProperty {
        name: Name::caldav(local),
        on,
        in_allprop: false,
        needs: Needs::NONE,
        read,
        write: Write::Protected,
    }
}

const fn written(
    local: &'static str,
    read: fn(&View<'_>, &mut XmlOut) -> bool,
    write: Write,
) -> LiveProperty {
    LiveProperty {
        name: Name::caldav(local),
        on: On::CALENDAR,
        in_allprop: false,
        needs: Needs::NONE,
        read,
        write,
    }
}

const fn acting(local: &'static str, read: fn(&View<'_>, &mut XmlOut) -> bool) -> LiveProperty {
    LiveProperty {
        name: Name::cs(local),
        on: On::PRINCIPAL,
        in_allprop: false,
        needs: Needs::NONE,
        read,
        write: Write::Protected,
    }
}

/// For whom the caller may act; for whom others may is nobody else's to know.
fn acting_for(view: &View<'_>, out: &mut XmlOut, write: bool) -> bool {
    let identity = &view.scope.identity;
    if view.node.owner() == Some(&identity.principal) {
        for delegation in identity.delegations.iter().filter(|one| one.write == write) {
            out.href(&Address::Principal(delegation.owner.clone()).href());
        }
    }
    true
}

const fn scheduled(
    local: &'static str,
    on: On,
    needs: Needs,
    read: fn(&View<'_>, &mut XmlOut) -> bool,
    write: Write,
) -> LiveProperty {
    LiveProperty { name: Name::caldav(local), on, in_allprop: false, needs, read, write }
}

/// All of them.
pub static PROPERTIES: [LiveProperty; 22] = [
    LiveProperty {
        name: Name::cs("source"),
        on: On::CALENDAR,
        in_allprop: false,
        needs: Needs::SOURCE,
        read: source,
        write: Write::Protected,
    },
    acting("calendar-proxy-read-for", |view, out| acting_for(view, out, false)),
    acting("calendar-proxy-write-for", |view, out| acting_for(view, out, true)),
    protected("calendar-home-set", HOMED, calendar_home_set),
    protected("calendar-user-address-set", HOMED, calendar_user_address_set),
    protected("calendar-user-type", On::PRINCIPAL, calendar_user_type),
    protected("schedule-inbox-URL", HOMED, |view, out| mailbox(view, INBOX, out)),
    protected("schedule-outbox-URL", HOMED, |view, out| mailbox(view, OUTBOX, out)),
    scheduled(
        DEFAULT_CALENDAR,
        On::INBOX,
        Needs::DEFAULT,
        default_calendar,
        Write::KeptIf(defaults::check),
    ),
    // RFC 7953 §7.2.4
    scheduled(
        "calendar-availability",
        On::INBOX,
        Needs::NONE,
        |_, _| false,
        Write::KeptIf(defaults::check_availability),
    ),
    scheduled(
        "schedule-tag",
        On::CALENDAR_OBJECT.and(On::MESSAGE),
        Needs::NONE,
        |_, _| false,
        Write::KeptByServer,
    ),
    // As it was written, for its language is part of it.
    written("calendar-description", |_, _| false, Write::Kept),
    written("calendar-timezone", calendar_timezone, Write::Collection(set_timezone)),
    written("calendar-timezone-id", calendar_timezone_id, Write::Collection(set_timezone_id)),
    written("schedule-calendar-transp", transparency, Write::Collection(set_transparency)),
    written("supported-calendar-component-set", components, Write::AtCreation(set_components)),
    protected("supported-calendar-data", LIMITED, supported_calendar_data),
    protected("supported-collation-set", LIMITED, |_, out| {
        for collation in ["i;ascii-casemap", "i;octet", "i;unicode-casemap"] {
            out.element(&Name::caldav("supported-collation"), collation);
        }
        true
    }),
    protected("max-resource-size", LIMITED, |view, out| {
        out.text(&view.scope.limits().event_bytes.to_string());
        true
    }),
    protected("min-date-time", LIMITED, |_, out| {
        out.text(FIRST_MOMENT);
        true
    }),
    protected("max-date-time", LIMITED, |_, out| {
        out.text(LAST_MOMENT);
        true
    }),
    protected("max-attendees-per-instance", LIMITED, |view, out| {
        out.text(&view.scope.limits().attendees.to_string());
        true
    }),
];

/// Exactly one href: several break Apple's clients.
fn calendar_home_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    let owner = match view.node {
        Node::Principal(principal) if principal.is_group => return false,
        Node::Principal(principal) => principal.id.clone(),
        // Asked of the root while an account is set up.
        _ => view.scope.identity.principal.clone(),
    };
    out.href(&Address::Home(Kind::Calendar, owner).href());
    true
}

/// The addresses by which events name the user; the mail address first, and as the preferred one
/// last too, where Apple's clients look for it.
fn calendar_user_address_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Node::Principal(principal) = view.node else { return false };
    if let Some(mail) = &principal.mail {
        out.href(&format!("mailto:{mail}"));
    }
    out.href(&Address::Principal(principal.id.clone()).href());
    true
}

/// The inbox or outbox of a user, of the caller if asked of the root.
fn mailbox(view: &View<'_>, name: &str, out: &mut XmlOut) -> bool {
    let owner = match view.node {
        Node::Principal(principal) if principal.is_group => return false,
        Node::Principal(principal) => principal.id.clone(),
        _ => view.scope.identity.principal.clone(),
    };
    let Some(name) = ObjectName::parse(name) else { return false };
    out.href(&Address::Collection { kind: Kind::Calendar, owner, name }.href());
    true
}

fn default_calendar(view: &View<'_>, out: &mut XmlOut) -> bool {
    let default = view.loaded.default.as_deref();
    default.inspect(|href| out.href(href)).is_some()
}

/// Where a subscribed calendar comes from.
fn source(view: &View<'_>, out: &mut XmlOut) -> bool {
    let source = view.loaded.source.as_deref();
    source.inspect(|source| out.href(source)).is_some()
}

fn calendar_user_type(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Node::Principal(principal) = view.node else { return false };
    out.text(if principal.is_group { "GROUP" } else { "INDIVIDUAL" });
    true
}

fn of_calendar<'v>(view: &'v View<'_>) -> Option<&'v Collection> {
    match view.node {
        Node::Collection(node) if view.member.is_none() => Some(node.collection()),
        _ => None,
    }
}

fn calendar_timezone(view: &View<'_>, out: &mut XmlOut) -> bool {
    let zone = of_calendar(view).and_then(|calendar| calendar.calendar.timezone.as_deref());
    zone.inspect(|zone| out.text(zone)).is_some()
}

fn set_timezone(calendar: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let Some(element) = value else {
        calendar.calendar.timezone = None;
        calendar.calendar.timezone_id = None;
        return Ok(());
    };
    let id = timezone::read(&element.text).ok_or_else(|| {
        Fault::forbidden("A time zone is a VCALENDAR with one VTIMEZONE.")
            .with(Condition::caldav("valid-calendar-data"))
    })?;
    calendar.calendar.timezone = Some(element.text.clone());
    calendar.calendar.timezone_id = Some(id);
    Ok(())
}

fn calendar_timezone_id(view: &View<'_>, out: &mut XmlOut) -> bool {
    let id = of_calendar(view).and_then(|calendar| calendar.calendar.timezone_id.as_deref());
    id.inspect(|id| out.text(id)).is_some()
}

/// The two properties mirror each other (RFC 7809 §5.2).
fn set_timezone_id(calendar: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let Some(element) = value else {
        calendar.calendar.timezone = None;
        calendar.calendar.timezone_id = None;
        return Ok(());
    };
    let id = element.trimmed();
    let zone = timezone::write(id).ok_or_else(|| {
        Fault::forbidden("This server does not know a time zone of this name.")
            .with(Condition::caldav("valid-timezone"))
    })?;
    calendar.calendar.timezone = Some(zone);
    calendar.calendar.timezone_id = Some(id.to_owned());
    Ok(())
}

fn transparency(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Some(calendar) = of_calendar(view) else { return false };
    let transparent = calendar.calendar.transparent;
    out.empty(&Name::caldav(if transparent { "transparent" } else { "opaque" }));
    true
}

fn set_transparency(calendar: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let has = |local| value.is_some_and(|element| element.child(&Name::caldav(local)).is_some());
    if value.is_some() && has("transparent") == has("opaque") {
        return Err(Fault::conflict("A calendar is either opaque or transparent."));
    }
    calendar.calendar.transparent = has("transparent");
    Ok(())
}

fn components(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Some(calendar) = of_calendar(view) else { return false };
    for name in calendar.calendar.components.names() {
        out.empty_with(&Name::caldav("comp"), &[("name", name)]);
    }
    true
}

fn set_components(calendar: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let Some(element) = value else { return Ok(()) };
    let mut wanted = Components::default();
    for comp in element.children_named(&Name::caldav("comp")) {
        let kind = comp.attr("name").and_then(Components::named).ok_or_else(|| {
            Fault::forbidden("This server does not keep components of this kind.")
                .with(Condition::caldav("supported-calendar-component"))
        })?;
        wanted = wanted.and(kind);
    }
    if wanted == Components::default() {
        return Err(Fault::conflict("A calendar takes at least one kind of component."));
    }
    calendar.calendar.components = wanted;
    Ok(())
}

fn supported_calendar_data(_: &View<'_>, out: &mut XmlOut) -> bool {
    out.empty_with(
        &Name::caldav("calendar-data"),
        &[("content-type", "text/calendar"), ("version", "2.0")],
    );
    true
}
