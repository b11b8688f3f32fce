//! Bytes to meaning and back; pure functions.

pub mod collation;
pub mod convert;
pub mod difference;
pub mod edit;
pub mod find;
pub mod fold;
pub mod gregorian;
pub mod ical;
pub mod jcard;
pub mod jscontact;
pub mod line;
pub mod mail;
pub mod param;
pub mod property;
pub mod recur;
pub mod select;
pub mod text;
pub mod vcard;
pub mod zone;
