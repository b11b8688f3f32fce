//! Domain: calendars and what is on them; no HTTP, no XML.

pub mod object;
pub mod timezone;
