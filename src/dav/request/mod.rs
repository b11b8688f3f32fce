//! Requests with a body, from its XML to what they ask for.

pub mod expand_property;
pub mod mkcol;
pub mod principal_reports;
pub mod propfind;
pub mod proppatch;
pub mod report;
pub mod sync_collection;

pub use expand_property::Expand;
pub use mkcol::MkCol;
pub use principal_reports::{PrincipalMatch, PrincipalSearch};
pub use propfind::PropRequest;
pub use proppatch::Change;
pub use report::Report;
pub use sync_collection::{SyncCollection, SyncLevel};

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::xml::{Element, Name, parse};
use crate::base::{Fault, Limits};

/// Reads a body as XML; `None` when there is nothing in it. The type it claims to be does not
/// matter (many clients claim a wrong one) unless it is no XML either: then the fault is 415.
pub fn read(body: &[u8], headers: &HeaderMap, limits: &Limits) -> Result<Option<Element>, Fault> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    parse(body, limits).map(Some).map_err(|mut fault| {
        let claimed = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let other = claimed.is_some_and(|claimed| !claimed.to_ascii_lowercase().contains("xml"));
        if fault.status == 400 && other {
            fault.status = 415;
        }
        fault
    })
}

/// 400 unless the request's root is `name`.
fn expect_root(root: &Element, name: &Name) -> Result<(), Fault> {
    if root.name == *name {
        return Ok(());
    }
    let message = format!("The request's XML is {} where {name} was expected.", root.name);
    Err(Fault::bad_request(message))
}

/// The names of the children of `DAV:prop` elements among the children of `parent`, each once.
fn names_in(parent: &Element, limits: &Limits) -> Result<Vec<Name>, Fault> {
    let prop = Name::dav("prop");
    let mut names: Vec<Name> = Vec::new();
    let asked = parent.children_named(&prop).flat_map(|prop| &prop.children);
    for (index, child) in asked.enumerate() {
        within(index + 1, limits)?;
        if !names.contains(&child.name) {
            names.push(child.name.clone());
        }
    }
    Ok(names)
}

/// 413 for more properties than one request may name.
fn within(count: usize, limits: &Limits) -> Result<(), Fault> {
    if count <= limits.properties {
        return Ok(());
    }
    let message = format!("The request names more than {} properties.", limits.properties);
    Err(Fault::new(413, message))
}

#[cfg(test)]
mod tests;
