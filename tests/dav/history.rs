//! Every version of a card: what it was changed into and by whom, and that bringing one back is a
//! change that syncs.

use serde_json::{Value, json};

use crate::desk::{Desk, card_with};

fn history(desk: &Desk, what: &str) -> Vec<Value> {
    let told = desk.run(&["history", "anna", what, "--diff", "--json"]);
    let told: Value = serde_json::from_str(&told).expect(&told);
    told.as_array().expect("versions").clone()
}

fn words(version: &Value) -> Vec<&str> {
    let changes = version["changes"].as_array().expect("changes");
    changes.iter().map(|change| change["text"].as_str().unwrap()).collect()
}

#[test]
fn each_version_tells_what_it_was_changed_into_by_whom_and_from_where() {
    let (desk, anna) = Desk::of_anna();
    let phone = desk.device(&anna, &["phone"]);
    let path = anna.card("bo.vcf");
    desk.run(&["field", "define", "anna", "size"]);
    anna.store(&path, card_with("bo", "Bo", "TEL;TYPE=CELL:+331\r\nNOTE:a\r\nX-SIZE:M\r\n"));
    // The same in another spelling, then two real edits, one of them by the server.
    let same =
        "x-size:M\r\nNOTE:a\r\nitem1.TEL;type=VOICE;type=cell:+331\r\nREV:20260101T000000Z\r\n";
    phone.store(&path, card_with("bo", "Bo", same));
    let edited =
        same.replace("+331", "+332").replace("NOTE:a", "NOTE:a\\nb\\nc").replace(":M", ":L");
    phone.store(&path, card_with("bo", "Bo", &edited));
    desk.run(&["note", "add", "anna", "bo", "the offer", "--kind", "call"]);
    assert_eq!(phone.delete(&path).status, 204);

    let versions = history(&desk, "contacts/bo.vcf");
    assert_eq!(versions.len(), 4, "{versions:?}");
    assert_eq!(versions[0]["reason"], "deleted");
    assert_eq!(versions[0].get("changes"), None, "{:?}", versions[0]);
    let logged = words(&versions[1]);
    assert_eq!(logged.len(), 2, "what the server tells is no text of the notes: {logged:?}");
    assert!(
        logged[0].starts_with("History: added: call of ") && logged[0].ends_with(": the offer")
    );
    assert!(logged[1].starts_with("Last contact: none -> "), "{logged:?}");
    let by_phone = ["Phone (cell): +331 -> +332", "Note: 2 lines added", "size: M -> L"];
    assert_eq!(words(&versions[2]), by_phone);
    let phone_change = json!({
        "property": "TEL", "field": "Phone (cell)", "change": "changed",
        "before": "+331", "after": "+332", "text": by_phone[0],
    });
    assert_eq!(versions[2]["changes"][0], phone_change);
    let by = |version: &Value| (version["user"].clone(), version["device"].clone());
    assert_eq!(by(&versions[2]), (json!("anna"), json!("phone")));
    assert_eq!(words(&versions[3]), [""; 0]);

    let text = desk.run(&["history", "anna", "contacts/bo.vcf", "--diff"]);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert!(
        lines.contains(&by_phone[0]) && lines.contains(&"nothing but how it is written"),
        "{text}"
    );
    let who = lines
        .iter()
        .filter(|line| line.starts_with("replaced ") && line.ends_with("by anna (phone)"));
    assert_eq!(who.count(), 2, "{text}");
}

#[test]
fn what_stood_at_a_name_before_a_card_moved_away_is_not_compared_with_the_next_one() {
    let (desk, anna) = Desk::of_anna();
    let (path, other) = (anna.card("a.vcf"), anna.card("b.vcf"));
    anna.store(&path, card_with("one", "One", ""));
    anna.store(&path, card_with("one", "Uno", ""));
    assert_eq!(anna.ask("MOVE", &path, &[("Destination", &other)], "").status, 201);
    anna.store(&path, card_with("two", "Two", ""));
    anna.store(&path, card_with("two", "Due", ""));
    let versions = history(&desk, "contacts/a.vcf");
    assert_eq!(versions.len(), 2, "{versions:?}");
    assert_eq!(words(&versions[0])[0], "Name: Two -> Due");
    assert_eq!(versions[1].get("changes"), None, "its successor went away with the move");
}

#[test]
fn whichever_version_of_a_card_is_brought_back_devices_are_told() {
    let (desk, anna) = Desk::of_anna();
    let (book, path) = (anna.book(), anna.card("bo.vcf"));
    for name in ["One", "Two", "Three"] {
        anna.store(&path, card_with("bo", name, "NOTE:mine\r\n"));
    }
    desk.run(&["note", "add", "anna", "Three", "the offer", "--kind", "call"]);
    anna.store(&anna.card("other.vcf"), card_with("other", "Other", ""));
    // Each restoring puts what it replaces before all others.
    for (version, name) in [(3, "One"), (3, "Two"), (2, "Three")] {
        let before = history(&desk, "contacts/bo.vcf").len();
        let token = anna.token(&book);
        let wanted =
            desk.run(&["history", "anna", "contacts/bo.vcf", "--show", &version.to_string()]);
        desk.run(&["restore", "anna", "contacts/bo.vcf", "--version", &version.to_string()]);
        let told = anna.sync(&book, &token);
        assert_eq!(told.hrefs(), [path.as_str()], "version {version}");
        assert_ne!(told.token.as_deref(), Some(token.as_str()));
        assert_eq!(told.about(&path).value("D:getetag"), anna.etag(&path));
        let text = anna.get(&path).text().to_owned();
        assert!(wanted.contains(&format!("FN:{name}\r\n")), "{wanted}");
        assert!(text.contains(&format!("FN:{name}\r\n")), "{text}");
        assert!(text.contains("the offer"), "what is remembered is not taken back: {text}");
        assert_eq!(
            history(&desk, "contacts/bo.vcf").len(),
            before + 1,
            "it is in the history, too"
        );
    }
    // A deleted one, too.
    let token = anna.token(&book);
    anna.delete(&path);
    assert_eq!(anna.sync(&book, &token).with_status(Some(404)), [path.as_str()]);
    let token = anna.token(&book);
    desk.run(&["restore", "anna", "contacts/bo.vcf"]);
    assert_eq!(anna.sync(&book, &token).present(), [path.as_str()]);
}
