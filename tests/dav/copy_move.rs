//! COPY and MOVE of cards and books.

use crate::desk::{Desk, User, card, expect};
use crate::multistatus::hrefs;
use crate::support::Answer;

fn go(user: &User, method: &str, from: &str, to: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("Destination", to)], headers].concat();
    user.ask(method, from, &headers, "")
}

#[test]
fn cards_are_copied_and_moved_between_names_and_books() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    let other = anna.make_book("other");
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    let there = format!("{other}a.vcf");
    let (tag, body) = (anna.store(&a, card("a", "A")), card("a", "A"));

    let copied = go(&anna, "COPY", &a, &there, &[]);
    assert_eq!(copied.status, 201, "{}", copied.text());
    assert_eq!(anna.get(&there).text(), body);
    assert_eq!(anna.etag(&there), tag, "the same bytes");
    assert_eq!(go(&anna, "COPY", &a, &there, &[]).status, 204, "over what is there");

    let (here_token, there_token) = (anna.token(&book), anna.token(&other));
    let moved = go(&anna, "MOVE", &a, &b, &[]);
    assert_eq!(moved.status, 201);
    let log = anna.sync(&book, &here_token);
    assert_eq!(log.with_status(Some(404)), [a.as_str()], "one removal");
    assert_eq!(log.present(), [b.as_str()], "one change");

    let token = anna.token(&book);
    let absolute = format!("http://localhost{there}");
    assert_eq!(go(&anna, "MOVE", &b, &absolute, &[("Overwrite", "T")]).status, 204);
    assert_eq!(anna.sync(&book, &token).with_status(Some(404)), [b.as_str()]);
    let log = anna.sync(&other, &there_token);
    assert_eq!((log.hrefs(), log.present()), (vec![there.as_str()], vec![there.as_str()]));
    assert_eq!(anna.get(&b).status, 404);
    assert_eq!(anna.put(&a, card("a", "new")).status, 201, "the UID is free where it left");
}

#[test]
fn what_stands_in_the_way_is_told() {
    let (_desk, anna) = Desk::of_anna();
    let other = anna.make_book("other");
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    let there = format!("{other}x.vcf");
    let (a_tag, b_tag) = (anna.store(&a, card("a", "A")), anna.store(&b, card("b", "B")));
    let x_tag = anna.store(&there, card("a", "X"));
    let tokens = [anna.token(&anna.book()), anna.token(&other)];
    let conflict = Some("C:no-uid-conflict");
    let (home, me) = (anna.home(), anna.principal());
    for method in ["COPY", "MOVE"] {
        let rows: [(&str, &str, &[(&str, &str)], u16, Option<&str>); 19] = [
            (&a, &a, &[], 403, None),
            (&a, &format!("http://localhost{a}"), &[], 403, None),
            (&a, &b, &[("Overwrite", "F")], 412, None),
            (&a, &there, &[("Overwrite", "F")], 412, None),
            (&a, &there, &[("Overwrite", "x")], 400, None),
            (&a, &format!("{other}free.vcf"), &[], 409, conflict),
            (&a, &b, &[], 409, conflict),
            (&b, &there, &[], 409, conflict),
            (&a, &format!("{home}none/a.vcf"), &[], 409, None),
            (&a, &format!("{home}free"), &[], 403, None),
            (&a, &home, &[], 403, None),
            (&a, &me, &[], 403, None),
            (&a, "/dav/", &[], 403, None),
            (&a, "http://elsewhere.example/dav/x", &[], 502, None),
            (&a, "relative.vcf", &[], 400, None),
            (&a, &anna.card("c.vcf"), &[("If-Match", "\"x\"")], 412, None),
            (&a, &anna.card("c.vcf"), &[("If", "([\"x\"])")], 412, None),
            (&anna.card("none.vcf"), &anna.card("c.vcf"), &[], 404, None),
            (&home, &format!("{home}x/"), &[], 405, None),
        ];
        for (from, to, headers, status, condition) in rows {
            let case = format!("{method} {from} to {to} {headers:?}");
            let answer = go(&anna, method, from, to, headers);
            // A home is no thing to copy or move: forbidden says as much.
            let same = status == 405 && answer.status == 403;
            if !same {
                expect(&answer, status, condition, &case);
            }
            if status == 409 && condition.is_some() {
                assert!(!hrefs(&answer).is_empty(), "{case}: the holder is named");
            }
        }
        assert_eq!(anna.ask(method, &a, &[], "").status, 400, "{method} without Destination");
    }
    for (path, tag) in [(&a, a_tag), (&b, b_tag), (&there, x_tag)] {
        assert_eq!(anna.etag(path), tag, "{path} was changed by what was refused");
    }
    assert_eq!([anna.token(&anna.book()), anna.token(&other)], tokens, "nothing was changed");
}

