//! An HTTP/1 client that sends what it is told, byte for byte, and reads answers strictly.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;

/// Longest wait for anything in a test.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Both directions of a connection, plain or encrypted.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// One connection.
pub struct Wire {
    stream: Box<dyn Stream>,
    /// Bytes that came after the last answer.
    ahead: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The value of an `Authorization` header.
pub fn basic(name: &str, password: &str) -> String {
    let token = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Basic {token}")
}

impl Wire {
    /// Connects without encryption.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connect");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self::over(stream)
    }

    /// Speaks over any stream.
    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), ahead: Vec::new() }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("send");
    }

    /// Sends bytes as they are; the other side may refuse them.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    /// Sends one request; `Host` and `Content-Length` are added unless given.
    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        let given = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !given("host") {
            head.push_str("Host: localhost\r\n");
        }
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let chunked = given("transfer-encoding");
        if !given("content-length") && !chunked && (!body.is_empty() || method == "PUT") {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.send(bytes);
    }

    /// Sends a request and reads its answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.request(method, path, headers, body);
        if method == "HEAD" { self.head() } else { self.answer() }
    }

    /// Reads one answer with its body.
    pub fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer.header("content-length").map(|text| text.parse::<usize>().unwrap());
        if answer.header("transfer-encoding") == Some("chunked") {
            assert_eq!(length, None, "an answer is chunked and has a length");
            while let Some(chunk) = self.chunk() {
                answer.body.extend_from_slice(&chunk);
            }
        } else if let Some(length) = length {
            while self.ahead.len() < length {
                assert!(self.fill() > 0, "the body ended after {} of {length}", self.ahead.len());
            }
            answer.body = self.ahead.drain(..length).collect();
        }
        answer
    }

    /// Reads an answer's head only.
    pub fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            let seen = String::from_utf8_lossy(&self.ahead).into_owned();
            assert!(self.fill() > 0, "the connection ended within an answer's head: {seen:?}");
        };
        let head: Vec<u8> = self.ahead.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("a head is ASCII");
        let mut lines = head.trim_end().split("\r\n");
        let status_line = lines.next().unwrap();
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").expect(line);
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Answer {
            status: status.unwrap_or_else(|| panic!("no status in {status_line:?}")),
            headers: headers.collect(),
            body: Vec::new(),
        }
    }

    /// Reads one chunk of a chunked body; `None` at its proper end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = loop {
            if let Some(end) = self.ahead.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.ahead.drain(..end + 2).collect();
                let digits = std::str::from_utf8(&line[..end]).unwrap();
                break usize::from_str_radix(digits, 16).expect(digits);
            }
            assert!(self.fill() > 0, "the connection ended between chunks");
        };
        while self.ahead.len() < size + 2 {
            assert!(self.fill() > 0, "the connection ended within a chunk");
        }
        let mut chunk: Vec<u8> = self.ahead.drain(..size + 2).collect();
        chunk.truncate(size);
        (size > 0).then_some(chunk)
    }

    /// Has the server closed the connection (waits for it, up to [`PATIENCE`])? What it still
    /// sends is returned.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() > 0 {}
        std::mem::take(&mut self.ahead)
    }

    fn fill(&mut self) -> usize {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                self.ahead.extend_from_slice(&buffer[..count]);
                count
            }
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset) => 0,
            // rustls says so when the peer leaves without a farewell.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}
