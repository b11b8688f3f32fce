//! `/healthz`, `/readyz` and `/metrics`: what watchers of the server ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;

use super::metrics::Metrics;
use crate::base::{Reply, ReplyBody};

/// Whether the server serves; shared between the transport and whoever starts and stops it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicU8>);

const STARTING: u8 = 0;
const READY: u8 = 1;
const STOPPING: u8 = 2;

impl Readiness {
    /// From now on requests are answered (unless the server already stops).
    pub fn set_ready(&self) {
        let _ = self.0.compare_exchange(STARTING, READY, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// From now on no request should be sent here.
    pub fn set_stopping(&self) {
        self.0.store(STOPPING, Ordering::SeqCst);
    }

    fn answer(&self) -> (u16, &'static str) {
        match self.0.load(Ordering::SeqCst) {
            STARTING => (503, "starting\n"),
            READY => (200, "ready\n"),
            _ => (503, "stopping\n"),
        }
    }
}

/// The answer, if `path` is one of the three. `metrics_open` tells whether this caller may read
/// the metrics.
pub(super) fn answer(
    path: &str,
    method: &str,
    readiness: &Readiness,
    metrics: &Metrics,
    metrics_open: bool,
) -> Option<Reply> {
    let (status, kind, text) = match path {
        "/healthz" => (200, PLAIN, Bytes::from_static(b"ok\n")),
        "/readyz" => {
            let (status, text) = readiness.answer();
            (status, PLAIN, Bytes::from_static(text.as_bytes()))
        }
        "/metrics" if metrics_open => (200, Metrics::TYPE, Bytes::from(metrics.text())),
        "/metrics" => {
            let why = "Metrics are shown to this machine and to server.metrics_from only.\n";
            (403, PLAIN, Bytes::from_static(why.as_bytes()))
        }
        _ => return None,
    };
    Some(match method {
        "GET" | "HEAD" => Reply::with_body(status, kind, ReplyBody::Bytes(text)),
        _ => Reply::empty(405).header("allow", "GET, HEAD"),
    })
}

const PLAIN: &str = "text/plain; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    fn status(path: &str, method: &str, readiness: &Readiness, open: bool) -> Option<u16> {
        answer(path, method, readiness, &Metrics::new(), open).map(|reply| reply.status.as_u16())
    }

    #[test]
    fn readiness_follows_the_servers_life() {
        let readiness = Readiness::default();
        assert_eq!(status("/readyz", "GET", &readiness, false), Some(503), "while starting");
        readiness.set_ready();
        assert_eq!(status("/readyz", "HEAD", &readiness, false), Some(200), "while serving");
        readiness.set_stopping();
        readiness.set_ready();
        assert_eq!(status("/readyz", "GET", &readiness, false), Some(503), "while stopping");
        assert_eq!(status("/healthz", "GET", &readiness, false), Some(200), "alive all the time");
    }

    #[test]
    fn metrics_are_not_for_everybody() {
        let readiness = Readiness::default();
        assert_eq!(status("/metrics", "GET", &readiness, true), Some(200));
        assert_eq!(status("/metrics", "GET", &readiness, false), Some(403));
        assert_eq!(status("/healthz", "PUT", &readiness, true), Some(405));
        assert_eq!(status("/other", "GET", &readiness, true), None);
    }
}
