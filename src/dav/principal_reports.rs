//! The four reports on principals (RFC 3744 §9). Only principals the caller knows of anyway are
//! told, so that nobody can list who has an account.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::header::Depth;
use super::multistatus::{self, Listing};
use super::object_type::Answering;
use super::registry::ReportCall;
use super::report;
use super::request::principal_reports::Criterion;
use super::request::{PrincipalMatch, PrincipalSearch, PropRequest};
use super::resource::{Node, PrincipalNode};
use super::scope::Scope;
use super::tree::principal;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::accounts::authorize::Action;
use crate::base::{Condition, Fault, PrincipalId, Reply, ReplyBody};
use crate::store::engine::Snapshot;
use crate::store::{grants, memberships};

/// The fewest characters that a search takes.
const SHORTEST: usize = 2;

fn require_depth_zero(call: &ReportCall) -> Result<(), Fault> {
    match report::depth(&call.request)? {
        None | Some(Depth::Zero) => Ok(()),
        Some(_) => Err(Fault::bad_request("This report takes Depth: 0.")),
    }
}

/// `DAV:acl-principal-prop-set`: properties of the principals in the resource's ACL.
pub fn acl_principal_prop_set(call: ReportCall) -> Answering {
    Box::pin(async move {
        require_depth_zero(&call)?;
        let wish = report::wish(&call.body, call.scope.limits())?;
        call.scope.require(Action::ReadAcl, &call.node, &call.node.href())?;
        let snapshot = call.scope.store().snapshot().await?;
        let mut ids: BTreeSet<PrincipalId> = call.node.owner().cloned().into_iter().collect();
        if let Node::Collection(book) = &call.node {
            let grants = grants::of_collection(&snapshot, book.collection().id).await?;
            ids.extend(grants.into_iter().map(|grant| grant.grantee));
        }
        let nodes = load(&call.scope, &snapshot, ids).await?;
        answer(call, snapshot, nodes, &wish).await
    })
}

/// `DAV:principal-match`: the principals (or things below) that are the caller.
pub fn principal_match(call: ReportCall) -> Answering {
    Box::pin(async move {
        require_depth_zero(&call)?;
        let wish = PrincipalMatch::parse(&call.body, call.scope.limits())?;
        let snapshot = call.scope.store().snapshot().await?;
        let identity = &call.scope.identity;
        let own = std::iter::once(&identity.principal).chain(&identity.groups).cloned();
        let nodes = match (&wish.property, &call.node) {
            (None, Node::Root { .. } | Node::PrincipalCollection) => {
                load(&call.scope, &snapshot, own.collect()).await?
            }
            (None, _) => Vec::new(),
            (Some(property), node) => {
                // Only the owner property names principals of collections here.
                let below = super::tree::children(&call.scope, &snapshot, node).await?;
                let is_owner = *property == Name::dav("owner");
                let mine = |n: &Node| n.owner() == Some(&identity.principal);
                below.into_iter().filter(|n| is_owner && mine(n)).collect()
            }
        };
        answer(call, snapshot, nodes, &PropRequest::Prop(wish.props)).await
    })
}

/// `DAV:principal-property-search`: principals whose properties contain texts.
pub fn principal_property_search(call: ReportCall) -> Answering {
    Box::pin(async move {
        require_depth_zero(&call)?;
        let wish = PrincipalSearch::parse(&call.body, call.scope.limits())?;
        let snapshot = call.scope.store().snapshot().await?;
        let searchable = matches!(call.node, Node::Root { .. } | Node::PrincipalCollection);
        let mut hits = Vec::new();
        if searchable || wish.in_principal_collections {
            let known = acquaintances(&call.scope, &snapshot).await?;
            for node in load(&call.scope, &snapshot, known).await? {
                if let Node::Principal(found) = &node
                    && if wish.any {
                        wish.criteria.iter().any(|one| matches(found, one))
                    } else {
                        wish.criteria.iter().all(|one| matches(found, one))
                    }
                {
                    hits.push(node);
                }
            }
        }
        if hits.len() > call.scope.limits().principal_matches {
            return Err(Fault::forbidden("Too many people match; search for more of the name.")
                .with(Condition::dav("number-of-matches-within-limits")));
        }
        answer(call, snapshot, hits, &PropRequest::Prop(wish.props)).await
    })
}

/// `DAV:principal-search-property-set`: what can be searched.
pub fn principal_search_property_set(call: ReportCall) -> Answering {
    Box::pin(async move {
        require_depth_zero(&call)?;
        let mut out = XmlOut::with_capacity(1024);
        out.declaration_and_root("principal-search-property-set");
        let searchable = [
            (Name::dav("displayname"), "Full name"),
            (Name::cs("email-address-set"), "Mail address"),
        ];
        for (name, description) in searchable {
            let (outer, prop) = (Name::dav("principal-search-property"), Name::dav("prop"));
            let text = Name::dav("description");
            out.start(&outer);
            out.start(&prop);
            out.empty(&name);
            out.end(&prop);
            out.start_with(&text, &[("xml:lang", "en")]);
            out.text(description);
            out.end(&text);
            out.end(&outer);
        }
        out.end(&Name::dav("principal-search-property-set"));
        let body = ReplyBody::Bytes(out.into_bytes());
        Ok(Reply::with_body(200, multistatus::XML, body))
    })
}

/// Everybody the caller knows of: itself, its groups and their members, and those who share
/// something with it.
async fn acquaintances(scope: &Scope, snapshot: &Snapshot) -> Result<BTreeSet<PrincipalId>, Fault> {
    let identity = &scope.identity;
    let mut known: BTreeSet<PrincipalId> = identity.groups.iter().cloned().collect();
    known.insert(identity.principal.clone());
    for group in &identity.groups {
        if let Some(members) = memberships::members(snapshot, group).await? {
            known.extend(members.record.0);
        }
    }
    let shares = grants::of_user(snapshot, &identity.principal, &identity.groups).await?;
    known.extend(shares.into_iter().map(|grant| grant.owner));
    Ok(known)
}

async fn load(
    scope: &Scope,
    snapshot: &Snapshot,
    ids: BTreeSet<PrincipalId>,
) -> Result<Vec<Node>, Fault> {
    let mut nodes = Vec::new();
    for id in ids {
        nodes.extend(principal(scope, snapshot, &id).await?);
    }
    nodes.retain(|node| scope.allows(Action::Read, node));
    Ok(nodes)
}

fn matches(principal: &PrincipalNode, term: &Criterion) -> bool {
    let needle = term.text.to_lowercase();
    if needle.chars().count() < SHORTEST {
        return false;
    }
    term.properties.iter().all(|property| {
        let value = if *property == Name::dav("displayname") {
            Some(principal.display_name.as_str())
        } else if *property == Name::cs("email-address-set") {
            principal.mail.as_deref()
        } else {
            None
        };
        value.is_some_and(|value| value.to_lowercase().contains(&needle))
    })
}

async fn answer(
    call: ReportCall,
    snapshot: Snapshot,
    nodes: Vec<Node>,
    props: &PropRequest,
) -> Result<Reply, Fault> {
    let plan = report::plan(&call, props)?;
    let listing = Listing::new(Arc::clone(&call.scope), snapshot, call.node, plan);
    multistatus::reply(&call.request, move |mut out, sender| async move {
        for node in &nodes {
            listing.write_node(node, &mut out).await?;
        }
        multistatus::finish(out, &sender).await
    })
    .await
}
