//! Persons who are erased, as devices see it and as files have it.

use crate::desk::{Desk, User, card_with};

const BERT: &str = "TEL;TYPE=CELL:+49 170 5551234\r\nEMAIL:bert.berg@example.org\r\n\
    NOTE:likes w000001q\r\nCATEGORIES:Friends\r\n";

fn bert(uid: &str) -> String {
    card_with(uid, "Bert Berg", BERT)
}

fn of_bert() -> (Desk, User) {
    let (desk, anna) = Desk::of_anna();
    anna.store(&anna.card("b.vcf"), bert("b"));
    anna.store(&anna.card("cy.vcf"), card_with("cy", "Cy Cole", "EMAIL:cy@example.org\r\n"));
    (desk, anna)
}

#[test]
fn whoever_is_erased_is_gone_from_devices_and_does_not_come_back() {
    let (desk, anna) = of_bert();
    let (book, path) = (anna.book(), anna.card("b.vcf"));
    let (token, tag) = (anna.token(&book), anna.etag(&path));
    desk.run(&["note", "anna", "contacts/b", "+call", "about w000002q"]);
    let preview = desk.run(&["person", "erase", "anna", "Bert Berg", "--preview"]);
    assert!(preview.contains("card: contacts/b.vcf"), "{preview}");
    assert_eq!(anna.get(&path).status, 200, "a preview erases nobody");
    let said = desk.run(&["person", "erase", "anna", "Bert Berg", "--yes"]);
    assert!(said.contains("Erased."), "{said}");
    let delta = anna.sync(&book, &token);
    assert_eq!(delta.with_status(Some(404)), [path.as_str()]);

    // A phone that was away has an edit of it, or sends it anew, under whatever name.
    let edited = anna.ask("PUT", &path, &[("If-Match", &tag)], bert("b"));
    assert_eq!(edited.status, 412);
    assert!(desk.run(&["conflicts", "anna"]).contains("No "), "the edit was kept");
    let fresh = anna.card("fresh.vcf");
    for path in [&path, &fresh] {
        let token = anna.token(&book);
        let answer = anna.put(path, bert("b"));
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("need-privileges"), "{}", answer.text());
        assert_eq!(anna.sync(&book, &token).with_status(Some(404)), [path.as_str()]);
    }
    let stubborn = [("User-Agent", "vdirsyncer/0.20.0"), ("If-None-Match", "*")];
    let answer = anna.ask("PUT", &fresh, &stubborn, bert("b"));
    assert_eq!((answer.status, answer.header("etag")), (204, None));
    assert_eq!(anna.get(&fresh).status, 404);
    let restored = desk.run(&["book", "trash", "anna"]);
    assert!(!restored.contains("b.vcf"), "{restored}");

    // A file from before is not taken, whether its cards have UIDs or not.
    let file = desk.data().join("old.vcf");
    std::fs::write(&file, bert("b") + &bert("another") + &bert("x").replace("UID:x\r\n", ""))
        .unwrap();
    let output = crate::support::program::run(
        desk.data(),
        &["import", "anna/contacts", file.to_str().unwrap()],
        "",
    );
    let said = crate::support::program::said(&output);
    assert!(said.contains("0 created") && said.contains("was erased"), "{said}");
    std::fs::remove_file(file).unwrap();

    // Somebody who types them in anew may do so, and is told.
    let anew = anna.card("anew.vcf");
    assert_eq!(anna.put(&anew, bert("anew")).status, 201);
    let listed = desk.run(&["book", "attention", "anna"]);
    assert!(listed.contains("anew.vcf") && listed.contains("was erased"), "{listed}");
    assert_eq!(anna.put(&anna.card("s.vcf"), card_with("s", "Sue Berg", BERT)).status, 201);
    let listed = desk.run(&["book", "attention", "anna"]);
    assert!(!listed.contains("s.vcf"), "another one of the family: {listed}");

    // And it may be allowed.
    assert!(desk.run(&["person", "erased", "anna"]).contains("rolodav person"));
    desk.run(&["person", "allow", "anna", "b"]);
    assert_eq!(anna.put(&fresh, bert("b")).status, 201);
    let audit = desk.run(&["audit", "verify"]);
    assert!(audit.contains("erased") || audit.contains("names"), "{audit}");
}

