//! Addresses on the web as people paste them and as servers redirect to them.

use std::fmt;

use http::Uri;

/// Longest address that is taken, in bytes.
const LONGEST: usize = 2000;

/// An address that can be fetched: http or https, a host, no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(Uri);

/// Why a text is no [`Location`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLocation {
    /// It is no address, or one of another kind.
    Unreadable,
    /// There is a user name or a password in it.
    Credentials,
}

impl Location {
    /// Reads an address; `webcal:` means https, what stands after `#` is left out.
    pub fn parse(text: &str) -> Result<Self, NoLocation> {
        let text = text.trim();
        let text = text.split_once('#').map_or(text, |(before, _)| before);
        let (scheme, rest) = text.split_once("://").ok_or(NoLocation::Unreadable)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" | "webcal" | "webcals" => "https",
            "http" => "http",
            _ => return Err(NoLocation::Unreadable),
        };
        let uri: Uri = format!("{scheme}://{rest}").parse().map_err(|_| NoLocation::Unreadable)?;
        let authority = uri.authority().ok_or(NoLocation::Unreadable)?;
        if authority.as_str().contains('@') {
            return Err(NoLocation::Credentials);
        }
        if authority.host().is_empty() || authority.port_u16() == Some(0) || text.len() > LONGEST {
            return Err(NoLocation::Unreadable);
        }
        Ok(Self(uri))
    }

    /// Where a `Location` header leads to from here (RFC 3986 §5.2, without dot segments).
    pub fn follow(&self, to: &str) -> Result<Self, NoLocation> {
        let (scheme, authority) = (self.0.scheme_str().unwrap_or("https"), self.authority());
        let to = to.trim();
        if to.split_once(':').is_some_and(|(scheme, _)| !scheme.contains(['/', '?', '#'])) {
            return Self::parse(to);
        }
        let path = self.0.path();
        if to.starts_with("//") {
            Self::parse(&format!("{scheme}:{to}"))
        } else if to.starts_with('/') {
            Self::parse(&format!("{scheme}://{authority}{to}"))
        } else if to.starts_with('?') {
            Self::parse(&format!("{scheme}://{authority}{path}{to}"))
        } else {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self::parse(&format!("{scheme}://{authority}{folder}/{to}"))
        }
    }

    /// Is what is sent encrypted?
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// The port, also where it is not written.
    pub fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(if self.is_encrypted() { 443 } else { 80 })
    }

    /// Host and port as they are written: the `Host` header.
    pub fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }

    /// For a request.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for NoLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => {
                "This is no address of a calendar; it begins with https://, http:// or webcal://."
            }
            Self::Credentials => {
                "An address with a user name or password in it is not fetched; ask whoever \
                 publishes the calendar for a secret address."
            }
        })
    }
}

impl std::error::Error for NoLocation {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_paste_them() {
        for (text, wanted) in [
            ("https://example.org/a.ics?x=1", Ok("https://example.org/a.ics?x=1")),
            (" webcal://example.org/a.ics#top ", Ok("https://example.org/a.ics")),
            ("WEBCAL://example.org:8443/a", Ok("https://example.org:8443/a")),
            ("http://[::1]:80/a", Ok("http://[::1]:80/a")),
            ("https://example.org", Ok("https://example.org/")),
            ("ftp://example.org/a", Err(NoLocation::Unreadable)),
            ("file:///etc/passwd", Err(NoLocation::Unreadable)),
            ("example.org/a.ics", Err(NoLocation::Unreadable)),
            ("https:///a.ics", Err(NoLocation::Unreadable)),
            ("https://exa mple.org/", Err(NoLocation::Unreadable)),
            ("https://example.org/\r\nX: 1", Err(NoLocation::Unreadable)),
            ("https://anna:secret@example.org/", Err(NoLocation::Credentials)),
            ("https://127.0.0.1@example.org/", Err(NoLocation::Credentials)),
        ] {
            let read = Location::parse(text).map(|location| location.to_string());
            assert_eq!(read, wanted.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn redirects_are_followed_from_where_they_were_met() {
        let here = Location::parse("https://example.org:444/a/b.ics?x=1").unwrap();
        for (to, wanted) in [
            ("https://other.org/c", "https://other.org/c"),
            ("http://other.org/c", "http://other.org/c"),
            ("//other.org/c", "https://other.org/c"),
            ("/c?y=2", "https://example.org:444/c?y=2"),
            ("c.ics", "https://example.org:444/a/c.ics"),
            ("?y=a:b", "https://example.org:444/a/b.ics?y=a:b"),
        ] {
            assert_eq!(here.follow(to).unwrap().to_string(), wanted, "{to}");
        }
        assert!(here.follow("gopher://other.org/").is_err());
        assert!(here.follow("https://a:b@other.org/").is_err());
    }
}
