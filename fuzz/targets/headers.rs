//! Request headers. The input is a list of `Name: value` lines; names that the server does not
//! read are passed over.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use rolodav::base::{ETag, Timestamp};
use rolodav::dav::header::{
    Accept, Depth, IfHeader, Media, Outcome, Prefer, State, destination, evaluate, overwrite,
};
use rolodav::http::auth::credentials;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|b| *b == b'\n').take(32) {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let pair = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = pair {
            headers.append(name, value);
        }
    }
    conditions(&headers);
    lists_of_conditions(&headers);
    let _ = (Depth::parse(&headers), overwrite(&headers));
    let external = ["https://dav.example.org".to_owned()];
    if let Ok(there) = destination(&headers, "http://127.0.0.1:8008", &external) {
        let _ = there.href();
    }
    wishes(&headers);
    if let Some((name, _)) = credentials(&headers) {
        assert!(!name.contains(':'));
    }
});

fn conditions(headers: &HeaderMap) {
    let tag = ETag::of(b"x");
    let modified = Some(Timestamp(1_700_000_000_000));
    for current in [None, Some(&tag)] {
        for is_get in [false, true] {
            let outcome = evaluate(headers, is_get, current, modified);
            assert!(is_get || outcome != Outcome::NotModified, "304 to a write");
        }
    }
    // Whoever names a tag writes only where it is.
    if headers.contains_key("if-match") {
        assert_eq!(evaluate(headers, false, None, None), Outcome::Failed);
    }
}

fn lists_of_conditions(headers: &HeaderMap) {
    let Ok(Some(header)) = IfHeader::from_headers(headers) else { return };
    let resources = header.resources().len();
    assert!(resources > 0);
    let mut asked = 0;
    let _ = header.evaluate(|_| {
        asked += 1;
        State::default()
    });
    assert_eq!(asked, resources, "each resource is asked for once");
    let tokens: Vec<String> = header.tokens().map(str::to_owned).collect();
    let _ = header.evaluate(|_| State { etag: Some(ETag::of(b"x")), tokens: tokens.clone() });
}

fn wishes(headers: &HeaderMap) {
    let accept = Accept::parse(headers);
    let offers = [
        Media { essence: "text/vcard", version: Some("3.0") },
        Media { essence: "text/vcard", version: Some("4.0") },
        Media { essence: "application/vcard+json", version: None },
    ];
    let most = offers.iter().map(|offer| accept.quality(*offer)).max().unwrap_or(0);
    assert!(most <= 1000, "a quality above 1");
    match accept.best(&offers) {
        Some(best) => assert_eq!(accept.quality(offers[best]), most),
        None => assert_eq!(most, 0),
    }
    let prefer = Prefer::parse(headers);
    if let Some(applied) = prefer.applied() {
        assert!(HeaderValue::from_str(&applied).is_ok());
    }
}
