//! Builds everything from the settings, owns the route table, and starts and stops in order.

mod services;
mod signing_in;

use std::future::Future;
use std::sync::Arc;

pub use services::{OpenError, Services, data_file};

use crate::base::Fault;
use crate::http::{self, Bound, Readiness, Routes, ServeError};
use signing_in::SigningIn;

/// Why the server does not start.
#[derive(Debug)]
pub enum RunError {
    /// What it is made of cannot be made.
    Fault(Fault),
    /// The transport does not start.
    Serve(ServeError),
}

/// Serves until `stop` is ready; `on_bound` is told the addresses before the first request.
pub async fn run(
    services: &Services,
    stop: impl Future<Output = ()>,
    on_bound: impl FnOnce(&[Bound]),
) -> Result<(), RunError> {
    let sign_in = services.accounts.sign_in(&services.settings.auth).map_err(RunError::Fault)?;
    let routes = Routes::new(Arc::new(SigningIn(sign_in)));
    http::serve(&services.settings, routes, Readiness::default(), stop, on_bound)
        .await
        .map_err(RunError::Serve)
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Serve(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Fault(fault) => Some(fault),
            Self::Serve(error) => Some(error),
        }
    }
}
