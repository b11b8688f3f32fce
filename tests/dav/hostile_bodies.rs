//! Bodies that are slow, too large, cut off, or cards only by name.

use std::time::{Duration, Instant};

use crate::desk::{Desk, User, card, card_with, expect, xml};

fn head(user: &User, path: &str, more: &str) -> String {
    format!("PUT {path} HTTP/1.1\r\nHost: h\r\nAuthorization: {}\r\n{more}\r\n", user.auth)
}

#[test]
fn oversized_bodies_are_refused_before_they_are_read() {
    let desk = Desk::with(&[
        ("ROLODAV__LIMITS__CARD_BYTES", "65536"),
        ("ROLODAV__LIMITS__XML_BYTES", "65536"),
    ]);
    let anna = desk.user("anna");
    let path = anna.card("a.vcf");
    let too_large = Some("C:max-resource-size");
    let mut wire = desk.connect();
    wire.send(head(&anna, &path, "Content-Length: 10000000000\r\nExpect: 100-continue\r\n"));
    let answer = wire.answer();
    expect(&answer, 413, too_large, "a declared length, before 100 Continue");
    // What fits is asked for.
    let body = card("a", "A");
    let mut wire = desk.connect();
    wire.send(head(
        &anna,
        &path,
        &format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len()),
    ));
    assert_eq!(wire.head().status, 100);
    wire.send(&body);
    assert_eq!(wire.answer().status, 201);
    // A precondition that fails costs no upload either.
    let mut wire = desk.connect();
    let more =
        format!("Content-Length: {}\r\nExpect: 100-continue\r\nIf-None-Match: *\r\n", body.len());
    wire.send(head(&anna, &path, &more));
    assert_eq!(wire.head().status, 412);
    // In pieces, nobody knows the length beforehand.
    let mut wire = desk.connect();
    wire.send(head(&anna, &path, "Transfer-Encoding: chunked\r\n"));
    let piece = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    for _ in 0..6 {
        if wire.try_send(&piece).is_err() {
            break;
        }
    }
    expect(&wire.answer(), 413, too_large, "chunks without end");
    assert_eq!(anna.get(&path).text(), body);
    let xml_body = xml("D:propfind", &format!("<!--{}-->", "x".repeat(70_000)));
    assert_eq!(anna.ask("PROPFIND", &anna.book(), &[], xml_body).status, 413);
    assert_eq!(anna.prop(&anna.book(), "C:max-resource-size"), "65536");
    let exact = card_with(
        "b",
        "B",
        &format!("NOTE:{}\r\n", "n".repeat(65_536 - card_with("b", "B", "NOTE:\r\n").len())),
    );
    assert_eq!(exact.len(), 65_536);
    assert_eq!(anna.put(&anna.card("b.vcf"), &exact).status, 201, "the largest that is taken");
    let answer = anna.put(&anna.card("c.vcf"), exact.replace("UID:b", "UID:bb"));
    expect(&answer, 413, too_large, "one byte more");
}

#[test]
fn slow_and_broken_uploads_store_nothing_and_hold_nobody_up() {
    let desk = Desk::with(&[
        ("ROLODAV__TIMEOUTS__BODY_SECONDS", "1"),
        ("ROLODAV__TIMEOUTS__HEADER_SECONDS", "1"),
        ("ROLODAV__LIMITS__REQUESTS_PER_USER", "4"),
    ]);
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let token = anna.token(&anna.book());
    let body = card("slow", "Slow");
    let slow: Vec<_> = (0..3)
        .map(|n| {
            let mut wire = desk.connect();
            let path = anna.card(&format!("slow-{n}.vcf"));
            wire.send(head(&anna, &path, &format!("Content-Length: {}\r\n", body.len())));
            wire.send(&body[..body.len() / 2]);
            wire
        })
        .collect();
    let mut headless = desk.connect();
    headless.send("GET / HTTP/1.1\r\nHos");
    let begun = Instant::now();
    for n in 0..20 {
        bob.store(&bob.card(&format!("{n}.vcf")), card(&format!("{n}"), "B"));
    }
    assert_eq!(anna.get(&anna.book()).status, 200, "the same user goes on too");
    assert!(begun.elapsed() < Duration::from_secs(5), "others waited {:?}", begun.elapsed());
    for mut wire in slow {
        let answer = wire.answer();
        assert_eq!(answer.status, 408);
        assert!(wire.rest().is_empty(), "and the connection ends");
    }
    let rest = headless.rest();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 4"),
        "{}",
        String::from_utf8_lossy(&rest)
    );
    // Gone in the middle.
    for cut in [0, 1, body.len() / 2, body.len() - 1] {
        let mut wire = desk.connect();
        let path = anna.card("cut.vcf");
        wire.send(head(&anna, &path, &format!("Content-Length: {}\r\n", body.len())));
        wire.send(&body[..cut]);
        drop(wire);
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(anna.sync(&anna.book(), &token).responses.len(), 0, "nothing was stored");
}

