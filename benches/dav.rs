//! What each operation of a real address book costs the server: CPU per operation and memory.
//!
//! `cargo bench --bench dav -- [CARDS …]` (default 1000 10000). Starts the program on a
//! temporary directory, fills a book over HTTP, and prints a table. CPU is what the kernel
//! charged the server's process, so that a busy machine does not change it much. The rivals'
//! figures are explained in docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::type_complexity, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "driver/mod.rs"]
mod driver;

use std::fmt::Write as _;
use std::time::Duration;

use driver::{Ask, Client, Row, Server, add_user, fill, sizes, table};

const HOME: &str = "/dav/addressbooks/bench/contacts/";

/// A card as a phone writes it, 0.6 KB; every tenth with a photo of 28 KB.
fn card(n: usize) -> String {
    let mut card = format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iOS 17.0.2//EN\r\nUID:bench-{n}\r\n\
         N:Person{n};Given{};;;\r\nFN:Given{} Person{n}\r\nORG:Company {};\r\n\
         EMAIL;type=INTERNET;type=HOME;type=pref:person{n}@example.org\r\n\
         EMAIL;type=INTERNET;type=WORK:p{n}@company{}.example.com\r\n\
         TEL;type=CELL;type=VOICE;type=pref:+43 660 {n:07}\r\n\
         item1.ADR;type=HOME;type=pref:;;Street {n};Town {};;{:05};Austria\r\n\
         item1.X-ABADR:at\r\nitem2.URL;type=pref:https://example.org/{n}\r\n\
         item2.X-ABLABEL:_$!<HomePage>!$_\r\nBDAY:1980-01-{:02}\r\n\
         NOTE:Met at the conference in {}\\, likes long walks.\r\n",
        n % 500,
        n % 500,
        n % 97,
        n % 97,
        n % 300,
        n % 99_999,
        n % 28 + 1,
        n % 40
    );
    if n.is_multiple_of(10) {
        card.push_str("PHOTO;ENCODING=b;TYPE=JPEG:");
        for line in 0..400 {
            let part = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2W3x4Y5z6a7B8c9D0e1F2g3H4";
            let _ = write!(card, "\r\n {part}{:06}", (n * 400 + line) % 1_000_000);
        }
        card.push_str("\r\n");
    }
    card.push_str("REV:2026-01-01T00:00:00Z\r\nEND:VCARD\r\n");
    card
}

const NAMESPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\" \
                          xmlns:CS=\"http://calendarserver.org/ns/\"";

fn propfind(props: &str) -> String {
    format!("<D:propfind {NAMESPACES}><D:prop>{props}</D:prop></D:propfind>")
}

fn sync(token: &str, props: &str) -> String {
    format!(
        "<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>1</D:sync-level><D:prop>{props}</D:prop></D:sync-collection>"
    )
}

fn query(property: &str, kind: &str, text: &str) -> String {
    format!(
        "<C:addressbook-query {NAMESPACES}><D:prop><D:getetag/></D:prop><C:filter>\
         <C:prop-filter name=\"{property}\"><C:text-match match-type=\"{kind}\">{text}\
         </C:text-match></C:prop-filter></C:filter></C:addressbook-query>"
    )
}

fn multiget(cards: usize) -> String {
    let mut hrefs = String::new();
    for n in 0..100 {
        let _ = write!(hrefs, "<D:href>{HOME}{}.vcf</D:href>", (n * 97) % cards);
    }
    format!(
        "<C:addressbook-multiget {NAMESPACES}><D:prop><D:getetag/><C:address-data/></D:prop>\
         {hrefs}</C:addressbook-multiget>"
    )
}

fn rows(cards: usize, token: &str, ten: &str) -> Vec<Row> {
    let row = |name, rival, clients, seconds, ask: Ask| Row { name, rival, clients, seconds, ask };
    let get = |headers: &'static str, wanted: u16| -> Ask {
        Box::new(move |c, n| {
            let path = format!("{HOME}{}.vcf", (n * 7919) % cards);
            c.expect(wanted, "GET", &path, headers, "");
            true
        })
    };
    let xml = |method: &'static str, depth: &'static str, body: String| -> Ask {
        Box::new(move |c, _| {
            c.expect(207, method, HOME, depth, &body);
            true
        })
    };
    let report = |body: String| xml("REPORT", "", body);
    let put = |offset: usize| -> Ask {
        Box::new(move |c, n| {
            let n = cards + offset + n;
            c.expect(201, "PUT", &format!("{HOME}new-{n}.vcf"), "", &card(n * 10 + 1));
            true
        })
    };
    let delete: Ask = Box::new(move |c, n| {
        c.ask("DELETE", &format!("{HOME}new-{}.vcf", cards + n), "", "") == 204
    });
    let all = "<D:getetag/><C:address-data/>";
    vec![
        row("GET, 1 client", 0.36, 1, 2.0, get("", 200)),
        row("GET, 16 clients", 0.27, 16, 2.0, get("", 200)),
        row("GET If-None-Match", 0.82, 1, 2.0, get("If-None-Match: *\r\n", 304)),
        row(
            "poll (PROPFIND 0, ctag)",
            0.54,
            1,
            2.0,
            xml("PROPFIND", "Depth: 0\r\n", propfind("<CS:getctag/>")),
        ),
        row(
            "PROPFIND 1, getetag",
            47.0,
            1,
            3.0,
            xml("PROPFIND", "Depth: 1\r\n", propfind("<D:getetag/>")),
        ),
        row("sync, first, getetag", 50.0, 1, 3.0, report(sync("", "<D:getetag/>"))),
        row("sync, first, address-data", 240.0, 1, 4.0, report(sync("", all))),
        row("sync, no change", 0.66, 1, 2.0, report(sync(token, "<D:getetag/>"))),
        row("sync, 10 changes", 1.11, 1, 2.0, report(sync(ten, "<D:getetag/>"))),
        row("multiget of 100", 7.4, 1, 3.0, report(multiget(cards))),
        row("query FN contains", 27.0, 1, 3.0, report(query("FN", "contains", "person77"))),
        row(
            "query EMAIL equals",
            133.0,
            1,
            3.0,
            report(query("EMAIL", "equals", "person77@example.org")),
        ),
        row("PUT new, 1 client", 1.38, 1, 3.0, put(0)),
        row("DELETE, 1 client", 1.33, 1, 2.0, delete),
        row("PUT new, 16 clients", 1.12, 16, 3.0, put(10_000_000)),
    ]
}

fn bench(cards: usize) {
    let data = tempfile::tempdir().unwrap();
    let (server, _) = Server::start(data.path());
    add_user(data.path());
    fill(&server, cards, |n| (format!("{HOME}{n}.vcf"), card(n)));
    drop(server);
    let (server, start) = Server::start(data.path());
    std::thread::sleep(Duration::from_millis(300));
    let idle = server.memory().0;
    let mut client = Client::new(&server.address);
    client.expect(207, "REPORT", HOME, "", &sync("", ""));
    let before = client.sync_token();
    for n in 0..10 {
        let path = format!("{HOME}{}.vcf", n * 3 + 1);
        client.expect(204, "PUT", &path, "", &card(n * 3 + 1).replace("Met at", "Seen at"));
    }
    client.expect(207, "REPORT", HOME, "", &sync(&before, ""));
    let now = client.sync_token();
    println!("\n## {cards} cards\n");
    println!("Start {} ms, idle {idle:.0} MiB.\n", start.as_millis());
    table(&server, cards, idle, &rows(cards, &now, &before));
}

fn main() {
    sizes().into_iter().for_each(bench);
}
