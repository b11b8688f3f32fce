//! Request lines, headers and paths that no honest client sends.

use crate::desk::{Desk, card};
use crate::support::Wire;

#[test]
fn paths_lead_nowhere_but_where_they_say() {
    let (_desk, anna) = Desk::of_anna();
    anna.store(&anna.card("a.vcf"), card("a", "A"));
    let token = anna.token(&anna.book());
    for path in [
        "/dav/addressbooks/anna/contacts/../contacts/a.vcf",
        "/dav/addressbooks/anna/contacts/%2e%2e/contacts/a.vcf",
        "/dav/addressbooks/anna/contacts/..%2Fcontacts%2Fa.vcf",
        "/dav/addressbooks/anna/contacts/..%5C..%5Ca.vcf",
        "/dav/addressbooks/anna/contacts/./a.vcf",
        "/dav/addressbooks/anna//contacts/a.vcf",
        "//dav/addressbooks/anna/contacts/a.vcf",
        "/dav/addressbooks/anna/contacts/a.vcf%00",
        "/dav/addressbooks/anna/contacts/a%00.vcf",
        "/dav/addressbooks/anna/contacts/%0d%0aX-Injected:%201",
        "/dav/addressbooks/anna/contacts/%ff%fe.vcf",
        "/dav/addressbooks/anna/contacts/%c0%ae%c0%ae/a.vcf",
        "/dav/addressbooks/anna/contacts/%ed%a0%80.vcf",
        "/dav/addressbooks/anna/contacts/..",
        "/dav/addressbooks/..%2Fanna/contacts/a.vcf",
        "/dav/addressbooks/anna%2Fcontacts/a.vcf",
        "/dav/../dav/addressbooks/anna/contacts/a.vcf",
        "/dav/addressbooks/anna/contacts/a.vcf/../../../bob/contacts/a.vcf",
        "/etc/passwd",
        "/dav/addressbooks/../../../etc/passwd",
    ] {
        for (method, body) in [
            ("GET", String::new()),
            ("PUT", card("evil", "E")),
            ("DELETE", String::new()),
            ("MKCOL", String::new()),
        ] {
            let answer = anna.ask(method, path, &[], &body);
            let refused = matches!(answer.status, 400 | 403 | 404 | 405 | 409);
            assert!(refused, "{method} {path}: {} {}", answer.status, answer.text());
            assert_eq!(answer.header("x-injected"), None, "{path}");
        }
    }
    let long = format!("/dav/addressbooks/anna/contacts/{}.vcf", "x".repeat(5000));
    assert!(matches!(anna.get(&long).status, 400 | 404 | 414));
    let longer = format!("/dav/{}", "x/".repeat(6000));
    assert!(matches!(anna.get(&longer).status, 400 | 414));
    // An encoding after another one is decoded once.
    let twice = anna.card("a%252evcf");
    assert_eq!(anna.put(&twice, card("twice", "T")).status, 201);
    assert_eq!(anna.get(&anna.card("a.vcf")).text(), card("a", "A"));
    let delta = anna.sync(&anna.book(), &token);
    assert_eq!(delta.hrefs(), [twice.as_str()], "nothing else was changed");
}

/// Sends raw bytes and reads what comes until the end; the statuses in it.
fn raw(desk: &Desk, bytes: impl AsRef<[u8]>) -> Vec<u16> {
    let mut wire = desk.connect();
    let _ = wire.try_send(bytes);
    let rest = wire.rest();
    let text = String::from_utf8_lossy(&rest).into_owned();
    text.match_indices("HTTP/1.1 ")
        .filter(|(at, _)| {
            *at == 0 || text[..*at].ends_with('\n') || !text[..*at].contains("\r\n\r\n")
        })
        .filter_map(|(at, _)| text[at + 9..].split(' ').next()?.parse().ok())
        .collect()
}

