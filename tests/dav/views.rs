//! What each device and each sharee sees: groups as cards or not, history or not, by every method
//! and report alike, with tags and tokens of its own.

use crate::desk::{Desk, User, card, card_with, expect, sync_collection, xml};
use crate::support::Answer;

const IPHONE: &[(&str, &str)] = &[("User-Agent", "iOS/17.0.2 (21A351) dataaccessd/1.0")];

/// A card as it is once something is known of the contact; in the note between `mine` and the
/// end stands what only some see.
fn woven(uid: &str) -> String {
    card_with(
        uid,
        uid,
        "NOTE:mine\\n--- History (rolodav) ---\\n2026-11-20 call: secret offer\\n--- type below \
         to add ---\r\nX-ROLODAV-INTERACTION;UID=1;KIND=call;AT=20261120T101500Z:secret offer\r\n",
    )
}

/// Everything that tells of one card, by its name.
fn asked(user: &User, book: &str, name: &str) -> Vec<(&'static str, Answer)> {
    let path = format!("{book}{name}");
    let data = "<D:prop><D:getetag/><C:address-data/></D:prop>";
    let multiget = xml("C:addressbook-multiget", &format!("{data}<D:href>{path}</D:href>"));
    let contains = |text: &str| {
        let test = format!("<C:text-match>{text}</C:text-match>");
        let filter =
            format!("<C:filter><C:prop-filter name=\"NOTE\">{test}</C:prop-filter></C:filter>");
        xml("C:addressbook-query", &format!("{data}{filter}"))
    };
    let expand = xml("D:expand-property", "<D:property name=\"getetag\"/>");
    vec![
        ("GET", user.get(&path)),
        ("HEAD", user.ask("HEAD", &path, &[], "")),
        (
            "PROPFIND",
            user.ask("PROPFIND", &path, &[("Depth", "0")], crate::desk::propfind("D:getetag")),
        ),
        (
            "listing",
            user.ask("PROPFIND", book, &[("Depth", "1")], crate::desk::propfind("D:getetag")),
        ),
        ("multiget", user.ask("REPORT", book, &[], multiget)),
        ("query", user.ask("REPORT", book, &[], contains("mine"))),
        ("search", user.ask("REPORT", book, &[], contains("secret"))),
        ("sync", user.ask("REPORT", book, &[], sync_collection("", data))),
        ("expand", user.ask("REPORT", &path, &[], expand)),
    ]
}

