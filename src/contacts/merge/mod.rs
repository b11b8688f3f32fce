//! Several contacts that are one person become one, and come apart again: the cards, the timeline,
//! and all that leads to them, in one commit each.

pub mod automatic;
mod gather;
mod perform;
mod record;
mod references;
mod same;
mod stale;
pub mod survivor;
mod undo;

use std::sync::Arc;

pub use gather::edited as written;
pub use stale::{
    both, ever_one, meant, once_one, told_beside, version_before, version_merged, with_uid_of,
};
pub use survivor::Choice;

use super::weaving::Rules;
use crate::base::{Fault, PrincipalId};
use crate::store::{Actor, Store};

/// How often it is tried again after somebody else's commit came between.
const ATTEMPTS: usize = 64;

/// Most contacts that become one at once.
pub const MOST: usize = 100;

/// Somebody who merges a user's contacts.
#[derive(Debug, Clone, Copy)]
pub struct Merger<'a> {
    /// Where they are.
    pub store: &'a Arc<Store>,
    /// What is set for the memory of contacts.
    pub rules: &'a Arc<Rules>,
    /// Whose contacts they are.
    pub owner: &'a PrincipalId,
    /// Who merges them.
    pub actor: &'a Actor,
}

/// A merge, done or to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its number; `None`: it was not done.
    pub number: Option<u64>,
    /// The UID that stays.
    pub into: String,
    /// The UIDs that lead there.
    pub uids: Vec<String>,
    /// The names of all, that of the one that stays first.
    pub names: Vec<String>,
    /// The card that stays, without what the server adds.
    pub card: Vec<u8>,
    /// Where only one value could stay.
    pub choices: Vec<Choice>,
    /// Cards that stay or come: `BOOK/NAME`.
    pub kept: Vec<String>,
    /// Cards that go.
    pub ended: Vec<String>,
    /// Cards of others that led to those that go.
    pub led: Vec<String>,
    /// How many interactions went over.
    pub interactions: usize,
}

/// A merge that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The UIDs that stand for themselves again, that of the one that stayed first.
    pub uids: Vec<String>,
    /// Cards that came back: `BOOK/NAME`.
    pub back: Vec<String>,
    /// Cards that are as they were, but for later edits.
    pub restored: Vec<String>,
    /// What could not be taken back, a sentence each.
    pub left: Vec<String>,
}

impl Merger<'_> {
    /// What [`Self::merge`] would do.
    pub async fn preview(&self, uids: &[String], into: Option<&str>) -> Result<Merged, Fault> {
        let snapshot = self.store.snapshot().await?;
        Ok(self.plan(&snapshot, uids, into).await?.0)
    }

    /// Makes the contacts with these UIDs (normalised) one: that with the UID `into`, or whose
    /// card is the oldest.
    pub async fn merge(&self, uids: &[String], into: Option<&str>) -> Result<Merged, Fault> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let (merged, batch) = self.plan(&snapshot, uids, into).await?;
            if committed(self.store, batch).await? {
                return Ok(merged);
            }
        }
        Err(Fault::busy(1))
    }

    /// Takes a merge back. What was edited since stays.
    pub async fn undo(&self, number: u64) -> Result<Undone, Fault> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let (undone, batch) = self.plan_undo(&snapshot, number).await?;
            if committed(self.store, batch).await? {
                return Ok(undone);
            }
        }
        Err(Fault::busy(1))
    }
}

/// `false`: somebody else came between.
async fn committed(store: &Store, batch: crate::store::engine::Batch) -> Result<bool, Fault> {
    use crate::store::engine::CommitError;
    match store.commit(batch).await {
        Ok(_) => Ok(true),
        Err(CommitError::Refused(_)) => Ok(false),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
