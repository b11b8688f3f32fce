//! The access log: one record a request, without bodies, queries and credentials.

use std::net::IpAddr;
use std::time::Duration;

use http::HeaderMap;
use http::header::USER_AGENT;
use tracing::Level;

use crate::base::Identity;

/// The target of the records, for filters.
pub const TARGET: &str = "rolodav::access";

/// What is known of a request before its answer.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: String,
    remote: IpAddr,
    method: String,
    path: String,
    agent: String,
    user: String,
    device: String,
}

/// Would a record be written at all?
pub(super) fn enabled() -> bool {
    tracing::enabled!(target: TARGET, Level::INFO)
}

impl Record {
    pub(super) fn new(
        id: &str,
        remote: IpAddr,
        method: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            id: id.to_owned(),
            remote,
            method: method.to_owned(),
            path: path.to_owned(),
            agent: agent.unwrap_or_default().to_owned(),
            user: String::new(),
            device: String::new(),
        }
    }

    /// Adds who asked.
    pub(super) fn by(&mut self, identity: &Identity) {
        identity.principal.as_str().clone_into(&mut self.user);
        self.device.clone_from(&identity.device_label);
    }

    pub(super) fn write(&self, status: u16, bytes: u64, took: Duration) {
        tracing::info!(
            target: TARGET,
            id = self.id,
            remote = %self.remote,
            user = self.user,
            device = self.device,
            method = self.method,
            path = self.path,
            status,
            bytes,
            ms = took.as_secs_f64() * 1000.0,
            agent = self.agent,
            "request"
        );
    }
}
