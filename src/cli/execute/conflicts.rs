//! `rolodav conflicts`

use super::recovery::who;
use crate::app::Services;
use crate::base::{Fault, PrincipalId};
use crate::cli::outcome::{ConflictRow, Outcome};
use crate::store::collection::{self, Collection};
use crate::store::conflicts::{self, Kept};
use crate::store::engine::Snapshot;

pub(super) async fn list(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let mut rows = Vec::new();
    for (collection, kept) in all(&snapshot, &owner).await? {
        rows.push(ConflictRow {
            number: kept.number,
            what: format!("{}/{}", collection.name, kept.name),
            at: kept.conflict.at.rfc3339(),
            by: who(&kept.conflict.actor),
            bytes: kept.conflict.size,
        });
    }
    rows.sort_by(|one, other| other.at.cmp(&one.at));
    Ok(Outcome::Conflicts(rows))
}

pub(super) async fn remove(services: &Services, user: &str, number: u64) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let (collection, kept) = find(&snapshot, &owner, number).await?;
    conflicts::remove(&services.store, collection.id, &kept.name, number).await?;
    Ok(Outcome::Done(format!("The refused edit {number} is forgotten.")))
}

/// The refused edit of that number, and the collection it was meant for.
pub(super) async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    number: u64,
) -> Result<(Collection, Kept), Fault> {
    let mut all = all(snapshot, owner).await?.into_iter();
    all.find(|(_, kept)| kept.number == number).ok_or_else(|| {
        Fault::new(
            404,
            format!("There is no refused edit {number}. `rolodav conflicts {owner}` lists them."),
        )
    })
}

async fn all(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<(Collection, Kept)>, Fault> {
    let mut found = Vec::new();
    for held in collection::list_all(snapshot, owner).await? {
        let kept = conflicts::list(snapshot, held.collection.id, None).await?;
        found.extend(kept.into_iter().map(|kept| (held.collection.clone(), kept)));
    }
    Ok(found)
}
