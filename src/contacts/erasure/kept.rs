//! What is kept of others and tells of them: earlier and refused versions of cards and events, cards as
//! they were sent, and what merges and clean-ups can be taken back with.

use super::Work;
use super::others::LEADING;
use crate::base::Fault;
use crate::formats::line::{Line, Lines};
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::{attention, conflicts, history, merges, quality_cleanings};

/// Rows that are read at a time.
const PAGE: usize = 500;

impl Work<'_> {
    /// Versions that tell of them end.
    pub(super) async fn kept_of_others(&self, collection: &Collection) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let page = history::page(&snapshot, collection.id, after, PAGE).await?;
            after = page.last().map(|(place, _)| *place);
            for (place, version) in page.iter().filter(|(_, version)| version.has_body()) {
                let text = history::body(&snapshot, *place).await?.text;
                if self.tells_of_them(&text) {
                    self.end_version(*place, version).await?;
                }
            }
            if page.len() < PAGE {
                break;
            }
        }
        let snapshot = self.store.snapshot().await?;
        for kept in conflicts::list(&snapshot, collection.id, None).await? {
            let text = conflicts::body(&snapshot, collection.id, kept.number).await?.text;
            if self.tells_of_them(&text) {
                conflicts::remove(self.store, collection.id, &kept.name, kept.number).await?;
            }
        }
        self.as_sent(collection).await
    }

    /// Cards that were repaired, as they were sent; and why they were.
    async fn as_sent(&self, collection: &Collection) -> Result<(), Fault> {
        let id = collection.id;
        let listed = attention::list(&self.store.snapshot().await?, id).await?;
        for (name, _) in listed {
            commit!(self, |snapshot, batch| {
                let Some(mut record) = attention::get(snapshot, id, &name).await? else {
                    return Ok(());
                };
                let before = record.clone();
                for note in &mut record.notes {
                    if let Some(text) = self.mentions.without(&note.text) {
                        note.text = text;
                    }
                }
                if record.original {
                    let sent = body::get(snapshot, Slot::Original(id, &name)).await?;
                    if self.tells_of_them(&sent.text) {
                        body::delete(snapshot, batch, Slot::Original(id, &name)).await?;
                        record.original = false;
                    }
                }
                if record != before {
                    attention::put(batch, id, &name, &record)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Merges of others, which can still be taken back.
    pub(super) async fn kept_of_merges(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let listed = merges::list(&self.store.snapshot().await?, owner).await?;
        for (number, _) in listed {
            commit!(self, |snapshot, batch| {
                let card = |card: &[u8]| self.card_without(card);
                let name = |name: &str| self.mentions.without(name);
                merges::reword(snapshot, batch, (owner, number), card, name).await?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Cards that were tidied where they told of them cannot be taken back to that.
    pub(super) async fn kept_of_cleanings(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        commit!(self, |snapshot, batch| {
            let tells = |patch: &quality_cleanings::Patch| {
                self.tells_of_them(&patch.before) || self.tells_of_them(&patch.after)
            };
            let wanted = |cleaned: &quality_cleanings::Cleaned| cleaned.patches.iter().any(tells);
            Ok(quality_cleanings::forget(snapshot, batch, owner, wanted).await?)
        })
    }

    /// Does any line of what is kept tell of them?
    fn tells_of_them(&self, bytes: &[u8]) -> bool {
        Lines::new(bytes).filter(Line::has_value).any(|line| {
            let text = line.text();
            self.mentions.are_in(&text)
                || self.mentions.are_in(&String::from_utf8_lossy(line.head()))
                || LEADING.iter().any(|name| line.is(name)) && self.leads_to_them(&line)
        })
    }
}
