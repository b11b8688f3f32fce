//! OPTIONS, and which methods a resource has.

use super::registry::Registry;
use super::resource::On;
use crate::base::{Fault, Reply};

/// The methods of a kind of resource.
pub fn methods(on: On) -> &'static [&'static str] {
    if on.has(On::MEMBERS) {
        &[
            "OPTIONS",
            "GET",
            "HEAD",
            "PUT",
            "DELETE",
            "COPY",
            "MOVE",
            "PROPFIND",
            "PROPPATCH",
            "REPORT",
        ]
    } else if on.has(On::COLLECTIONS) {
        &[
            "OPTIONS",
            "GET",
            "HEAD",
            "POST",
            "DELETE",
            "MKCOL",
            "MKCALENDAR",
            "COPY",
            "MOVE",
            "PROPFIND",
            "PROPPATCH",
            "REPORT",
        ]
    } else if on.has(On::OUTBOX) {
        &["OPTIONS", "GET", "HEAD", "POST", "PROPFIND", "REPORT"]
    } else {
        &["OPTIONS", "GET", "HEAD", "PROPFIND", "PROPPATCH", "REPORT"]
    }
}

/// The `Allow` value of a kind of resource.
pub fn allow(on: On) -> String {
    methods(on).join(", ")
}

/// 405 with the methods that a resource that is there does have.
pub fn not_allowed(on: On, message: &'static str) -> Fault {
    // What is there already cannot be made.
    let methods: Vec<&str> = methods(on).iter().copied().filter(|m| !m.starts_with("MK")).collect();
    let mut fault = Fault::new(405, message);
    fault.allow = Some(methods.join(", ").into());
    fault
}

/// The answer to OPTIONS: 200 with an empty body, because some clients fail on 204, and every
/// token everywhere, because some look only at the principal, others only at the collection.
pub fn options(registry: &Registry, on: On) -> Reply {
    Reply::empty(200).header("allow", allow(on)).header("dav", registry.tokens())
}
