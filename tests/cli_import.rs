//! Files of many cards into a book: what becomes of each, on a running server and on a stopped
//! store, and that importing again changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice)]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use support::program::{run, said};
use support::{Server, basic};

const CONTACTS: &str = "/dav/addressbooks/alice/contacts/";

/// One card of each kind that a file may hold.
const FILE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nKIND:group\r\nUID:g1\r\nFN:Rowers\r\nN:Rowers;;;;\r\n\
    X-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:u1\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u1\r\nFN:Anna\r\nN:Anna;;;;\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen\r\n\
    NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\r\ntwo\r\nTEL;CELL:+49 30 1\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u1\r\nFN:Somebody else\r\nN:x;;;;\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u2\r\nFN:Bert\r\nNOTE:+call yesterday spoke of boats\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u3\r\nFN:No end\r\nN:No end;;;;\r\n";

/// The lines of an import: of the cards, and the summary.
fn import(data: &Path, file: &str, status: i32) -> (Vec<Value>, Value) {
    let output = run(data, &["import", "alice/contacts", "-", "--json"], file);
    assert_eq!(output.status.code(), Some(status), "{}", said(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap()["summary"].take();
    lines.sort_by_key(|line| line["line"].as_u64());
    (lines, summary)
}

fn results(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["result"].as_str().unwrap()).collect()
}

fn ask(server: &Server, method: &str, path: &str, body: &str) -> (u16, String) {
    let authorization = basic("alice", "secret");
    let mut headers = vec![("Authorization", authorization.as_str())];
    headers.extend((method == "REPORT").then_some(("Depth", "1")));
    let answer = server.connect().ask(method, path, &headers, body.as_bytes());
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// What changes with every write into the book.
fn state(server: &Server) -> String {
    let body = "<propfind xmlns='DAV:'><prop><sync-token/></prop></propfind>";
    ask(server, "PROPFIND", CONTACTS, body).1
}

#[test]
fn every_card_is_told_of_and_the_second_time_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = Server::start_on(data, &[]);
    server.add_user("alice", "secret");

    let (rows, summary) = import(data, FILE, 1);
    let wanted = ["created", "created", "created", "refused", "created", "created"];
    assert_eq!(results(&rows), wanted, "{rows:#?}");
    let lines: Vec<_> = rows.iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 10, 16, 23, 29, 35]);
    assert_eq!(rows[2]["name"], "Jürgen Müller");
    assert!(!rows[2]["repaired"].as_array().unwrap().is_empty(), "{}", rows[2]);
    let why = rows[3]["why"].as_str().unwrap();
    assert!(why.contains("line 10"), "it says where the other one is: {why}");
    assert!(rows[5]["repaired"][0].as_str().unwrap().contains("no end"), "{}", rows[5]);
    assert_eq!(summary["created"], 5);

    let (status, anna) = ask(&server, "GET", &format!("{CONTACTS}u1.vcf"), "");
    assert_eq!(status, 200);
    assert!(anna.contains("CATEGORIES:Rowers"), "the group became a tag of its member: {anna}");
    let (_, bert) = ask(&server, "GET", &format!("{CONTACTS}u2.vcf"), "");
    assert!(bert.contains("X-ROLODAV-INTERACTION"), "what was typed is logged: {bert}");

    let before = state(&server);
    for _ in 0..2 {
        let (rows, _) = import(data, FILE, 1);
        let wanted = ["unchanged", "unchanged", "unchanged", "refused", "unchanged", "unchanged"];
        assert_eq!(results(&rows), wanted, "{rows:#?}");
    }
    assert_eq!(state(&server), before, "the second time wrote something");
    drop(server);

    // A stopped store says the same.
    let (rows, _) = import(data, FILE, 1);
    assert!(!results(&rows).contains(&"created"), "{rows:#?}");
    let server = Server::start_on(data, &[]);
    let (_, bert) = ask(&server, "GET", &format!("{CONTACTS}u2.vcf"), "");
    assert_eq!(bert.matches("X-ROLODAV-INTERACTION").count(), 1, "{bert}");
}

