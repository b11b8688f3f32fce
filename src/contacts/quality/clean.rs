//! Clean-ups of one card: which lines are written otherwise, and how that is taken back. Only what is
//! certain is changed, and every other byte stays.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::shown;
use super::kind::Kind;
use super::{doubled, names};
use crate::base::ETag;
use crate::contacts::normal::{Region, dialled, mail_flaw};
use crate::formats::edit::line_end;
use crate::formats::fold::fold_into;
use crate::formats::line::{Line, Lines};
use crate::formats::text;
use crate::formats::vcard::Card;
use crate::store::quality_cleanings::Patch;

/// Something that can be tidied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cleanup {
    /// What stands around mail addresses goes; domains are written in small letters.
    Mails,
    /// Phone numbers are written so that they can be dialled from anywhere.
    Phones,
    /// The display name is made of the parts of the name, where it is none.
    Names,
    /// Of a value that stands there twice the one that says no more goes.
    Doubles,
}

/// A line that is written otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// By which clean-up.
    pub cleanup: Cleanup,
    /// The property.
    pub property: &'static str,
    /// The value as it was.
    pub before: String,
    /// The value as it is; `None`: it goes.
    pub after: Option<String>,
}

/// A card that was tidied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tidied {
    /// The card.
    pub card: Vec<u8>,
    /// What is otherwise.
    pub changes: Vec<Change>,
    /// What takes it back.
    pub patches: Vec<Patch>,
}

impl Cleanup {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Mails, Self::Phones, Self::Names, Self::Doubles];

    /// A stable word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mails => "mails",
            Self::Phones => "phones",
            Self::Names => "names",
            Self::Doubles => "doubles",
        }
    }

    /// The clean-up with this word, or that mends findings of the kind with this word.
    pub fn named(word: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|one| one.word().eq_ignore_ascii_case(word.trim()));
        found.or_else(|| match Kind::named(word)? {
            Kind::BrokenMail => Some(Self::Mails),
            Kind::BrokenPhone => Some(Self::Phones),
            Kind::NoName | Kind::NameIsAddress => Some(Self::Names),
            Kind::DuplicateValue => Some(Self::Doubles),
            _ => None,
        })
    }
}

/// What a line becomes.
enum Becomes {
    Text(String),
    Nothing,
}

/// Tidies `base`, the card without what the server adds; `None`: there is nothing to do.
pub fn tidy(base: &[u8], region: Option<Region>, wanted: &BTreeSet<Cleanup>) -> Option<Tidied> {
    let card = Card::parse(base);
    let mut becomes: BTreeMap<usize, (Change, Becomes)> = BTreeMap::new();
    let mut note = |line: &Line<'_>, cleanup, property, becomes_text: Option<String>| {
        let before = shown(&line.text());
        let after = becomes_text.as_deref().map(shown);
        let change = Change { cleanup, property, before, after };
        let becomes_now = becomes_text.map_or(Becomes::Nothing, Becomes::Text);
        becomes.insert(line.span().start, (change, becomes_now));
    };
    for line in card.properties().iter().filter(|line| line.param("ENCODING").is_none()) {
        if line.is("EMAIL") && wanted.contains(&Cleanup::Mails) {
            let value = line.text();
            let tidy = match mail_flaw::flaw(&value) {
                Some(flawed) => flawed.suggestion.filter(|_| flawed.certain),
                None => Some(value.clone().into_owned()),
            };
            let tidy = tidy.map(|tidy| mail_flaw::written(&tidy).unwrap_or(tidy));
            if let Some(tidy) = tidy.filter(|tidy| **tidy != *value) {
                note(line, Cleanup::Mails, "EMAIL", Some(tidy));
            }
        } else if line.is("TEL")
            && wanted.contains(&Cleanup::Phones)
            && let Some(written) = dialled::written(&line.text(), region)
        {
            note(line, Cleanup::Phones, "TEL", Some(written));
        }
    }
    if wanted.contains(&Cleanup::Names)
        && names::is_no_name(&card.full_name().unwrap_or_default())
        && let Some(name) = names::from_parts(&card)
        && let Some(line) = card.first("FN").or_else(|| card.all("FN").next())
    {
        note(line, Cleanup::Names, "FN", Some(name));
    }
    if wanted.contains(&Cleanup::Doubles) {
        for one in doubled::pairs(&card, region) {
            if let Some(line) = one.spare.and_then(|at| card.properties().get(at)) {
                note(line, Cleanup::Doubles, one.property, None);
            }
        }
    }
    (!becomes.is_empty()).then(|| written(base, becomes))
}

