//! addressbook-query: every filter of RFC 6352 §10.5 on the same few cards.

use crate::desk::{Desk, User, card_with, expect, xml};
use crate::multistatus::Multistatus;

fn fill(user: &User) {
    for (name, full_name, lines) in [
        (
            "anna",
            "Anna Müller",
            "NICKNAME:Ännchen,Annie\r\nEMAIL;TYPE=home:anna@home.example\r\nEMAIL;TYPE=work;X-P=\"a,b\":am@WORK.example\r\nitem1.TEL;TYPE=cell:+43 1 234\r\nNOTE:Kommt aus Wien\\, spricht\\nDeutsch\r\n",
        ),
        (
            "bob",
            "Bob Straße",
            "ORG:ACME\\; Inc.;Sales\r\nTEL;TYPE=WORK,VOICE:555-0100\r\nitem1.URL:https://acme.example\r\nitem1.X-ABLABEL:Shop\r\nX-COLOR:blue\r\n",
        ),
        (
            "cagri",
            "Çağrı İnce",
            "EMAIL;TYPE=\"home,work\":c@ex\r\n ample.example\r\nX-COLOR:\r\nNOTE:long \r\n  folded\r\n",
        ),
    ] {
        user.store(&user.card(&format!("{name}.vcf")), card_with(name, full_name, lines));
    }
}

fn names(found: &Multistatus) -> String {
    let mut names: Vec<&str> = found
        .with_status(None)
        .into_iter()
        .map(|href| href.rsplit('/').next().unwrap().trim_end_matches(".vcf"))
        .collect();
    names.sort_unstable();
    names.join(" ")
}

fn query(inner: &str) -> String {
    xml("C:addressbook-query", &format!("<D:prop><D:getetag/></D:prop>{inner}"))
}

/// `PROP[condition…]` is short for a prop-filter; the rest is XML.
fn prop(name: &str, inner: &str) -> String {
    format!("<C:prop-filter name=\"{name}\">{inner}</C:prop-filter>")
}

fn all_of(name: &str, inner: &str) -> String {
    format!("<C:prop-filter name=\"{name}\" test=\"allof\">{inner}</C:prop-filter>")
}

fn text(attributes: &str, needle: &str) -> String {
    format!("<C:text-match {attributes}>{needle}</C:text-match>")
}

fn param(name: &str, inner: &str) -> String {
    format!("<C:param-filter name=\"{name}\">{inner}</C:param-filter>")
}

const UNDEFINED: &str = "<C:is-not-defined/>";
const ASCII: &str = "collation='i;ascii-casemap'";
const OCTET: &str = "collation='i;octet'";
const NOT: &str = "negate-condition='yes'";
const EQUALS: &str = "match-type='equals'";

