//! A small web server that answers as a test tells it to, and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is answered.
#[derive(Clone)]
pub enum Say {
    /// These bytes: a whole answer in HTTP.
    Answer(String),
    /// The beginning of an answer and then more and more of it, without end.
    Flood,
    /// The beginning of an answer and then a byte now and then.
    Drip,
}

/// A running web server; serves until the test ends.
#[derive(Clone)]
pub struct Source {
    address: SocketAddr,
    say: Arc<Mutex<Say>>,
    /// The heads of all requests.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Source {
    pub fn start(say: Say) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (say, asked) = (Arc::new(Mutex::new(say)), Arc::default());
        let source = Self { address, say, asked };
        let own = source.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(stream));
            }
        });
        source
    }

    /// Answers this from now on.
    pub fn says(&self, say: Say) {
        *self.say.lock().unwrap() = say;
    }

    /// Answers 200 with this body and further header lines.
    pub fn publishes(&self, headers: &str, body: &str) {
        self.says(answer("200 OK", &format!("Content-Type: text/calendar\r\n{headers}"), body));
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut head = String::new();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        self.asked.lock().unwrap().push(head);
        let say = self.say.lock().unwrap().clone();
        let begin = "HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nConnection: close\r\n\r\n";
        // Whoever asked may hang up; that is no matter here.
        match say {
            Say::Answer(bytes) => drop(stream.write_all(bytes.as_bytes())),
            Say::Flood => {
                let more = "X-FLOOD:1\r\n".repeat(10_000);
                let mut sent = stream.write_all(begin.as_bytes());
                while sent.is_ok() {
                    sent = stream.write_all(more.as_bytes());
                }
            }
            Say::Drip => {
                let mut sent = stream.write_all(begin.as_bytes());
                while sent.is_ok() {
                    std::thread::sleep(Duration::from_millis(100));
                    sent = stream.write_all(b"X");
                }
            }
        }
    }
}

/// An answer with this status, further header lines, and body.
pub fn answer(status: &str, headers: &str, body: &str) -> Say {
    let length = body.len();
    Say::Answer(format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    ))
}
