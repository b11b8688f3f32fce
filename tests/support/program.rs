//! The real program, serving an empty data directory of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::{PATIENCE, Wire};

/// A running server; stops with its end.
pub struct Server {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
    lines: mpsc::Receiver<String>,
    /// What it has printed so far, both streams.
    seen: String,
    /// Removed with its end unless the directory was given.
    own: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts on an empty data directory and waits until it serves.
    pub fn start() -> Self {
        let own = tempfile::tempdir().unwrap();
        let mut server = Self::start_on(own.path(), &[]);
        server.own = Some(own);
        server
    }

    /// Starts on `data` with further environment variables (settings).
    pub fn start_on(data: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (said, lines) = mpsc::channel();
        relay(child.stdout.take().unwrap(), said.clone());
        relay(child.stderr.take().unwrap(), said);
        let mut server = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.to_owned(),
            lines,
            seen: String::new(),
            own: None,
        };
        server.address = server.address_after("listening on http://");
        let (address, started) = (server.address, Instant::now());
        while Wire::open(address).ask("GET", "/readyz", &[], b"").status != 200 {
            assert!(started.elapsed() < PATIENCE, "the server does not become ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Waits for a line with `words` in it, and takes the address that follows them.
    pub fn address_after(&mut self, words: &str) -> SocketAddr {
        let line = self.wait_for(words);
        let rest = line.split_once(words).map_or("", |(_, rest)| rest);
        let address = rest.split_whitespace().next().unwrap_or(rest);
        address.trim_end_matches(['/', '.', ',']).parse().expect(&line)
    }

    /// Waits for a line with `words` in it, on either stream.
    pub fn wait_for(&mut self, words: &str) -> String {
        let started = Instant::now();
        loop {
            if let Some(line) = self.seen.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            let left = PATIENCE.saturating_sub(started.elapsed());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("the program did not say {words:?}, but:\n{}", self.seen);
            };
            self.seen += &line;
            self.seen.push('\n');
        }
    }

    /// Sends a signal (`TERM`, `HUP`).
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success(), "kill -{name} {id}");
    }

    /// Waits for its end.
    pub fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Has it stop in order; all that it printed, both streams.
    pub fn told_until_its_end(mut self) -> String {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success(), "it does not stop in order");
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.seen += &line;
            self.seen.push('\n');
        }
        std::mem::take(&mut self.seen)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A fresh connection.
    pub fn connect(&self) -> Wire {
        Wire::open(self.address)
    }

    /// Adds a user with a password.
    pub fn add_user(&self, name: &str, password: &str) {
        let output = self.run(&["user", "add", name, "--password-stdin"], password);
        assert!(output.status.success(), "user add {name}: {}", said(&output));
    }

    /// Runs another command of the program on the same data.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        run(&self.data, arguments, input)
    }

    /// Kills it without warning, as a power cut would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program on `data`.
pub fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program()
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(format!("{input}\n").as_bytes());
    child.wait_with_output().unwrap()
}

/// What a command printed, for messages.
pub fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rolodav"))
}

/// Hands lines on, and keeps reading when nobody wants them any more, lest the program block.
fn relay(stream: impl Read + Send + 'static, to: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = to.send(line);
        }
    });
}

/// What a command on `data`, which must come to a good end, prints as text.
pub fn text(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments, "");
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// What a command on `data`, which must come to a good end, prints as JSON.
pub fn json(data: &Path, arguments: &[&str]) -> Value {
    json_with(data, arguments, "")
}

/// As [`json`], of a command that reads `input`.
pub fn json_with(data: &Path, arguments: &[&str], input: &str) -> Value {
    let output = run(data, &[arguments, &["--json"]].concat(), input);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{arguments:?} printed no JSON ({error}): {}", said(&output))
    })
}
