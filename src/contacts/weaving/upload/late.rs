//! Cards that a merge ended, as clients send them that do not know that yet.

use super::Upload;
use crate::base::{ETag, Fault, PrincipalId};
use crate::contacts::layer::Unwoven;
use crate::contacts::weaving::shown;
use crate::contacts::{local_time, merge};
use crate::store::engine::Snapshot;
use crate::store::write::NewMember;

impl Upload {
    /// What the client had of a card that a merge ended since, of which it sends `parts` to be taken
    /// into `current`. If that is not known, what it sends is an edit of the card that was merged, and
    /// of which nothing is missing for being left out. If that one is not known any more either,
    /// nothing is a change: what `current` does not have of it comes in, its notes and name as notes.
    pub(super) async fn taken_in(
        &self,
        snapshot: &Snapshot,
        owner: &PrincipalId,
        new: &NewMember,
        current: &Unwoven,
        parts: &mut Unwoven,
    ) -> Result<Unwoven, Fault> {
        // An old card, sent as it was, is its own version.
        let sent = ETag::of(&new.body.bytes);
        let tags: Vec<ETag> = self.named.tags.iter().copied().chain([sent]).collect();
        let uid = &new.uid;
        let known = merge::version_before(snapshot, owner, uid, &parts.base, &tags).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        if let Some(merged) = merge::version_merged(snapshot, owner, uid).await? {
            parts.base = merge::both(&parts.base, &merged.base);
            return Ok(merged);
        }
        let zone = local_time::zone_of(snapshot, owner).await?;
        let day = zone.civil(shown::seconds(self.store.now())).date().to_string();
        parts.base = merge::told_beside(&current.base, &parts.base, &day);
        Ok(Unwoven { base: current.base.clone(), seen: parts.seen.clone() })
    }
}
