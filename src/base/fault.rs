//! The one error that crosses layers upward: what went wrong, in words for the person who
//! asked, with the status and precondition element a DAV client understands.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::etag::ETag;

/// Something that was refused or failed. Becomes an answer in one place per edge
/// (`dav::error`, `web`, `api`, `cli`); the cause is logged there and never shown.
#[derive(Debug)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The precondition that did not hold (RFC 4918 §16).
    pub condition: Option<Condition>,
    /// One sentence for a person who did not read the source.
    pub message: Cow<'static, str>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// The current tag of the resource, sent with 412.
    pub etag: Option<ETag>,
    /// The methods that would have been possible, sent with 405.
    pub allow: Option<Cow<'static, str>>,
    /// What happened inside; logged, never shown.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

/// A fault as the log may have it: what it says in words of this program, and why it happened. A
/// sentence that was made for the case may name people and quote what they typed, so it is for
/// whoever asked alone.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'a>(&'a Fault);

/// A precondition element inside `DAV:error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The element's namespace.
    pub namespace: &'static str,
    /// The element's local name.
    pub name: &'static str,
    /// What the element holds.
    pub detail: Detail,
}

/// The content of a precondition element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// An empty element.
    None,
    /// `DAV:href` children; paths already encoded.
    Hrefs(Vec<String>),
    /// `DAV:need-privileges`: the href and the privilege's local name, which is in `DAV:`.
    Privileges(Vec<(String, &'static str)>),
}

// === impl Condition ===

impl Condition {
    /// `DAV:`
    pub const DAV: &'static str = "DAV:";
    /// `urn:ietf:params:xml:ns:carddav`
    pub const CARDDAV: &'static str = "urn:ietf:params:xml:ns:carddav";
    /// `urn:ietf:params:xml:ns:caldav`
    pub const CALDAV: &'static str = "urn:ietf:params:xml:ns:caldav";

    /// An empty element of `DAV:`.
    pub const fn dav(name: &'static str) -> Self {
        Self { namespace: Self::DAV, name, detail: Detail::None }
    }

    /// An empty element of CardDAV.
    pub const fn carddav(name: &'static str) -> Self {
        Self { namespace: Self::CARDDAV, name, detail: Detail::None }
    }

    /// An empty element of CalDAV.
    pub const fn caldav(name: &'static str) -> Self {
        Self { namespace: Self::CALDAV, name, detail: Detail::None }
    }
}

// === impl Fault ===

impl Fault {
    /// A refusal with a status and a message.
    pub fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            condition: None,
            message: message.into(),
            retry_after: None,
            etag: None,
            allow: None,
            cause: None,
        }
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, message)
    }

    /// 403: understood and refused; asking again will not help.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, message)
    }

    /// 404: nothing there, or nothing the caller may know of.
    pub fn not_found() -> Self {
        Self::new(404, "There is nothing at this address.")
    }

    /// 409: the request does not fit the present state.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(409, message)
    }

    /// 412: a condition of the request is not met.
    pub fn precondition(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(412, message)
    }

    /// 413: the body is larger than the server takes.
    pub fn too_large(limit: u64) -> Self {
        Self::new(413, format!("The body is larger than the {limit} bytes this server takes."))
    }

    /// 500 with a cause for the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut fault = Self::new(500, "The server failed to do this; its log says why.");
        fault.cause = Some(cause.into());
        fault
    }

    /// 503: try again after `seconds`.
    pub fn busy(seconds: u32) -> Self {
        let mut fault = Self::new(503, "The server is busy; try again shortly.");
        fault.retry_after = Some(seconds);
        fault
    }

    /// The message, if it is the same whomever and whatever it is about.
    pub const fn sentence(&self) -> Option<&'static str> {
        match &self.message {
            Cow::Borrowed(sentence) => Some(sentence),
            Cow::Owned(_) => None,
        }
    }

    /// The fault without what it tells about anybody, with its cause.
    pub const fn logged(&self) -> Logged<'_> {
        Logged(self)
    }

    /// Adds the precondition element.
    #[must_use]
    pub fn with(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Adds the resource's current tag.
    #[must_use]
    pub fn with_etag(mut self, etag: Option<ETag>) -> Self {
        self.etag = etag;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Logged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { status, condition, cause, .. } = self.0;
        match (self.0.sentence(), condition) {
            (Some(sentence), _) => write!(f, "{status} {sentence}")?,
            (None, Some(condition)) => write!(f, "{status} {}", condition.name)?,
            (None, None) => write!(f, "{status}")?,
        }
        match cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|c| &**c as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_learns_of_nobody() {
        let named = || Fault::new(404, format!("There is no {}.", "Bert Berg"));
        let condition = Condition::carddav("no-uid-conflict");
        let mut failed = named();
        failed.cause = Some("the disk is full".into());
        for (fault, logged) in [
            (Fault::not_found(), "404 There is nothing at this address."),
            (named(), "404"),
            (named().with(condition), "404 no-uid-conflict"),
            (failed, "404 (the disk is full)"),
            (
                Fault::internal("the disk is full"),
                "500 The server failed to do this; its log says why. (the disk is full)",
            ),
        ] {
            assert_eq!(fault.logged().to_string(), logged, "{fault}");
        }
    }
}
