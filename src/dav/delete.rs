//! DELETE: a member goes to the history, a collection to the trash.

use std::sync::Arc;

use super::conditions;
use super::header::Depth;
use super::options;
use super::put;
use super::resource::{Node, Resource};
use super::scope::Scope;
use crate::accounts::authorize::Action;
use crate::base::{Fault, Reply, Request};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection;
use crate::store::engine::{Batch, Snapshot};
use crate::store::grants;
use crate::store::write::Target;

/// Answers DELETE.
pub async fn delete(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    resource: Resource,
    request: Request,
) -> Result<Reply, Fault> {
    match resource {
        Resource::Member(node, name) => {
            let book = node.collection()?;
            scope.require_on_member(Action::Remove, &node, book.href())?;
            let rights = book.rights();
            let actor = scope.actor();
            let target = Target {
                collection: book.collection(),
                rights: &rights,
                name: name.as_str(),
                actor: &actor,
            };
            drop(snapshot);
            let objects = scope.registry().objects(book.collection().kind);
            let companion = objects.and_then(|objects| objects.companion(&request, &scope));
            let alongside = companion.as_ref().map(|companion| companion.alongside());
            let deleted = scope.store().delete_member(&target, alongside, |current| {
                if current.is_none() && !request.headers.contains_key(http::header::IF_MATCH) {
                    return Err(Fault::not_found());
                }
                conditions::check_write(&request, current)
            });
            deleted.await.map_err(|refusal| match objects {
                Some(objects) => {
                    put::explain(refusal, book, name.as_str(), &objects.uid_conflict())
                }
                None => Fault::not_found(),
            })?;
            if let Some(companion) = companion {
                companion.settle().await;
            }
            Ok(Reply::empty(204))
        }
        Resource::Node(node @ Node::Collection(_)) => {
            if !matches!(Depth::parse(&request.headers)?, None | Some(Depth::Infinity)) {
                return Err(Fault::bad_request("A collection is deleted whole: Depth: infinity."));
            }
            remove_collection(&scope, &snapshot, &node, &request).await
        }
        Resource::Node(node) => Err(options::not_allowed(node.on(), "This cannot be deleted.")),
        Resource::Vacant(..) => Err(Fault::not_found()),
    }
}

async fn remove_collection(
    scope: &Scope,
    snapshot: &Snapshot,
    node: &Node,
    request: &Request,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    let mut batch = Batch::new();
    let mut companion = None;
    if book.is_shared() {
        // Deleting somebody else's book from one's own home means leaving the share.
        let identity = &scope.identity;
        let (id, own) = (book.collection().id, &identity.principal);
        if identity.profile.read_only || grants::access(snapshot, id, own, &[]).await?.is_none() {
            scope.require(Action::Remove, node, book.href())?;
        }
        grants::remove(&mut batch, id, own);
        let (owner, place) = (book.collection().owner.as_str(), &book.collection().name);
        let share = Deed::of(Subject::Share, Verb::Removed, owner);
        let deed = Deed { place, name: own.as_str(), detail: "left by them", ..share };
        deed.note(scope.store(), &mut batch, &scope.actor())?;
    } else {
        scope.require(Action::Remove, node, book.href())?;
        if let Some(objects) = scope.registry().objects(book.collection().kind) {
            objects.may_remove(snapshot, book.collection()).await?;
            companion = objects.companion(request, scope);
        }
        if let Some(companion) = &companion {
            companion.plan_removal(snapshot, &mut batch, book.collection()).await?;
        }
        collection::trash(scope.store(), snapshot, &mut batch, book.found()).await?;
        let deed = Deed::of_collection(Verb::Removed, book.collection());
        deed.note(scope.store(), &mut batch, &scope.actor())?;
    }
    scope.store().commit(batch).await?;
    if let Some(companion) = companion {
        companion.settle().await;
    }
    Ok(Reply::empty(204))
}