#[test]
fn no_way_leads_back_for_whoever_was_erased() {
    const UID: &str = "3f2a8c1e-90ab-4cde-8f01-23456789abcd";
    let (desk, anna) = Desk::of_anna();
    let zoe = desk.user("zoe");
    let work = anna.make_book("work");
    anna.store(&anna.card("b.vcf"), bert(UID));
    zoe.store(&zoe.card("copy.vcf"), bert(UID));
    zoe.store(&zoe.card("other.vcf"), card_with("other", "Ole Other", ""));
    for book in ["contacts", "work"] {
        desk.run(&["book", "share", "anna", book, "zoe", "--read-write"]);
    }
    desk.run(&["person", "erase", "anna", "Bert Berg", "--yes"]);
    let shouted = UID.to_uppercase();
    let urn = format!("urn:uuid:{shouted}");
    let folded = format!("{}\r\n {}", &UID[..9], &UID[9..]);
    let back = [UID, &shouted, &urn, &folded, &format!("URN:UUID:urn:uuid:{UID}")].map(bert);
    let members = || {
        let found = anna.propfind(&anna.book(), "1", "D:getetag").responses.len();
        (found, anna.propfind(&work, "1", "D:getetag").responses.len())
    };
    let before = members();
    for (at, card) in back.iter().enumerate() {
        // The address it had, another one, another book, and by whom the book is shared with.
        let fresh = anna.card(&format!("x{at}.vcf"));
        for (user, path) in [
            (&anna, anna.card("b.vcf")),
            (&anna, fresh.clone()),
            (&anna, format!("{work}{UID}.vcf")),
            (&zoe, fresh.clone()),
        ] {
            let answer = user.put(&path, card);
            assert_eq!(answer.status, 403, "{path} by {}: {}\n{card}", user.name, answer.text());
            let once = [("If-None-Match", "*"), ("Content-Type", "text/vcard; version=4.0")];
            assert_eq!(user.ask("PUT", &path, &once, card).status, 403, "{path}");
            let posted = user.ask("POST", &path, &[("Content-Type", "text/vcard")], card);
            assert!((400..500).contains(&posted.status), "POST {path}: {}", posted.status);
        }
        let posted = anna.ask("POST", &anna.book(), &[("Content-Type", "text/vcard")], card);
        assert!((400..500).contains(&posted.status), "POST: {}", posted.status);
    }
    // From where a copy is.
    let source = zoe.card("copy.vcf");
    for method in ["COPY", "MOVE"] {
        for to in [anna.card("b.vcf"), format!("{work}new.vcf")] {
            for overwrite in ["T", "F"] {
                let headers = [("Destination", to.as_str()), ("Overwrite", overwrite)];
                let answer = zoe.ask(method, &source, &headers, "");
                assert_eq!(answer.status, 403, "{method} to {to}: {}", answer.text());
            }
        }
    }
    assert_eq!(zoe.get(&source).status, 200, "her copy is hers");
    let theirs = "/dav/addressbooks/anna/theirs/".to_owned();
    let headers = [("Destination", theirs.as_str())];
    let copied = zoe.ask("COPY", &zoe.book(), &headers, "");
    assert!((400..500).contains(&copied.status), "a whole book: {}", copied.status);
    // Somebody else's card becomes theirs by no edit.
    let other = anna.card("other.vcf");
    anna.store(&other, card_with("other", "Ole Other", ""));
    let turned = anna.put(&other, bert(UID));
    assert!(matches!(turned.status, 403 | 409), "{}: {}", turned.status, turned.text());
    assert_eq!(members(), (before.0 + 1, before.1), "something came back");
    let file = desk.data().join("many.vcf");
    std::fs::write(&file, back.concat()).unwrap();
    let path = file.to_str().unwrap();
    let output = crate::support::program::run(desk.data(), &["import", "anna/work", path], "");
    let said = crate::support::program::said(&output);
    assert!(said.contains("0 created"), "{said}");
    std::fs::remove_file(file).unwrap();
    assert_eq!(members(), (before.0 + 1, before.1));
    assert!(desk.run(&["conflicts", "anna"]).contains("No "), "an edit was kept");
}
