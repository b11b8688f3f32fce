//! The tables that drive everything: properties, reports and object types, WebDAV's own and
//! those that extensions hand over. No method asks which extension it serves.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use super::object_type::{Answering, Loading, ObjectType};
use super::path::Address;
use super::resource::{Node, On};
use super::scope::Scope;
use super::view::View;
use super::xml::element::Element;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::base::{Fault, Request};
use crate::store::body::Part;
use crate::store::collection::{Collection, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::member::MemberRow;

/// A live property: where it is, how it is read, how it is written.
#[derive(Debug)]
pub struct LiveProperty {
    /// Its name.
    pub name: Name,
    /// The resources that have it.
    pub on: On,
    /// Is it part of `DAV:allprop`? (RFC 4918 §9.1 properties are, those of extensions not.)
    pub in_allprop: bool,
    /// What must be loaded before it can be read.
    pub needs: Needs,
    /// Writes the content; `false` if the resource has no value (then nothing is written).
    pub read: fn(&View<'_>, &mut XmlOut) -> bool,
    /// How it is written.
    pub write: Write,
}

/// How a live property is written.
#[derive(Debug, Clone, Copy)]
pub enum Write {
    /// By the server only.
    Protected,
    /// Into the collection's record; `None` removes the value.
    Collection(fn(&mut Collection, Option<&Element>) -> Result<(), Fault>),
    /// As [`Self::Collection`], while the collection is made; after that it is the server's.
    AtCreation(fn(&mut Collection, Option<&Element>) -> Result<(), Fault>),
    /// The members of the principal, by the hrefs of theirs; of delegates only.
    Members,
    /// Kept as the client wrote it, like a dead property.
    Kept,
    /// As [`Self::Kept`], if this has no objection.
    KeptIf(Check),
    /// By the server only, which keeps it as clients read it.
    KeptByServer,
}

/// Judges a value that a client wants to give a property of a resource; `None`: to remove it.
pub type Check =
    for<'a> fn(&'a Scope, &'a Snapshot, &'a Node, Option<&'a Element>) -> Loading<'a, ()>;

/// What reading some properties asks of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs(pub u8);

/// A report: `REPORT` bodies with this root element.
#[derive(Debug)]
pub struct Report {
    /// The root element.
    pub name: Name,
    /// The resources that offer it.
    pub on: On,
    /// Answers it.
    pub run: fn(ReportCall) -> Answering,
}

/// What a report gets.
#[derive(Debug)]
pub struct ReportCall {
    /// The request's scope.
    pub scope: Arc<Scope>,
    /// The resource it was asked of.
    pub node: Node,
    /// The member, if the resource is one.
    pub member: Option<String>,
    /// The request, its body already read.
    pub request: Request,
    /// The body.
    pub body: Element,
}

/// Reads how a member's data is wished for.
pub type Prepare = fn(&Element, &ReportCall) -> Result<Box<dyn MemberData>, Fault>;

/// A property that hands out a member's data inside reports (`CARD:address-data`).
#[derive(Debug)]
pub struct DataProperty {
    /// Its name.
    pub name: Name,
    /// The collections whose members have it.
    pub kind: Kind,
    /// Reads the wish; refuses what cannot be offered.
    pub prepare: Prepare,
}

/// Writes a member's data as it was wished for.
pub trait MemberData: Send + Sync + std::fmt::Debug {
    /// Writes the content. `parts` are the stored bytes in order.
    fn write(&self, member: MemberRow<'_>, parts: &[Part], out: &mut XmlOut);
}

/// Keeps up to date what the server itself fills.
pub trait Upkeep: Send + Sync + std::fmt::Debug {
    /// Is called before it is looked what is at `address`, whoever asks: what it finds there or
    /// below is what it is told of afterwards.
    fn freshen<'a>(
        &'a self,
        scope: &'a Scope,
        address: &'a Address,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;
}

/// What an extension plugs in.
#[derive(Debug)]
pub struct Extension {
    /// Its properties.
    pub properties: &'static [LiveProperty],
    /// Its reports.
    pub reports: &'static [Report],
    /// Its data property.
    pub data: &'static DataProperty,
    /// Its object type.
    pub objects: &'static dyn ObjectType,
    /// What keeps collections of its kind up to date.
    pub upkeep: Option<&'static dyn Upkeep>,
    /// What it adds to the `DAV` header.
    pub tokens: &'static str,
}

/// Everything that is plugged in.
#[derive(Debug)]
pub struct Registry {
    properties: Vec<&'static LiveProperty>,
    by_name: HashMap<&'static Name, &'static LiveProperty>,
    reports: Vec<&'static Report>,
    data: Vec<&'static DataProperty>,
    objects: Vec<&'static dyn ObjectType>,
    upkeep: Vec<&'static dyn Upkeep>,
    tokens: String,
}

// === impl Needs ===

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// The head of the change log.
    pub const HEAD: Self = Self(1);
    /// The bytes in use.
    pub const USAGE: Self = Self(2);
    /// Groups and members of the principal.
    pub const GROUPS: Self = Self(4);
    /// The state of all collections in a home.
    pub const HOME_STATE: Self = Self(8);
    /// Who the collection is shared with.
    pub const GRANTS: Self = Self(16);

    /// Where what is on the collection comes from.
    pub const SOURCE: Self = Self(32);

    /// The collection of the home that new members from elsewhere go to.
    pub const DEFAULT: Self = Self(128);

    /// Is any bit of `other` set?
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

// === impl Write ===

impl Write {
    /// Does it lie in the store as clients read it?
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Kept | Self::KeptIf(_) | Self::KeptByServer)
    }
}

// === impl Registry ===

impl Registry {
    /// WebDAV's own tables and those of `extensions`.
    pub fn new(extensions: &[Extension]) -> Self {
        let own = super::live::PROPERTIES.iter().chain(&super::appearance::PROPERTIES);
        let mut registry = Self {
            properties: own.collect(),
            by_name: HashMap::new(),
            reports: super::report::REPORTS.iter().collect(),
            data: Vec::new(),
            objects: Vec::new(),
            upkeep: Vec::new(),
            tokens: "1, 3, access-control, extended-mkcol, add-member".to_owned(),
        };
        for extension in extensions {
            registry.properties.extend(extension.properties);
            registry.reports.extend(extension.reports);
            registry.data.push(extension.data);
            registry.objects.push(extension.objects);
            registry.upkeep.extend(extension.upkeep);
            registry.tokens.push_str(", ");
            registry.tokens.push_str(extension.tokens);
        }
        registry.by_name = registry.properties.iter().map(|p| (&p.name, *p)).collect();
        registry
    }

    /// The live property of that name.
    pub fn property(&self, name: &Name) -> Option<&'static LiveProperty> {
        self.by_name.get(name).copied()
    }

    /// All live properties, in a fixed order.
    pub fn properties(&self) -> &[&'static LiveProperty] {
        &self.properties
    }

    /// All reports.
    pub fn reports(&self) -> &[&'static Report] {
        &self.reports
    }

    /// The data property of members of `kind`.
    pub fn data(&self, kind: Kind) -> Option<&'static DataProperty> {
        self.data.iter().find(|d| d.kind == kind).copied()
    }

    /// All data properties.
    pub fn data_properties(&self) -> impl Iterator<Item = &'static DataProperty> + '_ {
        self.data.iter().copied()
    }

    /// What the members of `kind` are.
    pub fn objects(&self, kind: Kind) -> Option<&'static dyn ObjectType> {
        self.objects.iter().find(|o| o.kind() == kind).copied()
    }

    /// The collection kind that a resourcetype element asks for.
    pub fn kind_of(&self, collection_type: &Name) -> Option<Kind> {
        let mut objects = self.objects.iter();
        objects.find(|o| o.collection_type(Role::Plain) == *collection_type).map(|o| o.kind())
    }

    /// What keeps collections up to date.
    pub fn upkeep(&self) -> &[&'static dyn Upkeep] {
        &self.upkeep
    }

    /// The value of the `DAV` header.
    pub fn tokens(&self) -> &str {
        &self.tokens
    }
}
