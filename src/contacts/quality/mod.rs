//! The quality of what cards say: what is wrong with them, how complete they are, and clean-ups that can
//! be taken back. What people typed stays as it is unless they ask for a clean-up.

pub mod clean;
pub mod cleaning;
pub mod confirm;
mod days;
mod doubled;
mod finding;
pub mod index;
mod kind;
mod look;
mod names;
mod reach;
pub mod report;
mod score;
pub mod standing;
pub mod tagging;

pub use clean::{Change, Cleanup};
pub use finding::{Finding, Findings};
pub use kind::{Kind, Kinds};
pub use look::{Look, said};
pub use standing::Terms;

#[cfg(test)]
pub(in crate::contacts) mod tests;
