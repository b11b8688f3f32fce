//! REPORT (RFC 3253 §3.6): which reports WebDAV itself has, and the way to all of them.

use std::sync::Arc;

use super::header::{Depth, Prefer};
use super::plan::Plan;
use super::registry::{Report, ReportCall};
use super::request::{PropRequest, read};
use super::resource::{On, Resource};
use super::scope::Scope;
use super::xml::{Element, Name};
use super::{expand, principal_reports, sync};
use crate::base::{Condition, Fault, Limits, Reply, Request};
use crate::store::member;

/// WebDAV's own reports.
pub static REPORTS: [Report; 6] = [
    Report { name: Name::dav("sync-collection"), on: On::COLLECTIONS, run: sync::run },
    Report { name: Name::dav("expand-property"), on: On::ALL, run: expand::run },
    Report {
        name: Name::dav("acl-principal-prop-set"),
        on: On::ALL,
        run: principal_reports::acl_principal_prop_set,
    },
    Report {
        name: Name::dav("principal-match"),
        on: On::ALL,
        run: principal_reports::principal_match,
    },
    Report {
        name: Name::dav("principal-property-search"),
        on: On::ALL,
        run: principal_reports::principal_property_search,
    },
    Report {
        name: Name::dav("principal-search-property-set"),
        on: On::ALL,
        run: principal_reports::principal_search_property_set,
    },
];

/// Answers REPORT.
pub async fn report(
    scope: Arc<Scope>,
    resource: Resource,
    mut request: Request,
) -> Result<Reply, Fault> {
    let (node, member) = match resource {
        Resource::Node(node) => (node, None),
        Resource::Member(node, name) => (node, Some(name.as_str().to_owned())),
        Resource::Vacant(..) => return Err(Fault::not_found()),
    };
    if let Some(name) = &member {
        let snapshot = scope.store().snapshot().await?;
        let found = member::get(&snapshot, node.collection()?.collection().id, name).await?;
        found.ok_or_else(Fault::not_found)?;
    }
    let bytes = request.body.read(scope.limits().xml_bytes).await?;
    let body = read(&bytes, &request.headers, scope.limits())?;
    let body = body.ok_or_else(|| Fault::bad_request("REPORT needs a body that says which."))?;
    let on = if member.is_some() { node.member_on() } else { node.on() };
    let mut offered = scope.registry().reports().iter().filter(|report| report.on.has(on));
    let Some(report) = offered.find(|report| report.name == body.name) else {
        return Err(Fault::forbidden("This resource has no such report.")
            .with(Condition::dav("supported-report")));
    };
    (report.run)(ReportCall { scope, node, member, request, body }).await
}

/// The `Depth` of a report; missing means that the report decides.
pub fn depth(request: &Request) -> Result<Option<Depth>, Fault> {
    Depth::parse(&request.headers)
}

/// The properties that a report's body names; none named means none wanted.
pub fn wish(body: &Element, limits: &Limits) -> Result<PropRequest, Fault> {
    Ok(PropRequest::within(body, limits)?.unwrap_or(PropRequest::Prop(Vec::new())))
}

/// The plan for the properties of a report, its data property included.
pub fn plan(call: &ReportCall, wish: &PropRequest) -> Result<Plan, Fault> {
    let minimal = Prefer::parse(&call.request.headers).minimal;
    let registry = call.scope.registry();
    let mut data = None;
    if let super::resource::Node::Collection(book) = &call.node
        && let Some(property) = registry.data(book.collection().kind)
        && let Some(props) = call.body.child(&Name::dav("prop"))
        && let Some(element) = props.child(&property.name)
    {
        data = Some((property.name.clone(), (property.prepare)(element, call)?));
    }
    Ok(Plan::new(registry, wish, minimal, data))
}
