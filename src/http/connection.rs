//! One connection from its first byte to its last: HTTP/1 or HTTP/2, requests, the end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::dispatch::Dispatch;
use super::metrics::Metrics;
use super::own_wakes::OwnWakes;
use super::reply_body::Streams;
use crate::config::Settings;

/// What the requests of one connection share.
#[derive(Debug)]
pub(super) struct Connection {
    peer: IpAddr,
    tls: bool,
    http2: bool,
    from_proxy: bool,
    /// Bytes of a request are left on the wire: nothing after them can be understood.
    abandoned: AtomicBool,
    at_work: AtomicUsize,
    /// Counts begun requests, so that an idle time can be told from two short ones.
    begun: AtomicUsize,
    metrics: Arc<Metrics>,
}

/// How far the server is on its way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It is not.
    Serving,
    /// Requests in flight are finished, nothing else is begun.
    Finishing,
    /// What is not finished is cut.
    Cutting,
}

/// Protocol engines with their limits, built once for all connections.
#[derive(Debug)]
pub(super) struct Protocols {
    http1: http1::Builder,
    /// The same with [`PROXY_IDLE`].
    behind_proxy: http1::Builder,
    http2: http2::Builder<Streams>,
    idle: Duration,
}

/// Proxies keep connections for later requests, and one that we close just when such a request
/// is on its way makes an error that the proxy's client sees. They keep them for one or two
/// minutes as a rule; so they are the ones to close.
const PROXY_IDLE: Duration = Duration::from_mins(5);

/// After an answer that left request bytes unread, the connection is held half-open for so long
/// and so many bytes. To close at once would make the kernel reset the connection, and the
/// client would lose the answer that tells it why.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 4 << 20;

impl Connection {
    /// A connection from `peer`, which is a trusted proxy or not; HTTP/1 in the clear.
    pub(super) fn new(peer: IpAddr, from_proxy: bool, metrics: &Arc<Metrics>) -> Self {
        metrics.connections.inc();
        Self {
            peer,
            tls: false,
            http2: false,
            from_proxy,
            abandoned: AtomicBool::new(false),
            at_work: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            metrics: Arc::clone(metrics),
        }
    }

    /// The same over TLS, with HTTP/2 if that was agreed on.
    #[must_use]
    pub(super) fn secured(mut self, http2: bool) -> Self {
        self.tls = true;
        self.http2 = http2;
        self
    }

    /// The other end: a client or a proxy.
    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    pub(super) fn is_tls(&self) -> bool {
        self.tls
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2
    }

    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.at_work.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.at_work.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.metrics.received.inc_by(bytes as u64);
    }

    /// Returns once no request was at work or begun for a whole `idle`.
    async fn idle(&self, idle: Duration) {
        loop {
            let before = self.begun.load(Ordering::Relaxed);
            sleep(idle).await;
            let quiet = self.at_work.load(Ordering::Relaxed) == 0;
            if quiet && self.begun.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}

impl Protocols {
    pub(super) fn new(settings: &Settings) -> Self {
        let (server, timeouts) = (&settings.server, &settings.timeouts);
        let idle = Duration::from_secs(timeouts.header_seconds);
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(idle)
            .max_header_size(server.header_bytes);
        let mut behind_proxy = http1.clone();
        behind_proxy.header_read_timeout(PROXY_IDLE.max(idle));
        let streams = Streams { stall: Duration::from_secs(timeouts.write_seconds) };
        let mut http2 = http2::Builder::new(streams);
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(server.http2_streams)
            .max_header_list_size(server.header_bytes as u32)
            .initial_stream_window_size(128 << 10)
            .initial_connection_window_size(256 << 10)
            .max_send_buf_size(128 << 10)
            .keep_alive_interval(idle)
            .keep_alive_timeout(idle);
        Self { http1, behind_proxy, http2, idle }
    }

    /// Serves one connection until either side ends it.
    pub(super) async fn serve<S>(
        &self,
        socket: S,
        connection: Arc<Connection>,
        dispatch: Arc<Dispatch>,
        phase: watch::Receiver<Phase>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if connection.is_http2() {
            self.serve_http2(socket, connection, dispatch, phase).await;
        } else {
            self.serve_http1(socket, connection, dispatch, phase).await;
        }
    }

    async fn serve_http1<S>(
        &self,
        socket: S,
        connection: Arc<Connection>,
        dispatch: Arc<Dispatch>,
        mut phase: watch::Receiver<Phase>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::clone(&connection);
        let service = service_fn(move |request| {
            let (dispatch, connection) = (Arc::clone(&dispatch), Arc::clone(&shared));
            // Boxed, because only a connection that can be moved gives its socket back.
            Box::pin(
                async move { Ok::<_, Infallible>(dispatch.answer(&connection, request).await) },
            )
        });
        let engine = if connection.from_proxy { &self.behind_proxy } else { &self.http1 };
        let mut http = engine.serve_connection(TokioIo::new(socket), service);
        let wakes = OwnWakes::new();
        let mut told = Phase::Serving;
        let outcome = loop {
            tokio::select! {
                outcome = poll_fn(|cx| wakes.poll(cx, |cx| http.poll_without_shutdown(cx))) => {
                    break outcome;
                }
                now = later(&mut phase, told) => match now {
                    Phase::Cutting => return,
                    now => {
                        told = now;
                        std::pin::Pin::new(&mut http).graceful_shutdown();
                    }
                },
            }
        };
        let timed_out = match &outcome {
            Ok(()) => false,
            Err(error) => {
                tracing::debug!(peer = %connection.peer, "a connection broke: {error}");
                error.is_timeout()
            }
        };
        let unread = outcome.is_err() || connection.is_abandoned();
        let mut socket = http.into_parts().io.into_inner();
        let _ = timeout(LINGER, socket.shutdown()).await;
        if unread && !timed_out {
            let mut rest = socket.take(LINGER_BYTES);
            let _ = timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
        }
    }

    async fn serve_http2<S>(
        &self,
        socket: S,
        connection: Arc<Connection>,
        dispatch: Arc<Dispatch>,
        mut phase: watch::Receiver<Phase>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::clone(&connection);
        let service = service_fn(move |request| {
            let (dispatch, connection) = (Arc::clone(&dispatch), Arc::clone(&shared));
            async move { Ok::<_, Infallible>(dispatch.answer(&connection, request).await) }
        });
        let mut http = pin!(self.http2.serve_connection(TokioIo::new(socket), service));
        let mut told = Phase::Serving;
        let mut idle = pin!(connection.idle(self.idle));
        let mut saying_goodbye = false;
        loop {
            tokio::select! {
                outcome = http.as_mut() => {
                    if let Err(error) = outcome {
                        tracing::debug!(peer = %connection.peer, "a connection broke: {error}");
                    }
                    return;
                }
                now = later(&mut phase, told) => match now {
                    Phase::Cutting => return,
                    now => {
                        told = now;
                        http.as_mut().graceful_shutdown();
                    }
                },
                () = idle.as_mut() => {
                    // A client that does not answer the farewell either is left alone.
                    if saying_goodbye {
                        return;
                    }
                    saying_goodbye = true;
                    http.as_mut().graceful_shutdown();
                    idle.set(connection.idle(self.idle));
                }
            }
        }
    }
}

/// The next phase after `told`; never when nobody can announce one any more.
async fn later(phase: &mut watch::Receiver<Phase>, told: Phase) -> Phase {
    let now = phase.wait_for(|now| *now > told).await.map(|now| *now);
    match now {
        Ok(now) => now,
        Err(_) => std::future::pending().await,
    }
}
