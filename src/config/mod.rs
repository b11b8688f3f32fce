//! Settings: every knob of the server, its default, and where its value comes from.
//!
//! Plain data above `base`, so that each layer can be handed its own section.

mod contacts;
mod effective;
mod error;
mod keys;
mod load;
mod mail_capture;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::Limits;

pub use contacts::{Contacts, KINDS, LONGEST_CADENCE};
pub use effective::InForce;
pub use error::ConfigError;
pub use keys::{Key, Kind};
pub use load::{STANDARD_FILE, Sources};
pub use mail_capture::{CapturedText, Lmtp, MailCapture};

/// All settings, one field a section of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Addresses, proxies and connection caps.
    pub server: Server,
    /// Encryption without a proxy.
    pub tls: Tls,
    /// Where the data is and how long history stays.
    pub store: Store,
    /// What one request may cost.
    pub limits: Limits,
    /// How long a client may take.
    pub timeouts: Timeouts,
    /// Passwords and what guards them.
    pub auth: Auth,
    /// How people elsewhere are invited.
    pub mail: Mail,
    /// Mail that is logged in timelines.
    pub mail_capture: MailCapture,
    /// How mail servers hand such mail over.
    pub lmtp: Lmtp,
    /// Stages, kinds of interactions, and how much of them cards show.
    pub contacts: Contacts,
    /// How calendars that others publish are fetched.
    pub subscriptions: Subscriptions,
    /// Who changed what.
    pub audit: Audit,
    /// The server's log.
    pub log: Log,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Addresses that speak plain HTTP.
    pub listen: Vec<String>,
    /// The addresses people use (`https://dav.example.org`); empty takes the name each client used.
    pub external_urls: Vec<String>,
    /// Addresses or networks of reverse proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<String>,
    /// The headers those proxies set.
    pub forwarded_headers: ForwardedHeaders,
    /// Addresses or networks beside loopback that may read `/metrics`.
    pub metrics_from: Vec<String>,
    /// Most connections at the same time.
    pub connections: usize,
    /// Most connections from one address (one /64 for IPv6); proxies that are trusted are exempt.
    pub connections_per_address: usize,
    /// Most bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Most requests at the same time on one HTTP/2 connection.
    pub http2_streams: u32,
    /// Bytes of an unread body that are taken and thrown away to keep the connection.
    pub drain_bytes: u64,
}

/// Which headers a trusted proxy sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeaders {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Addresses that speak HTTPS.
    pub listen: Vec<String>,
    /// PEM file with the certificate and its chain; empty for none.
    pub certificate: PathBuf,
    /// PEM file with the private key; empty for none.
    pub key: PathBuf,
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The data directory.
    pub path: PathBuf,
    /// Memory for cached pages, in MiB.
    pub cache_mib: usize,
    /// Days for which overwritten and deleted things can be restored.
    pub history_days: u64,
    /// Space for each user's cards, in MiB; 0 sets no bound.
    pub quota_mib: u64,
}

/// `[timeouts]`, all in seconds unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For the TLS handshake.
    pub handshake_seconds: u64,
    /// For a request's headers, and for the next request on an open connection; trusted proxies
    /// may keep connections open for five minutes.
    pub header_seconds: u64,
    /// For each piece of a request body.
    pub body_seconds: u64,
    /// For the client to take the next piece of an answer.
    pub write_seconds: u64,
    /// Slowest pace of a request's body, in bytes a second; 0 for any.
    pub minimum_pace: u64,
    /// For a user's request to wait when that user has too many at work.
    pub queue_seconds: u64,
    /// For requests in flight to finish when the server stops.
    pub stop_seconds: u64,
}

/// `[auth]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Memory of one Argon2id run, in KiB.
    pub argon2_memory_kib: u32,
    /// Passes of one Argon2id run.
    pub argon2_passes: u32,
    /// Argon2id runs at the same time.
    pub argon2_parallel: usize,
    /// How long a verified password is remembered.
    pub cache_seconds: u64,
    /// How many verified passwords are remembered.
    pub cache_entries: usize,
    /// Wrong passwords in a row before an account has to wait.
    pub failures_before_wait: u32,
    /// Longest wait after wrong passwords.
    pub longest_wait_seconds: u64,
}

/// `[mail]`
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The mail server that takes what is sent; empty: none is sent.
    pub relay: String,
    /// The address that mail comes from.
    pub from: String,
    /// The name to sign in with at the relay; empty: without.
    pub username: String,
    /// The password for it.
    pub password: String,
}

/// `[subscriptions]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subscriptions {
    /// Addresses or networks that are fetched from although they are not public.
    pub private_networks: Vec<String>,
    /// Largest calendar that is taken, in MiB.
    pub feed_mib: usize,
    /// Most entries of one calendar.
    pub entries: usize,
    /// Longest time for one fetch.
    pub fetch_seconds: u64,
    /// Calendars that are fetched at the same time.
    pub at_once: usize,
}

/// `[audit]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Days for which entries are kept; 0 keeps them for ever.
    pub keep_days: u64,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What is written.
    pub level: LogLevel,
    /// How it is written.
    pub format: LogFormat,
    /// Is one record written for each request?
    pub access: bool,
}

/// How much is logged; each level holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Failures of the server.
    Error,
    /// What somebody should look at.
    Warn,
    /// What happens.
    Info,
    /// What helps to find a fault.
    Debug,
    /// Everything.
    Trace,
}

/// The form of a log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl std::fmt::Debug for Mail {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("relay", &self.relay).finish_non_exhaustive()
    }
}

impl Store {
    /// Most bytes of one user, if there is a bound.
    pub fn quota(&self) -> Option<u64> {
        Some(self.quota_mib << 20).filter(|bytes| *bytes > 0)
    }
}

// === defaults ===

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: vec!["127.0.0.1:8008".to_owned()],
            external_urls: Vec::new(),
            trusted_proxies: Vec::new(),
            forwarded_headers: ForwardedHeaders::XForwarded,
            metrics_from: Vec::new(),
            connections: 2048,
            connections_per_address: 256,
            header_bytes: 32 << 10,
            http2_streams: 64,
            drain_bytes: 1 << 20,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { path: PathBuf::from("./data"), cache_mib: 32, history_days: 180, quota_mib: 0 }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake_seconds: 10,
            header_seconds: 30,
            body_seconds: 30,
            write_seconds: 60,
            minimum_pace: 256,
            queue_seconds: 10,
            stop_seconds: 20,
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_parallel: 2,
            cache_seconds: 600,
            cache_entries: 1000,
            failures_before_wait: 5,
            longest_wait_seconds: 300,
        }
    }
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            private_networks: Vec::new(),
            feed_mib: 16,
            entries: 20_000,
            fetch_seconds: 60,
            at_once: 2,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Text, access: true }
    }
}

#[cfg(test)]
mod tests;