#[test]
fn broken_requests_end_with_an_error_and_nothing_else() {
    let (desk, anna) = Desk::of_anna();
    let auth = format!("Authorization: {}\r\n", anna.auth);
    let path = anna.card("smuggled.vcf");
    let end = "Connection: close\r\n\r\n";
    let big = "x".repeat(64 << 10);
    let many: String = (0..1000).map(|n| format!("X-H{n}: 1\r\n")).collect();
    let smuggled = format!("PUT {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 0\r\n\r\n");
    for (request, statuses, case) in [
        (format!("GET / HTTP/1.1\r\n{auth}{end}"), &[400][..], "no host"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n{auth}{end}"), &[400], "two hosts"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {big}\r\n{auth}{end}"), &[431], "a huge header"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{many}{auth}{end}"), &[431], "1,000 headers"),
        (format!("GET /{big} HTTP/1.1\r\nHost: h\r\n{end}"), &[414, 431], "a huge target"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX Y: 1\r\n{end}"), &[400], "a blank in a name"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n: 1\r\n{end}"), &[400], "no name"),
        (format!("GET / HTTP/9.9\r\nHost: h\r\n{end}"), &[400, 505], "a version of the future"),
        (format!("G@T / HTTP/1.1\r\nHost: h\r\n{end}"), &[400], "no method"),
        ("\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03".to_owned(), &[400], "TLS on a plain port"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[400], "HTTP/2 unasked"),
        (
            format!(
                "PUT {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello{smuggled}"
            ),
            &[400],
            "two lengths",
        ),
        (
            format!("PUT {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: -1\r\n\r\n"),
            &[400],
            "a negative length",
        ),
        (
            format!(
                "PUT {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: chunked\r\n\r\nXYZ\r\n"
            ),
            &[400],
            "a chunk without size",
        ),
        (
            format!("PUT {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: gzip\r\n\r\n"),
            &[400, 411, 501],
            "a coding nobody knows",
        ),
        (
            format!(
                "PUT {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n"
            ),
            &[400],
            "a chunk beyond all numbers",
        ),
    ] {
        let seen = raw(&desk, &request);
        let fits = seen.is_empty() || seen.iter().all(|status| statuses.contains(status));
        assert!(fits, "{case}: {seen:?}");
    }
    assert_eq!(anna.get(&path).status, 404, "something was smuggled in");
    for header in [
        ("Authorization", "Basic"),
        ("Authorization", "Basic ====="),
        ("Authorization", "Bearer x"),
        ("Authorization", "Digest username=anna"),
    ] {
        let answer = Wire::open(desk.address()).ask("GET", "/dav/", &[header], b"");
        assert_eq!(answer.status, 401, "{header:?}");
    }
}

#[test]
fn users_do_not_mix_on_one_connection() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    anna.store(&anna.card("a.vcf"), card("a", "of anna"));
    bob.store(&bob.card("a.vcf"), card("a", "of bob"));
    let mut wire = desk.connect();
    let request = |user: Option<&crate::desk::User>, path: &str| {
        let auth = user.map(|user| format!("Authorization: {}\r\n", user.auth)).unwrap_or_default();
        format!("GET {path} HTTP/1.1\r\nHost: h\r\n{auth}\r\n")
    };
    let (a, b) = (anna.card("a.vcf"), bob.card("a.vcf"));
    let rows = [
        (Some(&anna), &a, 200, "of anna"),
        (Some(&bob), &a, 404, ""),
        (Some(&bob), &b, 200, "of bob"),
        (None, &b, 401, ""),
        (Some(&anna), &b, 404, ""),
        (None, &a, 401, ""),
        (Some(&anna), &a, 200, "of anna"),
    ];
    // All at once, none waiting for the answer before.
    let pipelined: String = rows.iter().map(|(user, path, _, _)| request(*user, path)).collect();
    wire.send(&pipelined);
    for (n, (_, path, status, content)) in rows.iter().enumerate() {
        let answer = wire.answer();
        assert_eq!(answer.status, *status, "request {n}, {path}");
        assert!(answer.text().contains(content), "request {n}: {}", answer.text());
    }
}

#[test]
fn dav_headers_that_make_no_sense_are_refused() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("a.vcf");
    anna.store(&path, card("a", "A"));
    let there = anna.card("b.vcf");
    let long = "x".repeat(9000);
    for (method, headers, statuses) in [
        ("COPY", vec![("Destination", "")], &[400][..]),
        ("COPY", vec![("Destination", "b.vcf")], &[400]),
        ("COPY", vec![("Destination", "ftp://localhost/dav/x")], &[400, 502]),
        (
            "COPY",
            vec![("Destination", "http://elsewhere.example/dav/addressbooks/anna/contacts/b.vcf")],
            &[502],
        ),
        ("COPY", vec![("Destination", "//elsewhere.example/dav/x")], &[400, 502]),
        ("COPY", vec![("Destination", "/dav/addressbooks/anna/contacts/../b.vcf")], &[400]),
        ("COPY", vec![("Destination", "/dav/addressbooks/anna/contacts/%00")], &[400]),
        ("COPY", vec![("Destination", &long)], &[400]),
        ("MOVE", vec![("Destination", &there), ("Destination", &path)], &[400]),
        ("MOVE", vec![("Destination", &there), ("Overwrite", "maybe")], &[400]),
        ("PROPFIND", vec![("Depth", "-1")], &[400]),
        ("PROPFIND", vec![("Depth", "0"), ("Depth", "1")], &[400]),
        ("DELETE", vec![("If", "(")], &[400]),
        ("DELETE", vec![("If", &long)], &[400]),
        ("DELETE", vec![("If-Match", "\"\u{7f}\"")], &[400, 412]),
    ] {
        let answer = anna.ask(method, &path, &headers, "");
        assert!(statuses.contains(&answer.status), "{method} {headers:?}: {}", answer.status);
    }
    let endless = "(Not [\"x\"]) ".repeat(2000);
    assert!(anna.ask("GET", &path, &[("If", &endless)], "").status < 500);
    assert_eq!(anna.get(&path).text(), card("a", "A"));
    assert_eq!(anna.get(&there).status, 404);
}
