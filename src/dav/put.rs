//! PUT of a member, and POST to a collection that names it itself (RFC 5995).

use std::sync::Arc;

use super::client::Quirk;
use super::conditions;
use super::header::Prefer;
use super::object_type::{Companion, ObjectType, PostCall};
use super::options;
use super::resource::{CollectionNode, Node, Resource, need_privilege};
use super::scope::Scope;
use super::sight::Sight;
use crate::accounts::authorize::Action;
use bytes::Bytes;

use crate::base::{Condition, Detail, ETag, Fault, ObjectName, Reply, ReplyBody, Request};
use crate::store::body::{self, NewBody, Slot};
use crate::store::change;
use crate::store::conflicts::{self, Refused};
use crate::store::engine::{Batch, Snapshot};
use crate::store::member::{self, Member};
use crate::store::tombstones;
use crate::store::write::{Alongside, NewMember, Planned, Planning, Refusal, Target, Written};

/// Answers PUT.
pub async fn put(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    resource: Resource,
    request: Request,
) -> Result<Reply, Fault> {
    if request.headers.contains_key(http::header::CONTENT_RANGE) {
        // RFC 9110 §14.5: or a part would replace the whole.
        return Err(Fault::bad_request("Members are stored whole, not in parts."));
    }
    match resource {
        Resource::Member(node, name) => {
            let representation = Prefer::parse(&request.headers).representation;
            match put_member(&scope, snapshot, &node, &name, request).await {
                Err(fault) if fault.status == 412 && representation => {
                    in_the_way(&scope, &node, &name, fault).await
                }
                answer => answer,
            }
        }
        Resource::Node(node) => Err(options::not_allowed(
            node.on(),
            "Only cards can be written, below an address book, and events, below a calendar.",
        )),
        // A file beside the collections.
        Resource::Vacant(..) => {
            Err(Fault::conflict("There is no address book or calendar here; make it first."))
        }
    }
}

async fn put_member(
    scope: &Scope,
    snapshot: Snapshot,
    node: &Node,
    name: &ObjectName,
    mut request: Request,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    let existing = member::get(&snapshot, book.collection().id, name.as_str()).await?;
    require_put(scope, node, existing.is_some(), &book.member_href(name.as_str()))?;
    let objects = stored_by(scope, book)?;
    let companion = objects.companion(&request, scope);
    // A condition that cannot hold is told before the body is looked at.
    if let Err(fault) = conditions::check_write(&request, existing.as_ref()) {
        let forgiven = match (&existing, &companion) {
            (Some(old), Some(companion)) => {
                let alongside = companion.alongside();
                alongside.forgives(&snapshot, book.collection(), name.as_str(), old).await?
            }
            (None, Some(companion)) => {
                companion.had(&snapshot, book.collection(), name.as_str()).await?
            }
            _ => false,
        };
        if !forgiven {
            drop(snapshot);
            // Who asked before sending it gets the answer, and still has it.
            if !request.headers.contains_key(http::header::EXPECT)
                && let Ok(bytes) = request.body.read(objects.max_size(scope)).await
                && !is_erased(scope, book, &request, &bytes, companion.as_deref()).await?
            {
                keep_refused(scope, book, name, &request, bytes, existing.as_ref()).await;
            }
            return Err(fault);
        }
    }
    drop(snapshot);
    store(scope, node, name, request, companion, None).await
}

fn stored_by(scope: &Scope, book: &CollectionNode) -> Result<&'static dyn ObjectType, Fault> {
    let objects = scope.registry().objects(book.collection().kind);
    objects.ok_or_else(|| Fault::forbidden("Nothing can be stored here."))
}

/// Are the bytes of something that was erased for good?
async fn is_erased(
    scope: &Scope,
    book: &CollectionNode,
    request: &Request,
    bytes: &Bytes,
    companion: Option<&dyn Companion>,
) -> Result<bool, Fault> {
    let Some(companion) = companion else { return Ok(false) };
    let objects = stored_by(scope, book)?;
    let Ok(new) = objects.inspect(bytes.clone(), request, scope, book.collection()) else {
        return Ok(false);
    };
    let snapshot = scope.store().snapshot().await?;
    companion.is_erased(&snapshot, book.collection(), &new).await
}

/// Answers whoever brings back what was erased for good. The next sync tells them that there is
/// nothing under the name.
async fn refuse_erased(
    scope: &Scope,
    node: &Node,
    name: &ObjectName,
    current: Option<&Member>,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    let href = book.member_href(name.as_str());
    require_put(scope, node, current.is_some(), &href)?;
    if current.is_none() {
        let mut batch = Batch::new();
        for right in book.rights() {
            right.require(&mut batch);
        }
        change::append(&mut batch, book.collection().id, name.as_str());
        scope.store().commit(batch).await?;
    }
    if scope.has(Quirk::TriesForEver) {
        return Ok(Reply::empty(204));
    }
    // Said like this, it makes phones let go of what they have, and go on with their sync.
    let needed = need_privilege(&href, "write-content").condition;
    let refusal = tombstones::refusal();
    Err(Fault { condition: needed, ..refusal })
}

