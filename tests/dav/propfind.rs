//! PROPFIND: what is asked for, how deep, and every live property where it belongs.

use crate::desk::{Desk, User, card, expect, propfind, xml};
use crate::multistatus::Multistatus;

#[test]
fn depth_decides_what_is_listed() {
    let (_desk, anna) = Desk::of_anna();
    let (home, book) = (anna.home(), anna.book());
    anna.store(&anna.card("b.vcf"), card("b", "B"));
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    let ask = |path: &str, headers: &[(&str, &str)]| {
        anna.ask("PROPFIND", path, headers, propfind("D:resourcetype"))
    };
    for (path, headers, expected) in [
        (&book, &[("Depth", "0")][..], vec![&book]),
        (&book, &[("Depth", "1")], vec![&book, &a, &b]),
        // What clients mean who leave it out.
        (&book, &[], vec![&book]),
        (&book, &[("Depth", "1"), ("Prefer", "depth-noroot")], vec![&a, &b]),
        (&home, &[("Depth", "1")], vec![&home, &book]),
        (&a, &[("Depth", "1")], vec![&a]),
        (&a, &[("Depth", "infinity")], vec![&a]),
    ] {
        let found = Multistatus::of(&ask(path, headers));
        assert_eq!(found.hrefs(), expected, "{path} {headers:?}");
    }
    let noroot = ask(&book, &[("Depth", "1"), ("Prefer", "depth-noroot")]);
    assert_eq!(noroot.header("preference-applied"), Some("depth-noroot"));
    assert!(noroot.header("vary").unwrap_or_default().contains("Prefer"));
    for (path, depth, status, condition) in [
        (&book, "infinity", 403, Some("D:propfind-finite-depth")),
        (&home, "Infinity", 403, Some("D:propfind-finite-depth")),
        (&home, "2", 400, None),
        (&home, "", 400, None),
        (&home, "0, 1", 400, None),
    ] {
        expect(&ask(path, &[("Depth", depth)]), status, condition, &format!("Depth: {depth}"));
    }
}

#[test]
fn the_body_decides_which_properties() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "A"));
    let set = "<D:set><D:prop><X:mood>fine</X:mood></D:prop></D:set>";
    assert_eq!(anna.proppatch(&path, set).status, 207);
    let ask = |body: &str, headers: &[(&str, &str)]| {
        let headers = [&[("Depth", "0")], headers].concat();
        let found = Multistatus::of(&anna.ask("PROPFIND", &path, &headers, body));
        found.responses.into_iter().next().unwrap()
    };
    // Everything: the properties of RFC 4918 and those the client made, none of the extensions.
    let usual = [
        "D:creationdate",
        "D:getcontentlength",
        "D:getcontenttype",
        "D:getetag",
        "D:getlastmodified",
        "D:lockdiscovery",
        "D:resourcetype",
        "D:supportedlock",
        "X:mood",
    ];
    for body in ["", "  \r\n", &xml("D:propfind", "<D:allprop/>")] {
        let found = ask(body, &[]);
        assert_eq!(found.names(200), usual, "allprop by {body:?}");
        assert_eq!(found.propstats, [200]);
    }
    let include = "<D:allprop/><D:include><D:owner/><D:getetag/><X:none/></D:include>";
    let found = ask(&xml("D:propfind", include), &[]);
    let mut more = usual.to_vec();
    more.push("D:owner");
    more.sort_unstable();
    assert_eq!(found.names(200), more, "allprop with include");

    let names = ask(&xml("D:propfind", "<D:propname/>"), &[]);
    for name in ["D:owner", "D:getetag", "X:mood", "D:current-user-privilege-set"] {
        let prop = names.prop(name).unwrap_or_else(|| panic!("propname lacks {name}"));
        assert!(prop.text.is_empty() && prop.children.is_empty(), "only names: {}", prop.xml);
    }
    assert!(names.prop("D:sync-token").is_none(), "a card has no sync token");

    let wish = propfind("D:getetag X:none X:mood D:sync-token CS:getetag");
    let found = ask(&wish, &[]);
    assert_eq!(found.names(200), ["D:getetag", "X:mood"]);
    assert_eq!(found.names(404), ["CS:getetag", "D:sync-token", "X:none"], "by namespace");
    for header in [("Prefer", "return=minimal"), ("Brief", "t")] {
        let found = ask(&wish, &[header]);
        assert_eq!((found.propstats.as_slice(), found.names(404).len()), (&[200][..], 0));
        let found = ask(&propfind("X:none"), &[header]);
        assert_eq!(found.propstats, [200], "an empty prop stands for nothing found: {header:?}");
    }
    let nothing = ask(&propfind("X:none"), &[]);
    assert_eq!(nothing.propstats, [404], "no empty 200 beside the 404");
    // The order of elements and what is unknown change nothing.
    let odd = "<X:new>1</X:new><D:prop X:a='b'><D:getetag><X:deep/></D:getetag></D:prop>";
    assert_eq!(ask(&xml("D:propfind", odd), &[]).names(200), ["D:getetag"]);
}

