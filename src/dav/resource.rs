//! What addresses name: the kinds of resources, and what a caller may do with one.

use super::object_type::Outbox;
use super::path::{self, Address};
use super::scope::Scope;
use super::sight::Sight;
use crate::accounts::authorize::{self, Action, Decision};
use crate::base::{Condition, Detail, Fault, ObjectName, PrincipalId};
use crate::store::Witness;
use crate::store::collection::{Collection, Found, Kind, Role};
use crate::store::grants::{Access, Allowed};
use crate::store::property::Holder;

/// A set of kinds of resources; tables say with it where an entry applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct On(pub u16);

/// A resource that is there, members apart.
#[derive(Debug, Clone)]
pub enum Node {
    /// `/` or `/dav/`, which of them the flag tells.
    Root {
        /// Is it the server's root, above `/dav/`?
        top: bool,
    },
    /// `/dav/principals/`
    PrincipalCollection,
    /// `/dav/principals/USER/`
    Principal(PrincipalNode),
    /// `/dav/principals/USER/calendar-proxy-…/`: the user, and what those in it may do.
    Proxy(PrincipalNode, Access),
    /// `/dav/addressbooks/`, `/dav/calendars/`
    Homes(Kind),
    /// `/dav/addressbooks/USER/`, `/dav/calendars/USER/`
    Home(Kind, PrincipalId),
    /// A book or calendar, where the caller sees it.
    Collection(Box<CollectionNode>),
    /// What takes messages by POST, in somebody's home.
    Outbox(Kind, PrincipalId, &'static Outbox),
}

/// A user or a group.
#[derive(Debug, Clone)]
pub struct PrincipalNode {
    /// Its id.
    pub id: PrincipalId,
    /// Its name for people.
    pub display_name: String,
    /// Its mail address.
    pub mail: Option<String>,
    /// Is it a group?
    pub is_group: bool,
    /// Does the caller know of it anyway: itself, a group of theirs, somebody of the same group
    /// or who shares something with them?
    pub acquainted: bool,
}

/// A collection as one caller sees it.
#[derive(Debug, Clone)]
pub struct CollectionNode {
    found: Found,
    grant: Option<Allowed>,
    sight: Sight,
    home: PrincipalId,
    href: String,
}

/// What an address names.
#[derive(Debug, Clone)]
pub enum Resource {
    /// A resource that is there.
    Node(Node),
    /// A member's place in a collection that is there; whether the member is, the store tells.
    Member(Node, ObjectName),
    /// A free name in a home.
    Vacant(Kind, PrincipalId, ObjectName),
}

// === impl On ===

impl On {
    /// `/`, `/dav/`
    pub const ROOT: Self = Self(1);
    /// `/dav/principals/`
    pub const PRINCIPALS: Self = Self(2);
    /// Users and groups.
    pub const PRINCIPAL: Self = Self(4);
    /// `/dav/addressbooks/`, `/dav/calendars/`
    pub const HOMES: Self = Self(8);
    /// Address-book homes.
    pub const BOOK_HOME: Self = Self(16);
    /// Address books.
    pub const BOOK: Self = Self(32);
    /// Cards.
    pub const CARD: Self = Self(64);
    /// Calendar homes.
    pub const CALENDAR_HOME: Self = Self(128);
    /// Calendars.
    pub const CALENDAR: Self = Self(256);
    /// Events, tasks and what else is on calendars.
    pub const CALENDAR_OBJECT: Self = Self(512);
    /// Scheduling inboxes.
    pub const INBOX: Self = Self(1024);
    /// Scheduling messages in an inbox.
    pub const MESSAGE: Self = Self(2048);
    /// The delegates of a user.
    pub const PROXY: Self = Self(8192);
    /// Scheduling outboxes.
    pub const OUTBOX: Self = Self(4096);
    /// All homes.
    pub const HOMES_OF_USERS: Self = Self::BOOK_HOME.and(Self::CALENDAR_HOME);
    /// All collections of members.
    pub const COLLECTIONS: Self = Self::BOOK.and(Self::CALENDAR).and(Self::INBOX);
    /// All members.
    pub const MEMBERS: Self = Self::CARD.and(Self::CALENDAR_OBJECT).and(Self::MESSAGE);
    /// Everything.
    pub const ALL: Self = Self(u16::MAX);

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The homes of collections of `kind`.
    pub const fn home(kind: Kind) -> Self {
        match kind {
            Kind::AddressBook => Self::BOOK_HOME,
            Kind::Calendar => Self::CALENDAR_HOME,
        }
    }

