//! Who is told what, on tables of changes.

use super::address::Address;
use super::allowed;
use super::invitation::{for_attendee, merge};
use super::notice::{Notice, notices};
use super::object::{Object, answer, attendee};
use super::reply::{Answer, answered, reply};
use super::stored::{Organizing, attended, organized, with_answers};

const STAMP: &str = "20261122T120000Z";

const ORGANIZER: &str = "ORGANIZER:mailto:anna@example.org\n";
const ANNA: &str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\n";
const BOB: &str = "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.org\n";
const CAROL: &str = "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:Carol@example.org\n";

/// An event with the usual people; `lines` come before them.
fn event(lines: &str) -> String {
    calendar(&part(&format!("{lines}{ORGANIZER}{ANNA}{BOB}{CAROL}")))
}

fn part(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:u\nDTSTAMP:20260101T000000Z\nSUMMARY:Meal\n{lines}END:VEVENT\n")
}

fn calendar(parts: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{parts}END:VCALENDAR\n")
        .replace('\n', "\r\n")
}

const ONCE: &str = "DTSTART:20261201T100000Z\nDTEND:20261201T110000Z\n";
const DAILY: &str = "DTSTART:20261201T100000Z\nDTEND:20261201T110000Z\nRRULE:FREQ=DAILY;COUNT=5\n";
const SECOND: &str =
    "RECURRENCE-ID:20261202T100000Z\nDTSTART:20261202T100000Z\nDTEND:20261202T110000Z\n";

fn object(text: &str) -> Object {
    Object::read(text.as_bytes()).unwrap_or_else(|| panic!("no calendar: {text}"))
}

fn address(name: &str) -> [Address; 1] {
    [Address::parse(&format!("mailto:{name}@example.org"))]
}

/// A message in few words: the method and, for each component, its instance and status.
fn words(calendar: &super::draft::Draft) -> String {
    let method = &calendar.property("METHOD").expect("a METHOD").value;
    let mut words = method.clone();
    for part in calendar.children.iter().filter(|part| part.name == "VEVENT") {
        let id = part.property("RECURRENCE-ID").map_or("all", |id| id.value.as_str());
        let status = part.property("STATUS").map_or("", |status| status.value.as_str());
        words.extend([" ", id, status]);
        assert_eq!(part.property("DTSTAMP").expect("a stamp").value, STAMP, "{words}");
    }
    words
}

fn told(old: Option<&str>, new: Option<&str>, who: &str) -> Vec<String> {
    let (old, new) = (old.map(object), new.map(object));
    let notices = notices(old.as_ref(), new.as_ref(), &address(who), STAMP);
    let words = notices.iter().map(|notice| match notice {
        Notice::Request(message) | Notice::Cancel(message) => words(message),
        Notice::Silent => "silent".to_owned(),
    });
    words.collect()
}

