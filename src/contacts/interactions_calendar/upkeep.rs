//! Brings the calendar of interactions up to date, in commits of bounded size. Each says how far
//! it got, on condition that nobody else got further.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::event::{self, Participant};
use crate::accounts::interaction_calendar;
use crate::base::{Fault, PrincipalId};
use crate::calendars::generated;
use crate::contacts::{local_time, naming};
use crate::formats::zone::Zone;
use crate::store::collection::{Collection, Role};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::generated::{self as state, Source, State};
use crate::store::interactions::{self, Interaction};
use crate::store::{Store, contacts, member};

/// Changes that one commit takes in.
const STEP: usize = 256;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Most participants that a title names.
const NAMED: usize = 20;

/// The form of what is written; another one has everything written anew.
const FORM: u8 = 1;

/// Takes in what changed in `owner`'s interactions since the calendar was last looked at; makes
/// the calendar with the first of them.
pub async fn freshen(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let head = interactions::head(&snapshot, owner).await?;
        let Some(found) = generated::find(&snapshot, owner, Role::Interactions).await? else {
            let make = interaction_calendar;
            if head == 0
                || generated::ensure_as(store, owner, Role::Interactions, make).await?.is_none()
            {
                return Ok(());
            }
            continue;
        };
        let calendar = &found.collection;
        let read = state::state(&snapshot, calendar.id).await?;
        let zone = local_time::zone_of(&snapshot, owner).await?;
        // Days without a time are those of the zone.
        let basis = format!("{FORM} {}", zone.iana_name().unwrap_or_default());
        let before = read.as_ref().map(|stored| &stored.record);
        let before = before.filter(|before| before.basis == basis);
        let since = before.and_then(|before| before.sources.first()).map_or(0, |own| own.head);
        if before.is_some() && since >= head {
            return Ok(());
        }
        let changes = interactions::changes(&snapshot, owner, since, STEP).await?;
        let reached = changes.last().map_or(head, |(sequence, _)| *sequence);
        let mut batch = Batch::new();
        let uids: BTreeSet<String> = changes.into_iter().map(|(_, uid)| uid).collect();
        for uid in &uids {
            follow(store, &snapshot, &mut batch, calendar, uid, &zone).await?;
        }
        found.witness.require(&mut batch);
        let source = Source { collection: calendar.id, head: reached, after: None };
        let now = State { basis, sources: vec![source] };
        state::advance(&mut batch, calendar.id, read.as_ref(), &now)?;
        match store.commit(batch).await {
            Ok(_) if reached >= head => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// Adds what has to change of the event of one interaction to `batch`.
async fn follow(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    calendar: &Collection,
    uid: &str,
    zone: &Zone,
) -> Result<(), Fault> {
    let identity = digest(uid);
    let name = format!("{identity}.ics");
    let old = member::get(snapshot, calendar.id, &name).await?;
    let Some((_, found)) = interactions::find_by_uid(snapshot, &calendar.owner, uid).await? else {
        if let Some(old) = old {
            store.plan_ungenerated(snapshot, batch, calendar, &name, &old).await?;
        }
        return Ok(());
    };
    let interaction = &found.record;
    let participants = participants(snapshot, interaction).await?;
    let new = event::member(interaction, &participants, &identity, zone, store.now());
    if old.as_ref().is_none_or(|old| old.etag != new.etag) {
        store.plan_generated(snapshot, batch, calendar, &name, old.as_ref(), &new).await?;
    }
    Ok(())
}

async fn participants(
    snapshot: &Snapshot,
    interaction: &Interaction,
) -> Result<Vec<Participant>, Fault> {
    let mut participants = Vec::new();
    for id in interaction.participants.iter().take(NAMED) {
        let Some(found) = contacts::get(snapshot, *id).await? else { continue };
        let name = naming::name_of(snapshot, &found.record).await?;
        participants.push(Participant { uid: found.record.uid, name });
    }
    Ok(participants)
}

/// What stands for an interaction in names and UIDs: its own UID may hold anything.
fn digest(uid: &str) -> String {
    let mut text = String::with_capacity(32);
    for byte in Sha256::digest(uid).iter().take(16) {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
