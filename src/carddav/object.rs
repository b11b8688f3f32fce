//! Cards as members: how they are taken, and in which form they are handed out by GET.

use std::borrow::Cow;

use bytes::Bytes;

use crate::base::{Condition, Fault, Request};
use crate::contacts::weaving::upload;
use crate::contacts::{card, layer};
use crate::dav::client::Quirk;
use crate::dav::header::{Accept, Handling, Media, Prefer};
use crate::dav::object_type::{Companion, Conversion, ObjectType};
use crate::dav::scope::Scope;
use crate::dav::sight::Shown;
use crate::dav::xml::name::Name;
use crate::formats::vcard::Version;
use crate::formats::{convert, jcard};
use crate::store::collection::{Collection, Kind, Role};
use crate::store::member::{Flags, MemberRow};
use crate::store::write::NewMember;

/// The members of address books.
#[derive(Debug)]
pub struct Cards;

/// A form that cards are handed out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is stored.
    Stored,
    /// vCard 3.0 or 4.0.
    VCard(Version),
    /// jCard (RFC 7095).
    JCard,
}

const JCARD: &str = "application/vcard+json";

impl Form {
    /// The form to make of a stored card, or `Stored` if it has that form already.
    pub fn for_member(self, member: MemberRow<'_>) -> Self {
        match self {
            Self::VCard(version) if version == stored_version(member) => Self::Stored,
            form => form,
        }
    }

    /// The card in this form; `None` if it is the stored one.
    pub fn convert(self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Stored => None,
            Self::VCard(version) => Some(convert::convert(bytes, version).into_owned()),
            Self::JCard => Some(jcard::to_jcard(bytes)),
        }
    }
}

/// The version of a stored card, known without reading it.
fn stored_version(member: MemberRow<'_>) -> Version {
    if member.flags.has(Flags::NEWER_FORMAT) { Version::V40 } else { Version::V30 }
}

/// The form for a client that named none.
pub fn usual(scope: &Scope) -> Form {
    if scope.has(Quirk::ReadsOnlyVersion3) { Form::VCard(Version::V30) } else { Form::Stored }
}

impl Conversion for Form {
    fn content_type(&self) -> &'static str {
        match self {
            Self::JCard => "application/vcard+json; charset=utf-8",
            Self::VCard(Version::V40) => "text/vcard; charset=utf-8; version=4.0",
            _ => "text/vcard; charset=utf-8",
        }
    }

    fn convert(&self, bytes: &[u8]) -> Vec<u8> {
        (*self).convert(bytes).unwrap_or_else(|| bytes.to_vec())
    }
}

impl ObjectType for Cards {
    fn kind(&self) -> Kind {
        Kind::AddressBook
    }

    fn collection_type(&self, _: Role) -> Name {
        Name::carddav("addressbook")
    }

    fn ending(&self) -> &'static str {
        ".vcf"
    }

    fn max_size(&self, scope: &Scope) -> u64 {
        scope.limits().card_bytes
    }

    fn too_large(&self) -> Condition {
        Condition::carddav("max-resource-size")
    }

    fn uid_conflict(&self) -> Condition {
        Condition::carddav("no-uid-conflict")
    }

    fn unsupported(&self) -> Condition {
        Condition::carddav("supported-address-data")
    }

    fn location(&self) -> Condition {
        Condition::carddav("addressbook-collection-location-ok")
    }

    fn inspect(
        &self,
        bytes: Bytes,
        request: &Request,
        scope: &Scope,
        _: &Collection,
    ) -> Result<NewMember, Fault> {
        // What the body says of itself counts, not its Content-Type; but what claims to be
        // another kind of thing altogether is no card.
        let claims = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if claims.starts_with("text/calendar") || claims.starts_with("application/calendar") {
            return Err(Fault::new(415, "An address book takes vCards only.")
                .with(Condition::carddav("supported-address-data")));
        }
        let strict = Prefer::parse(&request.headers).handling == Some(Handling::Strict);
        card::accept(bytes, scope.limits().card_lines, strict)
    }

    fn leaving(&self, bytes: Bytes, scope: &Scope) -> Result<Option<NewMember>, Fault> {
        // What its owner remembers of somebody stays with them.
        upload::without_layer(&bytes, scope.limits().card_lines)
    }

    fn companion(&self, request: &Request, scope: &Scope) -> Option<Box<dyn Companion>> {
        let memory = super::memory::of(request, scope);
        Some(Box::new(super::groups::Written::of(scope, Some(Box::new(memory)))))
    }

    fn fits(&self, _: MemberRow<'_>, _: &Collection) -> Result<(), Fault> {
        Ok(())
    }

    fn leave_out<'a>(&self, bytes: &'a [u8], shown: Shown) -> Cow<'a, [u8]> {
        match shown {
            Shown::All => Cow::Borrowed(bytes),
            Shown::PlainNotes => layer::without_fence(bytes),
            Shown::NoHistory => layer::without_history(bytes),
        }
    }

    fn content_type(&self, member: MemberRow<'_>) -> &'static str {
        Form::VCard(stored_version(member)).content_type()
    }

    fn vary(&self) -> &'static str {
        "Accept, User-Agent"
    }

    fn negotiate(
        &self,
        request: &Request,
        scope: &Scope,
        member: MemberRow<'_>,
    ) -> Result<Option<Box<dyn Conversion>>, Fault> {
        let form = wanted(&Accept::parse(&request.headers), scope, member)?;
        Ok(match form.for_member(member) {
            Form::Stored => None,
            form => Some(Box::new(form)),
        })
    }
}

/// The most welcome form (RFC 9110 §12.5.1, RFC 6350 §10.1); of equals the client's usual one.
fn wanted(accept: &Accept, scope: &Scope, member: MemberRow<'_>) -> Result<Form, Fault> {
    let first = match usual(scope) {
        Form::VCard(version) => version,
        _ => stored_version(member),
    };
    let second = if first == Version::V30 { Version::V40 } else { Version::V30 };
    let vcard = |version: Version| Media { essence: "text/vcard", version: Some(version.as_str()) };
    let offers = [vcard(first), vcard(second), Media { essence: JCARD, version: Some("4.0") }];
    match accept.best(&offers) {
        Some(0) => Ok(Form::VCard(first)),
        Some(1) => Ok(Form::VCard(second)),
        Some(_) => Ok(Form::JCard),
        None => Err(Fault::new(
            406,
            "Cards are available as text/vcard (3.0, 4.0) and application/vcard+json.",
        )),
    }
}

/// The form that attributes of `CARD:address-data` name.
pub fn named(
    content_type: Option<&str>,
    version: Option<&str>,
    scope: &Scope,
) -> Result<Form, Fault> {
    let unsupported = || {
        Fault::forbidden("Cards are available as text/vcard (3.0, 4.0) and application/vcard+json.")
            .with(Condition::carddav("supported-address-data"))
    };
    let content_type = content_type.unwrap_or("text/vcard").trim();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    if content_type.eq_ignore_ascii_case(JCARD) {
        return match version {
            None | Some("4.0") => Ok(Form::JCard),
            Some(_) => Err(unsupported()),
        };
    }
    if !content_type.eq_ignore_ascii_case("text/vcard") {
        return Err(unsupported());
    }
    match version.map(Version::parse) {
        None => Ok(usual(scope)),
        Some(Some(version @ (Version::V30 | Version::V40))) => Ok(Form::VCard(version)),
        Some(_) => Err(unsupported()),
    }
}
