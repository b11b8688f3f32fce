//! Slow, silent and greedy clients: cut in time, and nobody else notices.

use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Wire, basic};
use crate::toy::{Toy, settings};

/// The server must cut the client off in this time when its own bound is one second.
const SOON: Duration = Duration::from_secs(5);

fn impatient() -> Toy {
    let mut settings = settings();
    settings.timeouts.header_seconds = 1;
    settings.timeouts.body_seconds = 1;
    settings.timeouts.write_seconds = 1;
    Toy::start(settings)
}

fn cut_in_time(what: &str, wire: &mut Wire, since: Instant) {
    let rest = wire.rest();
    assert!(rest.is_empty(), "{what}: {}", String::from_utf8_lossy(&rest));
    let took = since.elapsed();
    assert!(took > Duration::from_millis(900) && took < SOON, "{what}: cut after {took:?}");
}

#[test]
fn clients_that_do_not_finish_their_headers_are_cut() {
    let toy = impatient();
    let starts = [
        ("silent", ""),
        ("three bytes", "GET"),
        ("half a head", "GET /open/x HTTP/1.1\r\nHost: h\r\n"),
    ];
    std::thread::scope(|scope| {
        for (what, start) in starts {
            let mut wire = toy.connect();
            scope.spawn(move || {
                let since = Instant::now();
                wire.send(start);
                cut_in_time(what, &mut wire, since);
            });
        }
        let mut idle = toy.connect();
        scope.spawn(move || {
            assert_eq!(idle.ask("GET", "/open/x", &[], b"").status, 200);
            cut_in_time("idle after an answer", &mut idle, Instant::now());
        });
        let mut drips = toy.connect();
        scope.spawn(move || {
            let since = Instant::now();
            // A byte now and then does not help.
            for byte in b"GET /open/x HTTP/1.1\r\nX-Drip: ".iter().cycle() {
                sleep(Duration::from_millis(100));
                if drips.try_send([*byte]).is_err() || since.elapsed() > SOON {
                    break;
                }
            }
            let took = since.elapsed();
            assert!(took < SOON, "a client that sends drips of a head was kept for {took:?}");
        });
    });
}

#[test]
fn a_trusted_proxy_may_keep_idle_connections() {
    let mut settings = settings();
    settings.timeouts.header_seconds = 1;
    settings.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    let toy = Toy::start(settings);
    let mut wire = toy.connect();
    for _ in 0..2 {
        assert_eq!(wire.ask("GET", "/open/x", &[], b"").status, 200);
        sleep(Duration::from_millis(1500));
    }
}

#[test]
fn slow_bodies_are_refused_by_stall_and_by_pace() {
    let mut settings = settings();
    settings.timeouts.body_seconds = 1;
    settings.timeouts.minimum_pace = 1000;
    let toy = Toy::start(settings);
    let length = ("Content-Length", "60000");
    let mut stalled = toy.connect();
    stalled.request("PUT", "/open/read", &[length], b"some");
    let since = Instant::now();
    let answer = stalled.answer();
    assert_eq!((answer.status, answer.text()), (408, "The body came too slowly."));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());

    let mut drips = toy.connect();
    drips.request("PUT", "/open/read", &[length], b"");
    let since = Instant::now();
    while since.elapsed() < SOON && drips.try_send(b"x").is_ok() {
        sleep(Duration::from_millis(50));
        if since.elapsed() > Duration::from_millis(1500) {
            break;
        }
    }
    assert_eq!(drips.answer().status, 408, "20 bytes a second were taken for fast enough");

    let mut fair = toy.connect();
    fair.request("PUT", "/open/read", &[("Content-Length", "5000")], b"");
    for _ in 0..5 {
        fair.send([b'x'; 1000]);
        sleep(Duration::from_millis(400));
    }
    assert_eq!(fair.answer().status, 201, "2,500 bytes a second were taken for too slow");
}

