//! Contacts that came apart again after a merge: what devices sent and typed while they were one, and what
//! they go on sending, is there once.

use crate::desk::{Desk, User, card_with};

fn served(user: &User, path: &str) -> String {
    let answer = user.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().replace("\r\n ", "")
}

fn of_three() -> (Desk, User) {
    let (desk, anna) = Desk::of_anna();
    for uid in ["a", "b", "c"] {
        anna.store(&anna.card(&format!("{uid}.vcf")), card_with(uid, "Bert Berg", "TEL:1\r\n"));
    }
    (desk, anna)
}

/// Makes `uids` one, the first of them; its number.
fn merge(desk: &Desk, uids: &[&str]) -> String {
    let said = desk.run(&[&["merge", "anna"], uids, &["--into", uids[0]]].concat());
    let number = said.split_once("(merge ").unwrap().1.split_once(')').unwrap().0;
    number.to_owned()
}

/// A card as a program sends it that keeps no lines of ours, with `typed` at its end.
fn bare(card: &str, typed: &str) -> String {
    let end = "--- type below to add ---";
    let card = card.replace(end, &format!("{end}\\n{typed}"));
    let lines = card.split_inclusive("\r\n").filter(|line| !line.starts_with("X-ROLODAV"));
    lines.collect()
}

fn in_order(desk: &Desk) {
    let checked = desk.run(&["check"]);
    assert!(checked.contains("in order"), "{checked}");
}

#[test]
fn a_late_edit_arrives_though_a_later_merge_was_taken_back() {
    let (desk, anna) = of_three();
    merge(&desk, &["a", "b"]);
    let second = merge(&desk, &["c", "a"]);
    desk.run(&["undo", "anna", &second]);
    // It names no version: what it says otherwise than the card that was merged counts.
    let edited = card_with("b", "Bert Berg", "TEL:1\r\nNOTE:likes boats\r\n");
    let answer = anna.ask("PUT", &anna.card("b.vcf"), &[("If-None-Match", "*")], &edited);
    assert_eq!(answer.status, 204, "{}", answer.text());
    let text = served(&anna, &anna.card("a.vcf"));
    assert!(text.contains("likes boats"), "{text}");
    in_order(&desk);
}

#[test]
fn a_card_that_was_moved_meanwhile_tells_of_its_own_when_they_part() {
    let (desk, anna) = of_three();
    anna.ask("MKCOL", "/dav/addressbooks/anna/club/", &[], "");
    desk.run(&["note", "anna", "contacts/a", "+call", "with the first"]);
    desk.run(&["note", "anna", "contacts/b", "+call", "with the second"]);
    let number = merge(&desk, &["a", "b"]);
    let moved = "/dav/addressbooks/anna/club/a.vcf";
    let answer = anna.ask("MOVE", &anna.card("a.vcf"), &[("Destination", moved)], "");
    assert_eq!(answer.status, 201, "{}", answer.text());
    let merged = served(&anna, moved);
    assert!(merged.contains("with the second"), "{merged}");
    desk.run(&["undo", "anna", &number]);
    let text = served(&anna, moved);
    assert!(text.contains("with the first") && !text.contains("with the second"), "{text}");
    // Whoever still has it as it was, and wrote to its end, tells nothing again.
    assert_eq!(anna.put(moved, bare(&merged, "new")).status, 204);
    let list = desk.run(&["note", "list", "anna", "club/a"]);
    assert!(list.contains("new") && !list.contains("with the second"), "{list}");
    in_order(&desk);
}

#[test]
fn a_card_that_parted_first_keeps_its_own_when_a_later_merge_is_taken_back() {
    let (desk, anna) = of_three();
    let club = "/dav/addressbooks/anna/club/";
    let there = format!("{club}b.vcf");
    anna.ask("MKCOL", club, &[], "");
    anna.store(&there, card_with("b", "Bert Berg", "TEL:1\r\n"));
    assert_eq!(anna.ask("DELETE", &there, &[], "").status, 204);
    let first = merge(&desk, &["a", "b"]);
    desk.run(&["restore", "anna", "club/b.vcf"]);
    let second = merge(&desk, &["a", "c"]);
    desk.run(&["undo", "anna", &first]);
    desk.run(&["note", "anna", "club/b", "+call", "with the second"]);
    desk.run(&["undo", "anna", &second]);
    for path in [anna.card("b.vcf"), there] {
        let text = served(&anna, &path);
        assert!(text.contains("with the second"), "{path}: {text}");
    }
    in_order(&desk);
}

