//! Addresses: the path of a request taken apart once, and put together the same way each time.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::base::{Fault, ObjectName, PrincipalId};
use crate::store::collection::Kind;
use crate::store::grants::Access;

/// Longest path and longest segment, percent-encoded, in bytes.
const PATH_MAX: usize = 8 << 10;
const SEGMENT_MAX: usize = 2 << 10;

/// Everything but the unreserved characters (RFC 3986 §2.3). One set and one way: clients
/// compare hrefs byte by byte.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a path names, before it is known whether it is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// `/`
    Root,
    /// `/dav/`
    DavRoot,
    /// `/.well-known/carddav` and `/.well-known/caldav` (RFC 6764 §5)
    WellKnown(Service),
    /// `/dav/principals/`
    PrincipalCollection,
    /// `/dav/principals/USER/`
    Principal(PrincipalId),
    /// `/dav/principals/USER/calendar-proxy-read/` and `…-write/`: who may act for the user.
    Proxy(PrincipalId, Access),
    /// `/dav/addressbooks/`, `/dav/calendars/`
    Homes(Kind),
    /// `/dav/addressbooks/USER/`, `/dav/calendars/USER/`
    Home(Kind, PrincipalId),
    /// `/dav/addressbooks/USER/BOOK/`, `/dav/calendars/USER/CALENDAR/`
    Collection {
        /// What it would hold.
        kind: Kind,
        /// Whose home it stands in.
        owner: PrincipalId,
        /// The collection's segment.
        name: ObjectName,
    },
    /// `/dav/addressbooks/USER/BOOK/NAME`, `/dav/calendars/USER/CALENDAR/NAME`
    Member {
        /// What the collection would hold.
        kind: Kind,
        /// Whose home the collection stands in.
        owner: PrincipalId,
        /// The collection's segment.
        collection: ObjectName,
        /// The member's segment.
        name: ObjectName,
    },
    /// A path that can never name anything of DAV.
    Unknown,
}

/// What a well-known path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Address books.
    CardDav,
    /// Calendars.
    CalDav,
}

// === impl Address ===

