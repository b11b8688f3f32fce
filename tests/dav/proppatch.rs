//! PROPPATCH: all or nothing, and a client's own properties kept as they came.

use crate::desk::{Desk, User, card, elements, expect, propfind, xml};
use crate::multistatus::Multistatus;

fn set(props: &str) -> String {
    format!("<D:set><D:prop>{props}</D:prop></D:set>")
}

fn remove(props: &str) -> String {
    format!("<D:remove><D:prop>{}</D:prop></D:remove>", elements(props))
}

/// The status of each property in the answer, in the alphabet's order.
fn outcome(user: &User, path: &str, inner: &str) -> Vec<(String, u16)> {
    let found = Multistatus::of(&user.proppatch(path, inner));
    assert_eq!(found.hrefs(), [path]);
    let mut all: Vec<(String, u16)> =
        found.responses[0].props.iter().map(|prop| (prop.name.clone(), prop.status)).collect();
    all.sort_unstable();
    all
}

fn pairs(expected: &[(&str, u16)]) -> Vec<(String, u16)> {
    expected.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect()
}

#[test]
fn properties_that_clients_may_write_are_read_back() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    for (name, value) in [
        ("D:displayname", "Freunde & Kollegen <privat>"),
        ("D:displayname", "名前 🦊"),
        ("D:displayname", ""),
        ("C:addressbook-description", "Everybody"),
        ("I:calendar-color", "#FF2968FF"),
        ("I:calendar-order", "-3"),
        ("CS:no-such-thing", "kept"),
    ] {
        let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
        let inner = set(&format!("<{name}>{escaped}</{name}>"));
        assert_eq!(outcome(&anna, &book, &inner), pairs(&[(name, 200)]), "{name}={value}");
        assert_eq!(anna.prop(&book, name), value, "{name}");
    }
    for name in ["C:addressbook-description", "I:calendar-color", "CS:no-such-thing"] {
        assert_eq!(outcome(&anna, &book, &remove(name)), pairs(&[(name, 200)]));
        assert!(anna.propfind(&book, "0", name).responses[0].prop(name).is_none(), "{name}");
        // Removing what is not there succeeds (RFC 4918 §14.23).
        assert_eq!(outcome(&anna, &book, &remove(name)), pairs(&[(name, 200)]));
    }
}

#[test]
fn a_book_renamed_by_its_owner_keeps_its_members_and_tokens() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let token = anna.token(&book);
    assert_eq!(anna.proppatch(&book, &set("<D:displayname>New</D:displayname>")).status, 207);
    assert_eq!(anna.sync(&book, &token).responses.len(), 0, "no member changed");
    assert_eq!(anna.get(&anna.card("a.vcf")).status, 200);
}

#[test]
fn one_failure_undoes_all_and_names_the_culprit() {
    let (_desk, anna) = Desk::of_anna();
    let (book, path) = (anna.book(), anna.card("a.vcf"));
    anna.store(&path, card("a", "A"));
    let good = "<X:good>1</X:good><D:displayname>lost</D:displayname>";
    let before = anna.propfind(&book, "0", "D:displayname X:good");
    let before: Vec<_> = before.responses[0].props.iter().map(|p| p.xml.clone()).collect();
    for (bad, status) in [
        ("<D:getetag>\"1\"</D:getetag>", 403),
        ("<D:resourcetype><D:collection/></D:resourcetype>", 403),
        ("<D:sync-token>data:,1</D:sync-token>", 403),
        ("<CS:getctag>1</CS:getctag>", 403),
        ("<D:owner><D:href>/dav/principals/bob/</D:href></D:owner>", 403),
        ("<D:current-user-privilege-set/>", 403),
        ("<D:acl/>", 403),
        ("<C:supported-address-data/>", 403),
        ("<C:max-resource-size>1</C:max-resource-size>", 403),
        ("<C:address-data>x</C:address-data>", 403),
        ("<I:calendar-order>first</I:calendar-order>", 409),
    ] {
        let name = bad[1..].split(['>', '/']).next().unwrap();
        for inner in [set(&format!("{good}{bad}")), set(bad) + &set(good)] {
            let mut expected = pairs(&[("D:displayname", 424), ("X:good", 424), (name, status)]);
            expected.sort_unstable();
            let answer = anna.proppatch(&book, &inner);
            assert_eq!(outcome(&anna, &book, &inner), expected, "{bad}");
            if status == 403 {
                let found = Multistatus::of(&answer);
                let told = &found.responses[0].conditions;
                assert_eq!(told, &["D:cannot-modify-protected-property"], "{bad}");
            }
        }
        let now = anna.propfind(&book, "0", "D:displayname X:good");
        let now: Vec<_> = now.responses[0].props.iter().map(|p| p.xml.clone()).collect();
        assert_eq!(now, before, "something of a refused request stayed: {bad}");
    }
    // One server let this one through, and the book was dead.
    let answer = outcome(&anna, &book, &remove("D:resourcetype X:good"));
    assert_eq!(answer, pairs(&[("D:resourcetype", 403), ("X:good", 424)]));
    let on_card = outcome(&anna, &path, &set("<X:a/><D:getcontenttype>x</D:getcontenttype>"));
    assert_eq!(on_card, pairs(&[("D:getcontenttype", 403), ("X:a", 424)]));
}

