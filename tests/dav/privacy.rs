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
