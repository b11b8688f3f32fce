//! Reads what others publish on the web. Every address is vetted before anything is sent to it:
//! the server stands in networks that those who name addresses do not.

pub mod client;
mod fetcher;
pub mod location;
pub mod vetting;

pub use fetcher::{Fetched, Fetcher, Found, Known, Rules, Unfetched};
