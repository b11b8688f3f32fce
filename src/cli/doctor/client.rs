//! The requests of a phone.

use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::Full;

use crate::fetch::client::Trouble;

/// A request of a phone.
pub fn request(
    method: &str,
    uri: &Uri,
    headers: &[(&'static str, &str)],
    body: &'static str,
) -> Result<Request<Full<Bytes>>, Trouble> {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
    let mut builder = Request::builder()
        .method(method)
        .uri(uri)
        .header("host", authority)
        .header("user-agent", concat!("rolodav-doctor/", env!("CARGO_PKG_VERSION")))
        .header("accept", "*/*");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    if !body.is_empty() {
        builder = builder.header("content-type", "application/xml; charset=utf-8");
    }
    let body = Full::new(Bytes::from_static(body.as_bytes()));
    builder.body(body).map_err(|error| Trouble::Protocol(error.to_string()))
}

/// What to do about it.
pub const fn advice(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Connect(_) => {
            "Is the server running, is the name right, and does a firewall let the port through?"
        }
        Trouble::Tls(_) => {
            "Phones refuse this too. The certificate must be of a public authority, be sent with \
             its intermediate ones, name this host, and not be expired."
        }
        Trouble::Silence(_) => "Look at the server's log, and at that of a proxy before it.",
        Trouble::Protocol(_) | Trouble::TooLarge(_) => {
            "Is there another program on this port, or http where https is?"
        }
    }
}
