//! What was flawed in a calendar object: listed under "needs attention", each with a sentence
//! for people.

use crate::formats::vcard::finding::Finding as Flaw;

/// One kind of flaw that was found, and repaired for serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// A byte order mark at the beginning.
    ByteOrderMark,
    /// The text was UTF-16.
    Utf16,
    /// Lines end with CR alone.
    LineEnds,
    /// A fold inside a character.
    SplitCharacter,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Control characters.
    ControlCharacters,
    /// A component without `END`.
    NoEnd,
    /// A component without `UID`.
    NoUid,
}

impl Finding {
    /// Every finding there is.
    pub const ALL: [Self; 8] = [
        Self::ByteOrderMark,
        Self::Utf16,
        Self::LineEnds,
        Self::SplitCharacter,
        Self::NotUtf8,
        Self::ControlCharacters,
        Self::NoEnd,
        Self::NoUid,
    ];

    /// A short stable word for programs and records.
    pub fn code(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "byte-order-mark",
            Self::Utf16 => "utf-16",
            Self::LineEnds => "line-ends",
            Self::SplitCharacter => "split-character",
            Self::NotUtf8 => "not-utf8",
            Self::ControlCharacters => "control-characters",
            Self::NoEnd => "no-end",
            Self::NoUid => "no-uid",
        }
    }

    /// One sentence for the person whose entry it is.
    pub fn message(self) -> &'static str {
        match self {
            Self::ByteOrderMark => {
                "The entry began with an invisible mark that some programs cannot read; it is left out."
            }
            Self::Utf16 => "The entry was written in UTF-16; it is served in UTF-8.",
            Self::LineEnds => {
                "The lines of the entry ended in an outdated way; they are rewritten."
            }
            Self::SplitCharacter => {
                "A long line was broken in the middle of a letter; it is put together again."
            }
            Self::NotUtf8 => {
                "Some letters were written in an old encoding; please check titles and notes for odd signs."
            }
            Self::ControlCharacters => "Invisible control characters were left out.",
            Self::NoEnd => "The entry has no end; it may have been cut off on its way.",
            Self::NoUid => "The entry had no identity (UID); it was given one.",
        }
    }

    /// The finding about the encoding that `flaw` is. Other flaws concern cards alone.
    pub(super) fn of_encoding(flaw: Flaw) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|finding| finding.code() == flaw.code())
            .filter(|finding| !matches!(finding, Self::NoEnd | Self::NoUid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_messages_are_sentences() {
        for finding in Finding::ALL {
            let same = Finding::ALL.iter().filter(|other| other.code() == finding.code()).count();
            assert_eq!(same, 1, "{}", finding.code());
            assert!(finding.message().ends_with('.'), "{}", finding.message());
        }
    }

    #[test]
    fn every_flaw_of_the_encoding_has_its_finding() {
        let known: Vec<_> = Flaw::ALL.iter().filter_map(|f| Finding::of_encoding(*f)).collect();
        assert_eq!(known.len(), 6, "{known:?}");
    }
}
