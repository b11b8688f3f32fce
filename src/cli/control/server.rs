//! The server's end of the control socket.

use std::fs::{self, Permissions};
use std::io::Error;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, Take};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Answer, LONGEST_FRAME, LONGEST_REQUEST, Request, VERSION, called, socket};
use crate::app::Services;
use crate::base::Fault;
use crate::cli::execute::execute;
use crate::cli::input::{Feed, Input};

const MOST_CONNECTIONS: usize = 16;
const REQUEST_TIME: Duration = Duration::from_secs(10);
const WRITE_TIME: Duration = Duration::from_mins(1);

/// Answers commands as long as it lives; removes the socket when it goes.
#[derive(Debug)]
pub struct Control {
    socket: PathBuf,
    accepting: JoinHandle<()>,
}

impl Control {
    /// Listens in the data directory. The caller has the store open, so whatever socket is there
    /// was left behind by a server that was killed.
    pub fn listen(services: Arc<Services>) -> Result<Self, Error> {
        let socket = socket(&services.settings.store.path);
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&socket)?;
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&socket)?.uid();
        let accepting = tokio::spawn(accept(listener, owner, services));
        Ok(Self { socket, accepting })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.accepting.abort();
        let _ = fs::remove_file(&self.socket);
    }
}

async fn accept(listener: UnixListener, owner: u32, services: Arc<Services>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let services = Arc::clone(&services);
                tokio::spawn(async move {
                    let _place = place;
                    if let Err(error) = serve(stream, owner, &services).await {
                        tracing::debug!(%error, "a command went away");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot accept");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn serve(stream: UnixStream, owner: u32, services: &Services) -> Result<(), Error> {
    // The file mode is set only after the socket is there; this holds from the first moment.
    let peer = stream.peer_cred()?.uid();
    if peer != owner && peer != 0 {
        tracing::warn!(uid = peer, "a command of another user was turned away");
        return Ok(());
    }
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(LONGEST_REQUEST));
    timeout(REQUEST_TIME, read.read_line(&mut line)).await??;
    let command = match serde_json::from_str::<Request>(&line) {
        Ok(request) if request.program == VERSION => request.command,
        _ => {
            let refusal = Fault::conflict(format!(
                "The running server is version {VERSION} and does not know this command as it \
                 was sent. Restart the server, or use its own version of the program."
            ));
            return send(&mut write, &Answer::from(Err(refusal))).await;
        }
    };
    tracing::info!(called = called(&line), "command");
    let (sender, mut pieces) = mpsc::channel(2);
    let (feed, input) = Input::channel();
    read.get_mut().set_limit(u64::MAX);
    let receiving = tokio::spawn(receive(read, feed));
    let execution = async move {
        let result = execute(services, command, input, &sender).await;
        result.inspect_err(|fault| {
            if fault.cause.is_some() {
                tracing::error!(fault = %fault.logged(), "a command failed");
            }
        })
    };
    let printing = async move {
        while let Some(piece) = pieces.recv().await {
            let piece = Answer::Piece(BASE64_STANDARD.encode(&piece));
            timeout(WRITE_TIME, send(&mut write, &piece)).await??;
        }
        Ok::<_, Error>(write)
    };
    let (result, write) = tokio::join!(execution, printing);
    receiving.abort();
    send(&mut write?, &Answer::from(result)).await
}

/// Hands on what the command reads, until it has read enough.
async fn receive(mut read: BufReader<Take<OwnedReadHalf>>, feed: Feed) {
    loop {
        let frame = frame(&mut read).await;
        let ends = !matches!(&frame, Ok(frame) if !frame.is_empty());
        if !feed.send(frame).await || ends {
            return;
        }
    }
}

/// The next frame; an empty one is the end.
async fn frame(read: &mut (impl AsyncRead + Unpin)) -> Result<Bytes, Error> {
    let length = read.read_u32().await? as usize;
    if length > LONGEST_FRAME {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut frame = vec![0; length];
    read.read_exact(&mut frame).await?;
    Ok(frame.into())
}

async fn send(write: &mut OwnedWriteHalf, answer: &Answer) -> Result<(), Error> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}