#[test]
fn attendees_are_told_what_changed_for_them() {
    let daily = event(DAILY);
    let with_second = |lines: &str| {
        let people = format!("{ORGANIZER}{ANNA}{BOB}{CAROL}");
        calendar(&(part(&format!("{DAILY}{people}")) + &part(&format!("{SECOND}{lines}"))))
    };
    let everybody = format!("{ORGANIZER}{ANNA}{BOB}{CAROL}");
    let without_bob = format!("{ORGANIZER}{ANNA}{CAROL}");
    let once = event(ONCE);
    let later = once.replace("T100000Z", "T103000Z");
    let bob_gone = once.replace(&BOB.replace('\n', "\r\n"), "");
    let bob_said = once.replace("NEEDS-ACTION", "DECLINED");
    let by_client =
        once.replace("ATTENDEE;PARTSTAT=NEEDS", "ATTENDEE;SCHEDULE-AGENT=CLIENT;PARTSTAT=NEEDS");
    let forced = once
        .replace("ATTENDEE;PARTSTAT=NEEDS", "ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST;PARTSTAT=NEEDS");
    let called_off = once.replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY");
    let alarmed =
        once.replace("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT");
    let stamped = once.replace("20260101T000000Z", "20260202T000000Z");
    let left_out = event(&format!("{DAILY}EXDATE:20261203T100000Z\n"));
    let renamed_second = with_second(&everybody)
        .replace("SUMMARY:Meal\r\nRECURRENCE-ID", "SUMMARY:Feast\r\nRECURRENCE-ID");
    let second_off = with_second(&format!("{everybody}STATUS:CANCELLED\n"));
    let bob_only_second = {
        let people = format!("{ORGANIZER}{ANNA}{CAROL}");
        calendar(&(part(&format!("{DAILY}{people}")) + &part(&format!("{SECOND}{everybody}"))))
    };
    let (some, none) = (Some::<&str>, None::<&str>);
    for (case, old, new, bob, carol) in [
        ("made", none, some(&once), vec!["REQUEST all"], vec!["REQUEST all"]),
        ("moved", some(&once), some(&later), vec!["REQUEST all"], vec!["REQUEST all"]),
        ("deleted", some(&once), none, vec!["CANCEL allCANCELLED"], vec!["CANCEL allCANCELLED"]),
        (
            "bob removed",
            some(&once),
            some(&bob_gone),
            vec!["CANCEL allCANCELLED"],
            vec!["REQUEST all"],
        ),
        ("bob added", some(&bob_gone), some(&once), vec!["REQUEST all"], vec!["REQUEST all"]),
        ("bob's answer", some(&once), some(&bob_said), vec!["silent"], vec!["silent"]),
        ("nothing", some(&once), some(&once), vec![], vec![]),
        ("an alarm", some(&once), some(&alarmed), vec![], vec![]),
        ("another stamp", some(&once), some(&stamped), vec!["silent"], vec!["silent"]),
        (
            "called off",
            some(&once),
            some(&called_off),
            vec!["CANCEL allCANCELLED"],
            vec!["CANCEL allCANCELLED"],
        ),
        ("deleted after that", some(&called_off), none, vec![], vec![]),
        ("client's", none, some(&by_client), vec![], vec!["REQUEST all"]),
        ("taken from the client", some(&by_client), some(&once), vec!["REQUEST all"], vec![]),
        ("forced", some(&once), some(&forced), vec!["REQUEST all"], vec![]),
        (
            "one left out",
            some(&daily),
            some(&left_out),
            vec!["CANCEL 20261203T100000ZCANCELLED"],
            vec!["CANCEL 20261203T100000ZCANCELLED"],
        ),
        (
            "one renamed",
            some(&daily),
            some(&renamed_second),
            vec!["REQUEST all 20261202T100000Z"],
            vec!["REQUEST all 20261202T100000Z"],
        ),
        (
            "one called off",
            some(&with_second(&everybody)),
            some(&second_off),
            vec!["CANCEL 20261202T100000ZCANCELLED"],
            vec!["CANCEL 20261202T100000ZCANCELLED"],
        ),
        (
            "not bob on the second",
            some(&daily),
            some(&with_second(&without_bob)),
            vec!["CANCEL 20261202T100000ZCANCELLED"],
            vec!["REQUEST all 20261202T100000Z"],
        ),
        (
            "bob on the second only",
            none,
            some(&bob_only_second),
            vec!["REQUEST 20261202T100000Z"],
            vec!["REQUEST all 20261202T100000Z"],
        ),
        (
            "from all to the second",
            some(&daily),
            some(&bob_only_second),
            vec!["REQUEST 20261202T100000Z"],
            vec!["REQUEST all 20261202T100000Z"],
        ),
    ] {
        assert_eq!(told(old, new, "bob"), bob, "{case}: Bob");
        assert_eq!(told(old, new, "carol"), carol, "{case}: Carol");
    }
}

#[test]
fn what_attendees_get_has_nothing_of_the_organizers_own() {
    let text = event(&format!("{ONCE}BEGIN:VALARM\nACTION:DISPLAY\nEND:VALARM\nX-MOZ-LASTACK:1\n"))
        .replace(
            "ATTENDEE;PARTSTAT=NEEDS",
            "ATTENDEE;SCHEDULE-STATUS=\"1.2\";SCHEDULE-FORCE-SEND=REQUEST;PARTSTAT=NEEDS",
        );
    let copy = for_attendee(&object(&text), &address("bob")).expect("Bob is invited");
    let copy = String::from_utf8(copy.write()).unwrap();
    for private in ["VALARM", "X-MOZ", "SCHEDULE-", "METHOD"] {
        assert!(!copy.contains(private), "{private} in {copy}");
    }
    assert!(copy.contains("SUMMARY:Meal\r\n") && copy.contains("carol@") | copy.contains("Carol@"));
    assert!(for_attendee(&object(&text), &address("dora")).is_none());
}

