//! What each operation of a real calendar costs the server: CPU per operation and memory.
//!
//! `cargo bench --bench calendars -- [EVENTS …]` (default 1000 10000). One event in twenty recurs.
//! Events lie equally dense at every size, so that a week in the middle has as many hits in a
//! calendar of 1,000 as in one of 100,000. The rivals' figures are explained in
//! docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::type_complexity, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "driver/mod.rs"]
mod driver;

use std::fmt::Write as _;
use std::time::Duration;

use driver::{Ask, Client, Row, Server, add_user, fill, sizes, table};
use jiff::ToSpan;
use jiff::civil::{DateTime, date};

const HOME: &str = "/dav/calendars/bench/calendar/";
const NAMESPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"";

/// Minutes between the starts of two events.
const PACE: i64 = 48;

/// The beginning of the first event.
fn first() -> DateTime {
    date(2024, 1, 1).at(0, 0, 0, 0)
}

fn stamp(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}

/// An event as a phone writes it, with its zone; every twentieth is weekly for five weeks, and
/// every hundredth of all goes on for good, once a year.
fn event(n: usize) -> String {
    let start = first() + (n as i64 * PACE).minutes();
    let end = start + 45.minutes();
    let rule = match n % 100 {
        0 => "RRULE:FREQ=YEARLY\r\n",
        20 | 40 | 60 | 80 => "RRULE:FREQ=WEEKLY;COUNT=5\r\n",
        _ => "",
    };
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Apple Inc.//iOS 17.0.2//EN\r\n\
         CALSCALE:GREGORIAN\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\n\
         TZOFFSETFROM:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
         DTSTART:19810329T020000\r\nTZNAME:CEST\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\n\
         BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
         DTSTART:19961027T030000\r\nTZNAME:CET\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n\
         END:VTIMEZONE\r\nBEGIN:VEVENT\r\nCREATED:20240101T080000Z\r\nUID:bench-{n}\r\n\
         DTSTART;TZID=Europe/Berlin:{}\r\nDTEND;TZID=Europe/Berlin:{}\r\n{rule}\
         SUMMARY:Meeting {n} with person {}\r\nLOCATION:Room {}\r\nSEQUENCE:0\r\n\
         DTSTAMP:20240101T080000Z\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\n\
         DESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        stamp(start),
        stamp(end),
        n % 500,
        n % 40
    )
}

fn time_range(props: &str, from: DateTime, to: DateTime) -> String {
    format!(
        "<C:calendar-query {NAMESPACES}><D:prop>{props}</D:prop><C:filter>\
         <C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
         <C:time-range start=\"{}Z\" end=\"{}Z\"/></C:comp-filter></C:comp-filter></C:filter>\
         </C:calendar-query>",
        stamp(from),
        stamp(to)
    )
}

fn sync(token: &str, props: &str) -> String {
    format!(
        "<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>1</D:sync-level><D:prop>{props}</D:prop></D:sync-collection>"
    )
}

fn multiget(events: usize) -> String {
    let mut hrefs = String::new();
    for n in 0..100 {
        let _ = write!(hrefs, "<D:href>{HOME}{}.ics</D:href>", (n * 97) % events);
    }
    format!(
        "<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>\
         {hrefs}</C:calendar-multiget>"
    )
}

/// The middle of what the calendar holds.
fn middle(events: usize) -> DateTime {
    first() + (events as i64 / 2 * PACE).minutes()
}

fn rows(events: usize, token: &str, ten: &str) -> Vec<Row> {
    let row = |name, rival, clients, seconds, ask: Ask| Row { name, rival, clients, seconds, ask };
    let report = |body: String| -> Ask {
        Box::new(move |c, _| {
            c.expect(207, "REPORT", HOME, "Depth: 1\r\n", &body);
            true
        })
    };
    let get: Ask = Box::new(move |c, n| {
        c.expect(200, "GET", &format!("{HOME}{}.ics", (n * 7919) % events), "", "");
        true
    });
    let put = |offset: usize| -> Ask {
        Box::new(move |c, n| {
            let n = events + offset + n;
            c.expect(201, "PUT", &format!("{HOME}new-{n}.ics"), "", &event(n));
            true
        })
    };
    let middle = middle(events);
    let (week, months) = (middle + 7.days(), middle + 15.months());
    let (tag, all) = ("<D:getetag/>", "<D:getetag/><C:calendar-data/>");
    let expanded = format!(
        "<C:calendar-data><C:expand start=\"{}Z\" end=\"{}Z\"/></C:calendar-data>",
        stamp(middle),
        stamp(week)
    );
    vec![
        row("query, one week", 27.5, 1, 3.0, report(time_range(tag, middle, week))),
        row("query, one week, calendar-data", 0.0, 1, 3.0, report(time_range(all, middle, week))),
        row("query, one week, expanded", 0.0, 1, 3.0, report(time_range(&expanded, middle, week))),
        row("query, one year", 0.0, 1, 3.0, report(time_range(tag, middle, middle + 1.year()))),
        row("query, fifteen months", 97.0, 1, 3.0, report(time_range(tag, middle, months))),
        row("multiget of 100", 0.0, 1, 3.0, report(multiget(events))),
        row("sync, first, getetag", 0.0, 1, 3.0, report(sync("", tag))),
        row("sync, no change", 0.0, 1, 2.0, report(sync(token, tag))),
        row("sync, 10 changes", 0.0, 1, 2.0, report(sync(ten, tag))),
        row("GET, 1 client", 0.0, 1, 2.0, get),
        row("PUT new, 1 client", 0.0, 1, 3.0, put(0)),
        row("PUT new, 16 clients", 0.0, 16, 3.0, put(1_000_000)),
    ]
}

fn bench(events: usize) {
    let data = tempfile::tempdir().unwrap();
    let (server, _) = Server::start(data.path());
    add_user(data.path());
    fill(&server, events, |n| (format!("{HOME}{n}.ics"), event(n)));
    drop(server);
    let (server, start) = Server::start(data.path());
    std::thread::sleep(Duration::from_millis(300));
    let idle = server.memory().0;
    let mut client = Client::new(&server.address);
    client.expect(207, "REPORT", HOME, "", &sync("", ""));
    let before = client.sync_token();
    for n in 0..10 {
        let changed = event(n * 3 + 1).replace("Meeting", "Moved meeting");
        client.expect(204, "PUT", &format!("{HOME}{}.ics", n * 3 + 1), "", &changed);
    }
    client.expect(207, "REPORT", HOME, "", &sync(&before, ""));
    let now = client.sync_token();
    let (from, week) = (middle(events), middle(events) + 7.days());
    println!("\n## {events} events\n");
    println!("Start {} ms, idle {idle:.0} MiB.", start.as_millis());
    for (name, to) in [("one week", week), ("one year", from + 1.year())] {
        client.expect(207, "REPORT", HOME, "", &time_range("<D:getetag/>", from, to));
        let hits = String::from_utf8_lossy(&client.body).matches("<D:response>").count();
        println!("Hits in {name}: {hits}.");
    }
    println!();
    table(&server, events, idle, &rows(events, &now, &before));
}

fn main() {
    sizes().into_iter().for_each(bench);
}
