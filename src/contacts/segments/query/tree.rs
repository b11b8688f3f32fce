//! A query that was read: terms, put together by `and`, `or` and `not`.

use std::ops::Range;

use super::days::Window;
use super::field::{Field, Holds, What};
use crate::store::segments::SegmentId;

/// A query, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// All of these hold.
    All(Vec<Self>),
    /// One of these holds.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// A question about the card.
    Term(Term),
}

/// One question about a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What is asked.
    pub test: Test,
    /// Where it stands in the text of the query, in bytes.
    pub at: Range<usize>,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Is there anything in the field?
    Known(Field),
    /// Does one of the field's texts compare so to one of these, which are folded?
    Text(Field, How, Vec<String>),
    /// Is a number of the field in one of these ranges?
    Number(Field, Vec<Range64>),
    /// Is the day of the field within?
    Day(Field, Window),
    /// Is the card in the segment?
    Segment(SegmentId),
}

/// How texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum How {
    Is,
    Contains,
    Starts,
    Ends,
}

/// Numbers from one to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range64 {
    /// The least one.
    pub from: f64,
    /// Does the least one belong to it?
    pub with_from: bool,
    /// The greatest one.
    pub to: f64,
    /// Does the greatest one belong to it?
    pub with_to: bool,
}

impl Range64 {
    /// This number alone.
    pub const fn only(number: f64) -> Self {
        Self { from: number, with_from: true, to: number, with_to: true }
    }

    /// Is `number` in it?
    pub fn has(&self, number: f64) -> bool {
        let begun = if self.with_from { number >= self.from } else { number > self.from };
        begun && if self.with_to { number <= self.to } else { number < self.to }
    }
}

impl Query {
    /// Its terms, in order.
    pub fn terms(&self) -> Vec<&Term> {
        let (mut found, mut open) = (Vec::new(), vec![self]);
        while let Some(query) = open.pop() {
            match query {
                Self::All(parts) | Self::Any(parts) => open.extend(parts.iter().rev()),
                Self::Not(inner) => open.push(inner),
                Self::Term(term) => found.push(term),
            }
        }
        found
    }

    /// The same with what is asked sooner first, where it makes no difference: what no day changes
    /// settles most answers, and how long the others hold takes the longest to find out.
    #[must_use]
    pub fn soonest_first(self) -> Self {
        let sorted = |parts: Vec<Self>| {
            let mut parts: Vec<Self> = parts.into_iter().map(Self::soonest_first).collect();
            parts.sort_by_key(Self::effort);
            parts
        };
        match self {
            Self::All(parts) => Self::All(sorted(parts)),
            Self::Any(parts) => Self::Any(sorted(parts)),
            Self::Not(inner) => Self::Not(Box::new(inner.soonest_first())),
            Self::Term(_) => self,
        }
    }

    /// How long an answer takes, to be compared.
    fn effort(&self) -> u8 {
        let each = self.terms().into_iter().map(|term| match &term.test {
            Test::Day(..) | Test::Number(Field::Known(What::Age), _) => 3,
            Test::Text(Field::Known(What::Any | What::Note), ..) => 2,
            Test::Text(field, ..) if field.holds() == Holds::Phone => 2,
            Test::Text(..) | Test::Number(..) | Test::Known(_) => 1,
            Test::Segment(_) => 0,
        });
        each.max().unwrap_or(0)
    }

    /// Does a term ask about this field?
    pub fn asks(&self, what: What) -> bool {
        self.terms().iter().any(|term| match &term.test {
            Test::Known(field)
            | Test::Text(field, ..)
            | Test::Number(field, _)
            | Test::Day(field, _) => *field == Field::Known(what),
            Test::Segment(_) => false,
        })
    }
}

/// The segments that `query` asks about, each once.
pub fn references(query: &Query) -> Vec<SegmentId> {
    let mut found: Vec<SegmentId> = query
        .terms()
        .iter()
        .filter_map(|term| match term.test {
            Test::Segment(id) => Some(id),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