#[test]
fn history_is_where_it_is_to_be_seen_and_nowhere_else() {
    let (desk, anna) = Desk::of_anna();
    let bert = desk.user("bert");
    anna.store(&anna.card("a.vcf"), woven("a"));
    anna.store(&anna.card("plain.vcf"), card("plain", "Plain"));
    let phone = desk.device(&anna, &["phone", "--history", "off"]);
    desk.run(&["book", "share", "anna", "contacts", "bert", "--without-history", "--read-write"]);
    let listed = bert.propfind(&bert.home(), "1", "D:resourcetype");
    let shared = listed.hrefs().into_iter().find(|href| href.contains("/shared-")).unwrap();

    let stored = anna.etag(&anna.card("a.vcf"));
    let mut tags = vec![stored.clone()];
    for (user, book, in_note, in_lines) in [
        (&anna, anna.book(), true, true),
        (&phone, anna.book(), false, true),
        (&bert, shared.to_owned(), false, false),
    ] {
        let path = format!("{book}a.vcf");
        let tag = user.etag(&path);
        for (how, answer) in asked(user, &book, "a.vcf") {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            let case = format!("{how} by {}: {} {text}", user.name, answer.status);
            assert!(matches!(answer.status, 200 | 207), "{case}");
            if !matches!(how, "HEAD" | "GET" | "search") {
                assert!(text.contains(tag.trim_matches('"')), "{tag} in {case}");
            }
            if matches!(how, "GET" | "multiget" | "query" | "sync") {
                assert!(text.contains("NOTE:mine"), "{case}");
                assert_eq!(text.contains("History (rolodav)"), in_note, "{case}");
                assert_eq!(text.contains("secret offer"), in_lines, "{case}");
            } else if how == "search" {
                assert_eq!(text.contains("a.vcf"), in_note, "{case}");
            }
        }
        let not_modified = user.ask("GET", &path, &[("If-None-Match", &tag)], "");
        assert_eq!((not_modified.status, not_modified.header("etag")), (304, Some(&tag[..])));
        let length = user.propfind(&path, "0", "D:getcontentlength");
        assert_eq!(length.responses[0].prop("D:getcontentlength").is_some(), in_note);
        if tag != stored {
            assert!(!tags.contains(&tag), "a tag of its own");
            tags.push(tag);
        }
    }
    // Nobody can take along what they are not shown.
    for method in ["COPY", "MOVE"] {
        let to = bert.card("taken.vcf");
        let taken = bert.ask(method, &format!("{shared}a.vcf"), &[("Destination", &to)], "");
        expect(&taken, 403, None, method);
    }

    // A tag of the view is as good as any in a condition, that of another view is none.
    let path = anna.card("plain.vcf");
    let (common, of_phone) = (anna.etag(&path), phone.etag(&path));
    let put = |tag: &str, name: &str| {
        phone.ask("PUT", &path, &[("If-Match", tag)], card("plain", name)).status
    };
    assert_eq!(put(&common, "Wrong"), 412);
    let refused = phone.ask("PUT", &path, &[("If-Match", &common)], card("plain", "Wrong"));
    assert_eq!(refused.header("etag"), Some(&of_phone[..]), "412 tells the tag of the view");
    assert_eq!(put(&of_phone, "Right"), 204);
    assert_eq!(put(&of_phone, "Stale"), 412);
}

#[test]
fn a_changed_profile_has_that_device_sync_anew_and_nobody_else() {
    let (desk, anna) = Desk::of_anna();
    let book = anna.book();
    anna.store(&anna.card("a.vcf"), woven("a"));
    let (phone, other) = (desk.device(&anna, &["phone"]), desk.device(&anna, &["other"]));
    let (first, path) = (phone.token(&book), anna.card("a.vcf"));
    assert_eq!(first, anna.token(&book), "the common view");
    let ctag = phone.prop(&anna.home(), "CS:getctag");
    let mut tokens = vec![first];
    let mut tags = vec![phone.etag(&path)];
    for profile in [&["--history", "off"][..], &["--history", "off", "--groups", "cards"]] {
        desk.run(&[&["device", "profile", "anna", "1"], profile].concat());
        let last = tokens.last().unwrap();
        let old = phone.ask("REPORT", &book, &[], sync_collection(last, "<D:prop/>"));
        expect(&old, 403, Some("D:valid-sync-token"), "the token of the view before");
        let anew = phone.sync(&book, "");
        assert_eq!(anew.present(), [&path[..]]);
        tokens.push(anew.token.clone().unwrap());
        tags.push(phone.etag(&path));
        assert_eq!(phone.sync(&book, tokens.last().unwrap()).responses.len(), 0);
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "each generation has tags of its own: {tags:?}");
    assert_ne!(phone.prop(&anna.home(), "CS:getctag"), ctag);
    desk.run(&["device", "profile", "anna", "1"]);
    let old = phone.ask("REPORT", &book, &[], sync_collection(tokens.last().unwrap(), "<D:prop/>"));
    expect(&old, 403, Some("D:valid-sync-token"), "back to the common view");
    assert_eq!(other.sync(&book, &tokens[0]).responses.len(), 0, "the other device goes on");
}

