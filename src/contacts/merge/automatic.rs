//! What is certain becomes one without asking, for owners who wish that: it is told in the audit like any
//! other merge, and taken back like any other.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Merger;
use crate::base::{Fault, PrincipalId};
use crate::contacts::duplicates::proposals;
use crate::contacts::weaving::Rules;
use crate::formats::vcard::normalize_uid;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::{Actor, Store, matching};

/// Merges up to `most` pairs of contacts of `owner` that are certain to be one person, if the owner
/// turned that on; tells how many. A contact takes part once: what it became is held against the others
/// before it goes on.
pub async fn merge_certain(
    store: &Arc<Store>,
    rules: &Arc<Rules>,
    owner: &PrincipalId,
    most: usize,
) -> Result<usize, Fault> {
    if matching::automatic(&store.snapshot().await?, owner).await?.is_none() {
        return Ok(0);
    }
    let actor = Actor { principal: "rolodav".to_owned(), device: "duplicates".to_owned() };
    let merger = Merger { store, rules, owner, actor: &actor };
    let (mut done, mut met) = (0, BTreeSet::new());
    for (listed, proposal) in proposals::list(store, owner).await? {
        let uids = listed.uids.map(|uid| normalize_uid(&uid));
        if !proposal.certain || uids.iter().any(|uid| met.contains(uid)) {
            continue;
        }
        if done >= most {
            break;
        }
        let merged = merger.merge(&uids, None).await;
        met.extend(uids);
        match merged {
            Ok(_) => done += 1,
            // Somebody changed one of them just now, or it cannot be done: others can.
            Err(fault) if fault.status < 500 => {
                tracing::debug!(%owner, fault = %fault.logged(), "not merged");
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(done)
}

/// Has what is certain be merged for `owner` without asking from now on, or not any more.
pub async fn turn(
    store: &Store,
    owner: &PrincipalId,
    on: bool,
    actor: &Actor,
) -> Result<(), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let since = matching::automatic(&snapshot, owner).await?;
        if since.is_some() == on {
            return Ok(());
        }
        matching::set_automatic(&mut batch, owner, on.then(|| store.now()));
        let detail = if on { "certain duplicates are merged" } else { "no duplicates are merged" };
        let deed = Deed { detail, ..Deed::of(Subject::User, Verb::Changed, owner.as_str()) };
        deed.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok(());
        }
    }
}
