//! Invitations between users (RFC 6638), as their clients see them.

use crate::calendars::calendar_home;
use crate::company::{DAILY, ONCE, SECOND, attendance, calendar, company, meal, part};
use crate::desk::{Desk, User, expect, propfind};

#[test]
fn everybody_has_an_inbox_and_an_outbox() {
    let (_desk, [anna, bob, _]) = company();
    let (inbox, outbox) = (anna.inbox(), calendar_home(&anna) + "outbox/");
    for (path, kind) in [(&inbox, "CAL:schedule-inbox"), (&outbox, "CAL:schedule-outbox")] {
        let found = anna.propfind(path, "0", "D:resourcetype D:current-user-privilege-set");
        let types = found.responses[0].prop("D:resourcetype").unwrap();
        assert_eq!(types.children, ["D:collection", kind]);
        assert_eq!(bob.get(path).status, 404, "of others nobody knows: {path}");
        assert!(anna.members(&calendar_home(&anna)).contains(path), "listed in the home");
    }
    let props = "CAL:schedule-inbox-URL CAL:schedule-outbox-URL";
    let answer = anna.ask("PROPFIND", &anna.principal(), &[("Depth", "0")], propfind(props));
    for path in [&inbox, &outbox] {
        assert!(answer.text().contains(&format!("<D:href>{path}</D:href>")), "{}", answer.text());
    }
    for (path, aggregate, parts) in [
        (&inbox, "deliver", ["deliver-invite", "deliver-reply", "query-freebusy"]),
        (&outbox, "send", ["send-invite", "send-reply", "send-freebusy"]),
    ] {
        let wish = propfind("D:supported-privilege-set");
        let told = anna.ask("PROPFIND", path, &[("Depth", "0")], wish).text().to_owned();
        let document = roxmltree::Document::parse(&told).unwrap();
        let within = |name: &str| -> Vec<String> {
            let names = document.descendants().find(|node| node.tag_name().name() == name);
            let supported = names.unwrap_or_else(|| panic!("{path}: no {name}: {told}"));
            let above =
                supported.ancestors().filter(|n| n.tag_name().name() == "supported-privilege");
            let first = |n: roxmltree::Node<'_, '_>| {
                let privilege = n.children().find(|n| n.tag_name().name() == "privilege").unwrap();
                privilege.first_element_child().unwrap().tag_name().name().to_owned()
            };
            above.map(first).collect()
        };
        for part in parts {
            let (part, whole) = (format!("schedule-{part}"), format!("schedule-{aggregate}"));
            assert_eq!(within(&part), [part.as_str(), whole.as_str(), "all"], "{path}");
        }
    }
    let answer = anna.ics(&(inbox.clone() + "x.ics"), &[], &meal(ONCE, &[]));
    expect(&answer, 403, Some("D:need-privileges"), "PUT into the inbox");
    assert_eq!(anna.delete(&inbox).status, 403, "the inbox stays");
    let token = anna.prop(&inbox, "D:sync-token");
    assert!(!token.is_empty(), "the inbox can be followed");
    let options = anna.ask("OPTIONS", &inbox, &[], "");
    let offers = options.header("dav").unwrap();
    assert!(offers.contains("calendar-auto-schedule"), "{offers}");
}

