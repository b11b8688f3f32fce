//! The timelines of those who come apart, as they were, with what was told since.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use crate::base::{ContactId, Fault};
use crate::contacts::merge::record;
use crate::store::interactions::{self, Interaction};

/// Interactions that are read beyond those that cards show.
const SPARE: usize = 20;

impl Plan<'_> {
    /// Gives the interactions back to those whom they were with; tells the newest ones of each.
    pub(super) async fn interactions(
        &mut self,
        winner: ContactId,
    ) -> Result<BTreeMap<ContactId, Vec<Interaction>>, Fault> {
        let snapshot = self.snapshot;
        let losers: Vec<ContactId> = self.merge.others.iter().map(|(id, _)| *id).collect();
        let mut timelines: BTreeMap<ContactId, BTreeMap<u64, Interaction>> = BTreeMap::new();
        let mut moved = BTreeSet::new();
        for (number, before) in &self.merge.interactions {
            // One that was removed since stays so.
            let Some(read) = interactions::get(snapshot, *number).await? else { continue };
            let merged = record::repointed(before, &losers, winner);
            let participants = if read.record.participants == merged {
                before.clone()
            } else {
                record::others_kept(&read.record.participants, before, &losers, winner)
            };
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
