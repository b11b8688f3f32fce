//! Somebody of whom there is everything is erased: nothing that tells of them is left in any
//! record, nor in the journal, nor in what the server prints, whether it was stopped half-way or
//! not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::disallowed_methods)]

mod consents;
#[path = "../support/faulty_disk.rs"]
mod faulty_disk;
mod hostile;
#[path = "../support/in_process.rs"]
mod in_process;
mod logs;
mod meanwhile;
mod office;
mod people;
mod random;
mod remains;
mod stops;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use rolodav::store::engine::Engine;
use rolodav::store::engine::redb::{Options, RedbEngine};
use support::program::{run, said};
use support::{Server, basic};

const BOOK: &str = "/dav/addressbooks/anna/contacts/";
const CLUB: &str = "/dav/addressbooks/anna/club/";
const CALENDAR: &str = "/dav/calendars/anna/calendar/";

/// What only Bert's cards and what is about him have.
const TELLING: [&str; 11] = [
    "Bert Berg",
    "Berg;Bert",
    "bert.berg@example.org",
    "bb@home.example",
    "5551234",
    "w0note",
    "w0call",
    "w0todo",
    "w0form",
    "w0kept",
    "w0refused",
];

/// Long enough to be stored by its hash; one of Bert's own, and one that Dora has, too.
fn photo(uid: &str) -> String {
    if uid == "b2" { OWN_PHOTO } else { SHARED_PHOTO }.repeat(200)
}

const OWN_PHOTO: &str = "T25seUJlcnRzUGhvdG8x";
const SHARED_PHOTO: &str = "Qm9iUGhvdG9CeXRlczIx";

fn bert(uid: &str, more: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nN:Berg;Bert;;;\r\nFN:Bert Berg\r\n\
         EMAIL:bert.berg@example.org\r\nTEL:+49 170 5551234\r\nBDAY:1980-05-06\r\n\
         CATEGORIES:Friends\r\nNOTE:w0note\r\n{more}PHOTO;ENCODING=b;TYPE=JPEG:{}\r\nEND:VCARD\r\n",
        photo(uid)
    )
}

fn other(uid: &str, name: &str, more: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n{more}END:VCARD\r\n"
    )
}

fn event(uid: &str, summary: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART:20261102T100000Z\r\nDTEND:20261102T110000Z\r\n\
         SUMMARY:{summary}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn command(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments, "");
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

struct Anna<'a>(&'a Server);

impl Anna<'_> {
    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> support::Answer {
        let authorization = basic("anna", "secret");
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend_from_slice(more);
        self.0.connect().ask(method, path, &headers, body.as_bytes())
    }

    fn put(&self, path: &str, body: &str) {
        let answer = self.ask("PUT", path, &[], body);
        assert!(matches!(answer.status, 201 | 204), "{path}: {} {}", answer.status, answer.text());
    }

    fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}");
        answer.text().replace("\r\n ", "")
    }
}

