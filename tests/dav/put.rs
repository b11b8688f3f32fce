//! PUT, GET, HEAD, DELETE and POST of cards: statuses and headers.

use crate::desk::{Desk, card, card_with, expect};
use crate::multistatus::hrefs;

#[test]
fn a_card_is_created_replaced_read_and_deleted() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let body = card("a", "A");
    let created = anna.put(&path, &body);
    assert_eq!(created.status, 201);
    assert_eq!(created.header("location"), None, "the address is the one it was sent to");
    let etag = created.header("etag").expect("stored as it was sent").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "strong: {etag}");

    let got = anna.get(&path);
    assert_eq!((got.status, got.text()), (200, body.as_str()));
    assert_eq!(got.header("etag"), Some(etag.as_str()));
    for (name, value) in [
        ("content-type", "text/vcard; charset=utf-8"),
        ("content-disposition", "attachment"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
    assert_eq!(got.header("content-length"), Some(body.len().to_string().as_str()));
    let head = anna.ask("HEAD", &path, &[], "");
    for name in ["etag", "content-type", "content-length", "last-modified"] {
        assert_eq!(head.header(name), got.header(name), "HEAD: {name}");
    }

    let same = anna.put(&path, &body);
    assert_eq!(
        (same.status, same.header("etag")),
        (204, Some(etag.as_str())),
        "same bytes, same tag"
    );
    let other = card("a", "B");
    let replaced = anna.put(&path, &other);
    assert_eq!(replaced.status, 204);
    let tag = replaced.header("etag").unwrap();
    assert_ne!(tag, etag);
    assert_eq!(anna.etag(&path), tag);
    assert_eq!(anna.prop(&path, "D:getetag"), tag);

    let deleted = anna.delete(&path);
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    for method in ["GET", "HEAD", "DELETE", "PROPFIND"] {
        assert_eq!(anna.ask(method, &path, &[], "").status, 404, "{method}");
    }
    assert_eq!(anna.put(&path, card("new", "N")).status, 201, "a name is free again");
    assert_eq!(anna.put(&anna.card("b.vcf"), &body).status, 201, "and so is a UID");
}

#[test]
fn the_answer_may_hold_the_card() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let prefer = ("Prefer", "return=representation");
    for (body, status) in [(card("a", "A"), 201), (card("a", "B"), 200)] {
        let answer = anna.ask("PUT", &path, &[prefer], &body);
        assert_eq!((answer.status, answer.text()), (status, body.as_str()));
        assert_eq!(answer.header("preference-applied"), Some("return=representation"));
        assert_eq!(answer.header("etag"), Some(anna.etag(&path).as_str()));
    }
    // What was repaired is told with its true bytes and tag.
    let flawed = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nN:C;;;;\r\nEND:VCARD\r\n";
    let answer = anna.ask("PUT", &path, &[prefer], flawed);
    assert_eq!(answer.text(), anna.get(&path).text());
    assert_eq!(answer.header("etag"), Some(anna.etag(&path).as_str()));
    // With a precondition that fails, what is there comes with the refusal (RFC 8144 §3.2).
    let refused = anna.ask("PUT", &path, &[prefer, ("If-None-Match", "*")], card("a", "D"));
    assert_eq!(refused.status, 412);
    assert_eq!(refused.header("etag"), Some(anna.etag(&path).as_str()));
}

