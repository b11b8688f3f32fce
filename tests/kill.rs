//! `kill -9` under load on the real program: whatever was acknowledged stands, what was in
//! flight is whole or absent, old sync tokens still give a right delta, `rolodav check` is clean.
//! `ROLODAV_LONG=1` runs 200 rounds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, clippy::string_slice)]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::program::{run, said};
use support::{Server, Wire, basic};

const BOOK: &str = "/dav/addressbooks/alice/contacts/";
const GUESTS: [&str; 6] = ["bob", "carol", "dave", "eve", "frank", "grace"];
const WRITERS: usize = 6;
const NAMES: usize = 12;

/// The content a name has: the number in its note, or nothing.
type State = Option<u64>;

/// What one writer knows of one of its names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ledger {
    acknowledged: State,
    /// What was asked for and not answered.
    in_flight: Option<State>,
}

fn rounds() -> usize {
    if std::env::var_os("ROLODAV_LONG").is_some() { 200 } else { 8 }
}

fn card(name: &str, number: u64) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name}\r\nN:{name};;;;\r\n\
         NOTE:{number}\r\nPHOTO;ENCODING=b;TYPE=JPEG:{}\r\nEND:VCARD\r\n",
        "QUJD".repeat(1100 + (number as usize % 7) * 10)
    )
}

/// One request without the test client's assertions: the server may die in the middle.
fn ask(stream: &mut TcpStream, method: &str, path: &str, body: &str) -> Option<u16> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        basic("alice", "secret"),
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
        }
    }
    let head = String::from_utf8_lossy(&answer);
    head.split(' ').nth(1)?.parse().ok()
}

