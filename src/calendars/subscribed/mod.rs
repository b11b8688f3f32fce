//! Calendars that others publish on the web, fetched into read-only calendars in a user's home.
//! They are kept as ordinary collections, so that tags, tokens and questions about time are those
//! of any other.

mod clean;
mod feed;
mod place;
mod refresh;
mod schedule;
mod take_in;

pub use place::{EVERY, Wish, subscribe};
pub use refresh::{Refreshed, Refreshing};

#[cfg(test)]
mod tests;
