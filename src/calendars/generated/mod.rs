//! Calendars that the server fills itself, kept as ordinary collections so that tags, tokens and
//! questions about time are those of any other, and brought up to date when somebody looks.
//!
//! What a look costs follows what changed since the last one: the books that the owner can see
//! are compared with the state of the calendar by the heads of their change logs.

mod place;
mod sources;
mod upkeep;

pub use place::{ensure, ensure_as, find};
pub use upkeep::freshen;

#[cfg(test)]
mod tests;
