//! The commands on the quality of cards: on a running server and on a stopped store, and what
//! phones see of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::format_collect)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::program::{json, run, said, text};
use support::{Server, basic};

const CONTACTS: &str = "/dav/addressbooks/alice/contacts/";

fn put(server: &Server, name: &str, card: &str) -> u16 {
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "text/vcard")];
    server.connect().ask("PUT", &format!("{CONTACTS}{name}"), &headers, card.as_bytes()).status
}

fn card(uid: &str, name: &str, lines: &str) -> String {
    let (given, family) = name.split_once(' ').unwrap();
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{family};{given};;;\r\n\
         {lines}END:VCARD\r\n"
    )
}

/// A server with alice and three cards in her book, two of them flawed.
fn set_up(data: &Path) -> Server {
    let server = Server::start_on(data, &[("ROLODAV__CONTACTS__PHONE_REGION", "DE")]);
    server.add_user("alice", "secret");
    let cards = [
        ("bert", "Bert Berg", "EMAIL:bert@gmial.com\r\nTEL:call me\r\nTEL:030 1234567\r\n"),
        ("carl", "Carl Cohn", "EMAIL:carl@example.org\r\nTEL:+49 30 7654321\r\n"),
        ("dora", "Dora Dorn", "BDAY:1985-02-30\r\nEMAIL: dora@example.org.\r\n"),
    ];
    for (uid, name, lines) in cards {
        assert_eq!(put(&server, &format!("{uid}.vcf"), &card(uid, name, lines)), 201, "{uid}");
    }
    server
}

#[test]
fn cards_that_need_attention_are_listed_until_they_are_mended() {
    let data = tempfile::tempdir().unwrap();
    let server = set_up(data.path());
    let told = json(data.path(), &["quality", "alice"]);
    assert_eq!(
        told["counts"],
        json!({ "broken-mail": 2, "broken-phone": 1, "impossible-date": 1 }),
        "{told}"
    );
    assert_eq!((&told["count"], &told["books"][0]["cards"]), (&json!(2), &json!(3)), "{told}");
    assert_eq!(told["books"][0]["score"], 50.0, "{told}");
    let bert = &told["cards"][0];
    assert_eq!((&bert["book"], &bert["card"]), (&json!("contacts"), &json!("bert.vcf")));
    let first = &bert["findings"][0];
    assert_eq!(first["kind"], "broken-mail");
    assert_eq!(first["suggestion"], "bert@gmail.com");
    for words in ["message", "advice"] {
        assert!(first[words].as_str().unwrap().ends_with('.'), "{first}");
    }
    let only = json(data.path(), &["quality", "list", "alice", "--kind", "impossible-date"]);
    assert_eq!(only["cards"].as_array().unwrap().len(), 1, "{only}");
    assert_eq!(only["cards"][0]["uid"], "dora");

    let mended = card("bert", "Bert Berg", "EMAIL:bert@gmail.com\r\nTEL:030 1234567\r\n");
    assert_eq!(put(&server, "bert.vcf", &mended), 204);
    let shown = json(data.path(), &["quality", "show", "alice", "bert"]);
    assert_eq!(shown[0]["findings"], json!([]), "{shown}");
    assert_eq!(shown[0]["score"], 70);
    let words = text(data.path(), &["quality", "alice"]);
    assert!(words.contains("contacts/dora.vcf") && !words.contains("bert"), "{words}");

    drop(server);
    let stopped = json(data.path(), &["quality", "alice", "--book", "contacts"]);
    assert_eq!(stopped["count"], 1, "{stopped}");
    let output = run(data.path(), &["quality", "alice", "--book", "nosuch"], "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    text(data.path(), &["check"]);
}

#[test]
fn what_was_repaired_is_told_until_somebody_looked() {
    let data = tempfile::tempdir().unwrap();
    let server = set_up(data.path());
    assert_eq!(
        put(&server, "e.vcf", "BEGIN:VCARD\r\nUID:e\r\nN:Ender;Emil;;;\r\nEND:VCARD\r\n"),
        201
    );
    let told = json(data.path(), &["quality", "alice", "--kind", "repaired"]);
    let findings = told["cards"][0]["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings.iter().map(|f| f["value"].as_str().unwrap()).collect();
    assert!(codes.contains(&"no-full-name") && codes.contains(&"no-version"), "{told}");
    text(data.path(), &["quality", "confirm", "alice", "contacts/e.vcf"]);
    let told = json(data.path(), &["quality", "alice", "--kind", "repaired"]);
    assert_eq!((&told["count"], &told["cards"]), (&json!(0), &json!([])), "{told}");
}

/// A card of alice's book as it is served.
fn get(server: &Server, name: &str) -> String {
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str())];
    let answer = server.connect().ask("GET", &format!("{CONTACTS}{name}"), &headers, b"");
    assert_eq!(answer.status, 200, "{name}");
    String::from_utf8(answer.body).unwrap()
}