#[test]
fn an_invitation_arrives_and_its_answer_comes_back() {
    let (_desk, [anna, bob, carol]) = company();
    let path = anna.calendar("meal.ics");
    let sent = meal(ONCE, &["bob", "carol"]);
    let answer = anna.keep(&path, &sent);
    assert_eq!(answer.header("etag"), None, "what is stored is not what was sent");
    let tag = answer.header("schedule-tag").expect("a schedule tag").to_owned();
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("SCHEDULE-STATUS=1.2"), "{stored}");
    let (at_bob, copy) = bob.only();
    assert!(!copy.contains("SCHEDULE-STATUS") && !copy.contains("METHOD"), "{copy}");
    assert!(copy.contains("SUMMARY:Meal\r\n"), "{copy}");
    assert_eq!(bob.take_messages(), ["REQUEST"]);
    assert_eq!(carol.take_messages(), ["REQUEST"]);
    assert!(anna.take_messages().is_empty());

    let yes =
        copy.replace("PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob", "PARTSTAT=ACCEPTED:mailto:bob");
    bob.keep(&at_bob, &yes);
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("PARTSTAT=ACCEPTED"), "{stored}");
    assert!(attendance(&stored, "bob").contains("SCHEDULE-STATUS=2.0"), "{stored}");
    assert_eq!(anna.take_messages(), ["REPLY"]);
    let head = anna.ask("HEAD", &path, &[], "");
    assert_eq!(head.header("schedule-tag"), Some(tag.as_str()), "an answer leaves the tag");
    assert_eq!(anna.prop(&path, "CAL:schedule-tag"), tag);
    let (_, at_carol) = carol.only();
    assert!(attendance(&at_carol, "bob").contains("PARTSTAT=ACCEPTED"), "{at_carol}");
    assert!(carol.take_messages().is_empty(), "others' answers are no message");
    let (_, copy) = bob.only();
    assert!(copy.contains("ORGANIZER;SCHEDULE-STATUS=1.2:"), "{copy}");
}

/// Bob and Carol have Anna's invitation, and have seen its message.
fn invited(lines: &str) -> (Desk, [User; 3], String) {
    let (desk, users) = company();
    let path = users[0].calendar("meal.ics");
    users[0].keep(&path, &meal(lines, &["bob", "carol"]));
    for user in &users {
        user.take_messages();
    }
    (desk, users, path)
}

#[test]
fn a_new_time_asks_everybody_again() {
    let (_desk, [anna, bob, carol], path) = invited(ONCE);
    let (at_bob, copy) = bob.only();
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT";
    let yes = copy.replace("NEEDS-ACTION;RSVP=TRUE:mailto:bob", "ACCEPTED:mailto:bob");
    bob.keep(&at_bob, &yes.replace("END:VEVENT", alarm));
    anna.take_messages();
    let before = bob.prop(&at_bob, "CAL:schedule-tag");
    let later = anna.unfolded(&path).replace("T100000Z", "T103000Z");
    anna.keep(&path, &later);
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("PARTSTAT=NEEDS-ACTION"), "{stored}");
    assert!(attendance(&stored, "anna").contains("PARTSTAT=ACCEPTED"), "{stored}");
    assert!(stored.contains("SEQUENCE:1\r\n"), "{stored}");
    let (same, copy) = bob.only();
    assert_eq!(same, at_bob, "the copy stays where it is");
    assert!(copy.contains("DTSTART:20261201T103000Z"), "{copy}");
    assert!(attendance(&copy, "bob").contains("PARTSTAT=NEEDS-ACTION"), "{copy}");
    assert!(copy.contains("BEGIN:VALARM"), "the alarm is Bob's: {copy}");
    assert_ne!(bob.prop(&at_bob, "CAL:schedule-tag"), before);
    assert_eq!(bob.take_messages(), ["REQUEST"]);
    assert_eq!(carol.take_messages(), ["REQUEST"]);

    // What is no new time keeps the answers, and what is no news is no message.
    bob.keep(&at_bob, &copy.replace("NEEDS-ACTION;RSVP=TRUE:mailto:bob", "TENTATIVE:mailto:bob"));
    carol.take_messages();
    anna.keep(&path, &anna.unfolded(&path).replace("SUMMARY:Meal", "SUMMARY:Feast"));
    let (_, copy) = bob.only();
    assert!(copy.contains("SUMMARY:Feast"), "{copy}");
    assert!(attendance(&copy, "bob").contains("PARTSTAT=TENTATIVE"), "{copy}");
    assert_eq!(bob.take_messages(), ["REQUEST"]);
    anna.keep(&path, &anna.unfolded(&path).replace("END:VEVENT", alarm));
    assert!(bob.take_messages().is_empty() && !bob.only().1.contains("T5M\r\nEND:VALARM\r\nBEGIN"));
}

