//! `rolodav doctor URL`: looks at a server from outside as a phone does when an account is added,
//! and says at the first thing that is wrong what to do about it.

mod client;
mod multistatus;
mod report;
mod signed_in;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Uri;

pub use report::Report;

use super::command::Secret;
use crate::fetch::client::{Answer, Client, Trouble};
use client::{advice, request};

const WELL_KNOWN: &str = "well-known address";
const REACHED: &str = "server";
const SIGN_IN: &str = "sign-in";
const OPTIONS: &str = "what the server offers";
const MOST_REDIRECTS: usize = 5;

const PRINCIPAL: &str = "<d:propfind xmlns:d=\"DAV:\"><d:prop><d:current-user-principal/>\
                         <d:principal-URL/><d:resourcetype/></d:prop></d:propfind>";

/// The user to sign in as.
#[derive(Debug)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// One visit.
struct Visit {
    client: Client,
    authorization: Option<String>,
    report: Report,
}

/// Looks at the server at `address`, and at the account of `user`. The error is for wrong usage.
pub async fn examine(address: &str, user: Option<&User>) -> Result<Report, String> {
    let start = start(address)?;
    let authorization = user.map(|User { name, password }| {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{}", password.0)))
    });
    let mut visit = Visit { client: Client::new(), authorization, report: Report::default() };
    // Nothing further makes sense once a step has found nothing to go on with.
    let _ = visit.run(&start).await;
    Ok(visit.report)
}

impl Visit {
    async fn run(&mut self, start: &Uri) -> Option<()> {
        let root = self.discover(start).await?;
        self.finds_calendars(start).await;
        self.asks_for_sign_in(&root).await?;
        self.offers(&root).await;
        if self.authorization.is_some() {
            self.account(&root).await?;
        } else {
            let advice = "`rolodav doctor URL --user NAME` looks at the books of an account too.";
            self.report.warning("account", "not looked at", advice);
        }
        Some(())
    }

    /// From the address that was typed to the DAV root (RFC 6764 §5).
    async fn discover(&mut self, start: &Uri) -> Option<Uri> {
        let mut uri = at(start, "/.well-known/carddav")?;
        for _ in 0..MOST_REDIRECTS {
            let answer = match self.send("PROPFIND", &uri, &[("depth", "0")], PRINCIPAL).await {
                Ok(answer) => answer,
                Err(trouble) => {
                    self.report.fault(REACHED, format!("{uri}: {trouble}"), advice(&trouble));
                    return None;
                }
            };
            if uri.path() == "/.well-known/carddav" {
                self.reached(&uri);
            }
            match answer.status.as_u16() {
                301 | 302 | 303 | 307 | 308 => uri = self.follow(&uri, &answer)?,
                207 | 401 => {
                    self.report.ok(WELL_KNOWN, format!("leads to {uri}"));
                    return Some(uri);
                }
                status => {
                    self.report.fault(
                        WELL_KNOWN,
                        format!("{uri} answers {status} to PROPFIND"),
                        "A proxy must hand /.well-known/carddav and /dav/ to rolodav with every \
                         method (PROPFIND, REPORT, PUT, DELETE, MKCOL …), path unchanged.",
                    );
                    return None;
                }
            }
        }
        let advice = "A proxy and the server redirect to each other; only one may redirect.";
        self.report.fault(WELL_KNOWN, "the redirects do not end", advice);
        None
    }

    /// Calendar programs begin at an address of their own.
    async fn finds_calendars(&mut self, start: &Uri) -> Option<()> {
        let uri = at(start, "/.well-known/caldav")?;
        let headers = [("depth", "0")];
        let answer = self.try_send(WELL_KNOWN, "PROPFIND", &uri, &headers, PRINCIPAL).await?;
        match answer.status.as_u16() {
            207 | 301 | 302 | 303 | 307 | 308 | 401 => {
                self.report.ok(WELL_KNOWN, "calendars are found as well");
            }
            status => self.report.fault(
                WELL_KNOWN,
                format!("{uri} answers {status} to PROPFIND"),
                "A proxy must hand /.well-known/caldav to rolodav, as it does with \
                 /.well-known/carddav.",
            ),
        }
        Some(())
    }

    fn reached(&mut self, uri: &Uri) {
        let host = uri.host().unwrap_or_default();
        let local = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
        match (uri.scheme_str(), local) {
            (Some("https"), _) => {
                self.report.ok(REACHED, format!("{host} answers, its certificate is valid"));
            }
            (_, true) => self.report.ok(REACHED, format!("{host} answers (this machine only)")),
            _ => self.report.fault(
                REACHED,
                format!("{host} answers without encryption"),
                "Phones send no password over http. Set [tls], or put a reverse proxy with a \
                 certificate in front.",
            ),
        }
    }