#[test]
fn changes_are_made_in_the_order_they_stand_in() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    let inner = set("<X:a>1</X:a>") + &remove("X:a X:b") + &set("<X:b>2</X:b><X:b>3</X:b>");
    assert_eq!(anna.proppatch(&book, &inner).status, 207);
    let found = anna.propfind(&book, "0", "X:a X:b");
    assert!(found.responses[0].prop("X:a").is_none());
    assert_eq!(found.responses[0].value("X:b"), "3");
}

/// The element as a canonical text: names with namespaces, attributes in order.
fn canonical(node: roxmltree::Node<'_, '_>) -> String {
    if node.is_text() {
        return node.text().unwrap_or_default().to_owned();
    }
    let name = |ns: Option<&str>, local: &str| format!("{{{}}}{local}", ns.unwrap_or_default());
    let mut attributes: Vec<String> = node
        .attributes()
        .map(|a| format!("{}={:?}", name(a.namespace(), a.name()), a.value()))
        .collect();
    attributes.sort_unstable();
    let inner: String = node.children().map(canonical).collect();
    let own = name(node.tag_name().namespace(), node.tag_name().name());
    format!("<{own} {}>{inner}</>", attributes.join(" "))
}

#[test]
fn dead_properties_come_back_as_they_were_sent() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "A"));
    for holder in [anna.book(), path, anna.home(), anna.principal()] {
        for element in [
            r#"<p xmlns="urn:example:x">plain</p>"#,
            r#"<X:p xmlns:X="urn:example:x" a="1" X:b="2">text</X:p>"#,
            r#"<X:p xmlns:X="urn:example:x" xml:lang="de">Grüße</X:p>"#,
            r#"<X:p xmlns:X="urn:example:x"><Y:in xmlns:Y="urn:y" q="&quot;&amp;&lt;">mixed <b xmlns="">content</b> here</Y:in> tail</X:p>"#,
            r#"<X:p xmlns:X="urn:example:x">&amp;&lt;&gt; ]]&gt; <![CDATA[<raw & cooked>]]></X:p>"#,
            r#"<X:p xmlns:X="urn:example:x">  white
 space	kept  </X:p>"#,
            r#"<X:p xmlns:X="urn:example:x"><X:empty/><X:empty></X:empty></X:p>"#,
            r#"<X:p xmlns:X="urn:example:x" type="X:in-value">X:in-text</X:p>"#,
        ] {
            let body = format!(
                r#"<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>{element}</D:prop></D:set></D:propertyupdate>"#
            );
            let answer = anna.ask("PROPPATCH", &holder, &[], body);
            assert_eq!(answer.status, 207, "{element}: {}", answer.text());
            let found = anna.ask("PROPFIND", &holder, &[("Depth", "0")], propfind("X:p"));
            let document = roxmltree::Document::parse(found.text()).unwrap();
            let got = document
                .descendants()
                .find(|n| {
                    n.tag_name().name() == "p" && n.tag_name().namespace() == Some("urn:example:x")
                })
                .unwrap_or_else(|| panic!("{element} on {holder}: {}", found.text()));
            let sent = roxmltree::Document::parse(element).unwrap();
            assert_eq!(canonical(got), canonical(sent.root_element()), "on {holder}");
        }
    }
}

