//! The request headers of WebDAV, one file each.

pub mod accept;
pub mod conditional;
pub mod depth;
pub mod destination;
pub mod entity_tag;
pub mod if_header;
mod list;
pub mod overwrite;
pub mod prefer;

pub use accept::{Accept, Media};
pub use conditional::{Outcome, evaluate, if_match};
pub use depth::Depth;
pub use destination::destination;
pub use if_header::{IfHeader, State};
pub use overwrite::overwrite;
pub use prefer::{Handling, Prefer};

use http::HeaderMap;

use crate::base::Fault;

/// The value of a header that may stand once; 400 when it stands several times with different
/// values or is not UTF-8 (which paths in headers sometimes are, unencoded).
fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Fault> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.any(|other| other != first) {
        return Err(Fault::bad_request(format!("The header {name} is there twice.")));
    }
    match std::str::from_utf8(first.as_bytes()) {
        Ok(value) => Ok(Some(value.trim())),
        Err(_) => Err(Fault::bad_request(format!("The header {name} is not UTF-8."))),
    }
}

#[cfg(test)]
fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).expect("a value"))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        headers.append(name, value);
    }
    headers
}
