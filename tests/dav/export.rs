//! The way out: books whole, as vCard 4.0 or JSContact, with all that is remembered.

use rolodav::contacts::difference::difference;
use serde_json::{Value, json};

use crate::desk::{Desk, User, card_with};

const LINES: &str = "TEL;TYPE=CELL,pref:+49 1\r\nitem1.URL:https://a.example\r\n\
    item1.X-ABLabel:Blog\r\nNOTE:likes tea\r\nCATEGORIES:friends,climbers\r\n\
    PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QD\r\n wADhgGAWjR9awAAAABJRU5ErkJggg==\r\n\
    X-SIZE;X-Q=\"a;b\":L\\, or M\r\nBDAY:1985-04-15\r\n";

/// A book with bo, of whom much is remembered, and carl, of whom nothing is.
fn set_up() -> (Desk, User) {
    let desk = Desk::open();
    let anna = desk.user_with_mail("anna@example.org");
    anna.store(&anna.card("bo.vcf"), card_with("bo", "Bo", LINES));
    anna.store(&anna.card("carl.vcf"), card_with("carl", "Carl", ""));
    let add = ["note", "add", "anna", "bo", "the offer; and more", "--kind", "meeting"];
    let details = ["--at", "2026-11-03", "--minutes", "45", "--direction", "out", "--with", "carl"];
    desk.run(&[&add[..], &details, &["--link", "https://l.example/?a=1,2"]].concat());
    desk.run(&["stage", "anna", "bo", "client", "--every", "30d"]);
    (desk, anna)
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

fn cards(text: &str) -> Vec<String> {
    let ends = text.split_inclusive("END:VCARD\r\n");
    ends.map(str::to_owned).filter(|card| !card.is_empty()).collect()
}

#[test]
fn a_vcard_has_the_clean_card_and_a_dated_note_for_each_thing_that_happened() {
    let (desk, anna) = set_up();
    let all = cards(&desk.run(&["export", "anna", "--format", "vcard"]));
    assert_eq!(all.len(), 2, "{all:?}");
    let bo = unfolded(&all[0]);
    let note = bo.lines().find(|line| line.contains("the offer")).expect(&bo);
    let (head, text) = note.split_once(":the").unwrap();
    assert_eq!(text, " offer\\; and more");
    for wanted in [
        "NOTE;PROP-ID=",
        ";CREATED=20261103T",
        ";AUTHOR=\"mailto:anna@example.org\"",
        ";AUTHOR-NAME=",
        ";X-ROLODAV-KIND=meeting",
        ";X-ROLODAV-DAY=2026-11-03",
        ";X-ROLODAV-DURATION=PT2700S",
        ";X-ROLODAV-DIRECTION=out",
        ";X-ROLODAV-WITH=carl",
        ";X-ROLODAV-LINK=\"https://l.example/?a=1,2\"",
        ";X-ROLODAV-SOURCE=cli",
    ] {
        assert!(head.contains(wanted), "{wanted} is missing in {head}");
    }
    for wanted in [
        "VERSION:4.0\r\n",
        "X-ROLODAV-STAGE:client\r\n",
        "X-ROLODAV-CADENCE:30d\r\n",
        "X-ROLODAV-LAST-CONTACT:2026-11-03\r\n",
        "CATEGORIES:friends,climbers\r\n",
        "\r\nCREATED:",
        "NOTE:likes tea\r\n",
        "X-ROLODAV-KIND=stage",
    ] {
        assert!(bo.contains(wanted), "{wanted} is missing in {bo}");
    }
    for unwanted in ["--- History", "X-ROLODAV-REV", "X-ROLODAV-INTERACTION"] {
        assert!(!bo.contains(unwanted), "{unwanted} is in {bo}");
    }
    let carl = unfolded(&all[1]);
    assert!(carl.contains("the offer") && carl.contains("X-ROLODAV-WITH=bo"), "{carl}");
    // What phones get is printed as ever.
    let served = anna.get(&anna.card("bo.vcf")).text().to_owned();
    assert!(desk.run(&["export", "anna"]).contains(&served));
    let bare = unfolded(&desk.run(&["export", "anna", "contacts", "--without-history"]));
    assert_eq!(bare, unfolded(&(card_with("bo", "Bo", LINES) + &card_with("carl", "Carl", ""))));
}

#[test]
fn another_server_that_is_given_the_vcard_has_all_that_clients_wrote() {
    let (desk, _) = set_up();
    let other = Desk::open();
    let bert = other.user("bert");
    for (number, card) in
        cards(&desk.run(&["export", "anna", "--format", "vcard"])).iter().enumerate()
    {
        assert_eq!(bert.put(&bert.card(&format!("{number}.vcf")), card).status, 201, "{card}");
    }
    let there = bert.get(&bert.card("0.vcf")).text().to_owned();
    let changes = difference(card_with("bo", "Bo", LINES).as_bytes(), there.as_bytes(), &|_| None);
    // What is there beside it is the timeline, as notes of their own, and when the card was made.
    for change in &changes {
        let is_new = change.before.is_none() || change.field.starts_with("Stage");
        let is_ours = change.property.starts_with("X-ROLODAV");
        assert!(is_new || is_ours, "{}", change.words);
    }
    assert!(changes.iter().any(|change| change.after.as_deref() == Some("the offer; and more")));
}

#[test]
fn jscontact_has_the_same() {
    let (desk, _) = set_up();
    let text = desk.run(&["export", "anna", "--format", "jscontact"]);
    let all: Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{text}");
    assert_eq!(text.lines().count(), 4, "a card on each line: {text}");
    let bo = &all[0];
    assert_eq!(
        (&bo["@type"], &bo["version"], &bo["uid"]),
        (&json!("Card"), &json!("1.0"), &json!("bo"))
    );
    assert_eq!(bo["keywords"], json!({"friends": true, "climbers": true}));
    assert_eq!(bo["phones"]["1"]["number"], "+49 1");
    assert_eq!(bo["links"]["1"]["label"], "Blog");
    let notes = bo["notes"].as_object().unwrap();
    assert_eq!(notes.len(), 3, "{text}");
    assert_eq!(notes["1"]["note"], "likes tea");
    let offer = notes.values().find(|note| note["note"] == "the offer; and more").expect(&text);
    assert!(offer["created"].as_str().unwrap().starts_with("2026-11-03T"), "{offer}");
    assert_eq!(offer["author"]["uri"], "mailto:anna@example.org");
    assert_eq!(offer["vCardParams"]["x-rolodav-kind"], "meeting");
    assert_eq!(offer["vCardParams"]["x-rolodav-with"], "carl");
    let kept = bo["vCardProps"].as_array().unwrap();
    assert!(kept.contains(&json!(["x-rolodav-stage", {}, "unknown", "client"])), "{kept:?}");
    assert!(kept.contains(&json!(["x-size", {"x-q": "a;b"}, "unknown", "L\\, or M"])), "{kept:?}");
    let bare = desk.run(&["export", "anna", "--format", "jscontact", "--without-history"]);
    let bare: Value = serde_json::from_str(&bare).expect(&bare);
    assert_eq!(bare[0]["notes"], json!({"1": {"note": "likes tea"}}));
    assert!(!bare.to_string().to_lowercase().contains("rolodav"), "{bare}");
}

#[test]
fn long_timelines_come_whole_and_empty_books_are_well_formed() {
    let (desk, anna) = set_up();
    for round in 0..3 {
        let lines: Vec<String> = (0..80).map(|n| format!("+call number {round}-{n}.")).collect();
        let path = anna.card("carl.vcf");
        let typed = card_with("carl", "Carl", &format!("NOTE:{}\r\n", lines.join("\\n")));
        anna.store(&path, typed);
    }
    let text = desk.run(&["export", "anna", "contacts", "--format", "jscontact"]);
    let all: Value = serde_json::from_str(&text).expect(&text);
    let notes = all[1]["notes"].as_object().unwrap();
    assert_eq!(notes.len(), 241, "80 three times, and the meeting");
    let card = cards(&desk.run(&["export", "anna", "contacts", "--format", "vcard"])).remove(1);
    for n in [0, 79] {
        for round in 0..3 {
            let wanted = format!(":number {round}-{n}.\r\n");
            assert_eq!(unfolded(&card).matches(&wanted).count(), 1, "{wanted}");
        }
    }
    desk.run(&["book", "create", "anna", "empty"]);
    for (format, wanted) in [("vcard", ""), ("jscontact", "[\n]\n")] {
        assert_eq!(desk.run(&["export", "anna", "empty", "--format", format]), wanted);
    }
}

#[test]
fn who_sees_a_book_without_its_history_gets_none() {
    let (desk, _) = set_up();
    desk.user("bert");
    let refused = |name: &str| {
        let output = crate::support::program::run(desk.data(), &["export", "bert", name], "");
        output.status.code()
    };
    assert_eq!(refused("anna/contacts"), Some(1), "it is not shared");
    desk.run(&["book", "share", "anna", "contacts", "bert", "--without-history"]);
    for format in [&[][..], &["--format", "vcard"], &["--format", "jscontact"]] {
        let text = desk.run(&[&["export", "bert", "anna/contacts"], format].concat());
        assert!(text.contains("likes tea"), "{text}");
        let lower = text.to_lowercase();
        assert!(!lower.contains("rolodav") && !lower.contains("the offer"), "{format:?}: {text}");
    }
    desk.run(&["book", "share", "anna", "contacts", "bert"]);
    let text = desk.run(&["export", "bert", "anna/contacts", "--format", "vcard"]);
    assert!(text.contains("the offer"), "{text}");
    assert_eq!(refused("anna/none"), Some(1));
}
