//! Starts the program as a benchmark needs it, speaks HTTP to it, and charges what it used.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const TICKS_PER_SECOND: f64 = 100.0;
const AUTH: &str = "Basic YmVuY2g6c2VjcmV0";

/// How an operation is asked as the n-th; `false` when there is nothing left to do.
pub type Ask = Box<dyn Fn(&mut Client, usize) -> bool + Sync>;

/// One operation: its name, the best rival's CPU milliseconds at 10,000 members, how it is asked.
pub struct Row {
    pub name: &'static str,
    /// 0: nobody measured one.
    pub rival: f64,
    pub clients: usize,
    pub seconds: f64,
    pub ask: Ask,
}

pub struct Server {
    pub child: Child,
    pub address: String,
}

impl Server {
    pub fn start(data: &Path) -> (Self, Duration) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolodav"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.env("ROLODAV__LOG__LEVEL", "warn");
        command.env("ROLODAV__LIMITS__REQUESTS_PER_USER", "64");
        Self::started(command)
    }

    /// Starts a server that says where it listens.
    pub fn started(mut command: Command) -> (Self, Duration) {
        let began = Instant::now();
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
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
    pub fn memory(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| {
            let line = status.lines().find(|l| l.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// Lets the peak begin anew.
    pub fn reset_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(address: &str) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::with_capacity(1 << 18, stream)
}

pub struct Client {
    address: String,
    stream: BufReader<TcpStream>,
    pub body: Vec<u8>,
    /// Who asks: the value of `Authorization`.
    pub auth: String,
}

impl Client {
    pub fn new(address: &str) -> Self {
        let (stream, auth) = (connect(address), AUTH.to_owned());
        Self { address: address.to_owned(), stream, body: Vec::new(), auth }
    }

    /// Sends one request and reads the answer; returns the status.
    pub fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> u16 {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {}\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            self.auth,
            body.len()
        );
        let mut line = String::new();
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        if sent.and_then(|()| self.stream.read_line(&mut line)).unwrap_or(0) == 0 {
            // The server has closed a connection on which nobody asked for long.
            self.stream = connect(&self.address);
            self.stream.get_mut().write_all(request.as_bytes()).unwrap();
            self.stream.read_line(&mut line).unwrap();
        }
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

    pub fn expect(&mut self, wanted: u16, method: &str, path: &str, headers: &str, body: &str) {
        let status = self.ask(method, path, headers, body);
        assert_eq!(status, wanted, "{method} {path}: {}", String::from_utf8_lossy(&self.body));
    }

    pub fn sync_token(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let from = text.rfind("<D:sync-token>").expect("a sync token") + "<D:sync-token>".len();
        text[from..].split('<').next().unwrap().to_owned()
    }
}

/// Runs one row; returns operations per second and CPU milliseconds per operation.
pub fn measure(server: &Server, row: &Row) -> (f64, f64) {
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

pub fn add_user(data: &Path) {
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

/// Fills a collection by sixteen clients: the n-th member has this path and body.
pub fn fill(server: &Server, members: usize, member: impl Fn(usize) -> (String, String) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut client = Client::new(&server.address);
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= members {
                        return;
                    }
                    let (path, body) = member(n);
                    client.expect(201, "PUT", &path, "", &body);
                }
            });
        }
    });
}

/// Runs all rows and prints them as a table; rivals are compared at 10,000 members.
pub fn table(server: &Server, members: usize, idle: f64, rows: &[Row]) {
    println!("| operation | ops/s | CPU ms/op | best rival | ratio | peak MiB above idle |");
    println!("|---|---:|---:|---:|---:|---:|");
    for row in rows {
        server.reset_peak();
        let (rate, cpu) = measure(server, row);
        let peak = server.memory().1 - idle;
        let (rival, ratio) = if members == 10_000 && row.rival > 0.0 {
            (row.rival.to_string(), format!("{:.1}", row.rival / cpu))
        } else {
            ("–".to_owned(), "–".to_owned())
        };
        println!("| {} | {rate:.0} | {cpu:.3} | {rival} | {ratio} | {peak:.0} |", row.name);
    }
}

/// The sizes on the command line, or 1,000 and 10,000.
pub fn sizes() -> Vec<usize> {
    let given: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if given.is_empty() { vec![1000, 10_000] } else { given }
}
