//! What may be wrong with a card: the kinds of findings, each with a word for programs, the tag that
//! cards with it can bear, and what to do about it.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident, $word:literal, $tag:literal, $advice:literal;)*) => {
        /// A kind of finding. Records hold its place: others are added at the end.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// A stable word for programs.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The name of the tag of cards with such a finding.
            pub const fn tag(self) -> &'static str {
                match self { $(Self::$name => $tag,)* }
            }

            /// What to do about it, in a sentence.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

kinds! {
    /// A mail address that cannot be one.
    BrokenMail, "broken-mail", "Needs attention: e-mail",
        "Correct the address, or take it off the card.";
    /// A mail address where nobody gets mail.
    UndeliverableMail, "undeliverable-mail", "Needs attention: undeliverable",
        "Ask for the present address; nothing arrives at this one.";
    /// A phone number that cannot be dialled.
    BrokenPhone, "broken-phone", "Needs attention: phone",
        "Correct the number, or take it off the card.";
    /// Nobody is named.
    NoName, "no-name", "Needs attention: no name",
        "Write down who it is.";
    /// What stands as name is a mail address or a number.
    NameIsAddress, "name-is-address", "Needs attention: name",
        "Write down the name instead of the address.";
    /// Values that cannot be true together.
    Conflict, "conflict", "Needs attention: contradiction",
        "Find out which of the values is right, and take the other one off the card.";
    /// A day that there is not.
    ImpossibleDate, "impossible-date", "Needs attention: date",
        "Correct the date.";
    /// The same value twice.
    DuplicateValue, "duplicate-value", "Needs attention: doubled",
        "Take one of them off the card.";
    /// The card was repaired when it came.
    Repaired, "repaired", "Needs attention: repaired",
        "Look whether the card is still right; `rolodav quality confirm` says that it is.";
    /// Nobody has looked at it for long.
    Stale, "stale", "Needs attention: out of date",
        "Look whether it still holds; `rolodav quality confirm` says that it does.";
    /// A rule of its book is about to end it.
    Leaving, "leaving", "Needs attention: leaving",
        "`rolodav retention keep` has it stay.";
    /// Another card is probably of the same person.
    PossibleDuplicate, "possible-duplicate", "Needs attention: possible duplicate",
        "`rolodav merge` makes them one; `rolodav duplicates not-same` says that they are two people.";
}

impl Kind {
    /// The kind with this word.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::ALL.iter().copied().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }
}

/// Several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(pub u32);

impl Kinds {
    /// With `kind`.
    pub fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u32;
    }

    /// Is `kind` one of them?
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }

    /// Are there none?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in order.
    pub fn each(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.has(*kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let mut all = Self::default();
        kinds.into_iter().for_each(|kind| all.add(kind));
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_and_tags_lead_back_to_their_kind() {
        let tags: HashSet<&str> = Kind::ALL.iter().map(|kind| kind.tag()).collect();
        assert_eq!(tags.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.word()), Some(*kind));
            assert!(kind.advice().ends_with('.'), "{}", kind.advice());
        }
        let some: Kinds = [Kind::Stale, Kind::BrokenMail].into_iter().collect();
        assert_eq!(some.each().collect::<Vec<_>>(), [Kind::BrokenMail, Kind::Stale]);
        assert_eq!(Kind::named("nothing"), None);
    }
}
