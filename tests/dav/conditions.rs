//! Preconditions: nobody overwrites what they have not seen.

use crate::desk::{Desk, card, expect};

#[test]
fn etags_decide_in_whatever_form_they_come() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let tag = anna.store(&path, card("a", "A"));
    let bare = tag.trim_matches('"').to_owned();
    let list = format!("\"other\", {tag}");
    let (weak, escaped, zipped) =
        (format!("W/{tag}"), format!("\\\"{bare}\\\""), format!("\"{bare}-gzip\""));
    let ok = [("If-Match", tag.as_str()), ("If-Match", &list), ("If-Match", "*")];
    // Sent by proxies that compress, and by clients that count quotes wrong.
    let sloppy = [
        ("If-Match", bare.as_str()),
        ("If-Match", &weak),
        ("If-Match", &escaped),
        ("If-Match", &zipped),
    ];
    for header in ok.into_iter().chain(sloppy) {
        let answer = anna.ask("PUT", &path, &[header], card("a", "A"));
        assert_eq!(answer.status, 204, "{header:?}: {}", answer.text());
    }
    for header in [
        ("If-Match", "\"other\""),
        ("If-Match", "\"other\", \"one\""),
        ("If-Match", "nothing"),
        ("If-Match", "\"\""),
        ("If-Match", ""),
        ("If-None-Match", "*"),
        ("If-None-Match", tag.as_str()),
        ("If-None-Match", &list),
        ("If-None-Match", &weak),
        ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ] {
        for (method, body) in [("PUT", card("a", "X")), ("DELETE", String::new())] {
            let answer = anna.ask(method, &path, &[header], &body);
            expect(&answer, 412, None, &format!("{method} {header:?}"));
            assert_eq!(answer.header("etag"), Some(tag.as_str()), "the present tag: {header:?}");
        }
    }
    assert_eq!(anna.get(&path).text(), card("a", "A"));
    for header in [
        ("If-None-Match", "\"other\""),
        ("If-Unmodified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ("If-Unmodified-Since", "not a date"),
        ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
    ] {
        assert_eq!(anna.ask("PUT", &path, &[header], card("a", "A")).status, 204, "{header:?}");
    }
    assert_eq!(anna.ask("DELETE", &path, &[("If-Match", &tag)], "").status, 204);
}

#[test]
fn nothing_is_made_or_deleted_where_something_was_expected() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("none.vcf");
    for header in [("If-Match", "*"), ("If-Match", "\"gone\""), ("If-Match", "nothing")] {
        expect(&anna.ask("PUT", &path, &[header], card("a", "A")), 412, None, "PUT of nothing");
        expect(&anna.ask("DELETE", &path, &[header], ""), 412, None, "DELETE of nothing");
        // Thunderbird's calendar looks with this whether it may write.
        let probe = anna.ask("PUT", "/", &[header], "");
        assert!(matches!(probe.status, 405 | 412), "PUT /: {}", probe.status);
    }
    assert_eq!(anna.get(&path).status, 404);
    let first = anna.ask("PUT", &path, &[("If-None-Match", "*")], card("a", "A"));
    assert_eq!(first.status, 201);
    let second = anna.ask("PUT", &path, &[("If-None-Match", "*")], card("a", "B"));
    assert_eq!(second.status, 412);
    assert_eq!(anna.get(&path).text(), card("a", "A"));
}

#[test]
fn reads_are_spared_what_the_client_has() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    let tag = anna.store(&path, card("a", "A"));
    let modified = anna.get(&path).header("last-modified").unwrap().to_owned();
    for (header, status) in [
        (("If-None-Match", tag.as_str()), 304),
        (("If-None-Match", "*"), 304),
        (("If-None-Match", &format!("W/{tag}")), 304),
        (("If-None-Match", "\"other\""), 200),
        (("If-Modified-Since", modified.as_str()), 304),
        (("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"), 200),
        (("If-Match", tag.as_str()), 200),
        (("If-Match", "\"other\""), 412),
        (("Range", "bytes=0-3"), 200),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = anna.ask(method, &path, &[header], "");
            assert_eq!(answer.status, status, "{method} {header:?}");
            assert_eq!(answer.header("etag"), Some(tag.as_str()), "{method} {header:?}");
            if status == 304 {
                assert!(answer.body.is_empty());
            }
        }
    }
}

#[test]
fn if_headers_speak_of_tags_and_sync_tokens() {
    let (_desk, anna) = Desk::of_anna();
    let (book, path) = (anna.book(), anna.card("a.vcf"));
    let tag = anna.store(&path, card("a", "A"));
    let (token, old) = (anna.token(&book), "data:,rolodav-sync-1-1-0");
    let absolute = format!("http://localhost{path}");
    let held = [
        format!("([{tag}])"),
        format!("([\"x\"]) ([{tag}])"),
        "(Not [\"x\"])".to_owned(),
        format!("([{tag}] Not [\"x\"])"),
        format!("<{path}> ([{tag}])"),
        format!("<{absolute}> ([{tag}])"),
        format!("<{book}> (<{token}>)"),
        format!("<{book}> (Not <{old}>)"),
        format!("<{book}> (<{token}>) <{path}> ([\"x\"])"),
        "(Not <DAV:no-lock>)".to_owned(),
    ];
    for value in &held {
        let answer = anna.ask("PROPFIND", &path, &[("If", value), ("Depth", "0")], "");
        assert_eq!(answer.status, 207, "If: {value}: {}", answer.text());
    }
    let failed = [
        "([\"x\"])".to_owned(),
        format!("([{tag}] [\"x\"])"),
        format!("(Not [{tag}])"),
        format!("<{book}> (<{old}>)"),
        format!("(<{token}>)"),
        format!("<{book}> (<{token}> <{old}>)"),
        "<http://localhost/dav/none> ([\"x\"])".to_owned(),
        "(<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>)".to_owned(),
        "(<DAV:no-lock>)".to_owned(),
    ];
    for value in &failed {
        for (method, body) in
            [("PUT", card("a", "X")), ("DELETE", String::new()), ("GET", String::new())]
        {
            let answer = anna.ask(method, &path, &[("If", value)], &body);
            expect(&answer, 412, None, &format!("{method} If: {value}"));
        }
    }
    for value in ["", "x", "(", "()", "([\"x\")", "<a> <b> ([\"x\"])", "(Not)", "[\"x\"]"] {
        let answer = anna.ask("PUT", &path, &[("If", value)], card("a", "X"));
        assert!(matches!(answer.status, 400 | 412), "If: {value}: {}", answer.status);
    }
    assert_eq!(anna.etag(&path), tag, "nothing of it was done");
    let value = format!("<{book}> (<{token}>)");
    assert_eq!(anna.ask("PUT", &path, &[("If", &value)], card("a", "B")).status, 204);
    let stale = anna.ask("PUT", &path, &[("If", &value)], card("a", "C"));
    expect(&stale, 412, None, "a token that is stale now");
}
