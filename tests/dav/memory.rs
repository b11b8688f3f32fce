//! What is remembered of contacts, typed into cards and shown in them.

use crate::desk::{Desk, User, card, card_with};

/// The card as it is served now, and its tag.
fn served(user: &User, path: &str) -> (String, String) {
    let answer = user.get(path);
    assert_eq!(answer.status, 200, "{}", answer.text());
    (answer.text().replace("\r\n ", ""), answer.header("etag").unwrap().to_owned())
}

/// How often `what` stands in `text`.
fn times(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn a_line_typed_into_the_notes_becomes_history_and_the_rest_of_the_note_stays() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    let typed =
        card_with("bo", "Bo", "NOTE:Likes tea.\\n+call spoke about the offer\\nTwo cats\r\n");
    let answer = anna.put(&path, &typed);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("etag"), None, "what is served is not what was sent");
    let (text, tag) = served(&anna, &path);
    assert!(text.contains("NOTE:Likes tea.\\nTwo cats\\n\\n"), "{text}");
    assert!(text.contains("call: spoke about the offer"), "the history is in the note: {text}");
    assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 1, "{text}");
    assert!(text.contains("X-ROLODAV-LAST-CONTACT:"), "{text}");
    assert!(!text.contains("+call"), "{text}");

    // What is served can be written back, by programs that keep all of it, and by those that drop
    // what they do not know or have not seen the latest version: nothing is logged twice.
    let full = anna.get(&path).text().to_owned();
    let unfolded = full.replace("\r\n ", "");
    let lines = unfolded.split_inclusive("\r\n");
    let bare: String = lines.filter(|line| !line.starts_with("X-ROLODAV")).collect();
    for (what, body, tag) in
        [("all", full.as_str(), Some(tag.as_str())), ("typed", &typed, None), ("bare", &bare, None)]
    {
        let headers: Vec<(&str, &str)> = tag.map(|tag| ("If-Match", tag)).into_iter().collect();
        let answer = anna.ask("PUT", &path, &headers, body);
        assert_eq!(answer.status, 204, "{what}: {}", answer.text());
        let (text, _) = served(&anna, &path);
        assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 1, "{what}: {text}");
        assert_eq!(times(&text, "spoke about the offer"), 2, "{what}: {text}");
    }
}

#[test]
fn a_line_that_goes_on_before_its_program_saw_what_became_of_it_is_one_entry() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+call spoke of boats\r\n"));
    let (_, tag) = served(&anna, &path);
    let longer = card_with("bo", "Bo", "NOTE:+call spoke of boats and harbours\r\n");
    // It knows the tag of what is there, as programs do that list first and write then.
    assert_eq!(anna.ask("PUT", &path, &[("If-Match", &tag)], &longer).status, 204);
    let (text, _) = served(&anna, &path);
    assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 1, "{text}");
    assert!(text.contains("call: spoke of boats and harbours"), "{text}");
    // Another word is another line.
    let other = card_with("bo", "Bo", "NOTE:+call spoke of boats and harboursides\r\n");
    assert_eq!(anna.put(&path, &other).status, 204);
    let (text, _) = served(&anna, &path);
    assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 2, "{text}");
}

#[test]
fn a_line_goes_on_however_much_was_told_since() {
    let (desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+call spoke of boats\r\n"));
    let mails: Vec<String> = (0..60).map(|n| format!("+mail number {n}")).collect();
    let mails = card_with("bo", "Bo", &format!("NOTE:{}\r\n", mails.join("\\n")));
    assert_eq!(anna.put(&path, &mails).status, 204);
    let longer = card_with("bo", "Bo", "NOTE:+call spoke of boats and harbours\r\n");
    assert_eq!(anna.put(&path, &longer).status, 204);
    let all = desk.run(&["export", "anna", "--format", "vcard"]).replace("\r\n ", "");
    assert_eq!(times(&all, "spoke of boats"), 1, "{all}");
    assert!(all.contains("spoke of boats and harbours"), "{all}");
}

#[test]
fn a_line_is_known_however_much_was_told_since() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    let dated = "NOTE:+call 2026-01-02 10:00 spoke of boats\r\n";
    anna.put(&path, card_with("bo", "Bo", dated));
    let (old, _) = served(&anna, &path);
    let lines = old.split_inclusive("\r\n").filter(|line| !line.starts_with("X-ROLODAV"));
    let old: String = lines.collect();
    assert!(old.contains("2026-01-02 10:00 call: spoke of boats"), "{old}");
    for round in 0..11 {
        let typed = (0..100).map(|n| format!("+mail number {n} of {round}\\n"));
        let notes = format!("NOTE:{}\r\n", typed.collect::<String>());
        assert_eq!(anna.put(&path, card_with("bo", "Bo", &notes)).status, 204);
    }
    let end = "--- type below to add ---";
    let edited = old.replace(end, &format!("{end}\\nand tea"));
    assert_eq!(anna.put(&path, edited).status, 204);
    let (text, _) = served(&anna, &path);
    assert!(text.contains("note: and tea") && !text.contains("boats"), "{text}");
}

