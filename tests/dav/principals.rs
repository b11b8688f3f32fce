//! The reports on principals (RFC 3744 §9), and what they keep to themselves.

use crate::desk::{Desk, User, elements, expect, xml};
use crate::multistatus::Multistatus;

fn search(user: &User, path: &str, inner: &str) -> Vec<String> {
    let body = xml("D:principal-property-search", inner);
    let found = Multistatus::of(&user.ask("REPORT", path, &[("Depth", "0")], body));
    let mut hrefs: Vec<String> = found.hrefs().into_iter().map(str::to_owned).collect();
    hrefs.sort_unstable();
    hrefs
}

fn named(text: &str) -> String {
    format!(
        "<D:property-search><D:prop><D:displayname/></D:prop><D:match>{text}</D:match></D:property-search><D:prop><D:displayname/></D:prop>"
    )
}

#[test]
fn searches_find_acquaintances_only() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let eve = desk.user("eve");
    let everywhere = "<D:apply-to-principal-collection-set/>";
    let all = "/dav/principals/";
    assert_eq!(search(&anna, all, &named("ann")), [anna.principal()]);
    assert_eq!(search(&anna, all, &named("bob")), [""; 0], "nobody they know");
    desk.run(&["group", "add", "team"]);
    desk.run(&["group", "members", "team", "--add", "anna", "--add", "bob"]);
    assert_eq!(search(&anna, all, &named("BOB")), [bob.principal()], "in any case");
    assert_eq!(search(&anna, all, &named("team")), ["/dav/principals/team/"]);
    assert_eq!(search(&eve, all, &named("bob")), [""; 0], "not of the group");
    assert_eq!(search(&anna, all, &named("b")), [""; 0], "too short to list everybody with");
    assert_eq!(search(&anna, all, &named("")), [""; 0]);
    assert_eq!(search(&anna, &anna.book(), &named("bob")), [""; 0], "no principals below a book");
    assert_eq!(search(&anna, &anna.book(), &(named("bob") + everywhere)), [bob.principal()]);
    let both = named("bob") + &named("team");
    assert_eq!(search(&anna, all, &both), [""; 0], "all count");
    desk.run(&["book", "share", "eve", "contacts", "anna"]);
    assert_eq!(search(&anna, all, &named("eve")), [eve.principal()], "who shares is known");
    assert_eq!(search(&eve, all, &named("anna")), search(&eve, all, &named("anna")));
    for inner in
        ["", "<D:property-search/>", "<D:property-search><D:match>x</D:match></D:property-search>"]
    {
        let answer = anna.ask("REPORT", all, &[], xml("D:principal-property-search", inner));
        expect(&answer, 400, None, inner);
    }
}

#[test]
fn reports_on_principals_take_depth_zero() {
    let (_desk, anna) = Desk::of_anna();
    let prop = "<D:prop><D:displayname/></D:prop>";
    for (root, inner) in [
        ("D:principal-property-search", named("ann")),
        ("D:principal-match", format!("<D:self/>{prop}")),
        ("D:acl-principal-prop-set", prop.to_owned()),
        ("D:principal-search-property-set", String::new()),
    ] {
        let path = if root == "D:acl-principal-prop-set" {
            anna.book()
        } else {
            "/dav/principals/".to_owned()
        };
        for (depth, refused) in [("1", true), ("infinity", true), ("0", false)] {
            let answer = anna.ask("REPORT", &path, &[("Depth", depth)], xml(root, &inner));
            assert_eq!(
                answer.status == 400,
                refused,
                "{root} with Depth {depth}: {}",
                answer.status
            );
        }
        assert!(anna.ask("REPORT", &path, &[], xml(root, &inner)).status < 300, "{root}, no Depth");
    }
}

