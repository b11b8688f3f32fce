//! rolodav: a sync server for the people you know.
//!
//! The modules below stand in layer order, from the top of the house down; a file uses only
//! layers below its own. `ARCHITECTURE.md` draws the picture, `tests/architecture.rs` holds it.

pub mod accounts;
pub mod app;
pub mod base;
pub mod caldav;
pub mod calendars;
pub mod carddav;
pub mod cli;
pub mod config;
pub mod contacts;
pub mod dav;
pub mod fetch;
pub mod formats;
pub mod http;
pub mod jobs;
pub mod lmtp;
pub mod store;
pub mod web;
