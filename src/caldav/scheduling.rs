//! Scheduling as part of PUT and DELETE (RFC 6638 §3, §8): the headers that clients steer it with,
//! and its refusals in the words of the protocol.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::{Condition, Detail, Fault, ObjectName, Request};
use crate::calendars::scheduling::deliver::Deliveries;
use crate::calendars::scheduling::implicit::{Change, Means, Objection, Wishes, follow};
use crate::dav::path::Address;
use crate::dav::registry::Companion;
use crate::dav::scope::{Scope, Services};
use crate::store::collection::{Collection, Kind, Role};
use crate::store::write::{Alongside, Planned, Planning};

/// How long an answer waits for deliveries; what takes longer goes on without it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Scheduling beside the write of one member.
pub struct Scheduling {
    services: Arc<Services>,
    wishes: Wishes,
    /// What the last plan wrote down to be told.
    queued: Mutex<Option<u64>>,
}

impl Scheduling {
    /// For what `request` writes.
    pub fn of(request: &Request, scope: &Scope) -> Self {
        let tag = request
            .header("if-schedule-tag-match")
            .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned());
        let no_reply = request
            .header("schedule-reply")
            .is_some_and(|wish| wish.trim().eq_ignore_ascii_case("F"));
        Self {
            services: Arc::clone(&scope.services),
            wishes: Wishes { tag, no_reply },
            queued: Mutex::default(),
        }
    }

    fn note(&self, number: Option<u64>) -> Option<u64> {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *queued, number)
    }
}

impl Alongside for Scheduling {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let Planning { snapshot, batch, target, old, new } = planning;
            if target.collection.role != Role::Plain {
                return Ok(None);
            }
            let change = Change { calendar: target.collection, name: target.name, old, new };
            let means = Means { limits: &self.services.limits, mail: self.services.mail };
            let store = &self.services.store;
            let followed = follow(store, snapshot, batch, change, &self.wishes, means).await;
            let consequence = followed.map_err(explain)?;
            self.note(consequence.queued);
            Ok(consequence.instead)
        })
    }
}

impl Companion for Scheduling {
    fn settle(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let Some(number) = self.note(None) else { return };
            let services = Arc::clone(&self.services);
            let told = tokio::spawn(async move {
                let (store, limits) = (&*services.store, &services.limits);
                let deliveries = Deliveries { store, limits, mail: services.mail };
                if let Err(fault) = deliveries.tell(number).await {
                    tracing::warn!(%fault, cause = ?fault.cause, "scheduling: will be tried again");
                }
            });
            // The task goes on if nobody waits for it any more.
            let _ = tokio::time::timeout(PATIENCE, told).await;
        })
    }

    fn alongside(&self) -> &dyn Alongside {
        self
    }
}

fn explain(objection: Objection) -> Fault {
    match objection {
        Objection::Fault(fault) => fault,
        Objection::Condition(name, message) => {
            Fault::forbidden(message).with(Condition::caldav(name))
        }
        Objection::TagChanged => Fault::precondition(
            "This event was changed by somebody else meanwhile; fetch it and try again.",
        ),
        Objection::NotUnique(calendar, name) => {
            let condition = Condition::caldav("unique-scheduling-object-resource");
            let detail = Detail::Hrefs(vec![href(&calendar, &name)]);
            Fault::forbidden("This event is in a calendar of yours already; it is named here.")
                .with(Condition { detail, ..condition })
        }
    }
}

/// The address of a member in its owner's home.
fn href(calendar: &Collection, name: &str) -> String {
    let names = (ObjectName::parse(&calendar.name), ObjectName::parse(name));
    let (Some(collection), Some(name)) = names else { return String::new() };
    let owner = calendar.owner.clone();
    Address::Member { kind: Kind::Calendar, owner, collection, name }.href()
}
