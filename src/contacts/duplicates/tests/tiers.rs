//! What is certain, what a person looks at; and who is found through a third card.

use std::collections::BTreeSet;

use crate::contacts::duplicates::frequency::Frequencies;
use crate::contacts::duplicates::model::Model;
use crate::contacts::duplicates::{Profile, Tier, scan, verdict};
use crate::formats::vcard::Card;

fn profile(lines: &str) -> Profile {
    let properties = lines.replace(" | ", "\r\n");
    let card = format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{properties}\r\nEND:VCARD\r\n");
    Profile::read(&Card::parse(card.as_bytes()), None).unwrap()
}

#[test]
fn two_facts_of_one_person_are_certain_and_fewer_are_looked_at() {
    const NAME: &str = "N:Quistgaard;Torben;;;";
    const MOBILE: &str = "TEL;TYPE=CELL:+45 20 71 93 55";
    const LANDLINE: &str = "TEL;TYPE=HOME:+45 33 18 64 02";
    const MAIL: &str = "EMAIL:tq@fjordnet.example";
    const PLACE: &str = "ADR:;;Bredgade 41;Odense;;5000;";
    const BIRTH: &str = "BDAY:1968-02-17";
    const NUMBER: &str = "X-SSN:170268-4433";
    for (why, both, one, other, wanted) in [
        ("mail and mobile", [MAIL, MOBILE], "", "", Tier::Auto),
        ("mail and birth", [MAIL, BIRTH], "", "", Tier::Auto),
        ("birth and whole address", [BIRTH, PLACE], "", "", Tier::Auto),
        ("number and mobile", [NUMBER, MOBILE], "", "", Tier::Auto),
        ("mail alone", [MAIL, MAIL], "", "", Tier::Review),
        ("mobile alone", [MOBILE, MOBILE], "", "", Tier::Review),
        ("what a household shares", [LANDLINE, PLACE], "", "", Tier::Review),
        ("nothing that reaches them", [BIRTH, NUMBER], "", "", Tier::Review),
        ("two mobiles", [MAIL, BIRTH], MOBILE, "TEL;TYPE=CELL:+45 61 20 48 37", Tier::Review),
        ("two birth dates", [MAIL, MOBILE], BIRTH, "BDAY:1991-09-03", Tier::Review),
        ("two numbers", [MAIL, MOBILE], NUMBER, "X-SSN:030991-1188", Tier::Review),
    ] {
        let card = |own: &str| {
            let lines: Vec<&str> =
                [NAME, both[0], both[1], own].into_iter().filter(|line| !line.is_empty()).collect();
            profile(&lines.join(" | "))
        };
        let (one, other) = (card(one), card(other));
        let often = Frequencies::of(10_000);
        let mut found = Vec::new();
        let judged = verdict::judge(&one, &other, &often, &Model::of(10_000), &mut found);
        assert_eq!(judged.tier, wanted, "{why}: {} {found:#?}", judged.probability);
    }
}

#[test]
fn who_is_like_a_third_card_is_found_unless_something_speaks_against_it() {
    let cards = [
        // The phone, the mail program, and what the first of these imported from a SIM card.
        "N:Quistgaard;Torben;;; | TEL;TYPE=CELL:+45 20 71 93 55 | EMAIL:tq@fjordnet.example | \
         TEL;TYPE=HOME:+45 33 18 64 02",
        "FN:tq@fjordnet.example | EMAIL:tq@fjordnet.example",
        "FN:Torben Q | TEL:+45 20 71 93 55",
        // His wife.
        "N:Quistgaard;Mette;;; | TEL;TYPE=HOME:+45 33 18 64 02 | TEL;TYPE=CELL:+45 61 20 48 37",
    ];
    let profiles: Vec<Profile> = cards.iter().map(|card| profile(card)).collect();
    let found = scan(&profiles, &BTreeSet::new(), 1);
    let pairs: BTreeSet<(u32, u32)> =
        found.pairs.iter().map(|pair| (pair.one, pair.other)).collect();
    assert!(pairs.contains(&(1, 2)), "the two have nothing in common but the third: {pairs:?}");
    assert!(!pairs.contains(&(0, 3)), "two given names are two people: {pairs:?}");
    assert!(found.pairs.iter().all(|pair| pair.verdict.tier == Tier::Review));
}
