//! expand-property (RFC 3253 §3.8): what clients use to save round trips.

use crate::desk::{Desk, card, expect, xml};

fn expand(inner: &str) -> String {
    xml("D:expand-property", inner)
}

#[test]
fn properties_of_named_resources_come_inside() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    desk.run(&["group", "add", "team"]);
    desk.run(&["group", "members", "team", "--add", "anna", "--add", "bob"]);
    let body = expand(
        r#"<D:property name="displayname"/>
        <D:property name="group-membership"><D:property name="displayname"/><D:property name="group-member-set"><D:property name="displayname"/></D:property></D:property>
        <D:property name="addressbook-home-set" namespace="urn:ietf:params:xml:ns:carddav"><D:property name="resourcetype"/><D:property name="nothing" namespace="urn:example:x"/></D:property>
        <D:property name="getetag"/>"#,
    );
    let found = anna.report(&anna.principal(), "0", &body);
    assert_eq!(found.hrefs(), [anna.principal()]);
    let response = &found.responses[0];
    assert_eq!(response.value("D:displayname"), "anna");
    assert_eq!(response.names(404), ["D:getetag"]);
    let groups = response.prop("D:group-membership").unwrap();
    assert_eq!(groups.children, ["D:response"]);
    for member in [&anna, &bob] {
        assert!(groups.hrefs.contains(&member.principal()), "{:?}", groups.hrefs);
    }
    assert!(groups.xml.contains(">team<"), "{}", groups.xml);
    let homes = response.prop("C:addressbook-home-set").unwrap();
    assert_eq!(homes.children, ["D:response"]);
    assert!(homes.xml.contains("HTTP/1.1 404 Not Found"), "{}", homes.xml);
}

#[test]
fn cycles_end_and_amplification_is_bounded() {
    let (desk, anna) = Desk::of_anna();
    desk.run(&["group", "add", "team"]);
    desk.run(&["group", "members", "team", "--add", "anna"]);
    for n in 0..8 {
        desk.run(&["group", "add", &format!("g{n}")]);
        desk.run(&["group", "members", &format!("g{n}"), "--add", "anna"]);
    }
    let mut inner = String::new();
    for level in 0..10 {
        let name = if level % 2 == 0 { "group-member-set" } else { "group-membership" };
        inner = format!(r#"<D:property name="{name}">{inner}</D:property>"#);
    }
    let answer = anna.ask("REPORT", &anna.principal(), &[("Depth", "0")], expand(&inner));
    assert!(matches!(answer.status, 207 | 400), "{}", answer.status);
    assert!(answer.body.len() < 1 << 20, "{} bytes for a small request", answer.body.len());
    let deep = (0..40).fold(String::new(), |inner, _| {
        format!(r#"<D:property name="owner">{inner}</D:property>"#)
    });
    expect(&anna.ask("REPORT", &anna.book(), &[], expand(&deep)), 400, None, "40 levels");
    let wide: String = (0..501).map(|n| format!(r#"<D:property name="p{n}"/>"#)).collect();
    expect(&anna.ask("REPORT", &anna.book(), &[], expand(&wide)), 413, None, "501 properties");
    let bad = r#"<D:property name="a b"/>"#;
    expect(&anna.ask("REPORT", &anna.book(), &[], expand(bad)), 400, None, "no name");
}

#[test]
fn it_works_on_cards_and_books() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let tag = anna.store(&path, card("a", "A"));
    let body = expand(
        r#"<D:property name="getetag"/><D:property name="owner"><D:property name="displayname"/></D:property>"#,
    );
    let found = anna.report(&path, "0", &body);
    assert_eq!(found.responses[0].value("D:getetag"), tag);
    let owner = found.responses[0].prop("D:owner").unwrap();
    assert_eq!(owner.hrefs, [anna.principal()]);
    assert!(owner.xml.contains(">anna<"), "{}", owner.xml);
}
