//! Tags: the categories of cards, as things that have a name, can be renamed, merged and deleted
//! for all cards at once, and stay when no card bears them any more.

mod actions;
mod begin;
mod edit;
mod index;
mod list;

pub use actions::{is_at_work, work_off, work_off_all, work_off_of};
pub use begin::{create, delete, mark, rename};
pub(in crate::contacts) use edit::keep_flaws;
pub use index::{follow, is_behind};
pub use list::{Listed, list};

#[cfg(test)]
mod tests;
