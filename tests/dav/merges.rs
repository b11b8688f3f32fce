//! Contacts that became one as devices see it: those that sync, those that were away, and both
//! once it is taken back.

use crate::desk::{Desk, User, card, card_with};

fn served(user: &User, path: &str) -> String {
    let answer = user.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().replace("\r\n ", "")
}

/// Anna's Bert and Berta, who are one; the number of the merge comes from the second word.
fn merge(desk: &Desk) -> String {
    let said = desk.run(&["merge", "anna", "a", "b", "--into", "a"]);
    let number = said.split_once("(merge ").unwrap().1.split_once(')').unwrap().0;
    number.to_owned()
}

fn of_two() -> (Desk, User) {
    let (desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card_with("a", "Bert Berg", "TEL:1\r\n"));
    anna.store(&anna.card("b.vcf"), card_with("b", "Bert Berg", "TEL:2\r\n"));
    (desk, anna)
}

#[test]
fn devices_see_one_card_go_and_the_other_change_and_both_come_back() {
    let (desk, anna) = of_two();
    let (book, a, b) = (anna.book(), anna.card("a.vcf"), anna.card("b.vcf"));
    let (tag_a, tag_b, token) = (anna.etag(&a), anna.etag(&b), anna.token(&book));
    let preview = desk.run(&["merge", "anna", "a", "b", "--preview"]);
    assert!(preview.contains("would become one") && preview.contains("TEL:2"), "{preview}");
    assert_eq!(anna.token(&book), token, "a preview wrote something");

    let number = merge(&desk);
    let delta = anna.sync(&book, &token);
    assert_eq!(delta.with_status(Some(404)), [b.as_str()]);
    assert_eq!(delta.present(), [a.as_str()]);
    let text = served(&anna, &a);
    assert!(text.contains("UID:a") && text.contains("TEL:1") && text.contains("TEL:2"), "{text}");
    assert!(desk.run(&["merges", "anna"]).contains("Bert Berg + Bert Berg"));

    let token = anna.token(&book);
    let said = desk.run(&["undo", "anna", &number]);
    assert!(said.contains("back: contacts/b.vcf"), "{said}");
    assert_eq!(anna.sync(&book, &token).present(), [a.as_str(), b.as_str()]);
    assert_eq!((anna.etag(&a), anna.etag(&b)), (tag_a, tag_b), "byte for byte");
    let checked = desk.run(&["check"]);
    assert!(checked.contains("in order"), "{checked}");
}

