//! vCard 2.1, 3.0 and 4.0: what a card says, and how a flawed one is made fit to serve.

pub mod card;
mod categories;
mod date;
pub(in crate::formats) mod encoding;
mod field;
pub mod finding;
pub mod inspect;
mod labelled;
mod legacy;
mod name;
mod repair;
pub mod several;
mod uid;
mod version;

pub use card::{Card, Kind};
pub use categories::{categories, category_key, set_categories};
pub use date::DayOfYear;
pub use field::{field, set_field};
pub use finding::Finding;
pub use inspect::{Inspection, Rejection, inspect};
pub use labelled::{Labelled, labelled, set_labelled};
pub use name::{Names, structured_name};
pub use uid::normalize_uid;
pub use version::Version;

/// Whether `byte` is a control character that XML 1.0 cannot carry.
pub(crate) fn is_forbidden_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n')
}
