//! `DAV:expand-property` (RFC 3253 §3.8): properties of the resources that properties name.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use super::multistatus;
use super::object_type::Answering;
use super::path::Address;
use super::plan::Plan;
use super::registry::ReportCall;
use super::request::{Expand, PropRequest};
use super::resource::{Node, Resource};
use super::scope::Scope;
use super::tree::resolve;
use super::view::{Loaded, View};
use super::xml::name::Name;
use super::xml::read;
use super::xml::write::XmlOut;
use crate::base::Fault;
use crate::store::engine::Snapshot;
use crate::store::member;

/// Most resources that one report expands, so that it cannot multiply without end.
const MOST: usize = 10_000;

/// Answers `DAV:expand-property`.
pub fn run(call: ReportCall) -> Answering {
    Box::pin(async move {
        let wish = Expand::parse(&call.body, call.scope.limits())?;
        let snapshot = call.scope.store().snapshot().await?;
        let resource = match &call.member {
            None => Resource::Node(call.node.clone()),
            Some(name) => {
                let name = crate::base::ObjectName::parse(name).ok_or_else(Fault::not_found)?;
                Resource::Member(call.node.clone(), name)
            }
        };
        let mut expander =
            Expander { scope: Arc::clone(&call.scope), snapshot, left: MOST, path: HashSet::new() };
        multistatus::reply(&call.request, move |mut out, sender| async move {
            expander.write(&resource, &wish, &mut out).await?;
            multistatus::finish(out, &sender).await
        })
        .await
    })
}

struct Expander {
    scope: Arc<Scope>,
    snapshot: Snapshot,
    left: usize,
    path: HashSet<String>,
}

impl Expander {
    fn write<'a>(
        &'a mut self,
        resource: &'a Resource,
        wish: &'a [Expand],
        out: &'a mut XmlOut,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>> {
        Box::pin(async move {
            let (node, name) = match resource {
                Resource::Node(node) => (node, None),
                Resource::Member(node, name) => (node, Some(name.as_str())),
                Resource::Vacant(..) => return Err(Fault::not_found()),
            };
            let href = match name {
                None => node.href(),
                Some(name) => node.collection()?.member_href(name),
            };
            out.response_start(&href);
            let mut missing: Vec<&Name> = Vec::new();
            out.propstat_start();
            for property in wish {
                if !self.write_property(node, name, property, out).await? {
                    missing.push(&property.name);
                }
            }
            out.propstat_end(200);
            if !missing.is_empty() {
                out.propstat_start();
                for name in missing {
                    out.empty(name);
                }
                out.propstat_end(404);
            }
            out.response_end();
            Ok(())
        })
    }

    /// Writes one property, its hrefs expanded; `false` if the resource does not have it.
    async fn write_property(
        &mut self,
        node: &Node,
        name: Option<&str>,
        property: &Expand,
        out: &mut XmlOut,
    ) -> Result<bool, Fault> {
        let Some(content) = self.read(node, name, &property.name).await? else {
            return Ok(false);
        };
        if property.children.is_empty() {
            out.raw(&content);
            return Ok(true);
        }
        out.start(&property.name);
        for href in hrefs(&content, &self.scope)? {
            let Ok(address) = Address::parse(&href) else { continue };
            // A cycle ends where it would begin again.
            if self.left == 0 || !self.path.insert(href.clone()) {
                continue;
            }
            self.left -= 1;
            match resolve(&self.scope, &self.snapshot, &address).await {
                Ok(Resource::Vacant(..)) => out.response_status(&href, 404),
                Ok(resource) => self.write(&resource, &property.children, out).await?,
                Err(fault) if fault.status < 500 => out.response_status(&href, fault.status),
                Err(fault) => return Err(fault),
            }
            self.path.remove(&href);
        }
        out.end(&property.name);
        Ok(true)
    }

    /// The property as an element, or `None`.
    async fn read(
        &self,
        node: &Node,
        name: Option<&str>,
        property: &Name,
    ) -> Result<Option<String>, Fault> {
        let wish = PropRequest::Prop(vec![property.clone()]);
        let plan = Plan::new(self.scope.registry(), &wish, false, None);
        let mut out = XmlOut::with_capacity(256);
        let found;
        let (loaded, member) = match name {
            None => {
                let (needs, dead) = (plan.needs(), plan.wants_dead());
                (Loaded::of(&self.scope, &self.snapshot, node, needs, dead).await?, None)
            }
            Some(name) => {
                let id = node.collection()?.collection().id;
                let row = member::get(&self.snapshot, id, name).await?;
                found = row.ok_or_else(Fault::not_found)?;
                let loaded = Loaded::of_member(&self.snapshot, node, name).await?;
                let row = node.sight().row(found.row()).ok_or_else(Fault::not_found)?;
                (loaded, Some((name, row)))
            }
        };
        let view = View { scope: &self.scope, node, member, loaded: &loaded };
        let has = plan.write_first(&view, &mut out);
        Ok(has.then(|| String::from_utf8_lossy(&out.take()).into_owned()))
    }
}

/// The hrefs directly in a property.
fn hrefs(content: &str, scope: &Scope) -> Result<Vec<String>, Fault> {
    let mut out = XmlOut::with_capacity(content.len() + 256);
    out.declaration_and_root("prop");
    out.raw(content);
    out.end(&Name::dav("prop"));
    let root = read::parse(&out.take(), scope.limits())?;
    let children = root.children.iter().flat_map(|property| &property.children);
    let hrefs = children.filter(|c| c.name == Name::dav("href"));
    Ok(hrefs.map(|href| href.trimmed().to_owned()).collect())
}
