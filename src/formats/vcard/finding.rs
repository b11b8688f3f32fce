//! What was flawed in a card: listed under "needs attention", each with a sentence for people.

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $message:literal;)*) => {
        /// One kind of flaw that was found, and repaired for serving.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Finding { $($(#[$doc])* $name,)* }

        impl Finding {
            /// Every finding there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// A short stable word for programs and records.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// One sentence for the person whose card it is.
            pub fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

findings! {
    /// A byte order mark before the card.
    ByteOrderMark, "byte-order-mark",
        "The card began with an invisible mark that some programs cannot read; it is left out.";
    /// The card was UTF-16.
    Utf16, "utf-16", "The card was written in UTF-16; it is served in UTF-8.";
    /// Lines end with CR alone.
    LineEnds, "line-ends", "The lines of the card ended in an outdated way; they are rewritten.";
    /// A fold inside a character.
    SplitCharacter, "split-character",
        "A long line was broken in the middle of a letter; it is put together again.";
    /// Bytes that are not UTF-8.
    NotUtf8, "not-utf8",
        "Some letters were written in an old encoding; please check names and notes for odd signs.";
    /// Control characters.
    ControlCharacters, "control-characters", "Invisible control characters were left out.";
    /// A vCard 2.1.
    OldVersion, "vcard-2.1", "The card is of the old version 2.1; it is served as 3.0.";
    /// Quoted-printable in a version that has none.
    QuotedPrintable, "quoted-printable",
        "Text was written in an encoding of vCard 2.1 and is served as plain text.";
    /// Base64 lines that are not folded.
    UnfoldedBinary, "unfolded-binary", "A picture was broken into lines wrongly; it is put together again.";
    /// Lines before BEGIN or after END.
    OutsideCard, "outside-card", "Text before or after the card is not part of it and is left out.";
    /// A line without colon that continues the one before.
    UnfoldedText, "unfolded-text",
        "A text went on over several lines without being marked so; the lines are joined.";
    /// A line without colon that belongs to nothing.
    UnreadableLine, "unreadable-line", "A line that no program can read is left out.";
    /// No VERSION.
    NoVersion, "no-version", "The card did not say its version; it is taken as 3.0.";
    /// A VERSION that does not exist.
    UnknownVersion, "unknown-version", "The card named a version that does not exist.";
    /// Several VERSION lines.
    SeveralVersions, "several-versions", "The card named its version more than once; the first one counts.";
    /// No END.
    NoEnd, "no-end", "The card has no end; it may have been cut off on its way.";
    /// No UID.
    NoUid, "no-uid", "The card had no identity (UID); it was given one.";
    /// Several UID lines.
    SeveralUids, "several-uids", "The card had more than one identity (UID); the first one counts.";
    /// No FN.
    NoFullName, "no-full-name", "The card had no display name; one was made from what it holds.";
    /// No N in 3.0.
    NoName, "no-name", "The card had no name split into its parts; it was made from the display name.";
}

impl Finding {
    /// The finding whose [`code`](Self::code) is `code`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|finding| finding.code() == code)
    }
}

/// Findings of one card, each kind once, in the order of their discovery.
#[derive(Debug, Default)]
pub(in crate::formats) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    pub(in crate::formats) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn codes_are_unique_and_lead_back() {
        for finding in Finding::ALL {
            assert_eq!(Finding::from_code(finding.code()), Some(*finding));
            assert!(finding.message().ends_with('.'), "{}", finding.message());
        }
        assert_eq!(Finding::from_code("no-such"), None);
    }
}
