//! Mails as programs write them, and as nobody should.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::*;

fn mails(people: &[Mailbox]) -> Vec<&str> {
    people.iter().map(|person| person.mail.as_str()).collect()
}

fn letter(text: &str) -> Letter {
    read(text.as_bytes()).unwrap_or_else(|why| panic!("{why}: {text}"))
}

#[test]
fn a_plain_mail_tells_who_when_and_what() {
    let found = letter(
        "Message-ID: <1@example.org>\r\nDate: Sun, 22 Nov 2026 15:27:13 +0100\r\n\
         From: =?utf-8?q?Bert_B=C3=A4r?= <Bert@Example.org>\r\n\
         To: \"Anna, A.\" <anna@example.org>, undisclosed: carl@example.org;\r\n\
         Cc: dora@example.org (Dora)\r\nSubject: =?utf-8?b?QW5nZWJvdCDigJM=?=\r\n =?utf-8?b?IG5ldQ==?=\r\n\
         \r\nHello Anna\r\n",
    );
    let heading = &found.heading;
    assert_eq!(heading.message_id.as_deref(), Some("1@example.org"));
    assert_eq!(heading.date, Some(Timestamp(1_795_357_633_000)));
    assert_eq!(
        heading.from,
        [Mailbox { name: "Bert Bär".into(), mail: "bert@example.org".into() }]
    );
    assert_eq!(mails(&heading.to), ["anna@example.org", "carl@example.org"]);
    assert_eq!(mails(&heading.cc), ["dora@example.org"]);
    assert_eq!(heading.subject, "Angebot – neu");
    assert_eq!((found.automatic, &found.forwarded), (None, &None));
    assert_eq!(found.excerpt, "Hello Anna");
    assert_eq!(found.people().count(), 4);
}

#[test]
fn subjects_are_made_harmless() {
    for (given, wanted) in [
        ("=?utf-8?q?a=0D=0ABcc:_x=00y?=", "a Bcc: x y"),
        ("=?utf-8?q?BEGIN:VCARD=0AEND?=", "BEGIN:VCARD END"),
        ("=?iso-8859-1?q?caf=E9?=", "café"),
        ("=?gb2312?b?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?b?GyRCRnxLXDhsGyhC?=", "日本語"),
        ("=?unknown?q?x?=", "x"),
        ("=?utf-8?q?broken", "=?utf-8?q?broken"),
        ("=?utf-8?q?=E2=80=AEevil?=", "evil"),
        ("", ""),
    ] {
        let found = letter(&format!("From: b@example.org\r\nSubject: {given}\r\n\r\n"));
        assert_eq!(found.heading.subject, wanted, "{given:?}");
    }
    let long = letter(&format!("From: b@example.org\nSubject: {}\n\n", "word ".repeat(5_000)));
    assert!(long.heading.subject.chars().count() <= 200, "{}", long.heading.subject);
}

#[test]
fn programs_and_lists_are_told_apart_from_people() {
    for (field, wanted) in [
        ("Auto-Submitted: auto-replied", Some(Automatic::Program)),
        ("Auto-Submitted: auto-generated; x", Some(Automatic::Program)),
        ("Auto-Submitted: no", None),
        ("X-Autoreply: yes", Some(Automatic::Program)),
        ("Precedence: bulk", Some(Automatic::List)),
        ("Precedence: first-class", None),
        ("List-Id: <x.example.org>", Some(Automatic::List)),
        ("list-unsubscribe: <mailto:x@example.org>", Some(Automatic::List)),
        ("Return-Path: <>", Some(Automatic::Report)),
        ("Return-Path: <b@example.org>", None),
        ("Content-Type: multipart/report; boundary=x", Some(Automatic::Report)),
    ] {
        let found = letter(&format!("From: b@example.org\r\n{field}\r\n\r\n"));
        assert_eq!(found.automatic, wanted, "{field}");
    }
}

