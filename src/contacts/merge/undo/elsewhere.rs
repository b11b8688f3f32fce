//! Cards of those who come apart that the merge knew nothing of, or that stay as they are: moved, copied,
//! edited or brought back since. They are to tell of whom they belong to now.

use std::collections::BTreeSet;

use super::{Again, Plan};
use crate::base::Fault;
use crate::contacts::layer::unweave;
use crate::contacts::merge::Merger;
use crate::store::body::{self, Slot};
use crate::store::member::{self, Flags};
use crate::store::merges::Before;
use crate::store::{contacts, interactions};

impl Plan<'_> {
    /// Adds those to whom cards that the merge changed belong by now, though they took no part in it: their
    /// cards led to one who did, or a merge before it was taken back first.
    pub(super) async fn parted_since(
        &mut self,
        before: &[Before],
        people: &mut Vec<Again>,
    ) -> Result<(), Fault> {
        let Merger { owner, rules, .. } = *self.merger;
        for card in before {
            let (uid, Some(bytes)) = (&card.uid, &card.bytes) else { continue };
            if self.undone.uids.contains(uid) || people.iter().any(|one| one.contact.has_uid(uid)) {
                continue;
            }
            let found = contacts::find(self.snapshot, owner, uid).await?;
            let Some((id, read)) = found else { continue };
            let mut contact = read.record.clone();
            if unweave(bytes).seen.revision == Some(contact.revision) {
                // It is as it was then, and so is what its cards show.
                read.witness.require(&mut self.batch);
            } else {
                contact.revision += 1;
                contacts::update(&mut self.batch, id, &read.witness, &contact)?;
            }
            let latest = interactions::latest(self.snapshot, id, rules.bounds.entries).await?;
            let latest = latest.into_iter().map(|(_, one)| one).collect();
            people.push(Again { contact, latest });
        }
        Ok(())
    }

    /// Writes them with what is remembered of the contacts as they are to be.
    pub(super) async fn elsewhere(&mut self, people: &[Again]) -> Result<(), Fault> {
        let known = people.iter().map(|again| &again.contact);
        let known = known.flat_map(|contact| contact.aliases.iter().chain([&contact.uid]));
        let uids: BTreeSet<String> = known.chain(&self.undone.uids).cloned().collect();
        for at in 0..self.books.len() {
            for uid in &uids {
                self.tells_of_its_own(at, uid, people).await?;
            }
        }
        Ok(())
    }

    async fn tells_of_its_own(
        &mut self,
        at: usize,
        uid: &str,
        people: &[Again],
    ) -> Result<(), Fault> {
        let Some(book) = self.books.get(at) else { return Ok(()) };
        let (collection, snapshot) = (book.collection.clone(), self.snapshot);
        let id = collection.id;
        let Some(name) = member::holder(snapshot, id, uid).await? else { return Ok(()) };
        if self.done.contains(&(id, name.clone())) {
            return Ok(());
        }
        let Some(found) = member::find(snapshot, id, &name).await? else { return Ok(()) };
        if found.member.flags.has(Flags::GROUP) {
            return Ok(());
        }
        book.witness.require(&mut self.batch);
        let stored = body::get(snapshot, Slot::Member(id, &name)).await?.whole(snapshot).await?;
        let base = unweave(&stored).base;
        self.put((&collection, &name), Some(&found), uid, &base, people).await
    }
}