#[test]
fn a_copy_keeps_what_is_the_attendees_own_until_the_time_changes() {
    let mine = address("bob");
    let kept = event(&format!("{DAILY}TRANSP:TRANSPARENT\nEXDATE:20261204T100000Z\nBEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\n"))
        .replace("NEEDS-ACTION", "TENTATIVE");
    let renamed = event(DAILY).replace("Meal", "Feast");
    let later = event(DAILY).replace("T100000Z", "T120000Z");
    for (fresh, said, own_exception) in
        [(&renamed, "TENTATIVE", true), (&later, "NEEDS-ACTION", false)]
    {
        let merged = merge(&object(&kept), &object(fresh), &mine);
        let part = merged.master().expect("the series");
        assert_eq!(answer(attendee(part, &mine).expect("Bob")), said, "{fresh}");
        assert!(part.says("TRANSP", "TRANSPARENT"), "{fresh}");
        assert_eq!(part.children.len(), 1, "the alarm stays: {fresh}");
        assert_eq!(!merged.left_out(part).is_empty(), own_exception, "{fresh}");
        let again = merge(&merged, &object(fresh), &mine);
        assert_eq!(again.write(), merged.write(), "twice does no harm");
    }
}

fn said(old: Option<&str>, new: Option<&str>) -> String {
    let (old, new) = (old.map(object), new.map(object));
    let message = reply(old.as_ref(), new.as_ref(), &address("bob"), STAMP);
    let Some(message) = message else { return String::new() };
    let mut words = words(&message);
    for part in message.children.iter().filter(|part| part.name == "VEVENT") {
        let lines: Vec<_> = part.all("ATTENDEE").collect();
        assert_eq!(lines.len(), 1, "an answer is one attendee's");
        words.extend([" ", &answer(lines[0])]);
    }
    words
}

#[test]
fn organizers_are_told_of_answers_only() {
    let once = event(ONCE);
    let yes = once.replace("NEEDS-ACTION", "ACCEPTED");
    let no = once.replace("NEEDS-ACTION", "DECLINED");
    let daily = event(DAILY);
    let daily_yes = daily.replace("NEEDS-ACTION", "ACCEPTED");
    let people = format!("{ORGANIZER}{ANNA}{}{CAROL}", BOB.replace("NEEDS-ACTION", "DECLINED"));
    let not_second = daily_yes.replace(
        "END:VCALENDAR",
        &(part(&format!("{SECOND}{people}")).replace('\n', "\r\n") + "END:VCALENDAR"),
    );
    let dropped = daily_yes.replace("RRULE", "EXDATE:20261203T100000Z\r\nRRULE");
    let by_client = yes.replace("ORGANIZER:", "ORGANIZER;SCHEDULE-AGENT=CLIENT:");
    let forced = yes.replace("ORGANIZER:", "ORGANIZER;SCHEDULE-FORCE-SEND=REPLY:");
    let called_off = yes.replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY");
    let alarm = yes.replace("END:VEVENT", "BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT");
    let (some, none) = (Some::<&str>, None::<&str>);
    for (case, old, new, wanted) in [
        ("accepted", some(&once), some(&yes), "REPLY all ACCEPTED"),
        ("changed their mind", some(&yes), some(&no), "REPLY all DECLINED"),
        ("an alarm", some(&yes), some(&alarm), ""),
        ("brought along", none, some(&yes), "REPLY all ACCEPTED"),
        ("brought along without answer", none, some(&once), ""),
        ("deleted", some(&once), none, "REPLY all DECLINED"),
        ("deleted after declining", some(&no), none, ""),
        ("deleted after it was called off", some(&called_off), none, ""),
        ("client's", some(&once), some(&by_client), ""),
        ("forced", some(&yes), some(&forced), "REPLY all ACCEPTED"),
        ("one declined", some(&daily_yes), some(&not_second), "REPLY 20261202T100000Z DECLINED"),
        ("that taken back", some(&not_second), some(&daily_yes), "REPLY 20261202T100000Z ACCEPTED"),
        ("one deleted", some(&daily_yes), some(&dropped), "REPLY 20261203T100000Z DECLINED"),
        (
            "all and not one",
            some(&daily),
            some(&not_second),
            "REPLY all 20261202T100000Z ACCEPTED DECLINED",
        ),
    ] {
        assert_eq!(said(old, new), wanted, "{case}");
    }
}