/// Keeps what a condition kept out, so that nobody's edit is lost; the answer does not wait for
/// that to be possible.
async fn keep_refused(
    scope: &Scope,
    book: &CollectionNode,
    name: &ObjectName,
    request: &Request,
    bytes: Bytes,
    current: Option<&Member>,
) {
    if bytes.is_empty() || current.is_some_and(|current| current.etag == ETag::of(&bytes)) {
        return;
    }
    let refused = Refused {
        actor: scope.actor(),
        named: request.header("if-match").unwrap_or_default().to_owned(),
        body: NewBody { bytes, blobs: Vec::new() },
    };
    let kept = conflicts::keep(scope.store(), book.collection().id, name.as_str(), &refused).await;
    if let Err(error) = kept {
        tracing::warn!(%error, "a refused edit could not be kept");
    }
}

/// The 412 with what is stored now, for clients that prefer to have it (RFC 8144 §3.2).
async fn in_the_way(
    scope: &Scope,
    node: &Node,
    name: &ObjectName,
    fault: Fault,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    let snapshot = scope.store().snapshot().await?;
    let current = member::get(&snapshot, book.collection().id, name.as_str()).await?;
    let href = book.member_href(name.as_str());
    let may_read = scope.require_on_member(Action::Read, node, &href).is_ok();
    match current.filter(|_| may_read) {
        Some(current) => {
            let slot = Slot::Member(book.collection().id, name.as_str());
            let objects = scope.registry().objects(book.collection().kind);
            let objects = objects.ok_or_else(Fault::not_found)?;
            representation((objects, book.sight()), 412, &snapshot, slot, &current).await
        }
        None => Err(fault),
    }
}

async fn representation(
    (objects, sight): (&dyn ObjectType, Sight),
    status: u16,
    snapshot: &Snapshot,
    slot: Slot<'_>,
    member: &Member,
) -> Result<Reply, Fault> {
    let stored = body::get(snapshot, slot).await?;
    let parts = sight.parts(objects, stored.parts(snapshot).await?);
    let parts = ReplyBody::Parts(parts.into_iter().map(|part| part.bytes).collect());
    Ok(Reply::with_body(status, objects.content_type(member.row()), parts)
        .header("preference-applied", "return=representation")
        .header("etag", member.etag.to_string()))
}

/// Answers POST: a new member under a name of the server's choice.
pub async fn post(scope: Arc<Scope>, resource: Resource, request: Request) -> Result<Reply, Fault> {
    if let Resource::Node(Node::Outbox(_, owner, outbox)) = resource {
        return (outbox.post)(PostCall { scope, owner, request }).await;
    }
    let Resource::Node(node @ Node::Collection(_)) = resource else {
        let on = match &resource {
            Resource::Node(node) => node.on(),
            Resource::Member(node, _) => node.member_on(),
            Resource::Vacant(..) => return Err(Fault::not_found()),
        };
        return Err(options::not_allowed(on, "Nothing can be posted here."));
    };
    let book = node.collection()?;
    scope.require(Action::Bind, &node, book.href())?;
    let objects = scope.registry().objects(book.collection().kind);
    let ending = objects.map_or("", |o| o.ending());
    let name = ObjectName::parse(&format!("{}{ending}", uuid::Uuid::new_v4()));
    let name = name.ok_or_else(Fault::not_found)?;
    let location = book.member_href(name.as_str());
    let companion = stored_by(&scope, book)?.companion(&request, &scope);
    store(&scope, &node, &name, request, companion, Some(location)).await
}

fn require_put(scope: &Scope, node: &Node, exists: bool, href: &str) -> Result<(), Fault> {
    if exists {
        scope.require_on_member(Action::WriteContent, node, href)
    } else {
        scope.require(Action::Bind, node, node.collection()?.href())
    }
}

