//! The side of the attendees: their copies of an organizer's object.

use std::collections::HashSet;

use super::{Deliveries, Told, actor};
use crate::base::{Fault, PrincipalId};
use crate::calendars::scheduling::address::Address;
use crate::calendars::scheduling::draft::Draft;
use crate::calendars::scheduling::implicit::tag_of;
use crate::calendars::scheduling::invitation::{cancelled, for_attendee, merge};
use crate::calendars::scheduling::notice::{Notice, notices, only_answers_differ};
use crate::calendars::scheduling::object::{Object, Role, address, attendee, by_server};
use crate::calendars::scheduling::people::{self, Who};
use crate::calendars::scheduling::{places, status};
use crate::store::collection::{self, Components};
use crate::store::engine::{Batch, Snapshot};
use crate::store::member::Flags;
use crate::store::outgoing::{self, Outgoing};
use crate::store::write::{NewMember, Target};

impl Deliveries<'_> {
    pub(super) async fn invite(
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
        let mut told = HashSet::new();
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

    pub(super) async fn refresh(
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
    pub(super) async fn update_copy(
        &self,
        number: u64,
        outgoing: &Outgoing,
        user: &PrincipalId,
        notices: &[Notice],
    ) -> Result<Told, Fault> {
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            if outgoing::is_told(&snapshot, number, user.as_str()).await? {
                return Ok(Told::Yes);
            }
            if notices.iter().any(|notice| matches!(notice, Notice::Request(_)))
                && self.has_no_room(&snapshot, user).await?
            {
                return Ok(Told::No(status::FAILED));
            }
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
            if attempts.done(batch).await? {
                return Ok(Told::Yes);
            }
        }
    }

    /// Does a user have twice of what they may store? Until then invitations come, so that nobody
    /// misses one for an album of photos; without an end others could fill the disk.
    async fn has_no_room(&self, snapshot: &Snapshot, user: &PrincipalId) -> Result<bool, Fault> {
        let Some(quota) = self.quota else { return Ok(false) };
        let used = collection::user_bytes(snapshot, user).await?.max(0) as u64;
        Ok(used >= quota.saturating_mul(2))
    }

    pub(super) async fn plan_copy(
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
