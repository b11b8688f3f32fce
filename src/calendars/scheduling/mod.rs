//! Scheduling (RFC 6638): who is told of what when a calendar object changes, and what becomes of
//! the others' copies. What is here as pure functions on components knows no store.

pub mod address;
pub mod allowed;
pub mod availability;
pub mod deliver;
pub mod draft;
pub mod imip;
pub mod implicit;
pub mod instance;
pub mod invitation;
pub mod notice;
pub mod object;
pub mod people;
pub mod places;
pub mod reply;
pub mod status;
pub mod stored;
mod takes_place;

#[cfg(test)]
mod tests;
