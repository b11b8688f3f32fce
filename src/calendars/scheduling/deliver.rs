//! Tells others what is outgoing: brings attendees' copies and organizers' objects to the present
//! state, and puts messages into inboxes. What is told is the state that the other side has now,
//! not the one that was written down, so neither order nor repetition matters.

use bytes::Bytes;

use super::address::Address;
use super::draft::Draft;
use super::implicit::{is_over, tag_of};
use super::invitation::{cancelled, for_attendee, merge};
use super::notice::{Notice, notices, only_answers_differ};
use super::object::{Object, Role, address, attendee, by_server};
use super::people::{self, Who};
use super::places::{self, Place};
use super::reply::{Answer, answered};
use super::status;
use super::stored::{with_answers, with_status};
use super::takes_place::TakesPlace;
use crate::base::{ETag, Fault, Limits, PrincipalId};
use crate::calendars::object::{Rules, accept};
use crate::formats::vcard::inspect::needs_escape;
use crate::store::body::NewBody;
use crate::store::collection::Components;
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::{self, Flags};
use crate::store::outgoing::{self, Outgoing, Task};
use crate::store::write::{NewMember, Refusal, Target};
use crate::store::{Actor, Store};

/// How often one recipient is tried again after somebody else's commit came between.
const ATTEMPTS: usize = 64;

/// With more attendees than this, what one of them answered is not shown in the copies of all the
/// others at once: it comes with the organizer's next change.
const MOST_REFRESHED: usize = 50;

/// What deliveries work with.
#[derive(Debug, Clone, Copy)]
pub struct Deliveries<'a> {
    /// The records.
    pub store: &'a Store,
    /// The bounds.
    pub limits: &'a Limits,
    /// Can mail be sent?
    pub mail: bool,
}

/// What one recipient's part led to.
enum Told {
    /// They have it.
    Yes,
    /// It cannot be told to them: the status for the object.
    No(&'static str),
}

impl Deliveries<'_> {
    /// Tells what is written down under `number`, and what follows from it. A fault leaves the rest
    /// where it is, for another time.
    pub async fn tell(&self, number: u64) -> Result<(), Fault> {
        let mut next = vec![number];
        while let Some(number) = next.pop() {
            let snapshot = self.store.snapshot().await?;
            let Some(found) = outgoing::get(&snapshot, number).await? else { continue };
            match &found.record.task {
                Task::Changed { old, new } => {
                    self.invite(number, &found.record, old.as_deref(), new.as_deref()).await?;
                }
                Task::Answered { message, organizer } => {
                    next.extend(self.answer(number, &found.record, message, organizer).await?);
                }
                Task::Refresh { except } => self.refresh(number, &found.record, except).await?,
                // Mail is sent by a job of its own.
                Task::Mail { .. } => continue,
            }
            let snapshot = self.store.snapshot().await?;
            let mut batch = Batch::new();
            outgoing::remove(&snapshot, &mut batch, number).await?;
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    // === attendees ===

    async fn invite(
        &self,
        number: u64,
        outgoing: &Outgoing,
        old: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let is_over = self.is_over(new.or(old));
        let (old, new) = (old.and_then(Object::read), new.and_then(Object::read));
        let snapshot = self.store.snapshot().await?;
        let mine = people::addresses(&snapshot, &outgoing.owner).await?;
        let mut attendees: Vec<Address> = new.iter().flat_map(Object::attendees).collect();
        attendees.extend(old.iter().flat_map(Object::attendees));
        let mut told = std::collections::HashSet::new();
        let stamp = outgoing.made.basic();
        for who in attendees {
            if mine.contains(&who) || !told.insert(who.clone()) {
                continue;
            }
            let outcome = match people::find(&snapshot, &who).await? {
                Who::User(user) => {
                    let theirs = people::addresses(&snapshot, &user).await?;
                    let notices = notices(old.as_ref(), new.as_ref(), &theirs, &stamp);
                    if notices.is_empty() {
                        continue;
                    }
                    self.update_copy(number, outgoing, &user, &notices).await?
                }
                Who::Elsewhere(mail) if self.mail && !is_over => {
                    let theirs = std::slice::from_ref(&who);
                    let notices = notices(old.as_ref(), new.as_ref(), theirs, &stamp);
                    self.write_to(number, outgoing, &mail, &notices).await?;
                    Told::Yes
                }
                Who::Elsewhere(_) | Who::Nobody => Told::Yes,
            };
            if let Told::No(status) = outcome {
                self.note(outgoing, "ATTENDEE", &who, status).await?;
            }
        }
        Ok(())
    }

    async fn refresh(
        &self,
        number: u64,
        outgoing: &Outgoing,
        except: &PrincipalId,
    ) -> Result<(), Fault> {
        let snapshot = self.store.snapshot().await?;
        let Some(place) = places::find(&snapshot, &outgoing.owner, &outgoing.uid).await? else {
            return Ok(());
        };
        for who in place.object.attendees() {
            if let Who::User(user) = people::find(&snapshot, &who).await?
                && user != *except
                && user != outgoing.owner
            {
                self.update_copy(number, outgoing, &user, &[Notice::Silent]).await?;
            }
        }
        Ok(())
    }

    /// Brings the copy of one attendee to what the organizer's object is now.
    async fn update_copy(
        &self,
        number: u64,
        outgoing: &Outgoing,
        user: &PrincipalId,
        notices: &[Notice],
    ) -> Result<Told, Fault> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            if outgoing::is_told(&snapshot, number, user.as_str()).await? {
                return Ok(Told::Yes);
            }
            let mut batch = Batch::new();
            outgoing::mark(&mut batch, number, user.as_str());
            let planned = self.plan_copy(&snapshot, &mut batch, outgoing, user, notices).await?;
            if let Told::No(status) = planned {
                return Ok(Told::No(status));
            }
            for (nth, notice) in notices.iter().enumerate() {
                if let Notice::Request(message) | Notice::Cancel(message) = notice {
                    let name = format!("{number:x}-{nth}.ics");
                    self.plan_message(&snapshot, &mut batch, outgoing, user, &name, message)
                        .await?;
                }
            }
            match self.store.commit(batch).await {
                Ok(_) => return Ok(Told::Yes),
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1))
    }

