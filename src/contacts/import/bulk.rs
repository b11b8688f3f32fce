//! Plain cards, many to a commit.

use super::{Fate, Import, Incoming, Row};
use crate::base::{Fault, PrincipalId};
use crate::contacts::erasure::returning;
use crate::contacts::weaving::upload::may_concern_us;
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::{Flags, Found};
use crate::store::write::{Refusal, Target};
use crate::store::{collection, contacts};

/// What is to be done with a card.
enum Way {
    Unchanged(String),
    /// With others, under this name.
    Bulk(String, Option<Found>),
    /// By itself: something is remembered of it, or may be.
    Single,
    /// Not at all, for this reason.
    Refused(&'static str),
}

impl Import {
    /// Stores the cards; none of them is a group, all have UIDs of their own.
    pub(super) async fn bulk(&self, mut cards: Vec<Incoming>) -> Result<Vec<Row>, Fault> {
        if cards.is_empty() {
            return Ok(Vec::new());
        }
        let snapshot = self.store.snapshot().await?;
        let book = self.book(&snapshot).await?;
        let mut ways = Vec::with_capacity(cards.len());
        for card in &mut cards {
            ways.push(self.way(&snapshot, &book.collection.owner, card).await?);
        }
        let committed = self.commit(&snapshot, &book, &cards, &ways).await?;
        drop(snapshot);
        let mut rows = Vec::with_capacity(cards.len());
        for (card, way) in cards.into_iter().zip(ways) {
            rows.push(match way {
                Way::Unchanged(place) => card.row.with(&place, Fate::Unchanged),
                Way::Bulk(place, None) if committed => card.row.with(&place, Fate::Created),
                Way::Bulk(place, Some(_)) if committed => card.row.with(&place, Fate::Updated),
                Way::Refused(why) => card.row.with("", Fate::Refused(why.to_owned())),
                Way::Bulk(..) | Way::Single => self.single(card).await?,
            });
        }
        Ok(rows)
    }

    async fn way(
        &self,
        snapshot: &Snapshot,
        owner: &PrincipalId,
        card: &mut Incoming,
    ) -> Result<Way, Fault> {
        let (name, found) = self.place(snapshot, &card.new.uid).await?;
        if let Some(found) = &found {
            if card.made_uid || found.member.etag == card.new.etag {
                return Ok(Way::Unchanged(name));
            }
            if found.member.flags.has(Flags::GROUP) {
                return Ok(Way::Single);
            }
        } else {
            let whose = returning(snapshot, owner, &card.new.uid, &card.new.body.bytes).await?;
            if let Some(why) = whose.kept_out() {
                return Ok(Way::Refused(why));
            }
        }
        if may_concern_us(&card.new.body.bytes)
            || contacts::id_of(snapshot, owner, &card.new.uid).await?.is_some()
        {
            return Ok(Way::Single);
        }
        if let Some(found) = &found
            && let Some(tagged) = self.with_its_tags(snapshot, &name, &card.new).await?
        {
            card.new = tagged;
            if found.member.etag == card.new.etag {
                return Ok(Way::Unchanged(name));
            }
        }
        Ok(Way::Bulk(name, found))
    }

    /// `false`: not all of it could be done at once.
    async fn commit(
        &self,
        snapshot: &Snapshot,
        book: &collection::Found,
        cards: &[Incoming],
        ways: &[Way],
    ) -> Result<bool, Fault> {
        let (rights, actor) = ([book.witness.clone()], &self.terms.actor);
        let collection = &book.collection;
        let mut batch = Batch::new();
        for (card, way) in cards.iter().zip(ways) {
            let Way::Bulk(name, found) = way else { continue };
            let target = Target { collection, rights: &rights, name, actor };
            contacts::expect_none(&mut batch, &collection.owner, &card.new.uid);
            let (new, quota) = (&card.new, self.terms.quota);
            let planned =
                self.store.plan_put(snapshot, &mut batch, &target, new, found.as_ref(), quota);
            match planned.await {
                Ok(_) => {}
                Err(Refusal::Fault(fault)) if fault.status >= 500 => return Err(fault),
                Err(_) => return Ok(false),
            }
        }
        if batch.ops().is_empty() {
            return Ok(true);
        }
        match self.store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(CommitError::Refused(_)) => Ok(false),
            Err(CommitError::Failed(error)) => Err(error.into()),
        }
    }
}
