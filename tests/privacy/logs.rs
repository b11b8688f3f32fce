//! What the log has of people: nothing, at its most talkative, whatever is done with them and
//! whatever goes wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::support::program::{run, said};
use crate::support::{Server, basic};
use crate::{Anna, BOOK, CALENDAR, CLUB, TELLING, bert, command, event, fill, other};

/// All that Bert is called by, and what was asked and typed of him.
const WORDS: [&str; 7] = ["bert", "berg", "5551234", "bb@home", "w0", "zebedee", "zauberer"];

/// A relay that knows nobody, and says whom.
fn relay() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("smtp+plain://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut out = stream.try_clone().unwrap();
            let mut say = move |what: &str| out.write_all(format!("{what}\r\n").as_bytes());
            let _ = say("220 relay");
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let answer = match line.get(..4).unwrap_or_default() {
                    "RCPT" if line.contains("later") => format!("451 4.2.1 not now: {line}"),
                    "RCPT" => format!("550 5.1.1 {line}: nobody is called so"),
                    _ => "250 relay".to_owned(),
                };
                if say(&answer).is_err() {
                    break;
                }
            }
        }
    });
    address
}

/// Hands mail over, and bad mail.
fn by_lmtp(socket: &Path, to: &str) {
    let stream = UnixStream::connect(socket).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut say = |what: &str| {
        (&stream).write_all(format!("{what}\r\n").as_bytes()).unwrap();
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        line
    };
    say("");
    for line in ["LHLO bert.berg.example", "MAIL FROM:<bert.berg@example.org>"] {
        say(line);
    }
    say("RCPT TO:<anna+bertberg@in.example>");
    say("BERT Berg");
    say(&format!("RCPT TO:<{to}>"));
    say("DATA");
    say("From: Bert Berg <bert.berg@example.org>\r\nTo: anna@example.org\r\nSubject: w0mail\r\n\
         Message-ID: <bert@berg.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nw0mail\r\n.");
    say("QUIT");
}