#[test]
fn what_is_passed_on_is_found() {
    let enclosed = "From: anna@example.org\r\nSubject: Fwd: x\r\nContent-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n\
        preamble\r\n--b 1\r\n\r\nsee below\r\n--b 1\r\nContent-Type: message/rfc822\r\n\r\n\
        Message-ID: <old@example.org>\r\nFrom: Bert <bert@example.org>\r\nTo: anna@example.org\r\nSubject: x\r\n\
        \r\nhis text\r\n--b 1--\r\n";
    let found = letter(enclosed);
    let forwarded = found.forwarded.expect("the enclosed mail");
    assert_eq!(mails(&forwarded.from), ["bert@example.org"]);
    assert_eq!(forwarded.message_id.as_deref(), Some("old@example.org"));
    assert_eq!(found.excerpt, "see below");
    for (what, subject, text, from, to) in [
        (
            "a web mailer",
            "Fwd: x",
            "FYI\n\n---------- Forwarded message ---------\nFrom: Bert Bär <bert@example.org>\n\
             Date: Sun, Nov 22, 2026\nSubject: x\nTo: Anna <anna@example.org>,\n Carl <carl@example.org>\n\n\nHi\nFrom: nobody@example.org\n",
            "bert@example.org",
            &["anna@example.org", "carl@example.org"][..],
        ),
        (
            "Apple",
            "x",
            "Begin forwarded message:\n\n> From: Bert <bert@example.org>\n> Subject: x\n> Date: y\n> To: anna@example.org\n>\n> Hi\n",
            "bert@example.org",
            &["anna@example.org"],
        ),
        (
            "Thunderbird in German",
            "Fwd: x",
            "-------- Weitergeleitete Nachricht --------\nBetreff: \tx\nDatum: \ty\nVon: \tBert <bert@example.org>\nAn: \tanna@example.org\n\nHi\n",
            "bert@example.org",
            &["anna@example.org"],
        ),
        (
            "Outlook, no line but the subject",
            "WG: x",
            "Siehe unten.\n\nVon: Bert Bär <bert@example.org>\nGesendet: gestern\nAn: Anna [mailto:anna@example.org]\nBetreff: x\n\nHi\n",
            "bert@example.org",
            &["anna@example.org"],
        ),
        (
            "stars of a text that had markup",
            "FW: x",
            "*From:* Bert <bert@example.org>\n*Sent:* y\n*To:* Anna <anna@example.org>\n\nHi\n",
            "bert@example.org",
            &["anna@example.org"],
        ),
        (
            "French with a blank before the colon",
            "Tr : x",
            "Début du message réexpédié :\n\nDe : Bert <bert@example.org>\nObjet : x\nÀ : anna@example.org\n\n",
            "bert@example.org",
            &["anna@example.org"],
        ),
    ] {
        let mail = format!(
            "From: anna@example.org\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}"
        );
        let forwarded = letter(&mail).forwarded.unwrap_or_else(|| panic!("{what}: nothing found"));
        assert_eq!(mails(&forwarded.from), [from], "{what}");
        assert_eq!(mails(&forwarded.to), to, "{what}");
    }
}

#[test]
fn an_answer_with_a_quote_passes_nothing_on() {
    for (subject, text) in [
        ("Re: x", "Yes.\n\nFrom: Bert <bert@example.org>\nSent: y\nTo: anna@example.org\n\nHi\n"),
        ("x", "From: the desk of Bert\nTo: whom it may concern\n"),
        ("Fwd: x", "nothing below\n"),
        ("Fwd: x", "To: do\nFrom: nobody\n"),
        ("x", "the forwarded message: see\nFrom: a@example.org\n"),
    ] {
        let mail = format!("From: anna@example.org\nSubject: {subject}\n\n{text}");
        assert_eq!(letter(&mail).forwarded, None, "{text}");
    }
}

