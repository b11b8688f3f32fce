//! Meetings: events that ended stand in the timelines of those contacts who attended. Each
//! instance once, when it has ended, as it was then; what becomes of the event afterwards does not
//! undo that they met.

mod ended;
mod run;

pub use run::Meetings;

#[cfg(test)]
mod tests;
