//! The audit of the real program: each kind of change leaves an entry that says who did it, with
//! which device, and to what.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice)]

mod changes;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use serde_json::Value;
use support::program::{json, run, said, text};
use support::{Server, basic};

const CONTACTS: &str = "/dav/addressbooks/anna/contacts/";

/// Entries as `WHO (DEVICE) SUBJECT VERB OWNER/PLACE/NAME: DETAIL`. Nobody is the operator; a name
/// that is made at random is left out.
fn entries(data: &Path, arguments: &[&str]) -> Vec<String> {
    let rows = json(data, &[&["audit", "--limit", "100000"], arguments].concat());
    let line = |row: &Value| {
        let word = |key: &str| row[key].as_str().unwrap().to_owned();
        let (subject, verb, detail) = (word("subject"), word("verb"), word("detail"));
        let random = matches!(&subject[..], "interaction" | "follow-up" | "task");
        let name = if random { String::new() } else { word("name") };
        let place = [word("owner"), word("place"), name].join("/");
        let by = Some(word("by")).filter(|by| !by.is_empty()).unwrap_or("operator".to_owned());
        let device = word("device");
        format!("{by} ({device}) {subject} {verb} {place}: {detail}")
    };
    rows.as_array().unwrap().iter().map(line).collect()
}

fn card(uid: &str, name: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n\
         EMAIL:{uid}@example.org\r\nEND:VCARD\r\n"
    )
}

/// A device of anna's that asks the server for something.
struct Phone<'a> {
    server: &'a Server,
    authorization: String,
}

impl<'a> Phone<'a> {
    fn new(server: &'a Server, user: &str, label: &str) -> Self {
        let row = json(server.data(), &["device", "add", user, label]);
        let authorization = basic(user, row["password"].as_str().unwrap());
        Self { server, authorization }
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str, status: u16) {
        let mut headers = vec![("Authorization", self.authorization.as_str())];
        headers.extend(more);
        let answer = self.server.connect().ask(method, path, &headers, body.as_bytes());
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{method} {path}: {said}");
    }

    #[track_caller]
    fn put(&self, path: &str, body: &str) {
        let kind = if path.contains("/calendars/") { "text/calendar" } else { "text/vcard" };
        let mut headers = vec![("Authorization", self.authorization.as_str())];
        headers.push(("Content-Type", kind));
        let answer = self.server.connect().ask("PUT", path, &headers, body.as_bytes());
        assert!(matches!(answer.status, 201 | 204), "PUT {path}: {}", answer.status);
    }
}

#[test]
fn settings_that_change_are_told_and_secrets_are_not() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    drop(Server::start_on(data, &[]));
    let known = entries(data, &[]).len();
    let changed = [
        ("ROLODAV__LIMITS__CARD_BYTES", "2000000"),
        ("ROLODAV__MAIL__RELAY", "mail.example.org:25"),
        ("ROLODAV__MAIL__FROM", "dav@example.org"),
        ("ROLODAV__MAIL__PASSWORD", "hunter2"),
    ];
    drop(Server::start_on(data, &changed));
    let told = entries(data, &[]).split_off(known);
    let about = |name: &str| told.iter().find(|line| line.contains(name)).cloned();
    let bytes = about("limits.card_bytes").unwrap_or_default();
    assert!(bytes.starts_with("operator (rolodav serve) setting changed"), "{told:#?}");
    assert!(bytes.ends_with("-> 2000000"), "{told:#?}");
    let password = about("mail.password").unwrap_or_default();
    assert!(password.ends_with("mail.password: "), "{told:#?}");
    assert_eq!(told.len(), 4, "{told:#?}");
    drop(Server::start_on(data, &changed));
    assert_eq!(entries(data, &[]).len(), known + 4, "nothing changed");
}

#[test]
fn what_a_phone_does_to_cards_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_owned();
    let server = Server::start_on(&data, &[]);
    server.add_user("anna", "secret");
    let phone = Phone::new(&server, "anna", "Anna's phone");
    let path = |name: &str| format!("{CONTACTS}{name}");
    phone.put(&path("bert.vcf"), &card("bert", "Bert Berg"));
    phone.put(&path("bert.vcf"), &card("bert", "Bert Burg"));
    phone.ask("DELETE", &path("bert.vcf"), &[], "", 204);
    let told = entries(&data, &["anna", "--device", "Anna's phone"]);
    let by = "anna (Anna's phone)";
    assert_eq!(
        told,
        [
            format!("{by} card added anna/contacts/bert.vcf: "),
            format!("{by} card changed anna/contacts/bert.vcf: "),
            format!("{by} card removed anna/contacts/bert.vcf: "),
        ]
    );
    assert_eq!(entries(&data, &["--contact", "bert"]), told, "by its UID");
    assert_eq!(entries(&data, &["--since", "2999-01-01"]).len(), 0);
    let verified = json(&data, &["audit", "verify"]);
    let head = verified["head"].as_str().unwrap().to_owned();
    assert!(text(&data, &["audit", "anna"]).contains("card removed"));

    // A stopped store tells the same.
    drop(server);
    assert_eq!(entries(&data, &["anna", "--device", "Anna's phone"]), told);
    let held = text(&data, &["audit", "verify", "--head", &head]);
    assert!(held.contains("hold."), "{held}");
    let (number, hash) = head.split_once(':').unwrap();
    let later = format!("{}:{hash}", number.parse::<u64>().unwrap() + 1000);
    let output = run(&data, &["audit", "verify", "--head", &later], "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("missing at the end"), "{}", said(&output));
}
