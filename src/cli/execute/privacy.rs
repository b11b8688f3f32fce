//! `rolodav person`

use super::acting_for;
use super::recovery::who as by_whom;
use crate::app::Services;
use crate::base::{Fault, PrincipalId};
use crate::cli::command::PersonCommand;
use crate::cli::outcome::{ErasedRow, Outcome, TombstoneRow};
use crate::contacts::erasure::{Eraser, Trace};
use crate::contacts::person as people;
use crate::formats::vcard::normalize_uid;
use crate::store::tombstones;

pub(super) async fn person(
    services: &Services,
    user: &str,
    what: PersonCommand,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let actor = acting_for(&owner, "rolodav person");
    let eraser =
        Eraser { store: &services.store, rules: &services.rules, owner: &owner, actor: &actor };
    match what {
        PersonCommand::Erase { who, preview, yes } => {
            let uid = uid(services, &owner, &who).await?;
            if preview {
                let trace = eraser.preview(&uid).await?;
                return Ok(row(None, &owner, trace));
            }
            if !yes {
                return Err(Fault::bad_request(
                    "What is erased cannot be brought back. `--preview` tells what there is; \
                     `--yes` erases it.",
                ));
            }
            let erased = eraser.erase(&uid).await?;
            Ok(row(Some(erased.tombstone), &owner, erased.trace))
        }
        PersonCommand::Erased => {
            let snapshot = services.store.snapshot().await?;
            let all = tombstones::list(&snapshot, &owner).await?;
            let rows = all.into_iter().map(|(number, tombstone)| TombstoneRow {
                tombstone: number,
                at: tombstone.at.rfc3339(),
                by: by_whom(&tombstone.by),
                uids: tombstone.uids.len() as u64,
            });
            Ok(Outcome::Tombstones(rows.collect()))
        }
        PersonCommand::Allow { what } => {
            let snapshot = services.store.snapshot().await?;
            let uid = normalize_uid(&what);
            let number = match tombstones::of_uid(&snapshot, &owner, &uid).await? {
                Some(number) => number,
                None => what.trim().parse().map_err(|_| {
                    Fault::new(404, format!("Nobody with the UID `{uid}` was erased."))
                })?,
            };
            drop(snapshot);
            eraser.allow(number).await?;
            Ok(Outcome::Done(format!("Whoever was erased under tombstone {number} may come back.")))
        }
    }
}

/// The UID of whom is meant, also of somebody who has no card any more.
async fn uid(services: &Services, owner: &PrincipalId, who: &str) -> Result<String, Fault> {
    match people::find(&services.store, owner, who).await {
        Ok(person) => Ok(person.uid),
        Err(fault) if fault.status == 404 => Ok(normalize_uid(who)),
        Err(fault) => Err(fault),
    }
}

fn row(tombstone: Option<u64>, owner: &PrincipalId, trace: Trace) -> Outcome {
    let done = tombstone.is_some();
    let told = |list: Vec<String>| if done { Vec::new() } else { list };
    Outcome::Erased(Box::new(ErasedRow {
        tombstone,
        user: owner.to_string(),
        names: told(trace.names),
        uids: told(trace.uids),
        cards: trace.cards,
        in_trash: trace.in_trash,
        versions: trace.versions,
        conflicts: trace.conflicts,
        interactions: trace.interactions,
        shared: trace.shared,
        followups: trace.followups,
        merges: trace.merges,
        stays: trace.others_too,
    }))
}
