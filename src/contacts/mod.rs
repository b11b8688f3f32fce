//! Domain: cards and address books; no HTTP, no XML.

pub mod filter;
