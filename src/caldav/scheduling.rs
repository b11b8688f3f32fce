//! Scheduling as part of PUT and DELETE (RFC 6638 §3, §8): the headers that clients steer it with,
//! and its refusals in the words of the protocol.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::{Condition, Detail, Fault, ObjectName, Request};
use crate::calendars::scheduling::deliver::Deliveries;
use crate::calendars::scheduling::implicit::{Change, Means, Objection, Wishes, follow};
use crate::calendars::scheduling::places;
use crate::dav::object_type::{Companion, Journey, Loading};
use crate::dav::path::Address;
use crate::dav::scope::{Scope, Services};
use crate::store::collection::{Collection, Kind, Role};
use crate::store::engine::{Batch, Snapshot, Step};
use crate::store::write::{Alongside, Planned, Planning};
use crate::store::{member, property};

/// How long an answer waits for deliveries; what takes longer goes on without it.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a calendar with more events than this is deleted, the others' attendees are not told.
const MOST_TOLD: usize = 1000;

/// Scheduling beside the write of one member.
pub struct Scheduling {
    services: Arc<Services>,
    wishes: Wishes,
    /// What the last plan wrote down to be told.
    queued: Mutex<Vec<u64>>,
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

    /// Notes what is to be told; what was noted before.
    fn note(&self, numbers: Vec<u64>) -> Vec<u64> {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *queued, numbers)
    }

    fn means(&self) -> Means<'_> {
        Means { limits: &self.services.limits, mail: self.services.mail }
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
            let store = &self.services.store;
            let followed = follow(store, snapshot, batch, change, &self.wishes, self.means()).await;
            let consequence = followed.map_err(explain)?;
            self.note(consequence.queued.into_iter().collect());
            Ok(consequence.instead)
        })
    }
}

impl Companion for Scheduling {
    fn plan_removal<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        batch: &'a mut Batch,
        collection: &'a Collection,
    ) -> Loading<'a, ()> {
        Box::pin(async move {
            let mut queued = Vec::new();
            if collection.role != Role::Plain
                || !property::on_members(snapshot, collection.id).await?
            {
                return Ok(());
            }
            let wishes = Wishes { tag: None, no_reply: self.wishes.no_reply };
            let mut members = Vec::new();
            member::scan(snapshot, collection.id, None, |name, row| {
                members.push((name.to_owned(), row.to_owned()));
                Step::Continue
            })
            .await?;
            for (name, member) in &members {
                let change = Change { calendar: collection, name, old: Some(member), new: None };
                let store = &self.services.store;
                let followed = follow(store, snapshot, batch, change, &wishes, self.means()).await;
                queued.extend(followed.map_err(explain)?.queued);
                if queued.len() >= MOST_TOLD {
                    break;
                }
            }
            self.note(queued);
            Ok(())
        })
    }

    fn settle(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let numbers = self.note(Vec::new());
            if numbers.is_empty() {
                return;
            }
            let services = Arc::clone(&self.services);
            let told = tokio::spawn(async move {
                let (store, limits) = (&*services.store, &services.limits);
                let (mail, quota) = (services.mail, services.quota);
                let deliveries = Deliveries { store, limits, mail, quota };
                for number in numbers {
                    if let Err(fault) = deliveries.tell(number).await {
                        tracing::warn!(fault = %fault.logged(), "scheduling: will be tried again");
                    }
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

/// An event with attendees is in one calendar of its owner alone (RFC 6638 §3.2.4.1), and stays
/// with them: another's copy of it is another thing.
pub async fn may_go(snapshot: &Snapshot, journey: Journey<'_>) -> Result<(), Fault> {
    let Journey { from, name, to, keep } = journey;
    if places::tag(snapshot, from.id, name).await?.is_none() {
        return Ok(());
    }
    match (from.owner == to.owner, keep) {
        (true, true) => Err(explain(Objection::NotUnique(Box::new(from.clone()), name.to_owned()))),
        (false, false) => {
            Err(Fault::forbidden("An event with attendees stays with its owner; copy it instead."))
        }
        _ => Ok(()),
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
