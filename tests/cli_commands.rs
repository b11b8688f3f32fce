//! The commands of the real program: on a running server and on a stopped store, with the exit
//! status and the words that people and scripts rely on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::program::{json_with as json, run, said};
use support::{Server, basic};

/// Runs a command that must succeed, and reads what it prints as JSON.
fn status(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn ask(server: &Server, who: (&str, &str), method: &str, path: &str, body: &str) -> (u16, String) {
    let authorization = basic(who.0, who.1);
    let mut headers = vec![("Authorization", authorization.as_str())];
    headers.extend((method == "PROPFIND").then_some(("Depth", "0")));
    let answer = server.connect().ask(method, path, &headers, body.as_bytes());
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

fn card(uid: &str, name: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEND:VCARD\r\n")
}

const ALICE: (&str, &str) = ("alice", "secret");
const CONTACTS: &str = "/dav/addressbooks/alice/contacts/";

/// What there is to see after [`set_up`].
fn seen(data: &Path) -> Value {
    json!({
        "users": json(data, &["user", "list"], ""),
        "groups": json(data, &["group", "list"], ""),
        "books": json(data, &["book", "list", "alice"], ""),
        "shares": json(data, &["book", "shares", "alice"], ""),
        "devices": json(data, &["device", "list", "alice"], ""),
        "trash": json(data, &["book", "trash", "alice"], ""),
        "attention": json(data, &["book", "attention", "alice"], ""),
        "check": json(data, &["check"], ""),
    })
}

fn set_up(data: &Path) {
    let user = ["user", "add", "alice", "--mail", "Alice@Example.org", "--password-stdin"];
    assert_eq!(json(data, &user, "secret")["id"], "alice");
    assert_eq!(json(data, &["user", "add", "Bob", "--admin", "--no-password"], "")["id"], "bob");
    json(data, &["user", "zone", "alice", "Romance Standard Time"], "");
    let zone = said(&run(data, &["user", "zone", "alice"], ""));
    assert!(zone.contains("alice types are meant in Europe/Paris"), "{zone}");
    json(data, &["group", "add", "team", "--display-name", "The team"], "");
    let members = json(data, &["group", "members", "team", "--add", "bob", "--add", "ALICE"], "");
    assert_eq!(members[0]["members"], json!(["alice", "bob"]));
    json(data, &["book", "create", "alice", "office", "--display-name", "At work"], "");
    json(data, &["book", "share", "alice", "office", "team", "--read-write"], "");
    let device =
        json(data, &["device", "add", "alice", "phone", "--book", "office", "--read-only"], "");
    assert_eq!(device["user_name"], "alice");
    assert_eq!(device["password"].as_str().unwrap().len(), 39, "{device}");
}

#[test]
fn a_command_means_the_same_on_a_server_and_on_a_stopped_store() {
    let server = Server::start();
    set_up(server.data());
    let running = seen(server.data());

    let stopped = tempfile::tempdir().unwrap();
    set_up(stopped.path());
    let alone = seen(stopped.path());

    let without_times = |value: &Value| {
        let text = value.to_string();
        let mut parts = text.split("\"created\":\"");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.get("2026-11-22T15:46:29Z".len()..).unwrap())
    };
    assert_eq!(without_times(&running), without_times(&alone));
    assert_eq!(running["users"][1]["admin"], true);
    assert_eq!(running["users"][1]["password"], false);
    assert_eq!(running["shares"][0]["access"], "read-write");
    assert_eq!(running["devices"][0]["books"], json!(["alice/office"]));
    assert_eq!(running["books"][1]["path"], "/dav/addressbooks/alice/office/");
    assert_eq!(running["check"]["fault_count"], 0);
}

#[test]
fn refusals_exit_with_1_and_say_what_to_do_wrong_usage_exits_with_2() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let output = run(data, &["user", "list"], "");
    assert_eq!(status(&output), 1);
    assert!(said(&output).contains("There is no store in"), "{}", said(&output));
    assert!(std::fs::read_dir(data).unwrap().next().is_none(), "looking made a store");

    set_up(data);
    for (arguments, input, wanted, says) in [
        (&["user", "add", "ALICE", "--no-password"][..], "", 1, "Somebody already signs in as"),
        (&["user", "add", "a:b", "--no-password"], "", 1, "cannot carry a colon"),
        (&["user", "add", "carl", "--password-stdin"], "", 1, "The password is empty"),
        (&["user", "add", "carl"], "", 1, "--password-stdin"),
        (&["user", "passwd", "carl", "--password-stdin"], "x", 1, "There is no user or group"),
        (&["user", "zone", "alice", "Mars/Base"], "", 1, "`Mars/Base` is not a known time zone"),
        (&["device", "revoke", "alice", "99"], "", 1, "`rolodav device list USER` shows them"),
        (&["device", "revoke", "alice", "x"], "", 2, "invalid value 'x'"),
        (&["device", "add", "team", "x"], "", 1, "is a group; name a user"),
        (&["book", "share", "alice", "nothing", "bob"], "", 1, "`alice` has no book `nothing`"),
        (&["book", "share", "alice", "office", "alice"], "", 1, "own already"),
        (&["book", "unshare", "alice", "office", "bob"], "", 1, "is not shared with `bob`"),
        (&["book", "create", "alice", "a/b"], "", 1, "cannot be a book's name"),
        (&["book", "create", "alice", "office"], "", 1, "has a book `office` already"),
        (&["restore", "alice", "nothing"], "", 1, "`rolodav book trash alice` shows"),
        (&["restore", "alice", "office/a.vcf"], "", 1, "There is no version 1 of `office/a.vcf`"),
        (&["restore", "alice", "office/a.vcf", "--version", "0"], "", 2, "invalid value '0'"),
        (&["history", "alice", "office"], "", 2, "BOOK/CARD"),
        (&["export", "alice", "nothing"], "", 1, "has no book `nothing`"),
        (&["doctor", "ftp://x"], "", 2, "is no address of a server"),
        (&["usr", "list"], "", 2, "similar subcommand exists: 'user'"),
        (&["user", "list", "--config", "/no/such/file"], "", 2, "cannot be read"),
    ] {
        let output = run(data, arguments, input);
        assert_eq!(status(&output), wanted, "{arguments:?}: {}", said(&output));
        assert!(
            said(&output).contains(says),
            "{arguments:?} does not say {says:?}: {}",
            said(&output)
        );
        assert!(output.stdout.is_empty(), "{arguments:?} printed a refusal as an answer");
    }
}

