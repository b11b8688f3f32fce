//! Many clients at once on the real program: exactly one of racing writers wins, and a reader
//! that syncs meanwhile misses nothing. `ROLODAV_LONG=1` runs ten times the rounds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, clippy::string_slice)]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use support::program::said;
use support::{Answer, Server, Wire, basic};

const BOOK: &str = "/dav/addressbooks/alice/contacts/";
const WRITERS: usize = 16;

fn rounds() -> usize {
    if std::env::var_os("ROLODAV_LONG").is_some() { 1000 } else { 100 }
}

fn server() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let server =
        Server::start_on(directory.path(), &[("ROLODAV__LIMITS__REQUESTS_PER_USER", "64")]);
    server.add_user("alice", "secret");
    (directory, server)
}

fn card(uid: &str, note: &str) -> Vec<u8> {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{uid}\r\nN:{uid};;;;\r\nNOTE:{note}\r\n\
         END:VCARD\r\n"
    )
    .into_bytes()
}

/// Signed-in requests on one connection.
struct Client(Wire, String);

impl Client {
    fn of(server: &Server) -> Self {
        Self::at(server.address())
    }

    fn at(address: SocketAddr) -> Self {
        Self(Wire::open(address), basic("alice", "secret"))
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        header: Option<(&str, &str)>,
        body: &[u8],
    ) -> Answer {
        let mut headers = vec![("Authorization", self.1.as_str())];
        headers.extend(header);
        self.0.ask(method, path, &headers, body)
    }
}

