//! The books kept on one request, from its headers to the last byte of its answer: counters, the
//! access log, and what must be held for so long.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use super::connection::Connection;
use super::log::Record;
use super::metrics::Metrics;
use crate::base::Fault;

/// One request at work; what it did is counted and logged when it is dropped.
#[derive(Debug)]
pub(super) struct Exchange {
    started: Instant,
    metrics: Arc<Metrics>,
    connection: Arc<Connection>,
    method: &'static str,
    status: u16,
    bytes: u64,
    complete: bool,
    /// `None` when the access log is off.
    pub(super) record: Option<Box<Record>>,
    /// The user's place at work.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

/// What is logged and counted when the client left before the answer was complete.
const CLIENT_LEFT: u16 = 499;

impl Exchange {
    /// Begins the books; `method` comes from `metrics::label_of`.
    pub(super) fn begin(
        method: &'static str,
        metrics: &Arc<Metrics>,
        connection: &Arc<Connection>,
    ) -> Self {
        metrics.in_flight.inc();
        connection.begin();
        Self {
            started: Instant::now(),
            metrics: Arc::clone(metrics),
            connection: Arc::clone(connection),
            method,
            status: CLIENT_LEFT,
            bytes: 0,
            complete: false,
            record: None,
            place: None,
        }
    }

    /// The status that goes out.
    pub(super) fn answered(&mut self, status: u16) {
        self.status = status;
    }

    /// `bytes` more of the body went out.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// The body was taken to its end.
    pub(super) fn complete(&mut self) {
        self.complete = true;
    }

    /// The answer fails in its middle; the client sees a broken connection.
    pub(super) fn broken_off(&mut self, fault: &Fault) {
        self.status = fault.status;
        self.complete = true;
        let id = self.record.as_ref().map_or("", |record| &record.id);
        if fault.status >= 500 {
            tracing::error!(id, fault = %fault.logged(), "an answer was broken off");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let status = if self.complete { self.status } else { CLIENT_LEFT };
        let took = self.started.elapsed();
        self.metrics.in_flight.dec();
        self.metrics.finished(self.method, status, self.bytes, took);
        self.connection.end();
        if let Some(record) = self.record.take() {
            record.write(status, self.bytes, took);
        }
    }
}
