//! What users chose for themselves.

use super::error::AccountError;
use super::{Accounts, Concerns, find_user};
use crate::base::PrincipalId;
use crate::store::preferences::{self, Preferences};
use crate::store::principals;

impl Accounts {
    /// What a user chose.
    pub async fn preferences(&self, user: &str) -> Result<Preferences, AccountError> {
        let snapshot = self.store.snapshot().await?;
        let (id, _) = find_user(&snapshot, user).await?;
        let stored = preferences::get(&snapshot, &id).await?;
        Ok(stored.map(|stored| stored.record).unwrap_or_default())
    }

    /// Changes what a user chose: `edit` gets the present choice.
    pub async fn prefer(
        &self,
        user: &str,
        edit: impl Fn(&mut Preferences),
    ) -> Result<PrincipalId, AccountError> {
        let mut change = self.change(Concerns::Nobody);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (id, _) = find_user(&snapshot, user).await?;
            let read = preferences::get(&snapshot, &id).await?;
            let mut chosen = read.as_ref().map(|stored| stored.record.clone()).unwrap_or_default();
            edit(&mut chosen);
            principals::tie(&mut batch, &id);
            preferences::replace(&mut batch, &id, read.as_ref(), &chosen)?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }
}