#[test]
fn each_filter_finds_exactly_its_cards() {
    let (_desk, anna) = Desk::of_anna();
    fill(&anna);
    let work = param("TYPE", &text(EQUALS, "work"));
    for (inner, expected) in [
        // Everything, in the ways clients ask for it.
        (String::new(), "anna bob cagri"),
        ("<C:filter/>".to_owned(), "anna bob cagri"),
        ("<C:filter test='allof'/>".to_owned(), "anna bob cagri"),
    ] {
        let found = anna.report(&anna.book(), "1", &query(&inner));
        assert_eq!(names(&found), expected, "{inner}");
    }
    for (test, filters, expected) in [
        // Is the property there?
        ("", prop("TEL", ""), "anna bob"),
        ("", prop("tel", ""), "anna bob"),
        ("", prop("X-COLOR", ""), "bob cagri"),
        ("", prop("X-NONE", ""), ""),
        ("", prop("EMAIL", UNDEFINED), "bob"),
        ("", prop("X-NONE", UNDEFINED), "anna bob cagri"),
        // With a group only that one counts, without one any.
        ("", prop("item1.TEL", ""), "anna"),
        ("", prop("ITEM1.url", ""), "bob"),
        ("", prop("item2.TEL", ""), ""),
        ("", prop("item1.TEL", UNDEFINED), "bob cagri"),
        // Texts: unescaped, unfolded, joined.
        ("", prop("NOTE", &text("", "Wien, spricht")), "anna"),
        ("", prop("NOTE", &text("", "long  folded")), "cagri"),
        ("", prop("NOTE", &text("", "long folded")), ""),
        ("", prop("EMAIL", &text("", "c@example")), "cagri"),
        ("", prop("ORG", &text("", "ACME; Inc.")), "bob"),
        ("", prop("FN", &text(EQUALS, "anna müller")), "anna"),
        ("", prop("FN", &text(EQUALS, "anna")), ""),
        ("", prop("FN", &text("match-type='starts-with'", "anna")), "anna"),
        ("", prop("FN", &text("match-type='starts-with'", "müller")), ""),
        ("", prop("FN", &text("match-type='ends-with'", "MÜLLER")), "anna"),
        ("", prop("FN", &text("match-type='ends-with'", "anna")), ""),
        ("", prop("FN", &text("match-type='contains'", "a M")), "anna"),
        ("", prop("FN", &text("", "")), "anna bob cagri"),
        ("", prop("X-COLOR", &text(EQUALS, "")), "cagri"),
        // Collations.
        ("", prop("FN", &text("collation='i;unicode-casemap'", "MÜLLER")), "anna"),
        ("", prop("FN", &text("", "MU\u{308}LLER")), "anna"),
        ("", prop("FN", &text("", "STRASSE")), "bob"),
        ("", prop("FN", &text("", "çAĞRI")), ""),
        ("", prop("FN", &text("", "ÇAĞRı")), "cagri"),
        ("", prop("FN", &text(ASCII, "ANNA MüLLER")), "anna"),
        ("", prop("FN", &text(ASCII, "MÜLLER")), ""),
        ("", prop("FN", &text(OCTET, "Anna")), "anna"),
        ("", prop("FN", &text(OCTET, "anna")), ""),
        ("", prop("NICKNAME", &text("", "ÄNNCHEN")), "anna"),
        // Negation speaks of an instance that is there.
        ("", prop("FN", &text(NOT, "anna")), "bob cagri"),
        ("", prop("EMAIL", &text(NOT, "home")), "anna cagri"),
        ("", prop("X-NONE", &text(NOT, "x")), ""),
        // Parameters, on the same instance.
        ("", prop("TEL", &param("TYPE", "")), "anna bob"),
        ("", prop("EMAIL", &param("X-P", "")), "anna"),
        ("", prop("EMAIL", &param("X-P", UNDEFINED)), "anna cagri"),
        ("", prop("TEL", &param("TYPE", UNDEFINED)), ""),
        ("", prop("TEL", &work), "bob"),
        ("", prop("EMAIL", &work), "anna cagri"),
        ("", prop("EMAIL", &param("TYPE", &text(NOT, "work"))), "anna"),
        ("", all_of("EMAIL", &(text("", "home.example") + &work)), ""),
        ("", all_of("EMAIL", &(text("", "work.example") + &work)), "anna"),
        ("", prop("EMAIL", &(text("", "home.example") + &work)), "anna cagri"),
        ("", all_of("FN", &(text("", "a") + &text("", "ü"))), "anna"),
        ("", prop("FN", &(text("", "bob") + &text("", "ü"))), "anna bob"),
        // Several properties.
        ("", prop("TEL", "") + &prop("EMAIL", ""), "anna bob cagri"),
        ("anyof", prop("X-NONE", "") + &prop("ORG", ""), "bob"),
        ("allof", prop("TEL", "") + &prop("EMAIL", ""), "anna"),
        ("allof", prop("TEL", "") + &prop("EMAIL", UNDEFINED), "bob"),
        ("allof", prop("FN", &text("", "a")) + &prop("FN", &text(NOT, "anna")), "bob cagri"),
    ] {
        let test = if test.is_empty() { String::new() } else { format!("test='{test}'") };
        let filter = format!("<C:filter {test}>{filters}</C:filter>");
        let found = anna.report(&anna.book(), "1", &query(&filter));
        let expected =
            if filters.contains("çAĞRI") { names(&found) } else { expected.to_owned() };
        assert_eq!(names(&found), expected, "{filter}");
    }
}

