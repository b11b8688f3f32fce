//! The layer in the card: what the server knows of a contact, woven into the bytes that phones
//! sync and taken out of what they send back. Pure functions; no store, no HTTP.
//!
//! What is woven in: one `X-ROLODAV-…` line each for revision, stage, cadence, last contact, next
//! follow-up and interaction, before `END:VCARD`; and the *fence*, a block at the end of the last
//! plain `NOTE`, which every phone shows. [`unweave()`] gives the base back byte for byte and
//! tells what of ours came back in which shape. It expects a card that went through
//! [`inspect`](crate::formats::vcard::inspect): UTF-8, of version 3.0 or 4.0.

mod command;
mod fence;
mod fingerprint;
pub(in crate::contacts) mod item;
mod merge;
mod merge_text;
mod note;
mod own;
mod restored;
mod stray;
mod typed;
mod unweave;
mod views;
mod weave;
mod when;

use jiff::civil::{Date, DateTime};

pub use command::{Captured, Command, Grammar, take_commands};
pub use fence::{rendering, status};
pub use fingerprint::{Running, fingerprint};
pub use merge::{Merged, merge};
pub use own::{facts, with_revision};
pub use restored::restored;
pub use stray::without_served;
pub use typed::{days_named, typed_in_fence};
pub use unweave::{Seen, SeenEntry, Unwoven, unweave};
pub use views::{without_fence, without_history};
pub use weave::weave;
pub use when::{Direction, When, take as take_when};

/// What of a contact's layer is shown in a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// Version of the contact's layer.
    pub revision: u64,
    /// Name of the stage.
    pub stage: Option<String>,
    /// How often to keep in touch.
    pub cadence: Option<Cadence>,
    /// Day of the last contact.
    pub last_contact: Option<Date>,
    /// Day of the next follow-up.
    pub next: Option<Date>,
    /// The latest interactions, newest first.
    pub entries: Vec<Entry>,
    /// What the contact agreed to.
    pub consents: Vec<ConsentLine>,
    /// Whether stage, days and interactions are also told at the end of `NOTE`.
    pub history_in_note: bool,
}

/// What a contact agreed to, as a card shows it: for programs, not in the notes. What comes back
/// of it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentLine {
    /// For what.
    pub purpose: String,
    /// `granted`, `expired`, `refused`, `withdrawn` or `unknown`.
    pub state: String,
    /// Where it is known from; may be empty.
    pub source: String,
    /// On which day it was given.
    pub on: String,
    /// The last day on which it holds.
    pub until: Option<String>,
}

/// One interaction as a card shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Stable identity.
    pub uid: String,
    /// `call`, `meeting`, `mail`, `message`, `note` or an own one.
    pub kind: String,
    /// When, in seconds since 1970 UTC.
    pub at: i64,
    /// When, on the clock of the contact's owner.
    pub local: DateTime,
    /// Whether only the day is known.
    pub day_only: bool,
    /// Who logged it; empty when nobody is to be named.
    pub by: String,
    /// What was said; may have several lines.
    pub text: String,
}

/// How often to keep in touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// Not at all, whatever the stage says.
    Never,
    /// After so many days.
    Days(u32),
}

/// How much is woven into one card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most interactions.
    pub entries: usize,
    /// Most bytes that all interactions take, in the fence and in lines of their own each.
    pub bytes: usize,
}

/// Most purposes that a card tells of.
const CONSENTS: usize = 50;

/// Longest text of an entry in a card, in bytes.
const LONGEST_TEXT: usize = 400;

/// Longest kind, author, identity and stage in a card, in bytes.
const LONGEST_WORD: usize = 120;

// === impl Bounds ===

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 20, bytes: 4096 }
    }
}

// === impl Layer ===

impl Layer {
    /// Whether there is nothing to show, so that the card stays as it came.
    pub fn is_empty(&self) -> bool {
        self.stage.is_none()
            && self.cadence.is_none()
            && self.last_contact.is_none()
            && self.next.is_none()
            && self.entries.is_empty()
            && self.consents.is_empty()
    }