#[test]
fn a_card_that_comes_back_unchanged_stays_as_it_is() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+call one\r\n"));
    let (_, tag) = served(&anna, &path);
    let full = anna.get(&path).text().to_owned();
    let answer = anna.ask("PUT", &path, &[("If-Match", &tag)], &full);
    assert_eq!((answer.status, answer.header("etag")), (204, Some(tag.as_str())));
    // So it does without what the phone does not keep.
    let unfolded = full.replace("\r\n ", "");
    let lines = unfolded.split_inclusive("\r\n");
    let bare: String = lines.filter(|line| !line.starts_with("X-ROLODAV")).collect();
    assert_eq!(anna.ask("PUT", &path, &[("If-Match", &tag)], &bare).status, 204);
    assert_eq!(served(&anna, &path).1, tag, "nobody has to fetch it again");
}

#[test]
fn text_typed_into_the_history_becomes_a_note_of_its_own() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+met 2026-11-03 14:00 lunch\r\n"));
    let (text, tag) = served(&anna, &path);
    assert!(text.contains("2026-11-03 14:00 meeting: lunch"), "{text}");
    let note = text.lines().find(|line| line.starts_with("NOTE")).unwrap();
    let edited = text.replace(note, &format!("{note}\\nHe wants to visit us"));
    assert_eq!(anna.ask("PUT", &path, &[("If-Match", &tag)], &edited).status, 204);
    let (text, _) = served(&anna, &path);
    assert!(text.contains("note: He wants to visit us"), "{text}");
    assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 2, "{text}");
    assert_eq!(times(&text, "NOTE:"), 1, "{text}");
}

#[test]
fn an_outdated_tag_is_no_conflict_while_only_the_server_changed_the_card() {
    let (desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    let first = anna.put(&path, card("bo", "Bo"));
    let old = first.header("etag").unwrap().to_owned();
    // A second device logs a call; the first one still has the plain card, edits it offline.
    let logged = card_with("bo", "Bo", "NOTE:+call hello\r\n");
    assert_eq!(anna.ask("PUT", &path, &[("If-Match", &old)], &logged).status, 204);
    let edited = card_with("bo", "Bo", "TEL:+331\r\n");
    let answer = anna.ask("PUT", &path, &[("If-Match", &old)], &edited);
    assert_eq!(answer.status, 204, "{}", answer.text());
    let (text, tag) = served(&anna, &path);
    assert!(text.contains("TEL:+331") && text.contains("call: hello"), "{text}");

    // Somebody changes the name: now the old tag is a conflict, and the edit is kept.
    let renamed = text.replace("FN:Bo", "FN:Boris");
    assert_eq!(anna.ask("PUT", &path, &[("If-Match", &tag)], &renamed).status, 204);
    let late = card_with("bo", "Bo", "TEL:+332\r\n");
    assert_eq!(anna.ask("PUT", &path, &[("If-Match", &old)], &late).status, 412);
    let (text, _) = served(&anna, &path);
    assert!(text.contains("FN:Boris") && text.contains("TEL:+331"), "{text}");
    let listed = desk.run(&["conflicts", &anna.name]);
    assert!(listed.contains("contacts/bo.vcf"), "{listed}");
    let number = listed.lines().nth(1).and_then(|l| l.split_whitespace().next()).unwrap();
    let kept = desk.run(&["conflicts", &anna.name, "--show", number]);
    assert_eq!(kept, late, "the refused edit can be looked at");
    desk.run(&["conflicts", &anna.name, "--remove", number]);
    assert!(desk.run(&["conflicts", &anna.name]).contains("No edit was refused"));
}

#[test]
fn what_is_remembered_outlives_the_card() {
    let (desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+call one\\n+stage client\r\n"));
    assert!(served(&anna, &path).0.contains("X-ROLODAV-STAGE:client"));
    assert_eq!(anna.ask("DELETE", &path, &[], "").status, 204);
    // Added again, under another name and in another book.
    desk.run(&["book", "create", &anna.name, "friends"]);
    let other = anna.book().replace("/contacts/", "/friends/") + "again.vcf";
    assert_eq!(anna.put(&other, card("bo", "Bo")).status, 201);
    let (text, _) = served(&anna, &other);
    assert!(text.contains("call: one") && text.contains("X-ROLODAV-STAGE:client"), "{text}");
    // A second card of the same person in the first book shows the same, at once.
    anna.put(&path, card_with("bo", "Bo", "NOTE:+met two\r\n"));
    let (text, _) = served(&anna, &other);
    assert!(text.contains("meeting: two"), "{text}");
    // And what is restored is the card, not what was remembered then.
    desk.run(&["restore", &anna.name, "contacts/bo.vcf", "--version", "1"]);
    let (text, _) = served(&anna, &path);
    assert!(text.contains("call: one") && text.contains("meeting: two"), "{text}");
    assert_eq!(times(&text, "X-ROLODAV-REV:"), 1, "{text}");
}

#[test]
fn two_programs_without_preconditions_both_find_their_edit() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "TEL:+331\r\nNOTE:+call one\r\n"));
    let both = anna.get(&path).text().to_owned();
    let one = both.replace("FN:Bo\r\n", "FN:Boris\r\n");
    let two = both.replace("TEL:+331\r\n", "TEL:+331\r\nEMAIL:bo@example.org\r\n");
    assert_eq!(anna.put(&path, &one).status, 204);
    assert_eq!(anna.put(&path, &two).status, 204);
    let (text, _) = served(&anna, &path);
    assert!(text.contains("FN:Boris") && text.contains("EMAIL:bo@example.org"), "{text}");
    assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 1, "{text}");
}

