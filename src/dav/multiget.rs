//! Multiget, of cards (RFC 6352 §8.7) and of calendar objects (RFC 4791 §7.9): one response for
//! each href asked for.

use std::collections::HashSet;
use std::sync::Arc;

use super::multistatus::{self, Listing};
use super::object_type::Answering;
use super::path::Address;
use super::registry::ReportCall;
use super::report;
use super::resource::{Node, Resource};
use super::tree::resolve;
use super::xml::name::Name;
use crate::base::{Fault, ObjectName};
use crate::store::member;

/// Answers the report.
pub fn run(call: ReportCall) -> Answering {
    Box::pin(async move {
        let href = Name::dav("href");
        let hrefs: Vec<String> =
            call.body.children_named(&href).map(|h| h.trimmed().to_owned()).collect();
        if hrefs.is_empty() {
            return Err(Fault::bad_request("A multiget names at least one DAV:href."));
        }
        if hrefs.len() > call.scope.limits().hrefs {
            return Err(Fault::new(413, "A multiget with so many hrefs is too large."));
        }
        let wish = report::wish(&call.body, call.scope.limits())?;
        let plan = report::plan(&call, &wish)?;
        let snapshot = call.scope.store().snapshot().await?;
        let within = call.node.href();
        let listing = Listing::new(Arc::clone(&call.scope), snapshot, call.node, plan);
        multistatus::reply(&call.request, move |mut out, sender| async move {
            let mut answered = HashSet::with_capacity(hrefs.len());
            for href in &hrefs {
                match find(&listing, &within, href).await? {
                    Some((node, name)) if answered.insert(format!("{}{name}", node.href())) => {
                        let id = node.collection()?.collection().id;
                        let name = name.as_str();
                        let found = member::get(&listing.snapshot, id, name).await?;
                        match node.sight().found(found) {
                            Some(found) => {
                                listing.write_member_of(&node, name, &found, &mut out).await?;
                            }
                            None => out.response_status(href, 404),
                        }
                    }
                    None if answered.insert(href.clone()) => out.response_status(href, 404),
                    _ => {}
                }
                multistatus::flush_if_full(&mut out, &sender).await?;
            }
            multistatus::finish(out, &sender).await
        })
        .await
    })
}

/// The member that `href` names, if it lies below `within` and the caller may see it.
async fn find(
    listing: &Listing,
    within: &str,
    href: &str,
) -> Result<Option<(Node, ObjectName)>, Fault> {
    let Ok(address) = Address::parse_href(href) else { return Ok(None) };
    let Address::Member { name, .. } = &address else { return Ok(None) };
    let canonical = address.href();
    let Some(rest) = canonical.strip_prefix(within) else { return Ok(None) };
    if !rest.contains('/') && matches!(listing.node, Node::Collection(_)) {
        // The usual case: the collection is known and was authorized.
        return Ok(Some((listing.node.clone(), name.clone())));
    }
    match resolve(&listing.scope, &listing.snapshot, &address).await {
        Ok(Resource::Member(node, name)) => Ok(Some((node, name))),
        Ok(_) => Ok(None),
        Err(fault) if fault.status == 404 => Ok(None),
        Err(fault) => Err(fault),
    }
}
