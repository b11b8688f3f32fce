//! Requests and answers of HTTP/1: identities, targets, defaults, health, faults in headers.

use std::sync::atomic::Ordering;

use crate::support::{Wire, basic};
use crate::toy::{Toy, settings};

#[test]
fn each_request_of_a_connection_is_signed_in_by_itself() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let (alice, bob) = (basic("alice", "secret"), basic("bob", "secret"));
    let wrong = basic("alice", "wrong");
    let turns = [
        (Some(&alice), 200, "GET /dav/x alice"),
        (Some(&bob), 200, "GET /dav/x bob"),
        (None, 401, "Sign in"),
        (Some(&wrong), 401, "That name or password"),
        (Some(&alice), 200, "GET /dav/x alice"),
    ];
    for (turn, (credentials, status, text)) in turns.into_iter().enumerate() {
        let headers: Vec<_> = credentials.iter().map(|c| ("Authorization", c.as_str())).collect();
        let answer = wire.ask("GET", "/dav/x", &headers, b"");
        assert_eq!(answer.status, status, "turn {turn}");
        assert!(answer.text().starts_with(text), "turn {turn}: {}", answer.text());
        let challenge = (status == 401).then_some("Basic realm=\"rolodav\", charset=\"UTF-8\"");
        assert_eq!(answer.header("www-authenticate"), challenge, "turn {turn}");
    }
    assert_eq!(toy.seen.calls.load(Ordering::SeqCst), 3, "the handler saw unsigned requests");
}

#[test]
fn no_method_comes_in_without_sign_in() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    assert_eq!(wire.ask("OPTIONS", "*", &[], b"").status, 200);
    assert_eq!(wire.ask("GET", "*", &[], b"").status, 400);
    for method in ["OPTIONS", "GET", "PUT", "DELETE", "PROPFIND", "REPORT", "MOVE", "XYZZY"] {
        assert_eq!(wire.ask(method, "/dav/x", &[], b"").status, 401, "{method}");
    }
    let throttled = basic("throttled", "x");
    let answer = wire.ask("GET", "/dav/x", &[("Authorization", &throttled)], b"");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    assert_eq!(wire.ask("GET", "/elsewhere", &[], b"").status, 404);
}

#[test]
fn passwords_are_not_taken_where_a_proxy_says_that_the_client_came_in_the_clear() {
    let mut settings = settings();
    settings.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    let toy = Toy::start(settings);
    let mut wire = toy.connect();
    let alice = basic("alice", "secret");
    let table = [
        ("http", 403, "This connection is not encrypted"),
        ("https", 200, "GET /dav/x alice https://dav.example.org 192.0.2.1"),
    ];
    for (scheme, status, text) in table {
        let headers = [
            ("Authorization", alice.as_str()),
            ("X-Forwarded-For", "6.6.6.6, 192.0.2.1"),
            ("X-Forwarded-Proto", scheme),
            ("X-Forwarded-Host", "dav.example.org"),
            ("X-Request-Id", "from-the-proxy"),
        ];
        let answer = wire.ask("GET", "/dav/x", &headers, b"");
        assert_eq!(answer.status, status, "{scheme}");
        assert!(answer.text().starts_with(text), "{scheme}: {}", answer.text());
        assert_eq!(answer.header("x-request-id"), Some("from-the-proxy"));
    }
}