#[test]
fn a_client_that_never_reads_is_cut_and_one_that_reads_is_not() {
    let toy = impatient();
    let mut deaf = toy.connect();
    let mut reader = toy.connect();
    deaf.request("GET", "/open/endless", &[], b"");
    toy.wait_for_streams(1);
    reader.request("GET", "/open/endless", &[], b"");
    toy.wait_for_streams(2);
    assert_eq!(reader.head().status, 200);
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(3) {
        assert_eq!(reader.chunk().map(|chunk| chunk.len()), Some(64 << 10));
        sleep(Duration::from_millis(20));
    }
    toy.wait_for_streams(1);
    assert_eq!(reader.chunk().map(|chunk| chunk.len()), Some(64 << 10), "the reader was cut too");
    drop(reader);
    toy.wait_for_streams(0);
}

#[test]
fn connections_over_the_cap_wait_for_a_place() {
    let mut settings = settings();
    settings.server.connections = 2;
    let toy = Toy::start(settings);
    let mut first = toy.connect();
    let mut second = toy.connect();
    assert_eq!(first.ask("GET", "/open/x", &[], b"").status, 200);
    assert_eq!(second.ask("GET", "/open/x", &[], b"").status, 200);
    let mut third = toy.connect();
    third.request("GET", "/open/x", &[], b"");
    sleep(Duration::from_millis(300));
    let calls = || toy.seen.calls.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(calls(), 2, "a third connection was served");
    drop(first);
    assert_eq!(third.answer().status, 200);
    assert_eq!(calls(), 3);
}

#[test]
fn one_address_cannot_take_all_places() {
    let mut settings = settings();
    settings.server.connections_per_address = 2;
    let toy = Toy::start(settings);
    let mut first = toy.connect();
    let mut second = toy.connect();
    assert_eq!(first.ask("GET", "/open/x", &[], b"").status, 200);
    assert_eq!(second.ask("GET", "/open/x", &[], b"").status, 200);
    let mut third = toy.connect();
    let _ = third.try_send("GET /open/x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(third.rest().is_empty(), "a third connection of one address was served");
    drop(first);
    // The server learns of the farewell a moment later.
    let served = (0..100).any(|_| {
        sleep(Duration::from_millis(20));
        let mut again = toy.connect();
        let _ = again.try_send("GET /open/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        again.rest().starts_with(b"HTTP/1.1 200")
    });
    assert!(served, "the place of a closed connection was not given back");
}

#[test]
fn one_user_cannot_take_all_work() {
    let mut settings = settings();
    settings.limits.requests_per_user = 1;
    settings.timeouts.queue_seconds = 0;
    let toy = Toy::start(settings);
    let (alice, bob) = (basic("alice", "secret"), basic("bob", "secret"));
    let mut busy = toy.connect();
    busy.request("GET", "/dav/second", &[("Authorization", &alice)], b"");
    sleep(Duration::from_millis(300));
    let refused = toy.connect().ask("GET", "/dav/x", &[("Authorization", &alice)], b"");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
    let other = toy.connect().ask("GET", "/dav/x", &[("Authorization", &bob)], b"");
    assert_eq!(other.status, 200, "another user was held up");
    assert_eq!(busy.answer().status, 200);
    assert_eq!(busy.ask("GET", "/dav/x", &[("Authorization", &alice)], b"").status, 200);
}

#[test]
fn a_storm_of_bad_clients_hurts_nobody() {
    let toy = impatient();
    let address = toy.plain.unwrap();
    let storm: Vec<_> = (0..100)
        .map(|n| {
            let mut wire = Wire::over(TcpStream::connect(address).unwrap());
            match n % 4 {
                0 => wire.send("\0\0\0\0"),
                1 => wire.send("GET /open/endless HTTP/1.1\r\nHost: h\r\n\r\n"),
                2 => wire.send("PUT /open/read HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"),
                _ => wire.send("GET / HT"),
            }
            wire
        })
        .collect();
    let mut good = toy.connect();
    for turn in 0..20 {
        let since = Instant::now();
        assert_eq!(good.ask("GET", "/open/x", &[], b"").status, 200, "turn {turn}");
        assert!(since.elapsed() < Duration::from_secs(1), "turn {turn}: {:?}", since.elapsed());
    }
    drop(storm);
}
