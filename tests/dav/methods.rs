//! Which methods which resources have: OPTIONS, 405 with Allow, what is not there.

use crate::desk::{Desk, card, expect};
use crate::support::Wire;

/// Tokens that clients look for, each on every resource.
const TOKENS: [&str; 6] =
    ["1", "3", "access-control", "extended-mkcol", "add-member", "addressbook"];

fn list(value: Option<&str>) -> Vec<&str> {
    value.unwrap_or_default().split(',').map(str::trim).filter(|v| !v.is_empty()).collect()
}

#[test]
fn options_tell_the_same_tokens_everywhere() {
    let (desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let basic = ["OPTIONS", "GET", "HEAD", "PROPFIND", "PROPPATCH", "REPORT"].as_slice();
    let book = ["POST", "DELETE", "COPY", "MOVE"].as_slice();
    let member = ["PUT", "DELETE", "COPY", "MOVE"].as_slice();
    for (path, methods, not) in [
        ("/".to_owned(), basic, ["PUT", "DELETE"].as_slice()),
        ("/dav/".to_owned(), basic, &["PUT", "DELETE"]),
        ("/dav/principals/".to_owned(), basic, &["PUT", "DELETE"]),
        (anna.principal(), basic, &["PUT", "DELETE"]),
        ("/dav/addressbooks/".to_owned(), basic, &["PUT", "DELETE"]),
        (anna.home(), basic, &["PUT", "DELETE"]),
        (anna.book(), book, &["PUT", "LOCK"]),
        (
            "/dav/calendars/anna/outbox/".to_owned(),
            &["OPTIONS", "GET", "HEAD", "POST", "PROPFIND", "REPORT"],
            &["PUT", "DELETE", "MKCOL", "MKCALENDAR", "COPY", "MOVE", "PROPPATCH"],
        ),
        (anna.card("a.vcf"), member, &["POST", "MKCOL", "LOCK"]),
        (anna.card("not-there.vcf"), member, &["LOCK"]),
    ] {
        // GNOME Online Accounts tries a password with it.
        let unsigned = Wire::open(desk.address()).ask("OPTIONS", &path, &[], b"");
        assert_eq!(unsigned.status, 401, "OPTIONS {path} without sign-in");
        let answer = anna.ask("OPTIONS", &path, &[], "");
        assert_eq!(answer.status, 200, "OPTIONS {path}: some clients fail on 204");
        assert_eq!(answer.header("content-length"), Some("0"), "OPTIONS {path}");
        let tokens = list(answer.header("dav"));
        for token in TOKENS {
            assert!(tokens.contains(&token), "OPTIONS {path} lacks {token}: {tokens:?}");
        }
        assert!(!tokens.contains(&"2"), "locking is not offered: {tokens:?}");
        let allow = list(answer.header("allow"));
        for method in methods {
            assert!(allow.contains(method), "OPTIONS {path} lacks {method}: {allow:?}");
        }
        for method in not {
            assert!(!allow.contains(method), "OPTIONS {path} offers {method}: {allow:?}");
        }
    }
}

#[test]
fn what_a_resource_cannot_do_is_405_with_what_it_can() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "A"));
    let (home, book, me) = (anna.home(), anna.book(), anna.principal());
    let before = anna.token(&book);
    for (method, path) in [
        ("PUT", "/"),
        ("PUT", "/dav/"),
        ("PUT", &home),
        ("PUT", &book),
        ("PUT", &me),
        ("DELETE", "/"),
        ("DELETE", "/dav/addressbooks/"),
        ("DELETE", &home),
        ("DELETE", &me),
        ("POST", "/"),
        ("POST", &home),
        ("POST", &path),
        ("MKCOL", "/"),
        ("MKCOL", "/dav/"),
        ("MKCOL", &home),
        ("MKCOL", &book),
        ("LOCK", &path),
        ("LOCK", &book),
        ("UNLOCK", &path),
        ("ACL", &book),
        ("MKCALENDAR", &book),
        ("PATCH", &path),
        ("TRACE", &path),
        ("SEARCH", &book),
        ("BREW", "/"),
        ("BREW", "/dav/"),
    ] {
        let answer = anna.ask(method, path, &[], "");
        let case = format!("{method} {path}");
        let wanted = (method == "MKCALENDAR").then_some("D:resource-must-be-null");
        expect(&answer, 405, wanted, &case);
        let allow = list(answer.header("allow"));
        assert!(allow.contains(&"OPTIONS") && allow.contains(&"PROPFIND"), "{case}: {allow:?}");
        assert!(!allow.contains(&method), "{case} is refused and offered: {allow:?}");
    }
    assert_eq!(anna.token(&book), before, "a refused method changed something");
}

#[test]
fn what_is_not_there_is_404_and_listed_nowhere() {
    let (_desk, anna) = Desk::of_anna();
    let anna_home = anna.home();
    for path in [
        "/dav/nothing".to_owned(),
        "/nothing/".to_owned(),
        "/davx/".to_owned(),
        "/dav/principals/nobody/".to_owned(),
        "/dav/principals/anna/deeper/".to_owned(),
        "/dav/addressbooks/nobody/".to_owned(),
        "/dav/addressbooks/nobody/contacts/".to_owned(),
        "/dav/addressbooks/nobody/contacts/a.vcf".to_owned(),
        format!("{anna_home}nothing/"),
        format!("{anna_home}nothing/a.vcf"),
        format!("{anna_home}shared-1/"),
        format!("{anna_home}contacts/a.vcf"),
        format!("{anna_home}contacts/a.vcf/b.vcf"),
        "/dav/calendars/nobody/".to_owned(),
        "/dav/calendars/anna/nothing/".to_owned(),
        "/remote.php/dav".to_owned(),
    ] {
        for (method, body) in [
            ("GET", ""),
            ("HEAD", ""),
            ("PROPFIND", ""),
            ("DELETE", ""),
            (
                "PROPPATCH",
                r#"<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><D:x/></D:prop></D:remove></D:propertyupdate>"#,
            ),
            ("REPORT", r#"<D:expand-property xmlns:D="DAV:"/>"#),
            ("REPORT", r#"<D:principal-match xmlns:D="DAV:"><D:self/></D:principal-match>"#),
            (
                "REPORT",
                r#"<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:href>/dav/</D:href></C:addressbook-multiget>"#,
            ),
        ] {
            let answer = anna.ask(method, &path, &[("Depth", "0")], body);
            assert_eq!(answer.status, 404, "{method} {path} {body}: {}", answer.text());
        }
    }
}

#[test]
fn get_of_a_collection_says_what_it_is_and_tells_no_card() {
    let (_desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card("a", "Secret Name"));
    for path in ["/".to_owned(), "/dav/".to_owned(), anna.home(), anna.book(), anna.principal()] {
        let answer = anna.get(&path);
        assert_eq!(answer.status, 200, "GET {path}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{path}");
        assert!(!answer.text().contains("Secret Name"), "{path}");
        let head = anna.ask("HEAD", &path, &[], "");
        assert_eq!(head.header("content-length"), answer.header("content-length"), "HEAD {path}");
    }
}
