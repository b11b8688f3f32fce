//! MKCOL, plain and extended, and MKCALENDAR (RFC 4918 §9.3, RFC 5689, RFC 4791 §5.3.1).

use std::sync::Arc;

use super::options;
use super::proppatch::{self, Draft};
use super::request::{Change, MkCol, read};
use super::resource::{Node, On, Resource};
use super::scope::Scope;
use super::tree;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::accounts::authorize::Action;
use crate::base::{
    CollectionId, Condition, Fault, ObjectName, PrincipalId, Reply, ReplyBody, Request,
};
use crate::store::audit::{Deed, Verb};
use crate::store::collection::{self, Collection, Components, Kind};
use crate::store::engine::{Batch, CommitError, Snapshot};

/// Answers MKCOL and MKCALENDAR. A plain one makes what the home holds.
pub async fn mkcol(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    resource: Resource,
    mut request: Request,
) -> Result<Reply, Fault> {
    let calendar = request.method == "MKCALENDAR";
    let (kind, owner, name) = match resource {
        Resource::Vacant(kind, owner, name) => (kind, owner, name),
        Resource::Node(node) => {
            let fault = options::not_allowed(node.on(), "There is something here already.");
            return Err(taken(fault, calendar));
        }
        Resource::Member(node, _) => {
            return Err(location(&scope, node.collection()?.collection().kind));
        }
    };
    let home = Node::Home(kind, owner.clone());
    scope.require(Action::Bind, &home, &home.href())?;
    let bytes = request.body.read(scope.limits().xml_bytes).await?;
    let mut changes: Vec<Change> = Vec::new();
    if calendar && kind != Kind::Calendar {
        return Err(location(&scope, Kind::Calendar));
    }
    if let Some(body) = read(&bytes, &request.headers, scope.limits())? {
        let wish = MkCol::parse(body, scope.limits())?;
        if wish.calendar != calendar {
            let message = "The body is that of another method.";
            return Err(Fault::bad_request(message));
        }
        require_kind(&scope, &wish, kind)?;
        let properties = wish.properties.into_iter();
        changes = properties
            .filter(|element| element.name != Name::dav("resourcetype"))
            .map(|element| Change::Set { name: element.name.clone(), element })
            .collect();
    }
    let collection = new_collection(&scope, &owner, &name, kind)?;
    let mut batch = Batch::new();
    let draft = Draft::new(collection, On::collections_of(kind));
    let (outcomes, draft) =
        proppatch::apply(&scope, &snapshot, &mut batch, None, draft, &changes).await?;
    if let Some(status) = outcomes.iter().map(|o| o.status).find(|s| !matches!(s, 200 | 424)) {
        let mut out = XmlOut::with_capacity(1024);
        let root = Name::dav("mkcol-response");
        out.declaration_and_root(&root.local);
        proppatch::write_outcomes(&outcomes, &mut out);
        out.end(&root);
        let body = ReplyBody::Bytes(out.into_bytes());
        return Ok(Reply::with_body(status, super::multistatus::XML, body));
    }
    if let Some(collection) = &draft.collection {
        collection::create(&mut batch, collection)?;
        let deed = Deed::of_collection(Verb::Added, collection);
        deed.note(scope.store(), &mut batch, &scope.actor())?;
    }
    match scope.store().commit(batch).await {
        Ok(_) => Ok(Reply::empty(201).header("cache-control", "no-cache")),
        Err(CommitError::Refused(_)) => {
            let on = On::collections_of(kind);
            Err(taken(options::not_allowed(on, "Somebody made it at this moment."), calendar))
        }
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

/// The record of a collection to be made; refuses names that are the server's.
pub fn new_collection(
    scope: &Scope,
    owner: &PrincipalId,
    name: &ObjectName,
    kind: Kind,
) -> Result<Collection, Fault> {
    if tree::is_reserved(name.as_str()) {
        return Err(Fault::forbidden("Names of this form are given to shared collections."));
    }
    let (id, text) = (CollectionId(scope.store().number()), name.as_str().to_owned());
    let mut collection =
        Collection::new(id, kind, owner.clone(), text.clone(), scope.store().now());
    // A collection without a name does not show in GNOME's accounts.
    collection.display_name = Some(text);
    if kind == Kind::Calendar {
        // One kind each, unless it is asked for more: Apple keeps tasks apart.
        collection.calendar.components = Components::EVENT;
    }
    Ok(collection)
}

/// MKCALENDAR has a name for what MKCOL only refuses (RFC 4791 §5.3.1.1).
fn taken(fault: Fault, calendar: bool) -> Fault {
    if calendar { fault.with(Condition::dav("resource-must-be-null")) } else { fault }
}

/// Refuses a resourcetype that the home does not hold.
fn require_kind(scope: &Scope, wish: &MkCol, kind: Kind) -> Result<(), Fault> {
    let invalid = |message| Fault::forbidden(message).with(Condition::dav("valid-resourcetype"));
    let Some(types) = wish.resource_types() else {
        return Ok(());
    };
    if !types.contains(&&Name::dav("collection")) {
        return Err(invalid("A resourcetype that can be made holds DAV:collection."));
    }
    let others: Vec<&Name> = types.into_iter().filter(|t| **t != Name::dav("collection")).collect();
    match others.as_slice() {
        [] => Ok(()),
        [one] => match scope.registry().kind_of(one) {
            Some(wanted) if wanted == kind => Ok(()),
            Some(wanted) => Err(location(scope, wanted)),
            None if **one == Name::cs("subscribed") => Err(invalid(
                "Calendars of the web are subscribed to by whoever runs the server: `rolodav \
                 calendar subscribe`. Or let this program itself subscribe to the address.",
            )),
            None => Err(invalid("Collections of this type cannot be made here.")),
        },
        _ => Err(invalid("A collection has one type.")),
    }
}

/// 403 for a collection of `kind` where none can be.
pub fn location(scope: &Scope, kind: Kind) -> Fault {
    let fault = Fault::forbidden("A collection of this kind cannot be here.");
    match scope.registry().objects(kind) {
        Some(objects) => fault.with(objects.location()),
        None => fault,
    }
}
