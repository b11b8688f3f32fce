//! Tells the audit which settings are others than when the server started the last time.

use std::collections::BTreeMap;

use super::{Deed, SETTINGS, Subject, Verb};
use crate::store::engine::{Batch, CommitError, EngineError};
use crate::store::stored;
use crate::store::{Actor, Store, encode};

const VERSION: u8 = 1;

/// A setting, as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What it is called.
    pub name: String,
    /// What is remembered of its value.
    pub value: String,
    /// The same of its default, from which it is told apart the first time.
    pub default: String,
    /// Is its value not told?
    pub secret: bool,
}

/// Adds an entry for each of `settings` that is another than it was the last time, as one commit.
pub async fn settings(
    store: &Store,
    settings: &[Setting],
    by: &Actor,
) -> Result<usize, EngineError> {
    let snapshot = store.snapshot().await?;
    let read = stored::read::<BTreeMap<String, String>>(&snapshot, VERSION, vec![SETTINGS]).await?;
    let before = read.as_ref().map(|read| &read.record);
    let mut batch = Batch::new();
    let mut told = 0;
    for Setting { name, value, default, secret } in settings {
        let was = before.and_then(|before| before.get(name)).unwrap_or(default);
        if was == value {
            continue;
        }
        let detail = if *secret { String::new() } else { format!("{was} -> {value}") };
        let deed = Deed::of(Subject::Setting, Verb::Changed, "");
        Deed { name, detail: &detail, ..deed }.note(store, &mut batch, by)?;
        told += 1;
    }
    let now: BTreeMap<&str, &str> =
        settings.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
    batch.expect_same(vec![SETTINGS], snapshot.get(&[SETTINGS]).await?.as_ref());
    batch.put(vec![SETTINGS], encode(VERSION, &now)?);
    match store.commit(batch).await {
        Ok(_) => Ok(told),
        Err(CommitError::Refused(_)) => {
            Err(EngineError::new("another server starts on this store"))
        }
        Err(CommitError::Failed(error)) => Err(error),
    }
}
