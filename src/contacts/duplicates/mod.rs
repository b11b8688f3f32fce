//! Which cards are of one person: found by keys that they have in common, compared field by field,
//! weighed by a model with fixed parameters and the owner's own frequencies of values.

mod blocks;
mod candidates;
mod cluster;
mod compare;
pub mod evidence;
pub mod fingerprint;
pub mod frequency;
pub mod index;
pub mod keys;
pub mod library;
mod likeness;
pub mod model;
pub mod newcomers;
pub mod profile;
pub mod proposals;
pub mod scan;
pub mod verdict;

pub use profile::Profile;
pub use scan::{Found, Pair, scan};
pub use verdict::{Tier, Verdict};

#[cfg(test)]
mod tests;
