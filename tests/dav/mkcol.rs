//! MKCOL, plain and extended (RFC 5689): a whole book or none.

use crate::desk::{Desk, card, expect, xml};
use crate::multistatus::{Prop, conditions, short};

fn mkcol(props: &str) -> String {
    xml("D:mkcol", &format!("<D:set><D:prop>{props}</D:prop></D:set>"))
}

const TYPE: &str = "<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>";

#[test]
fn books_are_made_with_and_without_wishes() {
    let (_desk, anna) = Desk::of_anna();
    let home = anna.home();
    let all = format!(
        "{TYPE}<D:displayname>Ärzte</D:displayname><C:addressbook-description>d</C:addressbook-description><I:calendar-color>#00FF00</I:calendar-color><X:own xml:lang='de'>x</X:own>"
    );
    for (name, body, wrong_type) in [
        ("plain", String::new(), false),
        ("typed", mkcol(TYPE), false),
        ("untyped", mkcol("<D:displayname>n</D:displayname>"), false),
        ("collection", mkcol("<D:resourcetype><D:collection/></D:resourcetype>"), false),
        ("%C3%BCn%20%26", mkcol(&all), true),
    ] {
        let path = format!("{home}{name}/");
        let content_type = if wrong_type { "text/plain" } else { "application/xml" };
        let answer = anna.ask("MKCOL", &path, &[("Content-Type", content_type)], &body);
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{name}");
        let found = anna.propfind(&path, "0", "D:resourcetype");
        let types: &Prop = found.responses[0].prop("D:resourcetype").unwrap();
        assert_eq!(types.children, ["D:collection", "C:addressbook"], "{name}");
        assert!(anna.propfind(&home, "1", "D:resourcetype").hrefs().contains(&path.as_str()));
        anna.store(&format!("{path}a.vcf"), card("a", "A"));
    }
    let path = format!("{home}%C3%BCn%20%26/");
    for (name, value) in [
        ("D:displayname", "Ärzte"),
        ("C:addressbook-description", "d"),
        ("I:calendar-color", "#00FF00"),
        ("X:own", "x"),
    ] {
        assert_eq!(anna.prop(&path, name), value);
    }
}

#[test]
fn what_cannot_be_made_is_refused_with_its_reason_and_leaves_nothing() {
    let (_desk, anna) = Desk::of_anna();
    let home = anna.home();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let calendar = "<D:resourcetype><D:collection/><CAL:calendar/></D:resourcetype>";
    let two = "<D:resourcetype><D:collection/><C:addressbook/><X:other/></D:resourcetype>";
    let no_collection = "<D:resourcetype><C:addressbook/></D:resourcetype>";
    let location = Some("C:addressbook-collection-location-ok");
    for (path, body, status, condition) in [
        (format!("{home}x/"), mkcol(calendar), 403, Some("CAL:calendar-collection-location-ok")),
        (format!("{home}x/"), mkcol(two), 403, Some("D:valid-resourcetype")),
        (format!("{home}x/"), mkcol(no_collection), 403, Some("D:valid-resourcetype")),
        (format!("{home}x/"), xml("D:propfind", "<D:allprop/>"), 415, None),
        (format!("{home}x/"), "no xml at all".to_owned(), 415, None),
        (format!("{home}x/"), "<D:mkcol xmlns:D='DAV:'>".to_owned(), 400, None),
        (anna.book(), String::new(), 405, None),
        (anna.book(), mkcol(TYPE), 405, None),
        (home.clone(), String::new(), 405, None),
        (anna.card("sub/"), mkcol(TYPE), 403, location),
        (anna.card("sub/"), String::new(), 403, location),
        (format!("{home}none/sub/"), String::new(), 409, None),
        (format!("{home}shared-7/"), String::new(), 403, None),
        ("/dav/principals/new/".to_owned(), String::new(), 403, None),
        ("/dav/new/".to_owned(), String::new(), 403, None),
        ("/new/".to_owned(), String::new(), 403, None),
    ] {
        let xml = if status == 415 { "text/plain" } else { "application/xml" };
        let answer = anna.ask("MKCOL", &path, &[("Content-Type", xml)], &body);
        expect(&answer, status, condition, &format!("MKCOL {path} {body}"));
        let listed = anna.propfind(&home, "1", "D:resourcetype");
        assert_eq!(listed.hrefs(), [home.clone(), anna.book()], "MKCOL {path} {body}");
    }
}

#[test]
fn one_property_that_cannot_be_set_makes_no_book() {
    let (_desk, anna) = Desk::of_anna();
    let path = format!("{}x/", anna.home());
    for (bad, status) in
        [("<D:getetag>1</D:getetag>", 403), ("<I:calendar-order>first</I:calendar-order>", 409)]
    {
        let props = format!("{TYPE}<D:displayname>n</D:displayname>{bad}<X:own>1</X:own>");
        let answer = anna.ask("MKCOL", &path, &[], mkcol(&props));
        assert_eq!(answer.status, status, "the culprit's status: {}", answer.text());
        assert!(conditions(&answer).is_empty());
        let document = roxmltree::Document::parse(answer.text()).unwrap();
        assert_eq!(short(document.root_element()), "D:mkcol-response");
        let mut told: Vec<(String, String)> = Vec::new();
        for propstat in document.root_element().children().filter(|n| short(*n) == "D:propstat") {
            let find = |name| propstat.descendants().find(|n| short(*n) == name).unwrap();
            let status = find("D:status").text().unwrap().to_owned();
            let props = find("D:prop").children().filter(roxmltree::Node::is_element);
            told.extend(props.map(|prop| (short(prop), status.clone())));
        }
        told.sort_unstable();
        let culprit = bad[1..].split('>').next().unwrap();
        for (name, status) in &told {
            let failed = status.starts_with("HTTP/1.1 424 ");
            assert_eq!(failed, name != culprit, "{name} {status}");
        }
        assert!(told.len() >= 3, "{told:?}");
        assert_eq!(anna.get(&path).status, 404, "no book was made");
        assert_eq!(anna.ask("MKCOL", &path, &[], "").status, 201, "and its name is free");
        assert_eq!(anna.delete(&path).status, 204);
    }
}

#[test]
fn the_order_of_books_follows_their_order_and_age() {
    let (_desk, anna) = Desk::of_anna();
    let (late, early) = (anna.make_book("a-late"), anna.make_book("z-early"));
    let books = || {
        let found = anna.propfind(&anna.home(), "1", "D:resourcetype");
        found.hrefs()[1..].iter().map(|href| (*href).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(books(), [anna.book(), late.clone(), early.clone()], "macOS uses the first only");
    let order = "<D:set><D:prop><I:calendar-order>-1</I:calendar-order></D:prop></D:set>";
    assert_eq!(anna.proppatch(&early, order).status, 207);
    assert_eq!(books(), [early, anna.book(), late]);
}
