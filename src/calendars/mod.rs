//! Domain: calendars and what is on them; no HTTP, no XML.

pub mod birthdays;
pub mod busy;
pub mod expand;
pub mod filter;
pub mod freebusy;
pub mod generated;
pub mod instances;
pub mod list;
pub mod merged;
pub mod object;
pub mod overlap;
pub mod published;
pub mod scheduling;
pub mod spans;
pub mod subscribed;
pub mod timezone;