#[test]
fn targets_and_hosts_are_taken_as_the_standard_says() {
    let toy = Toy::start(settings());
    let table = [
        (
            "GET /open/a?b=c HTTP/1.1\r\nHost: h:8008\r\n\r\n",
            200,
            "GET /open/a?b=c nobody http://h:8008 127.0.0.1",
        ),
        (
            "GET http://Real.example/open/a HTTP/1.1\r\nHost: ignored\r\n\r\n",
            200,
            "GET /open/a nobody http://real.example 127.0.0.1",
        ),
        ("GET /open/%2e%2e/a HTTP/1.0\r\n\r\n", 200, "GET /open/%2e%2e/a nobody  127.0.0.1"),
        ("GET /open/a HTTP/1.1\r\n\r\n", 400, "The Host header"),
        ("GET /open/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "The Host header"),
        ("GET /open/a HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "The Host header"),
        ("GET /open/a HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, "The Host header"),
        ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 405, "This is no proxy"),
        ("GET /open/a HTTP/3.9\r\nHost: h\r\n\r\n", 400, ""),
        ("GET /open/a b HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""),
        ("GET /open/a HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400, ""),
        (
            "GET /open/a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            400,
            "",
        ),
        ("GET /open/a HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400, ""),
    ];
    for (request, status, text) in table {
        let mut wire = toy.connect();
        wire.send(request);
        let answer = wire.answer();
        assert_eq!(answer.status, status, "{request:?}");
        assert!(answer.text().starts_with(text), "{request:?}: {}", answer.text());
    }
    let mut wire = toy.connect();
    wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(wire.rest().is_empty(), "HTTP/2 is not spoken without TLS");
}

#[test]
fn heads_that_are_too_large_get_an_answer_even_while_they_are_sent() {
    let toy = Toy::start(settings());
    let long = "x".repeat(9 << 10);
    let mut wire = toy.connect();
    assert_eq!(wire.ask("GET", &format!("/open/{long}"), &[], b"").status, 414);
    assert_eq!(wire.ask("GET", "/open/x", &[("X-Long", &long)], b"").status, 200, "9 KiB header");

    let huge = "x".repeat(600 << 10);
    let many = "X-Many: x\r\n".repeat(200);
    for (what, header) in [("600 KiB", format!("X-Huge: {huge}\r\n")), ("200 headers", many)] {
        let mut wire = toy.connect();
        // The server may stop reading before all is sent.
        let _ = wire.try_send(format!("GET /open/x HTTP/1.1\r\nHost: h\r\n{header}\r\n"));
        assert_eq!(wire.answer().status, 431, "{what}");
        assert!(wire.rest().is_empty(), "{what}: something followed the refusal");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let requests: String =
        ["1", "2", "3"].map(|n| format!("GET /open/{n} HTTP/1.1\r\nHost: h\r\n\r\n")).concat();
    wire.send(requests);
    for n in 1..=3 {
        assert!(wire.answer().text().starts_with(&format!("GET /open/{n} ")), "answer {n}");
    }
}

#[test]
fn head_answers_like_get_without_the_body() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    for path in ["/open/parts", "/open/x", "/healthz"] {
        let get = wire.ask("GET", path, &[], b"");
        let head = wire.ask("HEAD", path, &[], b"");
        let length = get.body.len().to_string();
        // `x` shows the method, whose name is one letter longer.
        let length = if path == "/open/x" { (get.body.len() + 1).to_string() } else { length };
        assert_eq!(head.header("content-length"), Some(length.as_str()), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
    assert_eq!(wire.ask("GET", "/open/parts", &[], b"").text(), "one two three");
    let unknown = wire.ask("HEAD", "/open/endless", &[], b"");
    assert_eq!((unknown.status, unknown.header("content-length")), (200, None), "a made-up length");
    toy.wait_for_streams(0);
    let empty = wire.ask("GET", "/open/nothing", &[], b"");
    assert_eq!((empty.status, empty.header("content-length")), (204, None));
}

#[test]
fn answers_carry_what_protects_browsers_and_caches() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let answer = wire.ask("GET", "/open/x", &[], b"");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(answer.header("date").is_some_and(|date| date.ends_with(" GMT")));
    let first = answer.header("x-request-id").unwrap().to_owned();
    let second = wire.ask("GET", "/open/x", &[("X-Request-Id", "mine")], b"");
    let second = second.header("x-request-id").unwrap();
    assert_ne!(first, second, "ids repeat");
    assert_ne!(second, "mine", "an id was taken from somebody who is no trusted proxy");
}

#[test]
fn watchers_see_health_readiness_and_counters() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    assert_eq!(wire.ask("GET", "/healthz", &[], b"").text(), "ok\n");
    assert_eq!(wire.ask("GET", "/readyz", &[], b"").status, 200);
    assert_eq!(wire.ask("POST", "/readyz", &[], b"").header("allow"), Some("GET, HEAD"));
    let metrics = wire.ask("GET", "/metrics", &[], b"");
    let line = "rolodav_http_requests_total{method=\"GET\",status=\"2xx\"} 2";
    assert!(metrics.text().lines().any(|have| have == line), "{}", metrics.text());
    assert!(metrics.text().contains("rolodav_http_connections 1\n"), "{}", metrics.text());
    let forwarded = wire.ask("GET", "/metrics", &[("X-Forwarded-For", "192.0.2.1")], b"");
    assert_eq!(forwarded.status, 403, "a proxy handed the counters to the world");
}

#[test]
fn a_defect_costs_its_own_request_only() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let answer = wire.ask("GET", "/open/panic", &[], b"");
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains("on purpose"), "the cause was shown: {}", answer.text());
    assert_eq!(wire.ask("GET", "/open/x", &[], b"").status, 200, "on the same connection");
}

#[test]
fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    wire.request("GET", "/open/broken", &[], b"");
    let answer = wire.head();
    assert_eq!((answer.status, answer.header("transfer-encoding")), (200, Some("chunked")));
    let rest = wire.rest();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the broken answer was ended like a whole one");
    let mut next: Wire = toy.connect();
    assert_eq!(next.ask("GET", "/open/x", &[], b"").status, 200);
}