#[test]
fn an_answer_changes_one_line_of_the_organizers_object() {
    let mine = address("bob");
    let organizers = event(DAILY);
    let yes = organizers.replace("NEEDS-ACTION", "ACCEPTED");
    let object_of_anna = object(&organizers);
    let changes = |theirs: Option<&str>| {
        let theirs = theirs.map(object);
        let now = Answer { theirs: theirs.as_ref(), addresses: &mine };
        answered(&object_of_anna, now, |_| true)
    };
    let accepted = changes(Some(&yes));
    let bytes = with_answers(organizers.as_bytes(), &object_of_anna, &accepted, &mine).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let wanted = organizers.replace(
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob",
        "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0:mailto:bob",
    );
    assert_eq!(text, wanted);
    let after = object(&text);
    let theirs = object(&yes);
    let now = Answer { theirs: Some(&theirs), addresses: &mine };
    assert!(answered(&after, now, |_| true).is_empty(), "twice does no harm");
    assert_eq!(changes(None).answers.values().collect::<Vec<_>>(), ["DECLINED"], "a deleted copy");
    let stale = yes.replace("T100000Z", "T090000Z");
    assert!(changes(Some(&stale)).is_empty(), "an answer to another time");
}

#[test]
fn an_answer_to_one_instance_makes_a_component_of_it() {
    let mine = address("bob");
    let organizers =
        event(&DAILY.replace(":2026", ";TZID=Europe/Berlin:2026").replace("00Z", "00"));
    let theirs = organizers.replace("RRULE", "EXDATE:20261203T090000Z\r\nRRULE");
    let (anna, bob) = (object(&organizers), object(&theirs));
    let now = Answer { theirs: Some(&bob), addresses: &mine };
    assert!(answered(&anna, now, |_| false).is_empty(), "an instance that there is not");
    let changes = answered(&anna, now, |_| true);
    let text = with_answers(organizers.as_bytes(), &anna, &changes, &mine).unwrap();
    let text = String::from_utf8(text).unwrap();
    let made = text.split("END:VEVENT").nth(1).expect("a second component");
    for line in [
        "RECURRENCE-ID:20261203T090000Z",
        "DTSTART;TZID=Europe/Berlin:20261203T100000",
        "DTEND;TZID=Europe/Berlin:20261203T110000",
        "ATTENDEE;PARTSTAT=DECLINED;SCHEDULE-STATUS=2.0:mailto:bob@example.org",
        "SUMMARY:Meal",
    ] {
        assert!(made.contains(&format!("{line}\r\n")), "{line} is missing in {made}");
    }
    assert!(!made.contains("RRULE"), "{made}");
    assert!(text.starts_with(organizers.trim_end().trim_end_matches("END:VCALENDAR")));
}

#[test]
fn attendees_change_what_is_theirs_and_nothing_else() {
    let daily = event(DAILY);
    let second = |lines: &str| {
        let people = format!("{ORGANIZER}{ANNA}{}{CAROL}", BOB.replace("NEEDS-ACTION", "DECLINED"));
        let added = part(&format!("{lines}{people}")).replace('\n', "\r\n");
        daily.replace("END:VCALENDAR", &(added + "END:VCALENDAR"))
    };
    let add = |lines: &str| daily.replace("RRULE", &format!("{lines}RRULE"));
    for (case, new, allowed) in [
        ("nothing", daily.clone(), true),
        ("the answer", daily.replace("NEEDS-ACTION", "ACCEPTED"), true),
        ("an alarm", daily.replace("END:VEVENT", "BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT"), true),
        ("transparency", add("TRANSP:TRANSPARENT\r\n"), true),
        ("a program's own line", add("X-MOZ-GENERATION:1\r\n"), true),
        ("what is not said means the same", add("STATUS:CONFIRMED\r\nPRIORITY:0\r\n"), true),
        (
            "a parameter of their line",
            daily.replace("ATTENDEE;PARTSTAT=NEEDS", "ATTENDEE;CN=Bob;PARTSTAT=NEEDS"),
            true,
        ),
        (
            "another's answer, which is put right",
            daily.replace("ACCEPTED:MAILTO", "DECLINED:MAILTO"),
            true,
        ),
        ("one instance dropped", add("EXDATE:20261203T100000Z\r\n"), true),
        ("one instance declined", second(SECOND), true),
        (
            "the rule written in another order",
            daily.replace("FREQ=DAILY;COUNT=5", "COUNT=5;FREQ=DAILY;INTERVAL=1"),
            true,
        ),
        (
            "the time in another zone",
            daily.replace("DTSTART:20261201T100000Z", "DTSTART;TZID=Europe/Berlin:20261201T110000"),
            true,
        ),
        ("the title", daily.replace("Meal", "Feast"), false),
        ("the place", add("LOCATION:here\r\n"), false),
        ("the start", daily.replace("DTSTART:20261201T10", "DTSTART:20261201T09"), false),
        ("the rule", daily.replace("COUNT=5", "COUNT=6"), false),
        ("the state of the event", add("STATUS:CANCELLED\r\n"), false),
        ("another attendee", add("ATTENDEE:mailto:dora@example.org\r\n"), false),
        ("one attendee less", daily.replace(&CAROL.replace('\n', "\r\n"), ""), false),
        ("themselves taken off", daily.replace(&BOB.replace('\n', "\r\n"), ""), false),
        (
            "the organizer",
            daily.replace(ORGANIZER.trim(), "ORGANIZER:mailto:bob@example.org"),
            false,
        ),
        (
            "one instance moved",
            second(&SECOND.replace("DTSTART:20261202T10", "DTSTART:20261202T09")),
            false,
        ),
        ("one instance added", add("RDATE:20270101T100000Z\r\n"), false),
    ] {
        let verdict = allowed::check(&object(&daily), &object(&new), &address("bob"));
        assert_eq!(verdict.is_ok(), allowed, "{case}: {verdict:?}\n{new}");
    }
    let declined = second(SECOND);
    let back = allowed::check(&object(&declined), &object(&daily), &address("bob"));
    assert_eq!(back, Ok(()), "as the series again");
    let moved = second(&SECOND.replace("DTSTART:20261202T10", "DTSTART:20261202T09"));
    let taken_out = allowed::check(&object(&moved), &object(&daily), &address("bob"));
    assert!(taken_out.is_err(), "what the organizer moved is not the attendee's to put back");
    let left_out = event(&format!("{DAILY}EXDATE:20261203T100000Z\n"));
    let brought_back = allowed::check(&object(&left_out), &object(&daily), &address("bob"));
    assert!(brought_back.is_err(), "instances that do not take place stay so");
}

