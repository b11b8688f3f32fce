//! Segments as phones and commands see them: groups and books that follow the cards at once, and
//! that nobody writes to.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::{Desk, User, card, card_with, expect};
use crate::support::program::{run, said};

fn json(desk: &Desk, arguments: &[&str]) -> Value {
    let said = desk.run(&[arguments, &["--json"]].concat());
    serde_json::from_str(&said).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {said}"))
}

/// A command that must be refused; what it said.
fn refused(desk: &Desk, arguments: &[&str]) -> String {
    let output = run(desk.data(), arguments, "");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
    said(&output)
}

fn members(desk: &Desk, name: &str) -> Vec<String> {
    let found = json(desk, &["segment", "members", "anna", name]);
    let uids = found["members"].as_array().unwrap().iter();
    uids.map(|one| one["uid"].as_str().unwrap().to_owned()).collect()
}

/// The group cards that `user` sees in their book, by name: address and text.
fn groups(user: &User) -> Vec<(String, String)> {
    let listed = user.propfind(&user.book(), "1", "D:getetag");
    let hrefs = listed.present().into_iter().filter(|href| *href != user.book());
    let texts = hrefs.map(|href| (href.to_owned(), user.get(href).text().to_owned()));
    texts.filter(|(_, text)| text.contains("X-ADDRESSBOOKSERVER-KIND:group")).collect()
}

#[test]
fn a_segment_is_a_read_only_book_that_follows_the_cards() {
    let (desk, anna) = Desk::of_anna();
    for (uid, lines) in [
        ("ada", "ADR:;;;Lyon;;;\r\nTITLE:Engineer\r\n"),
        ("bob", "ADR:;;;Paris;;;\r\n"),
        ("cleo", "ADR:;;;lyon;;;\r\n"),
    ] {
        anna.store(&anna.card(&format!("{uid}.vcf")), card_with(uid, uid, lines));
    }
    let told = desk.run(&["segment", "add", "anna", "Lyon people", "city is Lyon", "--book"]);
    assert!(told.contains("2 people"), "{told}");
    let home = anna.propfind(&anna.home(), "1", "D:displayname CS:getctag D:sync-token");
    let book = format!("{}segment-lyon-people/", anna.home());
    assert_eq!(home.about(&book).value("D:displayname"), "Lyon people");
    let ctag = home.about(&book).value("CS:getctag").to_owned();
    let listed = anna.propfind(&book, "1", "D:getetag");
    assert_eq!(listed.present().len(), 3, "{:?}", listed.hrefs());
    for href in listed.present().into_iter().filter(|href| **href != *book) {
        let answer = anna.get(href);
        let uid = if answer.text().contains("UID:ada") { "ada" } else { "cleo" };
        let own = anna.get(&anna.card(&format!("{uid}.vcf")));
        assert_eq!(answer.text(), own.text(), "the copy is the card");
        assert_eq!(answer.header("etag"), own.header("etag"));
        assert_eq!(listed.about(href).value("D:getetag"), answer.header("etag").unwrap());
    }

    // What changes in the cards changes there, in what is asked next.
    let token = anna.token(&book);
    anna.store(&anna.card("bob.vcf"), card_with("bob", "bob", "ADR:;;;Lyon;;;\r\n"));
    let came = anna.sync(&book, &token);
    assert_eq!(came.present().len(), 1, "{:?}", came.hrefs());
    let home = anna.propfind(&anna.home(), "1", "CS:getctag");
    assert_ne!(home.about(&book).value("CS:getctag"), ctag);
    let token = came.token.unwrap();
    assert_eq!(anna.delete(&anna.card("ada.vcf")).status, 204);
    anna.store(&anna.card("cleo.vcf"), card_with("cleo", "cleo", "ADR:;;;Nice;;;\r\n"));
    let left = anna.sync(&book, &token);
    assert_eq!(
        (left.with_status(Some(404)).len(), left.present().len()),
        (2, 0),
        "{:?}",
        left.hrefs()
    );
    let token = left.token.unwrap();
    assert!(anna.sync(&book, &token).hrefs().is_empty(), "nothing changed");
    desk.run(&["note", "add", "anna", "bob", "spoke of looms", "--kind", "call"]);
    let noted = anna.sync(&book, &token);
    assert_eq!(noted.present().len(), 1);
    assert!(anna.get(noted.present()[0]).text().contains("spoke of looms"));

    // Nobody writes there.
    let path = noted.present()[0].to_owned();
    let need = Some("D:need-privileges");
    expect(&anna.put(&path, card("bob", "Other")), 403, need, "PUT over a copy");
    expect(&anna.put(&format!("{book}x.vcf"), card("x", "X")), 403, need, "PUT of a card");
    expect(&anna.delete(&path), 403, need, "DELETE of a copy");
    expect(&anna.delete(&book), 403, need, "DELETE of the book");
    let may = anna.propfind(&book, "0", "D:current-user-privilege-set");
    let may = may.about(&book).prop("D:current-user-privilege-set").unwrap();
    assert!(!format!("{may:?}").contains("bind"), "{may:?}");
    let listed = desk.run(&["export", "anna"]);
    assert_eq!(listed.matches("UID:bob").count(), 1, "an export has each card once");

    desk.run(&["segment", "edit", "anna", "lyon people", "--no-book"]);
    assert_eq!(anna.propfind(&anna.home(), "1", "D:displayname").hrefs().len(), 2);
    assert_eq!(anna.ask("PROPFIND", &book, &[("Depth", "0")], "").status, 404);
}

