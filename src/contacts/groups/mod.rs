//! Tags as group cards: what devices show as groups. The server keeps them up to date for devices
//! that look at them, and what such a device writes into one becomes tags of the cards.

mod text;
mod upkeep;
mod written;

pub use upkeep::freshen;
pub use written::{Writing, plan};

#[cfg(test)]
mod tests;
