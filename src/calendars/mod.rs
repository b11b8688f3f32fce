//! Domain: calendars and what is on them; no HTTP, no XML.

pub mod instances;
pub mod object;
pub mod timezone;