#[test]
fn what_a_phone_that_was_away_sends_reaches_the_one_that_stayed() {
    let (desk, anna) = of_two();
    let (book, a, b) = (anna.book(), anna.card("a.vcf"), anna.card("b.vcf"));
    let (old, token) = (anna.etag(&b), anna.token(&book));
    merge(&desk);

    // It edited the card that is gone.
    let edited = card_with("b", "Bert Berg", "TEL:3\r\nTITLE:Dr\r\n");
    let answer = anna.ask("PUT", &b, &[("If-Match", &old)], &edited);
    assert_eq!((answer.status, answer.header("etag")), (204, None), "{}", answer.text());
    let text = served(&anna, &a);
    for line in ["UID:a\r\n", "TEL:1\r\n", "TEL:3\r\n", "TITLE:Dr\r\n"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!text.contains("TEL:2"), "it had replaced that: {text}");
    assert_eq!(anna.get(&b).status, 404);
    assert_eq!(anna.sync(&book, &token).with_status(Some(404)), [b.as_str()]);

    // It sends it again and again, as new cards under names of its own, too: nothing grows.
    let before = served(&anna, &a);
    let bare = card_with("b", "Bert Berg", "TEL:2\r\n");
    let fresh = anna.card("fresh.vcf");
    for (path, header) in [(&b, ("If-Match", old.as_str())), (&fresh, ("If-None-Match", "*"))] {
        let token = anna.token(&book);
        let answer = anna.ask("PUT", path, &[header], &bare);
        assert_eq!((answer.status, answer.header("etag")), (204, None), "{}", answer.text());
        assert_eq!(served(&anna, &a), before, "{path}");
        let delta = anna.sync(&book, &token);
        assert_eq!(delta.with_status(Some(404)), [path.as_str()], "it is told to let go of it");
    }
    // Of a version that nobody knows, what it says otherwise than the card that was merged counts,
    // and nothing goes for being left out.
    let ancient = card_with("b", "Bertie", "TEL:9\r\nNOTE:x\r\n");
    assert_eq!(anna.put(&fresh, &ancient).status, 204);
    let text = served(&anna, &a);
    for line in ["FN:Bertie\r\n", "TEL:9\r\n", "TEL:1\r\n", "TEL:3\r\n", "TITLE:Dr\r\n"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert_eq!(anna.sync(&book, "").present(), [a.as_str()]);

    // The name is free for somebody else.
    assert_eq!(anna.put(&b, card("other", "Other")).status, 201);
    assert_eq!(anna.put(&anna.card("q.vcf"), card("q", "Q")).status, 201);
    let gone = anna.ask("PUT", &anna.card("never.vcf"), &[("If-Match", &old)], card("z", "Z"));
    assert_eq!(gone.status, 412, "what never was is not there");
}

#[test]
fn what_a_phone_edited_reaches_the_one_that_stands_for_the_one_that_stayed() {
    let (desk, anna) = of_two();
    let (b, c) = (anna.card("b.vcf"), anna.card("c.vcf"));
    anna.store(&c, card_with("c", "Bertram Berg", "TEL:3\r\n"));
    let old = anna.etag(&b);
    merge(&desk);
    desk.run(&["merge", "anna", "a", "c", "--into", "c"]);

    let edited = card_with("b", "Bert Berg-Bach", "TEL:2\r\nTITLE:Dr\r\n");
    assert_eq!(anna.ask("PUT", &b, &[("If-Match", &old)], &edited).status, 204);
    let text = served(&anna, &c);
    for line in ["UID:c\r\n", "FN:Bert Berg-Bach\r\n", "TITLE:Dr\r\n", "TEL:1\r\n", "TEL:3\r\n"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn a_file_imported_again_brings_back_nobody() {
    let (desk, anna) = of_two();
    let file = desk.run(&["export", "anna"]);
    let path = desk.data().join("again.vcf");
    std::fs::write(&path, file).unwrap();
    merge(&desk);
    let before = served(&anna, &anna.card("a.vcf"));
    let said = desk.run(&["import", "anna/contacts", path.to_str().unwrap()]);
    assert!(said.contains("2 cards: 0 created, 0 updated, 2 unchanged"), "{said}");
    assert_eq!(served(&anna, &anna.card("a.vcf")), before);
}

#[test]
fn the_timeline_of_both_is_that_of_one_and_parts_again() {
    let (desk, anna) = of_two();
    desk.run(&["note", "anna", "contacts/a", "+call", "with the first"]);
    desk.run(&["note", "anna", "contacts/b", "+todo", "tomorrow", "send the offer"]);
    desk.run(&["note", "anna", "contacts/b", "+call", "with the second"]);
    let before = (served(&anna, &anna.card("a.vcf")), served(&anna, &anna.card("b.vcf")));
    let number = merge(&desk);
    let list = desk.run(&["note", "list", "anna", "contacts/a"]);
    assert!(list.contains("with the first") && list.contains("with the second"), "{list}");
    let tasks = desk.run(&["followup", "list", "anna"]);
    assert!(tasks.contains("send the offer"), "{tasks}");
    desk.run(&["note", "anna", "contacts/a", "+call", "after it"]);
    desk.run(&["undo", "anna", &number]);
    let (a, b) = (served(&anna, &anna.card("a.vcf")), served(&anna, &anna.card("b.vcf")));
    assert!(a.contains("after it") && !a.contains("with the second"), "{a}");
    assert_eq!(b, before.1, "the one that came back is as it was");
    assert!(before.0.contains("with the first") && a.contains("with the first"), "{a}");
    let checked = desk.run(&["check"]);
    assert!(checked.contains("in order"), "{checked}");
}

#[test]
fn groups_have_the_one_that_stayed_made_or_sent_by_a_device() {
    let (desk, anna) = of_two();
    let mac = desk.device(&anna, &["mac", "--groups", "cards"]);
    let path = anna.card("rowers.vcf");
    let group = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:rowers\r\nFN:Rowers\r\nN:Rowers;;;;\r\n\
        X-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b\r\nEND:VCARD\r\n";
    assert_eq!(mac.put(&path, group).status, 201);
    desk.run(&["tag", "add", "anna", "Friends", "contacts/b"]);
    let members = || -> Vec<String> {
        let book = mac.sync(&anna.book(), "");
        let cards = book.present().into_iter().map(|href| served(&mac, href));
        let groups = cards.filter(|card| card.contains("KIND:group"));
        let mut members: Vec<String> = groups
            .map(|card| {
                let lines = card.lines().filter(|line| line.contains("MEMBER:"));
                let name = card.lines().find(|line| line.starts_with("FN:")).unwrap();
                format!("{name} {}", lines.map(str::trim).collect::<Vec<_>>().join(" "))
            })
            .collect();
        members.sort();
        members
    };
    let of = |uid: &str| {
        ["Friends", "Rowers"]
            .map(|name| format!("FN:{name} X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{uid}"))
    };
    assert_eq!(members(), of("b"));
    let number = merge(&desk);
    assert_eq!(members(), of("a"));
    desk.run(&["undo", "anna", &number]);
    assert_eq!(members(), of("b"));
}
