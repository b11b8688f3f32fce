//! Invitations to people elsewhere: handed to a mail relay (RFC 6047), which here is the test.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::company::{ONCE, attendance, meal};
use crate::desk::{Desk, User};

/// A relay: its address, and the mails that it takes, each with its recipients. Who is called
/// `refused` it does not know.
fn relay() -> (String, Receiver<(Vec<String>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("smtp+plain://{}", listener.local_addr().unwrap());
    let (sender, taken) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let mut say = |what: &str| stream.write_all(format!("{what}\r\n").as_bytes());
            let mut recipients = Vec::new();
            if say("220 relay").is_err() {
                continue;
            }
            while let Some(Ok(line)) = lines.next() {
                let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
                let answer = match word.as_str() {
                    "EHLO" => "250 relay",
                    "RCPT" if line.contains("refused") => "550 nobody here",
                    "RCPT" => {
                        recipients.push(line.clone());
                        "250 ok"
                    }
                    "DATA" => {
                        say("354 go on").unwrap();
                        let text =
                            lines.by_ref().map(Result::unwrap).take_while(|line| line != ".");
                        let text = text.collect::<Vec<_>>().join("\n");
                        sender.send((std::mem::take(&mut recipients), text)).unwrap();
                        "250 taken"
                    }
                    "QUIT" => "221 bye",
                    _ => "250 ok",
                };
                if say(answer).is_err() || word == "QUIT" {
                    break;
                }
            }
        }
    });
    (address, taken)
}

/// The line about somebody, once it says `status`.
#[track_caller]
fn settled(anna: &User, path: &str, who: &str, status: &str) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let stored = anna.unfolded(path);
        let line = stored.lines().find(|line| line.contains(who)).expect(who).to_owned();
        if line.contains(&format!("SCHEDULE-STATUS={status}")) {
            return;
        }
        assert!(Instant::now() < until, "{status} is awaited: {line}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn people_elsewhere_get_a_mail() {
    let (address, taken) = relay();
    let desk = Desk::with(&[
        ("ROLODAV__MAIL__RELAY", &address),
        ("ROLODAV__MAIL__FROM", "calendar@example.org"),
    ]);
    let anna = desk.user_with_mail("anna@example.org");
    let path = anna.calendar("meal.ics");
    let hostile = "SUMMARY:Meal\\nBcc: spy@example.org\r\n";
    let text = meal(ONCE, &["zoe"])
        .replace("zoe@example.org", "zoe@elsewhere.org")
        .replace("SUMMARY:Meal\r\n", hostile)
        .replace(
            "END:VEVENT",
            "ATTENDEE:mailto:refused@elsewhere.org\r\n\
             ATTENDEE:mailto:x@elsewhere.org%0D%0ABcc:spy@example.org\r\nEND:VEVENT",
        );
    anna.keep(&path, &text);
    let stored = anna.unfolded(&path);
    assert!(stored.contains("SCHEDULE-STATUS=1.0:mailto:zoe@elsewhere.org"), "{stored}");
    let (recipients, mail) = taken.recv_timeout(Duration::from_secs(30)).expect("a mail");
    assert_eq!(recipients, ["RCPT TO:<zoe@elsewhere.org>"]);
    let (head, body) = mail.split_once("\n\n").expect("a body");
    let head = head.replace("\n ", " ");
    for (start, end) in [
        ("From: ", " <calendar@example.org>"),
        ("Reply-To: ", " <anna@example.org>"),
        ("To: ", "zoe@elsewhere.org"),
        ("Subject: ", "Invitation: Meal Bcc: spy@example.org"),
    ] {
        let found = head.lines().any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(found, "{start}…{end} is missing in\n{head}");
    }
    assert!(!head.to_lowercase().lines().any(|line| line.starts_with("bcc")), "{head}");
    assert!(body.contains("text/calendar; charset=utf-8; method=REQUEST"), "{body}");
    settled(&anna, &path, "zoe@elsewhere.org", "1.1");
    settled(&anna, &path, "refused@elsewhere.org", "5.1");
    assert!(anna.delete(&path).status == 204);
    let (_, mail) = taken.recv_timeout(Duration::from_secs(30)).expect("a second mail");
    assert!(mail.contains("Subject: Cancelled: Meal"), "{mail}");
}

#[test]
fn what_the_relay_does_not_take_now_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("smtp+plain://{}", listener.local_addr().unwrap());
    drop(listener);
    let desk = Desk::with(&[
        ("ROLODAV__MAIL__RELAY", &address),
        ("ROLODAV__MAIL__FROM", "calendar@example.org"),
    ]);
    let anna = desk.user_with_mail("anna@example.org");
    let path = anna.calendar("meal.ics");
    anna.keep(&path, &meal(ONCE, &["zoe"]).replace("zoe@example", "zoe@elsewhere"));
    std::thread::sleep(Duration::from_secs(6));
    let stored = anna.unfolded(&path);
    assert!(stored.contains("SCHEDULE-STATUS=1.0"), "{stored}");
    assert!(attendance(&stored, "anna").contains("ACCEPTED"), "{stored}");
}
