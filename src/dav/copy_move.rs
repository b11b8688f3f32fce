//! COPY and MOVE of members and collections (RFC 4918 §9.8, §9.9).

use std::sync::Arc;

use super::conditions;
use super::header::{Depth, destination, overwrite};
use super::mkcol;
use super::object_type::Journey;
use super::path::Address;
use super::put;
use super::resource::{CollectionNode, Node, Resource, need_privilege};
use super::scope::Scope;
use super::sight::Sight;
use super::tree::{self, resolve};
use crate::accounts::authorize::Action;
use crate::base::{CollectionId, Fault, ObjectName, PrincipalId, Reply, Request};
use crate::store::audit::{Deed, Verb};
use crate::store::collection::{self, Collection, Found, Kind};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::{self, Member};
use crate::store::property::{self, Holder};
use crate::store::relocate::Leaving;
use crate::store::write::Target;

/// How a collection is copied: so many members in one commit.
const COPY_BATCH: usize = 256;

/// Answers COPY (`keep`) and MOVE.
pub async fn copy_move(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    address: Address,
    resource: Resource,
    request: Request,
    keep: bool,
) -> Result<Reply, Fault> {
    let to = destination(&request.headers, &request.origin, &scope.services.origins)?;
    if to == address {
        return Err(same_resource());
    }
    let overwrite = overwrite(&request.headers)?;
    let there =
        resolve(&scope, &snapshot, &to).await.map_err(|fault| match (fault.status, &to) {
            // What the destination lies in is not there (RFC 4918 §9.8.5).
            (404, Address::Member { .. }) => Fault::conflict(
                "There is no address book or calendar at the destination; make it first.",
            ),
            (404, _) => Fault::forbidden("Nothing can be put at this destination."),
            _ => fault,
        })?;
    match (resource, there) {
        (Resource::Member(from, from_name), Resource::Member(to, to_name)) => {
            drop(snapshot);
            member_to(&scope, &request, (&from, &from_name), (&to, &to_name), keep, overwrite).await
        }
        (Resource::Node(node @ Node::Collection(_)), Resource::Vacant(kind, owner, name)) => {
            same_kind(&scope, &node, kind)?;
            collection_to(&scope, &snapshot, &request, &node, (&owner, &name), None, keep).await
        }
        (
            Resource::Node(node @ Node::Collection(_)),
            Resource::Node(over @ Node::Collection(_)),
        ) => {
            if !overwrite {
                return Err(occupied(None));
            }
            let book = over.collection()?;
            same_kind(&scope, &node, book.collection().kind)?;
            scope.require(Action::Remove, &over, book.href())?;
            let (owner, name) = (book.home().clone(), book.collection().name.clone());
            if book.is_shared() {
                return Err(need_privilege(book.href(), "unbind"));
            }
            let name = ObjectName::parse(&name).ok_or_else(Fault::not_found)?;
            let target = (&owner, &name);
            collection_to(&scope, &snapshot, &request, &node, target, Some(book), keep).await
        }
        (Resource::Vacant(..), _) => Err(Fault::not_found()),
        (Resource::Node(Node::Collection(_)), Resource::Member(over, _)) => {
            Err(mkcol::location(&scope, over.collection()?.collection().kind))
        }
        _ => Err(Fault::forbidden("This cannot be put at that destination.")),
    }
}

fn same_resource() -> Fault {
    Fault::forbidden("Source and destination are the same.")
}

/// Collections do not change what they hold by being moved.
fn same_kind(scope: &Scope, node: &Node, kind: Kind) -> Result<(), Fault> {
    if node.collection()?.collection().kind == kind {
        Ok(())
    } else {
        Err(mkcol::location(scope, kind))
    }
}

/// Copies are whole: what is kept from the caller would be theirs.
fn may_leave(book: &CollectionNode) -> Result<(), Fault> {
    if book.withholds_history() {
        return Err(Fault::forbidden(
            "This is shared without its history; what is in it can be read, but not copied.",
        ));
    }
    Ok(())
}

fn occupied(there: Option<&Member>) -> Fault {
    let etag = there.map(|m| m.etag);
    Fault::precondition("There is something at the destination already.").with_etag(etag)
}

