//! When others are free, asked through the outbox (RFC 6638 §5).

use crate::calendars::{calendar_home, event};
use crate::company::{ONCE, company, meal};
use crate::desk::{User, expect};
use crate::support::Answer;

fn request(asked: &[&str], organizer: &str) -> String {
    let asked: String = asked.iter().map(|who| format!("ATTENDEE:{who}\r\n")).collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nMETHOD:REQUEST\r\n\
         BEGIN:VFREEBUSY\r\nUID:question\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:20261201T000000Z\r\nDTEND:20261202T000000Z\r\nORGANIZER:{organizer}\r\n{asked}\
         END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
}

impl User {
    fn post(&self, body: &str) -> Answer {
        let outbox = calendar_home(self) + "outbox/";
        self.ask("POST", &outbox, &[("Content-Type", "text/calendar; charset=utf-8")], body)
    }

    /// When somebody is busy, as an answer tells it.
    fn busy(&self, who: &str) -> Vec<String> {
        let asked = format!("mailto:{who}@example.org");
        let mine = format!("mailto:{}@example.org", self.name);
        let answer = self.post(&request(&[&asked], &mine));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.text();
        let wanted = ["METHOD:REPLY", "UID:question", "2.0;Success", &format!("ATTENDEE:{asked}")];
        for line in wanted {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
        let lines = text.lines().filter(|line| line.starts_with("FREEBUSY"));
        lines.map(|line| line.trim_end_matches("&#13;").trim().to_owned()).collect()
    }
}

#[test]
fn what_takes_time_is_told_and_nothing_else() {
    let (_desk, [anna, bob, carol]) = company();
    let home = calendar_home(&bob);
    assert!(anna.busy("bob").is_empty());
    bob.keep(&bob.calendar("a.ics"), &event("a", "20261201T080000Z", "LOCATION:Secret place\r\n"));
    bob.keep(&bob.calendar("b.ics"), &event("b", "20261201T120000Z", "TRANSP:TRANSPARENT\r\n"));
    bob.keep(&bob.calendar("c.ics"), &event("c", "20261201T140000Z", "STATUS:TENTATIVE\r\n"));
    bob.keep(&bob.calendar("d.ics"), &event("d", "20261205T140000Z", ""));
    let free = home + "free/";
    assert_eq!(bob.ask("MKCALENDAR", &free, &[], "").status, 201);
    let transparent = "<D:set><D:prop><CAL:schedule-calendar-transp><CAL:transparent/>\
        </CAL:schedule-calendar-transp></D:prop></D:set>";
    assert_eq!(bob.proppatch(&free, transparent).status, 207);
    bob.keep(&(free + "e.ics"), &event("e", "20261201T180000Z", ""));
    let taken = [
        "FREEBUSY:20261201T080000Z/20261201T090000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261201T140000Z/20261201T150000Z",
    ];
    assert_eq!(anna.busy("bob"), taken);
    // What Bob declined does not take his time.
    carol.keep(
        &carol.calendar("meal.ics"),
        &meal(ONCE, &["bob"]).replace("ORGANIZER:mailto:anna", "ORGANIZER:mailto:carol"),
    );
    let invitation = "FREEBUSY:20261201T100000Z/20261201T110000Z";
    assert!(anna.busy("bob").contains(&invitation.to_owned()), "{:?}", anna.busy("bob"));
    let found = bob.members(&bob.calendar(""));
    let copy = found.iter().find(|path| bob.unfolded(path).contains("UID:meal")).unwrap();
    let no = bob.unfolded(copy).replace("NEEDS-ACTION;RSVP=TRUE:mailto:bob", "DECLINED:mailto:bob");
    bob.keep(copy, &no);
    assert_eq!(anna.busy("bob"), taken);
}

#[test]
fn outside_of_the_hours_that_somebody_named_they_are_not_available() {
    let (_desk, [anna, bob, _]) = company();
    let hours = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VAVAILABILITY\r\n\
        UID:hours\r\nDTSTAMP:20260101T000000Z\r\nBEGIN:AVAILABLE\r\nUID:h\r\n\
        DTSTAMP:20260101T000000Z\r\nDTSTART:20260101T080000Z\r\nDTEND:20260101T160000Z\r\n\
        RRULE:FREQ=DAILY\r\nSUMMARY:A &amp; B\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY\r\n\
        END:VCALENDAR\r\n";
    let set = |text: &str| {
        format!(
            "<D:set><D:prop><CAL:calendar-availability>{text}</CAL:calendar-availability></D:prop>\
             </D:set>"
        )
    };
    let answer = bob.proppatch(&bob.inbox(), &set("no calendar"));
    assert!(answer.text().contains("valid-calendar-data"), "{}", answer.text());
    let answer = bob.proppatch(&bob.inbox(), &set(hours));
    assert!(answer.text().contains("200 OK"), "{}", answer.text());
    assert!(bob.prop(&bob.inbox(), "CAL:calendar-availability").contains("A & B"));
    assert_eq!(
        anna.busy("bob"),
        [
            "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261201T000000Z/20261201T080000Z",
            "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261201T160000Z/20261202T000000Z",
        ]
    );
}

#[test]
fn each_person_has_an_answer_of_their_own() {
    let (_desk, [anna, ..]) = company();
    let asked = ["mailto:bob@example.org", "mailto:zoe@elsewhere.org", "/dav/principals/carol/"];
    let answer = anna.post(&request(&asked, "mailto:anna@example.org"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document = roxmltree::Document::parse(answer.text()).unwrap();
    assert_eq!(crate::multistatus::short(document.root_element()), "CAL:schedule-response");
    let texts = |name: &str| -> Vec<String> {
        let found = document.descendants().filter(|n| crate::multistatus::short(*n) == name);
        found.map(|n| n.text().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(texts("D:href"), asked);
    let wanted = ["2.0;Success", "3.7;Invalid calendar user", "2.0;Success"];
    assert_eq!(texts("CAL:request-status"), wanted);
    assert_eq!(texts("CAL:calendar-data").len(), 2);
}

#[test]
fn what_is_no_request_is_refused() {
    let (_desk, [anna, bob, _]) = company();
    let (mine, asked) = ("mailto:anna@example.org", ["mailto:bob@example.org"]);
    let good = request(&asked, mine);
    let invalid = Some("CAL:valid-scheduling-message");
    for (case, body, status, condition) in [
        (
            "another's name",
            request(&asked, "mailto:bob@example.org"),
            403,
            Some("CAL:valid-organizer"),
        ),
        ("nobody", request(&[], mine), 400, invalid),
        ("no method", good.replace("METHOD:REQUEST\r\n", ""), 400, invalid),
        ("another method", good.replace("METHOD:REQUEST", "METHOD:CANCEL"), 400, invalid),
        ("no end", good.replace("DTEND:20261202T000000Z\r\n", ""), 400, invalid),
        ("ends first", good.replace("DTEND:20261202", "DTEND:20251202"), 400, invalid),
        (
            "an event",
            meal(ONCE, &["bob"]).replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"),
            400,
            invalid,
        ),
        ("nothing", String::new(), 400, invalid),
        ("no calendar", "x".to_owned(), 400, invalid),
    ] {
        expect(&anna.post(&body), status, condition, case);
    }
    let outbox = calendar_home(&anna) + "outbox/";
    let typed = anna.ask("POST", &outbox, &[("Content-Type", "text/plain")], &good);
    expect(&typed, 415, Some("CAL:supported-calendar-data"), "another type");
    assert_eq!(bob.ask("POST", &outbox, &[], &good).status, 404, "another's outbox");
    for method in ["PUT", "DELETE", "MKCOL", "MKCALENDAR"] {
        let status = anna.ask(method, &outbox, &[], "").status;
        assert!(matches!(status, 403 | 405 | 409), "{method}: {status}");
    }
    assert_eq!(anna.ics(&(outbox + "x.ics"), &[], &meal(ONCE, &[])).status, 409);
}
