//! calendar-query, free-busy-query and what they hand out (RFC 4791 §7.8, §7.10, §9.6).

use crate::calendars::{calendar_home, event, store};
use crate::desk::{Desk, User, expect, xml};

fn object(component: &str, uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:{component}\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\n{lines}END:{component}\r\nEND:VCALENDAR\r\n"
    )
}

fn query_for(props: &str, inner: &str) -> String {
    xml(
        "CAL:calendar-query",
        &format!(
            "<D:prop>{props}</D:prop><CAL:filter><CAL:comp-filter name='VCALENDAR'>{inner}\
             </CAL:comp-filter></CAL:filter>"
        ),
    )
}

fn range(component: &str, start: &str, end: &str) -> String {
    let attribute = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!(" {name}='{value}'"),
    };
    format!(
        "<CAL:comp-filter name='{component}'><CAL:time-range{}{}/></CAL:comp-filter>",
        attribute("start", start),
        attribute("end", end)
    )
}

/// The names of the members that a query finds, without their ending.
fn found(user: &User, calendar: &str, inner: &str) -> Vec<String> {
    let answer = user.report(calendar, "1", &query_for("<D:getetag/>", inner));
    let mut names: Vec<String> = answer
        .hrefs()
        .into_iter()
        .map(|href| href.trim_start_matches(calendar).trim_end_matches(".ics").to_owned())
        .collect();
    names.sort();
    names
}

/// A calendar that takes everything, with a few events, tasks and journal entries.
fn filled(user: &User) -> String {
    let calendar = calendar_home(user) + "all/";
    let kinds = "<D:set><D:prop><CAL:supported-calendar-component-set><CAL:comp name='VEVENT'/>\
                 <CAL:comp name='VTODO'/><CAL:comp name='VJOURNAL'/>\
                 </CAL:supported-calendar-component-set></D:prop></D:set>";
    let made = user.ask("MKCALENDAR", &calendar, &[], xml("CAL:mkcalendar", kinds));
    assert_eq!(made.status, 201, "{}", made.text());
    let weekly = "DTSTART;TZID=Europe/Berlin:20260302T090000\r\nDURATION:PT1H\r\n\
                  RRULE:FREQ=WEEKLY\r\nEXDATE;TZID=Europe/Berlin:20260316T090000\r\nSUMMARY:Weekly\r\n\
                  END:VEVENT\r\nBEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20260101T000000Z\r\n\
                  RECURRENCE-ID;TZID=Europe/Berlin:20260323T090000\r\n\
                  DTSTART;TZID=Europe/Berlin:20260325T140000\r\nDURATION:PT1H\r\nSUMMARY:Moved\r\n";
    for (name, text) in [
        ("single", event("single", "20260310T100000Z", "LOCATION:Zürich\r\n")),
        ("weekly", object("VEVENT", "weekly", weekly)),
        ("allday", object("VEVENT", "allday", "DTSTART;VALUE=DATE:20260312\r\nSUMMARY:Day\r\n")),
        (
            "alarm",
            event(
                "alarm",
                "20260401T100000Z",
                "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P1D\r\nDESCRIPTION:x\r\nEND:VALARM\r\n",
            ),
        ),
        ("due", object("VTODO", "due", "DUE:20260311T120000Z\r\nSUMMARY:Due\r\n")),
        ("open", object("VTODO", "open", "SUMMARY:Open\r\nSTATUS:NEEDS-ACTION\r\n")),
        ("done", object("VTODO", "done", "COMPLETED:20260201T000000Z\r\nSTATUS:COMPLETED\r\n")),
        ("diary", object("VJOURNAL", "diary", "DTSTART;VALUE=DATE:20260311\r\nSUMMARY:D\r\n")),
    ] {
        store(user, &format!("{calendar}{name}.ics"), &text);
    }
    calendar
}