/// Requests that go well and requests that do not, in all of which he is named.
fn asked(anna: &Anna<'_>) {
    let person = "Bert%20Berg";
    let report = |body: &str| anna.ask("REPORT", BOOK, &[("Depth", "1")], body).status;
    // Names of files made of his.
    for name in [person, "bert-berg", "bert.berg@example.org", "%2B491705551234", "491705551234"] {
        let path = format!("{BOOK}{name}.vcf");
        let uid = format!("w0-{name}");
        let card = bert(&uid, "").replace("FN:Bert Berg", &format!("FN:Bert Berg {}", uid.len()));
        assert_eq!(anna.ask("PUT", &path, &[], &card).status, 201, "{path}");
        for (method, headers) in [
            ("GET", &[][..]),
            ("PUT", &[("If-Match", "\"w0bert\"")]),
            ("DELETE", &[("If-Match", "\"w0bert\"")]),
            ("PROPFIND", &[("Depth", "0")]),
            ("COPY", &[("Destination", "/dav/addressbooks/anna/nowhere/bert.vcf")]),
            ("MOVE", &[("Destination", "http://bert.example/berg.vcf")]),
            ("LOCK", &[("If", "(<bert>)")]),
            ("MKCOL", &[]),
        ] {
            anna.ask(method, &path, headers, &bert("w0other", "BDAY:w0bad\r\n"));
        }
        anna.ask("GET", &format!("{path}/w0deeper/{person}?q=Bert+Berg"), &[], "");
    }
    for path in [
        format!("/{person}"),
        format!("/dav/addressbooks/{person}/contacts/x.vcf"),
        format!("/dav/addressbooks/anna/{person}/"),
        format!("/dav/principals/{person}/"),
        format!("/feeds/{person}.ics"),
        format!("{BOOK}none-bert.vcf"),
        format!("/dav/%C3%A4/../{person}"),
        format!("{BOOK}%FFbert%2Fberg.vcf"),
    ] {
        for method in ["GET", "PROPFIND", "PUT", "DELETE"] {
            assert!(anna.ask(method, &path, &[], "w0bert").status >= 400, "{method} {path}");
        }
    }
    // Cards that are none, that are another's, and that are too much.
    for card in [
        "Bert Berg".to_owned(),
        bert("b", ""),
        bert("", ""),
        bert("bert\u{1}berg", ""),
        "BEGIN:VCARD\r\nFN:Bert Berg\r\n".repeat(40),
        event("w0bert", "Bert Berg", ""),
    ] {
        anna.ask("PUT", &format!("{BOOK}bert-again.vcf"), &[("If-None-Match", "*")], &card);
        anna.ask("PUT", &format!("{CALENDAR}bert.ics"), &[], &card);
    }
    // Queries, good and bad.
    let query = |filter: &str| {
        format!(
            "<c:addressbook-query xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\">\
             <d:prop><d:getetag/><c:address-data/></d:prop><c:filter>{filter}</c:filter>\
             </c:addressbook-query>"
        )
    };
    let named = |name: &str, collation: &str| {
        query(&format!(
            "<c:prop-filter name=\"{name}\"><c:text-match collation=\"{collation}\">Bert Berg\
             </c:text-match></c:prop-filter>"
        ))
    };
    assert_eq!(report(&named("FN", "i;unicode-casemap")), 207);
    assert!(report(&named("FN", "i;bert")) >= 400);
    report(&query("<bert>Berg</bert>"));
    assert!(report("<c:berg xmlns:c=\"bert:\">w0query</c:berg>") >= 400);
    assert!(report("<bert>Berg</w0query>") >= 400);
    report(&format!(
        "<c:addressbook-multiget xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\">\
         <d:href>{BOOK}{person}.vcf</d:href><d:href>bert://berg</d:href></c:addressbook-multiget>"
    ));
    report(
        "<d:sync-collection xmlns:d=\"DAV:\"><d:sync-token>bert-berg</d:sync-token></d:sync-collection>",
    );
    let search = "<d:principal-property-search xmlns:d=\"DAV:\"><d:property-search><d:prop>\
        <d:displayname/></d:prop><d:match>Bert Berg</d:match></d:property-search>\
        </d:principal-property-search>";
    anna.ask("REPORT", "/dav/principals/", &[("Depth", "0")], search);
    let patch = "<d:propertyupdate xmlns:d=\"DAV:\" xmlns:b=\"bert:\"><d:set><d:prop>\
        <b:berg>w0property</b:berg><d:getetag>w0bert</d:getetag></d:prop></d:set></d:propertyupdate>";
    anna.ask("PROPPATCH", &format!("{BOOK}b.vcf"), &[], patch);
    // Meetings with him, and whether he has time.
    let attends = "ORGANIZER:mailto:carl@example.org\r\n\
        ATTENDEE;CN=Bert Berg:mailto:bert.berg@example.org\r\nATTENDEE:mailto:later@bert.example\r\n";
    let meal = event("w0meal", "Meal with Bert Berg", attends).replace("20261102", "20270102");
    let carl = basic("carl", "secret");
    let path = "/dav/calendars/carl/calendar/meal-bert.ics";
    let answer = anna.0.connect().ask("PUT", path, &[("Authorization", &carl)], meal.as_bytes());
    assert_eq!(answer.status, 201, "{}", answer.text());
    let busy = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\n\
        UID:bert\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261102T100000Z\r\n\
        DTEND:20261102T110000Z\r\nORGANIZER:mailto:anna@example.org\r\n\
        ATTENDEE:mailto:bert.berg@example.org\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    anna.ask("POST", "/dav/calendars/anna/outbox/", &[("Content-Type", "text/calendar")], busy);
}

/// What is no request, or comes from nobody.
fn hammered(server: &Server) {
    let as_bert = basic("bert.berg@example.org", "w0secret");
    server.connect().ask("GET", BOOK, &[("Authorization", &as_bert)], b"");
    server.connect().ask("GET", BOOK, &[("Authorization", "Basic Bert Berg")], b"");
    for head in
        ["GET /Bert Berg HTTP/1.1\r\n\r\n", "BERT\r\n\r\n", "GET / HTTP/1.1\r\nBert Berg\r\n\r\n"]
    {
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.read(&mut [0; 512]);
    }
    let mut control = UnixStream::connect(server.data().join("control.sock")).unwrap();
    control.write_all(b"{\"program\":\"bert\",\"command\":\"berg\"}\n").unwrap();
    let _ = control.read(&mut [0; 512]);
}