    async fn plan_copy(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        outgoing: &Outgoing,
        user: &PrincipalId,
        notices: &[Notice],
    ) -> Result<Told, Fault> {
        let organizers = people::addresses(snapshot, &outgoing.owner).await?;
        let theirs = people::addresses(snapshot, user).await?;
        let organized = places::find(snapshot, &outgoing.owner, &outgoing.uid).await?;
        let organized = organized.filter(|p| p.object.role_of(&organizers) == Role::Organizer);
        let fresh = organized.as_ref().and_then(|place| {
            place.found.witness.require(batch);
            let told = |part| attendee(part, &theirs).is_some_and(by_server);
            let is_told = place.object.parts().any(told);
            for_attendee(&place.object, &theirs).filter(|_| is_told)
        });
        let copy = places::find(snapshot, user, &outgoing.uid).await?;
        if let Some(copy) = &copy
            && !copy.object.organizer().is_some_and(|line| organizers.contains(&address(line)))
        {
            // Their own object happens to have this UID, or somebody wants to take it over.
            return Ok(Told::No(status::FAILED));
        }
        let invited = notices.iter().any(|notice| matches!(notice, Notice::Request(_)));
        let object = match (&copy, fresh) {
            (None, Some(fresh)) if invited => fresh,
            (None, _) => return Ok(Told::Yes),
            (Some(copy), Some(fresh)) => merge(&copy.object, &fresh, &theirs),
            (Some(copy), None) => cancelled(&copy.object, last_number(notices)),
        };
        if copy.as_ref().is_some_and(|copy| copy.object.calendar == object.calendar) {
            return Ok(Told::Yes);
        }
        let Ok(new) = self.accepted(object.write()) else { return Ok(Told::No(status::FAILED)) };
        if let Some(copy) = copy {
            let keeps_tag = only_answers_differ(&copy.object, &object);
            self.replace(snapshot, batch, &copy, new, !keeps_tag, &outgoing.owner).await?;
            return Ok(Told::Yes);
        }
        let kind = kind_of(&new);
        let Some(calendar) = places::default_calendar(snapshot, user, kind).await? else {
            return Ok(Told::No(status::FAILED));
        };
        let name = format!("{}.ics", uuid::Uuid::new_v4());
        let rights = [calendar.witness.clone()];
        let target = Target {
            collection: &calendar.collection,
            rights: &rights,
            name: &name,
            actor: &actor(&outgoing.owner),
        };
        let tag = tag_of(&new.etag);
        places::set_tag(batch, calendar.collection.id, &name, Some(&tag));
        self.plan(snapshot, batch, &target, &new, None).await?;
        Ok(Told::Yes)
    }

