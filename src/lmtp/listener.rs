//! Where LMTP is spoken: a port or a socket in the file system; and the end of it.

use std::fmt;
use std::fs::{self, Permissions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::connection::{self, Service};
use crate::config;
use crate::contacts::mail_capture::MailCapture;

/// Pause after an accept that failed for want of something.
const PAUSE: Duration = Duration::from_millis(200);

/// Bound, and not accepting yet.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    place: Place,
}

/// Where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An address with the port that was really taken.
    Address(std::net::SocketAddr),
    /// A socket in the file system.
    Path(PathBuf),
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Accepts and serves until it is stopped.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    place: Place,
}

impl Listener {
    /// Takes the place that the settings name; nothing where they name none. The error is for the
    /// person who started the server.
    pub async fn bind(settings: &config::Lmtp) -> Result<Option<Self>, String> {
        let given = settings.listen.trim();
        if given.is_empty() {
            return Ok(None);
        }
        let wrong = |error: Error| {
            let hint = match error.kind() {
                ErrorKind::PermissionDenied if !given.starts_with('/') => {
                    " (ports below 1024 need special rights)"
                }
                ErrorKind::AddrInUse => " (another program listens there)",
                _ => "",
            };
            format!("`lmtp.listen`: {given} cannot be listened on: {error}{hint}.")
        };
        let listener = if given.starts_with('/') {
            let path = PathBuf::from(given);
            let socket = bind_path(&path).map_err(wrong)?;
            Self { socket: Socket::Unix(socket), place: Place::Path(path) }
        } else {
            let socket = TcpListener::bind(given).await.map_err(wrong)?;
            let address = socket.local_addr().map_err(wrong)?;
            Self { socket: Socket::Tcp(socket), place: Place::Address(address) }
        };
        Ok(Some(listener))
    }

    /// Begins to accept.
    pub fn start(self, capture: Arc<MailCapture>, settings: &config::Lmtp) -> Running {
        let (stop, stopping) = watch::channel(false);
        let service = Service { capture, idle: Duration::from_secs(settings.idle_seconds) };
        let room = Arc::new(Semaphore::new(settings.connections));
        let accepting = tokio::spawn(accept(self.socket, Arc::new(service), room, stopping));
        Running { stop, accepting, place: self.place }
    }
}

/// Makes a socket at `path`; one that nobody listens on any more is taken away.
fn bind_path(path: &Path) -> Result<UnixListener, Error> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        fs::remove_file(path)?;
    }
    let socket = UnixListener::bind(path)?;
    // Mail servers run as users of their own; who is let in is the directory's to say.
    fs::set_permissions(path, Permissions::from_mode(0o666))?;
    Ok(socket)
}

impl Running {
    /// Where it listens.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Takes no more mail; what is on its way in has `grace` to come in.
    pub async fn stop(self, grace: Duration) {
        self.stop.send_replace(true);
        let mut accepting = self.accepting;
        if timeout(grace, &mut accepting).await.is_err() {
            tracing::warn!("lmtp: time is over, cutting what is left");
            accepting.abort();
        }
        if let Place::Path(path) = &self.place {
            // Nobody is harmed by a socket that stays behind.
            let _ = fs::remove_file(path);
        }
    }
}

async fn accept(
    socket: Socket,
    service: Arc<Service>,
    room: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    let stopping = stop.clone();
    let accepting = async {
        while let Ok(place) = Arc::clone(&room).acquire_owned().await {
            while open.try_join_next().is_some() {}
            let accepted = match &socket {
                Socket::Tcp(listener) => {
                    listener.accept().await.map(|(stream, _)| Box::new(stream) as Box<dyn Stream>)
                }
                Socket::Unix(listener) => {
                    listener.accept().await.map(|(stream, _)| Box::new(stream) as Box<dyn Stream>)
                }
            };
            let stream = match accepted {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::warn!(%error, "lmtp: a connection cannot be accepted");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let (service, stopping) = (Arc::clone(&service), stopping.clone());
            open.spawn(async move {
                let _place = place;
                if let Err(error) = connection::serve(stream, &service, stopping).await {
                    tracing::debug!(%error, "lmtp: a client went away");
                }
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    drop(socket);
    while open.join_next().await.is_some() {}
}

/// Either kind of connection.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for S {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}
