//! The commands on what is remembered of contacts: on a running server and on a stopped store,
//! and what the cards show of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::program::{json, run, said, text};
use support::{Server, basic};

const CONTACTS: &str = "/dav/addressbooks/alice/contacts/";

/// A card of alice's book as it is served, unfolded.
fn card(server: &Server, name: &str) -> String {
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str())];
    let answer = server.connect().ask("GET", &format!("{CONTACTS}{name}"), &headers, b"");
    assert_eq!(answer.status, 200, "{name}");
    String::from_utf8(answer.body).unwrap().replace("\r\n ", "")
}

fn base(uid: &str, name: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n\
         EMAIL:{uid}@example.org\r\nNOTE:likes tea\r\nEND:VCARD\r\n"
    )
}

/// A server with alice and three cards in her book.
fn set_up(data: &Path) -> Server {
    let server = Server::start_on(data, &[]);
    server.add_user("alice", "secret");
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "text/vcard")];
    for (uid, name) in [("bert", "Bert Berg"), ("bertha", "Bertha Berg"), ("carl", "Carl Cohn")] {
        let path = format!("{CONTACTS}{uid}.vcf");
        let answer = server.connect().ask("PUT", &path, &headers, base(uid, name).as_bytes());
        assert_eq!(answer.status, 201, "{uid}");
    }
    server
}

fn texts(notes: &Value) -> Vec<&str> {
    notes.as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap()).collect()
}

#[test]
fn what_is_logged_stands_in_the_cards_of_all_who_took_part() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    let said = ["note", "alice", "bert@example.org", "+call", "yesterday", "spoke about the offer"];
    let said = json(data, &[&said[..], &["--with", "carl"]].concat());
    let call = &said["logged"][0];
    assert_eq!((&call["kind"], &call["source"]), (&json!("call"), &json!("cli")), "{said}");
    assert_eq!(call["participants"], json!(["Bert Berg", "Carl Cohn"]));
    assert!(said["last_contact"].is_string(), "{said}");
    for name in ["bert.vcf", "carl.vcf"] {
        let card = card(&server, name);
        assert!(card.contains("X-ROLODAV-INTERACTION"), "{card}");
        assert_eq!(card.matches("spoke about the offer").count(), 2, "{card}");
        assert!(card.contains("NOTE:likes tea\\n"), "what was in the notes stays: {card}");
    }
    assert_eq!(card(&server, "bertha.vcf"), base("bertha", "Bertha Berg"), "others stay as sent");

    let note = ["note", "add", "alice", "contacts/bert", "lunch", "--kind", "Meeting"];
    let details = ["--at", "2026-11-03 12:30", "--minutes", "45", "--direction", "out"];
    let lunch = json(data, &[&note[..], &details, &["--link", "https://example.org"]].concat());
    assert_eq!(lunch["local"], "2026-11-03 12:30");
    assert_eq!((&lunch["minutes"], &lunch["direction"]), (&json!(45), &json!("out")));
    let listed = json(data, &["note", "list", "alice", "Bert Berg"]);
    assert_eq!(texts(&listed), ["spoke about the offer", "lunch"]);
    assert_eq!(texts(&json(data, &["note", "list", "alice", "bert", "--last", "1"])).len(), 1);

    // An entry is named by the beginning of its id, as the table shows it.
    let id = call["id"].as_str().unwrap();
    let table = text(data, &["note", "list", "alice", "carl"]);
    assert!(table.contains(&id[..8]) && !table.contains(id), "{table}");
    let edit = ["note", "edit", "alice", &id[..8], "--text", "agreed on a price", "--at", "mon"];
    let edited = json(data, &[&edit[..], &["--with", "carl", "--with", "bertha"]].concat());
    assert_eq!(edited["participants"], json!(["Carl Cohn", "Bertha Berg"]));
    for (name, shown) in [("bert.vcf", 0), ("carl.vcf", 2), ("bertha.vcf", 2)] {
        let card = card(&server, name);
        assert_eq!(card.matches("agreed on a price").count(), shown, "{name}: {card}");
        assert!(!card.contains("spoke about the offer"), "{name}: {card}");
    }
    // What a ticked follow-up says without a word on how it was done can be said here, too.
    let edited = json(data, &["note", "edit", "alice", id, "--kind", "contact"]);
    assert_eq!(edited["kind"], "contact");
    text(data, &["note", "remove", "alice", id]);
    assert!(!card(&server, "carl.vcf").contains("agreed"));
    assert_eq!(json(data, &["note", "list", "alice", "carl"]), json!([]));
    assert_eq!(texts(&json(data, &["note", "list", "alice", "contacts/bert.vcf"])), ["lunch"]);
    assert_eq!(json(data, &["check"])["faults"], json!([]));
}