#[test]
fn groups_made_of_tags_are_there_for_those_who_show_groups_only() {
    let (desk, anna) = Desk::of_anna();
    let book = anna.book();
    let empty = anna.token(&book);
    anna.store(&anna.card("a.vcf"), card_with("a", "A", "CATEGORIES:Friends,Work\r\n"));
    anna.store(&anna.card("b.vcf"), card_with("b", "B", "CATEGORIES:Friends\r\n"));
    let mac = desk.device(&anna, &["mac", "--groups", "cards"]);
    let seen = mac.sync(&book, "");
    let groups: Vec<String> = seen
        .present()
        .iter()
        .filter(|href| href.contains("/tag-"))
        .map(|h| (*h).to_owned())
        .collect();
    assert_eq!((seen.present().len(), groups.len()), (4, 2), "{:?}", seen.hrefs());
    let text = |path: &str| mac.get(path).text().to_owned();
    let friends = groups.iter().find(|path| text(path).contains("FN:Friends")).unwrap();
    assert!(
        text(friends).contains("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a\r\n"),
        "{}",
        text(friends)
    );
    let newer = mac.ask("GET", friends, &[("Accept", "text/vcard;version=4.0")], "");
    let newer = String::from_utf8_lossy(&newer.body).into_owned();
    assert!(newer.contains("KIND:group") && newer.contains("\r\nMEMBER:urn:uuid:b"), "{newer}");
    // The same by User-Agent, without any profile.
    let listing = crate::desk::propfind("D:getetag");
    let depth = [("Depth", "1"), IPHONE[0]];
    let by_agent = anna.ask("PROPFIND", &book, &depth, listing);
    assert_eq!(String::from_utf8_lossy(&by_agent.body).matches("/tag-").count(), 2);

    // For everybody else they are not there, whoever asks how.
    let data = "<D:prop><D:getetag/><C:address-data/></D:prop>";
    for (how, answer) in [
        (
            "PROPFIND",
            anna.ask("PROPFIND", &book, &[("Depth", "1")], crate::desk::propfind("D:getetag")),
        ),
        ("query", anna.ask("REPORT", &book, &[], xml("C:addressbook-query", data))),
        ("sync", anna.ask("REPORT", &book, &[], sync_collection("", data))),
        ("delta", anna.ask("REPORT", &book, &[], sync_collection(&empty, data))),
    ] {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!((answer.status, text.contains("/tag-")), (207, false), "{how}: {text}");
        assert!(text.contains("/a.vcf") && text.contains("/b.vcf"), "{how}: {text}");
    }
    for method in ["GET", "HEAD", "PROPFIND", "DELETE", "PROPPATCH", "REPORT"] {
        assert_eq!(anna.ask(method, friends, &[("Depth", "0")], "").status, 404, "{method}");
    }
    assert_eq!(anna.put(friends, card("x", "X")).status, 409);
    let body = xml("C:addressbook-multiget", &format!("{data}<D:href>{friends}</D:href>"));
    let missed = anna.report(&book, "0", &body);
    assert_eq!(missed.with_status(Some(404)), [&friends[..]]);

    // What is hidden takes no place in a page.
    let limited = "<D:limit><D:nresults>1</D:nresults></D:limit><D:prop><D:getetag/></D:prop>";
    let (mut token, mut told) = (empty, Vec::new());
    for _ in 0..2 {
        let page = anna.report(&book, "0", &sync_collection(&token, limited));
        assert_eq!(page.present().len(), 1, "{:?}", page.hrefs());
        told.push(page.present()[0].to_owned());
        token = page.token.clone().unwrap();
    }
    assert_eq!(told, [anna.card("a.vcf"), anna.card("b.vcf")]);
    assert_eq!(anna.sync(&book, &token).responses.len(), 0);
}