async fn member_to(
    scope: &Scope,
    request: &Request,
    (from, from_name): (&Node, &ObjectName),
    (to, to_name): (&Node, &ObjectName),
    keep: bool,
    overwrite: bool,
) -> Result<Reply, Fault> {
    let (source, target) = (from.collection()?, to.collection()?);
    // A shared book has two addresses: its owner's and the one in the sharee's home.
    if source.collection().id == target.collection().id && from_name == to_name {
        return Err(same_resource());
    }
    if source.collection().id != target.collection().id {
        may_leave(source)?;
    }
    let objects =
        scope.registry().objects(target.collection().kind).ok_or_else(Fault::not_found)?;
    if source.on() != target.on() {
        return Err(Fault::forbidden("The destination holds other things than this.")
            .with(objects.unsupported()));
    }
    if !keep {
        scope.require_on_member(Action::Remove, from, source.href())?;
    }
    let journey = Journey {
        from: source.collection(),
        name: from_name.as_str(),
        to: target.collection(),
        keep,
    };
    objects.may_go(&scope.store().snapshot().await?, journey).await?;
    let (rights_from, rights_to, actor) = (source.rights(), target.rights(), scope.actor());
    let source_target = Target {
        collection: source.collection(),
        rights: &rights_from,
        name: from_name.as_str(),
        actor: &actor,
    };
    let target_target = Target {
        collection: target.collection(),
        rights: &rights_to,
        name: to_name.as_str(),
        actor: &actor,
    };
    let guard = |current: Option<&Member>, there: Option<&Member>| {
        let Some(moving) = current else {
            return Err(Fault::not_found());
        };
        conditions::check_write(request, current)?;
        objects.fits(moving.row(), target.collection())?;
        if there.is_some() {
            let href = target.member_href(to_name.as_str());
            scope.require_on_member(Action::WriteContent, to, &href)?;
            if !overwrite {
                return Err(occupied(there));
            }
        } else {
            scope.require(Action::Bind, to, target.href())?;
        }
        Ok(())
    };
    let quota = scope.services.quota;
    let leaving = |bytes| objects.leaving(bytes, scope);
    let moved = scope
        .store()
        .move_member(&source_target, &target_target, keep, quota, Some(&leaving), guard)
        .await;
    let written = moved.map_err(|refusal| {
        put::explain(refusal, target, to_name.as_str(), &objects.uid_conflict())
    })?;
    let status = if written.created { 201 } else { 204 };
    Ok(Reply::empty(status).header("etag", written.member.etag.to_string()))
}

