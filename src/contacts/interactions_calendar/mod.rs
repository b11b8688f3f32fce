//! The calendar "Interactions": what happened with a user's contacts, as events that every
//! calendar program shows. Nobody but its owner sees it, and nobody writes into it. It is made
//! when there is something to show: an empty calendar would stand in every program for nothing.
//!
//! It is kept as an ordinary calendar and brought up to date when somebody looks; what that costs
//! follows what changed since the last look.

mod event;
mod upkeep;

pub use upkeep::freshen;

#[cfg(test)]
mod tests;