async fn store(
    scope: &Scope,
    node: &Node,
    name: &ObjectName,
    mut request: Request,
    companion: Option<Box<dyn Companion>>,
    location: Option<String>,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    let objects = stored_by(scope, book)?;
    let limit = objects.max_size(scope);
    let bytes = request.body.read(limit).await.map_err(|fault| {
        if fault.status == 413 { fault.with(objects.too_large()) } else { fault }
    })?;
    let new = objects.inspect(bytes.clone(), &request, scope, book.collection())?;
    if let Some(companion) = &companion {
        let snapshot = scope.store().snapshot().await?;
        if companion.is_erased(&snapshot, book.collection(), &new).await? {
            let current = member::get(&snapshot, book.collection().id, name.as_str()).await?;
            return refuse_erased(scope, node, name, current.as_ref()).await;
        }
        if let Some(other) = companion.meant(&snapshot, book.collection(), &new).await? {
            drop(snapshot);
            let answer = take_in(scope, node, name, &other, &new, &**companion).await;
            companion.settle().await;
            return answer;
        }
    }
    let rights = book.rights();
    let actor = scope.actor();
    let target = Target {
        collection: book.collection(),
        rights: &rights,
        name: name.as_str(),
        actor: &actor,
    };
    let alongside = companion.as_ref().map(|companion| companion.alongside());
    let written = scope
        .store()
        .put_member(&target, &new, scope.services.quota, alongside, |current| {
            require_put(scope, node, current.is_some(), &book.member_href(name.as_str()))?;
            conditions::check_write(&request, current)
        })
        .await;
    let written = match written {
        Ok(written) => written,
        Err(refusal) => {
            if matches!(&refusal, Refusal::Fault(fault) if fault.status == 412) {
                keep_refused(scope, book, name, &request, bytes, None).await;
            }
            return Err(explain(refusal, book, name.as_str(), &objects.uid_conflict()));
        }
    };
    let slot = Slot::Member(book.collection().id, name.as_str());
    let reply =
        answer(scope, (objects, book.sight()), &request, &new, slot, &written, location).await;
    if let Some(companion) = companion {
        companion.settle().await;
    }
    reply
}

/// Takes `new`, which was sent under `name`, into the member `other`. The answer has no tag: the
/// next sync tells the client that there is nothing under the name, and what `other` is now.
async fn take_in(
    scope: &Scope,
    node: &Node,
    name: &ObjectName,
    other: &str,
    new: &NewMember,
    companion: &dyn Companion,
) -> Result<Reply, Fault> {
    let book = node.collection()?;
    let rights = book.rights();
    let actor = scope.actor();
    let target =
        Target { collection: book.collection(), rights: &rights, name: other, actor: &actor };
    let elsewhere = Elsewhere { inner: companion.alongside(), name: name.as_str() };
    let quota = scope.services.quota;
    let guard = |current: Option<&Member>| {
        scope.require_on_member(Action::WriteContent, node, &book.member_href(other))?;
        // It went at this moment; the client tries again.
        if current.is_some() { Ok(()) } else { Err(Fault::busy(1)) }
    };
    let taken = scope.store().put_member(&target, new, quota, Some(&elsewhere), guard).await;
    let objects = stored_by(scope, book)?;
    taken.map_err(|refusal| explain(refusal, book, other, &objects.uid_conflict()))?;
    Ok(Reply::empty(204))
}

/// What goes along with taking in what was sent under another name.
struct Elsewhere<'e> {
    inner: &'e dyn Alongside,
    name: &'e str,
}

impl Alongside for Elsewhere<'_> {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        // Whoever sent it is to be told that there is nothing.
        change::append(planning.batch, planning.target.collection.id, self.name);
        self.inner.plan(planning)
    }
}

#[allow(clippy::too_many_arguments)]
async fn answer(
    scope: &Scope,
    (objects, sight): (&dyn ObjectType, Sight),
    request: &Request,
    new: &NewMember,
    slot: Slot<'_>,
    Written { created, member }: &Written,
    location: Option<String>,
) -> Result<Reply, Fault> {
    let mut reply = Reply::empty(if *created { 201 } else { 204 });
    let snapshot = scope.store().snapshot().await?;
    if Prefer::parse(&request.headers).representation {
        let status = if *created { 201 } else { 200 };
        reply = representation((objects, sight), status, &snapshot, slot, member).await?;
    } else if new.original.is_none() && new.etag == member.etag {
        // The tag is given only when what is served equals what was sent (RFC 6352 §6.3.2.3).
        reply = reply.header("etag", member.etag.to_string());
    }
    if let Slot::Member(id, name) = slot {
        for (header, value) in objects.headers(&snapshot, id, name).await? {
            reply = reply.header(header, value);
        }
    }
    if let Some(location) = location {
        reply = reply.header("location", location);
    }
    Ok(reply)
}

/// 507: the bound on what a user may store (RFC 4331 §6).
pub fn no_space() -> Fault {
    Fault::new(507, "There is no space left for this user.")
        .with(Condition::dav("quota-not-exceeded"))
}

/// What the store refused, in the words of the protocol.
pub fn explain(refusal: Refusal, book: &CollectionNode, name: &str, conflict: &Condition) -> Fault {
    let holder = |name: &str| Condition {
        detail: Detail::Hrefs(vec![book.member_href(name)]),
        ..conflict.clone()
    };
    match refusal {
        Refusal::Fault(fault) => fault,
        Refusal::UidTaken(other) => Fault::conflict(
            "Another entry of this collection has the same UID; it is named in the answer.",
        )
        .with(holder(&other)),
        Refusal::UidChanged => Fault::conflict(
            "An entry keeps its UID for life; store the other one under a name of its own.",
        )
        .with(holder(name)),
        Refusal::Quota => no_space(),
    }
}