#[test]
fn a_segment_is_a_group_that_nobody_edits() {
    let (desk, anna) = Desk::of_anna();
    let phone = desk.device(&anna, &["phone", "--groups", "cards"]);
    for uid in ["Ada-1", "bob"] {
        anna.store(&anna.card(&format!("{uid}.vcf")), card_with(uid, uid, "ADR:;;;Lyon;;;\r\n"));
    }
    desk.run(&["segment", "add", "anna", "Lyon", "city is Lyon"]);
    desk.run(&["segment", "add", "anna", "Hidden", "city is Lyon", "--no-group"]);
    assert!(groups(&anna).is_empty(), "others see no groups");
    let seen = groups(&phone);
    assert_eq!(seen.len(), 1, "{seen:?}");
    let (path, text) = seen[0].clone();
    for line in ["FN:Lyon", "MEMBER:urn:uuid:Ada-1\r\n", "MEMBER:urn:uuid:bob\r\n"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let token = phone.token(&phone.book());
    assert!(phone.sync(&phone.book(), &token).hrefs().is_empty(), "looking changes nothing");

    let without = text.replace("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bob\r\n", "");
    let without = without.replace("FN:Lyon", "FN:Elsewhere");
    assert!(matches!(phone.put(&path, without).status, 200 | 204));
    assert_eq!(phone.get(&path).text(), text, "it is put back");
    assert!(phone.sync(&phone.book(), &token).present().contains(&path.as_str()), "and told");
    assert_eq!(phone.delete(&path).status, 204);
    let seen = groups(&phone);
    assert_eq!(seen.len(), 1, "it comes back");
    assert!(seen[0].1.contains("urn:uuid:bob"), "{}", seen[0].1);
    assert!(!desk.run(&["tag", "list", "anna"]).contains("Elsewhere"), "no tag came of it");

    anna.store(&anna.card("bob.vcf"), card_with("bob", "bob", "ADR:;;;Nice;;;\r\n"));
    assert!(!groups(&phone)[0].1.contains("urn:uuid:bob"), "bob left");
    desk.run(&["segment", "edit", "anna", "Lyon", "--name-to", "Lyonnais"]);
    assert!(groups(&phone)[0].1.contains("FN:Lyonnais"));
    desk.run(&["segment", "remove", "anna", "Lyonnais"]);
    assert!(groups(&phone).is_empty());
}

#[test]
fn commands_tell_whom_a_query_means_and_why() {
    let (desk, anna) = Desk::of_anna();
    anna.store(
        &anna.card("ada.vcf"),
        card_with("ada", "Ada", "ADR:;;;Lyon;;;\r\nEMAIL:a@b.example\r\n"),
    );
    anna.store(&anna.card("bob.vcf"), card_with("bob", "Bob", "ADR:;;;Lyon;;;\r\n"));
    let test = |query: &str| json(&desk, &["segment", "test", "anna", query]);
    let found = test("city is Lyon and has mail");
    assert_eq!(
        (found["count"].as_u64(), found["members"][0]["name"].as_str()),
        (Some(1), Some("Ada"))
    );
    let why = &found["members"][0]["reasons"];
    assert_eq!(why[0].as_str(), Some("city is Lyon (lyon)"), "{why}");
    assert_eq!(test("interactions > 0")["count"].as_u64(), Some(0));
    desk.run(&["note", "add", "anna", "Bob", "hello", "--kind", "call"]);
    desk.run(&[
        "segment",
        "add",
        "anna",
        "Talked",
        "interactions > 0 and last_contact within 1 day",
    ]);
    assert_eq!(members(&desk, "talked"), ["bob"]);
    desk.run(&["stage", "anna", "Ada", "Lead"]);
    desk.run(&["segment", "add", "anna", "Leads", "stage is lead or in segment Talked"]);
    assert_eq!(members(&desk, "Leads"), ["ada", "bob"]);

    for (query, wanted) in [
        ("city is Lyon and compny is X", "compny"),
        ("city is Lyon and last_contact older than 90 dys", "dys"),
    ] {
        let told = refused(&desk, &["segment", "add", "anna", "Bad", query]);
        let lines: Vec<&str> = told.lines().collect();
        let line = lines.iter().position(|line| line.contains(query)).expect(&told);
        let marks = lines[line + 1];
        let at = marks.find('^').expect(&told);
        assert_eq!(lines[line].get(at..at + wanted.len()), Some(wanted), "{told}");
        assert!(told.contains("Did you mean"), "{told}");
    }
    let told =
        refused(&desk, &["segment", "edit", "anna", "Talked", "--query", "in segment Leads"]);
    assert!(told.contains("`Talked` asks for `Leads` asks for `Talked`"), "{told}");
    let told = refused(&desk, &["segment", "remove", "anna", "Talked"]);
    assert!(told.contains("`Leads`"), "{told}");
    desk.run(&["segment", "edit", "anna", "Talked", "--name-to", "Spoken to"]);
    let shown = json(&desk, &["segment", "show", "anna", "Leads"]);
    assert_eq!(shown["query"].as_str(), Some("stage is lead or in segment \"Spoken to\""));
    assert_eq!(json(&desk, &["segment", "list", "anna"]).as_array().unwrap().len(), 2);
    assert!(desk.run(&["segment", "fields", "anna"]).contains("last_contact"));
    let audit = desk.run(&["audit", "anna"]);
    assert!(audit.contains("Spoken to"), "{audit}");
    desk.run(&["user", "remove", "anna"]);
}

#[test]
fn hostile_queries_are_refused_at_once() {
    let (desk, _) = Desk::of_anna();
    let many = vec!["has role"; 10_000].join(" or ");
    let deep = format!("{}has mail{}", "(".repeat(5000), ")".repeat(5000));
    let nots = format!("{}(", "not (".repeat(3000));
    let mut list = "city is any of (".to_owned();
    for number in 0..2000 {
        let _ = write!(list, "c{number},");
    }
    for query in [
        &many,
        &deep,
        &nots,
        &list,
        "\"",
        "city is \"",
        "'",
        "",
        " ",
        "(",
        "#",
        "and",
        "in segment",
    ] {
        let began = Instant::now();
        let told = refused(&desk, &["segment", "test", "anna", query]);
        assert!(told.len() < 2000, "{} bytes were said", told.len());
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:.40} took {:?}",
            query,
            began.elapsed()
        );
    }
    let slow = format!(
        "name contains {} and not name starts with {}",
        "a".repeat(4000),
        "a*".repeat(2000)
    );
    desk.run(&["segment", "test", "anna", &slow]);
}
