//! Which version of vCard a client gets: what it asks for, else what it is known to read.

use crate::desk::{Desk, User, card, expect, xml};

const IOS: &str = "iOS/17.0.2 (21A351) dataaccessd/1.0";
const MACOS: &str = "macOS/14.1 (23B74) AddressBookCore/2620.1";
const THUNDERBIRD: &str = "Mozilla/5.0 (X11; Linux) Gecko/20100101 Thunderbird/153.7.0";

const NEW: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:new\r\nFN:New\r\nN:New;;;;\r\nTEL;VALUE=uri;PREF=1;TYPE=\"cell,voice\":tel:+43-1-23\r\nPHOTO:data:image/jpeg;base64,QUJD\r\nKIND:individual\r\nX-KEPT;P=1:yes\r\nEND:VCARD\r\n";

fn users() -> (Desk, User, String, String) {
    let (desk, anna) = Desk::of_anna();
    let (old, new) = (anna.card("old.vcf"), anna.card("new.vcf"));
    anna.store(&old, card("old", "Old"));
    anna.store(&new, NEW);
    (desk, anna, old, new)
}

fn version(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("VERSION:"));
    line.map_or("jCard", |line| &line["VERSION:".len()..])
}

#[test]
fn get_gives_the_most_welcome_form() {
    let (_desk, anna, old, new) = users();
    let (v3, v4) = ("text/vcard; version=3.0", "text/vcard;version=4.0");
    for (accept, of_old, of_new) in [
        ("", "3.0", "4.0"),
        ("*/*", "3.0", "4.0"),
        ("text/*", "3.0", "4.0"),
        ("text/vcard", "3.0", "4.0"),
        (v3, "3.0", "3.0"),
        (v4, "4.0", "4.0"),
        ("text/vcard;charset=utf-8;version=\"4.0\";q=0.5", "4.0", "4.0"),
        (
            "text/vcard; version=4.0, text/vcard;version=3.0;q=0.8, application/vcard+json;q=0.1",
            "4.0",
            "4.0",
        ),
        ("text/vcard;version=4.0;q=0.2, text/vcard;version=3.0", "3.0", "3.0"),
        ("application/vcard+json", "jCard", "jCard"),
        ("application/vcard+json, text/vcard;q=0.9", "jCard", "jCard"),
        ("text/html, */*;q=0.1", "3.0", "4.0"),
    ] {
        for (path, expected) in [(&old, of_old), (&new, of_new)] {
            let headers: &[(&str, &str)] =
                if accept.is_empty() { &[] } else { &[("Accept", accept)] };
            let answer = anna.ask("GET", path, headers, "");
            let case = format!("{accept:?} of {path}");
            assert_eq!(answer.status, 200, "{case}");
            assert_eq!(version(answer.text()), expected, "{case}: {}", answer.text());
            let content_type = match expected {
                "3.0" => "text/vcard; charset=utf-8",
                "4.0" => "text/vcard; charset=utf-8; version=4.0",
                _ => "application/vcard+json; charset=utf-8",
            };
            assert_eq!(answer.header("content-type"), Some(content_type), "{case}");
            assert_eq!(answer.header("etag"), Some(anna.etag(path).as_str()), "{case}: one tag");
            assert!(answer.header("vary").unwrap().contains("Accept"), "{case}");
            if expected == "jCard" {
                let json: serde_json::Value = serde_json::from_str(answer.text()).expect(&case);
                assert_eq!(json[0], "vcard", "{case}");
                assert_eq!(json[1][0], serde_json::json!(["version", {}, "text", "4.0"]), "{case}");
            } else {
                let kept = if *path == new { "X-KEPT;P=1:yes" } else { "UID:old" };
                assert!(answer.text().contains(kept), "{case}: {}", answer.text());
            }
        }
    }
    for accept in
        ["text/html", "text/vcard;version=2.1", "text/vcard;q=0", "image/png, text/calendar"]
    {
        expect(&anna.ask("GET", &old, &[("Accept", accept)], ""), 406, None, accept);
    }
}

#[test]
fn clients_that_name_none_get_what_they_read() {
    let (_desk, anna, old, new) = users();
    let multiget = |attributes: &str| {
        let data = format!("<D:prop><D:getetag/><C:address-data {attributes}/></D:prop>");
        let hrefs = format!("<D:href>{old}</D:href><D:href>{new}</D:href>");
        xml("C:addressbook-multiget", &(data + &hrefs))
    };
    for (agent, attributes, of_old, of_new) in [
        (THUNDERBIRD, "", "3.0", "4.0"),
        (IOS, "", "3.0", "3.0"),
        (MACOS, "", "3.0", "3.0"),
        (IOS, "content-type='text/vcard' version='4.0'", "4.0", "4.0"),
        (THUNDERBIRD, "version='3.0'", "3.0", "3.0"),
        ("DAVx5/4.5-ose", "content-type='text/vcard' version='4.0'", "4.0", "4.0"),
        ("", "content-type='application/vcard+json' version='4.0'", "jCard", "jCard"),
    ] {
        let case = format!("{agent} {attributes}");
        let answer =
            anna.ask("REPORT", &anna.book(), &[("User-Agent", agent)], multiget(attributes));
        let found = crate::multistatus::Multistatus::of(&answer);
        for (path, expected) in [(&old, of_old), (&new, of_new)] {
            let response = found.about(path);
            assert_eq!(version(response.value("C:address-data")), expected, "{case} of {path}");
            assert_eq!(response.value("D:getetag"), anna.etag(path), "{case}: one tag");
        }
        if attributes.is_empty() {
            let got = anna.ask("GET", &new, &[("User-Agent", agent)], "");
            assert_eq!(version(got.text()), of_new, "GET by {agent}");
        }
    }
    let unsupported = Some("C:supported-address-data");
    for attributes in ["version='2.1'", "content-type='text/calendar'", "version='5.0'"] {
        let answer = anna.ask("REPORT", &anna.book(), &[], multiget(attributes));
        expect(&answer, 403, unsupported, attributes);
    }
}

#[test]
fn a_conversion_keeps_the_meaning() {
    let (_desk, anna, _, new) = users();
    let old_form = anna.ask("GET", &new, &[("Accept", "text/vcard;version=3.0")], "");
    let text = old_form.text().replace("\r\n ", "");
    for needed in ["+43-1-23", "PHOTO;", "QUJD", "X-KEPT;P=1:yes", "UID:new", "FN:New"] {
        assert!(text.contains(needed), "{needed} in {text}");
    }
    for alien in ["VALUE=uri:tel:", "PREF=1", "data:image"] {
        assert!(!text.contains(alien), "{alien} in {text}");
    }
    assert_eq!(anna.get(&new).text(), NEW, "the store keeps what it was given");
}
