//! Domain: calendars and what is on them; no HTTP, no XML.

pub mod expand;
pub mod filter;
pub mod freebusy;
pub mod instances;
pub mod object;
pub mod overlap;
pub mod spans;
pub mod timezone;
