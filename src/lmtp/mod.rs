//! LMTP (RFC 2033): a mail server on this machine hands over mail that is to be logged. For every
//! recipient it is told at once what became of the mail, so that nothing is ever bounced from here.

mod command;
mod connection;
mod data;
mod listener;
mod session;

pub use listener::{Listener, Place, Running};

#[cfg(test)]
mod tests;
