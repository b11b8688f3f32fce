//! The language in which segments say whom they mean: read from text, and asked about one card
//! at a time. Pure; no store.

mod answer;
mod day_operator;
mod days;
mod field;
mod misread;
mod operator;
mod parse;
mod subject;
mod suggest;
mod tokens;
mod tree;

pub use answer::{Asked, Verdict, reasons};
pub use field::{Field, Holds, LISTED, What};
pub use misread::Misread;
pub use parse::{Names, Read, parse};
pub use subject::{Known, Subject};
pub use tree::{Query, references};

/// Longest query, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// Most terms of a query.
pub const MOST_TERMS: usize = 500;

/// How deep parentheses and `not` can be nested.
pub const DEEPEST: usize = 32;

/// Most values in one list.
const MOST_VALUES: usize = 1000;

#[cfg(test)]
mod tests;
