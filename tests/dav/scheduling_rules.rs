//! What scheduling refuses, and what steers it: preconditions, schedule tags, default calendars.

use crate::calendars::calendar_home;
use crate::company::{DAILY, ONCE, attendance, calendar, company, meal, part};
use crate::desk::{expect, propfind};
use crate::multistatus::hrefs;

#[test]
fn attendees_change_nothing_of_the_organizers() {
    let (_desk, [anna, bob, _]) = company();
    let path = anna.calendar("meal.ics");
    anna.keep(&path, &meal(DAILY, &["bob", "carol"]));
    let (at_bob, copy) = bob.only();
    let organizers = anna.unfolded(&path);
    let others = copy.lines().find(|line| line.ends_with("carol@example.org")).unwrap();
    for (case, hostile) in [
        ("the time", copy.replace("DTSTART:20261201T10", "DTSTART:20261201T09")),
        ("the title", copy.replace("SUMMARY:Meal", "SUMMARY:Feast")),
        ("the rule", copy.replace("COUNT=5", "COUNT=500")),
        ("the organizer", copy.replace("ORGANIZER:mailto:anna", "ORGANIZER:mailto:bob")),
        ("another organizer", copy.replace("ORGANIZER:mailto:anna", "ORGANIZER:mailto:carol")),
        ("no organizer", copy.replace("ORGANIZER:mailto:anna@example.org\r\n", "")),
        (
            "another attendee",
            copy.replace("END:VEVENT", "ATTENDEE:mailto:zoe@example.org\r\nEND:VEVENT"),
        ),
        ("one attendee less", copy.replace(&format!("{others}\r\n"), "")),
        ("called off", copy.replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY")),
    ] {
        assert_ne!(hostile, copy, "{case}");
        let answer = bob.ics(&at_bob, &[], &hostile);
        expect(&answer, 403, Some("CAL:allowed-attendee-scheduling-object-change"), case);
        assert_eq!(bob.unfolded(&at_bob), copy, "{case}");
    }
    let lie = copy.replace("NEEDS-ACTION;RSVP=TRUE:mailto:carol", "DECLINED:mailto:carol");
    bob.keep(&at_bob, &lie);
    let kept = bob.unfolded(&at_bob);
    assert!(attendance(&kept, "carol").contains("NEEDS-ACTION"), "the organizer's word: {kept}");
    assert_eq!(anna.unfolded(&path), organizers, "and nobody was told");
}

#[test]
fn nobody_takes_over_what_is_not_theirs() {
    let (_desk, [anna, bob, carol]) = company();
    let own = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:meal\r\n\
        DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T100000Z\r\nSUMMARY:Bob alone\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    bob.keep(&bob.calendar("own.ics"), own);
    let path = anna.calendar("meal.ics");
    anna.keep(&path, &meal(ONCE, &["bob", "carol"]));
    assert_eq!(bob.only().1, own, "Bob's own event of that UID stays");
    assert!(bob.take_messages().is_empty());
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("SCHEDULE-STATUS=5.1"), "{stored}");
    // Carol answers for herself only, and to what she was invited to only.
    let forged = meal(ONCE, &["bob", "carol"])
        .replace("UID:meal", "UID:other")
        .replace("NEEDS-ACTION;RSVP=TRUE:mailto:carol", "ACCEPTED:mailto:carol");
    carol.keep(&carol.calendar("forged.ics"), &forged);
    assert!(anna.take_messages().is_empty(), "Anna has no such event");
    let kept = carol.unfolded(&carol.calendar("forged.ics"));
    assert!(kept.contains("ORGANIZER;SCHEDULE-STATUS=5.1:"), "{kept}");
    // Whoever writes as Anna in their own calendar invites nobody.
    let as_anna = meal(ONCE, &["bob"]).replace("UID:meal", "UID:third");
    let count = bob.members(&bob.calendar("")).len();
    carol.keep(&carol.calendar("third.ics"), &as_anna);
    assert_eq!(bob.members(&bob.calendar("")).len(), count);
}

#[test]
fn preconditions_name_what_is_wrong() {
    let (_desk, [anna, bob, _]) = company();
    let path = anna.calendar("meal.ics");
    let other = calendar_home(&anna) + "work/";
    assert_eq!(anna.ask("MKCALENDAR", &other, &[], "").status, 201);
    anna.keep(&path, &meal(ONCE, &["bob"]));
    let second = anna.ics(&(other.clone() + "again.ics"), &[], &meal(ONCE, &["bob"]));
    expect(&second, 403, Some("CAL:unique-scheduling-object-resource"), "twice");
    assert_eq!(hrefs(&second), std::slice::from_ref(&path));
    let copied = anna.ask("COPY", &path, &[("Destination", &(other.clone() + "copy.ics"))], "");
    expect(&copied, 403, Some("CAL:unique-scheduling-object-resource"), "a copy");
    let moved = anna.ask("MOVE", &path, &[("Destination", &(other.clone() + "moved.ics"))], "");
    assert_eq!(moved.status, 201, "{}", moved.text());
    let path = other + "moved.ics";
    assert!(
        anna.ask("HEAD", &path, &[], "").header("schedule-tag").is_some(),
        "the tag goes along"
    );
    assert_eq!(bob.take_messages(), ["REQUEST"], "a move tells nobody");
    let two = part(DAILY, &["bob"])
        + &part(crate::company::SECOND, &["bob"])
            .replace("ORGANIZER:mailto:anna", "ORGANIZER:mailto:bob");
    let answer =
        anna.ics(&anna.calendar("two.ics"), &[], &calendar(&two.replace("UID:meal", "UID:two")));
    expect(&answer, 403, Some("CAL:same-organizer-in-all-components"), "two organizers");
    let handed = anna.unfolded(&path).replace("ORGANIZER:mailto:anna", "ORGANIZER:mailto:bob");
    let answer = anna.ics(&path, &[], &handed);
    expect(&answer, 403, Some("CAL:allowed-organizer-scheduling-object-change"), "handed over");
}

