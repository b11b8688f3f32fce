//! Domain: cards, address books, and what is remembered of people; no HTTP, no XML.

pub mod addresses;
pub mod books;
pub mod card;
pub mod difference;
pub mod duplicates;
pub mod export;
pub mod fields;
pub mod filter;
pub mod following;
pub mod followups;
pub mod groups;
pub mod import;
pub mod interactions_calendar;
pub mod layer;
pub mod local_time;
pub mod mail_capture;
pub mod meetings;
pub mod merge;
pub mod naming;
pub mod normal;
pub mod person;
pub mod recovered;
pub mod required;
pub mod tags;
pub mod timeline;
pub mod weaving;
