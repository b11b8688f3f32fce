//! All that is remembered of the contacts of one owner, page by page.

use std::collections::HashMap;

use super::note::{Author, note};
use crate::base::{ContactId, Fault, PrincipalId};
use crate::contacts::local_time;
use crate::formats::property::Property;
use crate::formats::zone::Zone;
use crate::store::contacts::{self, Contact};
use crate::store::engine::Snapshot;
use crate::store::interactions::{self, Interaction, Position};
use crate::store::principals;

/// Notes that are looked up at a time; a note may be 64 KiB long.
const PAGE: usize = 100;

/// Most names that are kept at hand.
const NAMES: usize = 10_000;

/// Reads what is remembered of an owner's contacts.
#[derive(Debug)]
pub(super) struct Remembered<'a> {
    snapshot: &'a Snapshot,
    owner: PrincipalId,
    pub(super) zone: Zone,
    authors: HashMap<String, Author>,
    uids: HashMap<ContactId, Option<String>>,
}

/// Where a timeline is read on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Onward {
    contact: ContactId,
    before: Option<Position>,
}

impl<'a> Remembered<'a> {
    pub(super) async fn of(snapshot: &'a Snapshot, owner: &PrincipalId) -> Result<Self, Fault> {
        let zone = local_time::zone_of(snapshot, owner).await?;
        let (authors, uids) = (HashMap::new(), HashMap::new());
        Ok(Self { snapshot, owner: owner.clone(), zone, authors, uids })
    }

    /// The contact with this UID, and where its timeline begins if it has one.
    pub(super) async fn contact(
        &self,
        uid: &str,
    ) -> Result<Option<(Contact, Option<Onward>)>, Fault> {
        let Some((contact, read)) = contacts::find(self.snapshot, &self.owner, uid).await? else {
            return Ok(None);
        };
        let any = !interactions::latest(self.snapshot, contact, 1).await?.is_empty();
        Ok(Some((read.record, any.then_some(Onward { contact, before: None }))))
    }

    /// The next notes, the newest first, and where it goes on after them.
    pub(super) async fn notes(
        &mut self,
        onward: Onward,
    ) -> Result<(Vec<Property>, Option<Onward>), Fault> {
        let Onward { contact, before } = onward;
        let page = interactions::page(self.snapshot, contact, before, PAGE).await?;
        let last = page.last().filter(|_| page.len() == PAGE);
        let last = last.map(|(number, one)| Position { at: one.at, number: *number });
        let mut notes = Vec::with_capacity(page.len());
        for (_, interaction) in &page {
            let author = self.author(&interaction.author.principal).await?;
            let others = self.others(interaction, contact).await?;
            notes.push(note(interaction, &author, &others, &self.zone));
        }
        Ok((notes, last.map(|before| Onward { contact, before: Some(before) })))
    }

    async fn author(&mut self, id: &str) -> Result<Author, Fault> {
        if let Some(known) = self.authors.get(id) {
            return Ok(known.clone());
        }
        let principal = match PrincipalId::parse(id) {
            Some(id) => principals::get(self.snapshot, &id).await?,
            None => None,
        };
        let author = match principal {
            Some(found) => Author { name: found.record.display_name, mail: found.record.mail },
            None => Author { name: id.to_owned(), mail: None },
        };
        if self.authors.len() < NAMES {
            self.authors.insert(id.to_owned(), author.clone());
        }
        Ok(author)
    }

    /// The UIDs of the cards of all others who took part.
    async fn others(
        &mut self,
        interaction: &Interaction,
        contact: ContactId,
    ) -> Result<Vec<String>, Fault> {
        let mut uids = Vec::new();
        for id in interaction.participants.iter().filter(|id| **id != contact) {
            if !self.uids.contains_key(id) {
                let found = contacts::get(self.snapshot, *id).await?;
                if self.uids.len() >= NAMES {
                    self.uids.clear();
                }
                self.uids.insert(*id, found.map(|found| found.record.uid));
            }
            uids.extend(self.uids.get(id).cloned().flatten());
        }
        Ok(uids)
    }
}