#[test]
fn ranges_of_time_find_each_instance_where_it_is() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = filled(&anna);
    for (component, start, end, wanted) in [
        ("VEVENT", "20260310T000000Z", "20260311T000000Z", "single"),
        ("VEVENT", "20260310T110000Z", "20260310T120000Z", ""),
        ("VEVENT", "20260310T105959Z", "20260310T120000Z", "single"),
        ("VEVENT", "20260309T075959Z", "20260309T080001Z", "weekly"),
        ("VEVENT", "20260309T090000Z", "20260309T100000Z", ""),
        ("VEVENT", "20260316T000000Z", "20260317T000000Z", ""),
        ("VEVENT", "20260323T000000Z", "20260324T000000Z", ""),
        ("VEVENT", "20260325T130000Z", "20260325T140000Z", "weekly"),
        // After the change of clocks in Berlin it is an hour earlier in UTC.
        ("VEVENT", "20260406T070000Z", "20260406T080000Z", "weekly"),
        ("VEVENT", "20260406T080000Z", "20260406T090000Z", ""),
        ("VEVENT", "20560403T000000Z", "20560404T000000Z", "weekly"),
        ("VEVENT", "20260312T230000Z", "20260313T000000Z", "allday"),
        ("VEVENT", "20260313T000000Z", "20260313T010000Z", ""),
        ("VEVENT", "", "20260302T080000Z", ""),
        ("VEVENT", "20260402T000000Z", "", "weekly"),
        ("VTODO", "20260311T110000Z", "20260311T120000Z", "due open"),
        ("VTODO", "20260201T000000Z", "20260201T000001Z", "done open"),
        ("VTODO", "20300101T000000Z", "20300102T000000Z", "open"),
        ("VJOURNAL", "20260311T000000Z", "20260311T010000Z", "diary"),
        ("VJOURNAL", "20260312T000000Z", "20260312T010000Z", ""),
        ("VFREEBUSY", "20260310T000000Z", "20260311T000000Z", ""),
    ] {
        let names = found(&anna, &calendar, &range(component, start, end));
        assert_eq!(names.join(" "), wanted, "{component} {start} {end}");
    }
}

#[test]
fn an_event_with_an_alarm_at_its_start_is_found_to_its_end() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = filled(&anna);
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:PT0S\r\nDESCRIPTION:x\r\nEND:VALARM\r\n";
    store(&anna, &format!("{calendar}bell.ics"), &event("bell", "20260501T100000Z", alarm));
    for (start, end, wanted) in [
        ("20260501T095959Z", "20260501T100000Z", ""),
        ("20260501T100000Z", "20260501T100001Z", "bell"),
        ("20260501T105959Z", "20260501T110000Z", "bell"),
        ("20260501T110000Z", "20260501T110001Z", ""),
    ] {
        let names = found(&anna, &calendar, &range("VEVENT", start, end));
        assert_eq!(names.join(" "), wanted, "{start} {end}");
    }
}

#[test]
fn conditions_on_components_properties_and_parameters() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = filled(&anna);
    let prop = |kind: &str, name: &str, inner: &str| {
        format!(
            "<CAL:comp-filter name='{kind}'><CAL:prop-filter name='{name}'>{inner}\
             </CAL:prop-filter></CAL:comp-filter>"
        )
    };
    let text = |attributes: &str, needle: &str| {
        format!("<CAL:text-match {attributes}>{needle}</CAL:text-match>")
    };
    let absent = "<CAL:is-not-defined/>";
    let zone =
        "<CAL:param-filter name='TZID'><CAL:text-match>berlin</CAL:text-match></CAL:param-filter>";
    let rings = format!(
        "<CAL:comp-filter name='VEVENT'>{}</CAL:comp-filter>",
        range("VALARM", "20260331T100000Z", "20260331T100001Z")
    );
    let quiet = format!(
        "<CAL:comp-filter name='VEVENT'><CAL:comp-filter name='VALARM'>{absent}</CAL:comp-filter>\
         </CAL:comp-filter>"
    );
    for (inner, wanted) in [
        (String::new(), "alarm allday diary done due open single weekly"),
        ("<CAL:comp-filter name='VTODO'/>".to_owned(), "done due open"),
        (
            format!("<CAL:comp-filter name='VEVENT'>{absent}</CAL:comp-filter>"),
            "diary done due open",
        ),
        (prop("VEVENT", "SUMMARY", &text("", "MOVED")), "weekly"),
        (prop("VEVENT", "SUMMARY", &text("collation='i;octet'", "MOVED")), ""),
        (prop("VEVENT", "LOCATION", &text("", "rich")), "single"),
        (prop("VEVENT", "LOCATION", &text("collation='i;unicode-casemap'", "ZÜRICH")), "single"),
        (prop("VTODO", "COMPLETED", absent), "due open"),
        (prop("VTODO", "STATUS", &text("negate-condition='yes'", "completed")), "open"),
        (prop("VEVENT", "DTSTART", zone), "weekly"),
        (prop("VTODO", "DUE", "<CAL:time-range start='20260311T000000Z'/>"), "due"),
        (rings, "alarm"),
        (quiet, "allday single weekly"),
    ] {
        assert_eq!(found(&anna, &calendar, &inner).join(" "), wanted, "{inner}");
    }
}

