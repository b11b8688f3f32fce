//! Each kind of change, and what the audit tells of it.

use serde_json::Value;

use crate::support::Server;
use crate::support::program::{run, said};
use crate::{CONTACTS, Phone, card, entries, json, text};

/// Something that is done.
enum Does<'a> {
    /// By a command, with what is typed into it.
    Command(&'a str, &'a str),
    /// By anna's phone, with a `Destination` and a body; the status it is answered with.
    Ask(&'a str, &'a str, &'a str, &'a str, u16),
}

fn proppatch(property: &str) -> String {
    format!(
        "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop>{property}</D:prop></D:set>\
         </D:propertyupdate>"
    )
}

/// Does each in turn, and compares what the audit tells of it, in whatever order.
fn each_is_told(server: &Server, phone: &Phone<'_>, table: &[(Does<'_>, &[&str])]) {
    let data = server.data();
    let mut known = entries(data, &[]).len();
    for (does, wanted) in table {
        let what = match does {
            Does::Command(line, input) => {
                let words: Vec<&str> = line.split_whitespace().collect();
                let output = run(data, &words, input);
                assert!(output.status.success(), "`rolodav {line}`: {}", said(&output));
                (*line).to_owned()
            }
            Does::Ask(method, path, destination, body, status) => {
                let kind = match &path[path.len() - 4..] {
                    ".vcf" => "text/vcard",
                    ".ics" => "text/calendar",
                    _ => "application/xml",
                };
                let mut headers = vec![("Content-Type", kind)];
                if !destination.is_empty() {
                    headers.push(("Destination", destination));
                }
                phone.ask(method, path, &headers, body, *status);
                format!("{method} {path}")
            }
        };
        let mut told = entries(data, &[]).split_off(known);
        known += told.len();
        told.sort();
        let mut wanted: Vec<&str> = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(told, wanted, "{what}");
    }
}

