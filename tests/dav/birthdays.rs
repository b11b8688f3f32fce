//! The calendar of birthdays and anniversaries, as a phone sees it: it follows the cards at once,
//! tells ages, and is nobody's to write.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::desk::{Desk, User, card_with, expect, propfind, xml};
use crate::multistatus::Multistatus;

fn birthdays(user: &User) -> String {
    format!("/dav/calendars/{}/birthdays/", user.name)
}

/// Names of the members with their bodies, by title of the first component.
fn events(user: &User, calendar: &str) -> Vec<(String, String)> {
    let listed = user.propfind(calendar, "1", "D:getetag");
    let members = listed.hrefs().into_iter().filter(|href| *href != calendar);
    let mut found: Vec<(String, String)> = members
        .map(|href| {
            let answer = user.get(href);
            assert_eq!(answer.status, 200, "{href}");
            let tag = listed.responses.iter().find(|r| r.href == href).unwrap();
            let tag = &tag.prop("D:getetag").unwrap().text;
            assert_eq!(answer.header("etag"), Some(tag.as_str()), "{href}: the tags agree");
            (href.to_owned(), answer.text().to_owned())
        })
        .collect();
    found.sort_by_key(|(_, text)| titles(text));
    found
}

fn titles(event: &str) -> Vec<String> {
    event.lines().filter_map(|line| line.strip_prefix("SUMMARY:")).map(str::to_owned).collect()
}

fn first_titles(user: &User, calendar: &str) -> Vec<String> {
    events(user, calendar).iter().map(|(_, text)| titles(text)[0].clone()).collect()
}

/// The present year, counted in days of the Gregorian mean; exact but for hours around New Year.
fn this_year() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    1970 + (seconds as f64 / (365.2425 * 86_400.0)) as i64
}

#[test]
fn it_follows_the_cards_at_once() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = birthdays(&anna);
    let home = anna.propfind("/dav/calendars/anna/", "1", "D:resourcetype CS:getctag");
    assert!(home.hrefs().contains(&calendar.as_str()), "{:?}", home.hrefs());
    assert!(events(&anna, &calendar).is_empty());
    let (empty, ctag) = (anna.token(&calendar), anna.prop(&calendar, "CS:getctag"));

    anna.store(&anna.card("a.vcf"), card_with("a", "Ada", "BDAY:1815-12-10\r\n"));
    anna.store(&anna.card("b.vcf"), card_with("b", "Bob", "NOTE:nothing\r\n"));
    let born = anna.sync(&calendar, &empty);
    assert_eq!(born.responses.len(), 1, "one came: {:?}", born.hrefs());
    assert_eq!(first_titles(&anna, &calendar), ["🎂 Ada"]);
    assert_ne!(anna.prop(&calendar, "CS:getctag"), ctag);
    let token = born.token.unwrap();
    let (name, text) = events(&anna, &calendar)[0].clone();
    for line in ["TRANSP:TRANSPARENT", "DTSTART;VALUE=DATE:18151210", "RRULE:FREQ=YEARLY"] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "no {line}: {text}");
    }

    // What does not concern the calendar does not change it.
    let (tag, ctag) = (anna.etag(&name), anna.prop(&calendar, "CS:getctag"));
    anna.store(&anna.card("a.vcf"), card_with("a", "Ada", "BDAY:1815-12-10\r\nNOTE:n\r\n"));
    assert_eq!(anna.etag(&name), tag);
    assert_eq!(anna.prop(&calendar, "CS:getctag"), ctag);
    assert!(anna.sync(&calendar, &token).responses.is_empty());

    // A new name is a new title of the same event.
    anna.store(&anna.card("a.vcf"), card_with("a", "Ada L", "BDAY:1815-12-10\r\n"));
    assert_ne!(anna.etag(&name), tag);
    let renamed = anna.sync(&calendar, &token);
    assert_eq!(renamed.hrefs(), [name.as_str()]);
    // A card in another book stays the same person.
    let other = anna.make_book("other");
    let to = format!("{other}a.vcf");
    let moved = anna.ask("MOVE", &anna.card("a.vcf"), &[("Destination", &to)], "");
    assert_eq!(moved.status, 201);
    assert!(anna.sync(&calendar, renamed.token.as_ref().unwrap()).responses.is_empty());

    assert_eq!(anna.delete(&to).status, 204);
    let gone = anna.sync(&calendar, &token);
    assert_eq!(gone.with_status(Some(404)), [name.as_str()]);
    assert_eq!(anna.get(&name).status, 404);
    assert!(events(&anna, &calendar).is_empty());
    anna.ask("DELETE", &other, &[], "");
    anna.store(
        &anna.card("c.vcf"),
        card_with("c", "Cy", "BDAY:--0229\r\nANNIVERSARY:20100304\r\n"),
    );
    assert_eq!(first_titles(&anna, &calendar), ["🎂 Cy", "💍 Cy"]);
}

