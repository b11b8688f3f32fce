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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::base::{PrincipalId, Profile};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_record_tells_who_did_what_and_cannot_be_forged() {
        let lines = Lines::default();
        let to = lines.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || to.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            assert!(enabled());
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, "phone\" 1,\t2".parse().unwrap());
            headers.insert("authorization", "Basic c2VjcmV0".parse().unwrap());
            let remote = "192.0.2.1".parse().unwrap();
            let mut record = Record::new("id1", remote, "PUT", "/dav/x%0A.vcf", &headers);
            record.by(&Identity {
                principal: PrincipalId::parse("anna").unwrap(),
                groups: Vec::new(),
                device: None,
                device_label: "my\nphone".to_owned(),
                profile: Profile::default(),
                admin: false,
                delegations: Vec::new(),
            });
            record.write(201, 12, Duration::from_millis(5));
        });
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 1, "one record, one line: {written}");
        let record: serde_json::Value = serde_json::from_str(&written).unwrap();
        let fields = &record["fields"];
        let expected = serde_json::json!({
            "message": "request", "id": "id1", "remote": "192.0.2.1", "user": "anna",
            "device": "my\nphone", "method": "PUT", "path": "/dav/x%0A.vcf", "status": 201,
            "bytes": 12, "ms": 5.0, "agent": "phone\" 1,\t2",
        });
        assert_eq!(fields, &expected);
        assert_eq!(record["target"], TARGET);
    }
}