fn written(base: &[u8], mut becomes: BTreeMap<usize, (Change, Becomes)>) -> Tidied {
    let ends = line_end(base);
    let mut tidied = Tidied {
        card: Vec::with_capacity(base.len() + 64),
        changes: Vec::new(),
        patches: Vec::new(),
    };
    for line in Lines::new(base) {
        let Some((change, becomes)) = becomes.remove(&line.span().start) else {
            tidied.card.extend_from_slice(line.raw());
            continue;
        };
        let at = tidied.card.len();
        if let Becomes::Text(value) = becomes {
            let content = [line.head(), b":", text::escape(&value).as_bytes()].concat();
            fold_into(&mut tidied.card, &content, ends);
        }
        let after = tidied.card.get(at..).unwrap_or_default().to_vec();
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        tidied.patches.push(Patch { at, before: line.raw().to_vec(), after });
        tidied.changes.push(change);
    }
    tidied
}

/// `base` as it was before `patches`, after which it had the tag `tidied`. What was edited since stays:
/// then the lines are looked for that were written. Tells also how many of those are not there any more.
pub fn take_back(base: &[u8], patches: &[Patch], tidied: ETag) -> (Vec<u8>, usize) {
    if ETag::of(base) == tidied {
        let (mut card, mut at) = (Vec::with_capacity(base.len() + 64), 0);
        for patch in patches {
            let from = patch.at as usize;
            card.extend_from_slice(base.get(at..from).unwrap_or_default());
            card.extend_from_slice(&patch.before);
            at = from + patch.after.len();
        }
        card.extend_from_slice(base.get(at..).unwrap_or_default());
        return (card, 0);
    }
    let mut card = base.to_vec();
    let mut left = 0;
    for patch in patches {
        let there = |bytes: &[u8]| {
            Lines::new(&card).find(|line| line.raw() == bytes).map(|line| line.span())
        };
        let place = if !patch.after.is_empty() {
            there(&patch.after)
        } else if there(&patch.before).is_some() {
            None
        } else {
            let end = Lines::new(&card).find(|line| line.is("END"));
            end.map(|line| line.span().start..line.span().start)
        };
        match place {
            Some(place) => drop(card.splice(place, patch.before.iter().copied())),
            None => left += 1,
        }
    }
    (card, left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all() -> BTreeSet<Cleanup> {
        Cleanup::ALL.into_iter().collect()
    }

    fn card(lines: &str) -> String {
        format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\n{lines}NOTE:x\r\nEND:VCARD\r\n")
    }

    #[test]
    fn only_what_is_certain_changes_and_once() {
        for (before, after) in [
            ("EMAIL;TYPE=home: Anna@Example.ORG.\r\n", "EMAIL;TYPE=home:Anna@example.org\r\n"),
            ("EMAIL:anna@gmial.com\r\n", "EMAIL:anna@gmial.com\r\n"),
            ("item1.TEL;TYPE=cell:0171 1234567\r\n", "item1.TEL;TYPE=cell:+49 171 1234567\r\n"),
            ("TEL:call me\r\n", "TEL:call me\r\n"),
            ("N:Lee;Anna;;;\r\nFN:a@example.org\r\n", "N:Lee;Anna;;;\r\nFN:Anna Lee\r\n"),
            ("N:Lee;Anna;;;\r\nFN:\r\n", "N:Lee;Anna;;;\r\nFN:Anna Lee\r\n"),
            ("N:;a@b.c;;;\r\nFN:a@b.c\r\n", "N:;a@b.c;;;\r\nFN:a@b.c\r\n"),
            ("URL:http://a.b\r\nURL;TYPE=work:http://a.b\r\n", "URL;TYPE=work:http://a.b\r\n"),
            (
                "EMAIL;TYPE=home:a@b.org\r\nEMAIL;TYPE=work:a@b.org\r\n",
                "EMAIL;TYPE=home:a@b.org\r\nEMAIL;TYPE=work:a@b.org\r\n",
            ),
            (
                "item1.URL:http://a.b\r\nitem1.X-ABLabel:x\r\nURL:http://a.b\r\n",
                "item1.URL:http://a.b\r\nitem1.X-ABLabel:x\r\n",
            ),
        ] {
            let (before, after) = (card(before), card(after));
            let tidied = tidy(before.as_bytes(), Region::named("DE"), &all());
            let now = tidied.map_or_else(|| before.clone().into_bytes(), |tidied| tidied.card);
            assert_eq!(String::from_utf8_lossy(&now), after, "{before}");
            assert_eq!(tidy(&now, Region::named("DE"), &all()), None, "{before} again");
        }
    }

    #[test]
    fn later_edits_stay_when_it_is_taken_back() {
        let before = card("N:Lee;Anna;;;\r\nFN:1\r\nTEL:030 1234567\r\nURL:x\r\nURL:x\r\n");
        let tidied = tidy(before.as_bytes(), Region::named("DE"), &all()).unwrap();
        let tag = ETag::of(&tidied.card);
        let now = String::from_utf8(tidied.card.clone()).unwrap();
        let edited = now.replace("NOTE:x", "NOTE:y").replace("FN:Anna Lee", "FN:Annie");
        let (back, left) = take_back(edited.as_bytes(), &tidied.patches, tag);
        let back = String::from_utf8(back).unwrap();
        for line in ["NOTE:y", "FN:Annie", "TEL:030 1234567"] {
            assert!(back.contains(&format!("\r\n{line}\r\n")), "{line}: {back}");
        }
        // The other of the two is there still.
        assert_eq!((back.matches("URL:x").count(), left), (1, 2));
    }

    fn lines() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "EMAIL(;TYPE=(home|work))?:[ <]?[aAbB.@ ]{1,6}@(Gmail.com|gmial.com|x.ORG)[.>, ]{0,2}\r\n",
            "(item1.)?TEL(;TYPE=(cell|fax))?:[+0]{0,2}(30|171|49)[ /()-]{0,2}[0-9]{3,9}\r\n",
            "FN:([ @a1]{0,4}|a@b.c)\r\n",
            "N:(Lee|);(Anna|a@b);;;\r\n",
            "item1.X-ABLabel:x\r\n",
            "(URL|NOTE|ORG):[ab\\\\,;]{0,3}\r\n( c\r\n)?",
            "[A-Z:; \u{7}\r\n\\\\]{0,12}\r\n",
        ];
        proptest::collection::vec(line, 0..14).prop_map(|lines| lines.concat())
    }

    proptest! {
        #[test]
        fn taken_back_it_is_the_same_byte_for_byte(lines in lines()) {
            let before = card(&lines).into_bytes();
            if let Some(tidied) = tidy(&before, Region::named("DE"), &all()) {
                let tag = ETag::of(&tidied.card);
                prop_assert_eq!(take_back(&tidied.card, &tidied.patches, tag), (before, 0));
                prop_assert_eq!(tidy(&tidied.card, Region::named("DE"), &all()), None, "again");
            }
        }
    }
}
