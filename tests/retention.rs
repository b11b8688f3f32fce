//! Rules by which books let go of cards, as commands on a running server make, show and end them.
//! What happens when their time comes is tested beside the code, with a clock that can be turned.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice)]

mod support;

use serde_json::{Value, json};
use support::program::{json, run, said, text};
use support::{Server, basic};

fn uids(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["uid"].as_str().unwrap()).collect()
}

#[test]
fn what_a_rule_is_about_is_shown_before_it_goes() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = Server::start_on(data, &[]);
    server.add_user("alice", "secret");
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "text/vcard")];
    for (uid, revised) in [("bert", "20200101T000000Z"), ("carl", "20200101T000000Z"), ("dora", "")]
    {
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{uid} Lee\r\nN:Lee;{uid};;;\r\n\
             REV:{revised}\r\nEND:VCARD\r\n"
        );
        let path = format!("/dav/addressbooks/alice/contacts/{uid}.vcf");
        let status = server.connect().ask("PUT", &path, &headers, card.as_bytes()).status;
        assert_eq!(status, 201, "{uid}");
    }
    let book = "alice/contacts";
    let set = ["retention", "set", book, "move-to-trash", "--after", "2", "--unit", "years"];
    let more = ["--since", "changed", "--notice", "14", "--exempt-tag", "VIP"];
    let told = text(data, &[&set[..], &more[..]].concat());
    assert!(told.contains("2 cards"), "{told}");
    let rules = json(data, &["retention", "list", "alice"]);
    let number = rules[0]["rule"].as_u64().unwrap().to_string();
    assert_eq!(
        (&rules[0]["unit"], &rules[0]["since"], &rules[0]["notice_days"], &rules[0]["action"]),
        (&json!("years"), &json!("changed"), &json!(14), &json!("move-to-trash")),
        "{rules}"
    );
    let soon = json(data, &["retention", "preview", "alice"]);
    assert_eq!(uids(&soon), ["bert", "carl"], "{soon}");
    assert!(soon[0]["goes"].as_str() > soon[0]["announced"].as_str(), "{soon}");
    let told = json(data, &["quality", "alice", "--kind", "leaving"]);
    assert_eq!((&told["count"], &told["cards"][0]["uid"]), (&json!(2), &json!("bert")), "{told}");
    let audit = text(data, &["audit"]);
    assert!(audit.contains(&format!("retention rule {number}")), "{audit}");

    text(data, &["retention", "keep", "alice", "carl"]);
    text(data, &["tag", "add", "alice", "VIP", "bert"]);
    assert_eq!(uids(&json(data, &["retention", "preview", "alice"])), [""; 0]);
    text(data, &["retention", "keep", "alice", "carl", "--no-longer"]);
    assert_eq!(
        uids(&json(data, &["retention", "preview", "alice", "--book", "contacts"])),
        ["carl"]
    );
    text(data, &["retention", "remove", book, &number]);
    assert_eq!(uids(&json(data, &["retention", "preview", "alice"])), [""; 0]);
    assert_eq!(json(data, &["retention", "list", "alice"]), json!([]));

    for (wrong, status) in [
        (&["retention", "remove", book, &number][..], 1),
        (&["retention", "set", "alice/nosuch", "erase", "--after", "9"], 1),
        (&["retention", "set", book, "erase", "--after", "0"], 1),
        (&["retention", "set", book, "erase", "--after", "9", "--notice", "0"], 1),
        (&["retention", "set", book, "burn", "--after", "9"], 2),
        (&["retention", "set", "contacts", "erase", "--after", "9"], 2),
    ] {
        let output = run(data, wrong, "");
        assert_eq!(output.status.code(), Some(status), "{wrong:?}: {}", said(&output));
    }
    text(data, &["check"]);
}
