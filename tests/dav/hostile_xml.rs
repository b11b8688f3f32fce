//! XML that means harm: refused with its reason, in bounded memory and time.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::desk::{Desk, card, expect, propfind, xml};

/// Requests with XML bodies, one of each kind.
const KINDS: [(&str, &str); 4] = [
    ("PROPFIND", "D:propfind"),
    ("PROPPATCH", "D:propertyupdate"),
    ("REPORT", "C:addressbook-query"),
    ("MKCOL", "D:mkcol"),
];

fn document(root: &str, prolog: &str, inner: &str) -> String {
    let whole = xml(root, inner);
    whole.replacen("?>", &format!("?>{prolog}"), 1)
}

#[test]
fn document_types_and_entities_are_refused_everywhere() {
    let (_desk, anna) = Desk::of_anna();
    let external = Some("D:no-external-entities");
    let mut laughs = String::from("<!DOCTYPE x [<!ENTITY a0 \"ha\">");
    for n in 1..30 {
        write!(
            laughs,
            "<!ENTITY a{n} \"&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};\">",
            n - 1
        )
        .unwrap();
    }
    laughs.push_str("]>");
    for (method, root) in KINDS {
        let path = if method == "MKCOL" { anna.home() + "new/" } else { anna.book() };
        for (prolog, inner, status, condition) in [
            ("<!DOCTYPE x>", "", 403, external),
            ("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\">", "", 403, external),
            ("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>", "&e;", 403, external),
            ("<!DOCTYPE x [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>", "", 403, external),
            (&laughs, "&a29;", 403, external),
            ("", "&e;", 400, None),
            ("", "&nbsp;", 400, None),
            ("", "&#0;", 400, None),
            ("", "&#xD800;", 400, None),
            ("", "&#x110000;", 400, None),
            ("", "&#99999999999999999999;", 400, None),
            ("", "&amp", 400, None),
        ] {
            let begun = Instant::now();
            let answer = anna.ask(method, &path, &[], document(root, prolog, inner));
            let case = format!("{method} {}{inner}", &prolog[..prolog.len().min(60)]);
            expect(&answer, status, condition, &case);
            assert!(!answer.text().contains("root:"), "{case}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{case}: {:?}", begun.elapsed());
        }
    }
    assert_eq!(
        anna.propfind(&anna.home(), "1", "D:getetag").responses.len(),
        2,
        "nothing was made"
    );
}

#[test]
fn what_is_not_well_formed_is_400() {
    let (_desk, anna) = Desk::of_anna();
    let good = propfind("D:getetag");
    for (body, case) in [
        (good.replace("</D:propfind>", ""), "never closed"),
        (good.replace("</D:prop>", "</D:props>"), "closed by another name"),
        (format!("{good}<D:more/>"), "two roots"),
        (format!("{good}text"), "text after the root"),
        (good.replace("xmlns:D=\"DAV:\"", ""), "a prefix that is not bound"),
        (good.replace("<D:getetag/>", "<D:getetag a='1' a='2'/>"), "an attribute twice"),
        (good.replace("<D:getetag/>", "<D:get\u{0}etag/>"), "NUL in a name"),
        (good.replace("<D:getetag/>", "\u{1}"), "a control character"),
        (good.replace("<D:getetag/>", "\u{fffe}"), "a noncharacter"),
        (good.replace("<D:getetag/>", "]]>"), "the end of no CDATA"),
        (good.replace("<D:getetag/>", "<!-- a -- b -->"), "a bad comment"),
        (good.replace("<D:getetag/>", "<?xml version='1.0'?>"), "a late declaration"),
        (good.replace("<D:getetag/>", "<D:a:b/>"), "two colons"),
        (good.replace("<D:getetag/>", "<1a/>"), "a name that begins with a digit"),
        (good.replace("<D:getetag/>", "<a <b/>"), "< within a tag"),
        (good.replace("<D:getetag/>", "<![CDATA[ never ends"), "CDATA without end"),
        ("<".to_owned(), "one character"),
        ("\u{feff}".to_owned(), "a byte order mark alone"),
        ("{\"a\": 1}".to_owned(), "JSON"),
    ] {
        for depth in ["0", "1"] {
            let headers = [("Depth", depth), ("Content-Type", "application/xml")];
            let answer = anna.ask("PROPFIND", &anna.book(), &headers, &body);
            expect(&answer, 400, None, case);
        }
    }
    let mut latin = good.replace("<D:getetag/>", "<X:a>#</X:a>").into_bytes();
    let at = latin.iter().position(|b| *b == b'#').unwrap();
    latin[at] = 0xE4;
    expect(&anna.ask("PROPFIND", &anna.book(), &[], &latin), 400, None, "not UTF-8");
}