/// Runs `race` on all writers at the same moment, `rounds` times; `settle` looks at the statuses.
fn compete(
    server: &Server,
    race: impl Fn(&mut Client, usize, usize, &str) -> u16 + Sync,
    mut prepare: impl FnMut(&mut Client, usize) -> String,
    mut settle: impl FnMut(usize, &[u16]),
) {
    let address = server.address();
    let mut referee = Client::at(address);
    for round in 0..rounds() {
        let known = prepare(&mut referee, round);
        let start = Barrier::new(WRITERS);
        let statuses: Vec<u16> = thread::scope(|scope| {
            let handles: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (start, race, known) = (&start, &race, known.as_str());
                    scope.spawn(move || {
                        let mut client = Client::at(address);
                        start.wait();
                        race(&mut client, round, writer, known)
                    })
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        settle(round, &statuses);
    }
    check(server);
}

fn check(server: &Server) {
    let output = server.run(&["check"], "");
    assert!(output.status.success(), "rolodav check: {}", said(&output));
}

fn exactly_one_won(round: usize, statuses: &[u16], refusal: u16) {
    let won = statuses.iter().filter(|s| (200..300).contains(*s)).count();
    let refused = statuses.iter().filter(|s| **s == refusal).count();
    assert_eq!((won, refused), (1, WRITERS - 1), "round {round}: {statuses:?}");
}

#[test]
fn of_writers_with_the_same_etag_exactly_one_wins() {
    let (_data, server) = server();
    let path = format!("{BOOK}one.vcf");
    compete(
        &server,
        |client, round, writer, etag| {
            let body = card("one", &format!("round {round} writer {writer}"));
            client.ask("PUT", &path, Some(("If-Match", etag)), &body).status
        },
        |client, round| {
            let body = card("one", &format!("before round {round}"));
            let answer = client.ask("PUT", &path, None, &body);
            answer.header("etag").expect("a PUT that changes nothing on the way has an ETag").into()
        },
        |round, statuses| exactly_one_won(round, statuses, 412),
    );
}

#[test]
fn of_creators_of_one_name_exactly_one_wins() {
    let (_data, server) = server();
    compete(
        &server,
        |client, round, writer, _| {
            let (path, uid) = (format!("{BOOK}new-{round}.vcf"), format!("{round}-{writer}"));
            client.ask("PUT", &path, Some(("If-None-Match", "*")), &card(&uid, "")).status
        },
        |_, _| String::new(),
        |round, statuses| exactly_one_won(round, statuses, 412),
    );
}

#[test]
fn of_sixteen_names_with_one_uid_exactly_one_is_taken() {
    let (_data, server) = server();
    compete(
        &server,
        |client, round, writer, _| {
            let path = format!("{BOOK}uid-{round}-{writer}.vcf");
            client.ask("PUT", &path, None, &card(&format!("same-{round}"), "")).status
        },
        |_, _| String::new(),
        |round, statuses| exactly_one_won(round, statuses, 409),
    );
}

#[test]
fn of_makers_of_one_book_exactly_one_wins() {
    let (_data, server) = server();
    compete(
        &server,
        |client, round, _, _| {
            client.ask("MKCOL", &format!("/dav/addressbooks/alice/b{round}/"), None, b"").status
        },
        |_, _| String::new(),
        |round, statuses| exactly_one_won(round, statuses, 405),
    );
}

#[test]
fn a_card_that_is_put_deleted_and_moved_at_once_ends_in_one_place() {
    let (_data, server) = server();
    let mut referee = Client::of(&server);
    assert_eq!(referee.ask("MKCOL", "/dav/addressbooks/alice/other/", None, b"").status, 201);
    let (here, there) = (format!("{BOOK}m.vcf"), "/dav/addressbooks/alice/other/m.vcf");
    compete(
        &server,
        |client, round, writer, etag| match writer % 3 {
            0 => client.ask("PUT", &here, Some(("If-Match", etag)), &card("m", "x")).status,
            1 => client.ask("DELETE", &here, Some(("If-Match", etag)), b"").status,
            _ => {
                let authorization = client.1.clone();
                let headers = [
                    ("Authorization", authorization.as_str()),
                    ("If-Match", etag),
                    ("Destination", there),
                ];
                let _ = round;
                client.0.ask("MOVE", &here, &headers, b"").status
            }
        },
        |client, round| {
            client.ask("DELETE", there, None, b"");
            let body = card("m", &format!("round {round}"));
            client.ask("PUT", &here, None, &body).header("etag").unwrap().to_owned()
        },
        |round, statuses| {
            let won = statuses.iter().filter(|s| (200..300).contains(*s)).count();
            let rest = statuses.iter().all(|s| matches!(s, 200..=299 | 404 | 412));
            assert!(won == 1 && rest, "round {round}: {statuses:?}");
        },
    );
}

/// A mirror of the book as a client keeps it: names and ETags, and the token.
#[derive(Default)]
struct Mirror {
    members: BTreeMap<String, String>,
    token: String,
}

impl Mirror {
    /// Takes one page of changes; tells whether there is more.
    fn sync(&mut self, client: &mut Client, limit: Option<usize>) -> bool {
        let limit = limit
            .map_or(String::new(), |n| format!("<D:limit><D:nresults>{n}</D:nresults></D:limit>"));
        let body = format!(
            "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{}</D:sync-token>\
             <D:sync-level>1</D:sync-level>{limit}<D:prop><D:getetag/></D:prop>\
             </D:sync-collection>",
            self.token
        );
        let answer = client.ask("REPORT", BOOK, None, body.as_bytes());
        assert_eq!(answer.status, 207, "{}", answer.text());
        let document = roxmltree::Document::parse(answer.text()).unwrap();
        let mut more = false;
        for response in document.descendants().filter(|n| n.has_tag_name(("DAV:", "response"))) {
            let text = |name| {
                let mut found = response.descendants();
                found.find(|n| n.has_tag_name(("DAV:", name))).and_then(|n| n.text())
            };
            let href = text("href").unwrap().to_owned();
            if href == BOOK {
                more = true;
            } else if let Some(etag) = text("getetag") {
                self.members.insert(href, etag.to_owned());
            } else {
                assert_eq!(text("status"), Some("HTTP/1.1 404 Not Found"), "{href}");
                self.members.remove(&href);
            }
        }
        let mut nodes = document.root_element().children();
        let token = nodes.find(|n| n.has_tag_name(("DAV:", "sync-token"))).expect("a token");
        token.text().unwrap().clone_into(&mut self.token);
        more
    }
}

#[test]
fn a_reader_that_syncs_during_writes_misses_nothing() {
    let (_data, server) = server();
    let writing = AtomicBool::new(true);
    let left = AtomicUsize::new(8);
    let (each, address) = (rounds(), server.address());
    thread::scope(|scope| {
        for writer in 0..8 {
            let (writing, left) = (&writing, &left);
            scope.spawn(move || {
                let mut client = Client::at(address);
                for n in 0..each {
                    let name = (writer * 31 + n * 7) % 40;
                    let (path, uid) =
                        (format!("{BOOK}{writer}-{name}.vcf"), format!("{writer}-{name}"));
                    let status = if n % 3 == 2 {
                        client.ask("DELETE", &path, None, b"").status
                    } else {
                        client.ask("PUT", &path, None, &card(&uid, &n.to_string())).status
                    };
                    assert!(matches!(status, 201 | 204 | 404), "{status} for {path}");
                }
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    writing.store(false, Ordering::SeqCst);
                }
            });
        }
        for limit in [None, Some(3)] {
            let writing = &writing;
            scope.spawn(move || {
                let mut client = Client::at(address);
                let mut mirror = Mirror::default();
                loop {
                    let last = !writing.load(Ordering::SeqCst);
                    while mirror.sync(&mut client, limit) {}
                    if last {
                        break;
                    }
                }
                let mut fresh = Mirror::default();
                while fresh.sync(&mut client, None) {}
                assert_eq!(mirror.members, fresh.members, "with pages of {limit:?}");
                assert_eq!(mirror.token, fresh.token);
            });
        }
    });
    check(&server);
}

#[test]
fn nothing_is_written_through_a_share_after_its_end_was_confirmed() {
    let (_data, server) = server();
    server.add_user("bob", "secret");
    let share = |verb: &[&str]| {
        let output = server.run(verb, "");
        assert!(output.status.success(), "{verb:?}: {}", said(&output));
    };
    let (bob, address) = (basic("bob", "secret"), server.address());
    for round in 0..rounds() / 20 {
        share(&["book", "share", "alice", "contacts", "bob", "--read-write"]);
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            for writer in 0..4 {
                let (ended, bob) = (&ended, bob.as_str());
                scope.spawn(move || {
                    let mut wire = Wire::open(address);
                    for n in 0.. {
                        let after = ended.load(Ordering::SeqCst);
                        let path = format!("{BOOK}s-{round}-{writer}-{n}.vcf");
                        let body = card(&format!("s-{round}-{writer}-{n}"), "");
                        let answer = wire.ask("PUT", &path, &[("Authorization", bob)], &body);
                        if after {
                            assert!(
                                matches!(answer.status, 404 | 409),
                                "{} after the share ended",
                                answer.status
                            );
                            return;
                        }
                    }
                });
            }
            thread::sleep(std::time::Duration::from_millis(50));
            share(&["book", "unshare", "alice", "contacts", "bob"]);
            ended.store(true, Ordering::SeqCst);
        });
    }
    check(&server);
}
