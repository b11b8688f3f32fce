//! What users chose for themselves.

use serde_json::Value;

use super::error::AccountError;
use super::{Accounts, Concerns, find_user};
use crate::base::PrincipalId;
use crate::store::audit::{Deed, Subject, Verb};
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
            let before = read.map(|stored| stored.record).unwrap_or_default();
            let deed = Deed::of(Subject::Setting, Verb::Changed, id.as_str());
            for (name, detail) in others(&before, &chosen) {
                self.tell(&mut batch, Deed { name: &name, detail: &detail, ..deed })?;
            }
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }
}

/// What is chosen otherwise now: what it is called, and the value.
fn others(before: &Preferences, now: &Preferences) -> Vec<(String, String)> {
    let (before, now) = (serde_json::to_value(before), serde_json::to_value(now));
    let (Ok(Value::Object(before)), Ok(Value::Object(now))) = (before, now) else {
        return Vec::new();
    };
    let differ = now.into_iter().filter(|(name, value)| before.get(name) != Some(value));
    differ
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.replace('_', " "), text)
        })
        .collect()
}
