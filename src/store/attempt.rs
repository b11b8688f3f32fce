//! A change that is planned on a view of the store, and planned anew whenever somebody else's commit
//! came before it.

use super::Store;
use super::engine::{Batch, CommitError, Snapshot};

/// How often a change is planned.
const MOST: usize = 64;

/// The attempts at one change: `loop { begin, look and refuse or fill the batch, return if done }`.
#[derive(Debug)]
pub struct Attempts<'a> {
    store: &'a Store,
    begun: usize,
    /// The step that the last one failed at.
    refused: usize,
}

impl Store {
    /// Begins a change.
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts { store: self, begun: 0, refused: 0 }
    }
}

impl Attempts<'_> {
    /// What to plan on, and the batch to fill with what is relied on and what changes.
    ///
    /// # Errors
    /// [`CommitError::Refused`] when others came first again and again: for a
    /// [`Fault`](crate::base::Fault) that means 503.
    pub async fn begin(&mut self) -> Result<(Snapshot, Batch), CommitError> {
        if self.begun == MOST {
            return Err(CommitError::Refused(self.refused));
        }
        self.begun += 1;
        Ok((self.store.snapshot().await?, Batch::new()))
    }

    /// Commits; false when something that was relied on is no longer so.
    pub async fn done(&mut self, batch: Batch) -> Result<bool, CommitError> {
        match self.store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(CommitError::Refused(step)) => {
                self.refused = step;
                Ok(false)
            }
            Err(failed) => Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Fault;
    use crate::store::tests::with_user;

    const KEY: &[u8] = b"\xfftried";

    /// Adds one to what is there; `between` comes before it as often as it says.
    async fn add(store: &Store, mut between: usize) -> Result<u8, Fault> {
        let mut attempts = store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            let was = snapshot.get(KEY).await?;
            let now = was.as_deref().and_then(|was| was.first()).map_or(1, |was| was + 1);
            batch.expect_same(KEY.to_vec(), was.as_ref());
            batch.put(KEY.to_vec(), vec![now]);
            if between > 0 {
                between -= 1;
                let mut other = Batch::new();
                other.put(KEY.to_vec(), vec![now]);
                store.commit(other).await?;
            }
            if attempts.done(batch).await? {
                return Ok(now);
            }
        }
    }

    #[tokio::test]
    async fn a_change_is_planned_anew_until_nobody_comes_before_it() {
        let (store, _) = with_user("anna").await;
        assert_eq!(add(&store, 0).await.unwrap(), 1);
        assert_eq!(add(&store, 3).await.unwrap(), 5);
        assert_eq!(add(&store, MOST - 1).await.unwrap(), 5 + MOST as u8);
        assert_eq!(add(&store, MOST).await.unwrap_err().status, 503);
    }
}