#[test]
fn schedule_tags_tell_whether_it_is_still_the_same_invitation() {
    let (_desk, [anna, bob, _]) = company();
    let path = anna.calendar("meal.ics");
    anna.keep(&path, &meal(ONCE, &["bob", "carol"]));
    let head = anna.ask("HEAD", &path, &[], "");
    let (tag, etag) = (head.header("schedule-tag").unwrap(), head.header("etag").unwrap());
    let mine = anna.unfolded(&path);
    let (at_bob, copy) = bob.only();
    bob.keep(&at_bob, &copy.replace("NEEDS-ACTION;RSVP=TRUE:mailto:bob", "ACCEPTED:mailto:bob"));
    // Anna's program has not read the answer yet.
    let renamed = mine.replace("SUMMARY:Meal", "SUMMARY:Feast");
    let stale = anna.ics(&path, &[("If-Match", etag)], &renamed);
    assert_eq!(stale.status, 412);
    let taken = anna.ics(&path, &[("If-Schedule-Tag-Match", tag)], &renamed);
    assert_eq!(taken.status, 204, "{}", taken.text());
    let stored = anna.unfolded(&path);
    assert!(stored.contains("SUMMARY:Feast"), "{stored}");
    assert!(attendance(&stored, "bob").contains("PARTSTAT=ACCEPTED"), "not lost: {stored}");
    let late = anna.ics(&path, &[("If-Schedule-Tag-Match", tag)], &renamed);
    assert_eq!(late.status, 412, "the tag of before");
    let late = anna.ask("DELETE", &path, &[("If-Schedule-Tag-Match", tag)], "");
    assert_eq!(late.status, 412);
    // Apple's programs send an empty one where there is no tag.
    let plain = anna.calendar("plain.ics");
    let event = meal(ONCE, &[]).replace("UID:meal", "UID:plain");
    for _ in 0..2 {
        let answer = anna.ics(&plain, &[("If-Schedule-Tag-Match", "")], &event);
        assert!(matches!(answer.status, 201 | 204), "{}", answer.text());
        assert!(answer.header("etag").is_some(), "stored as it was sent");
    }
    assert_eq!(anna.ics(&path, &[("If-Schedule-Tag-Match", "")], &renamed).status, 412);
}

#[test]
fn invitations_go_to_the_calendar_that_was_chosen() {
    let (_desk, [anna, bob, _]) = company();
    let (first, work) = (bob.calendar(""), calendar_home(&bob) + "work%20%26%20home/");
    assert_eq!(bob.ask("MKCALENDAR", &work, &[], "").status, 201);
    let set = |href: &str| {
        format!(
            "<D:set><D:prop><CAL:schedule-default-calendar-URL><D:href>{href}</D:href>\
             </CAL:schedule-default-calendar-URL></D:prop></D:set>"
        )
    };
    let default = || {
        let body = propfind("CAL:schedule-default-calendar-URL");
        let answer = bob.ask("PROPFIND", &bob.inbox(), &[("Depth", "0")], body);
        hrefs(&answer).pop().unwrap()
    };
    assert_eq!(default(), first);
    for wrong in [
        "/dav/calendars/anna/calendar/",
        "/dav/calendars/bob/none/",
        "/dav/",
        "",
        "/dav/calendars/bob/tasks/",
        "/dav/calendars/bob/inbox/",
    ] {
        let answer = bob.proppatch(&bob.inbox(), &set(wrong));
        assert!(
            answer.text().contains("valid-schedule-default-calendar-URL"),
            "{wrong}: {}",
            answer.text()
        );
    }
    assert_eq!(default(), first);
    let answer = bob.proppatch(&bob.inbox(), &set(&work));
    assert!(answer.text().contains("200 OK"), "{}", answer.text());
    assert_eq!(default(), work);
    anna.keep(&anna.calendar("meal.ics"), &meal(ONCE, &["bob"]));
    assert_eq!(bob.members(&work).len(), 1);
    expect(&bob.delete(&work), 403, Some("CAL:default-calendar-needed"), "the one that was chosen");
    assert_eq!(bob.delete(&first).status, 204, "another one");
    let remove = "<D:remove><D:prop><CAL:schedule-default-calendar-URL/></D:prop></D:remove>";
    assert!(bob.proppatch(&bob.inbox(), remove).text().contains("default-calendar-needed"));
}
