//! Domain: cards and address books; no HTTP, no XML.

pub mod books;
pub mod card;
pub mod export;
pub mod filter;