#[test]
fn names_of_all_kinds_lead_to_the_same_card() {
    let (_desk, anna) = Desk::of_anna();
    for (n, (written, canonical)) in [
        ("plain.vcf", "plain.vcf"),
        ("no-ending", "no-ending"),
        ("with%20blank.vcf", "with%20blank.vcf"),
        ("%61%62.vcf", "ab.vcf"),
        ("a%40b%2Bc.vcf", "a%40b%2Bc.vcf"),
        ("a@b+c!$&'()*,;=:x.vcf", "a%40b%2Bc%21%24%26%27%28%29%2A%2C%3B%3D%3Ax.vcf"),
        ("%c3%a4%F0%9F%A6%8A.vcf", "%C3%A4%F0%9F%A6%8A.vcf"),
        ("e%CC%81.vcf", "e%CC%81.vcf"),
        ("50%25.vcf", "50%25.vcf"),
        ("a%3Fb%23c.vcf", "a%3Fb%23c.vcf"),
        (".hidden", ".hidden"),
        ("%3Cb%3E%26.vcf", "%3Cb%3E%26.vcf"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = card(&format!("uid-{n}"), "Somebody");
        let answer = anna.put(&anna.card(written), &body);
        assert_eq!(answer.status, 201, "{written}: {}", answer.text());
        for name in [written, canonical] {
            assert_eq!(anna.get(&anna.card(name)).text(), body, "{written} read as {name}");
        }
        let listed = anna.propfind(&anna.book(), "1", "D:getetag");
        let href = anna.card(canonical);
        assert!(listed.hrefs().contains(&href.as_str()), "{written}: {:?}", listed.hrefs());
    }
    let longest = "x".repeat(255);
    assert_eq!(anna.put(&anna.card(&longest), card("long", "L")).status, 201);
    let too_long = anna.put(&anna.card(&(longest + "x")), card("longer", "L"));
    assert!(matches!(too_long.status, 403 | 404 | 409 | 414), "{}", too_long.status);
}

#[test]
fn a_uid_is_there_once_and_stays_with_its_card() {
    let (_desk, anna) = Desk::of_anna();
    let (a, b) = (anna.card("a.vcf"), anna.card("b.vcf"));
    let uuid = "0f8b3a2e-7c1d-4e5f-9a6b-1c2d3e4f5a6b";
    anna.store(&a, card(uuid, "A"));
    let conflict = Some("C:no-uid-conflict");
    for same in [uuid.to_owned(), uuid.to_uppercase(), format!("urn:uuid:{uuid}")] {
        let answer = anna.put(&b, card(&same, "B"));
        expect(&answer, 409, conflict, &same);
        assert_eq!(hrefs(&answer), [a.as_str()], "the holder is named");
        assert_eq!(anna.put(&a, card(&same, "A2")).status, 204, "{same} is the same UID");
    }
    let changed = anna.put(&a, card("other", "A"));
    expect(&changed, 409, conflict, "a card gets another UID");
    assert_eq!(hrefs(&changed), [a.as_str()]);
    assert_eq!(anna.get(&b).status, 404, "nothing was stored");
    let other = anna.make_book("other");
    assert_eq!(anna.put(&format!("{other}b.vcf"), card(uuid, "B")).status, 201, "per book");
}

#[test]
fn the_server_names_what_is_posted() {
    let (_desk, anna) = Desk::of_anna();
    let (book, body) = (anna.book(), card("a", "A"));
    let token = anna.token(&book);
    let answer = anna.ask("POST", &book, &[("Content-Type", "text/vcard")], &body);
    assert_eq!(answer.status, 201);
    let location = answer.header("location").expect("where it is").to_owned();
    assert!(location.starts_with(&book) && location.contains(".vcf"), "{location}");
    assert_eq!(anna.get(&location).text(), body);
    assert_eq!(answer.header("etag"), Some(anna.etag(&location).as_str()));
    assert_eq!(anna.sync(&book, &token).hrefs(), [location.as_str()]);
    let again = anna.ask("POST", &book, &[], &body);
    expect(&again, 409, Some("C:no-uid-conflict"), "the same card again");
    expect(&anna.ask("POST", &book, &[], "x"), 403, Some("C:valid-address-data"), "no card");
}

#[test]
fn what_is_no_card_is_refused_with_its_reason() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let token = anna.token(&anna.book());
    let (valid, kind) = (Some("C:valid-address-data"), Some("C:supported-address-data"));
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
    let two = card("a", "A") + &card("b", "B");
    for (content_type, body, status, condition, case) in [
        ("text/vcard", String::new(), 403, valid, "nothing"),
        ("text/vcard", "Hello".to_owned(), 403, valid, "no vCard"),
        ("text/vcard", event.to_owned(), 403, valid, "an event"),
        ("text/vcard", two, 403, valid, "two cards"),
        ("text/calendar", event.to_owned(), 415, kind, "an event that says so"),
        ("text/html", "<html/>".to_owned(), 403, valid, "a page"),
        ("image/svg+xml", "<svg/>".to_owned(), 403, valid, "a picture"),
        ("application/octet-stream", "\0\u{1}".to_owned(), 403, valid, "bytes"),
    ] {
        let answer = anna.ask("PUT", &path, &[("Content-Type", content_type)], &body);
        expect(&answer, status, condition, case);
    }
    // What a card claims to be matters less than what it is.
    for content_type in ["text/vcard;version=4.0", "text/x-vcard; charset=utf-8", "text/plain", ""]
    {
        let answer = anna.ask("PUT", &path, &[("Content-Type", content_type)], card("a", "A"));
        assert!(matches!(answer.status, 201 | 204), "{content_type}: {}", answer.text());
    }
    anna.delete(&path);
    let events = anna.sync(&anna.book(), &token);
    assert_eq!(events.with_status(Some(404)), [path.as_str()], "only what was stored is told");
}

#[test]
fn encoded_and_partial_bodies_are_refused() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "A"));
    for (header, status) in [
        (("Content-Encoding", "gzip"), 415),
        (("Content-Encoding", "br, gzip"), 415),
        (("Content-Range", "bytes 0-9/100"), 400),
        (("Content-Encoding", "identity"), 204),
        (("Content-Encoding", ""), 204),
    ] {
        let answer = anna.ask("PUT", &path, &[header], card("a", "B"));
        assert_eq!(answer.status, status, "{header:?}: {}", answer.text());
    }
    let zipped = anna.ask("PROPFIND", &path, &[("Content-Encoding", "gzip")], b"\x1f\x8b\x08");
    assert_eq!(zipped.status, 415);
}

#[test]
fn strict_handling_refuses_what_would_be_repaired() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let strict = ("Prefer", "handling=strict");
    for (body, case) in [
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nN:A;;;;\r\nEND:VCARD\r\n".to_owned(), "no UID"),
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nN:A;;;;\r\nEND:VCARD\r\n".to_owned(), "no FN"),
        (format!("\u{feff}{}", card("a", "A")), "a byte order mark"),
        (card_with("a", "A", "NOTE:a\u{1}b\r\n"), "a control character"),
        ("BEGIN:VCARD\r\nUID:a\r\nFN:A\r\nN:A;;;;\r\nEND:VCARD\r\n".to_owned(), "no VERSION"),
    ] {
        let refused = anna.ask("PUT", &path, &[strict], &body);
        expect(&refused, 403, Some("C:valid-address-data"), case);
        let taken = anna.put(&path, &body);
        assert_eq!(taken.status, 201, "{case}: taken unless asked otherwise");
        assert_eq!(taken.header("etag"), None, "{case}: not stored as it was sent");
        assert_eq!(anna.delete(&path).status, 204);
    }
    assert_eq!(anna.ask("PUT", &path, &[strict], card("a", "A")).status, 201);
}
