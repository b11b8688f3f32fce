//! What is found among people who were made up, families and firms and several scripts among them:
//! how much of it is right, how much is missed, and that nothing certain is wrong. The figures of
//! more cards are in docs/duplicates.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic)]

#[path = "../benches/duplicates/people.rs"]
mod people;

use std::collections::{BTreeSet, HashMap};

use rolodav::contacts::duplicates::{Profile, Tier, scan};
use rolodav::contacts::normal::Region;
use rolodav::formats::vcard::Card;

#[test]
fn people_are_found_and_nothing_certain_is_wrong() {
    let cards = people::cards(2500, 7);
    let region = Region::named("DE");
    let profiles: Vec<Profile> = cards
        .iter()
        .map(|card| Profile::read(&Card::parse(card.card.as_bytes()), region).unwrap_or_default())
        .collect();
    let mut of: HashMap<usize, usize> = HashMap::new();
    for card in &cards {
        *of.entry(card.person).or_default() += 1;
    }
    let truth: usize = of.values().map(|count| count * (count - 1) / 2).sum();
    let found = scan(&profiles, &BTreeSet::new(), 2);
    let right = |pair: &&rolodav::contacts::duplicates::Pair| {
        cards[pair.one as usize].person == cards[pair.other as usize].person
    };
    let met = found.pairs.iter().filter(right).count();
    let precision = met as f64 / found.pairs.len() as f64;
    let recall = met as f64 / truth as f64;
    assert!(precision > 0.92, "precision {precision:.3}, recall {recall:.3}");
    assert!(recall > 0.78, "precision {precision:.3}, recall {recall:.3}");
    let certain: Vec<_> = found.pairs.iter().filter(|p| p.verdict.tier == Tier::Auto).collect();
    assert!(certain.len() > truth / 10, "only {} of {truth} are certain", certain.len());
    for pair in certain {
        let (one, other) = (&cards[pair.one as usize], &cards[pair.other as usize]);
        assert!(
            right(&pair),
            "{} and {} are of two people:\n{}{}{:?}",
            one.uid,
            other.uid,
            one.card,
            other.card,
            pair.reasons
        );
    }
}
