//! What follows from storing or deleting an object on a calendar (RFC 6638 §3.2): what is refused,
//! what is stored instead, and who will be told. All of it is decided inside the commit.

use std::collections::HashMap;

use bytes::Bytes;
use memchr::memmem;

use super::address::Address;
use super::allowed;
use super::notice::{Notice, notices};
use super::object::{Object, Role, address, by_server};
use super::people::{self, Who};
use super::places;
use super::reply::reply;
use super::status;
use super::stored::{Organizing, attended, organized};
use crate::base::{ETag, Fault, Limits, Timestamp};
use crate::calendars::object::{Rules, accept};
use crate::store::Store;
use crate::store::collection::{Collection, Components};
use crate::store::engine::{Batch, EngineError, Snapshot};
use crate::store::member::{Flags, Member};
use crate::store::outgoing::{self, Outgoing, Task};
use crate::store::write::NewMember;

/// How a client wants it.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The tag that must still be the member's (`If-Schedule-Tag-Match`); an empty one is that of a
    /// member without.
    pub tag: Option<String>,
    /// Do not tell the organizer that the object was deleted (`Schedule-Reply: F`).
    pub no_reply: bool,
}

/// What the server offers.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// The bounds.
    pub limits: &'a Limits,
    /// Can mail be sent?
    pub mail: bool,
}

/// A change of one member.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The calendar.
    pub calendar: &'a Collection,
    /// The member's name.
    pub name: &'a str,
    /// What is there.
    pub old: Option<&'a Member>,
    /// What is to be there.
    pub new: Option<&'a NewMember>,
}

/// What follows.
#[derive(Debug, Default)]
pub struct Consequence {
    /// What is stored instead.
    pub instead: Option<NewMember>,
    /// The number of what is to be told.
    pub queued: Option<u64>,
}