#[test]
fn a_clean_up_is_previewed_done_and_taken_back() {
    let data = tempfile::tempdir().unwrap();
    let server = set_up(data.path());
    text(data.path(), &["note", "add", "alice", "bert", "spoke"]);
    let before = (get(&server, "bert.vcf"), get(&server, "dora.vcf"));
    let preview = json(data.path(), &["quality", "clean", "alice", "--preview"]);
    assert_eq!((&preview["cleanup"], &preview["count"]), (&Value::Null, &json!(2)), "{preview}");
    assert_eq!((get(&server, "bert.vcf"), get(&server, "dora.vcf")), before);

    let only = json(data.path(), &["quality", "clean", "alice", "bert", "--kind", "mails"]);
    assert_eq!(only["count"], 0, "nothing is certain about a typo: {only}");
    let done = json(data.path(), &["quality", "clean", "alice"]);
    let number = done["cleanup"].as_u64().unwrap().to_string();
    let change = &done["cards"][0]["changes"][0];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&json!("030 1234567"), &json!("+49 30 1234567"))
    );
    assert!(get(&server, "dora.vcf").contains("EMAIL:dora@example.org\r\n"));
    let bert = get(&server, "bert.vcf");
    assert!(bert.contains("TEL:+49 30 1234567\r\n") && bert.contains("spoke"), "{bert}");
    let history = text(data.path(), &["history", "alice", "contacts/dora.vcf"]);
    assert!(history.contains("rolodav quality"), "{history}");
    let audit = text(data.path(), &["audit"]);
    assert!(audit.contains("rolodav quality"), "{audit}");
    let listed = json(data.path(), &["quality", "cleanups", "alice"]);
    assert_eq!((&listed[0]["cards"], &listed[0]["undone"]), (&json!(2), &Value::Null), "{listed}");

    let undone = json(data.path(), &["undo", "alice", &number]);
    assert_eq!(undone["restored"].as_array().unwrap().len(), 2, "{undone}");
    assert_eq!(get(&server, "dora.vcf"), before.1);
    let plain = |card: &str| {
        let lines = card.split("\r\n").filter(|line| !line.starts_with("X-ROLODAV-REV"));
        lines.collect::<Vec<_>>().join("\r\n")
    };
    assert_eq!(plain(&get(&server, "bert.vcf")), plain(&before.0));
    let output = run(data.path(), &["quality", "undo", "alice", &number], "");
    assert_eq!(output.status.code(), Some(1), "twice: {}", said(&output));
    text(data.path(), &["check"]);
}

#[test]
fn phones_see_cards_that_need_attention_by_their_tags() {
    let data = tempfile::tempdir().unwrap();
    let server = set_up(data.path());
    let on = ["quality", "tag", "alice", "on", "--kind", "broken-mail"];
    assert_eq!(json(data.path(), &on)[0]["tag"], "Needs attention: e-mail");
    assert!(get(&server, "bert.vcf").contains("CATEGORIES:Needs attention: e-mail\r\n"));
    assert!(!get(&server, "carl.vcf").contains("CATEGORIES"));
    let mended = get(&server, "bert.vcf").replace("gmial", "gmail");
    assert_eq!(put(&server, "bert.vcf", &mended), 204);
    text(data.path(), &["quality", "alice"]);
    let bert = get(&server, "bert.vcf");
    assert!(!bert.contains("CATEGORIES") && bert.contains("gmail.com"), "{bert}");
    assert_eq!(json(data.path(), &["quality", "tag", "alice", "off"]), json!([]));
    assert!(!get(&server, "dora.vcf").contains("CATEGORIES"));
    let tags = text(data.path(), &["tag", "list", "alice"]);
    assert!(!tags.contains("attention"), "{tags}");
}