async fn collection_to(
    scope: &Scope,
    snapshot: &Snapshot,
    request: &Request,
    node: &Node,
    (owner, name): (&PrincipalId, &ObjectName),
    over: Option<&CollectionNode>,
    keep: bool,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    if over.is_some_and(|over| over.collection().id == book.collection().id) {
        return Err(same_resource());
    }
    may_leave(book)?;
    let home = Node::Home(book.collection().kind, owner.clone());
    scope.require(Action::Bind, &home, &home.href())?;
    if tree::is_reserved(name.as_str()) {
        return Err(Fault::forbidden("Names of this form are given to shared collections."));
    }
    let mut batch = Batch::new();
    let instead_of = over.map(|over| over.collection().id);
    if let Some(over) = over {
        collection::trash(scope.store(), snapshot, &mut batch, over.found()).await?;
        let deed = Deed::of_collection(Verb::Removed, over.collection());
        deed.note(scope.store(), &mut batch, &scope.actor())?;
    }
    if keep {
        let deep = match Depth::parse(&request.headers)? {
            None | Some(Depth::Infinity) => true,
            Some(Depth::Zero) => false,
            Some(Depth::One) => {
                return Err(Fault::bad_request("COPY takes Depth: 0 or Depth: infinity."));
            }
        };
        let hidden = copy(scope, snapshot, book, (owner, name), deep).await?;
        let filled = scope.store().snapshot().await?;
        collection::restore(&filled, &mut batch, &hidden, name.as_str(), instead_of).await?;
    } else {
        if !matches!(Depth::parse(&request.headers)?, None | Some(Depth::Infinity)) {
            return Err(Fault::bad_request("MOVE of a collection takes Depth: infinity."));
        }
        scope.require(Action::Remove, node, book.href())?;
        if *owner != book.collection().owner {
            return Err(Fault::forbidden(
                "A collection stays with its owner; share it, or copy it.",
            ));
        }
        let now = Collection { name: name.as_str().to_owned(), ..book.collection().clone() };
        collection::rename(&mut batch, book.found(), &now, instead_of)?;
    }
    let (source, verb) = (book.collection(), if keep { Verb::Copied } else { Verb::Moved });
    let came = format!("from {}/{}", source.owner, source.name);
    let (owner_id, place) = (owner.as_str(), name.as_str());
    let deed = Deed::of_collection(verb, source);
    let deed = Deed { owner: owner_id, place, detail: &came, ..deed };
    deed.note(scope.store(), &mut batch, &scope.actor())?;
    let quota = scope.services.quota.filter(|_| keep);
    let quota_step = quota.map(|most| collection::bound_user_bytes(&mut batch, owner, most));
    match scope.store().commit(batch).await {
        Err(CommitError::Refused(step)) if Some(step) == quota_step => Err(put::no_space()),
        Ok(_) => Ok(Reply::empty(if over.is_some() { 204 } else { 201 })),
        Err(CommitError::Refused(_)) => Err(Fault::conflict(
            "The source or the destination was changed at this moment; try again.",
        )),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

/// Copies a collection into the trash, so that nobody sees it before it is whole; the caller
/// brings it out of there.
async fn copy(
    scope: &Scope,
    snapshot: &Snapshot,
    book: &CollectionNode,
    (owner, name): (&PrincipalId, &ObjectName),
    deep: bool,
) -> Result<Found, Fault> {
    let store = scope.store();
    let source = book.collection();
    if let Some(most) = scope.services.quota.filter(|_| deep) {
        // Judged again by the last commit; here, lest much be copied for nothing.
        let used = collection::user_bytes(snapshot, owner).await?;
        let more = collection::bytes_used(snapshot, source.id).await?;
        if used.saturating_add(more) > most as i64 {
            return Err(put::no_space());
        }
    }
    let copy = Collection {
        display_name: source.display_name.clone(),
        color: source.color.clone(),
        order: source.order,
        calendar: source.calendar.clone(),
        ..mkcol::new_collection(scope, owner, name, source.kind)?
    };
    let hidden = collection::create_in_trash(store, &copy).await?;
    let mut first = Batch::new();
    property::carry(
        snapshot,
        &mut first,
        &Holder::Collection(source.id),
        &Holder::Collection(copy.id),
        true,
    )
    .await?;
    store.commit(first).await?;
    let objects = scope.registry().objects(source.kind).ok_or_else(Fault::not_found)?;
    let leaves = |bytes| objects.leaving(bytes, scope);
    let leaving: Option<Leaving<'_>> =
        if source.owner == copy.owner { None } else { Some(&leaves) };
    let mut after: Option<String> = None;
    loop {
        let page = member_page(snapshot, source.id, after.as_deref()).await?;
        let Some((end, _)) = page.last().filter(|_| deep) else { break };
        after = Some(end.clone());
        let mut batch = Batch::new();
        // What was made of other members is made of their copies anew.
        let own = |found: &Member| !Sight::default().hides(found.flags);
        for (name, found) in page.iter().filter(|(_, found)| own(found)) {
            store.plan_copy(snapshot, &mut batch, source.id, &copy, name, found, leaving).await?;
        }
        store.commit(batch).await?;
    }
    Ok(hidden)
}

async fn member_page(
    snapshot: &Snapshot,
    id: CollectionId,
    after: Option<&str>,
) -> Result<Vec<(String, Member)>, Fault> {
    let mut page = Vec::new();
    member::scan(snapshot, id, after, |name, row| {
        page.push((name.to_owned(), row.to_owned()));
        if page.len() < COPY_BATCH {
            crate::store::engine::Step::Continue
        } else {
            crate::store::engine::Step::Stop
        }
    })
    .await?;
    Ok(page)
}