#[test]
fn what_organizers_store_is_completed() {
    let mine = address("anna");
    let once = event(ONCE);
    let text = |old: Option<&Object>, new: &str, stored_answers: bool| {
        let status = |who: &Address| (*who == address("bob")[0]).then_some("1.2");
        let orders = Organizing { old, mine: &mine, stored_answers, with_wishes: false, status };
        let bytes = organized(new.as_bytes(), &object(new), &orders);
        bytes.map_or_else(|| new.to_owned(), |bytes| String::from_utf8(bytes).unwrap())
    };
    let first = text(None, &once, false);
    assert_eq!(first, once.replace("NEEDS-ACTION:", "NEEDS-ACTION;SCHEDULE-STATUS=1.2:"));
    let known = object(&first.replace("NEEDS-ACTION", "ACCEPTED"));
    let later = once.replace("T100000Z", "T103000Z");
    let moved = text(Some(&known), &later, false);
    assert!(moved.contains("SEQUENCE:1\r\n"), "{moved}");
    assert_eq!(moved.matches("PARTSTAT=NEEDS-ACTION").count(), 2, "Bob and Carol: {moved}");
    assert!(moved.contains("PARTSTAT=ACCEPTED:mailto:anna"), "{moved}");
    assert!(moved.contains("RSVP=TRUE"), "{moved}");
    let renamed = once.replace("Meal", "Feast");
    assert!(text(Some(&known), &renamed, true).contains("ACCEPTED;SCHEDULE-STATUS=1.2:mailto:bob"));
    assert!(
        text(Some(&known), &renamed, false).contains("NEEDS-ACTION;SCHEDULE-STATUS=1.2:mailto:bob")
    );
    assert_eq!(text(Some(&known), &first, false), first, "what is complete stays");
}

#[test]
fn what_attendees_store_says_of_others_what_the_organizer_says() {
    let mine = address("bob");
    let once = event(ONCE);
    let sent =
        once.replace("NEEDS-ACTION", "ACCEPTED").replace("ACCEPTED:MAILTO", "DECLINED:MAILTO");
    let old = object(&once);
    let kept = attended(sent.as_bytes(), &object(&sent), Some(&old), &mine, Some("1.2")).unwrap();
    let wanted = once
        .replace("NEEDS-ACTION", "ACCEPTED")
        .replace("ORGANIZER:", "ORGANIZER;SCHEDULE-STATUS=1.2:");
    assert_eq!(String::from_utf8(kept).unwrap(), wanted);
    assert_eq!(attended(once.as_bytes(), &old, Some(&old), &mine, None), None);
}