/// Everything that there can be of Bert.
fn fill(server: &Server) {
    server.add_user("anna", "secret");
    server.add_user("zoe", "secret");
    let (anna, data) = (Anna(server), server.data());
    let run = |arguments: &[&str]| command(data, arguments);
    assert_eq!(anna.ask("MKCOL", CLUB, &[], "").status, 201);
    anna.put(&format!("{BOOK}b.vcf"), &bert("b", "ORG:w0kept\r\n"));
    anna.put(&format!("{BOOK}b.vcf"), &bert("b", "TITLE:Dr\r\n"));
    anna.put(&format!("{CLUB}copy.vcf"), &bert("b", ""));
    anna.put(&format!("{BOOK}b2.vcf"), &bert("b2", "EMAIL:bb@home.example\r\n"));
    anna.put(
        &format!("{BOOK}cy.vcf"),
        &other("cy", "Cy Cole", "NOTE:friend of Bert Berg\\, he says\r\nRELATED:urn:uuid:b\r\n"),
    );
    anna.put(
        &format!("{BOOK}dora.vcf"),
        &bert("dora", "")
            .replace("Berg;Bert", "Day;Dora")
            .replace("Bert Berg", "Dora Day")
            .replace("bert.berg", "dora")
            .replace("5551234", "7654321")
            .replace("w0note", "dora"),
    );
    // What comes of them: tags, groups, shares, timelines, follow-ups, answers, events.
    run(&["book", "share", "anna", "contacts", "zoe"]);
    run(&["note", "anna", "contacts/b", "+call", "w0call about it"]);
    run(&["note", "anna", "contacts/b2", "+todo", "tomorrow", "w0todo with Bert Berg"]);
    run(&[
        "note",
        "add",
        "anna",
        "contacts/b",
        "--kind",
        "meeting",
        "--with",
        "contacts/cy",
        "lunch with Bert Berg and Cy",
    ]);
    run(&["note", "anna", "contacts/cy", "+call", "told me of Bert Berg"]);
    run(&["stage", "anna", "contacts/b", "lead", "--every", "30d"]);
    run(&["tag", "add", "anna", "Rowers", "contacts/b"]);
    run(&["consent", "set", "anna", "contacts/b", "newsletter", "granted", "--source", "w0form"]);
    run(&["consent", "set", "anna", "contacts/b2", "newsletter", "refused"]);
    let attends = "ORGANIZER:mailto:anna@example.org\r\n\
        ATTENDEE;CN=Bert Berg:mailto:bert.berg@example.org\r\nATTENDEE:mailto:cy@example.org\r\n";
    anna.put(&format!("{CALENDAR}e.ics"), &event("e", "Lunch", attends));
    anna.put(&format!("{CALENDAR}e.ics"), &event("e", "Lunch with Bert Berg", attends));
    run(&["capture", "events", "anna", "--since", "2026-11-01"]);
    // An edit that is refused, and a device that sees groups.
    let stale = anna.ask(
        "PUT",
        &format!("{BOOK}b.vcf"),
        &[("If-Match", "\"old\"")],
        &bert("b", "TITLE:w0refused\r\n"),
    );
    assert_eq!(stale.status, 412);
    run(&["duplicates", "scan", "anna"]);
    run(&["duplicates", "not-same", "anna", "b", "dora"]);
    let merged = run(&["merge", "anna", "b", "b2", "--into", "b"]);
    let number = merged.split_once("(merge ").unwrap().1.split_once(')').unwrap().0.to_owned();
    let listed = run(&["consent", "list", "anna", "contacts/b"]);
    assert!(listed.contains("refused"), "the stricter answer survives: {listed}");
    assert!(anna.get(&format!("{BOOK}b.vcf")).contains("PURPOSE=newsletter"), "it is shown");
    run(&["undo", "anna", &number]);
    let listed = run(&["consent", "list", "anna", "contacts/b"]);
    assert!(listed.contains("granted"), "each has their own again: {listed}");
    run(&["merge", "anna", "b", "b2", "--into", "b"]);
    let groups = [("User-Agent", "iOS/17.0 dataaccessd/1.0")];
    assert_eq!(anna.ask("PROPFIND", BOOK, &[groups[0], ("Depth", "1")], "").status, 207);
    let calendars = anna.ask("PROPFIND", "/dav/calendars/anna/", &[("Depth", "1")], "");
    assert_eq!(calendars.status, 207, "birthdays are there");
    // One more in the trash.
    anna.put(&format!("{CLUB}gone.vcf"), &bert("b2", ""));
    assert_eq!(anna.ask("DELETE", CLUB, &[], "").status, 204);
}

/// Every record of the store, as the engine has it.
fn records(data: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = data.join("store.redb");
        let engine = Engine::Redb(RedbEngine::open(&file, Options::default()).unwrap());
        remains::records(&engine.snapshot().await.unwrap()).await
    })
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    let lower = haystack.to_ascii_lowercase();
    memchr::memmem::find(&lower, needle.to_ascii_lowercase().as_bytes()).is_some()
}

#[track_caller]
fn nothing_is_left(data: &Path) {
    let rows = records(data);
    for what in TELLING.iter().copied().chain([OWN_PHOTO]) {
        for (key, value) in &rows {
            let place = format!("{:02x} {}", key[0], key.escape_ascii());
            assert!(
                !holds(key, what) && !holds(value, what),
                "{what} is in {place}: {}",
                value.escape_ascii()
            );
        }
    }
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        let is_store = path.extension().is_some_and(|end| end == "redb");
        if path.is_file() && !is_store {
            let bytes = std::fs::read(&path).unwrap();
            for what in TELLING {
                assert!(!holds(&bytes, what), "{what} is in {}", path.display());
            }
        }
    }
}