#[test]
fn people_are_added_and_removed() {
    let (_desk, [anna, bob, carol]) = company();
    let path = anna.calendar("meal.ics");
    anna.keep(&path, &meal(ONCE, &["bob"]));
    assert!(carol.members(&carol.calendar("")).is_empty());
    anna.keep(&path, &meal(ONCE, &["carol"]));
    assert!(!carol.only().1.contains("CANCELLED"));
    assert!(bob.only().1.contains("STATUS:CANCELLED\r\n"), "{}", bob.only().1);
    assert_eq!(bob.take_messages(), ["CANCEL", "REQUEST"]);
    assert_eq!(carol.take_messages(), ["REQUEST"]);
    let alone = calendar(&part(ONCE, &[]));
    assert_eq!(anna.keep(&path, &alone).header("schedule-tag"), None, "nobody is invited");
    assert!(carol.only().1.contains("STATUS:CANCELLED"));
    assert_eq!(carol.take_messages(), ["CANCEL"]);
}

#[test]
fn deleting_the_event_calls_it_off() {
    let (_desk, [anna, bob, carol], path) = invited(ONCE);
    assert_eq!(anna.delete(&path).status, 204);
    for user in [&bob, &carol] {
        let (copy_at, copy) = user.only();
        assert!(copy.contains("STATUS:CANCELLED"), "{copy}");
        assert_eq!(user.take_messages(), ["CANCEL"]);
        assert_eq!(user.delete(&copy_at).status, 204);
    }
    assert!(anna.take_messages().is_empty(), "nobody declines what does not take place");
}

#[test]
fn deleting_the_copy_declines_unless_it_is_wished_otherwise() {
    let (_desk, [anna, bob, carol], path) = invited(ONCE);
    assert_eq!(bob.delete(&bob.only().0).status, 204);
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "bob").contains("PARTSTAT=DECLINED"), "{stored}");
    assert_eq!(anna.take_messages(), ["REPLY"]);
    let silent = carol.ask("DELETE", &carol.only().0, &[("Schedule-Reply", "F")], "");
    assert_eq!(silent.status, 204);
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "carol").contains("PARTSTAT=NEEDS-ACTION"), "{stored}");
    assert!(anna.take_messages().is_empty());
    assert!(bob.members(&bob.calendar("")).is_empty(), "what was declined does not come back");
    anna.keep(&path, &anna.unfolded(&path).replace("T100000Z", "T120000Z"));
    assert!(bob.only().1.contains("T120000Z"), "another time is another invitation");
}

#[test]
fn one_instance_is_declined_and_one_is_called_off() {
    let (_desk, [anna, bob, carol], path) = invited(DAILY);
    let (at_bob, copy) = bob.only();
    let yes = copy.replace("NEEDS-ACTION;RSVP=TRUE:mailto:bob", "ACCEPTED:mailto:bob");
    bob.keep(&at_bob, &yes);
    let people = part(SECOND, &["bob", "carol"]);
    let no = people.replacen("NEEDS-ACTION;RSVP=TRUE:mailto:bob", "DECLINED:mailto:bob", 1);
    let yes = bob.unfolded(&at_bob);
    bob.keep(&at_bob, &yes.replace("END:VCALENDAR", &(no + "END:VCALENDAR")));
    let stored = anna.unfolded(&path);
    let parts: Vec<&str> = stored.split("BEGIN:VEVENT").skip(1).collect();
    assert_eq!(parts.len(), 2, "{stored}");
    assert!(attendance(parts[0], "bob").contains("PARTSTAT=ACCEPTED"), "{stored}");
    assert!(attendance(parts[1], "bob").contains("PARTSTAT=DECLINED"), "{stored}");
    assert!(parts[1].contains("RECURRENCE-ID:20261202T100000Z"), "{stored}");
    assert_eq!(anna.take_messages(), ["REPLY", "REPLY"]);
    // The third one by taking it out of the calendar.
    let dropped = bob.unfolded(&at_bob).replacen("RRULE", "EXDATE:20261203T100000Z\r\nRRULE", 1);
    bob.keep(&at_bob, &dropped);
    let stored = anna.unfolded(&path);
    let third = stored.split("BEGIN:VEVENT").find(|part| part.contains("RECURRENCE-ID:20261203"));
    let third = third.unwrap_or_else(|| panic!("no third: {stored}"));
    assert!(attendance(third, "bob").contains("PARTSTAT=DECLINED"), "{stored}");
    assert!(bob.unfolded(&at_bob).contains("EXDATE:20261203"), "it stays out of Bob's calendar");
    anna.take_messages();
    // Anna calls the fourth one off.
    carol.take_messages();
    let left_out = anna.unfolded(&path).replacen("RRULE", "EXDATE:20261204T100000Z\r\nRRULE", 1);
    anna.keep(&path, &left_out);
    for user in [&bob, &carol] {
        assert!(user.only().1.contains("EXDATE:20261204T100000Z"), "{}", user.only().1);
        assert_eq!(user.take_messages(), ["CANCEL"]);
    }
    // A sixth one there never was: who answers to it tells nobody.
    let sixth = "EXDATE:20270101T100000Z\r\nRRULE";
    bob.keep(&at_bob, &bob.unfolded(&at_bob).replacen("RRULE", sixth, 1));
    assert!(!anna.unfolded(&path).contains("20270101"), "{}", anna.unfolded(&path));
}