#[test]
fn the_language_around_a_property_is_kept() {
    let (_desk, anna) = Desk::of_anna();
    let body = r#"<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:example:x"><D:set><D:prop xml:lang="fr"><X:p>Salut</X:p></D:prop></D:set></D:propertyupdate>"#;
    assert_eq!(anna.ask("PROPPATCH", &anna.book(), &[], body).status, 207);
    let found = anna.propfind(&anna.book(), "0", "X:p");
    let xml = &found.responses[0].prop("X:p").unwrap().xml;
    assert!(xml.contains(r#"xml:lang="fr""#), "{xml}");
}

#[test]
fn dead_properties_move_with_cards_and_end_with_them() {
    let (_desk, anna) = Desk::of_anna();
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    anna.store(&a, card("a", "A"));
    assert_eq!(anna.proppatch(&a, &set("<X:p>mine</X:p>")).status, 207);
    anna.store(&a, card("a", "A2"));
    assert_eq!(anna.prop(&a, "X:p"), "mine", "a PUT leaves properties alone");
    assert_eq!(anna.ask("MOVE", &a, &[("Destination", &b)], "").status, 201);
    assert_eq!(anna.prop(&b, "X:p"), "mine");
    assert_eq!(anna.delete(&b).status, 204);
    anna.store(&b, card("a", "A"));
    assert!(
        anna.propfind(&b, "0", "X:p").responses[0].prop("X:p").is_none(),
        "a new card has none"
    );
}

#[test]
fn what_clients_keep_is_bounded() {
    let (_desk, anna) = Desk::of_anna();
    let big = format!("<X:big>{}</X:big>", "x".repeat(70_000));
    for path in [anna.book(), anna.principal(), anna.home()] {
        let expected = pairs(&[("X:big", 507), ("X:small", 424)]);
        assert_eq!(outcome(&anna, &path, &set(&format!("<X:small>1</X:small>{big}"))), expected);
        for n in 0..6 {
            let part = format!("<X:p{n}>{}</X:p{n}>", "x".repeat(12_000));
            let status = outcome(&anna, &path, &set(&part))[0].1;
            assert_eq!(status, if n < 5 { 200 } else { 507 }, "property {n} of 12,000 bytes");
        }
        // What is replaced or removed makes room again.
        let again = set(&format!("<X:p0>{}</X:p0>", "y".repeat(12_000)));
        assert_eq!(outcome(&anna, &path, &again)[0].1, 200, "replacing takes no more room");
        let swap = remove("X:p1") + &set(&format!("<X:p9>{}</X:p9>", "z".repeat(12_000)));
        let swapped = outcome(&anna, &path, &swap);
        assert!(swapped.iter().all(|(_, status)| *status == 200), "{swapped:?}");
    }
}

#[test]
fn me_card_of_macos_is_kept_on_the_home() {
    let (_desk, anna) = Desk::of_anna();
    let home = anna.home();
    let inner =
        set("<CS:me-card><D:href>/dav/addressbooks/anna/contacts/me.vcf</D:href></CS:me-card>");
    assert_eq!(outcome(&anna, &home, &inner), pairs(&[("CS:me-card", 200)]));
    let found = anna.propfind(&home, "0", "CS:me-card");
    let hrefs = &found.responses[0].prop("CS:me-card").unwrap().hrefs;
    assert_eq!(hrefs, &["/dav/addressbooks/anna/contacts/me.vcf"]);
}

#[test]
fn minimal_answers_and_wrong_bodies() {
    let (_desk, anna) = Desk::of_anna();
    let book = anna.book();
    let body = xml("D:propertyupdate", &set("<X:a>1</X:a>"));
    let answer = anna.ask("PROPPATCH", &book, &[("Prefer", "return=minimal")], &body);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("preference-applied"), Some("return=minimal"));
    for (body, case) in [
        (String::new(), "no body"),
        (xml("D:propertyupdate", ""), "no instruction"),
        (xml("D:propfind", "<D:allprop/>"), "another root"),
        (xml("X:propertyupdate", &set("<X:a/>")), "another namespace"),
    ] {
        expect(&anna.ask("PROPPATCH", &book, &[], body), 400, None, case);
    }
    let many: String = (0..501).map(|n| format!("<X:p{n}/>")).collect();
    expect(&anna.proppatch(&book, &set(&many)), 413, None, "501 properties");
    for path in ["/", "/dav/", "/dav/principals/", "/dav/addressbooks/"] {
        let answer = anna.proppatch(path, &set("<X:a>1</X:a>"));
        assert!(matches!(answer.status, 403 | 207), "{path}: {}", answer.status);
        assert!(anna.propfind(path, "0", "X:a").responses[0].prop("X:a").is_none(), "{path}");
    }
}
