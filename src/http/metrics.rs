//! What the server counts about its requests, in the text form that Prometheus reads.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// All counters of the transport.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter<u64, AtomicU64>>,
    seconds: Histogram,
    pub(super) in_flight: Gauge,
    pub(super) connections: Gauge,
    pub(super) received: Counter,
    sent: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    status: &'static str,
}

/// From a card read from memory to a whole book sent to a phone on a slow line.
const SECONDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0];

/// Methods that have a label of their own; clients must not be able to make up labels.
const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "REPORT",
    "MKCOL",
    "MKCALENDAR",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
];

/// The method, if it is one that is counted by itself.
pub(super) fn label_of(method: &str) -> &'static str {
    METHODS.iter().find(|known| **known == method).copied().unwrap_or("other")
}

impl Metrics {
    pub(super) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("rolodav_http"),
            requests: Family::default(),
            seconds: Histogram::new(SECONDS),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            received: Counter::default(),
            sent: Counter::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests answered, by method and class of status",
            self.requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time from a request's headers to the end of its answer",
            self.seconds.clone(),
        );
        registry.register("in_flight", "Requests at work", self.in_flight.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register("received_bytes", "Bytes of request bodies", self.received.clone());
        registry.register("sent_bytes", "Bytes of answers' bodies", self.sent.clone());
        self
    }

    /// Counts one finished request; `method` comes from [`label_of`].
    pub(super) fn finished(&self, method: &'static str, status: u16, bytes: u64, took: Duration) {
        let status = match status / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests.get_or_create(&Labels { method, status }).inc();
        self.seconds.observe(took.as_secs_f64());
        self.sent.inc_by(bytes);
    }

    /// The content type of [`Metrics::text`].
    pub(super) const TYPE: &'static str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// All of them in the text form.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_appear_with_bounded_labels() {
        let metrics = Metrics::new();
        metrics.finished(label_of("GET"), 200, 10, Duration::from_millis(2));
        metrics.finished(label_of("GET"), 207, 5, Duration::from_millis(2));
        metrics.finished(label_of("XYZZY"), 405, 0, Duration::from_millis(2));
        metrics.in_flight.inc();
        let text = metrics.text();
        for line in [
            "rolodav_http_requests_total{method=\"GET\",status=\"2xx\"} 2",
            "rolodav_http_requests_total{method=\"other\",status=\"4xx\"} 1",
            "rolodav_http_request_seconds_count 3",
            "rolodav_http_request_seconds_bucket{le=\"0.003\"} 3",
            "rolodav_http_in_flight 1",
            "rolodav_http_sent_bytes_total 15",
        ] {
            assert!(text.lines().any(|have| have == line), "no line {line:?} in\n{text}");
        }
    }
}
