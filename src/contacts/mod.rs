//! Domain: cards and address books; no HTTP, no XML.
