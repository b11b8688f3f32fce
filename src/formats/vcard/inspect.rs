//! What an upload goes through: is it a card, what must be known of it, what must be repaired
//! before it is served. A card is never refused for its looks.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::ops::Range;

use super::encoding::{has_noncharacter, to_utf8};
use super::finding::{Finding, Findings};
use super::legacy::modernize;
use super::repair::repair;
use super::{Version, is_forbidden_control};
use crate::formats::line::Lines;

/// Values at least this long, in bytes, are told in [`Inspection::large_values`].
pub const LARGE_VALUE: usize = 4096;

/// What was found out about an uploaded card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The version of the served bytes: 3.0 or 4.0. A 2.1 card is served as 3.0.
    pub version: Version,
    /// The identity, as it stands in the served bytes, unescaped.
    pub uid: String,
    /// The display name.
    pub full_name: String,
    /// The bytes to serve where they are not the sent ones.
    pub served: Option<Vec<u8>>,
    /// What was flawed. Not empty exactly when `served` is there.
    pub findings: Vec<Finding>,
    /// Where whole values of [`LARGE_VALUE`] bytes and more lie in the served bytes, folds
    /// included: photos, mostly. In order, without overlap.
    pub large_values: Vec<Range<usize>>,
    /// Whether the served bytes cannot stand in XML as they are: they hold `&`, `<`, `>` or a
    /// character that XML 1.0 does not allow.
    pub needs_escape: bool,
}

/// Why a body is not taken as a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// There is no card in it.
    NotACard,
    /// There is more than one.
    SeveralCards,
    /// It has more lines than the server takes.
    TooManyLines {
        /// The most lines that are taken.
        limit: usize,
    },
}

/// Inspects `bytes`, of which at most `max_lines` lines are taken. `new_uid` gives the identity
/// of a card that has none.
///
/// # Errors
/// See [`Rejection`]; looks are no reason.
pub fn inspect(
    bytes: &[u8],
    max_lines: usize,
    new_uid: impl FnOnce() -> String,
) -> Result<Inspection, Rejection> {
    let mut findings = Findings::default();
    let utf8 = to_utf8(bytes, &mut findings);
    let survey = survey(&utf8, max_lines)?;
    let modern = if survey.is_old {
        modernize(&utf8, survey.version, &mut findings)
    } else {
        Cow::Borrowed(&*utf8)
    };
    let repaired = repair(&modern, new_uid, &mut findings)?;
    let served = &*repaired.bytes;
    let large_values = Lines::new(served)
        .map(|line| line.value_span())
        .filter(|span| span.len() >= LARGE_VALUE)
        .collect();
    let findings = findings.into_vec();
    Ok(Inspection {
        version: repaired.version,
        large_values,
        needs_escape: needs_escape(served),
        served: (served != bytes).then(|| served.to_vec()),
        findings,
        uid: repaired.uid,
        full_name: repaired.full_name,
    })
}

/// Whether `bytes` cannot stand in XML as they are: `&`, `<` or `>`, a control character other
/// than CR, LF and TAB, a noncharacter, or something that is not UTF-8.
pub fn needs_escape(bytes: &[u8]) -> bool {
    let special = |b: u8| matches!(b, b'&' | b'<' | b'>') | is_forbidden_control(b);
    bytes.chunks(256).any(|chunk| chunk.iter().fold(false, |any, b| any | special(*b)))
        || std::str::from_utf8(bytes).is_err()
        || has_noncharacter(bytes)
}

struct Survey {
    version: Option<Version>,
    /// Whether something of version 2.1 may be in it.
    is_old: bool,
}

fn survey(bytes: &[u8], max_lines: usize) -> Result<Survey, Rejection> {
    let mut survey = Survey { version: None, is_old: false };
    let mut encoded = false;
    for (count, line) in Lines::new(bytes).enumerate() {
        if count == max_lines {
            return Err(Rejection::TooManyLines { limit: max_lines });
        }
        if !line.has_value() {
            survey.is_old |= encoded;
            continue;
        }
        if survey.version.is_none() && line.is("VERSION") {
            survey.version = Version::parse(&line.text());
            survey.is_old |= survey.version == Some(Version::V21);
        }
        encoded = false;
        for param in line.params().filter(|p| p.is("ENCODING")) {
            encoded = true;
            survey.is_old |= param.text().eq_ignore_ascii_case("QUOTED-PRINTABLE");
        }
    }
    Ok(survey)
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACard => f.write_str("This is not a contact card (vCard)."),
            Self::SeveralCards => f.write_str(
                "There are several contacts in one file here; each contact needs a file of its own. \
                 To bring in many at once, use the import.",
            ),
            Self::TooManyLines { limit } => {
                write!(f, "The card has more than {limit} lines, which is more than is taken.")
            }
        }
    }
}

impl Error for Rejection {}

#[cfg(test)]
mod tests;
