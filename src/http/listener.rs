//! Binds the addresses and accepts connections within the caps.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Phase, Protocols};
use super::dispatch::Dispatch;
use super::paced::Paced;
use super::tls::HTTP2;

/// An address that is listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The address with the port that was really taken.
    pub address: SocketAddr,
    /// HTTPS?
    pub tls: bool,
}

/// What all listeners share.
pub(super) struct Floor {
    pub(super) protocols: Protocols,
    pub(super) dispatch: Arc<Dispatch>,
    pub(super) phase: watch::Receiver<Phase>,
    /// One permit an open connection.
    pub(super) room: Arc<Semaphore>,
    pub(super) callers: Arc<Callers>,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) handshake: Duration,
    pub(super) write: Duration,
}

/// Pauses after an accept that failed for want of something (file descriptors, memory).
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Binds all of `addresses` (`127.0.0.1:8008`, `[::1]:0`, `localhost:8008`).
pub(super) async fn bind(
    addresses: &[String],
    tls: bool,
) -> Result<Vec<(TcpListener, Bound)>, BindError> {
    let mut bound = Vec::with_capacity(addresses.len());
    for address in addresses {
        let wrong = |source| BindError { address: address.clone(), source };
        let listener = TcpListener::bind(address).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        bound.push((listener, Bound { address, tls }));
    }
    Ok(bound)
}

/// Accepts connections until the server stops.
pub(super) async fn accept(listener: TcpListener, tls: bool, floor: Arc<Floor>) {
    let mut phase = floor.phase.clone();
    let accepting = async {
        let mut pause = FIRST_PAUSE;
        loop {
            match listener.accept().await {
                Ok((socket, peer)) => {
                    pause = FIRST_PAUSE;
                    admit(socket, peer.ip().to_canonical(), tls, &floor).await;
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!("connections cannot be accepted at the moment: {error}");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = phase.wait_for(|phase| *phase > Phase::Serving) => {}
    }
}

/// Serves a connection unless its address has too many; waits while all places are taken, so
/// that further connections stay with the operating system.
async fn admit(socket: TcpStream, peer: IpAddr, tls: bool, floor: &Arc<Floor>) {
    let exempt = floor.dispatch.proxies.trusts(peer);
    let Some(place) = floor.callers.admit(peer, exempt) else {
        tracing::debug!(%peer, "refused: too many connections from there");
        return;
    };
    if let Ok(room) = Arc::clone(&floor.room).acquire_owned().await {
        tokio::spawn(serve(socket, peer, tls, Arc::clone(floor), (room, place)));
    }
}

/// Did only the one connection fail?
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn serve(
    socket: TcpStream,
    peer: IpAddr,
    tls: bool,
    floor: Arc<Floor>,
    _places: (OwnedSemaphorePermit, Option<Place>),
) {
    // An answer's last segment must not wait for the acknowledgement of the one before it.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%peer, "no TCP_NODELAY: {error}");
    }
    let socket = Paced::new(socket, floor.write);
    let (dispatch, phase) = (Arc::clone(&floor.dispatch), floor.phase.clone());
    let metrics = Arc::clone(&dispatch.metrics);
    let connection = Connection::new(peer, dispatch.proxies.trusts(peer), &metrics);
    let acceptor = floor.acceptor.as_ref().filter(|_| tls);
    let Some(acceptor) = acceptor else {
        let connection = Arc::new(connection);
        return floor.protocols.serve(socket, connection, dispatch, phase).await;
    };
    let mut stopping = phase.clone();
    let shaken = tokio::select! {
        shaken = timeout(floor.handshake, acceptor.accept(socket)) => shaken,
        _ = stopping.wait_for(|phase| *phase > Phase::Serving) => return,
    };
    match shaken {
        Ok(Ok(socket)) => {
            let http2 = socket.get_ref().1.alpn_protocol() == Some(HTTP2);
            let connection = Arc::new(connection.secured(http2));
            floor.protocols.serve(socket, connection, dispatch, phase).await;
        }
        Ok(Err(error)) => tracing::debug!(%peer, "TLS handshake failed: {error}"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

// === callers ===

/// Counts the connections of each address.
#[derive(Debug)]
pub(super) struct Callers {
    open: Mutex<HashMap<IpAddr, usize>>,
    each: usize,
}

/// A counted connection; uncounted when dropped.
#[derive(Debug)]
struct Place {
    callers: Arc<Callers>,
    caller: IpAddr,
}

impl Callers {
    pub(super) fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), each })
    }

    /// `None`: too many. `Some(None)`: not counted.
    #[allow(clippy::option_option)]
    fn admit(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> Option<Option<Place>> {
        if exempt {
            return Some(None);
        }
        let caller = household(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Some(Place { callers: Arc::clone(self), caller }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.callers.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

/// Whoever has one IPv6 address usually has its whole /64.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

// === errors ===

/// An address that cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    address: String,
    source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match self.source.kind() {
            io::ErrorKind::AddrInUse => {
                write!(f, "{address} is in use: another program (or rolodav itself) listens there.")
            }
            io::ErrorKind::PermissionDenied => {
                write!(f, "{address} may not be used: ports below 1024 need special rights.")
            }
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "{address} is no address of this machine.")
            }
            _ => write!(f, "{address} cannot be listened on: {}.", self.source),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_household_has_its_own_bound() {
        let callers = Callers::new(2);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = callers.admit(ip("2001:db8::1"), false).expect("the first");
        let _second = callers.admit(ip("2001:db8::2"), false).expect("the second");
        assert!(callers.admit(ip("2001:db8::3"), false).is_none(), "a third in one /64");
        assert!(callers.admit(ip("2001:db8::3"), true).is_some(), "a trusted proxy");
        let _other = callers.admit(ip("2001:db8:0:1::1"), false).expect("another /64");
        drop(first);
        let _third = callers.admit(ip("2001:db8::3"), false).expect("room after one left");
        assert_eq!(callers.open.lock().unwrap().len(), 2);
    }
}
