//! Domain: cards, address books, and what is remembered of people; no HTTP, no XML.

pub mod addresses;
pub mod books;
pub mod card;
pub mod export;
pub mod filter;
pub mod groups;
pub mod interactions_calendar;
pub mod layer;
pub mod local_time;
pub mod mail_capture;
mod naming;
pub mod tags;
pub mod weaving;
pub mod whom;
