//! What each operation of a real address book costs the server: CPU per operation and memory.
//!
//! `cargo bench --bench dav -- [CARDS …]` (default 1000 10000). Starts the program on a
//! temporary directory, fills a book over HTTP, and prints a table. CPU is what the kernel
//! charged the server's process, so that a busy machine does not change it much. The rivals'
//! figures are explained in docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::type_complexity, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const TICKS_PER_SECOND: f64 = 100.0;
const HOME: &str = "/dav/addressbooks/bench/contacts/";
const AUTH: &str = "Basic YmVuY2g6c2VjcmV0";

/// One operation: its name, the best rival's CPU milliseconds at 10,000 cards, how it is asked.
struct Row {
    name: &'static str,
    rival: f64,
    clients: usize,
    seconds: f64,
    ask: Box<dyn Fn(&mut Client, usize) -> bool + Sync>,
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data: &Path) -> (Self, Duration) {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_rolodav"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("ROLODAV__LOG__LEVEL", "warn")
            .env("ROLODAV__LIMITS__REQUESTS_PER_USER", "64")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            if let Some(rest) = line.strip_prefix("listening on http://") {
                break rest.trim().to_owned();
            }
        };
        let took = began.elapsed();
        std::thread::spawn(move || for _ in lines {});
        (Self { child, address }, took)
    }

    fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
        let ticks: f64 = fields[12].parse::<f64>().unwrap() + fields[13].parse::<f64>().unwrap();
        ticks / TICKS_PER_SECOND
    }

    /// Resident memory and its peak, MiB.
    fn memory(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| {
            let line = status.lines().find(|l| l.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// Lets the peak begin anew.
    fn reset_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Client {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::with_capacity(1 << 18, stream), body: Vec::new() }
    }

    /// Sends one request and reads the answer; returns the status.
    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> u16 {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {AUTH}\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status: u16 = line[9..12].parse().unwrap();
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let lower = line.to_ascii_lowercase();
            if let Some(n) = lower.strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
            chunked |= lower.starts_with("transfer-encoding:");
            if line == "\r\n" {
                break;
            }
        }
        self.body.clear();
        if !chunked {
            if status != 304 {
                self.body.resize(length, 0);
                self.stream.read_exact(&mut self.body).unwrap();
            }
            return status;
        }
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let at = self.body.len();
            self.body.resize(at + size, 0);
            self.stream.read_exact(&mut self.body[at..]).unwrap();
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if size == 0 {
                return status;
            }
        }
    }

    fn expect(&mut self, wanted: u16, method: &str, path: &str, headers: &str, body: &str) {
        let status = self.ask(method, path, headers, body);
        assert_eq!(status, wanted, "{method} {path}: {}", String::from_utf8_lossy(&self.body));
    }

    fn sync_token(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let from = text.rfind("<D:sync-token>").expect("a sync token") + "<D:sync-token>".len();
        text[from..].split('<').next().unwrap().to_owned()
    }
}

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

fn fill(server: &Server, cards: usize) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut client = Client::new(&server.address);
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= cards {
                        return;
                    }
                    client.expect(201, "PUT", &format!("{HOME}{n}.vcf"), "", &card(n));
                }
            });
        }
    });
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
    type Ask = Box<dyn Fn(&mut Client, usize) -> bool + Sync>;
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

/// Runs one row; returns operations per second and CPU milliseconds per operation.
fn measure(server: &Server, row: &Row) -> (f64, f64) {
    if !row.name.starts_with("PUT") && !row.name.starts_with("DELETE") {
        (row.ask)(&mut Client::new(&server.address), 0);
    }
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let cpu = server.cpu_seconds();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..row.clients {
            scope.spawn(|| {
                let mut client = Client::new(&server.address);
                while began.elapsed().as_secs_f64() < row.seconds {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if !(row.ask)(&mut client, n) {
                        return;
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let wall = began.elapsed().as_secs_f64();
    let operations = done.load(Ordering::Relaxed) as f64;
    (operations / wall, (server.cpu_seconds() - cpu) * 1000.0 / operations)
}

fn add_user(data: &Path) {
    let mut add = Command::new(env!("CARGO_BIN_EXE_rolodav"))
        .args(["user", "add", "bench", "--password-stdin", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    add.stdin.take().unwrap().write_all(b"secret\n").unwrap();
    assert!(add.wait().unwrap().success(), "the user cannot be added");
}

fn bench(cards: usize) {
    let data = tempfile::tempdir().unwrap();
    let (server, _) = Server::start(data.path());
    add_user(data.path());
    fill(&server, cards);
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
    println!("| operation | ops/s | CPU ms/op | best rival | ratio | peak MiB above idle |");
    println!("|---|---:|---:|---:|---:|---:|");
    for row in rows(cards, &now, &before) {
        server.reset_peak();
        let (rate, cpu) = measure(&server, &row);
        let peak = server.memory().1 - idle;
        let (rival, ratio) = if cards == 10_000 {
            (row.rival.to_string(), format!("{:.1}", row.rival / cpu))
        } else {
            ("–".to_owned(), "–".to_owned())
        };
        println!("| {} | {rate:.0} | {cpu:.3} | {rival} | {ratio} | {peak:.0} |", row.name);
    }
}

fn main() {
    let sizes: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1000, 10_000] } else { sizes };
    sizes.into_iter().for_each(bench);
}
