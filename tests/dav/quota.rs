//! Space has a bound when one is set, on every way in.

use crate::company::{ONCE, attendance, meal};
use crate::desk::{Desk, card_with, expect};

#[test]
fn what_does_not_fit_is_507_and_changes_nothing() {
    let desk = Desk::with(&[("ROLODAV__STORE__QUOTA_MIB", "1")]);
    let anna = desk.user("anna");
    let (home, book) = (anna.home(), anna.book());
    let sized =
        |uid: &str, kib: usize| card_with(uid, "A", &format!("NOTE:{}\r\n", "x".repeat(kib << 10)));
    let bytes = |prop: &str| anna.prop(&home, prop).parse::<u64>().unwrap();
    assert_eq!(bytes("D:quota-available-bytes"), 1 << 20);
    let half = sized("half", 600);
    let path = anna.card("half.vcf");
    anna.store(&path, &half);
    assert_eq!(bytes("D:quota-used-bytes"), half.len() as u64);
    assert_eq!(bytes("D:quota-used-bytes") + bytes("D:quota-available-bytes"), 1 << 20);
    let other = anna.make_book("other");
    let (before, token) = (bytes("D:quota-used-bytes"), anna.token(&book));
    let full = Some("D:quota-not-exceeded");
    expect(&anna.put(&anna.card("b.vcf"), sized("b", 600)), 507, full, "PUT");
    expect(&anna.put(&path, sized("half", 1100)), 507, full, "growing");
    expect(&anna.ask("POST", &book, &[], sized("b", 600)), 507, full, "POST");
    let there = format!("{other}half.vcf");
    expect(&anna.ask("COPY", &path, &[("Destination", &there)], ""), 507, full, "COPY of a card");
    let copy = format!("{home}copy/");
    expect(&anna.ask("COPY", &book, &[("Destination", &copy)], ""), 507, full, "COPY of a book");
    assert_eq!(anna.get(&copy).status, 404);
    assert_eq!(anna.get(&there).status, 404);
    assert_eq!(bytes("D:quota-used-bytes"), before);
    assert_eq!(anna.token(&book), token);
    // Moving takes no more, shrinking and deleting make room.
    assert_eq!(anna.ask("MOVE", &path, &[("Destination", &there)], "").status, 201);
    assert_eq!(bytes("D:quota-used-bytes"), before);
    assert_eq!(anna.put(&there, sized("half", 500)).status, 204);
    assert_eq!(anna.put(&anna.card("b.vcf"), sized("b", 400)).status, 201);
    assert_eq!(anna.delete(&there).status, 204);
    assert_eq!(anna.put(&anna.card("c.vcf"), sized("c", 500)).status, 201);
}

#[test]
fn invitations_come_beyond_the_bound_and_not_without_end() {
    let desk = Desk::with(&[("ROLODAV__STORE__QUOTA_MIB", "1")]);
    let [anna, bob] =
        ["anna", "bob"].map(|name| desk.user_with_mail(&format!("{name}@example.org")));
    let full = card_with("full", "A", &format!("NOTE:{}\r\n", "x".repeat(1000 << 10)));
    assert_eq!(bob.put(&bob.card("full.vcf"), full).status, 201);
    // Each of the large ones takes twice its size: on the calendar, and as a message.
    for (uid, kib, status) in [("a", 300, "1.2"), ("b", 300, "1.2"), ("c", 1, "5.1")] {
        let large = format!("{ONCE}DESCRIPTION:{}\r\n", "x".repeat(kib << 10));
        let event = meal(&large, &["bob"]).replace("UID:meal", &format!("UID:{uid}"));
        let path = anna.calendar(&format!("{uid}.ics"));
        anna.keep(&path, &event);
        let stored = anna.unfolded(&path);
        let told = attendance(&stored, "bob").contains(&format!("SCHEDULE-STATUS={status}"));
        assert!(told, "{uid}: {}", attendance(&stored, "bob"));
    }
    assert_eq!(bob.members(&bob.calendar("")).len(), 2);
    let more = card_with("more", "A", "");
    assert_eq!(bob.put(&bob.card("more.vcf"), more).status, 507, "his own writes have no room");
    assert_eq!(bob.delete(&bob.card("full.vcf")).status, 204);
    let event = meal(ONCE, &["bob"]).replace("UID:meal", "UID:d");
    anna.keep(&anna.calendar("d.ics"), &event);
    assert_eq!(bob.members(&bob.calendar("")).len(), 3, "there is room again");
}
