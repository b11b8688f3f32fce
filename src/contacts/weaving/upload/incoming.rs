//! A card on its way in, with what is there.

use std::ops::RangeInclusive;

use crate::base::{ContactId, Timestamp};
use crate::contacts::layer::Unwoven;
use crate::formats::zone::Zone;
use crate::store::contacts::Contact;
use crate::store::stored::Stored;

/// A card on its way in.
pub(super) struct Incoming {
    /// The UID that it came with.
    pub(super) uid: String,
    /// Whose it is, if something is remembered of them.
    pub(super) contact: Option<(ContactId, Stored<Contact>)>,
    /// What is stored now.
    pub(super) current: Option<Unwoven>,
    /// What the client had edited, if that is something else.
    pub(super) earlier: Option<Unwoven>,
    /// What it sent.
    pub(super) parts: Unwoven,
    /// Those whom it was one with, and from when to when.
    pub(super) parted: Vec<(ContactId, RangeInclusive<Timestamp>)>,
    /// Where clocks show the time of the contact's owner.
    pub(super) zone: Zone,
    /// The moment.
    pub(super) now: Timestamp,
}

impl Incoming {
    /// Is the base that came the one that is there, with a layer woven in?
    pub(super) fn changes_nothing(&self) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|now| now.seen.revision.is_some() && now.base == self.parts.base)
    }
}