#[test]
fn many_plain_cards_come_in_at_once_and_leave_no_trace_the_second_time() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = Server::start_on(data, &[]);
    server.add_user("alice", "secret");
    let mut file = String::new();
    for n in 0..1500 {
        let uid = if n % 3 == 0 { String::new() } else { format!("UID:many-{n}\n") };
        let _ = write!(
            file,
            "BEGIN:VCARD\nVERSION:3.0\n{uid}FN:Person {n}\nN:{n};Person;;;\nEMAIL:p{n}@example.org\nEND:VCARD\n"
        );
    }
    let (rows, summary) = import(data, &file, 0);
    let wanted = json!({
        "cards": 1500, "created": 1500, "updated": 0, "unchanged": 0, "refused": 0, "repaired": 500
    });
    assert_eq!((rows.len(), &summary), (1500, &wanted));
    let before = state(&server);
    let (_, summary) = import(data, &file, 0);
    assert_eq!(summary["unchanged"], 1500, "{summary}");
    assert_eq!(state(&server), before, "the second time wrote something");

    let changed = file.replace("Person 700", "Person 700 b");
    let (_, summary) = import(data, &changed, 0);
    assert_eq!((&summary["updated"], &summary["unchanged"]), (&json!(1), &json!(1499)));
    let checked = run(data, &["check"], "");
    assert!(checked.status.success(), "{}", said(&checked));
}

#[test]
fn limits_hold_and_one_bad_card_stops_no_other() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let small = [("ROLODAV__LIMITS__CARD_BYTES", "2000"), ("ROLODAV__STORE__QUOTA_MIB", "1")];
    let server = Server::start_on(data, &small);
    server.add_user("alice", "secret");
    let card = |n: usize, note: usize| {
        format!(
            "BEGIN:VCARD\nVERSION:3.0\nUID:n{n}\nFN:N {n}\nN:N;;;;\nNOTE:{}\nEND:VCARD\n",
            "x".repeat(note)
        )
    };
    let large = format!("{}{}{}", card(1, 10), card(2, 5000), card(3, 10));
    let (rows, _) = import(data, &large, 1);
    assert_eq!(results(&rows), ["created", "refused", "created"]);
    assert!(rows[1]["why"].as_str().unwrap().contains("2000 bytes"), "{}", rows[1]);

    let full: String = (10..800).map(|n| card(n, 1800)).collect();
    let (rows, summary) = import(data, &full, 1);
    let (created, refused) = (summary["created"].as_u64(), summary["refused"].as_u64());
    assert!(created > Some(500) && refused > Some(100), "{summary}");
    let why = rows.last().unwrap()["why"].as_str().unwrap().to_owned();
    assert!(why.contains("no space left"), "{why}");
    drop(server);
}

#[test]
fn what_cannot_be_imported_is_told() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = Server::start_on(data, &[]);
    server.add_user("alice", "secret");
    for (arguments, input, status, words) in [
        (&["import", "alice/nowhere", "-"][..], FILE, 1, "has no book `nowhere`"),
        (&["import", "alice/contacts", "-"], "no cards\n", 1, "no contact card"),
        (&["import", "alice/contacts", "/no/such/file"], "", 2, "cannot be read"),
        (&["import", "alice", "-"], "", 2, "USER/BOOK"),
    ] {
        let output = run(data, arguments, input);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
    let output = run(data, &["import", "alice/contacts", "-"], FILE);
    let text = said(&output);
    assert!(text.contains("line 10: created    Anna\n"), "{text}");
    assert!(text.contains("line 23: refused    Somebody else: It has the same UID"), "{text}");
    assert!(text.contains("6 cards: 5 created"), "{text}");
    let output = run(data, &["import", "alice/contacts", "-", "--quiet"], FILE);
    assert!(!said(&output).contains("line 10:"), "{}", said(&output));
}