#[test]
fn ages_leap_days_and_days_without_a_year() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = birthdays(&anna);
    let now = this_year();
    for (uid, line) in [
        ("age", "BDAY:1985-04-15\r\n"),
        ("leap", "BDAY:2000-02-29\r\n"),
        ("none", "BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-02-29\r\n"),
        ("wrong", "BDAY:soon\r\n"),
        ("club", "X-ADDRESSBOOKSERVER-KIND:group\r\nBDAY:1985-04-15\r\n"),
    ] {
        anna.store(&anna.card(&format!("{uid}.vcf")), card_with(uid, uid, line));
    }
    let found = events(&anna, &calendar);
    let firsts: Vec<String> = found.iter().map(|(_, text)| titles(text)[0].clone()).collect();
    assert_eq!(firsts, ["🎂 age", "🎂 leap", "🎂 none"]);
    let ages: Vec<String> =
        (now - 1..now + 5).map(|year| format!("🎂 age ({})", year - 1985)).collect();
    assert_eq!(titles(&found[0].1)[1..], ages[..], "each year of the window tells the age");
    for year in now - 1..now + 5 {
        let is_leap = year % 4 == 0;
        let day = if is_leap { 29 } else { 28 };
        let id = format!("RECURRENCE-ID;VALUE=DATE:{year}02{day}");
        assert_eq!(found[1].1.matches(&id).count(), 1, "{id}: {}", found[1].1);
    }
    assert_eq!(titles(&found[2].1), ["🎂 none"], "who has no year has no age");
    for (_, text) in &found[1..] {
        assert!(text.contains("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1\r\n"), "{text}");
    }
}

#[test]
fn it_is_read_only_but_for_its_looks() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = birthdays(&anna);
    anna.store(&anna.card("a.vcf"), card_with("a", "Ada", "BDAY:1815-12-10\r\n"));
    let (event, text) = events(&anna, &calendar)[0].clone();
    let ics = [("Content-Type", "text/calendar")];
    let target = format!("{calendar}moved.ics");
    let mut denied = vec![
        ("PUT over", anna.ask("PUT", &event, &ics, &text)),
        ("PUT new", anna.ask("PUT", &target, &ics, text.replace("UID:", "UID:x"))),
        ("POST", anna.ask("POST", &calendar, &ics, &text)),
        ("DELETE event", anna.delete(&event)),
        ("DELETE calendar", anna.delete(&calendar)),
        ("MOVE within", anna.ask("MOVE", &event, &[("Destination", &target)], "")),
    ];
    let renamed = "/dav/calendars/anna/renamed/";
    denied.push(("MOVE calendar", anna.ask("MOVE", &calendar, &[("Destination", renamed)], "")));
    let set = "<D:set><D:prop><X:p>1</X:p></D:prop></D:set>";
    denied.push(("PROPPATCH event", anna.proppatch(&event, set)));
    for (what, answer) in denied {
        expect(&answer, 403, Some("D:need-privileges"), what);
    }
    let privileges = anna.propfind(&calendar, "0", "D:current-user-privilege-set");
    let privileges = &privileges.responses[0].prop("D:current-user-privilege-set").unwrap().xml;
    assert!(privileges.contains("write-properties"), "{privileges}");
    assert!(!privileges.contains("bind") && !privileges.contains("write-content"), "{privileges}");
    let thunderbird = [("User-Agent", "Mozilla/5.0 Thunderbird/153.7.0"), ("Depth", "0")];
    for (what, path, writes) in [
        ("birthdays", &calendar, false),
        ("calendar", &"/dav/calendars/anna/calendar/".to_owned(), true),
    ] {
        let body = propfind("D:current-user-privilege-set");
        let seen = anna.ask("PROPFIND", path, &thunderbird, body);
        assert_eq!(seen.text().contains("write-properties"), writes, "{what}: {}", seen.text());
    }

    let looks = "<D:set><D:prop><D:displayname>Geburtstage</D:displayname>\
                 <I:calendar-color>#FF0000FF</I:calendar-color>\
                 <CAL:schedule-calendar-transp><CAL:opaque/></CAL:schedule-calendar-transp>\
                 </D:prop></D:set>";
    Multistatus::of(&anna.proppatch(&calendar, looks));
    assert_eq!(anna.prop(&calendar, "D:displayname"), "Geburtstage");
    // What is copied elsewhere is an event like any other.
    let copy = "/dav/calendars/anna/calendar/ada.ics";
    assert_eq!(anna.ask("COPY", &event, &[("Destination", copy)], "").status, 201);
    assert_eq!(anna.delete(copy).status, 204);
    assert_eq!(anna.get(&event).text(), text);
}