impl Address {
    /// Takes the path of a request apart (percent-encoded, without query). Characters that
    /// should have been encoded are taken as they are, and a `/` at the end makes no
    /// difference. 400 for what could be read in two ways or is out of all proportion, 404 for
    /// a name longer than any that is stored.
    pub fn parse(raw_path: &str) -> Result<Self, Fault> {
        if raw_path.len() > PATH_MAX {
            return Err(Fault::bad_request(format!(
                "The address is longer than {PATH_MAX} bytes."
            )));
        }
        if raw_path == "*" {
            return Ok(Self::Root);
        }
        let Some(path) = raw_path.strip_prefix('/') else {
            return Err(Fault::bad_request("The address does not begin with a slash."));
        };
        if path.is_empty() {
            return Ok(Self::Root);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments = path.split('/').map(decode).collect::<Result<Vec<_>, _>>()?;
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        Ok(match segments.as_slice() {
            ["dav"] => Self::DavRoot,
            [".well-known", "carddav"] => Self::WellKnown(Service::CardDav),
            [".well-known", "caldav"] => Self::WellKnown(Service::CalDav),
            ["dav", "principals", rest @ ..] => match rest {
                [] => Self::PrincipalCollection,
                [user] => PrincipalId::parse(user).map_or(Self::Unknown, Self::Principal),
                [user, proxy] => match (PrincipalId::parse(user), access_of(proxy)) {
                    (Some(user), Some(access)) => Self::Proxy(user, access),
                    _ => Self::Unknown,
                },
                _ => Self::Unknown,
            },
            ["dav", homes, rest @ ..] => match (kind_of(homes), rest) {
                (None, _) => Self::Unknown,
                (Some(kind), []) => Self::Homes(kind),
                (Some(kind), [owner, rest @ ..]) => match (PrincipalId::parse(owner), rest) {
                    (Some(owner), []) => Self::Home(kind, owner),
                    (Some(owner), [collection]) => {
                        Self::Collection { kind, owner, name: name(collection)? }
                    }
                    (Some(owner), [collection, member]) => Self::Member {
                        kind,
                        owner,
                        collection: name(collection)?,
                        name: name(member)?,
                    },
                    _ => Self::Unknown,
                },
            },
            _ => Self::Unknown,
        })
    }

    /// Takes the text of a `DAV:href` apart: an absolute path or an absolute URI of any host,
    /// with or without query and fragment (RFC 4918 §8.3).
    pub fn parse_href(href: &str) -> Result<Self, Fault> {
        let href = href.trim();
        match path_of_uri(href) {
            Some(path) => Self::parse(path),
            None => Self::parse(without_query(href)),
        }
    }

    /// The canonical path, percent-encoded, with `/` at the end of collections. An unknown
    /// address has none: an empty text.
    pub fn href(&self) -> String {
        match self {
            Self::Root => "/".into(),
            Self::DavRoot => "/dav/".into(),
            Self::WellKnown(Service::CardDav) => "/.well-known/carddav".into(),
            Self::WellKnown(Service::CalDav) => "/.well-known/caldav".into(),
            Self::PrincipalCollection => "/dav/principals/".into(),
            Self::Principal(user) => format!("/dav/principals/{user}/"),
            Self::Proxy(user, access) => format!("/dav/principals/{user}/{}/", proxy(*access)),
            Self::Homes(kind) => format!("/dav/{}/", homes(*kind)),
            Self::Home(kind, owner) => format!("/dav/{}/{owner}/", homes(*kind)),
            Self::Collection { kind, owner, name } => collection_href(*kind, owner, name.as_str()),
            Self::Member { kind, owner, collection: parent, name } => {
                let mut href = collection_href(*kind, owner, parent.as_str());
                href.extend(utf8_percent_encode(name.as_str(), ESCAPED));
                href
            }
            Self::Unknown => String::new(),
        }
    }
}

/// The href of the collection `segment` in a home.
pub fn collection_href(kind: Kind, home: &PrincipalId, segment: &str) -> String {
    let mut href = String::with_capacity(64);
    for piece in ["/dav/", homes(kind), "/", home.as_str(), "/"] {
        href.push_str(piece);
    }
    href.extend(utf8_percent_encode(segment, ESCAPED));
    href.push('/');
    href
}

/// Appends the href of the member `name` to `out`, given the href of its collection.
pub fn member_href(collection_href: &str, name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(collection_href.as_bytes());
    for piece in utf8_percent_encode(name, ESCAPED) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// The path of an absolute `http` or `https` URI, without query and fragment.
pub(super) fn path_of_uri(uri: &str) -> Option<&str> {
    let (_, after) = split_scheme(uri)?;
    let path = after.find('/').and_then(|at| after.get(at..)).unwrap_or("/");
    Some(without_query(path))
}

/// The scheme and what follows `://`, of an absolute `http` or `https` URI.
pub(super) fn split_scheme(uri: &str) -> Option<(&str, &str)> {
    let (scheme, after) = uri.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    web.then_some((scheme, after))
}

/// `text` up to its query or fragment.
pub(super) fn without_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or(text)
}

/// The segment below which the homes of collections of one kind lie.
const fn homes(kind: Kind) -> &'static str {
    match kind {
        Kind::AddressBook => "addressbooks",
        Kind::Calendar => "calendars",
    }
}

/// The segment below a principal that stands for its delegates with this access.
pub const fn proxy(access: Access) -> &'static str {
    match access {
        Access::Read => "calendar-proxy-read",
        Access::ReadWrite => "calendar-proxy-write",
    }
}

fn access_of(segment: &str) -> Option<Access> {
    [Access::Read, Access::ReadWrite].into_iter().find(|access| proxy(*access) == segment)
}

fn kind_of(segment: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| homes(*kind) == segment)
}

fn decode(segment: &str) -> Result<Cow<'_, str>, Fault> {
    if segment.len() > SEGMENT_MAX {
        let message = format!("A part of the address is longer than {SEGMENT_MAX} bytes.");
        return Err(Fault::bad_request(message));
    }
    // Nearly all are plain, and then there is nothing to decode or to search for.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if segment.bytes().all(plain) && !matches!(segment, "" | "." | "..") {
        return Ok(Cow::Borrowed(segment));
    }
    let Ok(decoded) = percent_decode_str(segment).decode_utf8() else {
        return Err(Fault::bad_request("The address is not UTF-8 once it is percent-decoded."));
    };
    // What one program takes for a separator and the next does not must not get in.
    if decoded.is_empty() || decoded == "." || decoded == ".." {
        return Err(Fault::bad_request("The address has an empty part, or one that is only dots."));
    }
    let separates = |c: char| c == '/' || c == '\\' || c.is_control();
    if decoded.contains(separates) {
        return Err(Fault::bad_request(
            "The address holds an encoded slash, a backslash or a control character.",
        ));
    }
    Ok(decoded)
}

fn name(decoded: &str) -> Result<ObjectName, Fault> {
    ObjectName::parse(decoded).ok_or_else(|| {
        let mut fault = Fault::not_found();
        fault.message =
            format!("Names in addresses have at most {} bytes here.", ObjectName::MAX).into();
        fault
    })
}

#[cfg(test)]
mod tests;