#[test]
fn bodies_that_ask_for_nothing_sensible_are_refused() {
    let (_desk, anna) = Desk::of_anna();
    let too_many: String = (0..501).map(|n| format!("<X:p{n}/>")).collect();
    for (body, status, case) in [
        (xml("D:propfind", ""), 400, "no choice"),
        (xml("D:propfind", "<X:prop><D:getetag/></X:prop>"), 400, "prop of another namespace"),
        (xml("D:propfind", "<D:allprop/><D:propname/>"), 400, "two choices"),
        (xml("X:propfind", "<D:allprop/>"), 400, "a root of another namespace"),
        (xml("D:propertyupdate", "<D:allprop/>"), 400, "another root"),
        (propfind("D:getetag").replace("</D:propfind>", ""), 400, "never closed"),
        (xml("D:propfind", &format!("<D:prop>{too_many}</D:prop>")), 413, "501 properties"),
    ] {
        for path in [anna.book(), anna.principal(), "/".to_owned()] {
            let answer = anna.ask("PROPFIND", &path, &[("Depth", "0")], &body);
            expect(&answer, status, None, case);
        }
    }
    let found =
        anna.propfind(&anna.book(), "0", &(0..500).map(|n| format!("X:p{n} ")).collect::<String>());
    assert_eq!(found.responses[0].names(404).len(), 500, "500 are taken");
}

/// Rows are properties, columns the resources that have them.
const MATRIX: [(&str, &str); 38] = [
    ("D:resourcetype", "root me home book card"),
    ("D:displayname", "root me home book"),
    ("D:current-user-principal", "root me home book card"),
    ("D:current-user-privilege-set", "root me home book card"),
    ("D:owner", "me home book card"),
    ("D:supported-report-set", "root me home book card"),
    ("D:supported-method-set", "root me home book card"),
    ("D:supported-privilege-set", "root me home book card"),
    ("D:principal-collection-set", "root me home book card"),
    ("D:acl", "root me home book card"),
    ("D:acl-restrictions", "root me home book card"),
    ("D:inherited-acl-set", "root me home book card"),
    ("D:group", "root me home book card"),
    ("D:supportedlock", "root me home book card"),
    ("D:lockdiscovery", "root me home book card"),
    ("D:principal-URL", "root me"),
    ("D:alternate-URI-set", "me"),
    ("D:group-membership", "me"),
    ("D:group-member-set", "me"),
    ("C:addressbook-home-set", "root me"),
    ("CS:email-address-set", "me"),
    ("D:sync-token", "book"),
    ("CS:getctag", "home book"),
    ("D:add-member", "book"),
    ("D:resource-id", "book"),
    ("D:quota-used-bytes", "home book"),
    ("D:quota-available-bytes", ""),
    ("C:supported-address-data", "book"),
    ("C:max-resource-size", "home book"),
    ("C:max-image-size", "home book"),
    ("C:supported-collation-set", "book"),
    ("D:getetag", "card"),
    ("D:getcontenttype", "card"),
    ("D:getcontentlength", "card"),
    ("D:getlastmodified", "card"),
    ("D:creationdate", "book card"),
    ("CS:push-transports", ""),
    ("CAL:calendar-home-set", "root me"),
];