#[test]
fn cards_cut_anywhere_are_taken_or_refused_but_never_break_anything() {
    let (desk, anna) = Desk::of_anna();
    let whole = include_bytes!("../cards/apple-3.0.vcf");
    let old = include_bytes!("../cards/outlook-2.1.vcf");
    let path = anna.card("cut.vcf");
    let mut wire = None;
    for source in [whole.as_slice(), old.as_slice()] {
        for cut in (0..source.len()).step_by(source.len() / 60) {
            let wire = wire.get_or_insert_with(|| desk.connect());
            let answer = anna.ask_on(wire, "PUT", &path, &[], &source[..cut]);
            assert!(
                matches!(answer.status, 201 | 204 | 403 | 409),
                "cut at {cut}: {}",
                answer.status
            );
            if answer.status < 300 {
                let got = anna.ask_on(wire, "GET", &path, &[], "");
                assert_eq!(got.status, 200, "cut at {cut}");
                assert!(
                    got.text().ends_with("END:VCARD\r\n")
                        || got.text().trim_end().ends_with("END:VCARD")
                );
                assert_eq!(anna.ask_on(wire, "DELETE", &path, &[], "").status, 204);
            }
        }
    }
}

#[test]
fn monstrous_cards_cost_bounded_time_and_memory() {
    let (desk, anna) = Desk::of_anna();
    let before = desk.most_memory();
    let lines = |n: usize| "X-L:1\r\n".repeat(n);
    let params: String = (0..50_000).map(|n| format!(";P{n}=v")).collect();
    let groups: String = (0..50_000).map(|n| format!("g{n}.TEL:{n}\r\n")).collect();
    let folded = format!("NOTE:{}\r\n", "\r\n x".repeat(100_000));
    let nested = "BEGIN:VCARD\r\n".repeat(10_000);
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n * 7 % 251) as u8).collect();
    let mut noise = card_with("noise", "N", "NOTE:#\r\n").into_bytes();
    let at = noise.iter().position(|b| *b == b'#').unwrap();
    noise.splice(at..=at, bytes.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')));
    for (name, body, statuses) in [
        ("lines", card_with("lines", "L", &lines(100_000)).into_bytes(), &[201][..]),
        ("too-many", card_with("too", "T", &lines(200_001)).into_bytes(), &[403]),
        ("params", card_with("params", "P", &format!("TEL{params}:1\r\n")).into_bytes(), &[201]),
        ("groups", card_with("groups", "G", &groups).into_bytes(), &[201]),
        ("folds", card_with("folds", "F", &folded).into_bytes(), &[201]),
        (
            "wide",
            card_with("wide", "W", &format!("NOTE:{}\r\n", "w".repeat(4 << 20))).into_bytes(),
            &[201],
        ),
        ("nested", nested.into_bytes(), &[201, 403]),
        ("noise", noise, &[201]),
        ("garbage", bytes, &[403]),
        ("names", card_with("names", &"A;,\\".repeat(100_000), "").into_bytes(), &[201]),
        (
            "categories",
            card_with("cat", "C", &format!("CATEGORIES:{}\r\n", "a,".repeat(100_000))).into_bytes(),
            &[201],
        ),
    ] {
        let path = anna.card(&format!("{name}.vcf"));
        let begun = Instant::now();
        let answer = anna.put(&path, &body);
        let took = begun.elapsed();
        assert!(statuses.contains(&answer.status), "{name}: {} {}", answer.status, answer.text());
        assert!(took < Duration::from_secs(8), "{name} took {took:?}");
        if answer.status == 403 {
            expect(&answer, 403, Some("C:valid-address-data"), name);
            continue;
        }
        if answer.header("etag").is_some() {
            assert!(anna.get(&path).body == body, "{name} came back changed");
        }
        let begun = Instant::now();
        for accept in ["text/vcard;version=4.0", "application/vcard+json"] {
            assert_eq!(
                anna.ask("GET", &path, &[("Accept", accept)], "").status,
                200,
                "{name} as {accept}"
            );
        }
        assert!(
            begun.elapsed() < Duration::from_secs(12),
            "{name}: converting took {:?}",
            begun.elapsed()
        );
    }
    let filter = "<D:prop><D:getetag/></D:prop><C:filter test='anyof'><C:prop-filter name='NOTE'><C:text-match>absent needle</C:text-match></C:prop-filter><C:prop-filter name='TEL'><C:param-filter name='P49999'/></C:prop-filter></C:filter>";
    let begun = Instant::now();
    let found = anna.report(&anna.book(), "1", &xml("C:addressbook-query", filter));
    assert_eq!(found.hrefs(), [anna.card("params.vcf")]);
    assert!(begun.elapsed() < Duration::from_secs(12), "searching took {:?}", begun.elapsed());
    let more = desk.most_memory() - before;
    assert!(more < 256, "{more} MiB more");
}
