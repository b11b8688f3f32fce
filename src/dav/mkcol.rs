//! MKCOL, plain and extended (RFC 4918 §9.3, RFC 5689).

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
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::{Batch, CommitError, Snapshot};

/// Answers MKCOL. A plain one in a home makes an address book: nothing else is held there.
pub async fn mkcol(
    scope: Arc<Scope>,
    snapshot: Snapshot,
    resource: Resource,
    mut request: Request,
) -> Result<Reply, Fault> {
    let (owner, name) = match resource {
        Resource::Vacant(owner, name) => (owner, name),
        Resource::Node(node) => {
            return Err(options::not_allowed(node.on(), "There is something here already."));
        }
        Resource::Member(..) => return Err(location()),
    };
    let home = Node::Home(owner.clone());
    scope.require(Action::Bind, &home, &home.href())?;
    let bytes = request.body.read(scope.limits().xml_bytes).await?;
    let mut changes: Vec<Change> = Vec::new();
    let mut kind = Kind::AddressBook;
    if let Some(body) = read(&bytes, &request.headers, scope.limits())? {
        let wish = MkCol::parse(body, scope.limits())?;
        kind = kind_of(&scope, &wish)?;
        let properties = wish.properties.into_iter();
        changes = properties
            .filter(|element| element.name != Name::dav("resourcetype"))
            .map(|element| Change::Set { name: element.name.clone(), element })
            .collect();
    }
    let collection = new_collection(&scope, &owner, &name, kind)?;
    let mut batch = Batch::new();
    let draft = Draft::new(collection, On::BOOK);
    let (outcomes, draft) =
        proppatch::apply(&scope, &snapshot, &mut batch, draft, &changes).await?;
    if let Some(status) = outcomes.iter().map(|o| o.status).find(|s| !matches!(s, 200 | 424)) {
        let mut out = XmlOut::with_capacity(1024);
        out.declaration_and_root("mkcol-response");
        proppatch::write_outcomes(&outcomes, &mut out);
        out.end(&Name::dav("mkcol-response"));
        let body = ReplyBody::Bytes(out.into_bytes());
        return Ok(Reply::with_body(status, super::multistatus::XML, body));
    }
    if let Some(collection) = &draft.collection {
        collection::create(&mut batch, collection)?;
    }
    match scope.store().commit(batch).await {
        Ok(_) => Ok(Reply::empty(201).header("cache-control", "no-cache")),
        Err(CommitError::Refused(_)) => {
            Err(options::not_allowed(On::BOOK, "Somebody made it at this moment."))
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
        return Err(Fault::forbidden("Names of this form are given to shared address books."));
    }
    Ok(Collection {
        id: CollectionId(scope.store().number()),
        kind,
        owner: owner.clone(),
        name: name.as_str().to_owned(),
        // A book without a name does not show in GNOME's accounts.
        display_name: Some(name.as_str().to_owned()),
        color: None,
        order: None,
        created: scope.store().now(),
        deleted: None,
    })
}

fn kind_of(scope: &Scope, wish: &MkCol) -> Result<Kind, Fault> {
    let invalid = |message| Fault::forbidden(message).with(Condition::dav("valid-resourcetype"));
    if wish.calendar {
        return Err(invalid("Calendars cannot be made here."));
    }
    let Some(types) = wish.resource_types() else {
        return Ok(Kind::AddressBook);
    };
    if !types.contains(&&Name::dav("collection")) {
        return Err(invalid("A resourcetype that can be made holds DAV:collection."));
    }
    let others: Vec<&Name> = types.into_iter().filter(|t| **t != Name::dav("collection")).collect();
    match others.as_slice() {
        [] => Ok(Kind::AddressBook),
        [one] => scope
            .registry()
            .kind_of(one)
            .ok_or_else(|| invalid("Collections of this type cannot be made here.")),
        _ => Err(invalid("A collection has one type.")),
    }
}

/// 403 for a collection where none can be.
pub fn location() -> Fault {
    Fault::forbidden("An address book holds no other collections.")
        .with(Condition::carddav("addressbook-collection-location-ok"))
}