#[test]
fn every_live_property_is_where_it_belongs_and_nowhere_else() {
    let (_desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let resources = [
        ("root", "/dav/".to_owned()),
        ("root", "/".to_owned()),
        ("me", anna.principal()),
        ("home", anna.home()),
        ("book", anna.book()),
        ("card", anna.card("a.vcf")),
    ];
    let names: Vec<&str> = MATRIX.iter().map(|(name, _)| *name).collect();
    for (kind, path) in resources {
        let found = anna.propfind(&path, "0", &names.join(" "));
        let response = &found.responses[0];
        for (name, kinds) in MATRIX {
            let there = response.prop(name).is_some();
            let wanted = kinds.split(' ').any(|one| one == kind);
            assert_eq!(there, wanted, "{name} on {kind} {path}");
        }
    }
}

fn children(user: &User, path: &str, name: &str) -> Vec<String> {
    let found = user.propfind(path, "0", name);
    found.responses[0].prop(name).unwrap_or_else(|| panic!("{name} of {path}")).children.clone()
}

#[test]
fn live_properties_tell_the_truth() {
    let (_desk, anna) = Desk::of_anna();
    let (book, path) = (anna.book(), anna.card("a.vcf"));
    let body = card("a", "A");
    anna.store(&path, &body);
    let got = anna.get(&path);
    let found = anna.propfind(
        &path,
        "0",
        "D:getetag D:getcontenttype D:getcontentlength D:getlastmodified D:creationdate D:resourcetype",
    );
    let response = &found.responses[0];
    assert_eq!(Some(response.value("D:getetag")), got.header("etag"));
    assert_eq!(response.value("D:getcontenttype"), "text/vcard; charset=utf-8");
    assert_eq!(response.value("D:getcontentlength"), body.len().to_string());
    assert_eq!(Some(response.value("D:getlastmodified")), got.header("last-modified"));
    assert!(response.value("D:getlastmodified").ends_with(" GMT"));
    let created = response.value("D:creationdate");
    assert!(created.ends_with('Z') && created.contains('T'), "RFC 3339: {created}");
    assert!(response.prop("D:resourcetype").unwrap().children.is_empty());

    assert_eq!(children(&anna, &book, "D:resourcetype"), ["D:collection", "C:addressbook"]);
    assert_eq!(children(&anna, &anna.home(), "D:resourcetype"), ["D:collection"]);
    assert!(
        children(&anna, &anna.principal(), "D:resourcetype").contains(&"D:principal".to_owned())
    );
    for (path, present, absent) in [
        (&book, "C:addressbook-query C:addressbook-multiget D:sync-collection", ""),
        (&path, "C:addressbook-query C:addressbook-multiget", "D:sync-collection"),
        (&anna.home(), "", "D:sync-collection C:addressbook-query C:addressbook-multiget"),
        (&anna.principal(), "D:principal-match D:principal-property-search", "C:addressbook-query"),
    ] {
        let found = anna.propfind(path, "0", "D:supported-report-set");
        let reports = &found.responses[0].prop("D:supported-report-set").unwrap().xml;
        let told = |name: &str| {
            let (_, local) = name.split_once(':').unwrap();
            reports.contains(&format!(":{local}/>"))
        };
        let common = "D:expand-property D:acl-principal-prop-set";
        for name in present.split_whitespace().chain(common.split_whitespace()) {
            assert!(told(name), "{path} does not tell {name}: {reports}");
        }
        for name in absent.split_whitespace() {
            assert!(!told(name), "{path} tells {name}: {reports}");
        }
    }
    let data = anna.propfind(&book, "0", "C:supported-address-data C:supported-collation-set");
    let types = &data.responses[0].prop("C:supported-address-data").unwrap().xml;
    for version in ["\"3.0\"", "\"4.0\""] {
        assert!(types.contains(version), "{types}");
    }
    let collations = &data.responses[0].prop("C:supported-collation-set").unwrap().xml;
    for collation in ["i;ascii-casemap", "i;unicode-casemap", "i;octet"] {
        assert!(collations.contains(collation), "{collations}");
    }
    let size: u64 = anna.prop(&book, "C:max-resource-size").parse().unwrap();
    assert!(size >= 10 << 20, "photos of 10 MiB fit");
    let add_member = anna.propfind(&book, "0", "D:add-member");
    assert_eq!(add_member.responses[0].props[0].hrefs, [book.as_str()]);
    assert_eq!(anna.prop(&book, "D:quota-used-bytes"), body.len().to_string());
    assert!(anna.token(&book).contains(':'), "a sync token is a URI");
}

#[test]
fn tags_of_books_and_homes_change_with_their_members_only() {
    let (_desk, anna) = Desk::of_anna();
    let (home, book) = (anna.home(), anna.book());
    let other = anna.make_book("other");
    let state = || {
        [
            anna.prop(&home, "CS:getctag"),
            anna.prop(&book, "CS:getctag"),
            anna.prop(&book, "D:sync-token"),
            anna.prop(&other, "CS:getctag"),
        ]
    };
    let mut seen = vec![state()];
    let mut step = |what: &str| {
        let now = state();
        let before = seen.last().unwrap();
        for n in 0..3 {
            assert_ne!(now[n], before[n], "{what} is not told by tag {n}");
        }
        assert_eq!(now[3], before[3], "{what} is told of another book");
        assert!(!seen.contains(&now));
        seen.push(now);
    };
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    step("a new card");
    anna.store(&anna.card("a.vcf"), card("a", "A2"));
    step("a changed card");
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    step("a card changed back");
    assert_eq!(anna.delete(&anna.card("a.vcf")).status, 204);
    step("a deleted card");
    let before = state();
    anna.get(&book);
    anna.propfind(&book, "1", "D:getetag");
    assert_eq!(state(), before, "reading changes nothing");
}
