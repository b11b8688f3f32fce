//! Who the client is: the peer of the connection, or what a trusted proxy says in front of it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Once;

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName, VIA};
use http::uri::Authority;

use crate::base::Networks;
use crate::config::ForwardedHeaders;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The believed proxies, the headers they set, and the addresses people use.
#[derive(Debug)]
pub(super) struct Proxies {
    trusted: Networks,
    headers: ForwardedHeaders,
    external: Vec<String>,
    /// Whoever runs the server was told that it ignores a proxy's headers.
    told: Once,
}

/// The client of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// Its address.
    pub remote: IpAddr,
    /// Scheme and authority it used.
    pub origin: String,
    /// May it send a password: over TLS, on this machine, or to a proxy that said https.
    pub confidential: bool,
    /// Is it known to be on this machine?
    pub local: bool,
    /// Does the connection come from a trusted proxy?
    pub proxied: bool,
}

// === impl Proxies ===

impl Proxies {
    pub(super) fn new(trusted: Networks, headers: ForwardedHeaders, external: Vec<String>) -> Self {
        Self { trusted, headers, external, told: Once::new() }
    }

    pub(super) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.contains(peer)
    }

    /// The client behind a connection from `peer`, which used `authority` (from the request
    /// target or Host). Fails when the host is not a host.
    pub(super) fn client(
        &self,
        peer: IpAddr,
        tls: bool,
        authority: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<Client> {
        let proxied = self.trusts(peer);
        let said = if proxied { self.said(headers) } else { Said::default() };
        let remote = said.remote.unwrap_or(peer);
        let https = said.https.unwrap_or(tls);
        // Whoever forwards without being trusted is a proxy all the same: what it passes on does
        // not come from this machine even when the proxy itself does.
        let foreign =
            !proxied && [X_FORWARDED_FOR, FORWARDED, VIA].iter().any(|h| headers.contains_key(h));
        let local = remote.is_loopback() && !foreign;
        if foreign && is_near(peer) {
            self.told.call_once(|| {
                tracing::warn!(
                    "{peer} forwards requests but is not in server.trusted_proxies: what it says \
                     about clients is ignored"
                );
            });
        }
        let authority = said.host.as_deref().or(authority);
        let origin = self.origin(https, authority)?;
        let confidential = https || (peer.is_loopback() && (said.https.is_none() || local));
        Some(Client { remote, origin, confidential, local, proxied })
    }

    fn origin(&self, https: bool, authority: Option<&str>) -> Option<String> {
        let scheme = if https { "https" } else { "http" };
        let Some(authority) = authority else {
            return Some(self.external.first().cloned().unwrap_or_default());
        };
        let authority =
            Authority::from_str(authority).ok().filter(|a| !a.as_str().contains('@'))?;
        let after = authority.as_str().strip_prefix(authority.host())?;
        let port_fits = matches!(after, "" | ":") || authority.port_u16().is_some();
        if authority.host().is_empty() || !port_fits {
            return None;
        }
        let port = authority.port_u16().filter(|port| *port != if https { 443 } else { 80 });
        let mut origin = String::with_capacity(64);
        for piece in [scheme, "://", authority.host()] {
            origin.push_str(piece);
        }
        origin.make_ascii_lowercase();
        if let Some(port) = port {
            origin.push(':');
            origin.push_str(&port.to_string());
        }
        if self.external.is_empty() || self.external.contains(&origin) {
            return Some(origin);
        }
        // A proxy that does not tell the scheme still tells the name.
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        let named = |url: &&String| url.split_once("://").is_some_and(|(_, h)| h == host);
        self.external.iter().find(named).or(self.external.first()).cloned()
    }

    fn said(&self, headers: &HeaderMap) -> Said<'_> {
        match self.headers {
            ForwardedHeaders::XForwarded => {
                let https = last(headers, "x-forwarded-proto").and_then(|p| scheme(&p));
                let hops = list(headers, "x-forwarded-for");
                let remote = self.first_untrusted(hops.iter().map(|hop| address(hop)));
                let host = last(headers, "x-forwarded-host").map(Cow::Owned);
                Said { remote, https, host }
            }
            ForwardedHeaders::Forwarded => {
                let elements = list(headers, "forwarded");
                let remote = self.first_untrusted(
                    elements.iter().map(|e| parameter(e, "for").and_then(|a| address(&a))),
                );
                let nearest = elements.last();
                Said {
                    remote,
                    https: nearest.and_then(|e| parameter(e, "proto")).and_then(|p| scheme(&p)),
                    host: nearest.and_then(|e| parameter(e, "host")).map(Cow::Owned),
                }
            }
        }
    }

    /// Each proxy appends the address it was called from, so that only what trusted ones wrote
    /// can be believed: from the end up to the first address that is no trusted proxy.
    fn first_untrusted(
        &self,
        hops: impl DoubleEndedIterator<Item = Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let mut furthest = None;
        for hop in hops.rev() {
            // An unreadable hop hides all that stands before it.
            let Some(hop) = hop else { break };
            furthest = Some(hop);
            if !self.trusts(hop) {
                break;
            }
        }
        furthest
    }
}

/// May this be a proxy of our own?
fn is_near(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// What a trusted proxy said.
#[derive(Debug, Default)]
struct Said<'a> {
    remote: Option<IpAddr>,
    https: Option<bool>,
    host: Option<Cow<'a, str>>,
}