#[test]
fn only_a_program_that_keeps_our_lines_can_remove_one() {
    let (_desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+call one\\n+call two\r\n"));
    let full = anna.get(&path).text().replace("\r\n ", "");
    let without = |keep: &str| -> String {
        let lines = full.split_inclusive("\r\n");
        lines.filter(|l| !l.starts_with("X-ROLODAV") || l.contains(keep)).collect()
    };
    // One that drops what it does not know.
    assert_eq!(anna.put(&path, without("nothing of ours")).status, 204);
    assert_eq!(times(&served(&anna, &path).0, "X-ROLODAV-INTERACTION;"), 2);
    // One that keeps the revision, and drops a line on purpose.
    let full = anna.get(&path).text().replace("\r\n ", "");
    let lines = full.split_inclusive("\r\n");
    let fewer: String =
        lines.filter(|l| !(l.starts_with("X-ROLODAV-INTERACTION") && l.contains(":two"))).collect();
    assert_eq!(anna.put(&path, &fewer).status, 204);
    let (text, _) = served(&anna, &path);
    assert_eq!(times(&text, "X-ROLODAV-INTERACTION;"), 1, "{text}");
    assert!(text.contains("call: one") && !text.contains("two"), "{text}");
}

#[test]
fn nothing_that_is_remembered_goes_to_somebody_else_with_a_copy() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    desk.run(&["book", "share", &bob.name, "contacts", &anna.name, "--read-write"]);
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:Tall\\n+call secret\r\n"));
    let to = bob.card("bo.vcf");
    let answer = anna.ask("COPY", &path, &[("Destination", &to)], "");
    assert_eq!(answer.status, 201, "{}", answer.text());
    let (text, _) = served(&bob, &bob.card("bo.vcf"));
    assert!(text.contains("NOTE:Tall\r\n") && !text.contains("secret"), "{text}");
    assert!(!text.contains("ROLODAV"), "{text}");
}

#[test]
fn an_edit_without_precondition_keeps_the_tag_that_the_server_gave_meanwhile() {
    let (desk, anna) = Desk::of_anna();
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", "NOTE:+call hello\r\n"));
    // Thunderbird has this version, and edits it while it is offline.
    let (seen, _) = served(&anna, &path);
    desk.run(&["tag", "add", &anna.name, "Friends", "contacts/bo.vcf"]);
    anna.store(&path, seen.replace("END:", "TEL:+331\r\nEND:"));
    let (text, _) = served(&anna, &path);
    assert!(text.contains("TEL:+331") && text.contains("CATEGORIES:Friends"), "{text}");
    // Of the version that has it, it can take it away.
    anna.store(&path, text.replace("CATEGORIES:Friends\r\n", ""));
    assert!(!served(&anna, &path).0.contains("CATEGORIES"));
}
