//! What both sides need: objects replaced, messages put into inboxes and handed to those who send
//! mail, failures noted.

use bytes::Bytes;

use super::{Deliveries, actor};
use crate::base::{ETag, Fault, PrincipalId};
use crate::calendars::object::{Rules, accept};
use crate::calendars::scheduling::address::Address;
use crate::calendars::scheduling::draft::Draft;
use crate::calendars::scheduling::implicit::{is_over, tag_of};
use crate::calendars::scheduling::notice::Notice;
use crate::calendars::scheduling::places::{self, Place};
use crate::calendars::scheduling::stored::with_status;
use crate::formats::vcard::inspect::needs_escape;
use crate::store::body::NewBody;
use crate::store::collection::Components;
use crate::store::engine::{Batch, Snapshot};
use crate::store::member::{self, Flags};
use crate::store::outgoing::{self, Outgoing, Task};
use crate::store::write::{NewMember, Refusal, Target};

impl Deliveries<'_> {
    /// Puts `new` in the place of an object.
    pub(super) async fn replace(
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

    pub(super) async fn plan(
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
            Refusal::UidTaken(_) => Fault::internal("a delivery was refused: the UID is taken"),
            Refusal::UidChanged => Fault::internal("a delivery was refused: another UID"),
            Refusal::Quota => Fault::internal("a delivery was refused: no space is left"),
        })
    }

    /// Puts a message into a user's inbox.
    pub(super) async fn plan_message(
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
    pub(super) async fn write_to(
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
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            let place = places::find(&snapshot, &outgoing.owner, &outgoing.uid).await?;
            let Some(place) = place else { return Ok(()) };
            let is = |other: &Address| other == who;
            let Some(bytes) = with_status(&place.bytes, &place.object, role, is, status) else {
                return Ok(());
            };
            let new = self.accepted(bytes)?;
            self.replace(&snapshot, &mut batch, &place, new, false, &outgoing.owner).await?;
            if attempts.done(batch).await? {
                return Ok(());
            }
        }
    }

    /// Is everything in the object `bytes` past?
    pub(super) fn is_over(&self, bytes: Option<&[u8]>) -> bool {
        let new = bytes.and_then(|bytes| self.accepted(bytes.to_vec()).ok());
        new.is_some_and(|new| is_over(&new, self.store.now()))
    }

    pub(super) fn accepted(&self, bytes: Vec<u8>) -> Result<NewMember, Fault> {
        let now = self.store.now().seconds() as i64;
        let kinds = Components::default();
        let rules = Rules { limits: self.limits, kinds, strict: false, now };
        accept(Bytes::from(bytes), &rules)
    }
}
