//! Multistatus answers (RFC 4918 §13), written while they are sent: memory does not grow with
//! the answer.

use std::sync::Arc;

use super::header::Prefer;
use super::path;
use super::plan::Plan;
use super::resource::Node;
use super::scope::Scope;
use super::tree::children;
use super::view::{Loaded, View};
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::base::body::ChunkSender;
use crate::base::{Chunks, CollectionId, Fault, Reply, Request};
use crate::store::body::{self, Part, Slot};
use crate::store::engine::{Snapshot, Step};
use crate::store::member::{self, Member, MemberRow};
use crate::store::property;

/// Pieces of about this size go out.
const CHUNK: usize = 64 << 10;

/// What is set aside for a piece: room for a card with its photo behind what was not yet enough,
/// and below the size from which on allocators fetch memory from the system and give it back.
const ROOM: usize = 112 << 10;

/// How many members are taken from the store at a time when their bodies are wanted too.
const PAGE: usize = 128;

/// The type of all XML answers.
pub const XML: &str = "application/xml; charset=utf-8";

/// Begins a multistatus and lets `produce` write it; the status is sent with the first piece,
/// so a fault before that is an ordinary answer.
pub async fn reply<P, F>(request: &Request, produce: P) -> Result<Reply, Fault>
where
    P: FnOnce(XmlOut, ChunkSender) -> F,
    F: Future<Output = Result<(), Fault>> + Send + 'static,
{
    let mut out = XmlOut::in_pieces(4 << 10, ROOM);
    out.declaration_and_root("multistatus");
    let body = Chunks::new(move |sender| produce(out, sender)).into_body().await?;
    let mut reply = Reply::with_body(207, XML, body).header("vary", "Prefer, Brief");
    let prefer = Prefer::parse(&request.headers);
    let followed =
        Prefer { minimal: prefer.minimal, depth_noroot: prefer.depth_noroot, ..Prefer::default() };
    if let Some(applied) = followed.applied() {
        reply = reply.header("preference-applied", applied);
    }
    Ok(reply)
}

/// Hands on what is written, if it is enough for a piece.
pub async fn flush_if_full(out: &mut XmlOut, sender: &ChunkSender) -> Result<(), Fault> {
    if out.len() >= CHUNK { sender.send(out.take()).await } else { Ok(()) }
}

/// Closes the multistatus.
pub async fn finish(mut out: XmlOut, sender: &ChunkSender) -> Result<(), Fault> {
    out.end(&Name::dav("multistatus"));
    sender.send(out.into_bytes()).await
}

/// One answer's properties on the members of one collection, or on a resource of the tree.
#[derive(Debug)]
pub struct Listing {
    /// The request's surroundings.
    pub scope: Arc<Scope>,
    /// What the answer is made from.
    pub snapshot: Snapshot,
    /// The resource.
    pub node: Node,
    plan: Plan,
    href: String,
}

// === impl Listing ===

impl Listing {
    /// The properties of `plan` on `node` and what is below it.
    pub fn new(scope: Arc<Scope>, snapshot: Snapshot, node: Node, plan: Plan) -> Self {
        let href = node.href();
        Self { scope, snapshot, node, plan, href }
    }

    /// The resource's address.
    pub fn href(&self) -> &str {
        &self.href
    }

    /// The collection's number; 0, which no collection has, for other resources.
    pub fn collection_id(&self) -> CollectionId {
        match &self.node {
            Node::Collection(book) => book.collection().id,
            _ => CollectionId(0),
        }
    }

    /// The resource itself.
    pub async fn write_self(&self, out: &mut XmlOut) -> Result<(), Fault> {
        self.write_node(&self.node, out).await
    }

    /// Says that there is more than was told (RFC 6578 §3.6, RFC 6352 §8.6.1).
    pub fn write_cut(&self, out: &mut XmlOut) {
        out.response_start(&self.href);
        out.status_line(507);
        let error = Name::dav("error");
        out.start(&error);
        out.empty(&Name::dav("number-of-matches-within-limits"));
        out.end(&error);
        out.response_end();
    }

    /// Any resource of the tree, members apart.
    pub async fn write_node(&self, node: &Node, out: &mut XmlOut) -> Result<(), Fault> {
        let (needs, dead) = (self.plan.needs(), self.plan.wants_dead());
        let loaded = Loaded::of(&self.scope, &self.snapshot, node, needs, dead).await?;
        out.response_start(&node.href());
        let view = View { scope: &self.scope, node, member: None, loaded: &loaded };
        self.plan.write(&view, &[], out);
        out.response_end();
        Ok(())
    }

    /// What is directly below, members included.
    pub async fn write_children(
        &self,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        for child in children(&self.scope, &self.snapshot, &self.node).await? {
            self.write_node(&child, out).await?;
            flush_if_full(out, sender).await?;
        }
        self.write_members(out, sender).await
    }