#[test]
fn data_is_handed_out_whole_in_part_and_expanded() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = filled(&anna);
    let ask = |data: &str| {
        let inner = range("VEVENT", "20260323T000000Z", "20260407T000000Z");
        let body = query_for(&format!("<CAL:calendar-data>{data}</CAL:calendar-data>"), &inner);
        let answer = anna.report(&calendar, "1", &body);
        let href = format!("{calendar}weekly.ics");
        let one = answer.responses.into_iter().find(|response| response.href == href);
        one.expect("the weekly event").value("CAL:calendar-data").to_owned()
    };
    let whole = anna.get(&format!("{calendar}weekly.ics"));
    let whole = whole.text();
    assert_eq!(ask(""), whole.trim_end(), "byte for byte, blanks at its end apart");
    let part = ask("<CAL:comp name='VCALENDAR'><CAL:prop name='VERSION'/><CAL:comp name='VEVENT'>\
         <CAL:prop name='UID'/><CAL:prop name='SUMMARY' novalue='yes'/></CAL:comp></CAL:comp>");
    assert!(part.contains("UID:weekly") && part.contains("SUMMARY:"), "{part}");
    assert!(!part.contains("DTSTART") && !part.contains("Moved"), "{part}");
    let expanded = ask("<CAL:expand start='20260323T000000Z' end='20260407T000000Z'/>");
    for line in [
        "DTSTART:20260325T130000Z",
        "RECURRENCE-ID:20260323T080000Z",
        "DTSTART:20260330T070000Z",
        "DTSTART:20260406T070000Z",
    ] {
        assert!(expanded.contains(line), "{line}: {expanded}");
    }
    assert_eq!(expanded.matches("BEGIN:VEVENT").count(), 3, "{expanded}");
    assert!(!expanded.contains("RRULE") && !expanded.contains("TZID"), "{expanded}");
    let limited =
        ask("<CAL:limit-recurrence-set start='20260401T000000Z' end='20260407T000000Z'/>");
    assert!(limited.contains("RRULE") && !limited.contains("Moved"), "{limited}");
}

#[test]
fn floating_times_are_in_the_zone_of_the_query_or_the_calendar() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    store(&anna, &format!("{calendar}f.ics"), &event("f", "20260310T100000", ""));
    let noon = range("VEVENT", "20260310T090000Z", "20260310T100000Z");
    let zone = |id: &str| {
        query_for("<D:getetag/>", &noon).replace(
            "</CAL:filter>",
            &format!("</CAL:filter><CAL:timezone-id>{id}</CAL:timezone-id>"),
        )
    };
    let count = |body: &str| anna.report(&calendar, "1", body).responses.len();
    assert_eq!(found(&anna, &calendar, &noon).len(), 0, "in UTC it is an hour later");
    assert_eq!(count(&zone("Europe/Berlin")), 1, "the query's zone");
    let set = "<D:set><D:prop><CAL:calendar-timezone-id>Europe/Berlin</CAL:calendar-timezone-id>\
               </D:prop></D:set>";
    assert_eq!(anna.proppatch(&calendar, set).status, 207);
    assert!(anna.prop(&calendar, "CAL:calendar-timezone").contains("TZID:Europe/Berlin"));
    assert_eq!(found(&anna, &calendar, &noon), ["f"], "the calendar's zone");
    assert_eq!(count(&zone("Asia/Tokyo")), 0, "the query's zone counts for more");
    let answer = anna.ask("REPORT", &calendar, &[("Depth", "1")], zone("Nowhere/At_all"));
    expect(&answer, 403, Some("CAL:valid-timezone"), "an unknown zone");
}

#[test]
fn an_empty_filter_or_none_asks_for_everything() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    store(&anna, &format!("{calendar}e.ics"), &event("e", "20260310T100000Z", ""));
    for filter in ["", "<CAL:filter/>"] {
        let body = xml("CAL:calendar-query", &format!("<D:prop><D:getetag/></D:prop>{filter}"));
        assert_eq!(anna.report(&calendar, "1", &body).responses.len(), 1, "{filter}");
    }
}

