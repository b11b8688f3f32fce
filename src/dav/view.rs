//! What a property is read from: one resource of the tree with what was loaded beside it.

use super::path::Address;
use super::registry::Needs;
use super::resource::{Node, On};
use super::scope::Scope;
use crate::accounts::authorize::Action;
use crate::base::{Fault, PrincipalId};
use crate::store::collection::{self, Role};
use crate::store::engine::Snapshot;
use crate::store::grants::{self, Grant};
use crate::store::member::MemberRow;
use crate::store::property::{self, Holder, Property};
use crate::store::{change, delegates, memberships, subscriptions};

/// One resource, ready to have its properties read.
#[derive(Debug)]
pub struct View<'a> {
    /// The request's surroundings.
    pub scope: &'a Scope,
    /// The resource, or the collection that the member is in.
    pub node: &'a Node,
    /// The member, if the resource is one.
    pub member: Option<(&'a str, MemberRow<'a>)>,
    /// What was loaded.
    pub loaded: &'a Loaded,
}

/// What was loaded for a resource because a property asked for it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The head of the collection's change log.
    pub head: u64,
    /// The bytes the user's members have.
    pub used: u64,
    /// The groups the principal is in, or the members of the group.
    pub groups: Vec<PrincipalId>,
    /// The members of the group.
    pub group_members: Vec<PrincipalId>,
    /// A text that changes when anything in the home does.
    pub home_state: String,
    /// Who the collection is shared with.
    pub grants: Vec<Grant>,
    /// The address of the collection of the home that new members from elsewhere go to.
    pub default: Option<String>,
    /// The address that the collection is filled from; told to its owner only.
    pub source: Option<String>,
    /// The dead properties.
    pub dead: Vec<Property>,
}

// === impl View ===

impl View<'_> {
    /// The kind of resource, for the tables.
    pub fn on(&self) -> On {
        if self.member.is_some() { self.node.member_on() } else { self.node.on() }
    }
}

// === impl Loaded ===

impl Loaded {
    /// Loads what `needs` asks for of `node`, and its dead properties if `dead`.
    pub async fn of(
        scope: &Scope,
        snapshot: &Snapshot,
        node: &Node,
        needs: Needs,
        dead: bool,
    ) -> Result<Self, Fault> {
        let mut loaded = Self::default();
        match node {
            Node::Collection(book) => {
                let id = book.collection().id;
                if needs.any(Needs::HEAD) {
                    loaded.head = change::head(snapshot, id).await?;
                }
                if needs.any(Needs::DEFAULT) {
                    let (kind, owner) = (book.collection().kind, &book.collection().owner);
                    if let Some(objects) = scope.registry().objects(kind) {
                        let name = objects.default_collection(snapshot, owner).await?;
                        let owner = owner.clone();
                        let address = name.map(|name| Address::Collection { kind, owner, name });
                        loaded.default = address.map(|address| address.href());
                    }
                }
                if needs.any(Needs::GRANTS) && scope.allows(Action::ReadAcl, node) {
                    loaded.grants = grants::of_collection(snapshot, id).await?;
                }
                // It may be a secret, which somebody the calendar is shared with does not get.
                if needs.any(Needs::SOURCE)
                    && book.collection().role == Role::Subscribed
                    && book.collection().owner == scope.identity.principal
                {
                    let found = subscriptions::get(snapshot, id).await?;
                    loaded.source = found.map(|found| found.record.url);
                }
                if needs.any(Needs::USAGE) {
                    let owner = &book.collection().owner;
                    loaded.used = collection::user_bytes(snapshot, owner).await?.max(0) as u64;
                }
            }
            Node::Home(_, owner) => {
                if needs.any(Needs::USAGE) {
                    loaded.used = collection::user_bytes(snapshot, owner).await?.max(0) as u64;
                }
                if needs.any(Needs::HOME_STATE) {
                    for child in super::tree::children(scope, snapshot, node).await? {
                        if let Node::Collection(book) = &child {
                            let head = change::head(snapshot, book.collection().id).await?;
                            let (id, view) = (book.collection().id.0, book.sight().of_token());
                            let part = format!("{id}.{head}{view}-");
                            loaded.home_state.push_str(&part);
                        }
                    }
                }
            }
            // Who acts for somebody is for them to know.
            Node::Proxy(owner, access)
                if needs.any(Needs::GROUPS) && owner.id == scope.identity.principal =>
            {
                let delegates = delegates::of_owner(snapshot, &owner.id).await?.into_iter();
                let these = delegates.filter(|(_, how)| how == access);
                loaded.group_members = these.map(|(delegate, _)| delegate).collect();
            }
            Node::Principal(principal) if needs.any(Needs::GROUPS) => {
                let id = &principal.id;
                if *id == scope.identity.principal {
                    loaded.groups.clone_from(&scope.identity.groups);
                } else {
                    loaded.groups = memberships::all_groups(snapshot, id).await?;
                }
                if principal.is_group {
                    let members = memberships::members(snapshot, id).await?;
                    loaded.group_members =
                        members.into_iter().flat_map(|found| found.record.0).collect();
                }
            }
            _ => {}
        }
        if let Some(holder) = node.holder().filter(|_| dead) {
            loaded.dead = property::list(snapshot, &holder).await?;
        }
        Ok(loaded)
    }

    /// The dead properties of a member.
    pub async fn of_member(
        snapshot: &Snapshot,
        collection: &Node,
        name: &str,
    ) -> Result<Self, Fault> {
        let Node::Collection(book) = collection else { return Ok(Self::default()) };
        let holder = Holder::Member(book.collection().id, name);
        Ok(Self { dead: property::list(snapshot, &holder).await?, ..Self::default() })
    }
}
