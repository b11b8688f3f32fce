//! Birthdays, anniversaries and days of death: what a card remembers, as events of every year.

mod event;

pub use event::{Event, Window};

use std::borrow::Cow;

use memchr::memmem;

use crate::formats::vcard::{Card, DayOfYear, Kind};

/// Longest name in a title, in characters.
const LONGEST_NAME: usize = 200;

/// Why a day is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// `BDAY`
    Birthday,
    /// `ANNIVERSARY`, and what programs wrote before there was that.
    Anniversary,
    /// `DEATHDATE` (RFC 6474)
    Death,
}

/// One day of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Why.
    pub occasion: Occasion,
    /// When.
    pub day: DayOfYear,
    /// Whose day it is.
    pub name: String,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Birthday, Self::Anniversary, Self::Death];

    /// The properties that have the day, the best first.
    const fn properties(self) -> &'static [&'static str] {
        match self {
            Self::Birthday => &["BDAY"],
            Self::Anniversary => &[
                "ANNIVERSARY",
                "X-ANNIVERSARY",
                "X-MS-ANNIVERSARY",
                "X-EVOLUTION-ANNIVERSARY",
                "X-KADDRESSBOOK-X-ANNIVERSARY",
            ],
            Self::Death => &["DEATHDATE"],
        }
    }
}

/// May `card` remember a day? Cheap, for going through whole books; [`of_card`] knows.
pub fn may_remember(card: &[u8]) -> bool {
    // Names of properties are written in capitals, but for those of few programs.
    ["BDAY", "ANNIVERSARY", "ABDATE", "ABDate", "DEATHDATE", "bday", "nniversary", "deathdate"]
        .iter()
        .any(|name| memmem::find(card, name.as_bytes()).is_some())
}

/// The days that `card` remembers, at most one for each occasion. A group has none, and neither
/// has a card without any name.
pub fn of_card(card: &[u8]) -> Vec<Remembered> {
    if !may_remember(card) {
        return Vec::new();
    }
    let card = Card::parse(card);
    if card.kind() == Kind::Group {
        return Vec::new();
    }
    let Some(name) = name_of(&card) else { return Vec::new() };
    let days = Occasion::ALL.into_iter().filter_map(|occasion| {
        let day = day_of(&card, occasion)?;
        Some(Remembered { occasion, day, name: name.clone() })
    });
    days.collect()
}

fn day_of(card: &Card<'_>, occasion: Occasion) -> Option<DayOfYear> {
    let mut names = occasion.properties().iter();
    let named = names.find_map(|name| card.all(name).find_map(DayOfYear::read));
    if named.is_some() || occasion != Occasion::Anniversary {
        return named;
    }
    let mut labelled = card.all("X-ABDATE").filter(|line| {
        card.label(line).is_some_and(|label| label.trim().eq_ignore_ascii_case("anniversary"))
    });
    labelled.find_map(DayOfYear::read)
}

/// What the card is called, on one line.
fn name_of(card: &Card<'_>) -> Option<String> {
    let text = |name: &str| card.text(name).map(Cow::into_owned);
    let structured = || {
        let parts = card.first("N")?.components();
        let part = |at: usize| parts.get(at).map_or("", |part| part.trim());
        Some(format!("{} {}", part(1), part(0)))
    };
    let organization = || card.first("ORG")?.components().into_iter().next();
    let candidates: [&dyn Fn() -> Option<String>; 5] =
        [&|| card.full_name(), &structured, &organization, &|| text("NICKNAME"), &|| text("EMAIL")];
    candidates
        .into_iter()
        .filter_map(|candidate| candidate())
        .map(|name| one_line(&name))
        .find(|name| !name.is_empty())
}

fn one_line(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(lines: &str) -> Vec<(Occasion, Option<i16>, i8, i8, String)> {
        let card = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\n{lines}END:VCARD\r\n");
        let found = of_card(card.as_bytes()).into_iter();
        found.map(|r| (r.occasion, r.day.year, r.day.month, r.day.day, r.name)).collect()
    }

    #[test]
    fn what_cards_remember() {
        use Occasion::{Anniversary, Birthday, Death};
        let anna = || "Anna".to_owned();
        for (lines, wanted) in [
            ("FN:Anna\r\nBDAY:19850415\r\n", vec![(Birthday, Some(1985), 4, 15, anna())]),
            ("FN:Anna\r\nbday:--0229\r\n", vec![(Birthday, None, 2, 29, anna())]),
            (
                "FN:Anna\r\nBDAY:unknown\r\nANNIVERSARY:20090808\r\nDEATHDATE:20200101\r\n",
                vec![(Anniversary, Some(2009), 8, 8, anna()), (Death, Some(2020), 1, 1, anna())],
            ),
            (
                "FN:Anna\r\nitem1.X-ABDATE;type=pref:2009-08-08\r\n\
                 item1.X-ABLabel:_$!<Anniversary>!$_\r\n",
                vec![(Anniversary, Some(2009), 8, 8, anna())],
            ),
            ("FN:Anna\r\nitem1.X-ABDATE:2009-08-08\r\nitem1.X-ABLabel:First met\r\n", vec![]),
            (
                "FN:Anna\r\nX-MS-ANNIVERSARY:20090808\r\n",
                vec![(Anniversary, Some(2009), 8, 8, anna())],
            ),
            (
                "N:Muster;Anna;;;\r\nFN:\r\nBDAY:--0102\r\n",
                vec![(Birthday, None, 1, 2, "Anna Muster".to_owned())],
            ),
            (
                "ORG:Company\\, Inc;Unit\r\nBDAY:--0102\r\n",
                vec![(Birthday, None, 1, 2, "Company, Inc".to_owned())],
            ),
            ("FN:An\\nna\\n\r\nBDAY:--0102\r\n", vec![(Birthday, None, 1, 2, "An na".to_owned())]),
            ("BDAY:--0102\r\n", vec![]),
            ("FN:Club\r\nKIND:group\r\nBDAY:19850415\r\n", vec![]),
            ("FN:Club\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nBDAY:19850415\r\n", vec![]),
            ("FN:BDAY\r\n", vec![]),
        ] {
            assert_eq!(days(lines), wanted, "{lines}");
        }
    }
}
