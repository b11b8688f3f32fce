//! What a user can have the server do by itself: follow-ups of birthdays and of days in fields, and
//! meetings out of events. And what is required of contacts.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::desk::{Desk, User, card, card_with};

/// Today, in UTC: nobody here has a zone of their own.
fn today() -> Date {
    jiff::Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn rows(desk: &Desk, arguments: &[&str]) -> Value {
    let printed = desk.run(&[arguments, &["--json"]].concat());
    serde_json::from_str(&printed).expect(&printed)
}

/// Texts and days of the open follow-ups.
fn open(desk: &Desk, user: &User) -> Vec<(String, String)> {
    let listed = rows(desk, &["followup", "list", &user.name]);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let listed = listed.as_array().unwrap();
    listed.iter().map(|row| (text(row, "text"), text(row, "due"))).collect()
}

#[test]
fn a_birthday_is_a_task_on_the_phone_and_its_tick_stands_in_the_card() {
    let (desk, anna) = Desk::of_anna();
    let soon = today().saturating_add(3.days());
    let path = anna.card("bo.vcf");
    anna.put(&path, card_with("bo", "Bo", &format!("BDAY:--{}\r\n", soon.strftime("%m-%d"))));
    let shown = desk.run(&["followup", "birthdays", &anna.name]);
    assert!(shown.contains("No follow-ups come of birthdays"), "{shown}");
    let set = desk.run(&["followup", "birthdays", &anna.name, "--before", "1w"]);
    assert!(set.contains("7 days before"), "{set}");
    let due = if soon.strftime("%m-%d").to_string() == "02-29" { today() } else { soon };
    assert_eq!(open(&desk, &anna), [("Birthday".to_owned(), due.to_string())]);

    // As the phone finds it in the list of tasks, and ticks it off.
    let tasks = format!("/dav/calendars/{}/tasks/", anna.name);
    let listed = anna.propfind(&tasks, "1", "D:getetag");
    let href = listed.hrefs().into_iter().find(|href| *href != tasks).expect("a task").to_owned();
    let task = anna.get(&href).text().to_owned();
    assert!(task.contains("SUMMARY:Bo: Birthday\r\n"), "{task}");
    assert!(task.contains("X-ROLODAV-CONTACT:bo\r\n"), "{task}");
    let done = task.replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED");
    let headers = [("Content-Type", "text/calendar")];
    assert_eq!(anna.ask("PUT", &href, &headers, &done).status, 204);
    let card = anna.get(&path).text().replace("\r\n ", "");
    assert!(card.contains("contact: Birthday"), "{card}");

    // However often it is asked for, it came this year.
    desk.run(&["followup", "birthdays", &anna.name, "--off"]);
    desk.run(&["followup", "birthdays", &anna.name, "--before", "14d"]);
    assert!(open(&desk, &anna).is_empty());
}

#[test]
fn a_day_in_a_field_comes_until_it_is_not_wanted() {
    let (desk, anna) = Desk::of_anna();
    anna.put(&anna.card("bo.vcf"), card("bo", "Bo"));
    desk.run(&["field", "define", &anna.name, "Contract ends", "--type", "date"]);
    desk.run(&["field", "define", &anna.name, "Size"]);
    let ends = today().saturating_add(10.days()).to_string();
    desk.run(&["field", "set", &anna.name, "bo", "contract ends", &ends]);
    let remind = ["field", "remind", &anna.name, "contract ends"];
    desk.run(&[&remind[..], &["--before", "5d"]].concat());
    assert!(open(&desk, &anna).is_empty(), "it is too early");
    desk.run(&[&remind[..], &["--before", "14d"]].concat());
    let wanted = ("Contract ends".to_owned(), ends);
    assert_eq!(open(&desk, &anna), std::slice::from_ref(&wanted));
    assert!(desk.run(&remind).contains("14 days before"));
    for arguments in [
        &["field", "remind", "anna", "size", "--before", "5d"][..],
        &["field", "remind", "anna", "contract ends", "--before", "soon"],
        &["field", "remind", "anna", "nothing"],
        &["followup", "birthdays", "anna", "--before", "500d"],
    ] {
        let refused = crate::support::program::run(desk.data(), arguments, "");
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
    }
    assert_eq!(open(&desk, &anna), [wanted]);
    desk.run(&["field", "remove", &anna.name, "contract ends"]);
    assert!(open(&desk, &anna).is_empty(), "nobody knows the field any more");
}

#[test]
fn whoever_does_not_want_meetings_logged_has_none() {
    let (desk, anna) = Desk::of_anna();
    anna.put(&anna.card("bo.vcf"), card_with("bo", "Bo", "EMAIL:bo@example.org\r\n"));
    let ended = |uid: &str, before: i64| {
        let moment = |minutes: i64| {
            let at = jiff::Timestamp::now().saturating_sub(minutes.minutes()).unwrap();
            at.strftime("%Y%m%dT%H%M%SZ").to_string()
        };
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\nSUMMARY:{uid}\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@example.org\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n",
            moment(before + 30),
            moment(before),
        );
        let path = format!("/dav/calendars/{}/calendar/{uid}.ics", anna.name);
        let answer = anna.ask("PUT", &path, &[("Content-Type", "text/calendar")], event);
        assert_eq!(answer.status, 201, "{}", answer.text());
    };
    let logged = || {
        desk.run(&["capture", "events"]);
        let listed = rows(&desk, &["note", "list", &anna.name, "bo"]);
        let listed = listed.as_array().unwrap().iter();
        listed.map(|row| row["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let shown = desk.run(&["user", "meetings", &anna.name]);
    assert!(shown.contains("are logged"), "{shown}");
    ended("one", 90);
    assert_eq!(logged(), ["one"]);
    desk.run(&["user", "meetings", &anna.name, "off"]);
    ended("two", 60);
    assert_eq!(logged(), ["one"]);
    // What ended while it was off stays out.
    desk.run(&["user", "meetings", &anna.name, "on"]);
    assert_eq!(logged(), ["one"]);
}

#[test]
fn cards_that_lack_a_required_field_are_listed() {
    let (desk, anna) = Desk::of_anna();
    for (name, lines) in [("a", "X-SIZE:L\r\n"), ("b", ""), ("c", "X-SIZE:\r\n")] {
        anna.put(&anna.card(&format!("{name}.vcf")), card_with(name, name, lines));
    }
    let group = card_with("g", "g", "X-ADDRESSBOOKSERVER-KIND:group\r\n");
    anna.put(&anna.card("g.vcf"), group);
    let missing = |desk: &Desk| rows(desk, &["field", "missing", &anna.name]);
    assert_eq!(missing(&desk), json!({ "cards": [], "count": 0 }));
    desk.run(&["field", "define", &anna.name, "Size", "--required"]);
    desk.run(&["field", "define", &anna.name, "Met", "--type", "date"]);
    let lacks = |name: &str, fields: &[&str]| json!({ "book": "contacts", "card": format!("{name}.vcf"), "name": name, "fields": fields });
    let cards = json!([lacks("b", &["Size"]), lacks("c", &["Size"])]);
    assert_eq!(missing(&desk), json!({ "cards": cards, "count": 2 }));
    desk.run(&["field", "define", &anna.name, "Met", "--type", "date", "--required"]);
    desk.run(&["field", "set", &anna.name, "contacts/b", "met", "2026-01-01"]);
    desk.run(&["field", "set", &anna.name, "contacts/c", "size", "S"]);
    let cards = json!([lacks("a", &["Met"]), lacks("b", &["Size"]), lacks("c", &["Met"])]);
    assert_eq!(missing(&desk), json!({ "cards": cards, "count": 3 }));
    let listed = rows(&desk, &["field", "list", &anna.name]);
    let counts: Vec<_> = listed.as_array().unwrap().iter().map(|row| &row["missing"]).collect();
    assert_eq!(counts, [&json!(2), &json!(1)], "{listed}");
    let table = desk.run(&["field", "list", &anna.name]);
    assert!(table.contains("required; 2 cards lack it"), "{table}");
    let table = desk.run(&["field", "missing", &anna.name]);
    assert!(table.contains("contacts/b.vcf"), "{table}");
}
