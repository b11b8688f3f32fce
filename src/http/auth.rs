//! Sign-in on the wire: HTTP Basic (RFC 7617), anew for each request, the same realm everywhere.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::base::{Fault, Identity};

/// What the 401 asks for. One realm for all paths, because clients remember a password by it.
pub const CHALLENGE: &str = "Basic realm=\"rolodav\", charset=\"UTF-8\"";

/// The future of one [`Authenticate::check`].
pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Arc<Identity>, Fault>> + Send + 'a>>;

/// Tells who a name and password belong to.
pub trait Authenticate: Send + Sync {
    /// The identity; 401 when name or password are wrong, 429 or 503 with `retry_after` when
    /// there were too many tries.
    fn check<'a>(&'a self, name: &'a str, password: &'a str, remote: IpAddr) -> Checking<'a>;

    /// Somebody who was let in sent a request; for lists of when a device was last seen.
    fn seen(&self, _identity: &Identity, _remote: IpAddr, _user_agent: &str) {}
}

/// Does a part of the address space want to know who asks?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInNeed {
    /// Nobody gets in without.
    Required,
    /// Whoever sends a name and password is signed in, others are let in unnamed.
    Optional,
    /// Names and passwords are not looked at.
    None,
}

/// Signs the caller in as far as `need` asks for it. `confidential` tells whether a password
/// may travel on this connection.
pub(super) async fn sign_in(
    need: SignInNeed,
    headers: &HeaderMap,
    confidential: bool,
    remote: IpAddr,
    authenticate: &dyn Authenticate,
) -> Result<Option<Arc<Identity>>, Fault> {
    if need == SignInNeed::None {
        return Ok(None);
    }
    if !headers.contains_key(AUTHORIZATION) {
        return match need {
            SignInNeed::Required if confidential => Err(unauthorized()),
            SignInNeed::Required => Err(unprotected()),
            _ => Ok(None),
        };
    }
    if !confidential {
        return Err(unprotected());
    }
    let (name, password) = credentials(headers).ok_or_else(unauthorized)?;
    authenticate.check(&name, &password, remote).await.map(Some)
}

fn unauthorized() -> Fault {
    Fault::new(401, "Sign in with your name and an app password.")
}

/// 403 for secrets on a connection that others can read.
pub(super) fn unprotected() -> Fault {
    Fault::forbidden(
        "This connection is not encrypted, so passwords are not taken on it. Use https://, or let \
         a reverse proxy speak HTTPS, set X-Forwarded-Proto and be listed in \
         server.trusted_proxies.",
    )
}

/// Padding is left out by some clients.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name and password of the one `Authorization: Basic` header; `None` when there is none,
/// several, or one that cannot be read.
pub fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = BASE64.decode(token.trim()).ok()?;
    // Clients from before RFC 7617 send Latin-1, which hardly ever is valid UTF-8 by accident.
    let mut name = String::from_utf8(bytes)
        .unwrap_or_else(|wrong| wrong.as_bytes().iter().map(|byte| char::from(*byte)).collect());
    let colon = name.find(':')?;
    let password = name.split_off(colon + 1);
    name.truncate(colon);
    Some((name, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_basic_in_the_forms_clients_send() {
        let table = [
            ("Basic YWxpY2U6c2VjcmV0", Some(("alice", "secret"))),
            ("basic  YWxpY2U6c2VjcmV0 ", Some(("alice", "secret"))),
            ("Basic YTpiOmM=", Some(("a", "b:c"))),
            ("Basic YTpiOmM", Some(("a", "b:c"))),
            ("Basic w7bDpDrDvA==", Some(("öä", "ü"))),
            ("Basic 9uQ6/A==", Some(("öä", "ü"))),
            ("Basic Og==", Some(("", ""))),
            ("Basic YWxpY2U=", None),
            ("Basic", None),
            ("Basic ???", None),
            ("Bearer YWxpY2U6c2VjcmV0", None),
        ];
        for (header, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, header.parse().unwrap());
            let got = credentials(&headers);
            let got = got.as_ref().map(|(name, password)| (name.as_str(), password.as_str()));
            assert_eq!(got, expected, "{header:?}");
        }
        let mut two = HeaderMap::new();
        two.append(AUTHORIZATION, "Basic YTpi".parse().unwrap());
        two.append(AUTHORIZATION, "Basic YzpkCg==".parse().unwrap());
        assert_eq!(credentials(&two), None, "two Authorization headers");
    }

    struct Nobody;

    impl Authenticate for Nobody {
        fn check<'a>(&'a self, _: &'a str, _: &'a str, _: IpAddr) -> Checking<'a> {
            Box::pin(async { Err(Fault::new(401, "wrong")) })
        }
    }

    #[tokio::test]
    async fn need_and_confidentiality_decide_before_the_password_is_looked_at() {
        use SignInNeed::{None as Never, Optional, Required};
        let mut sent = HeaderMap::new();
        sent.insert(AUTHORIZATION, "Basic YTpi".parse().unwrap());
        let bare = HeaderMap::new();
        let table = [
            (Required, &bare, true, Some(401)),
            (Required, &bare, false, Some(403)),
            (Required, &sent, false, Some(403)),
            (Required, &sent, true, Some(401)),
            (Optional, &bare, true, None),
            (Optional, &bare, false, None),
            (Optional, &sent, false, Some(403)),
            (Optional, &sent, true, Some(401)),
            (Never, &sent, false, None),
        ];
        for (need, headers, confidential, expected) in table {
            let remote = "192.0.2.1".parse().unwrap();
            let result = sign_in(need, headers, confidential, remote, &Nobody).await;
            let status = result.err().map(|fault| fault.status);
            assert_eq!(status, expected, "{need:?} confidential={confidential} {headers:?}");
        }
    }
}
