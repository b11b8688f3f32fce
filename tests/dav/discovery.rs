//! Finding one's address book from whatever address somebody typed in (RFC 6764).

use crate::desk::{Desk, propfind};
use crate::support::Wire;

#[test]
fn well_known_addresses_redirect_with_a_path_whatever_the_method() {
    let desk = Desk::open();
    for path in ["/.well-known/carddav", "/.well-known/caldav", "/.well-known/carddav/"] {
        for method in ["GET", "HEAD", "PROPFIND", "OPTIONS", "REPORT", "PUT"] {
            let answer = Wire::open(desk.address()).ask(method, path, &[], b"");
            assert!(matches!(answer.status, 301 | 308), "{method} {path}: {}", answer.status);
            assert_eq!(answer.header("location"), Some("/dav/"), "{method} {path}");
            assert!(answer.header("cache-control").is_some(), "{method} {path}");
        }
    }
}

#[test]
fn nobody_is_told_anything_without_signing_in() {
    let (desk, anna) = Desk::of_anna();
    let wrong = crate::support::basic("anna", "wrong");
    for path in ["/", "/dav/", "/dav", &anna.principal(), &anna.home(), &anna.book(), "/dav/no"] {
        for method in ["GET", "HEAD", "PROPFIND", "PUT", "DELETE", "REPORT", "MKCOL", "POST"] {
            for headers in [&[][..], &[("Authorization", wrong.as_str())]] {
                // Wrong passwords make an address wait; a few show what there is to show.
                if !headers.is_empty() && (method != "PROPFIND" || path.len() > 5) {
                    continue;
                }
                let answer = Wire::open(desk.address()).ask(method, path, headers, b"");
                assert_eq!(answer.status, 401, "{method} {path}");
                let challenge = answer.header("www-authenticate");
                let realm = "Basic realm=\"rolodav\", charset=\"UTF-8\"";
                assert_eq!(challenge, Some(realm), "{method} {path}: one realm for all");
            }
        }
    }
}

#[test]
fn every_resource_leads_to_the_caller_and_its_home() {
    let (_desk, anna) = Desk::of_anna();
    let (me, home, book) = (anna.principal(), anna.home(), anna.book());
    anna.store(&anna.card("a.vcf"), crate::desk::card("a", "A"));
    let card = anna.card("a.vcf");
    for path in ["/", "/dav", "/dav/", "/dav/principals/", &me, "/dav/addressbooks/", &home] {
        let found = anna.propfind(path, "0", "D:current-user-principal D:resourcetype");
        let prop = found.responses[0].prop("D:current-user-principal").expect(path);
        assert_eq!(prop.hrefs, [me.as_str()], "{path}");
    }
    for path in [&book, &card] {
        let found = anna.propfind(path, "0", "D:current-user-principal D:owner");
        for name in ["D:current-user-principal", "D:owner"] {
            assert_eq!(found.responses[0].prop(name).expect(name).hrefs, [me.as_str()], "{path}");
        }
    }
    for path in ["/", "/dav/", &me] {
        let found = anna.propfind(path, "0", "C:addressbook-home-set D:principal-URL");
        let prop = |name| found.responses[0].prop(name).expect(path).hrefs.clone();
        assert_eq!(prop("C:addressbook-home-set"), [home.as_str()], "exactly one, {path}");
        assert_eq!(prop("D:principal-URL"), [me.as_str()], "{path}");
    }
    // Without a slash at its end an address means the same, and is told with it.
    for path in [&me, &home, &book] {
        let found = anna.propfind(path.trim_end_matches('/'), "0", "D:resourcetype");
        assert_eq!(found.hrefs(), [path.as_str()]);
    }
}

#[test]
fn a_redirected_propfind_keeps_its_method_and_body() {
    let (_desk, anna) = Desk::of_anna();
    let body = propfind("D:current-user-principal");
    let answer = anna.ask("PROPFIND", "/.well-known/carddav", &[("Depth", "0")], &body);
    let to = answer.header("location").expect("a location").to_owned();
    let answer = anna.ask("PROPFIND", &to, &[("Depth", "0")], &body);
    assert!(answer.text().contains(&anna.principal()), "{}", answer.text());
}
