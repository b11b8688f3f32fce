//! Segments: people who are meant by what is known of them. A segment is a query; who is in it
//! follows the cards, and the days.

mod book;
mod edit;
mod examined;
mod follow;
mod list;
pub mod query;
mod reword;
mod round;
mod set;
mod terms;

pub use edit::{Change, New, add, edit, remove};
pub use follow::{follow, follow_all, is_behind};
pub use list::{Listed, Meant, Somebody, list, members, show, test, uids};
pub use reword::reword;

#[cfg(test)]
mod tests;