    fn follow(&mut self, from: &Uri, answer: &Answer) -> Option<Uri> {
        let location = answer.header("location").unwrap_or_default();
        let Some(to) = resolve(from, location) else {
            let advice = "A redirect must have a Location, best a path such as /dav/.";
            self.report.fault(WELL_KNOWN, format!("redirects to `{location}`"), advice);
            return None;
        };
        if from.scheme_str() == Some("https") && to.scheme_str() == Some("http") {
            self.report.fault(
                WELL_KNOWN,
                format!("redirects from https to {to}"),
                "A proxy in front does not say that it speaks https: let it set \
                 X-Forwarded-Proto, and name it in server.trusted_proxies.",
            );
            return None;
        }
        if from.authority() != to.authority() {
            let advice = "Some clients send no password to another host; redirect by path only.";
            self.report.warning(WELL_KNOWN, format!("redirects to another host, {to}"), advice);
        }
        Some(to)
    }

    async fn asks_for_sign_in(&mut self, root: &Uri) -> Option<()> {
        let headers = [("depth", "0")];
        let answer = self.try_send(SIGN_IN, "PROPFIND", root, &headers, PRINCIPAL).await?;
        let challenge = answer.joined("www-authenticate");
        match answer.status.as_u16() {
            401 if challenge.to_ascii_lowercase().contains("basic") => {
                self.report.ok(SIGN_IN, "a password is asked for");
                Some(())
            }
            401 => {
                let advice = "A proxy must pass the header WWW-Authenticate on, and not ask for \
                              a sign-in of its own.";
                self.report.fault(SIGN_IN, format!("401 with `{challenge}`, not Basic"), advice);
                None
            }
            status => {
                self.report.fault(
                    SIGN_IN,
                    format!("{root} answers {status} without a password"),
                    "401 is expected. Is this rolodav, or does a proxy sign in for everybody?",
                );
                None
            }
        }
    }

    async fn offers(&mut self, root: &Uri) -> Option<()> {
        let authorization = self.authorization.clone();
        let headers: Vec<_> =
            authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = self.try_send(OPTIONS, "OPTIONS", root, &headers, "").await?;
        if self.authorization.is_none() && answer.status.as_u16() == 401 {
            self.report.ok(OPTIONS, "told after sign-in");
            return Some(());
        }
        let offered = answer.joined("dav");
        let missing: Vec<&str> = ["1", "3", "access-control", "addressbook", "calendar-access"]
            .into_iter()
            .filter(|token| !offered.split(',').any(|offer| offer.trim() == *token))
            .collect();
        if answer.status.as_u16() != 200 || !missing.is_empty() {
            self.report.fault(
                OPTIONS,
                format!("OPTIONS is answered {} with `DAV: {offered}`", answer.status),
                "200 and `DAV: 1, 3, access-control, addressbook, calendar-access` are expected: a proxy must not \
                 answer OPTIONS itself, nor take the header away.",
            );
            return None;
        }
        self.report.ok(OPTIONS, format!("DAV: {offered}"));
        Some(())
    }

    async fn send(
        &self,
        method: &str,
        uri: &Uri,
        headers: &[(&'static str, &str)],
        body: &'static str,
    ) -> Result<Answer, Trouble> {
        self.client.send(request(method, uri, headers, body)?).await
    }

    /// As [`Self::send`]; no answer is a fault of `check`.
    async fn try_send(
        &mut self,
        check: &'static str,
        method: &str,
        uri: &Uri,
        headers: &[(&'static str, &str)],
        body: &'static str,
    ) -> Option<Answer> {
        match self.send(method, uri, headers, body).await {
            Ok(answer) => Some(answer),
            Err(trouble) => {
                let seen = format!("{method} {uri}: {trouble}");
                self.report.fault(check, seen, advice(&trouble));
                None
            }
        }
    }
}

/// What people type: with or without scheme, with or without path.
fn start(address: &str) -> Result<Uri, String> {
    let with_scheme =
        if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    let uri: Uri = with_scheme.parse().unwrap_or_default();
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if known && uri.host().is_some_and(|host| !host.is_empty()) {
        Ok(uri)
    } else {
        Err(format!("`{address}` is no address of a server; try https://dav.example.org"))
    }
}

/// `path` on the host of `uri`.
fn at(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Where a Location or href leads.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    if location.starts_with('/') && !location.starts_with("//") {
        return at(from, location);
    }
    let to: Uri = location.parse().ok()?;
    matches!(to.scheme_str(), Some("http" | "https")).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_as_people_type_them() {
        for (typed, meant) in [
            ("dav.example.org", Some("https://dav.example.org/")),
            ("http://127.0.0.1:8008", Some("http://127.0.0.1:8008/")),
            ("https://x.org/dav/", Some("https://x.org/dav/")),
            ("ftp://x.org", None),
            ("", None),
            ("https://", None),
        ] {
            assert_eq!(start(typed).ok().map(|uri| uri.to_string()).as_deref(), meant, "{typed:?}");
        }
    }

    #[test]
    fn redirects_lead_where_they_say() {
        let from: Uri = "https://x.org:8443/.well-known/carddav".parse().unwrap();
        for (location, to) in [
            ("/dav/", Some("https://x.org:8443/dav/")),
            ("http://x.org/dav/", Some("http://x.org/dav/")),
            ("//evil.org/", None),
            ("", None),
        ] {
            let got = resolve(&from, location).map(|uri| uri.to_string());
            assert_eq!(got.as_deref(), to, "{location:?}");
        }
    }
}