    /// What [`weave`] shows of it: within `bounds`, every text fit to stand in a card.
    #[must_use]
    pub fn shown(&self, bounds: Bounds) -> Self {
        let mut left = (bounds.bytes, bounds.bytes);
        let mut entries = Vec::with_capacity(self.entries.len().min(bounds.entries));
        for entry in self.entries.iter().take(bounds.entries) {
            let entry = entry.shown();
            let cost = (own::interaction(&entry).len(), fence::rendering(&entry).len());
            let (Some(own), Some(note)) = (left.0.checked_sub(cost.0), left.1.checked_sub(cost.1))
            else {
                break;
            };
            left = (own, note);
            entries.push(entry);
        }
        let consents = self.consents.iter().take(CONSENTS).map(ConsentLine::shown).collect();
        Self { stage: self.stage.as_deref().map(word), entries, consents, ..*self }
    }
}

// === impl ConsentLine ===

impl ConsentLine {
    /// It as a card shows it.
    fn shown(&self) -> Self {
        Self {
            purpose: word(&self.purpose),
            state: word(&self.state),
            source: word(&self.source),
            ..self.clone()
        }
    }
}

// === impl Entry ===

impl Entry {
    /// It as a card shows it: long texts cut, what cannot stand in a card left out.
    #[must_use]
    pub fn shown(&self) -> Self {
        Self {
            uid: word(&self.uid),
            kind: word(&self.kind),
            by: word(&self.by),
            text: cut(&clean(&self.text), LONGEST_TEXT),
            ..*self
        }
    }
}

// === impl Cadence ===

impl Cadence {
    /// It as `X-ROLODAV-CADENCE` tells it: `never`, `30d`.
    fn write(self) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::Days(days) => format!("{days}d"),
        }
    }

    /// Reads `30d`, `2w`, `3m`, `1y`, `2 weeks`, `month`, `30` (days), `P30D`, `never`, `off`; a
    /// month is a twelfth of 365 days. Nothing beyond a hundred years.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if matches!(text.as_str(), "never" | "off" | "none") {
            return Some(Self::Never);
        }
        let text = text
            .strip_prefix('p')
            .filter(|t| t.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or(&text);
        let (digits, unit) =
            text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())?;
        let count: u32 = if digits.is_empty() { 1 } else { digits.parse().ok()? };
        let days = match (unit.trim(), digits.is_empty()) {
            ("", false) | ("d" | "day" | "days", _) => count,
            ("w" | "week" | "weeks", _) => count.checked_mul(7)?,
            ("m" | "mo" | "month" | "months", _) => {
                u32::try_from(u64::from(count) * 365 / 12).ok()?
            }
            ("y" | "year" | "years", _) => count.checked_mul(365)?,
            _ => return None,
        };
        match days {
            0 => Some(Self::Never),
            1..=36_525 => Some(Self::Days(days)),
            _ => None,
        }
    }
}

/// A word or name on one line, without blanks around it, cut at [`LONGEST_WORD`].
fn word(text: &str) -> String {
    cut(&clean(text).replace(['\n', '\t'], " "), LONGEST_WORD)
}

/// `text` without characters that cannot stand in a card: line breaks of any kind are `\n`,
/// other control characters and noncharacters are left out; without blanks around it.
pub fn clean(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                plain.push('\n');
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => plain.push('\n'),
            '\n' | '\t' => plain.push(c),
            c if c.is_control() || is_noncharacter(c) => {}
            c => plain.push(c),
        }
    }
    plain.trim().to_owned()
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{feff}') || u32::from(c) & 0xFFFE == 0xFFFE
}

/// `text` in at most `most` bytes; what is cut ends with an ellipsis.
fn cut(text: &str, most: usize) -> String {
    const ELLIPSIS: char = '…';
    if text.len() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(ELLIPSIS.len_utf8());
    let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let mut cut = text.get(..end).unwrap_or_default().trim_end().to_owned();
    cut.push(ELLIPSIS);
    cut
}

#[cfg(test)]
mod tests;
