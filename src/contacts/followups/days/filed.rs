//! The index of days follows the books: what changed is taken in, and follow-ups of cards whose
//! days changed follow them before the index says so.

use std::collections::{BTreeMap, BTreeSet};

use super::due;
use super::terms::Terms;
use crate::base::{CollectionId, Fault};
use crate::contacts::following::{self, Card, Done, Index, Round};
use crate::contacts::weaving::Rules;
use crate::store::Store;
use crate::store::days::{self, Filed};
use crate::store::engine::{Batch, Snapshot};
use crate::store::preferences::DayOf;

/// Contacts whose follow-ups may have to come, move or end, with the days that changed.
type Touched = BTreeMap<String, BTreeSet<DayOf>>;

/// Takes in what changed in a book since the last time; tells how many follow-ups came.
pub(super) async fn follow(
    store: &Store,
    rules: &Rules,
    terms: &Terms,
    id: CollectionId,
) -> Result<usize, Fault> {
    let mut days = Days { store, rules, terms, touched: Touched::new(), raised: 0 };
    following::follow(store, &mut days, id).await?;
    Ok(days.raised)
}

/// The index of days.
struct Days<'a> {
    store: &'a Store,
    rules: &'a Rules,
    terms: &'a Terms,
    touched: Touched,
    raised: usize,
}

impl Index for Days<'_> {
    type Facts = Vec<Filed>;
    type Form = days::Form;

    fn form(&self) -> String {
        self.terms.basis()
    }

    fn state_key(&self, book: CollectionId) -> Vec<u8> {
        days::state_key(book)
    }

    async fn begin(&mut self, _: &Snapshot, _: CollectionId) -> Done {
        self.touched.clear();
        Ok(())
    }

    fn read(&self, text: &[u8]) -> Option<Vec<Filed>> {
        Some(self.terms.of_card(text)).filter(|days| !days.is_empty())
    }

    async fn file(
        &mut self,
        round: &mut Round<'_>,
        card: Card<'_>,
        facts: Option<Vec<Filed>>,
    ) -> Done {
        let before = days::of_member(round.snapshot, round.book, card.name).await?;
        let now = card.member.zip(facts);
        let now = now.map(|(member, days)| days::Card { uid: member.uid.clone(), days });
        self.touch(before.as_ref(), now.as_ref());
        days::replace(round.batch, round.book, card.name, before.as_ref(), now.as_ref())?;
        Ok(())
    }

    async fn settle(&mut self, _: &Snapshot, _: &mut Batch) -> Done {
        for (uid, moved) in &self.touched {
            let owner = &self.terms.owner;
            let came = due::settle(self.store, self.rules, owner, uid, moved).await?;
            self.raised += usize::from(came);
        }
        Ok(())
    }
}

impl Days<'_> {
    /// Notes whose follow-ups may have to come, move or end.
    fn touch(&mut self, before: Option<&days::Card>, now: Option<&days::Card>) {
        if let Some(now) = now
            && now.days.iter().any(|day| self.terms.due(day).is_some())
        {
            self.touched.entry(now.uid.clone()).or_default();
        }
        if let Some(before) = before {
            let stays = |day: &Filed| {
                now.is_some_and(|now| now.uid == before.uid && now.days.contains(day))
            };
            let moved: BTreeSet<DayOf> =
                before.days.iter().filter(|day| !stays(day)).map(|day| day.of.clone()).collect();
            if !moved.is_empty() {
                self.touched.entry(before.uid.clone()).or_default().extend(moved);
            }
        }
    }
}
