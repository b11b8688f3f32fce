//! What the audit is told of cards, events and tasks.

use super::{Deed, Subject, Verb};
use crate::store::Store;
use crate::store::collection::{Kind, Role};
use crate::store::engine::{Batch, EngineError};
use crate::store::member::{Flags, Member};
use crate::store::write::Target;

impl Store {
    /// Adds to `batch` that the audit is told of what is done to the target's member.
    pub(in crate::store) fn tell(
        &self,
        batch: &mut Batch,
        target: &Target<'_>,
        member: &Member,
        verb: Verb,
        detail: &str,
    ) -> Result<(), EngineError> {
        let collection = target.collection;
        if collection.role != Role::Plain {
            return Ok(());
        }
        let subject = match collection.kind {
            Kind::AddressBook if member.flags.has(Flags::GROUP) => Subject::GroupCard,
            Kind::AddressBook => Subject::Card,
            Kind::Calendar if member.flags.has(Flags::JOURNAL) => Subject::Journal,
            Kind::Calendar if member.flags.has(Flags::TODO) => Subject::Task,
            Kind::Calendar => Subject::Event,
        };
        let deed = Deed {
            place: &collection.name,
            name: target.name,
            uid: &member.uid,
            detail,
            ..Deed::of(subject, verb, collection.owner.as_str())
        };
        deed.note(self, batch, target.actor)
    }
}
