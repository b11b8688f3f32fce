//! What is wrong with an XML request, and on which line.

use crate::base::Fault;

/// 400 for `what`, found at byte `at` of the document `source`.
pub(super) fn malformed(source: &str, at: usize, what: &str) -> Fault {
    let before = source.as_bytes().get(..at).unwrap_or(source.as_bytes());
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    Fault::bad_request(format!("The XML of this request cannot be read: line {line}: {what}."))
}