#[test]
fn texts_are_decoded_and_plain_ones_preferred() {
    for (header, body, wanted) in [
        ("Content-Transfer-Encoding: quoted-printable", "caf=C3=A9 =\r\nau lait", "café au lait"),
        ("Content-Transfer-Encoding: base64", "SGVsbG8=", "Hello"),
        ("Content-Type: text/plain; charset=iso-8859-1", "x", "x"),
        ("Content-Type: text/html", "<p>Hello <b>Anna</b></p><script>x</script>", "Hello Anna"),
        (
            "Content-Type: multipart/alternative; boundary=b",
            "--b\r\nContent-Type: text/html\r\n\r\n<i>html</i>\r\n--b\r\n\r\nplain\r\n--b--\r\n",
            "plain",
        ),
        (
            "Content-Type: multipart/mixed; boundary=b",
            "--b\r\nContent-Type: multipart/alternative; boundary=bb\r\n\r\n--bb\r\n\r\ninner\r\n--bb--\r\n--b\r\n\r\nouter\r\n--b--\r\n",
            "inner",
        ),
        ("Content-Type: application/pdf", "x", ""),
        ("Content-Type: multipart/mixed", "x", ""),
    ] {
        let mail = format!("From: b@example.org\r\n{header}\r\n\r\n{body}");
        assert_eq!(letter(&mail).excerpt, wanted, "{header}");
    }
}

#[test]
fn what_is_no_mail_is_refused() {
    for (bytes, wanted) in [
        (&b""[..], Unreadable::NoSender),
        (b"\0\xff\xfe", Unreadable::NoSender),
        (b"Subject: x\r\n\r\n", Unreadable::NoSender),
        (b"From: nobody\r\n\r\n", Unreadable::NoSender),
    ] {
        assert_eq!(read(bytes), Err(wanted), "{bytes:?}");
    }
}

/// A thousand multiparts, each in the one before.
fn nested(depth: usize) -> String {
    let mut mail = "From: b@example.org\r\nSubject: deep\r\n".to_owned();
    for n in 0..depth {
        let _ = write!(mail, "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    }
    mail.push_str("\r\ntext\r\n");
    mail
}

#[test]
fn hostile_mails_cost_neither_time_nor_stack() {
    let enclosed = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
    let fields = |pattern: &str| {
        let long = pattern.repeat((30 << 10) / pattern.len());
        format!("From: b@example.org\r\nTo: {long}\r\nCc: {long}\r\nSubject: {long}\r\n\r\n")
    };
    for (what, mail) in [
        ("1,000 nested parts", nested(1_000)),
        ("10,000 nested parts", nested(10_000)),
        ("20,000 enclosed mails", format!("From: b@example.org\r\n{enclosed}")),
        (
            "100,000 parts",
            format!(
                "From: b@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
                "--b\r\n\r\n".repeat(100_000)
            ),
        ),
        ("encoded words without end", fields("=?")),
        ("encoded words of nothing", fields("=?utf-8?q?")),
        ("encoded words with a wrong end", fields("=?ab?b?=")),
        ("charsets", fields("=?aa*")),
        ("comments", fields("(")),
        ("groups", fields(":;")),
        ("quotes", fields("\"\\")),
        ("addresses", fields("a@b.c,")),
        ("brackets", fields("<")),
        ("lines of blanks", format!("From: b@example.org\r\n{}\r\n", " \r\n".repeat(80_000))),
        (
            "a line of markup",
            format!("From: b@example.org\nContent-Type: text/html\n\n{}", "<a <b".repeat(20_000)),
        ),
        (
            "labels",
            format!(
                "From: b@example.org\nSubject: Fwd: x\n\n{}",
                "From: a@b.c\nTo: \n".repeat(20_000)
            ),
        ),
    ] {
        // A small stack, as a task of the server has.
        let (sender, receiver) = std::sync::mpsc::channel();
        let run = move || {
            let began = Instant::now();
            let found = read(mail.as_bytes());
            let _ = sender.send((found.is_ok(), began.elapsed()));
        };
        std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
        let (ok, took) = receiver.recv().unwrap();
        assert!(ok, "{what}: refused");
        assert!(took < Duration::from_secs(3), "{what}: took {took:?}");
    }
}

#[test]
fn the_number_of_people_is_bounded() {
    let mut to = String::new();
    for n in 0..3_000 {
        let _ = write!(to, "p{n}@example.org,");
    }
    let found = letter(&format!("From: b@example.org\r\nTo: {to}\r\n\r\n"));
    assert_eq!(found.heading.to.len(), MOST_PEOPLE);
}
