//! Request bodies: too large, unread, announced, chunked.

use std::fmt::Write as _;

use crate::support::Wire;
use crate::toy::{TAKES, Toy, settings};

fn chunked(pieces: usize, piece: usize) -> Vec<u8> {
    let mut body = String::new();
    for _ in 0..pieces {
        write!(body, "{piece:x}\r\n{}\r\n", "x".repeat(piece)).unwrap();
    }
    body.push_str("0\r\n\r\n");
    body.into_bytes()
}

const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");

#[test]
fn bodies_arrive_whole_in_either_framing() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let body = vec![b'x'; TAKES as usize];
    let exact = wire.ask("PUT", "/open/read", &[], &body);
    assert_eq!((exact.status, exact.text()), (201, "65536 bytes"));
    let pieces = wire.ask("PUT", "/open/read", &[CHUNKED], &chunked(50, 1000));
    assert_eq!((pieces.status, pieces.text()), (201, "50000 bytes"));
    let empty = wire.ask("PUT", "/open/read", &[], b"");
    assert_eq!((empty.status, empty.text()), (201, "0 bytes"));
}

#[test]
fn a_body_that_is_declared_too_large_is_refused_before_the_client_sends_it() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let expect = ("Expect", "100-continue");
    let length = (TAKES + 1).to_string();
    wire.request("PUT", "/open/read", &[expect, ("Content-Length", &length)], b"");
    let refused = wire.answer();
    assert_eq!(refused.status, 413, "no 100 Continue comes before the refusal");
    assert_eq!(refused.header("connection"), Some("close"), "the body may or may not follow");
    assert!(wire.rest().is_empty(), "something followed the refusal");

    let mut wire = toy.connect();
    wire.request("PUT", "/open/read", &[expect, ("Content-Length", "5")], b"");
    assert_eq!(wire.head().status, 100);
    wire.send("hello");
    let taken = wire.answer();
    assert_eq!((taken.status, taken.text()), (201, "5 bytes"));
    assert_eq!(wire.ask("GET", "/open/x", &[], b"").status, 200, "the connection is kept");
}

/// A client that only reads after it has sent everything must find the refusal, not a reset.
#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    let toy = Toy::start(settings());
    let large = vec![b'x'; 3 << 20];
    let length = large.len().to_string();
    let pieces = chunked(3000, 1000);
    let cases = [
        ("declared", ("Content-Length", length.as_str()), &large, 413),
        ("chunked", CHUNKED, &pieces, 413),
        ("unread", ("Content-Length", length.as_str()), &large, 403),
        ("unread and chunked", CHUNKED, &pieces, 403),
    ];
    for (what, framing, body, status) in cases {
        let path = if status == 413 { "/open/read" } else { "/open/refuse" };
        let mut wire = toy.connect();
        wire.request("PUT", path, &[framing], body);
        assert_eq!(wire.answer().status, status, "{what}");
        assert!(wire.rest().is_empty(), "{what}: the connection was not closed");
    }
}

#[test]
fn a_small_unread_body_does_not_cost_the_connection() {
    let toy = Toy::start(settings());
    let mut wire = toy.connect();
    let body = vec![b'x'; 100 << 10];
    for turn in 0..3 {
        assert_eq!(wire.ask("PUT", "/open/refuse", &[], &body).status, 403, "turn {turn}");
        let unsigned = wire.ask("PUT", "/dav/x", &[CHUNKED], &chunked(100, 1000));
        assert_eq!(unsigned.status, 401, "turn {turn}");
        let next = wire.ask("GET", "/open/next", &[], b"");
        assert!(next.text().starts_with("GET /open/next "), "turn {turn}: {}", next.text());
    }
}

#[test]
fn what_follows_an_unread_body_is_never_taken_for_a_request() {
    let mut settings = settings();
    settings.server.drain_bytes = 0;
    let toy = Toy::start(settings);
    let mut wire = toy.connect();
    let inner = b"GET /open/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    wire.request("PUT", "/open/refuse", &[], inner);
    assert_eq!(wire.answer().status, 403);
    let rest = String::from_utf8(wire.rest()).unwrap();
    assert!(!rest.contains("smuggled"), "a body was taken for a request: {rest}");
}

#[test]
fn two_framings_at_once_end_the_connection() {
    let toy = Toy::start(settings());
    let mut wire: Wire = toy.connect();
    wire.send(
        "PUT /open/read HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n\
         0\r\n\r\nGET /open/smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    let all = String::from_utf8(wire.rest()).unwrap();
    assert!(!all.contains("smuggled"), "the rest was taken for a request: {all}");
}
