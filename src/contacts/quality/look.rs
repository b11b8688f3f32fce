//! A card as it is looked at: what is wrong with it by itself, how complete it is, and by what it is
//! known that a person changed it.

use sha2::{Digest, Sha256};

use super::finding::{Finding, Findings};
use super::kind::Kind;
use super::{days, doubled, names, reach, score};
use crate::contacts::normal::Region;
use crate::formats::line::Lines;
use crate::formats::vcard::{Card, Kind as CardKind};

/// Properties that programs change by themselves; tags are the server's, too.
const UNSAID: [&str; 5] = ["REV", "PRODID", "CATEGORIES", "VERSION", "X-EVOLUTION-FILE-AS"];

/// Properties whose values may lie apart from the text.
const APART: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];

/// What a card tells by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// What is wrong with it.
    pub findings: Findings,
    /// How complete it is: 0 to 100.
    pub score: u8,
    /// The same for versions of the card in which a person said the same.
    pub said: u64,
    /// The last day on it that was in the past when it was written down: year, month, day.
    pub latest: Option<(i16, i8, i8)>,
}

impl Look {
    /// Looks at `base`, the card without what the server adds; `None` for lists of contacts. Phone
    /// numbers without a country are dialled in `region`.
    pub fn at(base: &[u8], region: Option<Region>) -> Option<Self> {
        let card = Card::parse(base);
        if matches!(card.kind(), CardKind::Group) {
            return None;
        }
        let mut findings = Findings::default();
        names::names(&card, &mut findings);
        let mails = reach::mails(&card, &mut findings);
        let phones = reach::phones(&card, region, &mut findings);
        let latest = days::days(&card, &mut findings);
        doubled::doubled(&card, region, &mut findings);
        let wrong =
            |finding: &Finding| finding.kind == Kind::ImpossibleDate && finding.property == "BDAY";
        let birthday = card.first("BDAY").is_some() && !findings.told().iter().any(wrong);
        let score = score::score(&card, mails > 0, phones > 0, birthday);
        Some(Self { findings, score, said: said(base), latest })
    }
}

/// A fingerprint of what a person said in `base`.
pub fn said(base: &[u8]) -> u64 {
    let mut hash = Sha256::new();
    for line in Lines::new(base) {
        if UNSAID.iter().any(|name| line.is(name)) {
            continue;
        }
        hash.update(line.head());
        if !APART.iter().any(|name| line.is(name)) {
            hash.update(b":");
            hash.update(line.value());
        }
        hash.update(b"\n");
    }
    hash.finalize().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
