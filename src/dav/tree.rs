//! The one resource tree: an address becomes a resource here and nowhere else, and every
//! resource passes `authorize` on the way.

use super::path::Address;
use super::resource::{CollectionNode, Node, PrincipalNode, Resource};
use super::scope::Scope;
use crate::accounts::authorize::Action;
use crate::base::{CollectionId, Fault, Identity, PrincipalId};
use crate::store::collection::{self, Found, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::grants::{self, Allowed};
use crate::store::{delegates, memberships, principals};

/// How shared collections are named in the sharee's home: stable, and no user's own choice.
const SHARED: &str = "shared-";

/// What `address` names for the caller; 404 if nothing it may know of.
pub async fn resolve(
    scope: &Scope,
    snapshot: &Snapshot,
    address: &Address,
) -> Result<Resource, Fault> {
    let node = match address {
        Address::Root | Address::WellKnown(_) => Node::Root { top: true },
        Address::DavRoot => Node::Root { top: false },
        Address::PrincipalCollection => Node::PrincipalCollection,
        Address::Principal(id) => {
            principal(scope, snapshot, id).await?.ok_or_else(Fault::not_found)?
        }
        Address::Proxy(id, access) => match principal(scope, snapshot, id).await? {
            Some(Node::Principal(owner)) if !owner.is_group => Node::Proxy(owner, *access),
            _ => return Err(Fault::not_found()),
        },
        Address::Homes(kind) => Node::Homes(*kind),
        Address::Home(kind, owner) => home(snapshot, *kind, owner).await?,
        Address::Collection { kind, owner, name } => {
            let Some(node) = collection_node(scope, snapshot, *kind, owner, name.as_str()).await?
            else {
                let home = home(snapshot, *kind, owner).await?;
                scope.require(Action::Read, &home, &home.href())?;
                if let Some(outbox) = outbox(scope, *kind, owner)
                    && let Node::Outbox(_, _, known) = &outbox
                    && known.name == name.as_str()
                {
                    return Ok(Resource::Node(outbox));
                }
                return Ok(Resource::Vacant(*kind, owner.clone(), name.clone()));
            };
            node
        }
        Address::Member { kind, owner, collection, name } => {
            let node = collection_node(scope, snapshot, *kind, owner, collection.as_str()).await?;
            let node = node.ok_or_else(Fault::not_found)?;
            scope.require(Action::Read, &node, "")?;
            return Ok(Resource::Member(node, name.clone()));
        }
        Address::Unknown => return Err(Fault::not_found()),
    };
    scope.require(Action::Read, &node, "")?;
    Ok(Resource::Node(node))
}

/// What is below `node` and visible to the caller, in the order clients should see it.
pub async fn children(scope: &Scope, snapshot: &Snapshot, node: &Node) -> Result<Vec<Node>, Fault> {
    let mut children = match node {
        Node::Root { top: true } => vec![Node::Root { top: false }],
        Node::Root { top: false } => vec![
            Node::PrincipalCollection,
            Node::Homes(Kind::AddressBook),
            Node::Homes(Kind::Calendar),
        ],
        Node::PrincipalCollection => {
            let mut known = vec![scope.identity.principal.clone()];
            known.extend(scope.identity.groups.iter().cloned());
            let mut nodes = Vec::new();
            for id in known {
                nodes.extend(principal(scope, snapshot, &id).await?);
            }
            nodes
        }
        Node::Homes(kind) => vec![Node::Home(*kind, scope.identity.principal.clone())],
        Node::Home(kind, owner) => {
            let mut below = collections(scope, snapshot, *kind, owner).await?;
            below.extend(outbox(scope, *kind, owner));
            below
        }
        Node::Principal(_) | Node::Proxy(..) | Node::Collection(_) | Node::Outbox(..) => Vec::new(),
    };
    children.retain(|child| scope.allows(Action::Read, child));
    Ok(children)
}

/// The principal `id`.
pub async fn principal(
    scope: &Scope,
    snapshot: &Snapshot,
    id: &PrincipalId,
) -> Result<Option<Node>, Fault> {
    let Some(found) = principals::get(snapshot, id).await? else {
        return Ok(None);
    };
    Ok(Some(Node::Principal(PrincipalNode {
        id: id.clone(),
        is_group: found.record.kind == principals::Kind::Group,
        display_name: found.record.display_name,
        mail: found.record.mail,
        acquainted: is_acquainted(scope, snapshot, id).await?,
    })))
}

async fn is_acquainted(
    scope: &Scope,
    snapshot: &Snapshot,
    id: &PrincipalId,
) -> Result<bool, Fault> {
    let Identity { principal, groups, .. } = &*scope.identity;
    if id == principal || groups.contains(id) || scope.identity.delegation(id).is_some() {
        return Ok(true);
    }
    let delegates = delegates::of_owner(snapshot, principal).await?;
    if delegates.iter().any(|(delegate, _)| delegate == id) {
        return Ok(true);
    }
    let theirs = memberships::all_groups(snapshot, id).await?;
    if theirs.iter().any(|group| groups.contains(group)) {
        return Ok(true);
    }
    let shares = grants::of_user(snapshot, principal, groups).await?;
    Ok(shares.iter().any(|grant| grant.owner == *id))
}

async fn home(snapshot: &Snapshot, kind: Kind, owner: &PrincipalId) -> Result<Node, Fault> {
    match principals::get(snapshot, owner).await? {
        Some(found) if found.record.kind == principals::Kind::User => {
            Ok(Node::Home(kind, owner.clone()))
        }
        _ => Err(Fault::not_found()),
    }
}

/// The outbox in a home of that kind, if there is any.
fn outbox(scope: &Scope, kind: Kind, owner: &PrincipalId) -> Option<Node> {
    let outbox = scope.registry().objects(kind)?.outbox()?;
    Some(Node::Outbox(kind, owner.clone(), outbox))
}

/// The collections in a home: the owner's in their order, then those shared with the caller.
async fn collections(
    scope: &Scope,
    snapshot: &Snapshot,
    kind: Kind,
    owner: &PrincipalId,
) -> Result<Vec<Node>, Fault> {
    let mut own = collection::list(snapshot, owner, kind).await?;
    let first = scope.identity.profile.default_book;
    own.sort_by_key(|found| {
        let book = &found.collection;
        (first != Some(book.id), book.role == Role::Inbox, book.order.unwrap_or(0), book.id)
    });
    let mut nodes: Vec<Node> = Vec::with_capacity(own.len());
    for found in own {
        nodes.push(own_collection(scope, snapshot, owner, found).await?);
    }
    if *owner == scope.identity.principal {
        for grant in grants::of_user(snapshot, owner, &scope.identity.groups).await? {
            let segment = format!("{SHARED}{}", grant.collection.0);
            nodes.extend(collection_node(scope, snapshot, kind, owner, &segment).await?);
        }
    }
    Ok(nodes)
}

async fn collection_node(
    scope: &Scope,
    snapshot: &Snapshot,
    kind: Kind,
    owner: &PrincipalId,
    segment: &str,
) -> Result<Option<Node>, Fault> {
    if let Some(found) = collection::find(snapshot, owner, kind, segment).await? {
        return own_collection(scope, snapshot, owner, found).await.map(Some);
    }
    let shared = shared_id(segment).filter(|_| *owner == scope.identity.principal);
    let Some(id) = shared else {
        return Ok(None);
    };
    let Some(grant) = grant_of(scope, snapshot, id).await? else {
        return Ok(None);
    };
    let Some(found) = collection::get(snapshot, id).await? else {
        return Ok(None);
    };
    let elsewhere = found.collection.kind != kind || found.collection.owner == *owner;
    if found.collection.deleted.is_some() || elsewhere {
        return Ok(None);
    }
    Ok(Some(CollectionNode::seen_in(owner, segment, found, Some(grant), scope)))
}

async fn own_collection(
    scope: &Scope,
    snapshot: &Snapshot,
    owner: &PrincipalId,
    found: Found,
) -> Result<Node, Fault> {
    let grant = if *owner == scope.identity.principal {
        None
    } else {
        grant_of(scope, snapshot, found.collection.id).await?
    };
    let segment = found.collection.name.clone();
    Ok(CollectionNode::seen_in(owner, &segment, found, grant, scope))
}

async fn grant_of(
    scope: &Scope,
    snapshot: &Snapshot,
    id: CollectionId,
) -> Result<Option<Allowed>, Fault> {
    let identity = &scope.identity;
    Ok(grants::access(snapshot, id, &identity.principal, &identity.groups).await?)
}

/// The collection that `segment` names if it is that of a shared one.
pub fn shared_id(segment: &str) -> Option<CollectionId> {
    segment.strip_prefix(SHARED)?.parse().ok().map(CollectionId)
}

/// May a user name a collection so? Names of shared collections are the server's.
pub fn is_reserved(segment: &str) -> bool {
    shared_id(segment).is_some()
}
