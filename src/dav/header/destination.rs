//! `Destination` (RFC 4918 §10.3).

use http::HeaderMap;

use super::super::path::{Address, split_scheme};
use super::single;
use crate::base::Fault;

/// Where COPY and MOVE go to: an absolute path, or an absolute URI of this server, which is
/// known by the request's own `origin`, its `Host` and the `external` URLs of the configuration.
/// 502 for any other server, 400 without a usable header.
pub fn destination(
    headers: &HeaderMap,
    origin: &str,
    external: &[String],
) -> Result<Address, Fault> {
    let Some(value) = single(headers, "destination")? else {
        return Err(Fault::bad_request("The request names no Destination."));
    };
    // A host without a scheme in front (`//host/path`) would be taken for a path.
    if let Some((scheme, after)) = split_scheme(value) {
        let there = authority(Some(scheme), after);
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        // Behind a proxy that ends TLS the scheme differs; the names are what counts.
        let own = host
            .map(|host| authority(Some(scheme), host))
            .into_iter()
            .chain(external.iter().map(String::as_str).chain([origin]).map(of_url))
            .any(|own| !own.0.is_empty() && own == there);
        if !own {
            return Err(Fault::new(502, "The Destination is on another server."));
        }
    }
    Address::parse_href(value)
}

fn of_url(url: &str) -> (String, Option<String>) {
    match split_scheme(url) {
        Some((scheme, after)) => authority(Some(scheme), after),
        None => authority(None, url),
    }
}

/// Host in lower case and port, `None` for the scheme's own.
fn authority(scheme: Option<&str>, text: &str) -> (String, Option<String>) {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let usual = match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "443",
        _ => "80",
    };
    let port = port.filter(|port| !port.is_empty() && *port != usual).map(str::to_owned);
    (host.trim_end_matches('.').to_ascii_lowercase(), port)
}

#[cfg(test)]
mod tests {
    use super::super::headers;
    use super::*;

    fn to(value: &str, origin: &str, host: &str) -> Result<String, u16> {
        let external =
            ["https://contacts.example.org".to_owned(), "https://[2001:db8::1]:8443/".to_owned()];
        destination(&headers(&[("destination", value), ("host", host)]), origin, &external)
            .map(|address| address.href())
            .map_err(|fault| fault.status)
    }

    #[test]
    fn goes_only_to_addresses_of_this_server() {
        let card = || Ok("/dav/addressbooks/anna/b/c%20d.vcf".to_owned());
        for (value, expected) in [
            ("/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("/dav/addressbooks/anna/b/c d.vcf?x#y", card()),
            ("http://127.0.0.1:5232/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://127.0.0.1:5232/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://Contacts.Example.org/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://contacts.example.org:443/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://anna@contacts.example.org./dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://[2001:DB8::1]:8443/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://[2001:db8::1]/dav/addressbooks/anna/b/c%20d.vcf", Err(502)),
            ("http://proxied.example/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("https://proxied.example/dav/addressbooks/anna/b/c%20d.vcf", card()),
            ("http://127.0.0.1/dav/", Err(502)),
            ("http://127.0.0.1:5233/dav/", Err(502)),
            ("http://evil.example/dav/addressbooks/anna/b/c", Err(502)),
            ("http://contacts.example.org@evil.example/dav/", Err(502)),
            ("http://contacts.example.org.evil.example/dav/", Err(502)),
            ("http:///dav/", Err(502)),
            ("//evil.example/dav/", Err(400)),
            ("ftp://127.0.0.1:5232/dav/", Err(400)),
            ("c.vcf", Err(400)),
            ("", Err(400)),
            ("/dav/addressbooks/anna/../root", Err(400)),
        ] {
            assert_eq!(to(value, "http://127.0.0.1:5232", "proxied.example"), expected, "{value}");
        }
        let raw = "http://127.0.0.1:5232/dav/addressbooks/anna/b/é.vcf";
        let utf8 = to(raw, "http://127.0.0.1:5232", "");
        assert_eq!(utf8, Ok("/dav/addressbooks/anna/b/%C3%A9.vcf".to_owned()));
        let missing = destination(&HeaderMap::new(), "http://h", &[]).expect_err("no header");
        assert_eq!(missing.status, 400);
    }
}