/// Why a change is refused.
#[derive(Debug)]
pub enum Objection {
    /// A precondition of CalDAV, 403, with what is wrong.
    Condition(&'static str, String),
    /// Another object of the same UID: in this calendar, under this name.
    NotUnique(Box<Collection>, String),
    /// The schedule tag is another one: 412.
    TagChanged,
    /// Anything else.
    Fault(Fault),
}

impl From<EngineError> for Objection {
    fn from(error: EngineError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Fault> for Objection {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn refuse(condition: &'static str, message: impl Into<String>) -> Objection {
    Objection::Condition(condition, message.into())
}

/// Works out what follows from `change` and adds it to `batch`.
pub async fn follow(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    change: Change<'_>,
    wishes: &Wishes,
    means: Means<'_>,
) -> Result<Consequence, Objection> {
    let (id, name) = (change.calendar.id, change.name);
    let tag = match change.old {
        Some(_) => places::tag(snapshot, id, name).await?,
        None => None,
    };
    if let Some(wanted) = &wishes.tag
        && wanted != tag.as_deref().unwrap_or_default()
    {
        return Err(Objection::TagChanged);
    }
    let plain = |new: &NewMember| memmem::find(&new.body.bytes, b"ORGANIZER").is_none();
    if tag.is_none() && change.new.is_none_or(plain) {
        return Ok(Consequence::default());
    }
    let owner = &change.calendar.owner;
    let mine = people::addresses(snapshot, owner).await?;
    let old_bytes = match change.old {
        Some(_) if tag.is_some() => Some(places::whole(snapshot, id, name).await?),
        _ => None,
    };
    let case = Case {
        store,
        snapshot,
        means,

        mine: &mine,
        old: old_bytes.as_deref().and_then(Object::read),
        new: change.new.and_then(|new| Object::read(&new.body.bytes)),
        old_bytes,
        new_bytes: change.new.map(|new| new.body.bytes.clone()),
        is_over: change.new.is_some_and(|new| is_over(new, store.now())),
        stored_answers: wishes.tag.as_ref().is_some_and(|tag| !tag.is_empty()),
    };
    case.check_organizers()?;
    let (was, is) = case.roles();
    if was == Role::Bystander
        && is != Role::Bystander
        && let Some(new) = change.new
        && let Some((calendar, other)) =
            places::holder(snapshot, owner, &new.uid, Some((id, name))).await?
    {
        return Err(Objection::NotUnique(Box::new(calendar), other));
    }
    if let (None, Some(old)) = (change.new, change.old)
        && places::holder(snapshot, owner, &old.uid, Some((id, name))).await?.is_some()
    {
        // One of two: it came with the copy of a whole calendar, and goes with it.
        return Ok(Consequence::default());
    }
    let outcome = match (was, is) {
        (Role::Organizer, Role::Attendee) => {
            return Err(refuse(
                "allowed-organizer-scheduling-object-change",
                "An event keeps its organizer; make another event.",
            ));
        }
        (Role::Organizer, _) | (Role::Bystander, Role::Organizer) => case.organize(is).await?,
        (Role::Attendee, _) | (Role::Bystander, Role::Attendee) => {
            case.attend(is, wishes.no_reply).await?
        }
        (Role::Bystander, Role::Bystander) => Outcome::default(),
    };
    let mut consequence = Consequence::default();
    let uid = change.new.map(|new| &new.uid).or(change.old.map(|old| &old.uid));
    if let (Some(task), Some(uid)) = (outcome.task, uid) {
        let number = store.number();
        let (made, due) = (store.now(), store.now());
        let (owner, uid) = (owner.clone(), uid.clone());
        let outgoing = Outgoing { owner, uid, made, due, attempts: 0, task };
        outgoing::put(batch, number, &outgoing)?;
        consequence.queued = Some(number);
    }
    if let Some(new) = change.new {
        let now = store.now().seconds() as i64;
        consequence.instead =
            outcome.bytes.map(|bytes| replaced(new, bytes, means.limits, now)).transpose()?;
        let stored = consequence.instead.as_ref().unwrap_or(new);
        let tag = tag_of(&stored.etag);
        let tag = Some(tag.as_str()).filter(|_| is != Role::Bystander);
        places::set_tag(batch, id, name, tag);
    }
    Ok(consequence)
}

/// A schedule tag for bytes with this tag.
pub fn tag_of(etag: &ETag) -> String {
    etag.to_string().trim_matches('"').to_owned()
}

/// Is everything in it past? Nobody elsewhere is written to for that, as when somebody brings old
/// calendars along.
pub fn is_over(new: &NewMember, now: Timestamp) -> bool {
    let now = now.seconds() as i64;
    !new.spans.is_empty() && new.spans.iter().all(|span| span.end <= now)
}

/// `new` with other bytes; what was sent stays beside it.
fn replaced(
    new: &NewMember,
    bytes: Vec<u8>,
    limits: &Limits,
    now: i64,
) -> Result<NewMember, Fault> {
    let rules = Rules { limits, kinds: Components::default(), strict: false, now };
    let made = accept(Bytes::from(bytes), &rules)?;
    let (notes, original) = (new.notes.clone(), new.original.clone());
    let flags = made.flags.with(Flags::REPAIRED, original.is_some());
    Ok(NewMember { flags, notes, original, ..made })
}

#[derive(Debug, Default)]
struct Outcome {
    bytes: Option<Vec<u8>>,
    task: Option<Task>,
}

struct Case<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    means: Means<'a>,

    mine: &'a [Address],
    old_bytes: Option<Bytes>,
    new_bytes: Option<Bytes>,
    old: Option<Object>,
    new: Option<Object>,
    is_over: bool,
    stored_answers: bool,
}

impl Case<'_> {
    fn roles(&self) -> (Role, Role) {
        let role = |object: &Option<Object>| {
            object.as_ref().map_or(Role::Bystander, |object| object.role_of(self.mine))
        };
        (role(&self.old), role(&self.new))
    }

    fn check_organizers(&self) -> Result<(), Objection> {
        let parts = self.new.iter().flat_map(Object::parts);
        let mut organizers = parts.filter_map(|part| part.property("ORGANIZER")).map(address);
        let first = organizers.next();
        if organizers.all(|other| Some(&other) == first.as_ref()) {
            return Ok(());
        }
        Err(refuse(
            "same-organizer-in-all-components",
            "All instances of an event have the same organizer.",
        ))
    }

    /// What becomes of a message to `address`.
    async fn status(&self, address: &Address) -> Result<&'static str, EngineError> {
        Ok(match people::find(self.snapshot, address).await? {
            Who::User(_) => status::DELIVERED,
            Who::Elsewhere(_) if self.means.mail && !self.is_over => status::PENDING,
            Who::Elsewhere(_) => status::NO_WAY,
            Who::Nobody => status::NOBODY,
        })
    }

