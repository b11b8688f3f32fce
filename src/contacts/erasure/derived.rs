//! What the server makes of cards and timelines, brought up to date at once: nobody should have to
//! ask for it before they are gone from there.

use super::Work;
use super::trace::collections;
use crate::base::Fault;
use crate::calendars::generated;
use crate::contacts::quality::{Terms, index};
use crate::contacts::{addresses, groups, interactions_calendar, segments, tags};
use crate::store::collection::{self, Kind, Role};
use crate::store::{purge, words};

impl Work<'_> {
    pub(super) async fn derived(&self) -> Result<(), Fault> {
        let (store, owner) = (&**self.store, &self.erasure.owner);
        addresses::freshen(store, owner).await?;
        tags::follow(store, owner).await?;
        index::let_go(store, owner, Terms::default(), &self.erasure.uids).await?;
        segments::follow(store, owner).await?;
        interactions_calendar::freshen(store, owner).await?;
        let listed = collections(&store.snapshot().await?, owner).await?;
        for found in listed {
            match (found.kind, found.deleted) {
                (Kind::AddressBook, None) => groups::freshen(store, found.id).await?,
                (Kind::AddressBook, Some(_)) => purge::indexes_of_deleted(store, found.id).await?,
                (Kind::Calendar, _) => {}
            }
        }
        // Those who share a book have its birthdays, too.
        let listed = collection::all(&store.snapshot().await?).await?;
        for found in listed {
            if found.role == Role::Birthdays && found.deleted.is_none() {
                generated::freshen(store, found.id).await?;
            }
        }
        // Their words go from the search index, now that nobody has them.
        let listed = collections(&store.snapshot().await?, owner).await?;
        for found in listed {
            if found.kind == Kind::AddressBook {
                words::merge::settle(store, found.id).await?;
            }
        }
        Ok(())
    }
}
