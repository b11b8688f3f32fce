//! What requests say of time zones: the one that a query is meant in, and whether a client wants
//! the descriptions of zones that everybody knows (`CalDAV-Timezones`, RFC 7809 §7.1).

use std::borrow::Cow;

use crate::base::{Condition, Fault, Request};
use crate::calendars::timezone;
use crate::dav::object_type::Conversion;
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::formats::zone::Zone;

/// The zone that a query names for dates and floating times (RFC 4791 §9.8, RFC 7809 §5.1).
///
/// # Errors
/// 403 with `valid-timezone` or `valid-calendar-data` for what is none.
pub fn of_query(body: &Element) -> Result<Option<Zone>, Fault> {
    if let Some(element) = body.child(&Name::caldav("timezone-id")) {
        let zone = Zone::named(element.trimmed()).ok_or_else(|| {
            Fault::forbidden("This server does not know a time zone of this name.")
                .with(Condition::caldav("valid-timezone"))
        })?;
        return Ok(Some(zone));
    }
    let Some(element) = body.child(&Name::caldav("timezone")) else { return Ok(None) };
    let zone = timezone::described(&element.text).ok_or_else(|| {
        Fault::forbidden("A time zone is a VCALENDAR with one VTIMEZONE.")
            .with(Condition::caldav("valid-calendar-data"))
    })?;
    Ok(Some(zone))
}

/// Which descriptions of time zones an object is handed out with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zones {
    /// Those that are stored: the client has not said.
    AsStored,
    /// All that its times need.
    All,
    /// Only those that no name tells.
    Unknown,
}

impl Zones {
    /// What the request asks for.
    pub fn wanted(request: &Request) -> Self {
        match request.header("caldav-timezones").map(str::trim) {
            Some("T" | "t") => Self::All,
            Some("F" | "f") => Self::Unknown,
            _ => Self::AsStored,
        }
    }

    /// The object with these descriptions.
    pub fn apply(self, object: &[u8]) -> Cow<'_, [u8]> {
        let changed = match self {
            Self::AsStored => None,
            Self::All => timezone::with(object),
            Self::Unknown => timezone::without(object),
        };
        changed.map_or(Cow::Borrowed(object), Cow::Owned)
    }
}

impl Conversion for Zones {
    fn content_type(&self) -> &'static str {
        "text/calendar; charset=utf-8"
    }

    fn convert(&self, bytes: &[u8]) -> Vec<u8> {
        self.apply(bytes).into_owned()
    }
}
