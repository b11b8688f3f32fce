//! The server's end of the control socket.

use std::fs::{self, Permissions};
use std::io::Error;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Answer, LONGEST_REQUEST, Request, VERSION, socket};
use crate::app::Services;
use crate::base::Fault;
use crate::cli::execute::execute;

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
    tracing::info!(?command, "command");
    let (sender, mut pieces) = mpsc::channel(2);
    let execution = async move {
        let result = execute(services, command, &sender).await;
        result.inspect_err(|fault| {
            if let Some(cause) = &fault.cause {
                tracing::error!(%cause, "a command failed");
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
    send(&mut write?, &Answer::from(result)).await
}

async fn send(write: &mut OwnedWriteHalf, answer: &Answer) -> Result<(), Error> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}
