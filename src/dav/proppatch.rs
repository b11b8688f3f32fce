//! PROPPATCH (RFC 4918 §9.2): in document order, all or nothing.

use std::collections::HashMap;
use std::sync::Arc;

use super::header::Prefer;
use super::multistatus;
use super::path::Address;
use super::registry::Write;
use super::request::{Change, read};
use super::resource::{Node, On, Resource};
use super::scope::Scope;
use super::xml::{Element, Name};
use crate::accounts::authorize::Action;
use crate::base::{Condition, Fault, PrincipalId, Reply, Request};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection::{self, Collection};
use crate::store::engine::{Batch, Snapshot};
use crate::store::member;
use crate::store::property::{self, Holder, Property};

/// What became of one property.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The property.
    pub name: Name,
    /// Its status.
    pub status: u16,
    /// The condition that was not met.
    pub condition: Option<Condition>,
}

/// Answers PROPPATCH.
pub async fn proppatch(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    resource: Resource,
    mut request: Request,
) -> Result<Reply, Fault> {
    let bytes = request.body.read(scope.limits().xml_bytes).await?;
    let body = read(&bytes, &request.headers, scope.limits())?;
    let body = body.ok_or_else(|| Fault::bad_request("PROPPATCH needs a body."))?;
    let changes = Change::parse(body, scope.limits())?;
    let (node, name) = match &resource {
        Resource::Node(node) => (node, None),
        Resource::Member(node, name) => {
            let id = node.collection()?.collection().id;
            let found = member::get(&snapshot, id, name.as_str()).await?;
            found.ok_or_else(Fault::not_found)?;
            (node, Some(name.as_str()))
        }
        Resource::Vacant(..) => return Err(Fault::not_found()),
    };
    let href = match name {
        Some(name) => node.collection()?.member_href(name),
        None => node.href(),
    };
    match name {
        Some(_) => scope.require_on_member(Action::WriteProperties, node, &href)?,
        None => scope.require(Action::WriteProperties, node, &href)?,
    }
    let mut batch = Batch::new();
    let draft = Draft::of(node, name);
    let (outcomes, draft) =
        apply(&scope, &snapshot, &mut batch, Some(node), draft, &changes).await?;
    if outcomes.iter().all(|o| o.status == 200) {
        if let (Node::Proxy(owner, access), Some(members)) = (node, &draft.members) {
            let accounts = scope.services.accounts.acting(scope.actor());
            accounts.set_delegates(owner.id.as_str(), *access, members).await?;
        }
        draft.finish(node, &mut batch)?;
        tell(&scope, &mut batch, node, name, &outcomes)?;
        scope.store().commit(batch).await?;
        if Prefer::parse(&request.headers).minimal {
            return Ok(Reply::empty(200).header("preference-applied", "return=minimal"));
        }
    }
    multistatus::reply(&request, move |mut out, sender| async move {
        out.response_start(&href);
        write_outcomes(&outcomes, &mut out);
        out.response_end();
        multistatus::finish(out, &sender).await
    })
    .await
}

/// Adds to `batch` that the audit is told which properties were changed.
fn tell(
    scope: &Scope,
    batch: &mut Batch,
    node: &Node,
    name: Option<&str>,
    outcomes: &[Outcome],
) -> Result<(), Fault> {
    let names: Vec<&str> = outcomes.iter().map(|outcome| &*outcome.name.local).collect();
    let detail = names.join(" ");
    let deed = match node {
        Node::Proxy(..) => return Ok(()),
        Node::Collection(book) => {
            let deed = Deed::of_collection(Verb::Changed, book.collection());
            let subject = match (name, deed.subject) {
                (None, subject) => subject,
                (_, Subject::Calendar) => Subject::Event,
                _ => Subject::Card,
            };
            Deed { subject, name: name.unwrap_or_default(), detail: &detail, ..deed }
        }
        node => {
            let owner = match node {
                Node::Principal(principal) => principal.id.as_str(),
                Node::Home(_, owner) | Node::Outbox(_, owner, _) => owner.as_str(),
                _ => "",
            };
            Deed { detail: &detail, ..Deed::of(Subject::Setting, Verb::Changed, owner) }
        }
    };
    Ok(deed.note(scope.store(), batch, &scope.actor())?)
}

/// The state that changes are applied to.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The collection's record, if the resource is one.
    pub collection: Option<Collection>,
    /// Where dead properties go.
    pub holder: Option<Holder<'a>>,
    /// The members it is to have, if that is changed.
    members: Option<Vec<PrincipalId>>,
    on: On,
    is_new: bool,
}

impl<'a> Draft<'a> {
    fn of(node: &'a Node, name: Option<&'a str>) -> Self {
        match (node, name) {
            (Node::Collection(book), Some(name)) => Self {
                collection: None,
                holder: Some(Holder::Member(book.collection().id, name)),
                on: node.member_on(),
                members: None,
                is_new: false,
            },
            (Node::Collection(book), None) => Self {
                collection: Some(book.collection().clone()),
                holder: node.holder(),
                on: node.on(),
                members: None,
                is_new: false,
            },
            _ => Self {
                collection: None,
                holder: node.holder(),
                on: node.on(),
                members: None,
                is_new: false,
            },
        }
    }