    // === organizers ===

    /// Brings an attendee's answers into the organizer's object; the number of what follows.
    async fn answer(
        &self,
        number: u64,
        outgoing: &Outgoing,
        message: &[u8],
        organizer: &str,
    ) -> Result<Option<u64>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let to = Address::parse(organizer);
        let copy = places::find(&snapshot, &outgoing.owner, &outgoing.uid).await?;
        let is_over = self.is_over(copy.as_ref().map(|copy| &*copy.bytes));
        let Some(message) = Object::read(message) else { return Ok(None) };
        match people::find(&snapshot, &to).await? {
            Who::User(user) => {
                let (told, next) = self.update_organized(number, outgoing, &user, &message).await?;
                if let Told::No(status) = told {
                    self.note(outgoing, "ORGANIZER", &to, status).await?;
                }
                Ok(next)
            }
            Who::Elsewhere(mail) if self.mail && !is_over => {
                let notice = Notice::Request(message.calendar);
                self.write_to(number, outgoing, &mail, &[notice]).await?;
                Ok(None)
            }
            Who::Elsewhere(_) | Who::Nobody => Ok(None),
        }
    }

    async fn update_organized(
        &self,
        number: u64,
        outgoing: &Outgoing,
        user: &PrincipalId,
        message: &Object,
    ) -> Result<(Told, Option<u64>), Fault> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            if outgoing::is_told(&snapshot, number, user.as_str()).await? {
                return Ok((Told::Yes, None));
            }
            let organizers = people::addresses(&snapshot, user).await?;
            let theirs = people::addresses(&snapshot, &outgoing.owner).await?;
            let place = places::find(&snapshot, user, &outgoing.uid).await?;
            let invited = |object: &Object| {
                object.role_of(&organizers) == Role::Organizer
                    && object.parts().any(|part| attendee(part, &theirs).is_some())
            };
            let Some(place) = place.filter(|place| invited(&place.object)) else {
                return Ok((Told::No(status::FAILED), None));
            };
            let mut batch = Batch::new();
            outgoing::mark(&mut batch, number, user.as_str());
            let copy = places::find(&snapshot, &outgoing.owner, &outgoing.uid).await?;
            let copy = copy.filter(|copy| copy.object.role_of(&theirs) == Role::Attendee);
            if let Some(copy) = &copy {
                copy.found.witness.require(&mut batch);
            }
            let answer =
                Answer { theirs: copy.as_ref().map(|copy| &copy.object), addresses: &theirs };
            let takes_place = TakesPlace::of(&place.bytes);
            let changes = answered(&place.object, answer, |at| takes_place.at(at));
            let mut next = None;
            if let Some(bytes) = with_answers(&place.bytes, &place.object, &changes, &theirs) {
                let new = self.accepted(bytes)?;
                self.replace(&snapshot, &mut batch, &place, new, false, &outgoing.owner).await?;
                next = self.plan_refresh(&mut batch, outgoing, user, &place.object)?;
            }
            let name = format!("{number:x}.ics");
            let (batch_, message) = (&mut batch, &message.calendar);
            self.plan_message(&snapshot, batch_, outgoing, user, &name, message).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok((Told::Yes, next)),
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1))
    }

    fn plan_refresh(
        &self,
        batch: &mut Batch,
        outgoing: &Outgoing,
        organizer: &PrincipalId,
        object: &Object,
    ) -> Result<Option<u64>, Fault> {
        if !(3..=MOST_REFRESHED).contains(&(object.attendees().len() + 1)) {
            return Ok(None);
        }
        let number = self.store.number();
        let now = self.store.now();
        let refresh = Outgoing {
            owner: organizer.clone(),
            uid: outgoing.uid.clone(),
            made: now,
            due: now,
            attempts: 0,
            task: Task::Refresh { except: outgoing.owner.clone() },
        };
        outgoing::put(batch, number, &refresh)?;
        Ok(Some(number))
    }

    // === what all of them need ===

    /// Puts `new` in the place of an object.
    async fn replace(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        place: &Place,
        new: NewMember,
        new_tag: bool,
        by: &PrincipalId,
    ) -> Result<(), Fault> {
        let (collection, name) = (&place.calendar, place.name.as_str());
        if new_tag {
            places::set_tag(batch, collection.id, name, Some(&tag_of(&new.etag)));
        }
        let target = Target { collection, rights: &[], name, actor: &actor(by) };
        self.plan(snapshot, batch, &target, &new, Some(&place.found)).await
    }

    async fn plan(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        target: &Target<'_>,
        new: &NewMember,
        found: Option<&member::Found>,
    ) -> Result<(), Fault> {
        let planned = self.store.plan_put(snapshot, batch, target, new, found, None).await;
        planned.map(drop).map_err(|refusal| match refusal {
            Refusal::Fault(fault) => fault,
            other => Fault::internal(format!("a delivery was refused: {other:?}")),
        })
    }

    /// Puts a message into a user's inbox.
    async fn plan_message(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        outgoing: &Outgoing,
        user: &PrincipalId,
        name: &str,
        message: &Draft,
    ) -> Result<(), Fault> {
        let Some(inbox) = places::inbox(snapshot, user).await? else { return Ok(()) };
        let bytes = Bytes::from(message.write());
        let is_task = message.children.iter().any(|part| part.name == "VTODO");
        let new = NewMember {
            etag: ETag::of(&bytes),
            flags: Flags::default()
                .with(Flags::ESCAPE, needs_escape(&bytes))
                .with(if is_task { Flags::TODO } else { Flags::EVENT }, true),
            // Several messages on one object are there side by side.
            uid: format!("message:{name}"),
            body: NewBody { bytes, blobs: Vec::new() },
            notes: Vec::new(),
            original: None,
            spans: Vec::new(),
        };
        let actor = actor(&outgoing.owner);
        let rights = [inbox.witness.clone()];
        let target = Target { collection: &inbox.collection, rights: &rights, name, actor: &actor };
        self.plan(snapshot, batch, &target, &new, None).await
    }

    /// Hands a message to those who send mail.
    async fn write_to(
        &self,
        number: u64,
        outgoing: &Outgoing,
        mail: &str,
        notices: &[Notice],
    ) -> Result<(), Fault> {
        let snapshot = self.store.snapshot().await?;
        let to = format!("mailto:{mail}");
        if outgoing::is_told(&snapshot, number, &to).await? {
            return Ok(());
        }
        let mut batch = Batch::new();
        outgoing::mark(&mut batch, number, &to);
        let mut any = false;
        for notice in notices {
            let (Notice::Request(message) | Notice::Cancel(message)) = notice else { continue };
            let task = Task::Mail { to: mail.to_owned(), message: message.write() };
            let mail = Outgoing { task, made: self.store.now(), ..outgoing.clone() };
            outgoing::put(&mut batch, self.store.number(), &mail)?;
            any = true;
        }
        if any {
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// Notes in the sender's object that somebody could not be told.
    pub async fn note(
        &self,
        outgoing: &Outgoing,
        role: &str,
        who: &Address,
        status: &str,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let place = places::find(&snapshot, &outgoing.owner, &outgoing.uid).await?;
            let Some(place) = place else { return Ok(()) };
            let is = |other: &Address| other == who;
            let Some(bytes) = with_status(&place.bytes, &place.object, role, is, status) else {
                return Ok(());
            };
            let mut batch = Batch::new();
            let new = self.accepted(bytes)?;
            self.replace(&snapshot, &mut batch, &place, new, false, &outgoing.owner).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
        Err(Fault::busy(1))
    }

    /// Is everything in the object `bytes` past?
    fn is_over(&self, bytes: Option<&[u8]>) -> bool {
        let new = bytes.and_then(|bytes| self.accepted(bytes.to_vec()).ok());
        new.is_some_and(|new| is_over(&new, self.store.now()))
    }

    fn accepted(&self, bytes: Vec<u8>) -> Result<NewMember, Fault> {
        let now = self.store.now().seconds() as i64;
        let kinds = Components::default();
        let rules = Rules { limits: self.limits, kinds, strict: false, now };
        accept(Bytes::from(bytes), &rules)
    }
}

/// Whose doing a delivery is, for the history.
fn actor(sender: &PrincipalId) -> Actor {
    Actor { principal: sender.as_str().to_owned(), device: "scheduling".to_owned() }
}

fn kind_of(new: &NewMember) -> Components {
    if new.flags.has(Flags::TODO) { Components::TODO } else { Components::EVENT }
}

/// The `SEQUENCE` of the message that takes something back.
fn last_number(notices: &[Notice]) -> u64 {
    let cancels = notices.iter().filter_map(|notice| match notice {
        Notice::Cancel(message) => message.children.iter().map(Draft::sequence).max(),
        _ => None,
    });
    cancels.max().unwrap_or(0)
}