#[test]
fn passwords_work_and_stop_working_at_once_on_a_running_server() {
    let server = Server::start();
    let data = server.data();
    server.add_user("alice", "secret");
    let signs_in =
        |name: &str, password: &str| ask(&server, (name, password), "PROPFIND", "/dav/", "").0;
    assert_eq!(signs_in("alice", "secret"), 207);

    let device = json(data, &["device", "add", "alice", "my phone"], "");
    let app_password = device["password"].as_str().unwrap();
    assert_eq!(signs_in("alice", app_password), 207);
    assert_eq!(signs_in("Alice", &app_password.to_uppercase().replace('-', "")), 207);
    let number = device["device"].to_string();
    json(data, &["device", "revoke", "alice", &number], "");
    assert_eq!(signs_in("alice", app_password), 401, "a revoked device gets in");

    json(data, &["user", "passwd", "alice", "--password-stdin"], "new secret");
    assert_eq!(signs_in("alice", "secret"), 401, "the old password gets in");
    assert_eq!(signs_in("alice", "new secret"), 207);
    json(data, &["user", "disable", "alice"], "");
    assert_eq!(signs_in("alice", "new secret"), 401, "a disabled user gets in");
    json(data, &["user", "enable", "alice"], "");
    assert_eq!(signs_in("alice", "new secret"), 207);
    json(data, &["user", "remove", "alice"], "");
    assert_eq!(signs_in("alice", "new secret"), 401, "a removed user gets in");
}

#[test]
fn shares_and_views_take_effect_at_once() {
    let server = Server::start();
    let data = server.data();
    server.add_user("alice", "secret");
    server.add_user("bob", "secret");
    let bob = |method: &str, path: &str, body: &str| {
        ask(&server, ("bob", "secret"), method, path, body).0
    };
    let path = format!("{CONTACTS}a.vcf");
    assert_eq!(ask(&server, ALICE, "PUT", &path, &card("1", "A")).0, 201);

    assert_eq!(bob("GET", &path, ""), 404, "a stranger learns that there is a card");
    json(data, &["book", "share", "alice", "contacts", "bob"], "");
    assert_eq!(bob("GET", &path, ""), 200);
    assert_eq!(bob("PUT", &path, &card("1", "B")), 403);
    json(data, &["book", "share", "alice", "contacts", "bob", "--read-write"], "");
    assert_eq!(bob("PUT", &path, &card("1", "B")), 204);
    json(data, &["book", "unshare", "alice", "contacts", "bob"], "");
    assert_eq!(bob("GET", &path, ""), 404, "an ended share still shows");

    let device = json(data, &["device", "add", "alice", "kiosk", "--read-only"], "");
    let kiosk = ("alice", device["password"].as_str().unwrap());
    assert_eq!(ask(&server, kiosk, "GET", &path, "").0, 200);
    assert_eq!(ask(&server, kiosk, "PUT", &path, &card("1", "C")).0, 403);
    json(data, &["book", "create", "alice", "office"], "");
    let number = device["device"].to_string();
    json(data, &["device", "profile", "alice", &number, "--book", "office"], "");
    assert_eq!(ask(&server, kiosk, "GET", &path, "").0, 404, "a hidden book shows");
}