#[test]
fn a_card_is_not_lost_when_it_is_moved_onto_itself_by_another_address() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    desk.run(&["book", "share", "anna", "contacts", "bob", "--read-write"]);
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "A"));
    let listed = bob.propfind(&bob.home(), "1", "D:resourcetype");
    let shared = listed.hrefs().into_iter().find(|h| h.contains("shared-")).unwrap().to_owned();
    let alias = format!("{shared}a.vcf");
    for method in ["COPY", "MOVE"] {
        for (from, to) in [(&alias, &path), (&path, &alias)] {
            for overwrite in ["T", "F"] {
                let answer = go(&bob, method, from, to, &[("Overwrite", overwrite)]);
                assert_eq!(answer.status, 403, "{method} {from} to {to}: {}", answer.text());
                assert_eq!(anna.get(&path).text(), card("a", "A"), "{method} {from} to {to}");
            }
        }
    }
    assert_eq!(anna.propfind(&anna.book(), "1", "D:getetag").responses.len(), 2);
    assert_eq!(anna.prop(&anna.book(), "D:quota-used-bytes"), card("a", "A").len().to_string());
}

#[test]
fn books_are_copied_and_renamed_whole() {
    let (_desk, anna) = Desk::of_anna();
    let (home, book) = (anna.home(), anna.book());
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    anna.store(&anna.card("b.vcf"), card("b", "B"));
    let set = "<D:set><D:prop><D:displayname>Mine</D:displayname><X:p>1</X:p></D:prop></D:set>";
    assert_eq!(anna.proppatch(&book, set).status, 207);
    assert_eq!(
        anna.proppatch(&anna.card("a.vcf"), set.replace("D:displayname", "X:q").as_str()).status,
        207
    );
    let used: u64 = anna.prop(&book, "D:quota-used-bytes").parse().unwrap();

    let copy = format!("{home}copy/");
    assert_eq!(go(&anna, "COPY", &book, &copy, &[]).status, 201);
    assert_eq!(anna.prop(&copy, "D:displayname"), "Mine");
    assert_eq!(anna.prop(&copy, "X:p"), "1");
    assert_eq!(anna.prop(&format!("{copy}a.vcf"), "X:p"), "1");
    assert_eq!(anna.get(&format!("{copy}b.vcf")).text(), card("b", "B"));
    assert_eq!(anna.prop(&copy, "D:quota-used-bytes"), (2 * used).to_string(), "space is counted");
    assert_ne!(anna.token(&copy), anna.token(&book));
    assert_eq!(anna.sync(&copy, "").present().len(), 2);
    anna.store(&format!("{copy}c.vcf"), card("c", "C"));
    assert_eq!(anna.get(&anna.card("c.vcf")).status, 404, "two books now");

    let shallow = format!("{home}shallow/");
    assert_eq!(go(&anna, "COPY", &book, &shallow, &[("Depth", "0")]).status, 201);
    assert_eq!(anna.sync(&shallow, "").responses.len(), 0);
    assert_eq!(anna.prop(&shallow, "D:displayname"), "Mine");

    let token = anna.token(&copy);
    let renamed = format!("{home}renamed/");
    assert_eq!(go(&anna, "MOVE", &copy, &renamed, &[]).status, 201);
    assert_eq!(anna.get(&copy).status, 404);
    assert_eq!(anna.sync(&renamed, "").present().len(), 3);
    assert_eq!(anna.sync(&renamed, &token).responses.len(), 0, "its tokens go on");

    for (method, from, to, headers, status) in [
        ("COPY", &book, &renamed, [("Overwrite", "F")], 412),
        ("MOVE", &book, &renamed, [("Overwrite", "F")], 412),
        ("COPY", &book, &book, [("Overwrite", "T")], 403),
        ("COPY", &book, &format!("{home}x/"), [("Depth", "1")], 400),
        ("MOVE", &book, &format!("{home}x/"), [("Depth", "0")], 400),
        ("MOVE", &book, &format!("{book}inner/"), [("Overwrite", "T")], 403),
        ("COPY", &book, &format!("{home}shared-5/"), [("Overwrite", "T")], 403),
        ("COPY", &book, &"/dav/addressbooks/nobody/x/".to_owned(), [("Overwrite", "T")], 403),
        ("COPY", &book, &renamed, [("Overwrite", "T")], 204),
    ] {
        let answer = go(&anna, method, from, to, &headers);
        assert_eq!(answer.status, status, "{method} {from} to {to} {headers:?}: {}", answer.text());
    }
    assert_eq!(anna.sync(&renamed, "").present().len(), 2, "replaced whole");
    assert_eq!(anna.get(&format!("{home}x/")).status, 404);
}