/// Writes and deletes its names until the server is gone.
fn write(address: SocketAddr, writer: usize, ledger: &mut [Ledger], acknowledged: &AtomicUsize) {
    let Ok(mut stream) = TcpStream::connect(address) else { return };
    for number in 1.. {
        let turn = (number as usize * 5 + writer) % NAMES;
        let (name, known) = (format!("{writer}-{turn}"), &mut ledger[turn]);
        let path = format!("{BOOK}{name}.vcf");
        let unique = known.acknowledged.unwrap_or(0) + number;
        let deletes = number % 4 == 0 && known.acknowledged.is_some();
        let wanted = (!deletes).then_some(unique);
        known.in_flight = Some(wanted);
        let status = if deletes {
            ask(&mut stream, "DELETE", &path, "")
        } else {
            ask(&mut stream, "PUT", &path, &card(&name, unique))
        };
        match status {
            Some(201 | 204) => *known = Ledger { acknowledged: wanted, in_flight: None },
            Some(other) => panic!("{other} for {name}, of which {known:?} is known"),
            None => return,
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

fn report(wire: &mut Wire, token: &str) -> (BTreeMap<String, State>, String) {
    let body = format!(
        "<D:sync-collection xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">\
         <D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/>\
         <C:address-data/></D:prop></D:sync-collection>"
    );
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str())];
    let answer = wire.ask("REPORT", BOOK, &headers, body.as_bytes());
    assert_eq!(answer.status, 207, "{}", answer.text());
    let document = roxmltree::Document::parse(answer.text()).unwrap();
    let mut changes = BTreeMap::new();
    for response in document.descendants().filter(|n| n.has_tag_name(("DAV:", "response"))) {
        let text = |name| response.descendants().find(|n| n.tag_name().name() == name)?.text();
        let name = text("href").unwrap().strip_prefix(BOOK).unwrap().to_owned();
        let state = text("address-data").map(|card| {
            let note = card.lines().find_map(|line| line.trim_end().strip_prefix("NOTE:"));
            assert!(card.trim_end().ends_with("END:VCARD"), "{name} is not whole");
            note.unwrap().parse().unwrap()
        });
        changes.insert(name, state);
    }
    let token = document.descendants().rfind(|n| n.has_tag_name(("DAV:", "sync-token")));
    (changes, token.unwrap().text().unwrap().to_owned())
}

/// A client's copy of the book, kept by deltas from one round to the next.
#[derive(Default)]
struct Mirror {
    members: BTreeMap<String, u64>,
    token: String,
}

impl Mirror {
    fn sync(&mut self, wire: &mut Wire) {
        let (changes, token) = report(wire, &self.token);
        for (name, state) in changes {
            match state {
                Some(number) => self.members.insert(name, number),
                None => self.members.remove(&name),
            };
        }
        self.token = token;
    }
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_on(data.path(), &[]);
    server.add_user("alice", "secret");
    drop(server);
    let mut ledgers = vec![vec![Ledger::default(); NAMES]; WRITERS];
    let mut mirror = Mirror::default();
    let (acknowledged, mut slowest) = (AtomicUsize::new(0), Duration::ZERO);
    for round in 0..rounds() {
        let began = Instant::now();
        let server = Server::start_on(data.path(), &[]);
        slowest = slowest.max(began.elapsed());
        let address = server.address();
        // Some rounds are synced before the kill, so that tokens of every age are used.
        if round % 3 != 2 {
            mirror.sync(&mut server.connect());
        }
        thread::scope(|scope| {
            for (writer, ledger) in ledgers.iter_mut().enumerate() {
                let acknowledged = &acknowledged;
                scope.spawn(move || write(address, writer, ledger, acknowledged));
            }
            thread::sleep(Duration::from_millis(40 + (round as u64 * 37) % 160));
            server.kill();
        });
        settle(round, data.path(), &mut ledgers, &mut mirror);
    }
    println!(
        "{} rounds, {} acknowledged writes, slowest start {} ms",
        rounds(),
        acknowledged.load(Ordering::Relaxed),
        slowest.as_millis()
    );
}

/// Starts again and holds what is there against what was acknowledged.
fn settle(round: usize, data: &std::path::Path, ledgers: &mut [Vec<Ledger>], mirror: &mut Mirror) {
    let server = Server::start_on(data, &[]);
    let mut wire = server.connect();
    let (listed, _) = report(&mut wire, "");
    for (writer, ledger) in ledgers.iter_mut().enumerate() {
        for (turn, known) in ledger.iter_mut().enumerate() {
            let name = format!("{writer}-{turn}.vcf");
            let there = listed.get(&name).copied().flatten();
            let stands = there == known.acknowledged || Some(there) == known.in_flight;
            assert!(stands, "round {round}: {name} is {there:?}, known is {known:?}");
            *known = Ledger { acknowledged: there, in_flight: None };
        }
    }
    mirror.sync(&mut wire);
    let present: BTreeMap<String, u64> =
        listed.into_iter().filter_map(|(name, state)| Some((name, state?))).collect();
    assert_eq!(mirror.members, present, "round {round}: the delta of an old token is wrong");
    let output = server.run(&["check"], "");
    assert!(output.status.success(), "round {round}: rolodav check: {}", said(&output));
}

/// The UIDs of the events that a user has, each once, read from a store that nobody has open.
fn uids(data: &std::path::Path, user: &str) -> BTreeSet<String> {
    let output = run(data, &["export", user, "--calendars"], "");
    assert!(output.status.success(), "export {user}: {}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let uids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("UID:")).collect();
    let set: BTreeSet<String> = uids.iter().map(|uid| (*uid).to_owned()).collect();
    assert_eq!(set.len(), uids.len(), "{user} has something twice: {uids:?}");
    set
}

/// The server is killed between commits and what they bring about, until it happened that somebody
/// was not told yet; the next start tells them, each once.
#[test]
fn what_was_to_be_delivered_is_delivered_after_being_killed() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_on(data.path(), &[]);
    for name in ["alice"].iter().chain(&GUESTS) {
        let mail = format!("{name}@example.org");
        let user = ["user", "add", name, "--mail", &mail, "--password-stdin"];
        let output = server.run(&user, "secret");
        assert!(output.status.success(), "user add {name}: {}", said(&output));
    }
    drop(server);
    let mut cut_off = 0;
    for round in 0..20 {
        let server = Server::start_on(data.path(), &[]);
        let address = server.address();
        thread::scope(|scope| {
            scope.spawn(move || invite(address, round));
            thread::sleep(Duration::from_millis(60 + round * 23 % 90));
            server.kill();
        });
        let sent = uids(data.path(), "alice");
        let missing = |data: &std::path::Path| {
            let lacking = |guest: &&str| sent.difference(&uids(data, guest)).count();
            GUESTS.iter().map(lacking).sum::<usize>()
        };
        cut_off += missing(data.path());
        let server = Server::start_on(data.path(), &[]);
        let began = Instant::now();
        while missing(data.path()) > 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "round {round}: not delivered");
            thread::sleep(Duration::from_millis(50));
        }
        let output = server.run(&["check"], "");
        assert!(output.status.success(), "round {round}: rolodav check: {}", said(&output));
        if cut_off > 0 {
            println!("{cut_off} deliveries cut off after {} rounds", round + 1);
            return;
        }
    }
    panic!("no kill ever came between a commit and its deliveries");
}

