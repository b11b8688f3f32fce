//! Their cards, in every book and in the trash, with every version that is kept of them.

use super::Work;
use super::trace::{collections, holds_people, is_theirs};
use crate::base::Fault;
use crate::formats::vcard::Card;
use crate::store::collection::Collection;
use crate::store::{conflicts, erasures, history, member, merges};

/// Versions that are looked at at a time.
const PAGE: usize = 500;

impl Work<'_> {
    pub(super) async fn cards(&self) -> Result<(), Fault> {
        self.without_pending_tags().await?;
        let books = collections(&self.store.snapshot().await?, &self.erasure.owner).await?;
        for book in books {
            if holds_people(&book) {
                self.cards_in(&book).await?;
                self.versions_in(&book).await?;
                self.refused_in(&book).await?;
            }
        }
        self.merges().await
    }

    async fn cards_in(&self, book: &Collection) -> Result<(), Fault> {
        for uid in &self.erasure.uids {
            // Each on its own: they may hold the same photo, whose count each changes.
            commit!(self, |snapshot, batch| {
                let Some(name) = member::holder(snapshot, book.id, uid).await? else {
                    return Ok(());
                };
                let Some(found) = member::find(snapshot, book.id, &name).await? else {
                    return Ok(());
                };
                self.store.plan_erase(snapshot, batch, book, &name, &found).await?;
                erasures::leave_indexes(snapshot, batch, book.id, &name, uid).await?;
                Ok(())
            })?;
        }
        Ok(())
    }

    async fn versions_in(&self, book: &Collection) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let snapshot = self.store.snapshot().await?;
            let page = history::page(&snapshot, book.id, after, PAGE).await?;
            drop(snapshot);
            after = page.last().map(|(place, _)| *place);
            for (place, version) in &page {
                if !self.is_theirs(&version.uid) {
                    continue;
                }
                self.end_version(*place, version).await?;
                commit!(self, |snapshot, batch| {
                    // Somebody else's card may have come to have the name.
                    let (id, name) = (book.id, &version.name);
                    if member::get(snapshot, id, name).await?.is_none() {
                        erasures::leave_indexes(snapshot, batch, id, name, &version.uid).await?;
                    }
                    Ok(())
                })?;
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Ends a version, unless it has ended.
    pub(super) async fn end_version(
        &self,
        place: history::Place,
        version: &history::Version,
    ) -> Result<(), Fault> {
        commit!(self, |snapshot, batch| {
            if history::is_there(snapshot, place).await? {
                history::end(snapshot, batch, place, version).await?;
            }
            Ok(())
        })
    }

    /// Edits of theirs that were refused.
    async fn refused_in(&self, book: &Collection) -> Result<(), Fault> {
        let snapshot = self.store.snapshot().await?;
        for kept in conflicts::list(&snapshot, book.id, None).await? {
            let text = conflicts::body(&snapshot, book.id, kept.number).await?.text;
            let uid = kept.conflict.uid.as_deref();
            if is_theirs(&self.erasure.uids, uid, &Card::parse(&text)) {
                conflicts::remove(self.store, book.id, &kept.name, kept.number).await?;
            }
        }
        Ok(())
    }

    /// What they were before merges that they were part of.
    async fn merges(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let listed = merges::list(&self.store.snapshot().await?, owner).await?;
        for (number, merge) in listed {
            if std::iter::once(&merge.into).chain(&merge.uids).any(|uid| self.is_theirs(uid)) {
                merges::forget(self.store, owner, number, &merge).await?;
            }
        }
        Ok(())
    }
}