    /// The organizer changes, makes or deletes their object.
    async fn organize(&self, is: Role) -> Result<Outcome, Objection> {
        let old = self.old.as_ref().filter(|old| old.role_of(self.mine) == Role::Organizer);
        let new = self.new.as_ref().filter(|_| is == Role::Organizer);
        if let Some(object) = &self.new
            && is == Role::Bystander
            && object.organizer().is_some_and(|line| !self.mine.contains(&address(line)))
        {
            return Err(refuse(
                "allowed-organizer-scheduling-object-change",
                "An event keeps its organizer; make another event.",
            ));
        }
        let task = |new: Option<&[u8]>| Task::Changed {
            old: old.and(self.old_bytes.as_ref()).map(|bytes| bytes.to_vec()),
            new: new.map(<[u8]>::to_vec),
        };
        let (Some(new), Some(sent)) = (new, &self.new_bytes) else {
            return Ok(Outcome { bytes: None, task: Some(task(None)) });
        };
        let stamp = self.store.now().basic();
        let mut statuses: HashMap<Address, &'static str> = HashMap::new();
        for who in new.attendees().into_iter().filter(|who| !self.mine.contains(who)) {
            let told = notices(old, Some(new), std::slice::from_ref(&who), &stamp);
            if told.iter().any(|notice| !matches!(notice, Notice::Silent)) {
                let status = self.status(&who).await?;
                statuses.insert(who, status);
            }
        }
        let mut orders = Organizing {
            old,
            mine: self.mine,
            stored_answers: self.stored_answers,
            with_wishes: true,
            status: |who: &Address| statuses.get(who).copied(),
        };
        let told = organized(sent, new, &orders);
        orders.with_wishes = false;
        let bytes = organized(sent, new, &orders);
        let same = self.old_bytes.as_deref() == Some(bytes.as_deref().unwrap_or(sent));
        let silent = same && statuses.is_empty();
        let task = (!silent).then(|| task(Some(told.as_deref().unwrap_or(sent))));
        Ok(Outcome { bytes, task })
    }

    /// An attendee changes, brings along or deletes their copy.
    async fn attend(&self, is: Role, no_reply: bool) -> Result<Outcome, Objection> {
        let old = self.old.as_ref().filter(|old| old.role_of(self.mine) == Role::Attendee);
        let new = self.new.as_ref().filter(|_| is == Role::Attendee);
        let Some(organizer) = old.or(new).and_then(Object::organizer) else {
            return Ok(Outcome::default());
        };
        let to = address(organizer);
        let is_local = matches!(people::find(self.snapshot, &to).await?, Who::User(_));
        if is_local
            && by_server(organizer)
            && let (Some(old), Some(stored)) = (old, &self.new)
        {
            let verdict = match new {
                Some(new) => allowed::check(old, new, self.mine),
                None if stored.organizer().map(address) != Some(to.clone()) => {
                    Err("the organizer was changed")
                }
                None => allowed::check(old, stored, self.mine),
            };
            verdict.map_err(|what| {
                refuse(
                    "allowed-attendee-scheduling-object-change",
                    format!("Only the organizer changes this event: {what}."),
                )
            })?;
        }
        let stamp = self.store.now().basic();
        let silent = self.new.is_none() && no_reply;
        let message = (!silent).then(|| reply(old, new, self.mine, &stamp)).flatten();
        let told = message.is_some().then_some(self.status(&to).await?);
        let bytes = match (new, &self.new_bytes) {
            (Some(new), Some(sent)) => {
                let old = old.filter(|_| is_local);
                attended(sent, new, old, self.mine, told)
            }
            _ => None,
        };
        let task = message
            .map(|message| Task::Answered { message: message.write(), organizer: to.to_string() });
        Ok(Outcome { bytes, task })
    }
}