#[test]
fn what_was_overwritten_or_deleted_comes_back() {
    let server = Server::start();
    let data = server.data();
    server.add_user("alice", "secret");
    let path = format!("{CONTACTS}a.vcf");
    let put = |name: &str| ask(&server, ALICE, "PUT", &path, &card("1", name)).0;
    let get = || ask(&server, ALICE, "GET", &path, "");
    assert_eq!((put("One"), put("Two"), put("Three")), (201, 204, 204));

    let versions = json(data, &["history", "alice", "contacts/a.vcf"], "");
    assert_eq!(versions.as_array().unwrap().len(), 2, "{versions}");
    let shown = run(data, &["history", "alice", "contacts/a.vcf", "--show", "2"], "");
    assert_eq!(String::from_utf8_lossy(&shown.stdout), card("1", "One"));
    json(data, &["restore", "alice", "contacts/a.vcf", "--version", "2"], "");
    assert_eq!(get(), (200, card("1", "One")));

    assert_eq!(ask(&server, ALICE, "DELETE", &path, "").0, 204);
    assert_eq!(json(data, &["book", "trash", "alice"], "")[0]["what"], "contacts/a.vcf");
    json(data, &["restore", "alice", "contacts/a.vcf"], "");
    assert_eq!(get(), (200, card("1", "One")));
    assert_eq!(json(data, &["book", "trash", "alice"], ""), json!([]));

    assert_eq!(ask(&server, ALICE, "DELETE", CONTACTS, "").0, 204);
    json(data, &["book", "create", "alice", "contacts"], "");
    let output = run(data, &["restore", "alice", "contacts"], "");
    assert!(said(&output).contains("--as NAME"), "{}", said(&output));
    json(data, &["restore", "alice", "contacts", "--as", "old"], "");
    let restored = ask(&server, ALICE, "GET", "/dav/addressbooks/alice/old/a.vcf", "");
    assert_eq!(restored, (200, card("1", "One")));
    assert_eq!(json(data, &["check"], "")["fault_count"], 0);
}

#[test]
fn export_prints_every_card_as_it_is_served() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_on(data.path(), &[]);
    server.add_user("alice", "secret");
    let mut wire = server.connect();
    let authorization = basic(ALICE.0, ALICE.1);
    let headers = [("Authorization", authorization.as_str())];
    let mut cards: Vec<(String, String)> = (0..700)
        .map(|n| (format!("{n}.vcf"), card(&n.to_string(), &"long name ".repeat(n % 40 + 1))))
        .collect();
    for (name, card) in &cards {
        let path = format!("{CONTACTS}{name}");
        assert_eq!(wire.ask("PUT", &path, &headers, card.as_bytes()).status, 201);
    }
    cards.sort();
    let wanted: String = cards.iter().map(|(_, card)| card.as_str()).collect();
    let running = server.run(&["export", "alice"], "");
    assert!(running.status.success(), "{}", said(&running));
    assert_eq!(String::from_utf8_lossy(&running.stdout), wanted);
    // Killed, so that its socket stays behind as well.
    server.kill();
    let alone = run(data.path(), &["export", "alice", "contacts"], "");
    assert!(alone.status.success(), "{}", said(&alone));
    assert_eq!(alone.stdout, running.stdout);
}

