//! `CAL:free-busy-query` (RFC 4791 §7.10): when the events of a calendar take time, without what
//! they are.

use super::filter;
use crate::base::{Fault, Reply, ReplyBody};
use crate::calendars::busy::Search;
use crate::calendars::freebusy::{Answer, answer};
use crate::dav::object_type::Answering;
use crate::dav::registry::ReportCall;
use crate::dav::resource::Node;
use crate::dav::tree;
use crate::dav::xml::name::Name;
use crate::store::collection::Role;

/// Answers the report. Asked of a home it is about all calendars in it.
pub fn run(call: ReportCall) -> Answering {
    Box::pin(async move {
        let element = call.body.child(&Name::caldav("time-range"));
        let element = element
            .ok_or_else(|| Fault::bad_request("A free-busy query names a CAL:time-range."))?;
        let range = filter::time_range(element, true)?;
        let snapshot = call.scope.store().snapshot().await?;
        let nodes = match &call.node {
            Node::Collection(_) => vec![call.node.clone()],
            home => tree::children(&call.scope, &snapshot, home).await?,
        };
        let mut search = Search::new(range, &[], call.scope.limits());
        for node in &nodes {
            let Node::Collection(calendar) = node else { continue };
            let calendar = calendar.collection();
            if calendar.role != Role::Inbox {
                search.add(&snapshot, calendar).await?;
            }
        }
        let uid = uuid::Uuid::new_v4().to_string();
        let said = Answer {
            range,
            now: call.scope.store().now().seconds() as i64,
            uid: &uid,
            method: None,
            people: &[],
        };
        let body = ReplyBody::Bytes(answer(&said, &search.finish()).into());
        Ok(Reply::with_body(200, "text/calendar; charset=utf-8", body))
    })
}
