//! The transport on real sockets: what well-behaved clients rely on, and what hostile or broken
//! ones must not be able to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Blocking clients beside a server in other threads may sleep.
#![allow(clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;
mod toy;

mod answers;
mod bodies;
mod patience;
mod stop;
mod tls;