#[test]
fn each_kind_of_change_is_told() {
    let server = Server::start();
    let data = server.data().to_owned();
    server.add_user("anna", "secret");
    let phone = &Phone::new(&server, "anna", "phone");
    const BOOKS: &str = "/dav/addressbooks/anna/";
    let bert = card("bert", "Bert Berg");
    let called = card("bert", "Bert Berg").replace("END:", "NOTE:+call spoke about it\r\nEND:");
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\n\
        DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:s\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let group = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:g\r\nFN:Choir\r\nN:Choir;;;;\r\n\
        X-ADDRESSBOOKSERVER-KIND:group\r\n\
        X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bert\r\nEND:VCARD\r\n";
    let delegates =
        proppatch("<D:group-member-set><D:href>/dav/principals/bob/</D:href></D:group-member-set>");
    let shown = proppatch("<D:displayname>Friends</D:displayname>");
    use Does::{Ask, Command};
    each_is_told(
        &server,
        phone,
        &[
            // Users, groups, devices.
            (
                Command("user add bob --no-password", ""),
                &["operator (rolodav) user added bob//bob: "],
            ),
            (
                Command("user disable bob", ""),
                &["operator (rolodav) user changed bob//: kept from signing in"],
            ),
            (
                Command("user enable bob", ""),
                &["operator (rolodav) user changed bob//: let in again"],
            ),
            (
                Command("user passwd bob --password-stdin", "correct horse\n"),
                &["operator (rolodav) password changed bob//: "],
            ),
            (
                Command("user zone anna Europe/Paris", ""),
                &["operator (rolodav) setting changed anna//zone: Europe/Paris"],
            ),
            (
                Command("calendar birthdays anna --alarm 1@18:00", ""),
                &[
                    "operator (rolodav) setting changed anna//birthday alarms: [{\"days_before\":1,\"minute\":1080}]",
                ],
            ),
            (Command("group add team", ""), &["operator (rolodav) group added team//team: "]),
            (
                Command("group members team --add bob", ""),
                &["operator (rolodav) group changed team//: +bob"],
            ),
            (
                Command("group members team --remove bob", ""),
                &["operator (rolodav) group changed team//: -bob"],
            ),
            (Command("group remove team", ""), &["operator (rolodav) group removed team//team: "]),
            (
                Command("device add anna tablet --read-only", ""),
                &["operator (rolodav) device added anna//tablet: read-only"],
            ),
            (
                Command("device profile anna 2 --history off", ""),
                &["operator (rolodav) device changed anna//tablet: no history in notes"],
            ),
            (
                Command("device revoke anna 2", ""),
                &["operator (rolodav) device removed anna//tablet: "],
            ),
            // Shares and delegates.
            (
                Command("book share anna contacts bob", ""),
                &["operator (rolodav) share added anna/contacts/bob: to read"],
            ),
            (
                Command("book share anna contacts bob --read-write", ""),
                &["operator (rolodav) share changed anna/contacts/bob: to read and change"],
            ),
            (
                Command("book unshare anna contacts bob", ""),
                &["operator (rolodav) share removed anna/contacts/bob: "],
            ),
            (
                Command("calendar delegate anna bob --read-write", ""),
                &["operator (rolodav) delegate added anna//bob: to read and change"],
            ),
            (
                Ask("PROPPATCH", "/dav/principals/anna/calendar-proxy-read/", "", &delegates, 207),
                &["anna (phone) delegate changed anna//bob: to read"],
            ),
            (
                Command("calendar undelegate anna bob", ""),
                &["operator (rolodav) delegate removed anna//bob: "],
            ),
            // Books and calendars.
            (
                Command("book create anna club", ""),
                &["anna (rolodav book) book added anna/club/: "],
            ),
            (
                Ask("MKCOL", "/dav/addressbooks/anna/home/", "", "", 201),
                &["anna (phone) book added anna/home/: "],
            ),
            (
                Ask("PROPPATCH", "/dav/addressbooks/anna/home/", "", &shown, 207),
                &["anna (phone) book changed anna/home/: displayname"],
            ),
            (
                Ask(
                    "MOVE",
                    "/dav/addressbooks/anna/home/",
                    "/dav/addressbooks/anna/house/",
                    "",
                    201,
                ),
                &["anna (phone) book moved anna/house/: from anna/home"],
            ),
            (
                Ask(
                    "COPY",
                    "/dav/addressbooks/anna/house/",
                    "/dav/addressbooks/anna/hut/",
                    "",
                    201,
                ),
                &["anna (phone) book copied anna/hut/: from anna/house"],
            ),
            (
                Ask("DELETE", "/dav/addressbooks/anna/house/", "", "", 204),
                &["anna (phone) book removed anna/house/: "],
            ),
            (
                Command("restore anna house --as home", ""),
                &["anna (rolodav restore) book restored anna/home/: from house"],
            ),
            (
                Command("calendar create anna todo --tasks", ""),
                &["anna (rolodav calendar) calendar added anna/todo/: "],
            ),
            (
                Command("calendar remove anna todo", ""),
                &["anna (rolodav calendar) calendar removed anna/todo/: "],
            ),
            (
                Command("calendar publish anna calendar --label kitchen", ""),
                &["anna (rolodav calendar) feed-address added anna/calendar/kitchen: "],
            ),
            (
                Command("calendar unpublish anna 1", ""),
                &["anna (rolodav calendar) feed-address removed anna/calendar/kitchen: "],
            ),
            (
                Command("capture address anna", ""),
                &["anna (rolodav capture) capture-address added anna//: "],
            ),
            (
                Command("capture own anna --add a@example.org", ""),
                &[
                    "anna (rolodav capture) setting changed anna//own mail addresses: +a@example.org",
                ],
            ),
            (
                Command("capture address anna --revoke", ""),
                &["anna (rolodav capture) capture-address removed anna//: "],
            ),
            // Cards and events.
            (
                Ask("PUT", &format!("{CONTACTS}bert.vcf"), "", &bert, 201),
                &["anna (phone) card added anna/contacts/bert.vcf: "],
            ),
            (
                Ask("MOVE", &format!("{CONTACTS}bert.vcf"), &format!("{BOOKS}club/b.vcf"), "", 201),
                &["anna (phone) card moved anna/club/b.vcf: from anna/contacts/bert.vcf"],
            ),
            (
                Ask("COPY", &format!("{BOOKS}club/b.vcf"), &format!("{CONTACTS}bert.vcf"), "", 201),
                &["anna (phone) card copied anna/contacts/bert.vcf: from anna/club/b.vcf"],
            ),
            (
                Ask("DELETE", &format!("{BOOKS}club/b.vcf"), "", "", 204),
                &["anna (phone) card removed anna/club/b.vcf: "],
            ),
            (
                Command("restore anna club/b.vcf", ""),
                &["anna (rolodav restore) card restored anna/club/b.vcf: "],
            ),
            (
                Ask("PROPPATCH", &format!("{BOOKS}club/b.vcf"), "", &proppatch("<x>1</x>"), 207),
                &["anna (phone) card changed anna/club/b.vcf: x"],
            ),
            (
                Ask("DELETE", &format!("{BOOKS}club/b.vcf"), "", "", 204),
                &["anna (phone) card removed anna/club/b.vcf: "],
            ),
            (
                Ask("PUT", "/dav/calendars/anna/calendar/e.ics", "", event, 201),
                &["anna (phone) event added anna/calendar/e.ics: "],
            ),
            (
                Ask("DELETE", "/dav/calendars/anna/calendar/e.ics", "", "", 204),
                &["anna (phone) event removed anna/calendar/e.ics: "],
            ),
            // The timeline.
            (
                Ask("PUT", &format!("{CONTACTS}bert.vcf"), "", &called, 204),
                &[
                    "anna (phone) card changed anna/contacts/bert.vcf: ",
                    "anna (phone) interaction added anna//: call",
                ],
            ),
            (
                Command("note add anna bert lunch --kind meeting", ""),
                &["anna (rolodav note) interaction added anna//: meeting"],
            ),
            (
                Command("stage anna bert client --every 30d", ""),
                &[
                    "anna (rolodav stage) stage changed anna//Bert Berg: none -> client",
                    "anna (rolodav stage) cadence changed anna//Bert Berg: as its stage says -> 30d",
                ],
            ),
            (
                Command("followup add anna bert ask --due 3d", ""),
                &[
                    "anna (rolodav followup) task added anna/tasks/: ",
                    "anna (rolodav followup) follow-up added anna//: ",
                ],
            ),
            // Tags, groups and fields.
            (
                Command("tag create anna Chess --color #3584e4", ""),
                &["anna (rolodav tag) tag added anna//Chess: "],
            ),
            (
                Command("tag create anna Chess --color #000000", ""),
                &["anna (rolodav tag) tag changed anna//Chess: #000000"],
            ),
            (
                Command("tag add anna Chess bert", ""),
                &[
                    "anna (rolodav tag) tag put-on anna//Chess: 1 card",
                    "anna (rolodav tag) card changed anna/contacts/bert.vcf: ",
                ],
            ),
            (
                Command("tag rename anna Chess Go", ""),
                &[
                    "anna (rolodav tag) tag changed anna//Chess: called Go now",
                    "anna (rolodav tag) card changed anna/contacts/bert.vcf: ",
                ],
            ),
            (Command("tag create anna Games", ""), &["anna (rolodav tag) tag added anna//Games: "]),
            (
                Command("tag rename anna Go Games --merge", ""),
                &[
                    "anna (rolodav tag) tag merged anna//Go: into Games",
                    "anna (rolodav tag) card changed anna/contacts/bert.vcf: ",
                ],
            ),
            (
                Command("tag remove anna Games bert", ""),
                &[
                    "anna (rolodav tag) tag taken-off anna//Games: 1 card",
                    "anna (rolodav tag) card changed anna/contacts/bert.vcf: ",
                ],
            ),
            (
                Command("tag delete anna Games", ""),
                &["anna (rolodav tag) tag removed anna//Games: "],
            ),
            (
                Ask("PUT", &format!("{CONTACTS}g.vcf"), "", group, 201),
                &[
                    "anna (phone) group-card added anna/contacts/g.vcf: ",
                    "anna (phone) tag added anna//Choir: ",
                    "anna (phone) tag put-on anna//Choir: 1 card",
                    "anna (phone) card changed anna/contacts/bert.vcf: ",
                ],
            ),
            (
                Command("field define anna size --type number", ""),
                &["anna (rolodav field) field added anna//size: X-SIZE"],
            ),
            (
                Command("field set anna bert size 12", ""),
                &["anna (rolodav field) card changed anna/contacts/bert.vcf: "],
            ),
            (
                Command("field remove anna size", ""),
                &["anna (rolodav field) field removed anna//size: X-SIZE"],
            ),
            (Command("user remove bob", ""), &["operator (rolodav) user removed bob//bob: "]),
        ],
    );
    follow_ups_and_entries_are_told(&server, phone);
    let verified = json(&data, &["audit", "verify"]);
    assert_eq!(verified["fault"], Value::Null);
    text(&data, &["check"]);
    let of_bert = entries(&data, &["anna", "--contact", "Bert Berg"]);
    assert!(of_bert.iter().any(|line| line.contains("interaction added")), "{of_bert:#?}");
    assert!(of_bert.iter().all(|line| !line.contains("e.ics")), "{of_bert:#?}");
}

/// What is done to entries that are known by what a command shows.
fn follow_ups_and_entries_are_told(server: &Server, phone: &Phone<'_>) {
    let data = server.data();
    let listed = |arguments: &[&str]| json(data, arguments).as_array().unwrap().clone();
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let follow_up = id(&listed(&["followup", "list", "anna"])[0]);
    let notes = listed(&["note", "list", "anna", "bert"]);
    let note = id(notes.iter().find(|row| row["kind"] == "meeting").unwrap());
    use Does::Command;
    each_is_told(
        server,
        phone,
        &[
            (
                Command(&format!("followup done anna {follow_up}"), ""),
                &[
                    "anna (rolodav followup) task changed anna/tasks/: ",
                    "anna (rolodav followup) follow-up changed anna//: done",
                    "anna (rolodav followup) interaction added anna//: note",
                ],
            ),
            (
                Command(&format!("note edit anna {note} --text other"), ""),
                &["anna (rolodav note) interaction changed anna//: meeting"],
            ),
            (
                Command(&format!("note remove anna {note}"), ""),
                &["anna (rolodav note) interaction removed anna//: meeting"],
            ),
        ],
    );
}
