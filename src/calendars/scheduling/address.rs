//! Calendar user addresses (`CAL-ADDRESS`, RFC 5545 §3.3.3) in the form in which they compare.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::base::PrincipalId;

/// The path below which principals lie; their address in calendars is that of their resource.
const PRINCIPALS: &str = "/dav/principals/";

/// Who is meant by an `ORGANIZER` or `ATTENDEE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Address {
    /// A mail address, in lower case.
    Mail(String),
    /// A principal of this server, by its path.
    Principal(PrincipalId),
    /// Anything else, in lower case.
    Other(String),
}

impl Address {
    /// Reads the value of a property. Mail addresses without `mailto:` and principals by path
    /// alone or on any host are understood.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let scheme = text.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
        let mail = match &scheme {
            Some((scheme, rest)) if scheme == "mailto" => Some(*rest),
            None if text.contains('@') && !text.starts_with('/') => Some(text),
            _ => None,
        };
        if let Some(mail) = mail {
            let plain = mail.split('?').next().unwrap_or_default();
            let plain = percent_decode_str(plain).decode_utf8_lossy();
            return Self::Mail(plain.trim().to_lowercase());
        }
        let path = match &scheme {
            Some((scheme, rest)) if scheme == "http" || scheme == "https" => {
                rest.strip_prefix("//").and_then(|rest| rest.split_once('/')).map(|(_, path)| path)
            }
            None => text.strip_prefix('/'),
            Some(_) => None,
        };
        let below = path.and_then(|path| {
            let plain = percent_decode_str(path).decode_utf8().ok()?;
            let id = plain.strip_prefix(PRINCIPALS.trim_start_matches('/'))?;
            PrincipalId::parse(id.trim_end_matches('/'))
        });
        below.map_or_else(|| Self::Other(text.to_lowercase()), Self::Principal)
    }
}

impl fmt::Display for Address {
    /// As a property writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(mail) => write!(f, "mailto:{mail}"),
            Self::Principal(id) => write!(f, "{PRINCIPALS}{id}/"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_form() {
        let mail = |text: &str| Address::Mail(text.to_owned());
        let anna = || Address::Principal(PrincipalId::parse("anna").unwrap());
        for (text, wanted) in [
            ("mailto:Anna@Example.org", mail("anna@example.org")),
            ("MAILTO:anna%2Bcal@example.org", mail("anna+cal@example.org")),
            (" mailto: anna@example.org ", mail("anna@example.org")),
            ("mailto:anna@example.org?subject=x", mail("anna@example.org")),
            ("anna@example.org", mail("anna@example.org")),
            ("/dav/principals/anna/", anna()),
            ("/dav/principals/anna", anna()),
            ("https://dav.example.org/dav/principals/anna/", anna()),
            ("http://[::1]:8008/dav/principals/%61nna/", anna()),
            ("urn:uuid:ABC", Address::Other("urn:uuid:abc".to_owned())),
            ("invalid:nomail", Address::Other("invalid:nomail".to_owned())),
            ("/other/anna/", Address::Other("/other/anna/".to_owned())),
            ("/dav/principals/an/na/", Address::Other("/dav/principals/an/na/".to_owned())),
            ("", Address::Other(String::new())),
        ] {
            assert_eq!(Address::parse(text), wanted, "{text:?}");
            assert_eq!(Address::parse(&wanted.to_string()), wanted, "what {text:?} is written as");
        }
    }
}
