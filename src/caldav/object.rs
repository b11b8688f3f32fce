//! Events, tasks and what else is on calendars, as members: how they are taken, and how they are
//! handed out by GET.

use bytes::Bytes;

use super::companion::Along;
use super::scheduling;
use super::zones::Zones;
use super::{defaults, outbox};
use crate::base::{CollectionId, Condition, Fault, ObjectName, PrincipalId, Request};
use crate::calendars::object::{self, Rules};
use crate::calendars::scheduling::places;
use crate::dav::header::{Accept, Handling, Media, Prefer};
use crate::dav::object_type::{Companion, Conversion, Journey, Loading, ObjectType, Outbox};
use crate::dav::scope::Scope;
use crate::dav::xml::name::Name;
use crate::store::collection::{Collection, Components, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::member::{Flags, MemberRow};
use crate::store::write::NewMember;

/// The members of calendars.
#[derive(Debug)]
pub struct CalendarObjects;

impl ObjectType for CalendarObjects {
    fn kind(&self) -> Kind {
        Kind::Calendar
    }

    fn collection_type(&self, role: Role) -> Name {
        match role {
            Role::Inbox => Name::caldav("schedule-inbox"),
            Role::Plain
            | Role::Birthdays
            | Role::Subscribed
            | Role::Interactions
            | Role::Segment => Name::caldav("calendar"),
        }
    }

    fn ending(&self) -> &'static str {
        ".ics"
    }

    fn max_size(&self, scope: &Scope) -> u64 {
        scope.limits().event_bytes
    }

    fn too_large(&self) -> Condition {
        Condition::caldav("max-resource-size")
    }

    fn uid_conflict(&self) -> Condition {
        Condition::caldav("no-uid-conflict")
    }

    fn unsupported(&self) -> Condition {
        Condition::caldav("supported-calendar-data")
    }

    fn location(&self) -> Condition {
        Condition::caldav("calendar-collection-location-ok")
    }

    fn inspect(
        &self,
        bytes: Bytes,
        request: &Request,
        scope: &Scope,
        collection: &Collection,
    ) -> Result<NewMember, Fault> {
        let claims = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if claims.starts_with("text/vcard") || claims.starts_with("text/x-vcard") {
            return Err(Fault::new(415, "A calendar takes iCalendar objects only.")
                .with(self.unsupported()));
        }
        let rules = Rules {
            limits: scope.limits(),
            kinds: collection.calendar.components,
            strict: Prefer::parse(&request.headers).handling == Some(Handling::Strict),
            now: scope.store().now().seconds() as i64,
        };
        object::accept(bytes, &rules)
    }

    fn fits(&self, member: MemberRow<'_>, collection: &Collection) -> Result<(), Fault> {
        object::taken_by(member.flags, collection.calendar.components)
    }

    fn outbox(&self) -> Option<&'static Outbox> {
        Some(&outbox::OUTBOX)
    }

    fn default_collection<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        owner: &'a PrincipalId,
    ) -> Loading<'a, Option<ObjectName>> {
        Box::pin(async move {
            let found = places::default_calendar(snapshot, owner, Components::EVENT).await?;
            Ok(found.and_then(|found| ObjectName::parse(&found.collection.name)))
        })
    }

    fn may_remove<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        collection: &'a Collection,
    ) -> Loading<'a, ()> {
        Box::pin(defaults::may_remove(snapshot, collection))
    }

    fn may_go<'a>(&'a self, snapshot: &'a Snapshot, journey: Journey<'a>) -> Loading<'a, ()> {
        Box::pin(scheduling::may_go(snapshot, journey))
    }

    fn companion(&self, request: &Request, scope: &Scope) -> Option<Box<dyn Companion>> {
        Some(Box::new(Along::of(request, scope)))
    }

    fn headers<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        id: CollectionId,
        name: &'a str,
    ) -> Loading<'a, Vec<(&'static str, String)>> {
        Box::pin(async move {
            let tag = places::tag(snapshot, id, name).await?;
            Ok(tag.map(|tag| ("schedule-tag", format!("\"{tag}\""))).into_iter().collect())
        })
    }

    fn content_type(&self, member: MemberRow<'_>) -> &'static str {
        match (member.flags.has(Flags::EVENT), member.flags.has(Flags::TODO)) {
            (true, true) => "text/calendar; charset=utf-8; component=VJOURNAL",
            (true, false) => "text/calendar; charset=utf-8; component=VEVENT",
            (false, true) => "text/calendar; charset=utf-8; component=VTODO",
            (false, false) => "text/calendar; charset=utf-8",
        }
    }

    fn vary(&self) -> &'static str {
        "Accept, CalDAV-Timezones"
    }

    fn negotiate(
        &self,
        request: &Request,
        _: &Scope,
        _: MemberRow<'_>,
    ) -> Result<Option<Box<dyn Conversion>>, Fault> {
        let offers = [Media { essence: "text/calendar", version: Some("2.0") }];
        match Accept::parse(&request.headers).best(&offers) {
            Some(_) => match Zones::wanted(request) {
                Zones::AsStored => Ok(None),
                zones => Ok(Some(Box::new(zones))),
            },
            None => Err(Fault::new(406, "Calendar objects are available as text/calendar.")),
        }
    }
}