#[test]
fn a_group_that_is_edited_on_one_device_is_categories_on_the_others() {
    let (desk, anna) = Desk::of_anna();
    let book = anna.book();
    for uid in ["a", "b"] {
        anna.store(&anna.card(&format!("{uid}.vcf")), card(uid, uid));
    }
    let mac = desk.device(&anna, &["mac", "--groups", "cards"]);
    let group = |name: &str, members: &[&str]| {
        let lines: String = members
            .iter()
            .map(|uid| format!("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{uid}\r\n"))
            .collect();
        card_with("g", name, &format!("X-ADDRESSBOOKSERVER-KIND:group\r\n{lines}"))
    };
    let path = anna.card("g.vcf");
    mac.store(&path, group("Team", &["a", "b"]));
    let text = |uid: &str| anna.get(&anna.card(&format!("{uid}.vcf"))).text().to_owned();
    assert!(text("a").contains("CATEGORIES:Team") && text("b").contains("CATEGORIES:Team"));
    assert!(anna.get(&path).text().contains("FN:Team"), "what a client made, everybody sees");
    mac.store(&path, group("Crew", &["b"]));
    assert!(!text("a").contains("CATEGORIES") && text("b").contains("CATEGORIES:Crew"));
    // A phone that edits categories changes the group.
    anna.store(&anna.card("a.vcf"), card_with("a", "a", "CATEGORIES:Crew\r\n"));
    let seen = mac.sync(&book, "");
    assert_eq!(seen.present().len(), 3);
    assert!(mac.get(&path).text().contains("urn:uuid:a\r\n"), "{}", mac.get(&path).text());
    let stays = mac.put(&path, card("g", "No group"));
    assert_eq!(stays.status, 409);
    assert_eq!(mac.delete(&path).status, 204);
    assert!(!text("a").contains("CATEGORIES") && !text("b").contains("CATEGORIES"));
    assert_eq!(mac.sync(&book, "").present().len(), 2);
    let listed = desk.run(&["tag", "list", "anna", "--json"]);
    assert_eq!(listed.trim(), "[]");
}

#[test]
fn a_device_that_shows_groups_as_cards_takes_no_tag_away_by_dropping_categories() {
    let (desk, anna) = Desk::of_anna();
    let phone = desk.device(&anna, &["phone", "--groups", "cards"]);
    let path = anna.card("a.vcf");
    for history in ["", "NOTE:+call hello\r\n"] {
        anna.store(&path, card_with("a", "A", &format!("CATEGORIES:Friends,Work\r\n{history}")));
        // It keeps all other lines, those that it does not know as well.
        let seen = phone.get(&path);
        let lines = seen.text().replace("\r\n ", "").replace("CATEGORIES:Friends,Work\r\n", "");
        let edited = lines.replace("END:", "TEL:+331\r\nEND:");
        let tag = seen.header("etag").unwrap();
        assert_eq!(phone.ask("PUT", &path, &[("If-Match", tag)], &edited).status, 204);
        let text = anna.get(&path).text().to_owned();
        assert!(text.contains("Friends,Work") && text.contains("TEL:+331"), "{text}");
    }
    // What shows categories may take the last one away.
    let text = anna.get(&path).text().to_owned();
    anna.store(&path, text.replace("CATEGORIES:Friends,Work\r\n", ""));
    assert!(!anna.get(&path).text().contains("CATEGORIES"));
}

#[test]
fn somebody_who_is_shown_no_history_can_take_the_last_tag_away() {
    let (desk, anna) = Desk::of_anna();
    let bert = desk.user("bert");
    desk.run(&["book", "share", "anna", "contacts", "bert", "--without-history", "--read-write"]);
    let path = anna.card("a.vcf");
    anna.store(&path, card_with("a", "A", "CATEGORIES:Friends\r\nNOTE:+call hello\r\n"));
    let seen = bert.get(&path).text().to_owned();
    assert!(seen.contains("CATEGORIES:Friends") && !seen.contains("hello"), "{seen}");
    bert.store(&path, seen.replace("CATEGORIES:Friends\r\n", ""));
    let text = anna.get(&path).text().to_owned();
    assert!(!text.contains("CATEGORIES") && text.contains("hello"), "{text}");
}