#[test]
fn those_who_are_invited_to_one_instance_see_that_one_only() {
    let (_desk, [anna, bob, carol]) = company();
    let path = anna.calendar("meal.ics");
    let both = part(DAILY, &["bob"]) + &part(SECOND, &["bob", "carol"]);
    anna.keep(&path, &calendar(&both));
    let (at_carol, copy) = carol.only();
    assert!(!copy.contains("RRULE") && copy.contains("RECURRENCE-ID:20261202T100000Z"), "{copy}");
    let yes = copy.replace("NEEDS-ACTION;RSVP=TRUE:mailto:carol", "ACCEPTED:mailto:carol");
    carol.keep(&at_carol, &yes);
    let stored = anna.unfolded(&path);
    assert!(attendance(&stored, "carol").contains("PARTSTAT=ACCEPTED"), "{stored}");
    let without = part(DAILY, &["bob"]) + &part(SECOND, &["carol"]);
    anna.keep(&path, &calendar(&without));
    let copy = bob.only().1;
    assert!(copy.contains("EXDATE:20261202T100000Z") && !copy.contains("RECURRENCE-ID"), "{copy}");
}

#[test]
fn who_sends_themselves_is_not_sent_for() {
    let (_desk, [anna, bob, carol]) = company();
    let path = anna.calendar("meal.ics");
    let by_client = meal(ONCE, &["bob", "carol"]).replace(
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob",
        "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:bob",
    );
    anna.keep(&path, &by_client);
    assert!(bob.members(&bob.calendar("")).is_empty());
    assert!(!carol.only().1.contains("SCHEDULE-AGENT"), "{}", carol.only().1);
    let stored = anna.unfolded(&path);
    assert_eq!(attendance(&stored, "bob"), "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:bob@example.org");
    let forced = stored
        .replace("ATTENDEE;PARTSTAT=NEEDS", "ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST;PARTSTAT=NEEDS");
    carol.take_messages();
    anna.keep(&path, &forced);
    assert_eq!(carol.take_messages(), ["REQUEST"], "as often as it is wished");
    assert!(!anna.unfolded(&path).contains("FORCE-SEND"));
}

#[test]
fn whoever_cannot_be_reached_is_named_and_nothing_is_lost() {
    let (_desk, [anna, ..]) = company();
    let path = anna.calendar("meal.ics");
    let sent = meal(ONCE, &["zoe@elsewhere"])
        .replace("zoe@elsewhere@example.org", "zoe@elsewhere.example.org")
        .replace(
            "END:VEVENT",
            "ATTENDEE:invalid:nomail\r\nATTENDEE:/dav/principals/nobody/\r\nEND:VEVENT",
        );
    anna.keep(&path, &sent);
    let stored = anna.unfolded(&path);
    for (who, status) in [
        ("mailto:zoe@elsewhere.example.org", "5.2"),
        ("invalid:nomail", "3.7"),
        ("/dav/principals/nobody/", "3.7"),
    ] {
        let line = stored.lines().find(|line| line.ends_with(&format!(":{who}"))).expect(who);
        assert!(line.contains(&format!("SCHEDULE-STATUS={status}")), "{line}");
    }
}

