//! Three address books as people have them, written by hand: who is found to be who, and who is not
//! mistaken for another.

use std::collections::{BTreeMap, BTreeSet};

use crate::contacts::duplicates::{Profile, Tier, scan};
use crate::contacts::normal::Region;
use crate::formats::vcard::Card;

/// A book: a line that begins with `=` tells whose the cards below it are, each a line of properties.
struct Book {
    people: Vec<&'static str>,
    lines: Vec<&'static str>,
    profiles: Vec<Profile>,
}

impl Book {
    fn read(text: &'static str, region: Option<&str>) -> Self {
        let region = region.and_then(Region::named);
        let mut book = Self { people: Vec::new(), lines: Vec::new(), profiles: Vec::new() };
        let mut person = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(named) = line.strip_prefix("= ") {
                person = named;
                continue;
            }
            let properties = line.replace(" | ", "\r\n");
            let card = format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{properties}\r\nEND:VCARD\r\n");
            let profile = Profile::read(&Card::parse(card.as_bytes()), region);
            book.people.push(person);
            book.lines.push(line);
            book.profiles.push(profile.unwrap_or_default());
        }
        book
    }

    /// The pairs of cards of one person.
    fn pairs(&self) -> BTreeSet<(u32, u32)> {
        let mut of: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (number, person) in (0_u32..).zip(&self.people) {
            of.entry(person).or_default().push(number);
        }
        let mut pairs = BTreeSet::new();
        for cards in of.values() {
            for (at, one) in cards.iter().enumerate() {
                pairs.extend(cards[at + 1..].iter().map(|other| (*one, *other)));
            }
        }
        pairs
    }

    fn shown<'a>(&self, pairs: impl IntoIterator<Item = &'a (u32, u32)>) -> String {
        let card = |number: u32| {
            let at = number as usize;
            format!("{}: {}", self.people[at], self.lines[at])
        };
        let shown = |(one, other): &(u32, u32)| format!("{}\n    {}", card(*one), card(*other));
        pairs.into_iter().map(shown).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn people_are_told_apart_in_address_books_as_people_have_them() {
    // Of the pairs that are proposed, and of those that are of one person, so many in a hundred.
    for (name, text, region, precision, recall) in [
        ("family", include_str!("family.txt"), Some("DE"), 86, 85),
        ("office", include_str!("office.txt"), Some("US"), 79, 95),
        ("abroad", include_str!("abroad.txt"), None, 91, 88),
    ] {
        let book = Book::read(text, region);
        let truth = book.pairs();
        let found = scan(&book.profiles, &BTreeSet::new(), 1);
        let of_tier = |tier: Tier| {
            let pairs = found.pairs.iter().filter(move |pair| pair.verdict.tier >= tier);
            pairs.map(|pair| (pair.one, pair.other)).collect::<BTreeSet<_>>()
        };
        let (proposed, certain) = (of_tier(Tier::Review), of_tier(Tier::Auto));
        let wrong = book.shown(certain.difference(&truth));
        assert!(wrong.is_empty(), "{name}: would be merged without asking:\n{wrong}");
        let right = proposed.intersection(&truth).count();
        let share = |whole: usize| right * 100 / whole.max(1);
        assert!(
            share(proposed.len()) >= precision,
            "{name}: {right} of {} proposed pairs are right; these are not:\n{}",
            proposed.len(),
            book.shown(proposed.difference(&truth))
        );
        assert!(
            share(truth.len()) >= recall,
            "{name}: {right} of {} pairs are found; these are not:\n{}",
            truth.len(),
            book.shown(truth.difference(&proposed))
        );
    }
}
