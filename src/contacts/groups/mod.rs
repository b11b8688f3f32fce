//! Tags as group cards: what devices show as groups. The server keeps them up to date for devices
//! that look at them, and what such a device writes into one becomes tags of the cards.

mod of_segments;
mod text;
mod upkeep;
mod written;

pub use upkeep::{are_stale, freshen};
pub use written::{Writing, plan};

/// Are two group cards called the same, with the same members?
pub fn say_the_same(one: &[u8], other: &[u8]) -> bool {
    let members = |card| text::members(card).into_iter().collect::<std::collections::BTreeSet<_>>();
    text::name(one) == text::name(other) && members(one) == members(other)
}

#[cfg(test)]
mod tests;
