//! Builds everything from the settings, owns the route table, and starts and stops in order.

mod services;
mod signing_in;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use services::{OpenError, Services, data_file};

use crate::accounts::SignIn;
use crate::base::{Fault, Handler};
use crate::dav::registry::Registry;
use crate::dav::{self, Dav};
use crate::http::{self, Bound, Readiness, Routes, ServeError, SignInNeed};
use crate::jobs::mailer::Mailer;
use crate::web::feeds::{self, Feeds};
use crate::{caldav, carddav, jobs, lmtp};
use signing_in::SigningIn;

/// `/dav/addressbooks/USER/BOOK/`: clients choose what stands behind it.
const OPEN: usize = 4;

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
    services.note_settings().await.map_err(RunError::Fault)?;
    let sign_in = services.accounts.sign_in(&services.settings.auth).map_err(RunError::Fault)?;
    let routes = routes(services, sign_in).map_err(RunError::Fault)?;
    let mailer = Mailer::new(&services.settings.mail);
    let mailer = mailer.map_err(|why| RunError::Fault(Fault::new(500, why)))?;
    let listener = lmtp::Listener::bind(&services.settings.lmtp).await;
    let listener = listener.map_err(|why| RunError::Fault(Fault::new(500, why)))?;
    let (store, settings, fetcher) = (&services.store, &services.settings, &services.fetcher);
    let jobs = jobs::start(store, settings, mailer, fetcher, &services.rules);
    let lmtp = listener
        .map(|it| it.start(Arc::clone(&services.mail_capture), &services.settings.lmtp))
        .inspect(|running| tracing::info!(at = %running.place(), "mail is taken by LMTP"));
    let served =
        http::serve(&services.settings, routes, Readiness::default(), stop, on_bound).await;
    if let Some(lmtp) = lmtp {
        lmtp.stop(Duration::from_secs(services.settings.timeouts.stop_seconds)).await;
    }
    jobs.stop().await;
    served.map_err(RunError::Serve)
}

/// Answers requests until `stop` is ready, without what runs beside them: for whoever measures what
/// that costs.
pub async fn answer(
    services: &Services,
    stop: impl Future<Output = ()>,
    on_bound: impl FnOnce(&[Bound]),
) -> Result<(), RunError> {
    let sign_in = services.accounts.sign_in(&services.settings.auth).map_err(RunError::Fault)?;
    let routes = routes(services, sign_in).map_err(RunError::Fault)?;
    let served =
        http::serve(&services.settings, routes, Readiness::default(), stop, on_bound).await;
    served.map_err(RunError::Serve)
}

/// The addresses and who answers them. OPTIONS needs sign-in as everything does: GNOME Online
/// Accounts tries a password with it, and would take any.
fn routes(services: &Services, sign_in: SignIn) -> Result<Routes, Fault> {
    let settings = &services.settings;
    let dav: Arc<dyn Handler> = Arc::new(Dav::new(dav::scope::Services {
        store: Arc::clone(&services.store),
        accounts: Arc::clone(&services.accounts),
        registry: Registry::new(&[carddav::extension(), caldav::extension()]),
        limits: settings.limits.clone(),
        quota: settings.store.quota(),
        origins: settings.server.external_urls.clone(),
        mail: !settings.mail.relay.is_empty(),
        rules: Arc::clone(&services.rules),
    }));
    let feeds = Feeds::new(Arc::clone(&services.store), &settings.auth)?;
    Ok(Routes::new(Arc::new(SigningIn(sign_in)))
        .mount("/.well-known/carddav", SignInNeed::None, Arc::clone(&dav))
        .mount("/.well-known/caldav", SignInNeed::None, Arc::clone(&dav))
        .mount_secret(feeds::PREFIX, Arc::new(feeds))
        .mount_named("/", SignInNeed::Required, dav, OPEN))
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
