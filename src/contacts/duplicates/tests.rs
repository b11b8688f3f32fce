//! Cards that come, change and go, compared by their keys only; and what the whole finds among
//! cards that are all alike.

mod address_books;
mod tiers;

use std::collections::BTreeSet;

use super::*;
use crate::base::PrincipalId;
use crate::contacts::addresses::tests::Desk;
use crate::formats::vcard::Card;
use crate::store::{Actor, check_contacts, matching};

const BOB: &str = "N:Smith;Bob\r\nTEL;TYPE=CELL:+49 151 2345678\r\nBDAY:1970-03-04\r\n";
const ROBERT: &str = "N:Smith;Robert\r\nTEL:0049 151 2345678\r\nBDAY:19700304\r\n";
const CAROL: &str = "N:Jones;Carol\r\nEMAIL:carol@example.org\r\n";

/// The pairs that are proposed, after a look; what is stored agrees with itself.
async fn proposed(desk: &Desk, owner: &PrincipalId) -> Vec<(String, String)> {
    newcomers::catch_up(&desk.store, owner, None, 1000).await.unwrap();
    let snapshot = desk.store.snapshot().await.unwrap();
    let faults = check_contacts::check(&snapshot).await.unwrap();
    assert!(faults.is_empty(), "{faults:#?}");
    matching::proposals(&snapshot, owner).await.unwrap().into_keys().collect()
}

#[tokio::test]
async fn cards_are_compared_as_they_come_change_and_go() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let (home, work) = (desk.book(&anna, "home").await, desk.book(&anna, "work").await);
    desk.put_lines(&home, "carol", CAROL).await;
    desk.put_lines(&home, "bob", BOB).await;
    assert!(proposed(&desk, &anna).await.is_empty(), "nobody is there twice");
    desk.put_lines(&work, "robert", ROBERT).await;
    let pair = ("bob".to_owned(), "robert".to_owned());
    assert_eq!(proposed(&desk, &anna).await, std::slice::from_ref(&pair), "a card came");
    let listed = proposals::list(&desk.store, &anna).await.unwrap();
    let reasons = &listed.first().unwrap().1.reasons;
    let short_form = ["given name: bob ~ robert", "given name: robert ~ bob"];
    assert!(reasons.iter().any(|reason| short_form.contains(&reason.as_str())), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("+491512345678")), "{reasons:?}");
    desk.put_lines(&work, "robert", "N:Miller;Zoe\r\nTEL:0030 5551234\r\n").await;
    assert!(proposed(&desk, &anna).await.is_empty(), "the card is of somebody else now");
    desk.put_lines(&work, "robert", ROBERT).await;
    assert_eq!(proposed(&desk, &anna).await, [pair], "and back");
    desk.delete(&home, "bob").await;
    assert!(proposed(&desk, &anna).await.is_empty(), "the card went");
}

#[tokio::test]
async fn who_is_not_the_same_is_not_proposed_again() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let home = desk.book(&anna, "home").await;
    desk.put_lines(&home, "bob", BOB).await;
    desk.put_lines(&home, "robert", ROBERT).await;
    assert_eq!(proposed(&desk, &anna).await.len(), 1);
    let uids = ["robert".to_owned(), "bob".to_owned()];
    let actor = Actor::operator("test");
    proposals::not_same(&desk.store, &anna, &uids, &actor).await.unwrap();
    assert!(proposed(&desk, &anna).await.is_empty());
    desk.put_lines(&home, "robert", &format!("{ROBERT}TITLE:Baker\r\n")).await;
    assert!(proposed(&desk, &anna).await.is_empty(), "nor when a card changes");
    let report = proposals::scan_all(&desk.store, &anna, None, None).await.unwrap();
    assert!(report.pairs.is_empty() && report.clusters.is_empty(), "nor by a scan: {report:?}");
    for wrong in [&["bob".to_owned()][..], &["bob".to_owned(), "nobody".to_owned()]] {
        let said = proposals::not_same(&desk.store, &anna, wrong, &actor).await;
        assert!(said.is_err(), "{wrong:?}");
    }
}

fn profile(lines: &str) -> Profile {
    let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{lines}END:VCARD\r\n");
    Profile::read(&Card::parse(text.as_bytes()), None).unwrap()
}

#[test]
fn families_and_firms_are_told_apart() {
    let home = "TEL:+49 30 1234567\r\nADR:;;Hauptstr. 5;Berlin;;10115;\r\n";
    let firm = "ORG:Acme GmbH\r\nEMAIL:info@acme.example\r\nTEL:+49 89 7654321\r\n";
    let cards = [
        format!("N:Smith;John;;;Sr.\r\nBDAY:1950-01-02\r\n{home}"),
        format!("N:Smith;John;;;Jr.\r\nBDAY:1980-05-06\r\n{home}"),
        format!("N:Smith;Mary\r\nBDAY:1952-07-08\r\n{home}"),
        format!("N:Kühn;Uwe\r\n{firm}"),
        format!("N:Lange;Eva\r\n{firm}"),
        format!("N:;;;;\r\nFN:Acme GmbH\r\n{firm}"),
        // Only these are one person.
        format!("N:Петров;Иван\r\nBDAY:1970-02-03\r\n{home}"),
        "FN:Ivan Petrov\r\nBDAY:--0203\r\nTEL:030 1234567\r\n".to_owned(),
    ];
    let cards: Vec<Profile> = cards.iter().map(|card| profile(card)).collect();
    let found = scan(&cards, &BTreeSet::new(), 1);
    let pairs: Vec<_> = found.pairs.iter().map(|pair| (pair.one, pair.other)).collect();
    assert_eq!(pairs, [(6, 7)], "{:#?}", found.pairs);
    assert_eq!(found.clusters, [vec![6, 7]]);
}

#[test]
fn many_cards_that_are_all_alike_take_no_time_to_speak_of() {
    let alike: Vec<Profile> = vec![profile(BOB); 100_000];
    let found = scan(&alike, &BTreeSet::new(), 2);
    assert_eq!(found.pairs.len(), alike.len() - 1, "each with the first");
    // One name, and no two cards that say the same.
    let named: Vec<Profile> = (0..4000)
        .map(|n| profile(&format!("N:Smith;John\r\nTEL:+49 30 {:07}\r\n", n * 997 + 1_000_000)))
        .collect();
    let found = scan(&named, &BTreeSet::new(), 2);
    assert!(found.compared < 4000 * 200, "{} pairs were compared", found.compared);
}

#[tokio::test]
async fn many_cards_at_once_are_held_against_each_other_together() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let home = desk.book(&anna, "home").await;
    desk.put_lines(&home, "bob", BOB).await;
    desk.put_lines(&home, "carol", CAROL).await;
    assert!(proposed(&desk, &anna).await.is_empty());
    for n in 0..1100 {
        let lines = format!("N:Family{n};Given{n}\r\nTEL:+49 30 {}\r\n", 1_000_000 + n * 7919);
        desk.put_lines(&home, &format!("u{n}"), &lines).await;
    }
    desk.put_lines(&home, "robert", ROBERT).await;
    let compared = newcomers::catch_up(&desk.store, &anna, None, 10).await.unwrap();
    assert_eq!(compared, 1103, "all of them, though only ten were asked for");
    let pair = ("bob".to_owned(), "robert".to_owned());
    assert!(proposed(&desk, &anna).await.contains(&pair));
}
