//! Domain: cards and address books; no HTTP, no XML.

pub mod card;
pub mod filter;
