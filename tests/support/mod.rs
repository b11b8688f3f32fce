//! What black-box tests share: a client that controls every byte, and the real program.

// Each test program uses a part of it.
#![allow(dead_code, unused_imports)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Blocking clients beside a server in other threads may sleep.
#![allow(clippy::disallowed_methods)]

pub mod client;
pub mod program;

pub use client::{Answer, Wire, basic};
pub use program::Server;