#[test]
fn each_report_tells_what_it_is_for() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    desk.run(&["group", "add", "team"]);
    desk.run(&["group", "members", "team", "--add", "bob"]);
    desk.run(&["book", "share", "anna", "contacts", "team"]);
    let prop = format!("<D:prop>{}</D:prop>", elements("D:displayname"));

    let own =
        bob.report("/dav/principals/", "0", &xml("D:principal-match", &format!("<D:self/>{prop}")));
    let mut hrefs = own.hrefs();
    hrefs.sort_unstable();
    assert_eq!(hrefs, [bob.principal().as_str(), "/dav/principals/team/"]);

    let owned = format!("<D:principal-property><D:owner/></D:principal-property>{prop}");
    let below = anna.report(&anna.home(), "0", &xml("D:principal-match", &owned));
    assert_eq!(below.hrefs(), [anna.book()], "the books of mine in my home");

    let acl = anna.report(&anna.book(), "0", &xml("D:acl-principal-prop-set", &prop));
    let mut hrefs = acl.hrefs();
    hrefs.sort_unstable();
    // The owner does not know the group, so it is told nothing of it but its address.
    assert!(hrefs.contains(&anna.principal().as_str()), "{hrefs:?}");

    let answer = anna.ask("REPORT", "/dav/", &[], xml("D:principal-search-property-set", ""));
    assert_eq!(answer.status, 200);
    let document = roxmltree::Document::parse(answer.text()).unwrap();
    assert_eq!(document.root_element().tag_name().name(), "principal-search-property-set");
    assert!(answer.text().contains("displayname"), "{}", answer.text());

    let unknown = anna.ask("REPORT", &anna.book(), &[], xml("X:report", ""));
    expect(&unknown, 403, Some("D:supported-report"), "a report of nobody");
    let misplaced = anna.ask("REPORT", &anna.principal(), &[], xml("C:addressbook-query", ""));
    expect(&misplaced, 403, Some("D:supported-report"), "a report of books");
    expect(&anna.ask("REPORT", &anna.book(), &[], ""), 400, None, "no body");
}

#[test]
fn access_lists_are_for_those_who_may_share() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let eve = desk.user("eve");
    desk.run(&["book", "share", "anna", "contacts", "bob", "--read-write"]);
    desk.run(&["book", "share", "anna", "contacts", "eve"]);
    let of_anna = anna.propfind(&anna.book(), "0", "D:acl");
    let acl = of_anna.responses[0].prop("D:acl").unwrap();
    for user in [&anna, &bob, &eve] {
        assert!(acl.hrefs.contains(&user.principal()), "{:?}", acl.hrefs);
    }
    assert_eq!(acl.xml.matches("<D:protected/>").count(), 3, "all are the server's");
    for sharee in [&bob, &eve] {
        let seen = sharee.propfind(&anna.book(), "0", "D:acl");
        let told: Vec<&String> = seen.responses[0].props.iter().flat_map(|p| &p.hrefs).collect();
        let other = if sharee.name == "bob" { eve.principal() } else { bob.principal() };
        assert!(!told.contains(&&other), "{} learns of {other}: {told:?}", sharee.name);
        let body = xml("D:acl-principal-prop-set", "<D:prop><D:displayname/></D:prop>");
        let answer = sharee.ask("REPORT", &anna.book(), &[], body);
        expect(&answer, 403, Some("D:need-privileges"), &sharee.name);
    }
}

#[test]
fn privileges_are_told_with_what_they_are_made_of() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let eve = desk.user("eve");
    desk.run(&["book", "share", "anna", "contacts", "bob", "--read-write"]);
    desk.run(&["book", "share", "anna", "contacts", "eve"]);
    anna.store(&anna.card("a.vcf"), crate::desk::card("a", "A"));
    let writing = ["write", "write-content", "write-properties", "bind", "unbind"];
    for (user, path, holds, lacks) in [
        (&anna, anna.book(), [&writing[..], &["read", "read-acl"]].concat(), vec!["write-acl"]),
        (&bob, anna.book(), [&writing[..], &["read"]].concat(), vec!["all", "read-acl"]),
        (
            &eve,
            anna.book(),
            vec!["read", "read-current-user-privilege-set"],
            [&writing[..], &["all"]].concat(),
        ),
        (&eve, anna.card("a.vcf"), vec!["read"], writing.to_vec()),
        (&bob, anna.card("a.vcf"), vec!["read", "write", "write-content"], vec!["all"]),
        (&anna, anna.home(), vec!["read", "bind", "unbind"], vec![]),
        (&anna, anna.principal(), vec!["read", "write-properties"], vec!["bind"]),
        (&anna, "/dav/".to_owned(), vec!["read"], vec!["write", "bind"]),
    ] {
        let found = user.propfind(&path, "0", "D:current-user-privilege-set");
        let told = &found.responses[0].prop("D:current-user-privilege-set").unwrap().xml;
        for (names, wanted) in [(holds, true), (lacks, false)] {
            for name in names {
                let one = format!("<D:privilege><D:{name}/></D:privilege>");
                assert_eq!(
                    told.contains(&one),
                    wanted,
                    "{name} of {} on {path}: {told}",
                    user.name
                );
            }
        }
    }
}
