//! `rolodav serve`: opens the store, listens, and tells what to do next.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::logging;
use crate::app::{self, OpenError, Services};
use crate::base::SystemClock;
use crate::config::Settings;
use crate::http::{Bound, asked_to_stop};

/// A command on the store, or a server that is just stopping, may still have it open.
const ATTEMPTS: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until asked to stop; the error is for the person who started it.
pub async fn serve(settings: Settings) -> Result<(), String> {
    logging::start(&settings.log);
    let services = Arc::new(open(settings).await?);
    let nobody = services.accounts.is_empty().await.map_err(|error| error.to_string())?;
    let control = Control::listen(Arc::clone(&services)).map_err(|error| {
        format!(
            "The control socket in {} cannot be made: {error}.",
            services.settings.store.path.display()
        )
    })?;
    let greet = |bound: &[Bound]| eprint!("{}", greeting(&services.settings, bound, nobody));
    app::run(&services, asked_to_stop(), greet).await.map_err(|error| error.to_string())?;
    drop(control);
    Ok(())
}

async fn open(settings: Settings) -> Result<Services, String> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match Services::open(settings.clone(), Arc::new(SystemClock)).await {
            Ok(services) => return Ok(services),
            Err(OpenError::InUse(_)) if attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// What the server says when it has started.
fn greeting(settings: &Settings, bound: &[Bound], nobody: bool) -> String {
    let data = &settings.store.path;
    let shown = std::path::absolute(data).unwrap_or_else(|_| data.clone());
    let option = if *data == Settings::default().store.path {
        String::new()
    } else {
        format!(" --data {}", data.display())
    };
    let mut text = format!("rolodav {}\n", env!("CARGO_PKG_VERSION"));
    for Bound { address, tls } in bound {
        let scheme = if *tls { "https" } else { "http" };
        let _ = writeln!(text, "listening on {scheme}://{address}");
    }
    let _ = writeln!(text, "data in {}", shown.display());
    if nobody {
        let _ = writeln!(
            text,
            "\nThere are no users yet. In another terminal, from this directory:\n\n    \
             rolodav user add NAME{option}\n    \
             rolodav device add NAME \"my phone\"{option}\n\n\
             The first asks for a password. The second prints a password for one phone or \
             computer."
        );
    }
    let url = settings.server.external_urls.first().cloned().or_else(|| {
        let best = bound.iter().find(|bound| bound.tls).or_else(|| bound.first())?;
        let scheme = if best.tls { "https" } else { "http" };
        Some(format!("{scheme}://{}", best.address))
    });
    if let Some(url) = url {
        let _ = writeln!(
            text,
            "\nConnect Contacts, Calendar, DAVx5, Thunderbird and others as a CardDAV or CalDAV \
             account: server {url}, user name, password.\n\
             `rolodav doctor {url}` looks at it as a phone would."
        );
    }
    if !bound.iter().any(|bound| bound.tls) && settings.server.trusted_proxies.is_empty() {
        text.push_str(
            "Without encryption passwords are taken from this machine only. For other machines \
             set [tls], or put a reverse proxy in front and name it in server.trusted_proxies.\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_newcomer_what_to_type() {
        let mut settings = Settings::default();
        settings.store.path = "/srv/rolodav".into();
        let bound = [Bound { address: "127.0.0.1:8008".parse().unwrap(), tls: false }];
        let text = greeting(&settings, &bound, true);
        for wanted in [
            "listening on http://127.0.0.1:8008\n",
            "data in /srv/rolodav\n",
            "rolodav user add NAME --data /srv/rolodav\n",
            "rolodav device add NAME \"my phone\" --data /srv/rolodav\n",
            "server http://127.0.0.1:8008,",
            "server.trusted_proxies",
        ] {
            assert!(text.contains(wanted), "{wanted:?} is missing in:\n{text}");
        }
        let text = greeting(&settings, &bound, false);
        assert!(!text.contains("no users yet"), "{text}");
    }
}