    /// The collections of `kind` that users make.
    pub const fn collections_of(kind: Kind) -> Self {
        match kind {
            Kind::AddressBook => Self::BOOK,
            Kind::Calendar => Self::CALENDAR,
        }
    }

    /// The members of collections of `kind`.
    pub const fn members_of(kind: Kind) -> Self {
        match kind {
            Kind::AddressBook => Self::CARD,
            Kind::Calendar => Self::CALENDAR_OBJECT,
        }
    }

    /// Is any kind of `other` in the set?
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

// === impl Node ===

impl Node {
    /// The kind, for the tables.
    pub fn on(&self) -> On {
        match self {
            Self::Root { .. } => On::ROOT,
            Self::PrincipalCollection => On::PRINCIPALS,
            Self::Principal(_) => On::PRINCIPAL,
            Self::Proxy(..) => On::PROXY,
            Self::Homes(_) => On::HOMES,
            Self::Home(kind, _) => On::home(*kind),
            Self::Collection(node) => node.on(),
            Self::Outbox(..) => On::OUTBOX,
        }
    }

    /// The kind of the members, for the tables.
    pub fn member_on(&self) -> On {
        match self {
            Self::Collection(node) => match node.on() {
                On::INBOX => On::MESSAGE,
                On::CALENDAR => On::CALENDAR_OBJECT,
                _ => On::CARD,
            },
            _ => On(0),
        }
    }

    /// The address, always written the same way.
    pub fn href(&self) -> String {
        match self {
            Self::Root { top: true } => Address::Root.href(),
            Self::Root { top: false } => Address::DavRoot.href(),
            Self::PrincipalCollection => Address::PrincipalCollection.href(),
            Self::Principal(principal) => Address::Principal(principal.id.clone()).href(),
            Self::Proxy(owner, access) => Address::Proxy(owner.id.clone(), *access).href(),
            Self::Homes(kind) => Address::Homes(*kind).href(),
            Self::Home(kind, owner) => Address::Home(*kind, owner.clone()).href(),
            Self::Collection(book) => book.href.clone(),
            Self::Outbox(kind, owner, outbox) => {
                format!("{}{}/", Address::Home(*kind, owner.clone()).href(), outbox.name)
            }
        }
    }

    /// Whose it is.
    pub fn owner(&self) -> Option<&PrincipalId> {
        match self {
            Self::Principal(principal) | Self::Proxy(principal, _) => Some(&principal.id),
            Self::Home(_, owner) | Self::Outbox(_, owner, _) => Some(owner),
            Self::Collection(book) => Some(&book.collection().owner),
            _ => None,
        }
    }

    /// Where its dead properties are.
    pub fn holder(&self) -> Option<Holder<'_>> {
        match self {
            Self::Principal(principal) => Some(Holder::Principal(&principal.id)),
            Self::Home(kind, owner) => Some(Holder::Home(*kind, owner)),
            Self::Collection(book) => Some(Holder::Collection(book.collection().id)),
            _ => None,
        }
    }

    /// What the caller sees of the members.
    pub fn sight(&self) -> Sight {
        match self {
            Self::Collection(book) => book.sight,
            _ => Sight::default(),
        }
    }

    /// The collection of members, or the fault for methods that need one.
    pub fn collection(&self) -> Result<&CollectionNode, Fault> {
        match self {
            Self::Collection(book) => Ok(book),
            _ => Err(Fault::forbidden("Only address books and calendars hold members.")),
        }
    }

    /// The resource as `authorize` judges it.
    pub fn guarded(&self) -> authorize::Resource<'_> {
        match self {
            Self::Root { .. } => authorize::Resource::Root,
            Self::Homes(_) => authorize::Resource::HomeCollection,
            Self::PrincipalCollection => authorize::Resource::PrincipalCollection,
            Self::Principal(principal) | Self::Proxy(principal, _) => {
                authorize::Resource::Principal {
                    id: &principal.id,
                    acquainted: principal.acquainted,
                }
            }
            Self::Home(kind, owner) => authorize::Resource::Home { owner, kind: Some(*kind) },
            Self::Outbox(_, owner, _) => authorize::Resource::Home { owner, kind: None },
            Self::Collection(book) => authorize::Resource::Collection(book.held()),
        }
    }

