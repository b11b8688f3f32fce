//! The side of the organizers: their objects, with the answers of attendees.

use super::{Deliveries, Told};
use crate::base::{Fault, PrincipalId};
use crate::calendars::scheduling::address::Address;
use crate::calendars::scheduling::notice::Notice;
use crate::calendars::scheduling::object::{Object, Role, attendee};
use crate::calendars::scheduling::people::{self, Who};
use crate::calendars::scheduling::reply::{Answer, answered};
use crate::calendars::scheduling::stored::with_answers;
use crate::calendars::scheduling::takes_place::TakesPlace;
use crate::calendars::scheduling::{places, status};
use crate::store::engine::Batch;
use crate::store::outgoing::{self, Outgoing, Task};

/// With more attendees than this, what one of them answered is not shown in the copies of all the
/// others at once: it comes with the organizer's next change.
const MOST_REFRESHED: usize = 50;

impl Deliveries<'_> {
    /// Brings an attendee's answers into the organizer's object; the number of what follows.
    pub(super) async fn answer(
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

    pub(super) async fn update_organized(
        &self,
        number: u64,
        outgoing: &Outgoing,
        user: &PrincipalId,
        message: &Object,
    ) -> Result<(Told, Option<u64>), Fault> {
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
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
            if attempts.done(batch).await? {
                return Ok((Told::Yes, next));
            }
        }
    }

    pub(super) fn plan_refresh(
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
}
