//! Expanded XML names: a namespace and a local name, never a prefix.

use std::borrow::Cow;
use std::fmt;

use super::characters::{is_char, is_ncname};

/// WebDAV, ACL and sync.
pub const NS_DAV: &str = "DAV:";
/// CardDAV (RFC 6352).
pub const NS_CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// CalDAV (RFC 4791).
pub const NS_CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// The CalendarServer extensions: getctag, sharing, me-card.
pub const NS_CS: &str = "http://calendarserver.org/ns/";
/// Apple's calendar colour and order.
pub const NS_ICAL: &str = "http://apple.com/ns/ical/";
/// Apple's bulk requests.
pub const NS_ME: &str = "http://me.com/_namespace/";
/// The namespace the prefix `xml` is always bound to.
pub const NS_XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespace that `xmlns` itself is in.
pub(super) const NS_XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// An expanded name. Two names are the same when both parts are; some local names exist in
/// several namespaces (`prop`, `filter`, `limit`), so nothing may be matched on `local` alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The namespace's URI; empty for no namespace.
    pub ns: Cow<'static, str>,
    /// The local name.
    pub local: Cow<'static, str>,
}

impl Name {
    /// A name of any namespace known when the program is built.
    pub const fn new(ns: &'static str, local: &'static str) -> Self {
        Self { ns: Cow::Borrowed(ns), local: Cow::Borrowed(local) }
    }

    /// A name of `DAV:`.
    pub const fn dav(local: &'static str) -> Self {
        Self::new(NS_DAV, local)
    }

    /// A name of CardDAV.
    pub const fn carddav(local: &'static str) -> Self {
        Self::new(NS_CARDDAV, local)
    }

    /// A name of CalDAV.
    pub const fn caldav(local: &'static str) -> Self {
        Self::new(NS_CALDAV, local)
    }

    /// A name of the CalendarServer extensions.
    pub const fn cs(local: &'static str) -> Self {
        Self::new(NS_CS, local)
    }

    /// A name of Apple's calendar namespace.
    pub const fn ical(local: &'static str) -> Self {
        Self::new(NS_ICAL, local)
    }

    /// A name of Apple's bulk request namespace.
    pub const fn me(local: &'static str) -> Self {
        Self::new(NS_ME, local)
    }

    /// A name met at run time; what is well known costs no allocation.
    pub fn of(ns: &str, local: &str) -> Self {
        Self::within(known_ns(ns).map_or_else(|| Cow::Owned(ns.to_owned()), Cow::Borrowed), local)
    }

    /// A name that came as two texts and not through the XML reader; `None` when no element can
    /// have it.
    pub fn checked(ns: &str, local: &str) -> Option<Self> {
        let fits = is_ncname(local) && ns != NS_XML && ns != NS_XMLNS && ns.chars().all(is_char);
        fits.then(|| Self::of(ns, local))
    }

    /// A name met at run time in a namespace that was looked up already.
    pub(super) fn within(ns: Cow<'static, str>, local: &str) -> Self {
        let local = known_local(local).map_or_else(|| Cow::Owned(local.to_owned()), Cow::Borrowed);
        Self { ns, local }
    }

    /// Is this `local` of `ns`?
    pub fn is(&self, ns: &str, local: &str) -> bool {
        self.local == local && self.ns == ns
    }
}

impl fmt::Display for Name {
    /// Clark notation, `{DAV:}getetag`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.ns, self.local)
    }
}

/// The constant for a well-known namespace.
pub(super) fn known_ns(ns: &str) -> Option<&'static str> {
    [NS_DAV, NS_CARDDAV, NS_CALDAV, NS_CS, NS_ICAL, NS_ME, NS_XML, ""]
        .into_iter()
        .find(|known| *known == ns)
}

fn known_local(local: &str) -> Option<&'static str> {
    // What makes up the bulk of large requests, first of all the hrefs of a multiget.
    const KNOWN: [&str; 24] = [
        "href",
        "prop",
        "getetag",
        "address-data",
        "calendar-data",
        "resourcetype",
        "displayname",
        "getcontenttype",
        "getcontentlength",
        "getlastmodified",
        "creationdate",
        "sync-token",
        "getctag",
        "collection",
        "current-user-principal",
        "current-user-privilege-set",
        "supported-report-set",
        "owner",
        "principal-URL",
        "prop-filter",
        "param-filter",
        "text-match",
        "property",
        "filter",
    ];
    KNOWN.into_iter().find(|known| *known == local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_met_at_run_time_equals_the_constant() {
        assert_eq!(Name::of("DAV:", "getetag"), Name::dav("getetag"));
        assert_eq!(Name::of("DAV:", "x-unheard-of"), Name::dav("x-unheard-of"));
        assert_ne!(Name::of(NS_CARDDAV, "prop"), Name::dav("prop"), "same local, other namespace");
        assert_eq!(Name::cs("getctag").to_string(), "{http://calendarserver.org/ns/}getctag");
        assert!(matches!(Name::of("DAV:", "href").local, Cow::Borrowed(_)));
    }

    #[test]
    fn only_names_that_elements_can_have_are_taken_from_outside() {
        assert_eq!(Name::checked("urn:x", "a"), Some(Name::of("urn:x", "a")));
        for (ns, local) in
            [("", ""), ("u", "a:b"), ("u", "a><b"), ("u\0", "a"), (NS_XML, "lang"), (NS_XMLNS, "x")]
        {
            assert_eq!(Name::checked(ns, local), None, "{{{ns}}}{local}");
        }
    }
}