    /// A member of this collection as `authorize` judges it.
    pub fn guarded_member(&self) -> authorize::Resource<'_> {
        match self {
            Self::Collection(book) => authorize::Resource::Member(book.held()),
            other => other.guarded(),
        }
    }
}

// === impl CollectionNode ===

impl CollectionNode {
    /// The collection `found` as `segment` of somebody's home.
    pub fn seen_in(
        home: &PrincipalId,
        segment: &str,
        found: Found,
        grant: Option<Allowed>,
        scope: &Scope,
    ) -> Node {
        let href = path::collection_href(found.collection.kind, home, segment);
        let withheld = grant.as_ref().is_some_and(|grant| grant.without_history);
        let sight = Sight::of(scope, &found.collection, withheld);
        Node::Collection(Box::new(Self { found, grant, sight, home: home.clone(), href }))
    }

    fn held(&self) -> authorize::Held<'_> {
        authorize::Held {
            id: self.found.collection.id,
            owner: &self.found.collection.owner,
            grant: self.grant.as_ref().map(|grant| grant.access),
            kind: self.found.collection.kind,
            role: self.found.collection.role,
        }
    }

    /// The kind, for the tables.
    pub fn on(&self) -> On {
        match (self.collection().kind, self.collection().role) {
            (Kind::AddressBook, _) => On::BOOK,
            (Kind::Calendar, Role::Inbox) => On::INBOX,
            (Kind::Calendar, _) => On::CALENDAR,
        }
    }

    /// The collection's record.
    pub fn collection(&self) -> &Collection {
        &self.found.collection
    }

    /// The record as it was read.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// What the caller sees of its members.
    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// Does its owner keep the history of its members from the caller?
    pub fn withholds_history(&self) -> bool {
        self.grant.as_ref().is_some_and(|grant| grant.without_history)
    }

    /// The home it is seen in: the owner's, or a sharee's.
    pub fn home(&self) -> &PrincipalId {
        &self.home
    }

    /// Is it somebody else's?
    pub fn is_shared(&self) -> bool {
        self.home != self.found.collection.owner
    }

    /// Its address where the caller sees it, with a slash at the end.
    pub fn href(&self) -> &str {
        &self.href
    }

    /// The address of its member `name`.
    pub fn member_href(&self, name: &str) -> String {
        let mut href = Vec::with_capacity(self.href.len() + name.len());
        path::member_href(&self.href, name, &mut href);
        String::from_utf8(href).unwrap_or_default()
    }

    /// What the right to write was read from.
    pub fn rights(&self) -> Vec<Witness> {
        let grant = self.grant.as_ref().map(|grant| grant.witness.clone());
        std::iter::once(self.found.witness.clone()).chain(grant).collect()
    }
}

// === rights ===

impl Scope {
    /// May the caller do this?
    pub fn allows(&self, action: Action, node: &Node) -> bool {
        authorize::authorize(&self.identity, action, node.guarded()) == Decision::Allowed
    }

    /// Refuses what the caller may not do: 404 for what it may not know of, else 403 with the
    /// privilege that is missing (RFC 3744 §7.1.1).
    pub fn require(&self, action: Action, node: &Node, href: &str) -> Result<(), Fault> {
        match authorize::authorize(&self.identity, action, node.guarded()) {
            Decision::Allowed => Ok(()),
            Decision::Hidden => Err(Fault::not_found()),
            Decision::Denied(needed) => Err(need_privilege(href, needed.privilege.name())),
        }
    }

    /// As [`Self::require`], for a member of the collection `node`.
    pub fn require_on_member(&self, action: Action, node: &Node, href: &str) -> Result<(), Fault> {
        match authorize::authorize(&self.identity, action, node.guarded_member()) {
            Decision::Allowed => Ok(()),
            Decision::Hidden => Err(Fault::not_found()),
            Decision::Denied(needed) => Err(need_privilege(href, needed.privilege.name())),
        }
    }
}

/// 403 that names the missing privilege.
pub fn need_privilege(href: &str, privilege: &'static str) -> Fault {
    let detail = Detail::Privileges(vec![(href.to_owned(), privilege)]);
    Fault::forbidden("You may look at this, but not change it.").with(Condition {
        namespace: Condition::DAV,
        name: "need-privileges",
        detail,
    })
}
