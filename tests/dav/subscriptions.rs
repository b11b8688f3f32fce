//! Calendars of the web in a user's home: what is fetched, what is not, and what clients see.

use crate::desk::{Desk, User, xml};
use crate::source::{Say, Source, answer};
use crate::support::program::{run, said};

fn event(uid: &str, summary: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\n\
         DTEND:20260105T110000Z\r\nSUMMARY:{summary}\r\nATTACH:file:///etc/passwd\r\nEND:VEVENT\r\n"
    )
}

fn calendar(events: &[String]) -> String {
    let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nMETHOD:PUBLISH\r\n\
                X-WR-CALNAME:Fixtures 26/27\r\nX-APPLE-CALENDAR-COLOR:#00FF00\r\n";
    format!("{head}{}END:VCALENDAR\r\n", events.concat())
}

const LOCAL: (&str, &str) = ("ROLODAV__SUBSCRIPTIONS__PRIVATE_NETWORKS", "127.0.0.1");
const HOME: &str = "/dav/calendars/anna/web-fixtures-26-27/";

/// A server that may fetch from this machine, its user, and a source with two events.
fn subscribed() -> (Desk, User, Source) {
    let (desk, source) = (Desk::with(&[LOCAL]), Source::start(Say::Drip));
    let anna = desk.user("anna");
    source.publishes("ETag: \"1\"\r\n", &calendar(&[event("a", "one"), event("b", "two")]));
    desk.run(&["calendar", "subscribe", "anna", &source.url("/secret.ics")]);
    (desk, anna, source)
}

/// What a command that fails says.
fn refused(desk: &Desk, arguments: &[&str]) -> String {
    let output = run(desk.data(), arguments, "");
    assert!(!output.status.success(), "{arguments:?} succeeded: {}", said(&output));
    said(&output)
}