#[test]
fn the_organizer_is_known_by_path_too_and_tasks_go_to_the_task_list() {
    let (_desk, [anna, bob, _]) = company();
    let path = calendar_home(&anna) + "tasks/dishes.ics";
    let task = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:dishes\r\n\
        DTSTAMP:20260101T000000Z\r\nSUMMARY:Dishes\r\nORGANIZER:/dav/principals/anna/\r\n\
        ATTENDEE:http://any.example.org/dav/principals/bob/\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
    anna.keep(&path, task);
    let tasks = bob.members(&(calendar_home(&bob) + "tasks/"));
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let copy = bob.unfolded(&tasks[0]);
    let done = copy
        .replace("ATTENDEE:", "ATTENDEE;PARTSTAT=COMPLETED:")
        .replace("END:VTODO", "PERCENT-COMPLETE:100\r\nCOMPLETED:20260102T000000Z\r\nEND:VTODO");
    bob.keep(&tasks[0], &done);
    let stored = anna.unfolded(&path);
    assert!(stored.contains("PARTSTAT=COMPLETED"), "{stored}");
}

#[test]
fn deleting_a_calendar_calls_off_and_declines_what_is_on_it() {
    let (_desk, [anna, bob, carol], path) = invited(ONCE);
    for (user, own) in [(&bob, bob.only().0), (&anna, path.clone())] {
        let work = calendar_home(user) + "work/";
        assert_eq!(user.ask("MKCALENDAR", &work, &[], "").status, 201);
        let there = work.clone() + "meal.ics";
        assert_eq!(user.ask("MOVE", &own, &[("Destination", &there)], "").status, 201);
        let seen = anna.take_messages();
        assert!(seen.is_empty(), "a move tells nobody: {seen:?}");
        assert_eq!(user.delete(&work).status, 204);
        if user.name == "bob" {
            assert!(attendance(&anna.unfolded(&path), "bob").contains("PARTSTAT=DECLINED"));
            assert_eq!(anna.take_messages(), ["REPLY"]);
        }
    }
    assert!(carol.only().1.contains("STATUS:CANCELLED"), "{}", carol.only().1);
    assert_eq!(carol.take_messages(), ["CANCEL"]);
}

#[test]
fn the_copy_of_a_calendar_comes_and_goes_without_a_word() {
    let (_desk, [anna, bob, _], path) = invited(ONCE);
    let copy = calendar_home(&anna) + "copy/";
    let answer = anna.ask("COPY", &anna.calendar(""), &[("Destination", &copy)], "");
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(anna.delete(&copy).status, 204);
    assert!(bob.take_messages().is_empty() && !bob.only().1.contains("CANCELLED"));
    anna.keep(&path, &anna.unfolded(&path).replace("SUMMARY:Meal", "SUMMARY:Feast"));
    assert_eq!(bob.take_messages(), ["REQUEST"]);
}

#[test]
fn who_may_write_in_anothers_calendar_invites_in_their_name() {
    let (desk, [anna, bob, carol]) = company();
    desk.run(&["calendar", "share", "anna", "calendar", "bob", "--read-write"]);
    let shared =
        bob.members(&calendar_home(&bob)).into_iter().find(|path| path.contains("shared-"));
    let path = shared.expect("Anna's calendar in Bob's home") + "meal.ics";
    bob.keep(&path, &meal(ONCE, &["carol"]));
    assert!(carol.only().1.contains("ORGANIZER:mailto:anna@example.org"), "{}", carol.only().1);
    let (at_carol, copy) = carol.only();
    carol.keep(&at_carol, &copy.replace("NEEDS-ACTION;RSVP=TRUE", "ACCEPTED"));
    let stored = anna.unfolded(&anna.calendar("meal.ics"));
    assert!(attendance(&stored, "carol").contains("PARTSTAT=ACCEPTED"), "{stored}");
    assert_eq!(anna.take_messages(), ["REPLY"], "the answer is Anna's");
    assert!(bob.take_messages().is_empty());
}
