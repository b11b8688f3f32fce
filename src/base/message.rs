//! What passes between the transport and the protocols, so that neither imports the other.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::body::{ReplyBody, RequestBody};
use super::identity::Identity;

/// One request as the protocols see it.
#[derive(Debug)]
pub struct Request {
    /// The method's token, upper case.
    pub method: String,
    /// The path as sent, percent-encoded, without query.
    pub path: String,
    /// The query without `?`.
    pub query: Option<String>,
    /// The scheme and authority the client used (`https://host:port`), after trusted proxies.
    pub origin: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, not yet read.
    pub body: RequestBody,
    /// The caller; `None` where the route needs no sign-in or none was sent.
    pub identity: Option<Arc<Identity>>,
    /// The client's address, after trusted proxies.
    pub remote: IpAddr,
    /// The request's id in logs and answers.
    pub id: String,
}

/// One answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, without `Content-Length`.
    pub headers: HeaderMap,
    /// The body.
    pub body: ReplyBody,
}

/// What answers requests of one part of the address space.
pub trait Handler: Send + Sync {
    /// Answers one request. Never fails: faults are answers.
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>>;
}

// === impl Request ===

impl Request {
    /// A header as text; `None` when absent or not ASCII text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The User-Agent, or an empty text.
    pub fn user_agent(&self) -> &str {
        self.header("user-agent").unwrap_or_default()
    }
}

// === impl Reply ===

impl Reply {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            // Most answers have about so many; a map that grows puts all of them in place again.
            headers: HeaderMap::with_capacity(12),
            body: ReplyBody::Empty,
        }
    }

    /// An answer with a body of the given type.
    pub fn with_body(status: u16, content_type: &'static str, body: ReplyBody) -> Self {
        let mut reply = Self::empty(status);
        reply.body = body;
        reply.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        reply
    }

    /// Sets a header; a value that cannot be one is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}
