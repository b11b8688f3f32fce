//! The tags of an owner, with how many cards bear each.

use std::collections::HashSet;

use super::index;
use crate::base::{Fault, PrincipalId};
use crate::formats::vcard::category_key;
use crate::store::tags::{self, TagId};
use crate::store::{Store, tag_index};

/// A tag of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: TagId,
    /// Its name.
    pub name: String,
    /// `urn:uuid:…`
    pub uid: String,
    /// `#RRGGBB`
    pub color: Option<String>,
    /// How many cards bear it.
    pub cards: u64,
}

/// The tags of `owner`, by name; what lies below another comes after it.
pub async fn list(store: &Store, owner: &PrincipalId) -> Result<Vec<Listed>, Fault> {
    index::follow(store, owner).await?;
    let snapshot = store.snapshot().await?;
    let (mut seen, mut listed) = (HashSet::new(), Vec::new());
    for (_, id) in tags::of_owner(&snapshot, owner).await? {
        let Some(tag) = tags::get(&snapshot, id).await?.filter(|_| seen.insert(id)) else {
            continue;
        };
        let tag = tag.record;
        let cards = tag_index::count(&snapshot, id).await?;
        listed.push(Listed { id, name: tag.name, uid: tag.uid, color: tag.color, cards });
    }
    listed.sort_by_cached_key(|tag| category_key(&tag.name).replace('/', "\0"));
    Ok(listed)
}
