//! `rolodav search` on a running server and on a stopped store: what is found, why, and by whom.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::format_collect)]

mod support;

use std::path::Path;

use serde_json::json;
use support::program::{json, run, said};
use support::{Server, basic};

const CONTACTS: &str = "/dav/addressbooks/alice/contacts/";

/// The cards that `user` finds, in their order.
fn found(data: &Path, user: &str, words: &str) -> Vec<String> {
    let answer = json(data, &["search", user, words]);
    let cards = answer["found"].as_array().unwrap().iter();
    cards.map(|card| card["card"].as_str().unwrap().trim_end_matches(".vcf").to_owned()).collect()
}

fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let authorization = basic("alice", "secret");
    let headers = [&[("Authorization", authorization.as_str())][..], headers].concat();
    server.connect().ask(method, path, &headers, body.as_bytes()).status
}

fn put(server: &Server, name: &str, lines: &str) {
    let body = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\n{lines}END:VCARD\r\n");
    let path = format!("{CONTACTS}{name}.vcf");
    let status = ask(server, "PUT", &path, &[("Content-Type", "text/vcard")], &body);
    assert!(matches!(status, 201 | 204), "{name}: {status}");
}

/// A server with alice, bob, and cards in her book.
fn set_up(data: &Path) -> Server {
    let server = Server::start_on(data, &[]);
    for user in ["alice", "bob"] {
        server.add_user(user, "secret");
    }
    for (name, lines) in [
        (
            "mueller",
            "FN:Jörg Müller\r\nN:Müller;Jörg;;;\r\nTEL:+49 (171) 23 45-678\r\nNICKNAME:Jo\r\n",
        ),
        ("ivanov", "FN:Иван Иванов\r\nEMAIL:i.ivanov@firma.example\r\nORG:Завод;Sales\r\n"),
        ("wang", "FN:王小明\r\nTEL:0171/2345678\r\nADR:;;Hauptstr. 5;Lyon;;69001;France\r\n"),
        ("annabel", "FN:Annabel Lee\r\nCATEGORIES:vip,club\r\nNOTE:knows Muller\\, of Lyon\r\n"),
        ("ann", "FN:Ann Leary\r\nEMAIL:joanna@example.org\r\nX-DOG:Rex\r\n"),
        ("joanna", "FN:Joanna Smith\r\nX-PHONETIC-LAST-NAME:Smit\r\n"),
    ] {
        put(&server, name, lines);
    }
    server
}

#[test]
fn any_part_finds_a_contact_and_says_why() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    let cases: &[(&str, &[&str])] = &[
        ("muller", &["mueller", "annabel"]),
        ("mueller", &["mueller"]),
        ("MÜLLER", &["mueller", "annabel"]),
        ("jorg mull", &["mueller"]),
        ("ivanov", &["ivanov"]),
        ("Иванов", &["ivanov"]),
        ("zavod", &["ivanov"]),
        ("小明", &["wang"]),
        ("xiao", &["wang"]),
        ("0171 23 45", &["wang", "mueller"]),
        ("+49171 234", &["mueller", "wang"]),
        ("(0171) 2345678", &["wang", "mueller"]),
        ("5678", &["mueller", "wang"]),
        ("ann", &["ann", "annabel", "joanna"]),
        ("anna", &["annabel", "joanna", "ann"]),
        ("lyon", &["wang", "annabel"]),
        ("vip", &["annabel"]),
        ("rex", &["ann"]),
        ("lyon club", &["annabel"]),
        ("joanna@exam", &["ann"]),
        ("smit", &["joanna"]),
        ("nobody", &[]),
        ("ann muller lyon lee club vip", &["annabel"]),
    ];
    for (words, wanted) in cases {
        assert_eq!(found(data, "alice", words), *wanted, "{words}");
    }
    let answer = json(data, &["search", "alice", "lyon", "club"]);
    let hit = &answer["found"][0];
    assert_eq!(hit["name"], "Annabel Lee");
    assert_eq!((&hit["book"], &hit["uid"]), (&json!("contacts"), &json!("annabel")));
    assert_eq!(hit["href"], format!("{CONTACTS}annabel.vcf"));
    assert_eq!(hit["why"][0], json!({"property": "NOTE", "text": "knows Muller of Lyon"}));
    assert_eq!(hit["why"][1]["property"], "CATEGORIES");

    // A page at a time, in one order.
    let all = json(data, &["search", "alice", "a"]);
    let mut paged = Vec::new();
    for skip in ["0", "1", "2", "3", "4", "5"] {
        let page = json(data, &["search", "alice", "a", "--limit", "1", "--skip", skip]);
        paged.extend(page["found"].as_array().unwrap().clone());
    }
    assert_eq!(json!(paged), all["found"], "paging changes nothing");

    // A stopped store says the same.
    let running = json(data, &["search", "alice", "an"]);
    drop(server);
    assert_eq!(json(data, &["search", "alice", "an"]), running);
    for (words, says) in [("…", "nothing to look for"), (&*"x ".repeat(3000), "at most")] {
        let refused = run(data, &["search", "alice", words], "");
        assert!(!refused.status.success() && said(&refused).contains(says), "{}", said(&refused));
    }
}

