//! sync-collection (RFC 6578): every change once, none missed, at any page size.

use crate::desk::{Desk, User, card, expect, sync_collection, xml};
use crate::multistatus::Multistatus;

const ETAG: &str = "<D:prop><D:getetag/></D:prop>";

fn ask(user: &User, book: &str, token: &str, rest: &str) -> Multistatus {
    user.report(book, "0", &sync_collection(token, rest))
}

#[test]
fn deltas_tell_the_latest_state_of_what_changed_and_nothing_else() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    let at = |name: &str| anna.card(&format!("{name}.vcf"));
    for name in ["kept", "changed", "deleted", "again", "moved"] {
        anna.store(&at(name), card(name, "N"));
    }
    let first = anna.sync(&book, "");
    assert_eq!(first.present().len(), 5);
    assert!(first.with_status(Some(404)).is_empty(), "nothing is removed for a newcomer");
    let token = first.token.clone().expect("a token");
    assert_eq!(token, anna.token(&book), "the property and the report agree");
    for response in &first.responses {
        assert_eq!(response.propstats, [200]);
        assert_eq!(response.value("D:getetag"), anna.etag(&response.href));
    }
    let unchanged = anna.sync(&book, &token);
    assert_eq!((unchanged.responses.len(), unchanged.token), (0, Some(token.clone())));

    anna.store(&at("changed"), card("changed", "1"));
    anna.store(&at("changed"), card("changed", "2"));
    anna.delete(&at("deleted"));
    anna.delete(&at("again"));
    anna.store(&at("again"), card("again", "back"));
    anna.store(&at("new"), card("new", "N"));
    anna.store(&at("brief"), card("brief", "N"));
    anna.delete(&at("brief"));
    let destination = at("elsewhere");
    let moved = anna.ask("MOVE", &at("moved"), &[("Destination", &destination)], "");
    assert_eq!(moved.status, 201);

    let delta = anna.sync(&book, &token);
    let mut gone = delta.with_status(Some(404));
    gone.sort_unstable();
    assert_eq!(gone, [at("brief"), at("deleted"), at("moved")], "added and removed is removed");
    let present = [at("again"), at("changed"), at("elsewhere"), at("new")];
    assert_eq!(delta.present(), present, "removed and made again is changed");
    assert_eq!(delta.about(&at("changed")).value("D:getetag"), anna.etag(&at("changed")));
    let now = delta.token.unwrap();
    assert_eq!(now, anna.token(&book));
    assert_eq!(anna.sync(&book, &now).responses.len(), 0);
    // Every older token goes on working.
    assert_eq!(anna.sync(&book, &token).responses.len(), 7);
}

#[test]
fn data_and_other_properties_come_along() {
    let (_desk, anna) = Desk::of_anna();
    let (book, path) = (anna.book(), anna.card("a.vcf"));
    let body = card("a", "A & <B>");
    anna.store(&path, &body);
    let rest = "<D:prop><D:getetag/><C:address-data/><X:none/><D:getcontenttype/></D:prop>";
    for token in ["", "old"] {
        let token = if token.is_empty() { String::new() } else { anna.token(&book) };
        if !token.is_empty() {
            anna.store(&path, &body);
        }
        let found = ask(&anna, &book, &token, rest);
        let response = found.about(&path);
        assert_eq!(response.value("C:address-data"), body.trim_end());
        assert_eq!(response.names(404), ["X:none"]);
    }
    // None asked for still tells that the member changed.
    for rest in ["<D:prop/>", ""] {
        let found = ask(&anna, &book, "", rest);
        assert_eq!(found.hrefs(), [path.as_str()], "{rest}");
        assert_eq!(found.responses[0].propstats, [200]);
    }
}

