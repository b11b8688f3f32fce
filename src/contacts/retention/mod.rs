//! Books that let go of cards by rules: what a rule is about is announced, and goes when the notice is
//! over, unless somebody says that it is to stay.

mod act;
pub mod due;
mod rules;
mod soon;

pub use act::{act_all, act_on};
pub use rules::{Definition, keep, listed, remove, set};
pub use soon::{Going, going};
pub(in crate::contacts) use soon::{Soon, soon};

#[cfg(test)]
mod tests;