#[test]
fn encodings_and_odd_forms_that_are_legal_are_read() {
    let (_desk, anna) = Desk::of_anna();
    let good = propfind("D:displayname D:getetag");
    let plain = good.replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "");
    let utf16 = |big: bool, text: &str| -> Vec<u8> {
        std::iter::once(0xFEFF)
            .chain(text.encode_utf16())
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    let declared = good.replace("utf-8", "utf-16");
    for (body, case) in [
        (plain.clone().into_bytes(), "no declaration"),
        (format!("\u{feff}{good}").into_bytes(), "a byte order mark"),
        (utf16(false, &declared), "UTF-16 little endian"),
        (utf16(true, &declared), "UTF-16 big endian"),
        (format!("\r\n\t{plain}\n").into_bytes(), "white space around"),
        (good.replace("<D:prop>", "<!-- a comment --><D:prop><?pi x?>").into_bytes(), "comments"),
        (good.replace('"', "'").into_bytes(), "single quotes"),
        (good.replace("D:", "a.b-c:").replace("xmlns:D", "xmlns:a.b-c").into_bytes(), "another prefix"),
        (
            br#"<propfind xmlns="&#68;AV:"><prop><displayname/><getetag xmlns=""/><x:getetag xmlns:x="DAV:"/></prop></propfind>"#.to_vec(),
            "namespaces in every form",
        ),
    ] {
        for content_type in ["application/xml", "text/xml; charset=\"utf-8\"", "text/plain", ""] {
            let headers = [("Depth", "0"), ("Content-Type", content_type)];
            let answer = anna.ask("PROPFIND", &anna.book(), &headers, &body);
            assert_eq!(answer.status, 207, "{case} as {content_type}: {}", answer.text());
            assert!(answer.text().contains("404 Not Found"), "{case}: {}", answer.text());
        }
    }
}

#[test]
fn sheer_amount_is_refused_in_bounded_memory_and_time() {
    let (desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let before = desk.most_memory();
    let nest = |n: usize| format!("{}{}", "<X:a>".repeat(n), "</X:a>".repeat(n));
    let attributes = |n: usize| -> String { (0..n).map(|n| format!(" a{n}='1'")).collect() };
    let namespaces =
        |n: usize| -> String { (0..n).map(|n| format!(" xmlns:n{n}='urn:{n}'")).collect() };
    let props: String = (0..100_000).map(|n| format!("<X:p{n}/>")).collect();
    let long_name = format!("<X:{}/>", "n".repeat(1 << 20));
    let deep_namespace =
        format!("<X:a xmlns:Y='{}'>{}</X:a>", "u".repeat(1 << 20), "<Y:b/>".repeat(1000));
    for (inner, statuses, case) in [
        (nest(40), &[400][..], "40 levels"),
        (nest(200_000), &[400], "200,000 levels"),
        (format!("<D:prop>{props}</D:prop>"), &[413], "100,000 properties"),
        (format!("<X:a{}/>", attributes(65)), &[400], "65 attributes"),
        (format!("<X:a{}/>", attributes(100_000)), &[400, 413], "100,000 attributes"),
        (format!("<X:a{}/>", namespaces(100_000)), &[400, 413], "100,000 namespaces"),
        ("<X:a/>".repeat(260_000), &[413], "260,000 elements"),
        ("<X:a>".repeat(100_000), &[400], "never closed"),
        (deep_namespace, &[400, 413], "a long namespace used often"),
        (format!("<D:prop>{long_name}</D:prop>"), &[207, 400, 413], "a name of 1 MiB"),
        (
            format!("<D:prop><X:a>{}</X:a></D:prop>", "t".repeat(15 << 20)),
            &[207, 413],
            "text of 15 MiB",
        ),
    ] {
        let begun = Instant::now();
        let body = xml("D:propfind", &inner);
        let answer = anna.ask("PROPFIND", &anna.book(), &[("Depth", "0")], body);
        let said: String = answer.text().chars().take(300).collect();
        assert!(statuses.contains(&answer.status), "{case}: {} {said}", answer.status);
        assert!(begun.elapsed() < Duration::from_secs(8), "{case}: {:?}", begun.elapsed());
        assert_eq!(anna.get(&anna.card("a.vcf")).status, 200, "{case}");
    }
    for (method, root) in KINDS {
        let path = if method == "MKCOL" { anna.home() + "new/" } else { anna.book() };
        for inner in [nest(40), nest(200_000), format!("<X:a{}/>", attributes(65))] {
            expect(&anna.ask(method, &path, &[], xml(root, &inner)), 400, None, method);
        }
    }
    let more = desk.most_memory() - before;
    assert!(more < 160, "{more} MiB more for bodies of at most 16 MiB");
}

#[test]
fn stored_properties_cannot_break_out_of_an_answer() {
    let (_desk, anna) = Desk::of_anna();
    let evil =
        "]]&gt;&lt;/D:prop>&lt;D:status>HTTP/1.1 200 OK&lt;/D:status><![CDATA[</D:prop>]]&gt;]]>";
    let body = format!(
        "<D:set><D:prop><X:p>{evil}</X:p><D:displayname>{evil}</D:displayname></D:prop></D:set>"
    );
    let answer = anna.proppatch(&anna.book(), &body);
    assert_eq!(answer.status, 207, "{}", answer.text());
    let found = anna.propfind(&anna.book(), "0", "X:p D:displayname");
    assert_eq!(found.responses[0].names(200), ["D:displayname", "X:p"]);
    for name in ["X:p", "D:displayname"] {
        assert!(found.responses[0].value(name).contains("</D:prop>"), "{found:?}");
    }
    // Names of cards and their data neither.
    let path = anna.card("%3CD%3Ahref%3E%26.vcf");
    anna.store(&path, card("]]>", "</C:address-data><D:x/>&amp;\u{1f98a}"));
    let inner = "<D:prop><D:getetag/><C:address-data/></D:prop><C:filter/>";
    let found = anna.report(&anna.book(), "1", &xml("C:addressbook-query", inner));
    assert_eq!(found.hrefs(), [path.as_str()]);
    assert!(found.responses[0].value("C:address-data").contains("FN:</C:address-data><D:x/>&amp;"));
}
