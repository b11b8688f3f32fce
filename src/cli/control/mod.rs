//! The control socket: the running server owns the store, so commands are sent to it over
//! `control.sock` in the data directory, which only its own user (and root) may use.
//!
//! A request is one line: `Request` as JSON. What a command reads follows it in frames: a length
//! of four bytes, big-endian, and so many bytes; a length of 0 ends it. The answer is lines of `Answer` as JSON: pieces
//! of what is printed, if any, and one outcome or refusal at the end.

mod client;
mod server;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use client::ask;
pub use server::Control;

use super::command::Command;
use super::outcome::Outcome;
use crate::base::Fault;

/// The version of this program. A server speaks only with its own.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest request in bytes.
const LONGEST_REQUEST: u64 = 1 << 20;

/// The longest frame in bytes.
const LONGEST_FRAME: usize = 1 << 20;

/// One line to the server.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    program: String,
    command: Command,
}

/// One line from the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// Part of what is printed, in base 64: it need not be text.
    Piece(String),
    Outcome(Box<Outcome>),
    Refused {
        status: u16,
        message: String,
    },
}

/// What of a [`Request`] tells what its command is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Called {
    command: CalledSo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CalledSo {
    command: String,
    what: Value,
}

/// What the command in `line`, a [`Request`], is called: `person erase`. The log may have that, and
/// nothing that was typed.
fn called(line: &str) -> String {
    let Called { command: CalledSo { command, what } } =
        serde_json::from_str(line).unwrap_or_default();
    let done = match &what {
        Value::String(done) => Some(done.as_str()),
        Value::Object(fields) => match fields.get("do") {
            Some(done) => done.as_str(),
            None => fields.keys().next().filter(|_| fields.len() == 1).map(String::as_str),
        },
        _ => None,
    };
    [&command, done.unwrap_or_default()].join(" ").trim_end().to_owned()
}

fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

impl From<Result<Outcome, Fault>> for Answer {
    fn from(result: Result<Outcome, Fault>) -> Self {
        match result {
            Ok(outcome) => Self::Outcome(Box::new(outcome)),
            Err(fault) => {
                Self::Refused { status: fault.status, message: fault.message.into_owned() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::grammar::tests::commands;

    #[test]
    fn every_command_arrives_as_it_was_sent() {
        for command in commands() {
            let request = Request { program: VERSION.to_owned(), command };
            let line = serde_json::to_string(&request).unwrap();
            assert!(!line.contains('\n'), "more than one line: {line}");
            match serde_json::from_str::<Request>(&line) {
                Ok(arrived) => assert_eq!(arrived.command, request.command, "{line}"),
                Err(error) => panic!("{error}: {line}"),
            }
            let called = called(&line);
            let is_name = |c: char| c.is_ascii_lowercase() || c == '-' || c == ' ';
            assert!(!called.is_empty() && called.chars().all(is_name), "{called:?} of {line}");
        }
    }

    #[test]
    fn a_command_is_called_what_the_program_calls_it() {
        for (line, wanted) in [
            (
                r#"{"command":{"command":"person","what":{"do":"erase","who":"Bert"}}}"#,
                "person erase",
            ),
            (r#"{"command":{"command":"search","what":{"words":"Bert","limit":1}}}"#, "search"),
            (r#"{"command":{"command":"device","what":{"add":{"label":"x"}}}}"#, "device add"),
            (r#"{"command":{"command":"capture","what":"revoke"}}"#, "capture revoke"),
            (r#"{"command":{"command":"merges","user":"anna"}}"#, "merges"),
            (r#"{"command":"Bert"}"#, ""),
        ] {
            assert_eq!(called(line), wanted, "{line}");
        }
    }
}
