//! `CalDAV-Timezones` (RFC 7809 §7.1): does a client want the descriptions of zones that
//! everybody knows?

use std::borrow::Cow;

use crate::base::Request;
use crate::calendars::timezone;
use crate::dav::registry::Conversion;

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
