//! The forms in which values of cards compare: names, mails, phones, days, organizations, places.
//! Nothing here changes a card.

pub mod birth;
pub mod dialled;
pub mod fold;
pub mod mail;
pub mod mail_flaw;
pub mod name;
pub mod nicknames;
pub mod organization;
pub mod phone;
pub mod place;
pub mod sound;

pub use birth::Birth;
pub use mail::Mailbox;
pub use name::{Generation, PersonName};
pub use phone::{Number, Region};
pub use place::Place;
