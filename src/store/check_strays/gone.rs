//! Finds what indexes that follow books still know of members that are gone. An index may lag behind
//! the change log of its book, and whoever next asks brings it up to date: what changed after the
//! point it got to is not judged. What went before that point it was told of, and must have let go.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::MOST;
use crate::base::CollectionId;
use crate::store::collection::{self, Collection};
use crate::store::engine::{EngineError, Snapshot, Step};
use crate::store::keys::{self, table};
use crate::store::pages::Pages;
use crate::store::segments::{following, members};
use crate::store::{addresses, change, days, followed, quality, tag_index};

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    for book in collection::all(snapshot).await? {
        let Collection { id, owner, .. } = &book;
        let id = *id;
        let tagged = head::<()>(snapshot, tag_index::followed_key(owner, id)).await?;
        let addressed = head::<addresses::Form>(snapshot, addresses::state_key(id)).await?;
        let dated = head::<days::Form>(snapshot, days::state_key(id)).await?;
        let judged = head::<quality::Form>(snapshot, quality::state_key(id)).await?;
        let asked = following::head(snapshot, owner, id).await?;
        for (what, cards, head) in [
            ("addresses", keys::of_collection(addresses::BY_NAME, id), addressed),
            ("days", keys::of_collection(days::BY_NAME, id), dated),
            ("findings", quality::prefix(b'c', id), judged),
            ("tags", keys::of_collection(table::TAGS_OF, id), tagged),
            ("segments", keys::of_collection(members::ENTRY, id), asked),
        ] {
            let Some(head) = head else { continue };
            let mut pages = Pages::of(snapshot, &cards);
            while let Some(rows) = pages.next().await? {
                let names = rows.iter().map(|(key, _)| key.get(cards.len()..).unwrap_or_default());
                let gone = gone(snapshot, id, names.map(keys::text_in), head).await?;
                let told = gone.into_iter().map(|name| {
                    format!("{what} of {name:?} in collection {}, which is not there", id.0)
                });
                faults.extend(told);
                faults.truncate(MOST);
            }
        }
    }
    Ok(faults)
}

/// Those of `names` that are no members of the book, and were none at its change `head`.
async fn gone(
    snapshot: &Snapshot,
    book: CollectionId,
    names: impl Iterator<Item = String> + Send,
    head: u64,
) -> Result<BTreeSet<String>, EngineError> {
    let mut gone = BTreeSet::new();
    for name in names {
        if !snapshot.has(&keys::in_collection(table::MEMBER, book, &name)).await? {
            gone.insert(name);
        }
    }
    if !gone.is_empty() {
        change::scan(snapshot, book, head, |_, name| {
            gone.remove(name);
            if gone.is_empty() { Step::Stop } else { Step::Continue }
        })
        .await?;
    }
    Ok(gone)
}

/// Up to which change an index took in all; `None` if that is not known, and everything is made anew.
async fn head<F: DeserializeOwned>(
    snapshot: &Snapshot,
    state: Vec<u8>,
) -> Result<Option<u64>, EngineError> {
    let head = |value: &[u8]| followed::read::<F>(value).ok().map(|state| state.head);
    Ok(snapshot.get_with(&state, head).await?.flatten())
}