fn listed(desk: &Desk) -> serde_json::Value {
    let list = desk.run(&["calendar", "list", "anna", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let mut rows = list.as_array().unwrap().iter();
    rows.find(|row| !row["source"].is_null()).expect("a subscribed calendar").clone()
}

fn refresh(desk: &Desk) -> String {
    desk.run(&["calendar", "refresh", "anna", "web-fixtures-26-27"])
}

#[test]
fn a_subscribed_calendar_is_an_ordinary_one_that_nobody_writes_into() {
    let (desk, anna, source) = subscribed();
    let asked = source.asked();
    assert!(asked[0].starts_with("GET /secret.ics HTTP/1.1\r\n"), "{asked:?}");
    let lower = asked[0].to_lowercase();
    assert!(!lower.contains("authorization") && !lower.contains("cookie"), "{asked:?}");
    assert_eq!(anna.prop(HOME, "D:displayname"), "Fixtures 26/27");
    assert_eq!(anna.prop(HOME, "I:calendar-color"), "#00FF00");
    let about = anna.propfind(HOME, "0", "CS:source");
    let told = about.responses[0].prop("CS:source").expect("its owner is told");
    assert_eq!(told.hrefs, [source.url("/secret.ics")]);
    // Events come by query, and without what does more than tell.
    let range = "<CAL:time-range start='20260105T000000Z' end='20260106T000000Z'/>";
    let filter = format!(
        "<D:prop><CAL:calendar-data/></D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'>\
         <CAL:comp-filter name='VEVENT'>{range}</CAL:comp-filter></CAL:comp-filter></CAL:filter>"
    );
    let found = anna.report(HOME, "1", &xml("CAL:calendar-query", &filter));
    assert_eq!(found.responses.len(), 2);
    for response in &found.responses {
        let data = response.value("CAL:calendar-data");
        assert!(data.contains("SUMMARY:") && !data.contains("ATTACH"), "{data}");
        assert!(!data.contains("METHOD"), "{data}");
    }
    let member = found.responses[0].href.clone();

    // Nobody writes into it; its owner gives it another name and colour, and lets others see it.
    let body = calendar(&[event("c", "three")]).replace("METHOD:PUBLISH\r\n", "");
    let typed = [("Content-Type", "text/calendar")];
    assert_eq!(anna.ask("PUT", &format!("{HOME}c.ics"), &typed, &body).status, 403);
    assert_eq!(anna.ask("PUT", &member, &typed, &body).status, 403);
    assert_eq!(anna.delete(&member).status, 403);
    let there = "/dav/calendars/anna/calendar/m.ics".to_owned();
    assert_eq!(anna.ask("MOVE", &member, &[("Destination", &there)], "").status, 403);
    assert_eq!(anna.ask("COPY", &member, &[("Destination", &there)], "").status, 201);
    let named = "<D:set><D:prop><D:displayname>Mine</D:displayname></D:prop></D:set>";
    assert_eq!(anna.proppatch(HOME, named).status, 207);
    assert_eq!(anna.prop(HOME, "D:displayname"), "Mine");
    let bob = desk.user("bob");
    desk.run(&["calendar", "share", "anna", "web-fixtures-26-27", "bob", "--read-write"]);
    let home = bob.propfind("/dav/calendars/bob/", "1", "D:displayname CS:source");
    let shared = home
        .responses
        .iter()
        .find(|one| one.prop("D:displayname").is_some_and(|name| name.text.starts_with("Mine")));
    let shared = shared.expect("bob sees it");
    assert!(shared.prop("CS:source").is_none(), "the address is anna's own");
    assert_eq!(bob.ask("PUT", &format!("{}c.ics", shared.href), &typed, &body).status, 403);

    // It takes none of her time.
    let taken = anna.propfind(HOME, "0", "CAL:schedule-calendar-transp");
    let taken = taken.responses[0].prop("CAL:schedule-calendar-transp").unwrap();
    assert_eq!(taken.children, ["CAL:transparent"]);

    // It is deleted like any other, and comes back.
    assert_eq!(anna.delete(HOME).status, 204);
    assert_eq!(anna.get(&member).status, 404);
    desk.run(&["restore", "anna", "web-fixtures-26-27"]);
    assert_eq!(anna.get(&member).status, 200);
    assert_eq!(listed(&desk)["entries"], 2);
}

#[test]
fn a_refresh_changes_what_changed_and_sync_tells_it() {
    let (desk, anna, source) = subscribed();
    source.asked();
    let (before, token) = (anna.propfind(HOME, "1", "D:getetag"), anna.token(HOME));

    source.says(answer("304 Not Modified", "", ""));
    assert!(refresh(&desk).contains("published as it was"));
    let asked = source.asked().concat().to_lowercase();
    assert!(asked.contains("if-none-match: \"1\"\r\n"), "{asked}");
    assert_eq!(anna.token(HOME), token);

    // Another stamp is no change; an entry that nobody can read is left out and counted.
    let stamped = event("a", "one").replace("DTSTAMP:2026", "DTSTAMP:2027");
    let flawed = event("f", "flawed").replace("DTSTART:2026", "DTSTART:9999");
    source.publishes("", &calendar(&[stamped.clone(), event("b", "two"), flawed.clone()]));
    assert!(refresh(&desk).contains("without one entry"), "it is not counted");
    assert_eq!((anna.token(HOME), &listed(&desk)["left_out"].is_null()), (token.clone(), &true));
    assert_eq!(listed(&desk)["source"]["left_out"], 1);
    let after = anna.propfind(HOME, "1", "D:getetag");
    for response in &before.responses {
        let tag = |response: &crate::multistatus::Response| {
            response.prop("D:getetag").map(|tag| tag.text.clone())
        };
        assert_eq!(tag(response), tag(after.about(&response.href)), "{}", response.href);
    }

    // One stays, one goes, one comes.
    source.publishes("", &calendar(&[event("b", "two"), event("c", "three")]));
    refresh(&desk);
    let changes = anna.sync(HOME, &token);
    assert_eq!(changes.with_status(Some(404)).len(), 1, "{:?}", changes.hrefs());
    assert_eq!(changes.present().len(), 1, "{:?}", changes.hrefs());
    assert!(anna.get(changes.present()[0]).text().contains("three"));
}

#[test]
fn what_goes_wrong_at_the_source_changes_nothing_and_is_told() {
    let small = [LOCAL, ("ROLODAV__SUBSCRIPTIONS__FEED_MIB", "1")];
    let quick = ("ROLODAV__SUBSCRIPTIONS__FETCH_SECONDS", "1");
    let few = ("ROLODAV__SUBSCRIPTIONS__ENTRIES", "5");
    let (desk, source) = (Desk::with(&[small[0], small[1], quick, few]), Source::start(Say::Drip));
    let anna = desk.user("anna");
    source.publishes("ETag: \"1\"\r\n", &calendar(&[event("a", "one")]));
    desk.run(&["calendar", "subscribe", "anna", &source.url("/a.ics")]);
    let token = anna.token(HOME);
    let whole = calendar(&[event("b", "two")]);
    let many: Vec<String> = (0..6).map(|n| event(&n.to_string(), "x")).collect();
    let headers = "X-Big: 1234567890\r\n".repeat(5000);
    let far = "Location: http://169.254.169.254/latest/meta-data\r\n";
    let hop = "Location: /again\r\n";
    let cases = [
        (answer("500 Oops", "", &whole), "the error 500"),
        (answer("404 Not Found", "", &whole), "no calendar at this address"),
        (answer("401 Unauthorized", "", &whole), "asks for a password"),
        (answer("200 OK", "", "<html>"), "a web page"),
        (answer("200 OK", "", "BEGIN:VCALENDAR\r\n"), "was cut off"),
        (answer("200 OK", "", &calendar(&many)), "more than 5 entries"),
        (answer("200 OK", "Content-Encoding: gzip\r\n", &whole), "compressed"),
        (answer("200 OK", &headers, &whole), "no answer that can be understood"),
        (answer("302 Found", far, ""), "no address of the public internet"),
        (answer("302 Found", "Location: file:///etc/passwd\r\n", ""), "no address of a calendar"),
        (answer("302 Found", hop, ""), "leads on and on"),
        (Say::Answer("SSH-2.0-x\r\n".to_owned()), "no answer that can be understood"),
        (Say::Flood, "more than 1048576 bytes"),
        (Say::Drip, "no answer within 1 seconds"),
    ];
    for (said, wanted) in cases {
        source.says(said);
        source.asked();
        let message = refused(&desk, &["calendar", "refresh", "anna", "web-fixtures-26-27"]);
        assert!(message.contains(wanted), "{wanted}: {message}");
        assert!(source.asked().len() <= 6, "{wanted}: so many redirects");
        assert_eq!(anna.token(HOME), token, "{wanted}: something changed");
        let error = listed(&desk)["source"]["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(wanted), "{wanted}: listed is {error}");
    }
    source.publishes("", &whole);
    refresh(&desk);
    assert!(listed(&desk)["source"]["error"].is_null(), "it works again");
    assert_ne!(anna.token(HOME), token);
    assert!(desk.most_memory() < 150, "{} MiB", desk.most_memory());
}

#[test]
fn this_machine_is_nobodys_source_unless_the_settings_say_so() {
    let (desk, anna) = Desk::of_anna();
    let source = Source::start(Say::Drip);
    source.publishes("", &calendar(&[event("a", "one")]));
    let port = source.url("").rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0.0.0.0"] {
        let url = format!("http://{host}:{port}/a.ics");
        let message = refused(&desk, &["calendar", "subscribe", "anna", &url]);
        assert!(message.contains("subscriptions.private_networks"), "{host}: {message}");
    }
    for (url, wanted) in [
        ("http://10.0.0.1/a", "subscriptions.private_networks"),
        ("http://169.254.169.254/a", "subscriptions.private_networks"),
        ("http://anna:pw@example.org/a", "a user name or password"),
        ("file:///etc/passwd", "no address of a calendar"),
        ("https://host.invalid/a.ics", "There is no host"),
    ] {
        let message = refused(&desk, &["calendar", "subscribe", "anna", url]);
        assert!(message.contains(wanted), "{url}: {message}");
    }
    assert!(source.asked().is_empty(), "something was sent to this machine");
    let list = desk.run(&["calendar", "list", "anna"]);
    assert!(!list.contains("127.0.0.1"), "a calendar was made: {list}");

    // Clients that would have the server subscribe are told how it is done.
    let wish = "<D:set><D:prop><D:resourcetype><D:collection/><CS:subscribed/></D:resourcetype>\
                <CS:source><D:href>http://127.0.0.1/</D:href></CS:source></D:prop></D:set>";
    let path = "/dav/calendars/anna/sub/";
    let answer = anna.ask("MKCOL", path, &[], xml("D:mkcol", wish));
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("valid-resourcetype"), "{}", answer.text());
    assert!(answer.text().contains("rolodav calendar subscribe"), "{}", answer.text());
    assert_eq!(anna.get(path).status, 404, "it was made");
}