#[test]
fn pages_add_up_to_the_whole_whatever_their_size() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    let names: Vec<String> = (0..23).map(|n| anna.card(&format!("{n:02}.vcf"))).collect();
    for (n, path) in names.iter().enumerate() {
        anna.store(path, card(&format!("u{n}"), "N"));
    }
    let old = anna.token(&book);
    for path in names.iter().step_by(3) {
        anna.delete(path);
    }
    for (n, path) in names.iter().enumerate().skip(1).step_by(3) {
        anna.store(path, card(&format!("u{n}"), "changed"));
    }
    let whole = anna.propfind(&book, "1", "D:getetag");
    let whole: std::collections::BTreeMap<&str, &str> = whole.responses[1..]
        .iter()
        .map(|response| (response.href.as_str(), response.value("D:getetag")))
        .collect();
    for (start, count) in [("", 15), (old.as_str(), 16)] {
        for size in [1, 2, 7, 15, 16, 100] {
            let mut copy = std::collections::BTreeMap::new();
            let mut token = start.to_owned();
            let (mut told, mut pages) = (0, 0);
            loop {
                let rest = format!("<D:limit><D:nresults>{size}</D:nresults></D:limit>{ETAG}");
                let page = ask(&anna, &book, &token, &rest);
                pages += 1;
                assert!(pages < 60, "page {pages} of size {size} from {start:?}: no end");
                let cut = page.with_status(Some(507)).len();
                let members = page.responses.len() - cut;
                assert!(members <= size, "{members} in a page of {size}");
                for response in &page.responses {
                    match response.status {
                        None => {
                            let tag = response.value("D:getetag").to_owned();
                            copy.insert(response.href.clone(), tag);
                        }
                        Some(404) => {
                            copy.remove(&response.href);
                        }
                        _ => {
                            assert_eq!(response.href, book);
                            let why = ["D:number-of-matches-within-limits"];
                            assert_eq!(response.conditions, why);
                        }
                    }
                }
                told += members;
                assert_ne!(page.token.as_ref(), Some(&token), "a page that leads nowhere");
                token = page.token.unwrap();
                if cut == 0 {
                    break;
                }
            }
            assert_eq!(token, anna.token(&book), "size {size} from {start:?}");
            if start.is_empty() {
                let copy: Vec<(&str, &str)> =
                    copy.iter().map(|(href, tag)| (href.as_str(), tag.as_str())).collect();
                assert_eq!(copy, whole.clone().into_iter().collect::<Vec<_>>(), "size {size}");
            }
            assert!(told >= count, "{told} of {count} were told, size {size} from {start:?}");
        }
    }
}

#[test]
fn tokens_of_elsewhere_are_refused_so_that_each_client_recovers() {
    let (_desk, anna) = Desk::of_anna();
    let (book, other) = (anna.book(), anna.make_book("other"));
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let own = anna.token(&book);
    let future = {
        let (start, number) = own.rsplit_once('-').unwrap();
        format!("{start}-{}", number.parse::<u64>().unwrap() + 1)
    };
    let epoch = own.replacen("sync-", "sync-1", 1);
    let foreign = anna.token(&other);
    let odd = ["x", "data:,", "http://example.org/1", "-1", "0", &"9".repeat(10_000)];
    let mut tokens = vec![future.as_str(), &epoch, &foreign];
    tokens.extend(odd);
    let negative = own.rsplit_once('-').map(|(start, _)| format!("{start}--1")).unwrap();
    tokens.push(&negative);
    for token in tokens {
        let body = sync_collection(token, ETAG);
        for (agent, status) in [
            ("DAVx5/4.5-ose", 403),
            ("Evolution/3.46", 403),
            ("Mozilla/5.0 Gecko/20100101 Thunderbird/153.7.0", 400),
        ] {
            let answer = anna.ask("REPORT", &book, &[("User-Agent", agent), ("Depth", "1")], &body);
            let short = &token[..token.len().min(60)];
            expect(&answer, status, Some("D:valid-sync-token"), &format!("{short} by {agent}"));
        }
    }
}

#[test]
fn depth_and_level_come_in_all_variants() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let token = "<D:sync-token/>";
    let level = |level: &str| format!("<D:sync-level>{level}</D:sync-level>");
    for (depth, inner, status) in [
        (Some("0"), level("1"), 207),
        (Some("1"), level("1"), 207),
        (None, level("1"), 207),
        (None, String::new(), 207),
        (Some("0"), String::new(), 207),
        (Some("1"), String::new(), 207),
        (Some("0"), level("infinite"), 207),
        (Some("infinity"), String::new(), 207),
        (Some("infinity"), level("1"), 400),
        (Some("0"), level("2"), 400),
        (Some("0"), level("1") + "<D:limit><D:nresults>0</D:nresults></D:limit>", 400),
        (Some("0"), level("1") + "<D:limit><D:nresults>x</D:nresults></D:limit>", 400),
        (Some("0"), level("1") + "<D:limit/>", 400),
        (Some("zero"), level("1"), 400),
    ] {
        let headers: Vec<(&str, &str)> = depth.iter().map(|depth| ("Depth", *depth)).collect();
        let body = xml("D:sync-collection", &format!("{token}{inner}{ETAG}"));
        let answer = anna.ask("REPORT", &book, &headers, &body);
        let case = format!("Depth {depth:?} {inner}");
        assert_eq!(answer.status, status, "{case}: {}", answer.text());
        if status == 207 {
            let found = Multistatus::of(&answer);
            assert_eq!(found.hrefs(), [anna.card("a.vcf")], "{case}: members only");
            assert!(found.token.is_some(), "{case}");
        }
    }
    let no_token = xml("D:sync-collection", &format!("{}{ETAG}", level("1")));
    expect(&anna.ask("REPORT", &book, &[], no_token), 400, None, "no sync-token");
    for path in [anna.home(), anna.principal(), anna.card("a.vcf"), "/dav/".to_owned()] {
        let answer = anna.ask("REPORT", &path, &[], sync_collection("", ETAG));
        expect(&answer, 403, Some("D:supported-report"), &path);
    }
}