/// Invites everybody to one thing after the other until the server is gone.
fn invite(address: SocketAddr, round: u64) {
    let Ok(mut stream) = TcpStream::connect(address) else { return };
    let guests: String =
        GUESTS.iter().flat_map(|name| ["ATTENDEE:mailto:", name, "@example.org\r\n"]).collect();
    for number in 0.. {
        let uid = format!("{round}-{number}");
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T100000Z\r\nSUMMARY:x\r\n\
             ORGANIZER:mailto:alice@example.org\r\n{guests}END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let path = format!("/dav/calendars/alice/calendar/{uid}.ics");
        match ask(&mut stream, "PUT", &path, &event) {
            Some(201) => {}
            Some(other) => panic!("{other} for {uid}"),
            None => return,
        }
    }
}

#[test]
fn a_group_that_was_acknowledged_reaches_all_its_members_after_being_killed() {
    const MEMBERS: usize = 300;
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_on(data.path(), &[]);
    server.add_user("alice", "secret");
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let plain = |uid: &str, lines: &str| {
        format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{uid}\r\nN:{uid};;;;\r\n{lines}END:VCARD\r\n"
        )
    };
    for n in 0..MEMBERS {
        let path = format!("{BOOK}m{n}.vcf");
        assert_eq!(ask(&mut stream, "PUT", &path, &plain(&format!("m{n}"), "")), Some(201));
    }
    let members: String = (0..MEMBERS).fold(String::new(), |text, n| {
        text + &format!("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:m{n}\r\n")
    });
    let group = plain("Team", &format!("X-ADDRESSBOOKSERVER-KIND:group\r\n{members}"));
    let address = server.address();
    let sending = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        ask(&mut stream, "PUT", &format!("{BOOK}g.vcf"), &group)
    });
    thread::sleep(Duration::from_millis(40));
    server.kill();
    let answered = sending.join().unwrap().is_some();
    let server = Server::start_on(data.path(), &[]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let stored = ask(&mut stream, "GET", &format!("{BOOK}g.vcf"), "") == Some(200);
    assert!(stored || !answered, "an answer was given before the group was stored");
    let wanted = if stored { MEMBERS } else { 0 };
    let started = Instant::now();
    loop {
        let printed = said(&run(data.path(), &["export", "alice"], ""));
        let tagged = printed.matches("CATEGORIES:Team\r\n").count();
        if tagged == wanted {
            break;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "{tagged} of {wanted} have the tag");
        thread::sleep(Duration::from_millis(200));
    }
    let checked = run(data.path(), &["check"], "");
    assert!(checked.status.success(), "{}", said(&checked));
}