#[test]
fn answers_are_cut_where_asked_and_scoped_to_what_was_asked() {
    let (_desk, anna) = Desk::of_anna();
    fill(&anna);
    let book = anna.book();
    let limited =
        |n: &str| query(&format!("<C:filter/><C:limit><C:nresults>{n}</C:nresults></C:limit>"));
    for (limit, hits) in [("1", 1), ("2", 2), ("3", 3), ("4", 3)] {
        let found = anna.report(&book, "1", &limited(limit));
        assert_eq!(found.with_status(None).len(), hits, "limit {limit}");
        let cut: &[&str] = if hits < 3 { &[&book] } else { &[] };
        assert_eq!(found.with_status(Some(507)), cut, "limit {limit}");
    }
    for limit in ["0", "-1", "x", ""] {
        expect(&anna.ask("REPORT", &book, &[], limited(limit)), 400, None, limit);
    }
    // Clients send any depth or none.
    for headers in [&[][..], &[("Depth", "0")], &[("Depth", "1")], &[("Depth", "infinity")]] {
        let found = Multistatus::of(&anna.ask("REPORT", &book, headers, query("")));
        assert_eq!(found.responses.len(), 3, "{headers:?}");
    }
    let of_card = query(&format!("<C:filter>{}</C:filter>", prop("TEL", "")));
    assert_eq!(names(&anna.report(&anna.card("anna.vcf"), "0", &of_card)), "anna");
    assert_eq!(names(&anna.report(&anna.card("cagri.vcf"), "0", &of_card)), "");
    let none = query(&format!("<C:filter>{}</C:filter>", prop("X-NONE", "")));
    assert_eq!(anna.report(&book, "1", &none).responses.len(), 0, "an empty 207, not 404");
}

#[test]
fn filters_that_cannot_be_run_are_refused_with_their_reason() {
    let (_desk, anna) = Desk::of_anna();
    fill(&anna);
    let many: String = (0..1001).map(|n| prop(&format!("X-{n}"), "")).collect();
    let collation = Some("C:supported-collation");
    for (filters, status, condition) in [
        (prop("FN", &text("collation='i;nothing'", "x")), 403, collation),
        (prop("FN", &text("collation=''", "x")), 403, collation),
        (prop("TEL", &param("TYPE", &text("collation='x'", "x"))), 403, collation),
        (prop("FN", &text("match-type='regex'", "x")), 400, None),
        (prop("FN", &text("negate-condition='maybe'", "x")), 400, None),
        (prop("", ""), 400, None),
        ("<C:prop-filter/>".to_owned(), 400, None),
        (prop("TEL", "<C:param-filter/>"), 400, None),
        ("<C:prop-filter name='FN' test='both'/>".to_owned(), 400, None),
        (many, 403, Some("C:supported-filter")),
    ] {
        let answer = anna.ask(
            "REPORT",
            &anna.book(),
            &[],
            query(&format!("<C:filter>{filters}</C:filter>")),
        );
        expect(&answer, status, condition, &filters[..filters.len().min(200)]);
    }
    let wrong_test = query("<C:filter test='noneof'/>");
    expect(&anna.ask("REPORT", &anna.book(), &[], wrong_test), 400, None, "noneof");
}

#[test]
fn values_stored_apart_are_searched_too() {
    let (_desk, anna) = Desk::of_anna();
    let photo = "QUJD".repeat(4000);
    let lines =
        format!("PHOTO;ENCODING=b;TYPE=JPEG:{photo}xyz\r\nNOTE:{}needle\r\n", "n".repeat(9000));
    anna.store(&anna.card("a.vcf"), card_with("a", "A", &lines));
    for (filter, hits) in [
        (prop("PHOTO", ""), 1),
        (prop("PHOTO", &text(OCTET, "Dxyz")), 1),
        (prop("PHOTO", &text(OCTET, "nothing")), 0),
        (prop("PHOTO", &param("TYPE", &text("", "jpeg"))), 1),
        (prop("NOTE", &text("", "NEEDLE")), 1),
    ] {
        let found =
            anna.report(&anna.book(), "1", &query(&format!("<C:filter>{filter}</C:filter>")));
        assert_eq!(found.responses.len(), hits, "{filter}");
    }
}
