//! PROPFIND (RFC 4918 §9.1).

use std::sync::Arc;

use super::header::{Depth, Prefer};
use super::multistatus::{self, Listing};
use super::plan::Plan;
use super::request::{PropRequest, read};
use super::resource::Resource;
use super::scope::Scope;
use crate::base::{Condition, Fault, Reply, Request};
use crate::store::member;

/// Answers PROPFIND. Depth infinity is refused (RFC 4918 §9.1 allows it).
pub async fn propfind(
    scope: Arc<Scope>,
    resource: Resource,
    mut request: Request,
) -> Result<Reply, Fault> {
    let depth = Depth::parse(&request.headers)?;
    let bytes = request.body.read(scope.limits().xml_bytes).await?;
    let body = read(&bytes, &request.headers, scope.limits())?;
    let wish = PropRequest::parse(body.as_ref(), scope.limits())?;
    let prefer = Prefer::parse(&request.headers);
    let plan = Plan::new(scope.registry(), &wish, prefer.minimal, None);
    let snapshot = scope.store().snapshot().await?;
    match resource {
        Resource::Vacant(..) => Err(Fault::not_found()),
        Resource::Member(node, name) => {
            let id = node.collection()?.collection().id;
            let found = member::get(&snapshot, id, name.as_str()).await?;
            let found = found.ok_or_else(Fault::not_found)?;
            let listing = Listing::new(scope, snapshot, node, plan);
            multistatus::reply(&request, move |mut out, sender| async move {
                listing.write_member(name.as_str(), &found, &mut out).await?;
                multistatus::finish(out, &sender).await
            })
            .await
        }
        Resource::Node(node) => {
            let depth = match depth {
                // Some clients leave it out where they mean the resource itself.
                None => Depth::Zero,
                Some(Depth::Infinity) => {
                    return Err(Fault::forbidden(
                        "A whole tree is not listed at once; ask with Depth: 1.",
                    )
                    .with(Condition::dav("propfind-finite-depth")));
                }
                Some(depth) => depth,
            };
            let with_root = depth == Depth::Zero || !prefer.depth_noroot;
            let listing = Listing::new(scope, snapshot, node, plan);
            multistatus::reply(&request, move |mut out, sender| async move {
                if with_root {
                    listing.write_self(&mut out).await?;
                }
                if depth == Depth::One {
                    listing.write_children(&mut out, &sender).await?;
                }
                multistatus::finish(out, &sender).await
            })
            .await
        }
    }
}