#[test]
fn what_changes_is_found_as_it_is_now() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    put(&server, "joanna", "FN:Joanna Zebra\r\n");
    assert_eq!(found(data, "alice", "zebra"), ["joanna"]);
    assert_eq!(found(data, "alice", "smith"), [""; 0], "an old name is found");
    assert_eq!(ask(&server, "DELETE", &format!("{CONTACTS}joanna.vcf"), &[], ""), 204);
    assert_eq!(found(data, "alice", "zebra"), [""; 0], "a deleted card is found");

    json(data, &["restore", "alice", "contacts/joanna.vcf"]);
    assert_eq!(found(data, "alice", "zebra"), ["joanna"]);
    let moved = [("Destination", "/dav/addressbooks/alice/contacts/other.vcf")];
    assert_eq!(ask(&server, "MOVE", &format!("{CONTACTS}joanna.vcf"), &moved, ""), 201);
    assert_eq!(found(data, "alice", "zebra"), ["other"]);
    json(data, &["book", "create", "alice", "club"]);
    let moved = [("Destination", "/dav/addressbooks/alice/club/other.vcf")];
    assert_eq!(ask(&server, "COPY", &format!("{CONTACTS}other.vcf"), &moved, ""), 201);
    let answer = json(data, &["search", "alice", "ebr", "--book", "club"]);
    assert_eq!(answer["found"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(found(data, "alice", "ebr"), ["other", "other"]);
    assert_eq!(json(data, &["check"])["faults"], json!([]));
}

#[test]
fn history_is_found_by_those_who_see_it() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    for n in 0..24 {
        let text = format!("spoke about offer{n} and the harvest");
        json(data, &["note", "alice", "contacts/ann.vcf", "+call", &text]);
    }
    // The card shows the latest only; the timeline has all.
    assert_eq!(found(data, "alice", "offer0 leary"), ["ann"]);
    assert_eq!(found(data, "alice", "offer23 leary"), ["ann"]);
    let answer = json(data, &["search", "alice", "offer0"]);
    assert_eq!(answer["found"][0]["why"][0]["property"], "interaction", "{answer}");

    json(data, &["book", "share", "alice", "contacts", "bob"]);
    assert_eq!(found(data, "bob", "offer23 leary"), ["ann"]);
    assert_eq!(found(data, "bob", "offer0"), [""; 0], "what is not in the card");
    json(data, &["book", "share", "alice", "contacts", "bob", "--without-history"]);
    assert_eq!(found(data, "bob", "harvest"), [""; 0], "history that is left out is found");
    assert_eq!(found(data, "bob", "leary"), ["ann"]);
    let answer = json(data, &["search", "bob", "leary"]);
    assert!(answer["found"][0]["href"].as_str().unwrap().contains("/bob/shared-"), "{answer}");
    json(data, &["book", "unshare", "alice", "contacts", "bob"]);
    assert_eq!(found(data, "bob", "leary"), [""; 0]);
    drop(server);
    assert_eq!(json(data, &["check"])["faults"], json!([]));
}

/// The names of the cards that a CardDAV query for `text` in `property` answers.
fn queried(server: &Server, property: &str, kind: &str, text: &str) -> Vec<String> {
    let authorization = basic("alice", "secret");
    let headers = [("Authorization", authorization.as_str()), ("Depth", "1")];
    let body = format!(
        "<C:addressbook-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">\
         <D:prop><D:getetag/></D:prop><C:filter><C:prop-filter name=\"{property}\">\
         <C:text-match match-type=\"{kind}\">{text}</C:text-match></C:prop-filter></C:filter>\
         </C:addressbook-query>"
    );
    let answer = server.connect().ask("REPORT", CONTACTS, &headers, body.as_bytes());
    assert_eq!(answer.status, 207);
    let text = String::from_utf8(answer.body).unwrap();
    let names = text.split(".vcf<").filter_map(|before| before.rsplit_once(CONTACTS));
    names.map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn carddav_queries_are_answered_by_the_index_as_by_reading() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    for n in 0..120 {
        let lines =
            format!("FN:Filler Number{n}\r\nTEL:+43 660 {n:05}\r\nNOTE:a\\, b\\nword{n}\r\n");
        put(&server, &format!("f{n:03}"), &lines);
    }
    for (property, kind, text, wanted) in [
        ("FN", "contains", "ÜLLER", &["mueller"][..]),
        ("FN", "contains", "nabel l", &["annabel"]),
        ("FN", "contains", "muller", &[]),
        ("FN", "starts-with", "joan", &["joanna"]),
        ("FN", "ends-with", "smith", &["joanna"]),
        ("FN", "equals", "Ann", &[]),
        ("FN", "equals", "ann leary", &["ann"]),
        ("FN", "contains", "小", &["wang"]),
        ("EMAIL", "contains", "na@exam", &["ann"]),
        ("TEL", "contains", "0 00077", &["f077"]),
        ("TEL", "contains", "00077", &["f077"]),
        ("NOTE", "contains", "b\nword77", &["f077"]),
        ("N", "contains", "ller;J", &["mueller"]),
    ] {
        assert_eq!(queried(&server, property, kind, text), wanted, "{property} {kind} {text}");
    }
    assert_eq!(queried(&server, "FN", "contains", "filler").len(), 120, "by reading the book");
}

#[test]
fn a_card_with_very_much_in_it_is_bounded() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let server = set_up(data);
    let mails: String =
        (0..1000).map(|n| format!("EMAIL:mail{n}.box@host{n}.example\r\n")).collect();
    let long = "x".repeat(20_000);
    put(&server, "monster", &format!("FN:Much Monster {long}\r\n{mails}NOTE:{long}y\r\n"));
    assert_eq!(found(data, "alice", "monster mail999"), ["monster"]);
    assert_eq!(found(data, "alice", &"x".repeat(40)), ["monster"]);
    let terms = "an ".repeat(10_000);
    let refused = run(data, &["search", "alice", &terms[..4090]], "");
    assert!(refused.status.success(), "the same word again is one: {}", said(&refused));
    put(&server, "monster", "FN:Much Monster\r\n");
    assert_eq!(found(data, "alice", "mail999"), [""; 0]);
    let checked = json(data, &["check", "--repair"]);
    assert_eq!((&checked["faults"], &checked["repaired"]), (&json!([]), &json!([])));
}