/// Commands of which some succeed; all of them name him.
fn typed(data: &Path, files: &Path) {
    let file = files.join("Bert Berg.vcf");
    std::fs::write(&file, format!("{}BEGIN:VCARD\r\nBert Berg\r\n", bert("w0file", ""))).unwrap();
    let bad = files.join("zebedee.vcf");
    let (file, bad) = (file.to_str().unwrap(), bad.to_str().unwrap());
    for line in [
        "search anna Bert Berg 0170",
        "search anna zebedee \u{1}",
        "segment add anna Zauberer name contains \"Bert Berg\"",
        "segment add anna Zwei nmae = \"Bert Berg\"",
        "segment list anna",
        "tag create anna Zauberer",
        "tag add anna Zauberer Bert contacts/b",
        "tag rename anna Zauberer Zebedee",
        "tag delete anna Zebedee",
        "note anna contacts/b +call yesterday w0talk",
        "note anna Zebedee +call w0talk",
        "note anna Bert +w0what w0talk",
        "note list anna Bert",
        "note edit anna w0none --text w0talk",
        "stage anna Bert zauberer",
        "followup add anna contacts/b w0due --due zebedee",
        "followup add anna contacts/b w0due",
        "field define anna zauberer",
        "field set anna contacts/b zauberer w0field",
        "field set anna Bert w0none w0field",
        "consent set anna contacts/b zauberer granted --source w0source",
        "quality anna",
        "quality show anna Bert",
        "quality confirm anna contacts/b",
        "quality clean anna contacts/b",
        "retention keep anna contacts/b",
        "retention set anna/zebedee erase --after 9",
        "capture own anna --add bb@home.example",
        "capture assign anna bert.berg@example.org Zebedee",
        "capture dismiss anna bert.berg@example.org",
        "book create anna w0book",
        "history anna contacts/Bert%20Berg.vcf --diff",
        "history anna contacts/bert",
        "restore anna contacts/bert --version 9",
        "conflicts anna",
        "duplicates scan anna",
        "duplicates not-same anna b Zebedee",
        "person export anna Bert",
        "person export anna Zebedee --text",
        "consent list anna Bert",
        "user add Bert\u{a0}Berg --mail bert.berg@example.org --no-password",
        "user zone Bert Europe/Zebedee",
        "device add bert zebedee",
        "audit anna --contact Bert",
        "person allow anna w0-bert",
        "check",
    ] {
        // One argument has a blank.
        let words: Vec<String> = line
            .replace("Bert Berg", "Bert\u{2}Berg")
            .split(' ')
            .map(|w| w.replace('\u{2}', " "))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = run(data, &words, "");
        assert!(!said(&output).contains("panicked"), "{line}: {}", said(&output));
    }
    for file in [file, bad] {
        run(data, &["import", "anna/contacts", file], "");
    }
    run(
        data,
        &["capture", "mail", "--to", "anna+bertberg@in.example"],
        "From: bert.berg@example.org\n\nw0",
    );
}

fn nothing_is_logged(format: &str) {
    let (directory, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let socket = files.path().join("lmtp");
    let mut server = Server::start_on(
        directory.path(),
        &[
            ("ROLODAV__LOG__LEVEL", "trace"),
            ("ROLODAV__LOG__FORMAT", format),
            ("RUST_BACKTRACE", "1"),
            ("ROLODAV__MAIL_CAPTURE__DOMAIN", "in.example"),
            ("ROLODAV__LMTP__LISTEN", socket.to_str().unwrap()),
            ("ROLODAV__MAIL__RELAY", &relay()),
            ("ROLODAV__MAIL__FROM", "calendar@example.org"),
        ],
    );
    fill(&server);
    let data = server.data().to_owned();
    let anna = Anna(&server);
    let carl = ["user", "add", "carl", "--mail", "carl@example.org", "--password-stdin"];
    assert!(run(&data, &carl, "secret").status.success());
    let told = command(&data, &["capture", "address", "anna"]);
    let to = told.split_whitespace().find(|word| word.contains("@in.example")).expect(&told);
    by_lmtp(&socket, to.trim_matches(|c: char| !c.is_alphanumeric()));
    asked(&anna);
    typed(&data, files.path());
    hammered(&server);
    let more = ["w0-Bert%20Berg", "w0file"];
    for who in ["b"].iter().chain(&more) {
        command(&data, &["person", "erase", "anna", who, "--yes"]);
    }
    // A late phone, and an edit of somebody who is not there any more.
    anna.ask("PUT", &format!("{BOOK}b.vcf"), &[("If-Match", "\"bert\"")], &bert("b", ""));
    anna.ask("PUT", &format!("{CLUB}bert.vcf"), &[], &bert("b", ""));
    anna.put(&format!("{BOOK}dora2.vcf"), &other("dora2", "Dora Zwei", "NOTE:+call w0late\r\n"));
    server.wait_for("a mail was not taken");
    server.wait_for("a mail has to wait");
    let log = server.told_until_its_end();
    for line in ["person erase", "PROPFIND", "REPORT"] {
        assert!(log.contains(line), "the log does not tell of {line}:\n{log}");
    }
    assert!(log.contains("5.1.1"), "why a mail was not taken:\n{log}");
    let lower = log.to_lowercase();
    let telling = WORDS.iter().map(|word| (*word).to_owned());
    for word in telling.chain(TELLING.iter().map(|word| word.to_lowercase())) {
        let found: Vec<&str> = lower.lines().filter(|line| line.contains(&word)).take(5).collect();
        assert!(found.is_empty(), "{word} is logged:\n{}", found.join("\n"));
    }
}

#[test]
fn the_log_for_people_has_nobody() {
    nothing_is_logged("text");
}

#[test]
fn the_log_for_programs_has_nobody() {
    nothing_is_logged("json");
}
