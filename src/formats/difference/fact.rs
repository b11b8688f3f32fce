//! One property as what it says.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::formats::line::Line;

/// One property as what it says, however it is written.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// The part of the text it stands in, as words begin with it; empty for the whole.
    pub(super) part: String,
    /// The name in upper case.
    pub(super) property: String,
    /// What distinguishes it from others of its name: kinds, labels, parameters; each once, in
    /// order.
    pub(super) qualifiers: Vec<String>,
    /// What two of them must have in common to say the same.
    pub(super) meaning: String,
    /// What a person gets to read.
    pub(super) shown: Shown,
}

/// What a person gets to read of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Text(String),
    /// So many bytes, of a photo or the like.
    Bytes(usize),
}

// === impl Fact ===

impl Fact {
    /// That `property` says `text`.
    pub(super) fn text(property: &str, text: &str) -> Self {
        let text = plain(text);
        Self {
            part: String::new(),
            property: property.to_owned(),
            qualifiers: Vec::new(),
            meaning: text.clone(),
            shown: Shown::Text(text),
        }
    }

    /// That `property` has a value of several components; empty ones at the end do not count.
    pub(super) fn components(property: &str, components: &[String]) -> Self {
        let all: Vec<String> = components.iter().map(|part| plain(part)).collect();
        let said = all.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
        let said = all.get(..said).unwrap_or_default();
        let words: Vec<&str> =
            said.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let mut fact = Self::text(property, &words.join(", "));
        // Not to be mistaken for one that has the same words in other places.
        fact.meaning = said.join("\u{1f}");
        fact
    }

    /// That `property` holds these bytes.
    pub(super) fn bytes(property: &str, bytes: &[u8]) -> Self {
        let mut fact = Self::text(property, "");
        fact.meaning = BASE64_STANDARD.encode(Sha256::digest(bytes));
        fact.shown = Shown::Bytes(bytes.len());
        fact
    }

    /// It with these qualifiers.
    #[must_use]
    pub(super) fn with(mut self, mut qualifiers: Vec<String>) -> Self {
        qualifiers.retain(|one| !one.is_empty());
        qualifiers.dedup();
        self.qualifiers = qualifiers;
        self
    }

    /// It as a fact of a part of the text.
    #[must_use]
    pub(super) fn of(mut self, part: &str) -> Self {
        part.clone_into(&mut self.part);
        self
    }
}

/// The parameters of `line` that are none of `silent`, each as `name value` the way a person can
/// read it, in order.
pub(super) fn parameters(line: &Line<'_>, silent: &[&str]) -> Vec<String> {
    let mut told: Vec<String> = line
        .params()
        .filter(|p| !silent.iter().any(|name| p.is(name)))
        .map(|p| {
            let name = String::from_utf8_lossy(p.name).to_ascii_lowercase();
            let mut values: Vec<_> = p.values().map(|value| plain(&value)).collect();
            values.sort_unstable();
            format!("{name} {}", values.join(", "))
        })
        .collect();
    told.sort_unstable();
    told
}

/// `text` as it is compared: composed characters, line breaks of one kind, no blanks at the ends
/// of lines.
pub(super) fn plain(text: &str) -> String {
    let composed: String = text.nfc().collect();
    let composed = composed.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = composed.split('\n').map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}