#[test]
fn shares_of_books_and_of_the_calendar() {
    let desk = Desk::open();
    let (anna, bob, eve) = (desk.user("anna"), desk.user("bob"), desk.user("eve"));
    bob.store(&bob.card("b.vcf"), card_with("b", "Bea", "BDAY:--0101\r\n"));
    assert!(events(&anna, &birthdays(&anna)).is_empty());
    let before = anna.token(&birthdays(&anna));
    desk.run(&["book", "share", "bob", "contacts", "anna"]);
    assert_eq!(first_titles(&anna, &birthdays(&anna)), ["🎂 Bea"]);
    // Who sees the calendar sees what its owner sees, and may not write it however it is shared.
    desk.run(&["book", "share", "anna", "birthdays", "eve", "--read-write"]);
    let home = eve.propfind("/dav/calendars/eve/", "1", "D:resourcetype");
    let shared = home.hrefs().into_iter().find(|href| href.contains("shared-")).unwrap().to_owned();
    assert_eq!(first_titles(&eve, &shared), ["🎂 Bea"]);
    bob.store(&bob.card("c.vcf"), card_with("c", "Cy", "BDAY:--0101\r\n"));
    assert_eq!(first_titles(&eve, &shared), ["🎂 Bea", "🎂 Cy"], "it is up to date for her too");
    let (event, _) = events(&eve, &shared)[0].clone();
    expect(&eve.delete(&event), 403, Some("D:need-privileges"), "DELETE by a sharee");
    assert_eq!(bob.get(&birthdays(&anna)).status, 404, "strangers see nothing");

    desk.run(&["book", "unshare", "bob", "contacts", "anna"]);
    assert!(events(&anna, &birthdays(&anna)).is_empty(), "the share ended, and so did the events");
    let gone = anna.sync(&birthdays(&anna), &before);
    assert_eq!(gone.responses.len(), 2, "{:?}", gone.responses);
    assert!(first_titles(&eve, &shared).is_empty());
    assert_eq!(first_titles(&bob, &birthdays(&bob)), ["🎂 Bea", "🎂 Cy"]);
}

#[test]
fn alarms_are_a_choice() {
    let (desk, anna) = Desk::of_anna();
    let calendar = birthdays(&anna);
    anna.store(&anna.card("a.vcf"), card_with("a", "Ada", "BDAY:--1210\r\n"));
    let (event, text) = events(&anna, &calendar)[0].clone();
    assert!(!text.contains("VALARM"), "nobody asked for alarms: {text}");
    let set = ["calendar", "birthdays", "anna", "--alarm", "7@18:30", "--alarm", "0@9"];
    desk.run(&set);
    let shown = desk.run(&["calendar", "birthdays", "anna", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["alarms"], serde_json::json!(["0@09:00", "7@18:30"]));
    let text = anna.get(&event).text().to_owned();
    for trigger in ["TRIGGER:P0DT9H0M", "TRIGGER:-P6DT5H30M"] {
        assert_eq!(text.matches(trigger).count(), 1, "{trigger}: {text}");
    }
    desk.run(&["calendar", "birthdays", "anna", "--no-alarms"]);
    let text = anna.get(&event).text().to_owned();
    assert!(!text.contains("VALARM"), "{text}");
}
#[test]
fn a_week_holds_the_birthdays_of_that_week() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = birthdays(&anna);
    anna.store(&anna.card("a.vcf"), card_with("a", "Ada", "BDAY:1985-04-15\r\n"));
    anna.store(&anna.card("b.vcf"), card_with("b", "Bob", "BDAY:--0620\r\n"));
    let within = |from: &str, to: &str| {
        let body = xml(
            "CAL:calendar-query",
            &format!(
                "<D:prop><D:getetag/></D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'>\
                 <CAL:comp-filter name='VEVENT'><CAL:time-range start='{from}T000000Z' \
                 end='{to}T000000Z'/></CAL:comp-filter></CAL:comp-filter></CAL:filter>"
            ),
        );
        let answer = anna.ask("REPORT", &calendar, &[("Depth", "1")], body);
        let found = Multistatus::of(&answer);
        let mut titles: Vec<String> =
            found.hrefs().iter().map(|href| titles(anna.get(href).text())[0].clone()).collect();
        titles.sort();
        titles
    };
    for year in [1990, 2026, 2027, 2060] {
        let week = within(&format!("{year}0412"), &format!("{year}0419"));
        assert_eq!(week, ["🎂 Ada"], "a week in {year}");
    }
    assert_eq!(within("19800101", "19810101"), ["🎂 Bob"], "before Ada was born");
    assert_eq!(within("20260101", "20270101"), ["🎂 Ada", "🎂 Bob"]);
    assert!(within("20260701", "20270101").is_empty());
}