/// The comma-separated elements of all headers of that name, in order.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| item.trim().to_owned()).collect()
}

fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    list(headers, name).pop().filter(|item| !item.is_empty())
}

fn scheme(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("https") => Some(true),
        _ if text.eq_ignore_ascii_case("http") => Some(false),
        _ => None,
    }
}

/// `192.0.2.7`, `192.0.2.7:80`, `2001:db8::1`, `[2001:db8::1]:80`
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None if text.matches(':').count() == 1 => text.split_once(':').map_or(text, |(ip, _)| ip),
        None => text,
    };
    IpAddr::from_str(bare).ok().map(|ip| ip.to_canonical())
}

/// A parameter of one element of `Forwarded`, without quotes.
fn parameter(element: &str, name: &str) -> Option<String> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let matches = key.trim().eq_ignore_ascii_case(name);
        matches.then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(headers: ForwardedHeaders, external: &[&str]) -> Proxies {
        let trusted = ["10.0.0.0/8", "fd00::/8", "127.0.0.1"].map(str::to_owned);
        let external = external.iter().map(|url| (*url).to_owned()).collect();
        Proxies::new(Networks::parse(&trusted).unwrap(), headers, external)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        use ForwardedHeaders::{Forwarded, XForwarded};
        let x = [
            ("x-forwarded-for", "6.6.6.6, 192.0.2.1, 10.0.0.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "dav.example.org"),
        ];
        let f = [(
            "forwarded",
            "for=6.6.6.6, for=\"[2001:db8::7]:99\";proto=https;host=dav.example.org",
        )];
        let plain = [("host", "h")];
        // style, peer, TLS, headers -> remote, origin, may send a password, on this machine
        type Case<'a> = (
            ForwardedHeaders,
            &'a str,
            bool,
            &'a [(&'static str, &'static str)],
            &'a str,
            &'a str,
            bool,
            bool,
        );
        let table: &[Case<'_>] = &[
            (
                XForwarded,
                "10.0.0.1",
                false,
                &x,
                "192.0.2.1",
                "https://dav.example.org",
                true,
                false,
            ),
            (XForwarded, "192.0.2.9", false, &x, "192.0.2.9", "http://h:8008", false, false),
            (XForwarded, "10.0.0.1", false, &f, "10.0.0.1", "http://h:8008", false, false),
            (
                Forwarded,
                "10.0.0.1",
                false,
                &f,
                "2001:db8::7",
                "https://dav.example.org",
                true,
                false,
            ),
            (Forwarded, "192.0.2.9", true, &f, "192.0.2.9", "https://h:8008", true, false),
            (XForwarded, "127.0.0.1", false, &plain, "127.0.0.1", "http://h:8008", true, true),
            (XForwarded, "::1", false, &plain, "::1", "http://h:8008", true, true),
            (XForwarded, "::1", false, &x, "::1", "http://h:8008", true, false),
            (
                XForwarded,
                "127.0.0.1",
                false,
                &[("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "http")],
                "192.0.2.1",
                "http://h:8008",
                false,
                false,
            ),
            (
                XForwarded,
                "10.0.0.1",
                false,
                &[("x-forwarded-for", "unknown, 10.0.0.2")],
                "10.0.0.2",
                "http://h:8008",
                false,
                false,
            ),
            (XForwarded, "192.0.2.9", false, &plain, "192.0.2.9", "http://h:8008", false, false),
        ];
        for (style, peer, tls, sent, remote, origin, confidential, local) in table {
            let client = proxies(*style, &[])
                .client(peer.parse().unwrap(), *tls, Some("H:8008"), &headers(sent))
                .unwrap();
            let got = (
                client.remote.to_string(),
                client.origin.as_str(),
                client.confidential,
                client.local,
            );
            assert_eq!(
                got,
                ((*remote).to_owned(), *origin, *confidential, *local),
                "{style:?} {peer} tls={tls} {sent:?}"
            );
        }
    }

    #[test]
    fn the_origin_is_one_of_the_external_addresses() {
        let urls = ["https://dav.example.org", "http://nas.local:8008"];
        let table = [
            (&urls[..], Some("dav.example.org"), "https://dav.example.org"),
            (&urls[..], Some("NAS.local:8008"), "http://nas.local:8008"),
            (&urls[..], Some("evil.example"), "https://dav.example.org"),
            (&urls[..], None, "https://dav.example.org"),
            (&[], Some("Any.Example:80"), "http://any.example"),
            (&[], Some("[2001:DB8::1]:8008"), "http://[2001:db8::1]:8008"),
            (&[], None, ""),
        ];
        let peer = "192.0.2.9".parse().unwrap();
        for (external, host, origin) in table {
            let client = proxies(ForwardedHeaders::XForwarded, external).client(
                peer,
                false,
                host,
                &HeaderMap::new(),
            );
            assert_eq!(client.unwrap().origin, origin, "{host:?} with {external:?}");
        }
        for wrong in ["", "a b", "u@h", "h:port", "h/p", "[::1"] {
            let client = proxies(ForwardedHeaders::XForwarded, &[]).client(
                peer,
                false,
                Some(wrong),
                &HeaderMap::new(),
            );
            assert_eq!(client, None, "Host {wrong:?} was taken");
        }
    }
}
