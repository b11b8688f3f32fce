//! Where scheduling puts things: a user's inbox, the calendar that invitations go to, and the
//! object of a UID, wherever its user keeps it.

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::object::Object;
use crate::accounts::INBOX;
use crate::base::{CollectionId, Fault, PrincipalId, Timestamp};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Components, Kind, Role};
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::member::{self, Found};
use crate::store::principals;
use crate::store::property::{self, Holder, Property};
use crate::store::write::Target;
use crate::store::{Actor, Store};

/// The name of everybody's outbox in its path.
pub const OUTBOX: &str = "outbox";

/// The name of the property in which an inbox has its owner's choice of a default calendar.
pub const DEFAULT_CALENDAR: &str = "schedule-default-calendar-URL";

/// The name of the property in which an inbox has when its owner is available.
pub const AVAILABILITY: &str = "calendar-availability";

/// The namespace of CalDAV.
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";

/// The inbox of a user.
pub async fn inbox(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<collection::Found>, EngineError> {
    let found = collection::find(snapshot, owner, Kind::Calendar, INBOX).await?;
    Ok(found.filter(|found| found.collection.role == Role::Inbox))
}

/// The calendars that a user fills, in their order.
pub async fn calendars(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<collection::Found>, EngineError> {
    let mut all = collection::list(snapshot, owner, Kind::Calendar).await?;
    all.retain(|found| found.collection.role == Role::Plain);
    all.sort_by_key(|found| (found.collection.order.unwrap_or(0), found.collection.id));
    Ok(all)
}

/// The calendar that invitations to things of `kind` go to: the one that the user chose, if it is
/// still there and takes them, else the first that does.
pub async fn default_calendar(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    kind: Components,
) -> Result<Option<collection::Found>, EngineError> {
    let mut all = calendars(snapshot, owner).await?;
    all.retain(|found| found.collection.calendar.components.takes(kind));
    let chosen = chosen(snapshot, owner).await?;
    let place = all.iter().position(|found| Some(&found.collection.name) == chosen.as_ref());
    let place = place.or_else(|| (!all.is_empty()).then_some(0));
    Ok(place.map(|place| all.swap_remove(place)))
}

/// When a user says that they are available: an iCalendar text (`CAL:calendar-availability`,
/// RFC 7953).
pub async fn availability(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<String>, EngineError> {
    let Some(inbox) = inbox(snapshot, owner).await? else { return Ok(None) };
    let kept = property::list(snapshot, &Holder::Collection(inbox.collection.id)).await?;
    let kept = kept.iter().find(|property| is(property, AVAILABILITY));
    Ok(kept.and_then(|property| {
        let (_, after) = property.fragment.split_once('>')?;
        let (text, _) = after.rsplit_once("</")?;
        quick_xml::escape::unescape(text).ok().map(std::borrow::Cow::into_owned)
    }))
}

/// The name of the calendar that the user chose.
pub async fn chosen(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<String>, EngineError> {
    let Some(inbox) = inbox(snapshot, owner).await? else { return Ok(None) };
    let kept = property::list(snapshot, &Holder::Collection(inbox.collection.id)).await?;
    let kept = kept.iter().find(|property| is(property, DEFAULT_CALENDAR));
    Ok(kept.and_then(|property| {
        // The href was judged when it was written.
        let (_, after) = property.fragment.split_once(&format!("/{owner}/"))?;
        let name = after.split(['/', '<']).next()?;
        Some(percent_decode_str(name).decode_utf8().ok()?.into_owned())
    }))
}

fn is(property: &Property, local: &str) -> bool {
    property.namespace == CALDAV && property.local == local
}

/// An object and where it lies.
#[derive(Debug)]
pub struct Place {
    /// The calendar.
    pub calendar: Collection,
    /// Its name there.
    pub name: String,
    /// Its row.
    pub found: Found,
    /// Its bytes.
    pub bytes: Bytes,
    /// The same, taken apart.
    pub object: Object,
}

/// The name of the object with this normalised UID and the calendar that it lies in, other than
/// the member `not` of a collection.
pub async fn holder(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    not: Option<(CollectionId, &str)>,
) -> Result<Option<(Collection, String)>, EngineError> {
    for found in calendars(snapshot, owner).await? {
        let id = found.collection.id;
        if let Some(name) = member::holder(snapshot, id, uid).await?
            && not != Some((id, &name))
        {
            return Ok(Some((found.collection, name)));
        }
    }
    Ok(None)
}

/// The object with this normalised UID in a user's calendars.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Place>, EngineError> {
    let Some((calendar, name)) = holder(snapshot, owner, uid, None).await? else {
        return Ok(None);
    };
    let Some(found) = member::find(snapshot, calendar.id, &name).await? else { return Ok(None) };
    let bytes = whole(snapshot, calendar.id, &name).await?;
    let Some(object) = Object::read(&bytes) else { return Ok(None) };
    Ok(Some(Place { calendar, name, found, bytes, object }))
}

/// The bytes of a member.
pub async fn whole(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Bytes, EngineError> {
    body::get(snapshot, Slot::Member(id, name)).await?.whole(snapshot).await
}

// === the schedule tag ===

const TAG: &str = "schedule-tag";

/// The schedule tag of a member, without quotes (RFC 6638 §3.2.10); only scheduling objects have
/// one.
pub async fn tag(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<String>, EngineError> {
    let kept = property::list(snapshot, &Holder::Member(id, name)).await?;
    let kept = kept.iter().find(|property| is(property, TAG));
    Ok(kept.and_then(|property| {
        let (_, after) = property.fragment.split_once(">\"")?;
        after.split_once('"').map(|(tag, _)| tag.to_owned())
    }))
}

/// Gives a member the schedule tag `tag`, or none. It is kept as the property that clients read.
pub fn set_tag(batch: &mut Batch, id: CollectionId, name: &str, tag: Option<&str>) {
    let holder = Holder::Member(id, name);
    match tag {
        Some(tag) => {
            let fragment = format!("<x1:{TAG} xmlns:x1=\"{CALDAV}\">\"{tag}\"</x1:{TAG}>");
            let property =
                Property { namespace: CALDAV.to_owned(), local: TAG.to_owned(), fragment };
            property::put(batch, &holder, &property);
        }
        None => property::delete(batch, &holder, CALDAV, TAG),
    }
}

/// Takes messages out of inboxes that came before `before`; they go to the history. Many programs
/// never look there.
pub async fn clear_inboxes(store: &Store, before: Timestamp) -> Result<usize, Fault> {
    let actor = Actor { principal: "rolodav".to_owned(), device: "scheduling".to_owned() };
    let mut cleared = 0;
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        let snapshot = store.snapshot().await?;
        let Some(inbox) = inbox(&snapshot, &owner).await? else { continue };
        let collection = &inbox.collection;
        let mut old = Vec::new();
        member::scan(&snapshot, collection.id, None, |name, row| {
            if row.modified < before {
                old.push(name.to_owned());
            }
            Step::Continue
        })
        .await?;
        drop(snapshot);
        for name in &old {
            let target = Target { collection, rights: &[], name, actor: &actor };
            // Its owner may have deleted it at this moment.
            if store.delete_member(&target, None, |_| Ok(())).await.is_ok() {
                cleared += 1;
            }
        }
    }
    Ok(cleared)
}

/// Makes the inboxes that are missing: those of users from before there were any.
pub async fn complete(store: &Store) -> Result<(), Fault> {
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, principal) in listed {
        let snapshot = store.snapshot().await?;
        let taken = collection::find(&snapshot, &owner, Kind::Calendar, INBOX).await?.is_some();
        if principal.kind != principals::Kind::User || taken {
            continue;
        }
        let id = CollectionId(store.number());
        let name = INBOX.to_owned();
        let mut inbox = Collection::new(id, Kind::Calendar, owner, name, store.now());
        inbox.display_name = Some("Inbox".to_owned());
        inbox.role = Role::Inbox;
        let mut batch = Batch::new();
        collection::create(&mut batch, &inbox)?;
        store.commit(batch).await?;
    }
    Ok(())
}
