//! Books that go away: to the trash, with their name free again.

use crate::desk::{Desk, card, expect};

#[test]
fn a_deleted_book_is_gone_at_once_and_its_name_free() {
    let (_desk, anna) = Desk::of_anna();
    let (home, book) = (anna.home(), anna.make_book("b"));
    let path = format!("{book}a.vcf");
    anna.store(&path, card("a", "A"));
    let token = anna.token(&book);
    let (tag, used) = (anna.prop(&home, "CS:getctag"), anna.prop(&home, "D:quota-used-bytes"));
    for depth in ["0", "1"] {
        expect(&anna.ask("DELETE", &book, &[("Depth", depth)], ""), 400, None, "half a book");
    }
    assert_eq!(anna.ask("DELETE", &book, &[("Depth", "infinity")], "").status, 204);
    assert_ne!(anna.prop(&home, "CS:getctag"), tag, "the home tells");
    assert!(!anna.propfind(&home, "1", "D:resourcetype").hrefs().contains(&book.as_str()));
    for (method, at) in [("GET", &book), ("PROPFIND", &book), ("DELETE", &book), ("GET", &path)] {
        assert_eq!(anna.ask(method, at, &[], "").status, 404, "{method} {at}");
    }
    assert_eq!(anna.put(&path, card("a", "A")).status, 409);
    assert_ne!(
        used,
        anna.prop(&home, "D:quota-used-bytes"),
        "what lies in the trash is not counted"
    );

    assert_eq!(anna.ask("MKCOL", &book, &[], "").status, 201, "the name is free");
    assert_eq!(anna.sync(&book, "").responses.len(), 0, "and the book a new one");
    let body = crate::desk::sync_collection(&token, "<D:prop/>");
    let stale = anna.ask("REPORT", &book, &[], body);
    expect(&stale, 403, Some("D:valid-sync-token"), "a token of the book before");
    assert_eq!(anna.put(&path, card("a", "B")).status, 201);
}

#[test]
fn even_the_first_book_can_go_and_come_back() {
    let (_desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    assert_eq!(anna.delete(&anna.book()).status, 204);
    assert_eq!(anna.propfind(&anna.home(), "1", "D:resourcetype").responses.len(), 1);
    anna.make_book("contacts");
    assert_eq!(anna.propfind(&anna.book(), "1", "D:getetag").responses.len(), 1);
}
