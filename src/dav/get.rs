//! GET and HEAD.

use std::sync::Arc;

use bytes::Bytes;

use super::conditions;
use super::header::Outcome;
use super::options;
use super::resource::{Node, Resource};
use super::scope::Scope;
use crate::base::{Fault, Reply, ReplyBody, Request};
use crate::store::body::{self, Slot};
use crate::store::engine::Snapshot;
use crate::store::member;

/// Answers GET and HEAD; the transport leaves the body of HEAD out.
pub async fn get(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    resource: Resource,
    request: Request,
) -> Result<Reply, Fault> {
    match resource {
        Resource::Member(node, name) => {
            let book = node.collection()?.collection();
            let found = member::get(&snapshot, book.id, name.as_str()).await?;
            let found = found.ok_or_else(Fault::not_found)?;
            let etag = found.etag.to_string();
            match conditions::outcome(&request, true, Some(&found)) {
                Outcome::Proceed => {}
                Outcome::NotModified => return Ok(Reply::empty(304).header("etag", etag)),
                Outcome::Failed => return Err(conditions::failed(Some(&found))),
            }
            let objects = scope.registry().objects(book.kind).ok_or_else(Fault::not_found)?;
            let stored = body::get(&snapshot, Slot::Member(book.id, name.as_str())).await?;
            let sight = node.sight();
            let reply = match objects.negotiate(&request, &scope, found.row())? {
                None if sight.changes_members() => {
                    let whole = stored.whole(&snapshot).await?;
                    let shown = Bytes::copy_from_slice(&sight.bytes(objects, &whole));
                    Reply::with_body(
                        200,
                        objects.content_type(found.row()),
                        ReplyBody::Bytes(shown),
                    )
                }
                None => Reply::with_body(
                    200,
                    objects.content_type(found.row()),
                    ReplyBody::Parts(stored.runs(&snapshot).await?),
                ),
                Some(conversion) => {
                    let whole = stored.whole(&snapshot).await?;
                    let converted = conversion.convert(&sight.bytes(objects, &whole));
                    let body = ReplyBody::Bytes(Bytes::from(converted));
                    Reply::with_body(200, conversion.content_type(), body)
                }
            };
            let more = objects.headers(&snapshot, book.id, name.as_str()).await?;
            Ok(more
                .into_iter()
                .fold(reply, |reply, (header, value)| reply.header(header, value))
                .header("etag", etag)
                .header("last-modified", found.modified.imf_fixdate())
                .header("content-disposition", "attachment")
                .header("vary", objects.vary()))
        }
        Resource::Node(node) => Ok(describe(&node)),
        Resource::Vacant(..) => Err(Fault::not_found()),
    }
}

/// What a person sees who opens the address of a collection in a browser.
fn describe(node: &Node) -> Reply {
    let text = match node {
        Node::Collection(book) => format!(
            "This is \"{}\". Give this server's address to your contacts or calendar app.\n",
            book.collection().display_name.as_deref().unwrap_or(&book.collection().name)
        ),
        _ => "rolodav is running. Give this server's address to your contacts or calendar app.\n"
            .to_owned(),
    };
    Reply::with_body(200, "text/plain; charset=utf-8", ReplyBody::Bytes(text.into()))
        .header("allow", options::allow(node.on()))
}