#[test]
fn stages_and_fields_are_set_in_the_cards_by_a_server_and_without_one() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    let shown = json(data, &["stage", "alice", "carl"]);
    assert_eq!((&shown["stage"], &shown["every"]), (&Value::Null, &Value::Null));
    let set = json(data, &["stage", "alice", "carl", "Client", "--every", "2w"]);
    assert_eq!((&set["stage"], &set["every"]), (&json!("client"), &json!("14d")));
    let card_of_carl = card(&server, "carl.vcf");
    assert!(card_of_carl.contains("X-ROLODAV-STAGE:client\r\n"), "{card_of_carl}");
    assert!(card_of_carl.contains("X-ROLODAV-CADENCE:14d\r\n"), "{card_of_carl}");
    let listed = json(data, &["note", "list", "alice", "carl"]);
    assert_eq!(texts(&listed), ["none -> client"], "the change is dated in the timeline");
    let again = json(data, &["stage", "alice", "carl", "client"]);
    assert_eq!(again["stage_since"], set["stage_since"], "nothing changed");
    assert_eq!(card(&server, "carl.vcf"), card_of_carl, "nothing changed");

    let define = ["field", "define", "alice", "Shirt size", "--type", "choice"];
    text(data, &[&define[..], &["--choice", "S", "--choice", "L", "--required"]].concat());
    text(data, &["field", "set", "alice", "carl", "shirt size", "l"]);
    text(data, &["field", "set", "alice", "bertha", "X-SHIRT-SIZE", "S"]);
    assert!(card(&server, "carl.vcf").contains("X-SHIRT-SIZE:L\r\n"));
    let plain = base("bertha", "Bertha Berg");
    let with_field = plain.replace("END:VCARD", "X-SHIRT-SIZE:S\r\nEND:VCARD");
    assert_eq!(card(&server, "bertha.vcf"), with_field, "a plain card stays one");
    drop(server);

    // The same without a server.
    let fields = json(data, &["field", "list", "alice", "carl"]);
    assert_eq!((&fields[0]["value"], &fields[0]["required"]), (&json!("L"), &json!(true)));
    text(data, &["field", "define", "alice", "Since", "--type", "date", "--property", "x-since"]);
    text(data, &["field", "set", "alice", "carl", "since", "2020-02-29"]);
    json(data, &["stage", "alice", "carl", "none", "--every", "never"]);
    json(data, &["note", "alice", "carl", "met his sister"]);
    json(data, &["note", "alice", "carl", "+tag VIP, tea"]);
    let asked = json(data, &["note", "alice", "carl", "+todo 2030-01-31 send the book"]);
    let follow_up = &asked["raised"][0];
    assert_eq!(follow_up["text"], "send the book", "{asked}");
    assert_eq!(follow_up["due"], "2030-01-31", "{asked}");
    assert_eq!(asked["logged"], json!([]), "{asked}");
    let listed = json(data, &["followup", "list", "alice"]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let again = run(data, &["note", "alice", "carl", "+todo 2030-01-31 send the book"], "");
    assert!(said(&again).contains("There is that follow-up already"), "{}", said(&again));
    text(data, &["field", "remove", "alice", "X-SINCE"]);
    assert_eq!(json(data, &["field", "list", "alice"]).as_array().unwrap().len(), 1);
    assert_eq!(json(data, &["check"])["faults"], json!([]));

    let server = Server::start_on(data, &[]);
    let card = card(&server, "carl.vcf");
    for line in [
        "X-SHIRT-SIZE:L\r\n",
        "X-SINCE:2020-02-29\r\n",
        "X-ROLODAV-NEXT:2030-01-31\r\n",
        "X-ROLODAV-CADENCE:never\r\n",
        "CATEGORIES:VIP,tea\r\n",
    ] {
        assert!(card.contains(line), "{line:?} is missing: {card}");
    }
    assert!(!card.contains("X-ROLODAV-STAGE"), "{card}");
    assert_eq!(card.matches("met his sister").count(), 2, "{card}");
}

#[test]
fn what_cannot_be_done_is_refused_with_the_way_out() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    drop(set_up(data));
    text(data, &["field", "define", "alice", "Score", "--type", "number"]);
    for (arguments, wanted, says) in [
        (&["note", "add", "alice", "berg", "x"][..], 1, "Bertha Berg (contacts/bertha.vcf)"),
        (&["note", "add", "alice", "dora", "x"], 1, "alice has no contact `dora`"),
        (&["note", "add", "bob", "carl", "x"], 1, "There is no user or group"),
        (&["note", "add", "alice", "carl"], 1, "Say what is to be remembered"),
        (&["note", "add", "alice", "carl", "x", "--kind", "lunch"], 1, "The kinds are call, meet"),
        (&["note", "add", "alice", "carl", "x", "--at", "someday"], 1, "Examples: yesterday"),
        (&["note", "edit", "alice", "nothing", "--text", "x"], 1, "rolodav note list alice WHO"),
        (&["note", "remove", "alice"], 2, "required"),
        (&["note", "alice", "carl"], 2, "required"),
        (&["stage", "alice", "carl", "friend"], 1, "The stages are lead, contact, client, former"),
        (&["stage", "alice", "carl", "--every", "now and then"], 1, "30d, 2w, 3m"),
        (&["field", "set", "alice", "carl", "score", "high"], 1, "takes a number such as 12.5"),
        (&["field", "set", "alice", "carl", "age", "7"], 1, "rolodav field list alice"),
        (&["field", "define", "alice", "kind", "--type", "choice"], 1, "needs the choices"),
        (&["field", "define", "alice", "x", "--property", "X-ABDATE"], 1, "cannot be used"),
        (&["field", "define", "alice", "points", "--property", "X-SCORE"], 1, "holds the field"),
    ] {
        let output = run(data, arguments, "");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(wanted), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    assert_eq!(json(data, &["note", "list", "alice", "carl"]), json!([]), "nothing was logged");
}
