//! The command's end of the control socket.

use std::io::{Error, ErrorKind};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{Answer, Request, VERSION, socket};
use crate::base::Fault;
use crate::cli::command::Command;
use crate::cli::outcome::Outcome;

/// Has the server on this data directory do `command`; `None` when no server is running there.
/// `print` gets what is printed piece by piece.
pub async fn ask(
    data: &Path,
    command: &Command,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Option<Result<Outcome, Fault>> {
    let socket = socket(data);
    let stream = match UnixStream::connect(&socket).await {
        Ok(stream) => stream,
        // Nobody listens: never started, or ended without tidying up.
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            return None;
        }
        Err(error) => {
            return Some(Err(Fault::forbidden(format!(
                "The running server cannot be reached through {}: {error}. Run this command as \
                 the user that the server runs as.",
                socket.display()
            ))));
        }
    };
    Some(exchange(stream, command, print).await.unwrap_or_else(|error| {
        Err(Fault::new(
            503,
            format!("The answer did not come through whole ({error}); see whether it was done."),
        ))
    }))
}

async fn exchange(
    stream: UnixStream,
    command: &Command,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Result<Outcome, Fault>, Error> {
    let request = Request { program: VERSION.to_owned(), command: command.clone() };
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    let (read, mut write) = stream.into_split();
    write.write_all(&line).await?;
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line)? {
            Answer::Piece(piece) => {
                let piece = BASE64_STANDARD.decode(piece).map_err(Error::other)?;
                print(&piece)?;
            }
            Answer::Outcome(outcome) => return Ok(Ok(*outcome)),
            Answer::Refused { status, message } => return Ok(Err(Fault::new(status, message))),
        }
    }
    Err(ErrorKind::UnexpectedEof.into())
}
