//! Puts the transport together, starts it and stops it in order.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::{Phase, Protocols};
use super::dispatch::{Dispatch, Ids};
use super::forwarded::Proxies;
use super::gate::Gate;
use super::health::Readiness;
use super::listener::{self, BindError, Bound, Callers, Floor};
use super::metrics::Metrics;
use super::request_body::Pace;
use super::routes::Routes;
use super::signals;
use super::tls::{Certificates, TlsError};
use crate::base::networks::{Networks, NotANetwork};
use crate::config::Settings;

/// Why the server does not start.
#[derive(Debug)]
pub enum ServeError {
    /// An address cannot be listened on.
    Bind(BindError),
    /// The certificate cannot be used.
    Tls(TlsError),
    /// The TLS library refuses to work.
    Crypto(rustls::Error),
    /// A setting that lists networks has something else.
    Network(&'static str, NotANetwork),
    /// `server.external_urls` has something that is no address of a server.
    ExternalUrl(String),
}

/// Listens and serves `routes` until `stop` is ready and the requests in flight are answered (or
/// their time is over). `on_bound` is told the addresses once all are bound, before the first
/// request is taken; `readiness` is set to ready after it, and to stopping when `stop` is ready.
pub async fn serve(
    settings: &Settings,
    routes: Routes,
    readiness: Readiness,
    stop: impl Future<Output = ()>,
    on_bound: impl FnOnce(&[Bound]),
) -> Result<(), ServeError> {
    let seconds = Duration::from_secs;
    let timeouts = &settings.timeouts;
    let dispatch = Arc::new(dispatch(settings, routes, readiness.clone())?);
    let (acceptor, certificates) = match tls(settings)? {
        Some((acceptor, certificates)) => (Some(acceptor), Some(certificates)),
        None => (None, None),
    };
    let mut listeners = listener::bind(&settings.server.listen, false).await?;
    if acceptor.is_some() {
        listeners.extend(listener::bind(&settings.tls.listen, true).await?);
    }
    // Heard from before the addresses are told, so that nobody can be too early with it; without
    // a certificate a hangup keeps its usual meaning.
    let certificates = certificates.map(|certificates| (certificates, signals::hangups()));
    let connections = u32::try_from(settings.server.connections).unwrap_or(u32::MAX);
    let room = Arc::new(Semaphore::new(connections as usize));
    let (phase, phases) = watch::channel(Phase::Serving);
    let floor = Arc::new(Floor {
        protocols: Protocols::new(settings),
        dispatch,
        phase: phases,
        room: Arc::clone(&room),
        callers: Callers::new(settings.server.connections_per_address),
        acceptor,
        handshake: seconds(timeouts.handshake_seconds),
        write: seconds(timeouts.write_seconds),
    });

    on_bound(&listeners.iter().map(|(_, bound)| *bound).collect::<Vec<_>>());
    for (listener, bound) in listeners {
        tokio::spawn(listener::accept(listener, bound.tls, Arc::clone(&floor)));
    }
    drop(floor);
    let watching =
        certificates.map(|(certificates, hangups)| tokio::spawn(certificates.watch(hangups)));
    readiness.set_ready();

    stop.await;
    tracing::info!("stopping: requests in flight are finished, no others are taken");
    readiness.set_stopping();
    phase.send_replace(Phase::Finishing);
    // Each open connection holds one permit: whoever has all of them is alone.
    let all_left = timeout(seconds(timeouts.stop_seconds), room.acquire_many(connections)).await;
    if all_left.is_err() {
        let open = (connections as usize).saturating_sub(room.available_permits());
        tracing::warn!(open, "stopping: time is over, cutting what is left");
        phase.send_replace(Phase::Cutting);
    }
    if let Some(watching) = watching {
        watching.abort();
    }
    Ok(())
}

fn dispatch(
    settings: &Settings,
    routes: Routes,
    readiness: Readiness,
) -> Result<Dispatch, ServeError> {
    let (server, timeouts) = (&settings.server, &settings.timeouts);
    let networks = |name, list: &[String]| {
        Networks::parse(list).map_err(|wrong| ServeError::Network(name, wrong))
    };
    let trusted = networks("server.trusted_proxies", &server.trusted_proxies)?;
    let external =
        server.external_urls.iter().map(|url| origin_of(url)).collect::<Result<_, _>>()?;
    Ok(Dispatch {
        routes,
        proxies: Proxies::new(trusted, server.forwarded_headers, external),
        gate: Gate::new(
            settings.limits.requests_per_user,
            Duration::from_secs(timeouts.queue_seconds),
        ),
        pace: Pace {
            piece: Duration::from_secs(timeouts.body_seconds),
            least: timeouts.minimum_pace,
            drain: server.drain_bytes,
        },
        metrics: Arc::new(Metrics::new()),
        metrics_from: networks("server.metrics_from", &server.metrics_from)?,
        readiness,
        access_log: settings.log.access,
        ids: Ids::new(),
    })
}

/// `https://dav.example.org` in the form that is compared with what clients use.
fn origin_of(url: &str) -> Result<String, ServeError> {
    let wrong = || ServeError::ExternalUrl(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong());
    };
    let standard_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(wrong()),
    };
    if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
        return Err(wrong());
    }
    let port = authority.port_u16().filter(|port| *port != standard_port);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{}{port}", authority.host().to_ascii_lowercase()))
}

fn tls(settings: &Settings) -> Result<Option<(TlsAcceptor, Arc<Certificates>)>, ServeError> {
    if settings.tls.listen.is_empty() {
        return Ok(None);
    }
    let certificates = Certificates::read(&settings.tls).map_err(ServeError::Tls)?;
    let config = certificates.server_config().map_err(ServeError::Crypto)?;
    Ok(Some((TlsAcceptor::from(Arc::new(config)), certificates)))
}

impl From<BindError> for ServeError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Crypto(error) => write!(f, "TLS cannot be set up: {error}."),
            Self::Network(key, error) => write!(f, "In `{key}`: {error}"),
            Self::ExternalUrl(url) => write!(
                f,
                "In `server.external_urls`: `{url}` is not of the form https://HOST or \
                 https://HOST:PORT, without a path."
            ),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bind(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Crypto(error) => Some(error),
            Self::Network(_, error) => Some(error),
            Self::ExternalUrl(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_addresses_are_brought_into_the_form_that_is_compared() {
        let table = [
            ("https://dav.example.org", Some("https://dav.example.org")),
            ("https://DAV.example.org/", Some("https://dav.example.org")),
            ("https://dav.example.org:443", Some("https://dav.example.org")),
            ("http://nas.local:8008", Some("http://nas.local:8008")),
            ("http://[2001:DB8::1]:80", Some("http://[2001:db8::1]")),
            ("https://dav.example.org/sub", None),
            ("dav.example.org", None),
            ("ftp://dav.example.org", None),
            ("https://user@dav.example.org", None),
            ("https://", None),
            ("", None),
        ];
        for (url, expected) in table {
            assert_eq!(origin_of(url).ok().as_deref(), expected, "{url:?}");
        }
    }

    #[tokio::test]
    async fn an_address_in_use_is_named_with_the_likely_cause() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let error = listener::bind(std::slice::from_ref(&address), false).await.unwrap_err();
        let message = ServeError::from(error).to_string();
        assert!(message.starts_with(&format!("{address} is in use: ")), "{message}");
    }
}
