//! The timelines of those who come apart, as they were, with what was told since.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Plan;
use crate::base::{ContactId, Fault};
use crate::contacts::merge::record;
use crate::store::interactions::{self, Interaction};
use crate::store::merges::{self, Merge};
use crate::store::stored::Stored;

/// Interactions that are read beyond those that cards show.
const SPARE: usize = 20;

/// A merge that stands, into the same contact, made after the one that is taken back.
struct Later {
    number: u64,
    read: Stored<Merge>,
    /// As it would have been without the one that is taken back.
    now: Merge,
    losers: Vec<ContactId>,
    /// Where each interaction stands in it.
    places: HashMap<u64, usize>,
}

impl Later {
    /// Who had taken part in an interaction that this merge is about, too.
    fn list(&mut self, interaction: u64) -> Option<&mut Vec<ContactId>> {
        let place = self.places.get(&interaction)?;
        self.now.interactions.get_mut(*place).map(|(_, list)| list)
    }

    fn is_changed(&self) -> bool {
        self.now != self.read.record
    }
}

impl Plan<'_> {
    /// The merges that stand, into the same contact, made after this one, the oldest first.
    async fn later(&self, winner: ContactId) -> Result<Vec<Later>, Fault> {
        let owner = self.merger.owner;
        let mut later = Vec::new();
        for (number, merge) in merges::list(self.snapshot, owner).await? {
            let is_later = number > self.number && merge.contact == winner;
            if !is_later || merge.undone.is_some() {
                continue;
            }
            let Some(read) = merges::get(self.snapshot, owner, number).await? else { continue };
            let places = merge.interactions.iter().enumerate();
            let places = places.map(|(place, (interaction, _))| (*interaction, place)).collect();
            let losers = merge.others.iter().map(|(id, _)| *id).collect();
            later.push(Later { number, read, now: merge, losers, places });
        }
        later.reverse();
        Ok(later)
    }

    /// Gives the interactions back to those whom they were with; tells the newest ones of each.
    pub(super) async fn interactions(
        &mut self,
        winner: ContactId,
    ) -> Result<BTreeMap<ContactId, Vec<Interaction>>, Fault> {
        let snapshot = self.snapshot;
        let losers: Vec<ContactId> = self.merge.others.iter().map(|(id, _)| *id).collect();
        let mut timelines: BTreeMap<ContactId, BTreeMap<u64, Interaction>> = BTreeMap::new();
        let mut moved = BTreeSet::new();
        let mut later = self.later(winner).await?;
        for (number, before) in &self.merge.interactions {
            // One that was removed since stays so.
            let Some(read) = interactions::get(snapshot, *number).await? else { continue };
            // With the merge, and without it.
            let (mut was, mut is) = (record::repointed(before, &losers, winner), before.clone());
            let back = |now: &[ContactId], was: &[ContactId], is: &[ContactId]| {
                record::given_back(now, (was, is), before, &losers, winner)
            };
            for later in &mut later {
                let Some(list) = later.list(*number) else { continue };
                let without = back(list, &was, &is);
                let with = std::mem::replace(list, without.clone());
                was = record::repointed(&with, &later.losers, winner);
                is = record::repointed(&without, &later.losers, winner);
            }
            let participants = back(&read.record.participants, &was, &is);
            let now = Interaction { participants, ..read.record.clone() };
            interactions::replace(
                self.merger.store,
                snapshot,
                &mut self.batch,
                *number,
                &read,
                &now,
            )
            .await?;
            for id in &now.participants {
                timelines.entry(*id).or_default().insert(*number, now.clone());
            }
            moved.insert(*number);
            if !now.participants.contains(&winner) {
                self.given_back.push(now);
            }
        }
        for Later { number, read, now, .. } in later.iter().filter(|later| later.is_changed()) {
            merges::update(&mut self.batch, self.merger.owner, *number, read, now)?;
        }
        let most = self.merger.rules.bounds.entries + SPARE;
        self.given_back.sort_by_key(|one| std::cmp::Reverse(one.at));
        self.given_back.truncate(most);
        let latest = interactions::latest(snapshot, winner, most + moved.len()).await?;
        let kept = latest.into_iter().filter(|(number, _)| !moved.contains(number));
        timelines.entry(winner).or_default().extend(kept);
        let latest = timelines.into_iter().map(|(id, timeline)| {
            let mut latest: Vec<Interaction> = timeline.into_values().rev().collect();
            latest.sort_by_key(|one| std::cmp::Reverse(one.at));
            latest.truncate(most);
            (id, latest)
        });
        Ok(latest.collect())
    }
}
