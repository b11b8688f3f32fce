//! What is found among people who were made up, families and firms and several scripts among them:
//! how much of it is right, how much is missed, and that nothing certain is wrong. The figures of
//! more cards are in docs/duplicates.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic)]

#[path = "../benches/duplicates/cases.rs"]
mod cases;
#[path = "../benches/duplicates/names.rs"]
mod names;
#[path = "../benches/duplicates/people.rs"]
mod people;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

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

#[test]
fn each_difficulty_is_mastered_for_the_most_part() {
    const EACH: usize = 25;
    let cases = cases::cases(EACH, 2);
    let profiles: Vec<Profile> = cases
        .iter()
        .map(|case| Profile::read(&Card::parse(case.card.as_bytes()), None).unwrap_or_default())
        .collect();
    let found = scan(&profiles, &BTreeSet::new(), 2);
    let mut right: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
    for pair in &found.pairs {
        let (one, other) = (&cases[pair.one as usize], &cases[pair.other as usize]);
        if one.person == other.person {
            *right.entry(one.kind).or_default() += 1;
        } else {
            assert!(
                pair.verdict.tier != Tier::Auto,
                "certain, but of two:\n{}{}",
                one.card,
                other.card
            );
            // Namesakes of whom a card says too little are in all of them.
            if one.kind == other.kind {
                *wrong.entry(one.kind).or_default() += 1;
            }
        }
    }
    for (kind, is_one) in cases::kinds() {
        let (met, off) = (right.get(kind).unwrap_or(&0), wrong.get(kind).unwrap_or(&0));
        if is_one {
            assert!(met * 10 >= EACH * 7, "{kind}: {met} of {EACH} found");
        } else {
            assert!(off * 10 <= EACH * 2, "{kind}: {off} of {EACH} taken for one person");
        }
    }
}

#[test]
fn a_thousand_addresses_and_thousands_of_one_card_take_no_time_to_speak_of() {
    let mails = |from: usize| -> String {
        (from..from + 1000).map(|n| format!("EMAIL:person{n}@example{n}.org\r\n")).collect()
    };
    let card = |n: usize, lines: &str| {
        format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{n}\r\nFN:Ann Lee\r\n{lines}END:VCARD\r\n")
    };
    let same = "TEL:+493012345678\r\nEMAIL:ann@example.org\r\nADR:;;Main 1;Town;;12345;\r\n";
    let note = |n: usize| format!("{same}NOTE:entry number {n} of many\r\n");
    // Of the one all say the same; the others differ, and nothing parts them.
    let copies: Vec<String> = (0..20_000).map(|n| card(n, same)).collect();
    let others: Vec<String> = (0..20_000).map(|n| card(n, &note(n))).collect();
    let long: Vec<String> = (0..40).map(|n| card(n, &mails(n))).collect();
    for (what, cards, person) in
        [("copies", copies, 20_000), ("nearly copies", others, 0), ("long cards", long, 0)]
    {
        let begun = Instant::now();
        let read = |text: &String| Profile::read(&Card::parse(text.as_bytes()), None);
        let profiles: Vec<Profile> = cards.iter().filter_map(read).collect();
        assert!(profiles.iter().all(|profile| profile.mails.len() <= 8), "{what}: all mails");
        let found = scan(&profiles, &BTreeSet::new(), 2);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(40), "{what} took {took:?}");
        assert!(found.compared < 1_000_000, "{what}: {} pairs were compared", found.compared);
        assert!(found.pairs.len() < 500_000, "{what}: {} pairs are proposed", found.pairs.len());
        let greatest = found.clusters.iter().map(Vec::len).max().unwrap_or(0);
        assert!(greatest >= person, "{what}: the greatest person has {greatest} cards");
    }
}