#[test]
fn what_was_told_while_they_were_one_is_not_told_again() {
    let (desk, anna) = of_three();
    let b = anna.card("b.vcf");
    let number = merge(&desk, &["a", "b"]);
    let typed = card_with("b", "Bert Berg", "TEL:1\r\nNOTE:+call spoke of boats\r\n");
    assert_eq!(anna.put(&b, &typed).status, 204);
    desk.run(&["undo", "anna", &number]);
    // The phone got no answer, and sends it again.
    assert_eq!(anna.put(&b, &typed).status, 204);
    let text = served(&anna, &b);
    assert!(!text.contains("boats"), "it was told of the other: {text}");
    let list = desk.run(&["note", "list", "anna", "contacts/a"]);
    assert_eq!(list.matches("spoke of boats").count(), 1, "{list}");
    in_order(&desk);
}

#[test]
fn cards_of_merges_that_came_and_went_are_never_ahead_of_their_contact() {
    let (desk, anna) = of_three();
    for text in ["one", "two", "three"] {
        desk.run(&["note", "anna", "contacts/b", "+call", text]);
    }
    let number = merge(&desk, &["a", "b"]);
    desk.run(&["undo", "anna", &number]);
    merge(&desk, &["a", "c"]);
    in_order(&desk);
    let text = served(&anna, &anna.card("a.vcf"));
    assert!(text.contains("UID:a"), "{text}");
}

#[test]
fn lines_of_somebody_with_whom_another_was_one_are_not_told_again() {
    for first_goes_first in [false, true] {
        let (desk, anna) = of_three();
        let club = "/dav/addressbooks/anna/club/";
        let there = format!("{club}b.vcf");
        anna.ask("MKCOL", club, &[], "");
        anna.store(&there, card_with("b", "Bert Berg", "TEL:1\r\n"));
        assert_eq!(anna.ask("DELETE", &there, &[], "").status, 204);
        desk.run(&["note", "anna", "contacts/c", "+call", "with the third"]);
        let first = merge(&desk, &["a", "b"]);
        desk.run(&["restore", "anna", "club/b.vcf"]);
        let second = merge(&desk, &["a", "c"]);
        let of_all = served(&anna, &there);
        assert!(of_all.contains("with the third"), "{of_all}");
        let numbers = if first_goes_first { [&first, &second] } else { [&second, &first] };
        for number in numbers {
            desk.run(&["undo", "anna", number]);
        }
        let text = served(&anna, &there);
        assert!(!text.contains("with the third"), "{text}");
        assert_eq!(anna.put(&there, bare(&of_all, "new")).status, 204);
        let list = desk.run(&["note", "list", "anna", "club/b"]);
        assert!(list.contains("new") && !list.contains("with the third"), "{list}");
        in_order(&desk);
    }
}

#[test]
fn lines_are_known_in_a_timeline_that_became_long_by_a_merge() {
    let (desk, anna) = of_three();
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    desk.run(&["note", "anna", "contacts/b", "+call", "2026-01-02 10:00", "with the second"]);
    let old = served(&anna, &b);
    assert!(old.contains("2026-01-02 10:00 call: with the second"), "{old}");
    // More than a card shows, and more than are looked through one by one.
    for (uid, path, rounds) in [("b", &b, 1), ("a", &a, 10)] {
        for round in 0..rounds {
            let typed = (0..100).map(|n| format!("+call on {round} and {n}\\n"));
            let notes = format!("NOTE:{}\r\n", typed.collect::<String>());
            assert_eq!(anna.put(path, card_with(uid, "Bert Berg", &notes)).status, 204);
        }
    }
    merge(&desk, &["a", "b"]);
    assert_eq!(anna.put(&b, bare(&old, "while they were one")).status, 204);
    let text = served(&anna, &a);
    assert!(text.contains("while they were one") && !text.contains("with the second"), "{text}");
    in_order(&desk);
}