#[test]
fn cards_that_may_be_of_one_person_need_attention_until_they_do_not() {
    let data = tempfile::tempdir().unwrap();
    let server = set_up(data.path());
    let again = "EMAIL:carl@example.org\r\nTEL:+49 30 7654321\r\nORG:Loom\r\n";
    assert_eq!(put(&server, "again.vcf", &card("again", "Carl Cohn", again)), 201);
    let list = ["quality", "alice", "--kind", "possible-duplicate"];
    let told = json(data.path(), &list);
    assert_eq!(told["counts"]["possible-duplicate"], 2, "{told}");
    let finding = &told["cards"][0]["findings"][0];
    assert_eq!(
        (&finding["kind"], &finding["value"]),
        (&json!("possible-duplicate"), &json!("Carl Cohn"))
    );
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("contacts/carl.vcf: "), "{message}");
    let shown = text(data.path(), &["quality", "show", "alice", "again"]);
    assert!(shown.contains("duplicates not-same"), "{shown}");

    text(data.path(), &["duplicates", "not-same", "alice", "again", "carl"]);
    let told = json(data.path(), &list);
    assert_eq!((&told["count"], &told["cards"]), (&json!(0), &json!([])), "{told}");
    assert_eq!(told["counts"].get("possible-duplicate"), None, "{told}");
    let audit = json(data.path(), &["audit", "alice"]);
    let noted = |row: &&Value| row["detail"] == "not the same as another contact";
    let names: Vec<&Value> =
        audit.as_array().unwrap().iter().filter(noted).map(|row| &row["name"]).collect();
    assert_eq!(names, [&json!("Carl Cohn"), &json!("Carl Cohn")], "{audit}");
    text(data.path(), &["check"]);
}

#[test]
fn hostile_cards_are_taken_told_of_and_hold_up_nobody() {
    let data = tempfile::tempdir().unwrap();
    let server = set_up(data.path());
    let mails: String =
        (0..1000).map(|n| format!("EMAIL:a{n}@@x{}\r\n", "y".repeat(n % 300))).collect();
    let phones: String = (0..1000).map(|n| format!("TEL:+{}\r\n", "9".repeat(n))).collect();
    for (name, lines) in [
        ("mails", mails),
        ("phones", phones),
        (
            "signs",
            "EMAIL:a\u{1b}[2J@x\u{202e}gro.elpmaxe\r\nTEL:\u{1b}]0;x\u{7}\r\nNOTE:\u{0}\r\n"
                .to_owned(),
        ),
        ("long", format!("FN:{0}\r\nBDAY:{0}\r\nEMAIL:{0}\r\n", "x".repeat(200_000))),
        ("same", "URL:http://a.example\r\n".repeat(1000)),
    ] {
        let card = card(name, &format!("{name} Hostile"), &lines);
        let status = put(&server, &format!("{name}.vcf"), &card);
        assert!(matches!(status, 201 | 403 | 413), "{name}: {status}");
    }
    let started = std::time::Instant::now();
    let told = json(data.path(), &["quality", "alice"]);
    for card in told["cards"].as_array().unwrap() {
        let findings = card["findings"].as_array().unwrap();
        assert!(findings.len() <= 65, "{}", card["card"]);
        for finding in findings {
            let value = finding["value"].as_str().unwrap();
            assert!(value.chars().count() <= 121 && !value.contains(char::is_control), "{finding}");
        }
    }
    let words = text(data.path(), &["quality", "alice"]);
    assert!(!words.contains('\u{1b}') && !words.contains('\u{7}'), "signs reach the terminal");
    let done = json(data.path(), &["quality", "clean", "alice"]);
    assert!(done["failed"].as_array().unwrap().is_empty(), "{done}");
    json(data.path(), &["undo", "alice", &done["cleanup"].to_string()]);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    text(data.path(), &["check"]);
}