#[test]
fn export_prints_calendars_whole() {
    let server = Server::start();
    server.add_user("alice", "secret");
    let mut wire = server.connect();
    let authorization = basic(ALICE.0, ALICE.1);
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "text/calendar")];
    for (calendar, kind) in [("calendar", "VEVENT"), ("tasks", "VTODO")] {
        for n in 0..3 {
            let object = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:{kind}\r\nUID:{n}\r\n\
                 DTSTAMP:20260101T000000Z\r\nDTSTART:20260301T100000Z\r\nX-OWN:{calendar}\r\n\
                 END:{kind}\r\nEND:VCALENDAR\r\n"
            );
            let path = format!("/dav/calendars/alice/{calendar}/{n}.ics");
            assert_eq!(wire.ask("PUT", &path, &headers, object.as_bytes()).status, 201);
        }
    }
    for (arguments, calendars, events, tasks) in [
        (&["export", "alice", "calendar"][..], 1, 3, 0),
        (&["export", "alice", "tasks"][..], 1, 0, 3),
        // With the birthdays, of which there are none.
        (&["export", "alice", "--calendars"][..], 3, 3, 3),
    ] {
        let printed = server.run(arguments, "");
        assert!(printed.status.success(), "{arguments:?}: {}", said(&printed));
        let text = String::from_utf8_lossy(&printed.stdout);
        let count = |what: &str| text.matches(what).count();
        let found = (count("BEGIN:VCALENDAR"), count("X-OWN:calendar"), count("X-OWN:tasks"));
        assert_eq!(found, (calendars, events, tasks), "{arguments:?}: {text}");
    }
    let path = "/dav/calendars/alice/calendar/flawed.ics";
    let flawed = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n\
                  DTSTAMP:20260101T000000Z\r\nDTSTART:20260301T100000Z\r\nSUMMARY:No UID\r\n\
                  END:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(wire.ask("PUT", path, &headers, flawed.as_bytes()).status, 201);
    for arguments in
        [&["book", "attention", "alice"][..], &["book", "attention", "alice", "calendar"]]
    {
        let listed = server.run(arguments, "");
        assert!(said(&listed).contains("flawed.ics"), "{arguments:?}: {}", said(&listed));
    }
}

#[test]
fn a_socket_left_behind_is_no_obstacle_and_a_live_one_is_private() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_on(data.path(), &[]);
    server.add_user("alice", "secret");
    let socket = data.path().join("control.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others can talk to the server");
    server.kill();
    assert!(socket.exists(), "nothing was left behind");
    assert_eq!(json(data.path(), &["user", "list"], "")[0]["id"], "alice");

    let server = Server::start_on(data.path(), &[]);
    server.add_user("bob", "secret");
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(!socket.exists(), "a server that ended in order leaves its socket");
    assert_eq!(json(data.path(), &["user", "list"], "").as_array().unwrap().len(), 2);
}

#[test]
fn commands_and_a_starting_server_wait_for_each_other() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    std::thread::scope(|scope| {
        let adding: Vec<_> = (0..6)
            .map(|n| {
                let name = format!("user{n}");
                scope.spawn(move || run(data, &["user", "add", &name, "--no-password"], ""))
            })
            .collect();
        let server = Server::start_on(data, &[]);
        for output in adding {
            let output = output.join().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        }
        assert_eq!(json(data, &["user", "list"], "").as_array().unwrap().len(), 6);
        drop(server);
    });
}

#[test]
fn the_doctor_walks_from_the_bare_address_to_a_sync() {
    let server = Server::start();
    server.add_user("alice", "secret");
    let url = format!("http://{}", server.address());
    let healthy = server.run(&["doctor", &url, "--user", "alice", "--password-stdin"], "secret");
    assert!(healthy.status.success(), "{}", said(&healthy));
    let text = said(&healthy);
    for step in ["server", "well-known address", "sign-in", "books", "calendars", "sync", "writing"]
    {
        assert!(text.contains(&format!("ok       {step}: ")), "{step} is missing in:\n{text}");
    }
    assert_eq!(json(server.data(), &["check"], "")["cards"], 0, "the doctor left a card behind");

    let nobody = server.run(&["doctor", &url], "");
    assert!(nobody.status.success(), "a sound server has no faults: {}", said(&nobody));

    let wrong = server.run(&["doctor", &url, "--user", "alice", "--password-stdin"], "wrong");
    assert_eq!(status(&wrong), 1);
    assert!(said(&wrong).contains("FAULT    sign-in: the name or password is refused"));
    server.run(&["user", "remove", "alice"], "");
    let address = url.clone();
    drop(server);
    let data = tempfile::tempdir().unwrap();
    let gone = run(data.path(), &["doctor", &address], "");
    assert_eq!(status(&gone), 1);
    assert!(said(&gone).contains("Is the server running"), "{}", said(&gone));
}

