//! WebDAV itself: paths, headers, methods, properties, ACL, sync; knows no vCard.
//!
//! [`Dav::handle`] is the way of every request: address, sign-in, resource (through
//! `authorize`), conditions, method. What extensions add is in [`registry`].

mod acl;
mod appearance;
pub mod client;
mod conditions;
mod copy_move;
mod delete;
pub mod error;
mod expand;
mod get;
pub mod header;
mod live;
mod mkcol;
pub mod multiget;
pub mod multistatus;
pub mod object_type;
mod options;
pub mod path;
pub mod plan;
mod principal_reports;
mod propfind;
mod proppatch;
mod put;
pub mod registry;
pub mod report;
pub mod request;
pub mod resource;
pub mod scope;
pub mod sight;
mod sync;
pub mod tree;
pub mod view;
pub mod xml;

use std::pin::Pin;
use std::sync::Arc;

use crate::base::{Fault, Handler, ObjectName, Reply, Request};
use crate::store::collection::Kind;
use crate::store::engine::Snapshot;
use crate::store::member::{self, MADE_NAMES};
use path::Address;
use resource::{Node, On, Resource};
use scope::{Scope, Services};
use sight::Sight;
use tree::resolve;

/// Answers everything below `/dav/`, the well-known addresses, and WebDAV requests to `/`.
#[derive(Debug, Clone)]
pub struct Dav {
    services: Arc<Services>,
}

impl Dav {
    /// A handler on these services.
    pub fn new(services: Services) -> Self {
        Self { services: Arc::new(services) }
    }

    async fn answer(&self, request: Request) -> Result<Reply, Fault> {
        let address = Address::parse(&request.path)?;
        if matches!(address, Address::WellKnown(_)) {
            // Path-only, so that a proxy in front cannot make it point to plain http.
            return Ok(Reply::empty(301)
                .header("location", Address::DavRoot.href())
                .header("cache-control", "max-age=3600"));
        }
        if request.method == "OPTIONS" {
            // GNOME Online Accounts takes a server that answers 200 to OPTIONS of
            // `/remote.php/dav` for a Nextcloud, and sets the account up for that.
            if address == Address::Unknown {
                return Err(Fault::not_found());
            }
            return Ok(options::options(&self.services.registry, self.kind_by_shape(&address)));
        }
        let Some(identity) = request.identity.clone() else {
            return Err(Fault::new(401, "Sign in with your name and password."));
        };
        if let Some(coding) = request.header("content-encoding").map(str::trim)
            && !coding.is_empty()
            && !coding.eq_ignore_ascii_case("identity")
        {
            return Err(Fault::new(415, "Bodies are taken uncompressed only."));
        }
        let scope = Scope::new(Arc::clone(&self.services), identity, &request);
        for upkeep in scope.registry().upkeep() {
            upkeep.freshen(&scope, &address).await?;
        }
        let snapshot = scope.store().snapshot().await?;
        let resource = resolve(&scope, &snapshot, &address).await.map_err(|fault| {
            // RFC 4918 §9.3.1, §9.7.1: what would be made has no parent, or no place.
            match (fault.status, request.method.as_str(), &address) {
                (404, "PUT" | "MKCOL" | "MKCALENDAR", Address::Member { .. }) => Fault::conflict(
                    "There is no address book or calendar at this address; make it first.",
                ),
                (404, "MKCALENDAR", Address::Unknown | Address::Principal(_)) => {
                    mkcol::location(&scope, Kind::Calendar)
                }
                (404, "MKCOL", Address::Unknown | Address::Principal(_)) => {
                    Fault::forbidden("Collections are made in a user's home only.")
                }
                _ => fault,
            }
        })?;
        if let Resource::Member(node, name) = &resource
            && !node.sight().shows_made()
            && name.as_str().starts_with(MADE_NAMES)
        {
            not_made(&snapshot, node, name, &request).await?;
        }
        if request.headers.contains_key("if") {
            conditions::check_if(&scope, &snapshot, &request, &address).await?;
        }
        let sight = match &resource {
            Resource::Member(node, _) | Resource::Node(node) => node.sight(),
            Resource::Vacant(..) => Sight::default(),
        };
        if !sight.changes_members() {
            return self.by_method(scope, snapshot, address, resource, request).await;
        }
        let mut request = request;
        sight.read_conditions(&mut request);
        let method = request.method.clone();
        match Box::pin(self.by_method(scope, snapshot, address, resource, request)).await {
            Ok(reply) => Ok(sight.write_reply(&method, reply)),
            Err(fault) => Err(sight.write_fault(fault)),
        }
    }

    async fn by_method(
        &self,
        scope: Arc<Scope>,
        snapshot: Snapshot,
        address: Address,
        resource: Resource,
        request: Request,
    ) -> Result<Reply, Fault> {
        // Boxed, all but the smallest: otherwise every request would make, and move, a future of
        // the size that the largest of the methods needs.
        match request.method.as_str() {
            "GET" | "HEAD" => get::get(scope, snapshot, resource, request).await,
            "PUT" => Box::pin(put::put(scope, snapshot, resource, request)).await,
            "POST" => Box::pin(put::post(scope, resource, request)).await,
            "DELETE" => Box::pin(delete::delete(scope, snapshot, resource, request)).await,
            "PROPFIND" => Box::pin(propfind::propfind(scope, resource, request)).await,
            "PROPPATCH" => Box::pin(proppatch::proppatch(scope, snapshot, resource, request)).await,
            "MKCOL" | "MKCALENDAR" => {
                Box::pin(mkcol::mkcol(scope, snapshot, resource, request)).await
            }
            "COPY" | "MOVE" => {
                let keep = request.method == "COPY";
                Box::pin(copy_move::copy_move(scope, snapshot, address, resource, request, keep))
                    .await
            }
            "REPORT" => Box::pin(report::report(scope, resource, request)).await,
            _ => {
                let on = match &resource {
                    Resource::Node(node) => node.on(),
                    Resource::Member(node, _) => node.member_on(),
                    Resource::Vacant(kind, ..) => On::collections_of(*kind),
                };
                Err(options::not_allowed(on, "This server does not know this method."))
            }
        }
    }
}

impl Handler for Dav {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(async move { self.answer(request).await.unwrap_or_else(error::reply) })
    }
}

impl Dav {
    /// What an address would name, for OPTIONS, which does not look whether it is there.
    fn kind_by_shape(&self, address: &Address) -> On {
        let outbox = |kind: Kind| self.services.registry.objects(kind)?.outbox();
        match address {
            Address::Collection { kind, name, .. }
                if outbox(*kind).is_some_and(|outbox| outbox.name == name.as_str()) =>
            {
                On::OUTBOX
            }
            Address::Collection { kind, .. } => On::collections_of(*kind),
            Address::Member { kind, .. } => On::members_of(*kind),
            Address::Home(kind, _) => On::home(*kind),
            Address::Principal(_) => On::PRINCIPAL,
            Address::Proxy(..) => On::PROXY,
            _ => On::ROOT,
        }
    }
}

/// Refuses what is asked of a member that is not shown to the caller: it is not there, and its
/// name is not free.
async fn not_made(
    snapshot: &Snapshot,
    node: &Node,
    name: &ObjectName,
    request: &Request,
) -> Result<(), Fault> {
    let found = member::get(snapshot, node.collection()?.collection().id, name.as_str()).await?;
    if found.is_none() || node.sight().found(found).is_some() {
        return Ok(());
    }
    if request.method == "PUT" {
        return Err(Fault::conflict("The server uses this name itself; choose another one."));
    }
    Err(Fault::not_found())
}
