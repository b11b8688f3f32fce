//! Bytes to meaning and back; pure functions.

pub mod edit;
pub mod fold;
pub mod line;
pub mod param;
pub mod property;
pub mod text;
pub mod vcard;