#[test]
fn tags_are_kept_in_the_cards() {
    let server = Server::start();
    let data = server.data();
    set_up(data);
    for (uid, lines) in [("a", "CATEGORIES:Friends\r\nEMAIL:a@example.org\r\n"), ("b", "")] {
        let text = card(uid, uid).replace("END:", &format!("{lines}END:"));
        let path = format!("{CONTACTS}{uid}.vcf");
        assert_eq!(ask(&server, ALICE, "PUT", &path, &text).0, 201);
    }
    json(data, &["tag", "create", "alice", "Work/Berlin", "--color", "#3584e4"], "");
    json(data, &["tag", "add", "alice", "work/berlin", "A@example.org", "contacts/b"], "");
    let (_, text) = ask(&server, ALICE, "GET", &format!("{CONTACTS}b.vcf"), "");
    assert!(text.contains("\r\nCATEGORIES:Work/Berlin\r\n"), "{text}");
    json(data, &["tag", "rename", "alice", "Work/Berlin", "Office"], "");
    let listed = json(data, &["tag", "list", "alice"], "");
    let rows: Vec<_> = listed.as_array().unwrap().iter().collect();
    let seen: Vec<_> = rows.iter().map(|row| (&row["tag"], &row["cards"], &row["color"])).collect();
    let (friends, office, one, two) = (json!("Friends"), json!("Office"), json!(1), json!(2));
    let wanted = [(&friends, &one, &Value::Null), (&office, &two, &json!("#3584e4"))];
    assert_eq!(seen, wanted);
    json(data, &["tag", "remove", "alice", "Office", "b"], "");
    json(data, &["tag", "delete", "alice", "friends"], "");
    let listed = json(data, &["tag", "list", "alice"], "");
    assert_eq!((&listed[0]["tag"], &listed[0]["cards"]), (&office, &one));
    for wrong in [&["tag", "delete", "alice", "none"][..], &["tag", "add", "alice", "x", "nobody"]]
    {
        assert_eq!(status(&run(data, wrong, "")), 1, "{wrong:?}");
    }
    let checked = json(data, &["check"], "");
    assert_eq!(checked["fault_count"], 0, "{checked}");
}

#[test]
fn mail_from_a_pipe_is_logged_and_the_exit_status_tells_a_mail_server_what_became_of_it() {
    let server = Server::start();
    let data = server.data();
    set_up(data);
    let text = card("bert", "Bert").replace("END:", "EMAIL:bert@example.net\r\nEND:");
    assert_eq!(ask(&server, ALICE, "PUT", &format!("{CONTACTS}bert.vcf"), &text).0, 201);
    let made = json(data, &["capture", "address", "alice"], "");
    let address = made["address"].as_str().unwrap();
    assert_eq!(status(&run(data, &["capture", "address", "alice"], "")), 1, "a second one");
    let mail = "From: bert@example.net\r\nTo: alice@example.org\r\nSubject: Offer\r\n\r\nHi\r\n";
    let stranger = mail.replace("bert@", "dora@");
    let both = |to: &str, given: &str, wanted: i32, words: &str| {
        let output = run(data, &["capture", "mail", "--to", to, "--from", "x@example.net"], given);
        assert_eq!(status(&output), wanted, "{}", said(&output));
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    };
    both(address, mail, 0, "Logged with one contact.");
    both(address, mail, 0, "it is known");
    both(address, &stranger, 0, "waits to be assigned");
    both("alice+nothing@example.org", mail, 67, "Nobody has this address.");
    both(address, "nonsense", 65, "This is no mail");
    let empty = run(data, &["capture", "mail", "--to", address, "--from", ""], mail);
    assert!(said(&empty).contains("Not logged: it is a report"), "{}", said(&empty));
    let senders = json(data, &["capture", "senders", "alice"], "");
    assert_eq!(
        (&senders[0]["mail"], &senders[0]["mails"]),
        (&json!("dora@example.net"), &json!(1))
    );
    assert_eq!(
        status(&run(data, &["capture", "assign", "alice", "dora@example.net", "nobody"], "")),
        1
    );
    json(data, &["capture", "assign", "alice", "dora@example.net", "bert"], "");
    assert_eq!(json(data, &["capture", "senders", "alice"], ""), json!([]));
    json(data, &["capture", "own", "alice", "--add", "a@private.example"], "");
    assert_eq!(json(data, &["capture", "own", "alice"], ""), json!(["a@private.example"]));
    json(data, &["capture", "address", "alice", "--revoke"], "");
    both(address, mail, 67, "Nobody has this address.");
    let nowhere = tempfile::tempdir().unwrap();
    let output = run(&nowhere.path().join("none"), &["capture", "mail", "--to", address], mail);
    assert_eq!(status(&output), 75, "no store yet is no reason to lose mail: {}", said(&output));
    assert_eq!(json(data, &["check"], "")["fault_count"], 0);
}