    /// For a collection that is being made.
    pub fn new(collection: Collection, on: On) -> Draft<'static> {
        let id = collection.id;
        let holder = Some(Holder::Collection(id));
        Draft { collection: Some(collection), holder, on, members: None, is_new: true }
    }

    fn finish(self, node: &Node, batch: &mut Batch) -> Result<(), Fault> {
        if let (Node::Collection(book), Some(now)) = (node, self.collection) {
            if now == *book.collection() {
                // Whoever writes dead properties on a collection depends on it being there.
                book.found().witness.require(batch);
            } else {
                collection::update(batch, book.found(), &now)?;
            }
        }
        Ok(())
    }
}

/// Applies the changes in their order to `draft` and `batch`; on a failure all others are 424.
/// `node` is the resource, unless it is only being made.
pub async fn apply<'a>(
    scope: &Scope,
    snapshot: &Snapshot,
    batch: &mut Batch,
    node: Option<&Node>,
    mut draft: Draft<'a>,
    changes: &[Change],
) -> Result<(Vec<Outcome>, Draft<'a>), Fault> {
    let mut room = Room::default();
    if let Some(holder) = &draft.holder {
        for kept in property::list(snapshot, holder).await? {
            room.keep(Name::of(&kept.namespace, &kept.local), kept.fragment.len());
        }
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    for change in changes {
        let (name, value) = match change {
            Change::Set { name, element } => (name, Some(element)),
            Change::Remove(name) => (name, None),
        };
        let checked = match (scope.registry().property(name).map(|live| live.write), node) {
            (Some(Write::KeptIf(check)), Some(node)) => check(scope, snapshot, node, value).await,
            _ => Ok(()),
        };
        let result =
            checked.and_then(|()| apply_one(scope, batch, &mut draft, name, value, &mut room));
        let (status, condition) = match result {
            Ok(()) => (200, None),
            Err(fault) => (fault.status, fault.condition),
        };
        outcomes.push(Outcome { name: name.clone(), status, condition });
    }
    if outcomes.iter().any(|o| o.status != 200) {
        for outcome in &mut outcomes {
            if outcome.status == 200 {
                outcome.status = 424;
            }
        }
    }
    Ok((outcomes, draft))
}

fn apply_one(
    scope: &Scope,
    batch: &mut Batch,
    draft: &mut Draft<'_>,
    name: &Name,
    value: Option<&Element>,
    room: &mut Room,
) -> Result<(), Fault> {
    let protected = || {
        Fault::forbidden("This property is the server's own.")
            .with(Condition::dav("cannot-modify-protected-property"))
    };
    if let Some(live) = scope.registry().property(name) {
        // A name that means something elsewhere is nobody's to give another meaning here.
        match (live.write, &mut draft.collection) {
            _ if !live.on.has(draft.on) => return Err(protected()),
            (Write::Collection(write), Some(collection)) => return write(collection, value),
            (Write::AtCreation(write), Some(collection)) if draft.is_new => {
                return write(collection, value);
            }
            (Write::Members, _) if draft.on == On::PROXY => {
                draft.members = Some(members(value)?);
                return Ok(());
            }
            (Write::Kept | Write::KeptIf(_), _) => {}
            _ => return Err(protected()),
        }
    }
    let is_data = scope.registry().data_properties().any(|data| data.name == *name);
    let Some(holder) = draft.holder.as_ref().filter(|_| !is_data) else {
        return Err(protected());
    };
    let Some(element) = value else {
        property::delete(batch, holder, &name.ns, &name.local);
        room.keep(name.clone(), 0);
        return Ok(());
    };
    let fragment = element.to_fragment();
    room.keep(name.clone(), fragment.len());
    if room.taken > scope.limits().dead_property_bytes {
        return Err(Fault::new(507, "The properties of this resource take too much space."));
    }
    let property =
        Property { namespace: name.ns.to_string(), local: name.local.to_string(), fragment };
    property::put(batch, holder, &property);
    Ok(())
}

/// The principals whose hrefs are in `value`.
fn members(value: Option<&Element>) -> Result<Vec<PrincipalId>, Fault> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let href = Name::dav("href");
    let hrefs = value.children_named(&href);
    let members = hrefs.map(|href| match Address::parse_href(href.trimmed()) {
        Ok(Address::Principal(id)) => Ok(id),
        _ => Err(Fault::conflict("Only users and groups of this server can be delegates.")),
    });
    members.collect()
}

/// What the kept properties of a resource take, as the changes go on.
#[derive(Debug, Default)]
struct Room {
    sizes: HashMap<Name, usize>,
    taken: usize,
}

impl Room {
    /// From now on the property takes `bytes`; 0 when it is gone.
    fn keep(&mut self, name: Name, bytes: usize) {
        self.taken += bytes;
        self.taken -= self.sizes.insert(name, bytes).unwrap_or_default();
    }
}

/// Writes one propstat for each status and condition.
pub fn write_outcomes(outcomes: &[Outcome], out: &mut super::xml::write::XmlOut) {
    let mut groups: Vec<(u16, Option<&Condition>)> = Vec::new();
    for outcome in outcomes {
        let group = (outcome.status, outcome.condition.as_ref());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for (status, condition) in groups {
        out.propstat_start();
        for outcome in outcomes {
            if (outcome.status, outcome.condition.as_ref()) == (status, condition) {
                out.empty(&outcome.name);
            }
        }
        out.propstat_end_with(status, |out| {
            if let Some(condition) = condition {
                let error = Name::dav("error");
                out.start(&error);
                out.empty(&Name::new(condition.namespace, condition.name));
                out.end(&error);
            }
        });
    }
}
