//! `[mail_capture]` and `[lmtp]`: mail that is logged in timelines, and how it comes in.

use serde::{Deserialize, Serialize};

/// `[mail_capture]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailCapture {
    /// The domain of secret addresses, as it is shown to their owners.
    pub domain: String,
    /// What of a mail is remembered.
    pub text: CapturedText,
    /// The server whose word on senders is believed; empty: everybody who knows the address is.
    pub vouching_server: String,
    /// Largest mail that is taken, in bytes.
    pub message_bytes: u64,
    /// Most mails to one secret address in an hour.
    pub mails_per_hour: u32,
}

/// What of a mail is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapturedText {
    /// What it is about.
    Subject,
    /// That, and its first words.
    Excerpt,
}

/// `[lmtp]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lmtp {
    /// Where LMTP is spoken: an address with a port, or the path of a socket; empty: nowhere.
    pub listen: String,
    /// Most connections at the same time.
    pub connections: usize,
    /// How long a client may be silent, in seconds.
    pub idle_seconds: u64,
}

impl Default for MailCapture {
    fn default() -> Self {
        Self {
            domain: String::new(),
            text: CapturedText::Subject,
            vouching_server: String::new(),
            message_bytes: 64 << 20,
            mails_per_hour: 300,
        }
    }
}

impl Default for Lmtp {
    fn default() -> Self {
        Self { listen: String::new(), connections: 20, idle_seconds: 120 }
    }
}
