//! One thing that is wrong with a card, in words.

use super::kind::Kind;

/// Most findings of one card that are told; the kinds of all are known.
const MOST: usize = 64;

/// Most characters of a value that are told.
const LONGEST: usize = 120;

/// Something that is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// The property that it is about, or nothing.
    pub property: &'static str,
    /// The value, on one line, its beginning if it is long.
    pub value: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// Does a clean-up mend it?
    pub cleanup: bool,
}

/// The findings of one card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    told: Vec<Finding>,
    kinds: super::Kinds,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, finding: Finding) {
        self.kinds.add(finding.kind);
        if self.told.len() < MOST {
            self.told.push(finding);
        }
    }

    /// The kinds of all.
    pub fn kinds(&self) -> super::Kinds {
        self.kinds
    }

    /// Those that are told, in the order of the card.
    pub fn told(&self) -> &[Finding] {
        &self.told
    }

    /// Gives those that are told away.
    pub fn into_told(self) -> Vec<Finding> {
        self.told
    }
}

impl Finding {
    /// Without suggestion and clean-up.
    pub fn new(
        kind: Kind,
        property: &'static str,
        value: &str,
        message: impl Into<String>,
    ) -> Self {
        let value = shown(value);
        Self { kind, property, value, message: message.into(), suggestion: None, cleanup: false }
    }
}

/// A value on one line, its beginning if it is long.
pub fn shown(value: &str) -> String {
    let plain = value.chars().take(LONGEST * 4);
    let plain: String = plain.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= LONGEST {
        return words;
    }
    words.chars().take(LONGEST).chain(['…']).collect()
}