#[test]
fn nothing_tells_of_somebody_who_was_erased() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start_on(directory.path(), &[]);
    fill(&server);
    let (anna, data) = (Anna(&server), server.data().to_owned());
    // All of it is told first.
    let told = command(&data, &["person", "export", "anna", "contacts/b"]);
    let value: serde_json::Value = serde_json::from_str(&told).expect(&told);
    for what in TELLING.iter().filter(|what| !["w0refused"].contains(what)) {
        assert!(told.contains(what), "{what} is not in the export");
    }
    for section in
        ["cards", "consents", "timeline", "followups", "events", "versions", "merges", "audit"]
    {
        assert!(!value[section].as_array().unwrap().is_empty(), "nothing under {section}");
    }
    let text = command(&data, &["person", "export", "anna", "contacts/b", "--text"]);
    assert!(text.contains("# Timeline") && text.contains("w0call"), "{text}");

    // Into files, which nobody else reads and which replace none.
    let exported = tempfile::tempdir().unwrap();
    let (all, file) = (exported.path().join("bert/"), exported.path().join("bert.json"));
    let arguments = ["person", "export", "anna", "contacts/b", "--out"];
    for out in [&all, &file] {
        let out = out.to_str().unwrap();
        command(&data, &[&arguments[..], &[out]].concat());
        let again = run(&data, &[&arguments[..], &[out]].concat(), "");
        assert_eq!(again.status.code(), Some(1), "{out}: {}", said(&again));
    }
    let nobody = ["person", "export", "anna", "nobody", "--out", exported.path().to_str().unwrap()];
    assert_eq!(run(&data, &nobody, "").status.code(), Some(1));
    let read = |name: &str| std::fs::read_to_string(all.join(name)).expect(name);
    assert!(read("person.json").contains("w0call") && read("person.md").contains("# Timeline"));
    assert!(
        read("cards/0001.vcf").contains("Bert Berg") && read("events/0001.ics").contains("SUMMARY")
    );
    let photo = std::fs::read(all.join("photos/0001.jpg")).unwrap();
    assert!(holds(&photo, "OnlyBertsPhoto1") || holds(&photo, "BobPhoto"), "{photo:?}");

    let said = command(&data, &["person", "erase", "anna", "contacts/b", "--yes"]);
    assert!(said.contains("Erased"), "{said}");
    for arguments in [
        &["export", "anna", "--format", "vcard"][..],
        &["export", "anna"],
        &["audit", "--limit", "10000", "--json"],
        &["merges", "anna", "--json"],
        &["conflicts", "anna", "--json"],
        &["followup", "list", "anna", "--json"],
        &["duplicates", "list", "anna", "--json"],
        &["note", "list", "anna", "contacts/cy", "--json"],
        &["export", "anna", "--calendars"],
        &["book", "trash", "anna", "--json"],
    ] {
        let printed = command(&data, arguments);
        for what in TELLING {
            assert!(!printed.contains(what), "{what} is printed by {arguments:?}: {printed}");
        }
    }
    // What is others' stays, without him.
    let cy = anna.get(&format!("{BOOK}cy.vcf"));
    assert!(cy.contains("friend of [erased]\\, he says") && !cy.contains("RELATED"), "{cy}");
    assert!(
        cy.contains("lunch with [erased] and Cy") && cy.contains("told me of [erased]"),
        "{cy}"
    );
    let event = anna.get(&format!("{CALENDAR}e.ics"));
    assert!(event.contains("Lunch with [erased]") && event.contains("cy@example.org"), "{event}");
    assert!(
        anna.get(&format!("{BOOK}dora.vcf")).contains(&SHARED_PHOTO.repeat(2)),
        "her photo is hers"
    );
    assert!(command(&data, &["check"]).contains("in order"));
    assert!(command(&data, &["audit", "verify"]).contains("hold"));
    server.signal("TERM");
    assert!(server.ended().success());
    nothing_is_left(&data);
    // Nor in the file as it lies on the disk, once it is rewritten.
    let said = command(&data, &["compact"]);
    assert!(said.contains("bytes"), "{said}");
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        for what in TELLING {
            assert!(!holds(&bytes, what), "{what} is on the disk in {}", path.display());
        }
    }
    assert!(command(&data, &["check"]).contains("in order"));
}

#[test]
fn whoever_stops_the_server_half_way_finds_it_done_later() {
    let server = Server::start();
    fill(&server);
    let data = server.data().to_owned();
    let client = {
        let data = data.clone();
        std::thread::spawn(move || {
            run(&data, &["person", "erase", "anna", "contacts/b", "--yes"], "")
        })
    };
    // As soon as it has begun.
    let anna = Anna(&server);
    let began = std::time::Instant::now();
    while anna.ask("GET", &format!("{BOOK}b.vcf"), &[], "").status == 200 {
        assert!(began.elapsed().as_secs() < 60, "nothing is erased");
    }
    let keep = tempfile::tempdir().unwrap();
    let copy = keep.path().join("data");
    server.signal("KILL");
    let _ = client.join().unwrap();
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
    }
    let server = Server::start_on(&copy, &[]);
    let began = std::time::Instant::now();
    while !command(&copy, &["person", "erased", "anna", "--json"]).contains("\"done\": true") {
        assert!(began.elapsed().as_secs() < 60, "it is not done");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(command(&copy, &["check"]).contains("in order"));
    server.kill();
    nothing_is_left(&copy);
}