#[test]
fn what_is_no_query_is_refused_with_its_reason() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    let filter = Some("CAL:valid-filter");
    let bad = |inner: &str| query_for("<D:getetag/>", inner);
    for (body, condition) in [
        (bad("<CAL:comp-filter/>"), filter),
        (bad("<CAL:comp-filter name='VEVENT'><CAL:time-range/></CAL:comp-filter>"), filter),
        (bad(&range("VEVENT", "20260310", "20260311")), filter),
        (bad(&range("VEVENT", "20260311T000000Z", "20260310T000000Z")), filter),
        (bad(&range("VEVENT", "20260311T000000", "")), filter),
        (
            bad("<CAL:comp-filter name='VEVENT'><CAL:prop-filter name='SUMMARY'>\
                 <CAL:text-match collation='i;none'>x</CAL:text-match></CAL:prop-filter>\
                 </CAL:comp-filter>"),
            Some("CAL:supported-collation"),
        ),
        (query_for("<CAL:calendar-data version='3.0'/>", ""), Some("CAL:supported-calendar-data")),
    ] {
        let answer = anna.ask("REPORT", &calendar, &[("Depth", "1")], &body);
        expect(&answer, 403, condition, &body);
    }
    let answer = anna.ask("REPORT", &anna.book(), &[("Depth", "1")], bad(""));
    expect(&answer, 403, Some("D:supported-report"), "in a book");
}

#[test]
fn a_rule_beyond_all_bounds_costs_little_and_hides_nothing() {
    let (_desk, anna) = Desk::of_anna();
    let calendar = calendar_home(&anna) + "calendar/";
    for (name, rule) in [
        ("seconds", "FREQ=SECONDLY"),
        ("many", "FREQ=MINUTELY;COUNT=2000000000"),
        ("never", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
        ("sparse", "FREQ=SECONDLY;BYMONTH=1;BYDAY=MO;BYHOUR=3;BYMINUTE=7;BYSECOND=9"),
    ] {
        let text = event(name, "20000101T000000Z", &format!("RRULE:{rule}\r\n"));
        store(&anna, &format!("{calendar}{name}.ics"), &text);
    }
    let inner = range("VEVENT", "20260310T000000Z", "20260311T000000Z");
    let names = found(&anna, &calendar, &inner);
    for name in ["seconds", "many"] {
        assert!(names.iter().any(|found| found == name), "{name} is hidden: {names:?}");
    }
    let expand = "<CAL:calendar-data><CAL:expand start='20000101T000000Z' end='20270101T000000Z'/>\
                  </CAL:calendar-data>";
    let answer = anna.ask("REPORT", &calendar, &[("Depth", "1")], query_for(expand, &inner));
    assert_eq!(answer.status, 207);
    assert!(answer.body.len() < 32 << 20, "an answer of {} bytes", answer.body.len());
}

#[test]
fn busy_times_are_told_without_what_they_are() {
    let desk = Desk::open();
    let (anna, bob) = (desk.user("anna"), desk.user("bob"));
    let calendar = filled(&anna);
    let ask = |user: &User, path: &str, attributes: &str| {
        let body = xml("CAL:free-busy-query", &format!("<CAL:time-range {attributes}/>"));
        user.ask("REPORT", path, &[("Depth", "1")], body)
    };
    let week = "start='20260309T000000Z' end='20260316T000000Z'";
    let answer = ask(&anna, &calendar, week);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/calendar")));
    let text = answer.text();
    for period in ["20260309T080000Z/", "20260310T100000Z/"] {
        assert!(text.contains(period), "{period}: {text}");
    }
    for secret in ["Weekly", "single", "Day", "Zürich"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let answer = ask(&anna, &calendar, "start='20260309T000000Z'");
    assert!(matches!(answer.status, 400 | 403), "{}", answer.text());
    assert_eq!(ask(&bob, &calendar, week).status, 404, "a stranger");
    desk.run(&["book", "share", "anna", "all", "bob"]);
    let home = bob.propfind(&calendar_home(&bob), "1", "D:resourcetype");
    let shared = home.hrefs().into_iter().find(|href| href.contains("/shared-")).expect("shared");
    assert_eq!(ask(&bob, shared, week).status, 200, "a sharee");
}