    /// Every member, by name.
    pub async fn write_members(&self, out: &mut XmlOut, sender: &ChunkSender) -> Result<(), Fault> {
        let id = self.collection_id();
        let dead = self.plan.wants_dead() && property::on_members(&self.snapshot, id).await?;
        if dead || self.plan.wants_data() {
            return self.write_members_one_by_one(dead, out, sender).await;
        }
        let nothing = Loaded::default();
        let mut after: Option<String> = None;
        loop {
            let mut last = None;
            member::scan(&self.snapshot, id, after.as_deref(), |name, row| {
                self.write_row((&self.node, &self.href), name, row, &nothing, &[], out);
                if out.len() < CHUNK {
                    return Step::Continue;
                }
                last = Some(name.to_owned());
                Step::Stop
            })
            .await?;
            flush_if_full(out, sender).await?;
            if last.is_none() {
                return Ok(());
            }
            after = last;
        }
    }

    /// Every member with its body or its dead properties. Members and bodies lie in the same
    /// order, so both are read in runs.
    async fn write_members_one_by_one(
        &self,
        dead: bool,
        out: &mut XmlOut,
        sender: &ChunkSender,
    ) -> Result<(), Fault> {
        let id = self.collection_id();
        let mut after: Option<String> = None;
        loop {
            let members = self.page(after.as_deref()).await?;
            let Some((last, _)) = members.last() else { return Ok(()) };
            let next = last.clone();
            let mut bodies = Vec::new();
            if self.plan.wants_data() {
                bodies = body::page(&self.snapshot, id, after.as_deref(), PAGE).await?;
            }
            let mut bodies = bodies.into_iter();
            for (name, member) in &members {
                let loaded = if dead {
                    Loaded::of_member(&self.snapshot, &self.node, name).await?
                } else {
                    Loaded::default()
                };
                let mut parts = Vec::new();
                if self.plan.wants_data() {
                    let body = bodies.next().filter(|(of, _)| of == name);
                    let lost = || {
                        Fault::internal(format!("collection {} has a member without body", id.0))
                    };
                    let stored = body.ok_or_else(lost)?.1.parts(&self.snapshot).await?;
                    parts = self.shown(&self.node, stored)?;
                }
                let place = (&self.node, self.href.as_str());
                self.write_row(place, name, member.row(), &loaded, &parts, out);
                flush_if_full(out, sender).await?;
            }
            after = Some(next);
        }
    }

    /// The next members after `after`, on their own.
    async fn page(&self, after: Option<&str>) -> Result<Vec<(String, Member)>, Fault> {
        let mut page = Vec::with_capacity(PAGE);
        member::scan(&self.snapshot, self.collection_id(), after, |name, row| {
            page.push((name.to_owned(), row.to_owned()));
            if page.len() < PAGE { Step::Continue } else { Step::Stop }
        })
        .await?;
        Ok(page)
    }

    /// One member that is there.
    pub async fn write_member(
        &self,
        name: &str,
        member: &Member,
        out: &mut XmlOut,
    ) -> Result<(), Fault> {
        self.write_member_of(&self.node, name, member, out).await
    }

    /// One member of a collection that need not be the listing's own.
    pub async fn write_member_of(
        &self,
        node: &Node,
        name: &str,
        member: &Member,
        out: &mut XmlOut,
    ) -> Result<(), Fault> {
        let loaded = if self.plan.wants_dead() {
            Loaded::of_member(&self.snapshot, node, name).await?
        } else {
            Loaded::default()
        };
        let parts = if self.plan.wants_data() {
            let slot = Slot::Member(node.collection()?.collection().id, name);
            let parts = body::get(&self.snapshot, slot).await?.parts(&self.snapshot).await?;
            self.shown(node, parts)?
        } else {
            Vec::new()
        };
        let href = if std::ptr::eq(node, &raw const self.node) { None } else { Some(node.href()) };
        let collection = (node, href.as_deref().unwrap_or(&self.href));
        self.write_row(collection, name, member.row(), &loaded, &parts, out);
        Ok(())
    }

    /// What is shown of the bytes of a member of `node`.
    fn shown(&self, node: &Node, parts: Vec<Part>) -> Result<Vec<Part>, Fault> {
        let sight = node.sight();
        if !sight.changes_members() {
            return Ok(parts);
        }
        let objects = self.scope.registry().objects(node.collection()?.collection().kind);
        Ok(objects.map(|objects| sight.parts(objects, parts)).unwrap_or_default())
    }

    fn write_row(
        &self,
        (node, collection_href): (&Node, &str),
        name: &str,
        row: MemberRow<'_>,
        loaded: &Loaded,
        parts: &[Part],
        out: &mut XmlOut,
    ) {
        let Some(row) = node.sight().row(row) else { return };
        out.member_response_start(|href| path::member_href(collection_href, name, href));
        let view = View { scope: &self.scope, node, member: Some((name, row)), loaded };
        self.plan.write(&view, parts, out);
        out.response_end();
    }
}
