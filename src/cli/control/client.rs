//! The command's end of the control socket.

use std::io::{Error, ErrorKind};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;

use super::{Answer, LONGEST_FRAME, Request, VERSION, socket};
use crate::base::Fault;
use crate::cli::command::Command;
use crate::cli::input::Input;
use crate::cli::outcome::Outcome;

/// Has the server on this data directory do `command`; `None` when no server is running there.
/// `print` gets what is printed piece by piece.
pub async fn ask(
    data: &Path,
    command: &Command,
    input: &mut Input,
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
    Some(exchange(stream, command, input, print).await.unwrap_or_else(|error| {
        Err(Fault::new(
            503,
            format!("The answer did not come through whole ({error}); see whether it was done."),
        ))
    }))
}

async fn exchange(
    stream: UnixStream,
    command: &Command,
    input: &mut Input,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Result<Outcome, Fault>, Error> {
    let request = Request { program: VERSION.to_owned(), command: command.clone() };
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    let (read, mut write) = stream.into_split();
    write.write_all(&line).await?;
    let sending = async {
        match send(&mut write, input).await {
            // A server that has read enough tells why in its answer.
            Ok(()) => std::future::pending().await,
            Err(error) if is_hangup(&error) => std::future::pending().await,
            Err(error) => error,
        }
    };
    let reading = answer(BufReader::new(read), print);
    tokio::select! {
        answer = reading => answer,
        error = sending => Err(error),
    }
}

async fn answer(
    read: impl AsyncBufRead + Unpin,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Result<Outcome, Fault>, Error> {
    let mut lines = read.lines();
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

async fn send(write: &mut OwnedWriteHalf, input: &mut Input) -> Result<(), Error> {
    while let Some(piece) = input.next().await? {
        for frame in piece.chunks(LONGEST_FRAME) {
            write.write_u32(frame.len() as u32).await?;
            write.write_all(frame).await?;
        }
    }
    write.write_u32(0).await
}

fn is_hangup(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}
