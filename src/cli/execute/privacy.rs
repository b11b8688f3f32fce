//! `rolodav person`, `rolodav consent`

use super::recovery::who as by_whom;
use super::{Pieces, acting_for};
use crate::app::Services;
use crate::base::{Fault, PrincipalId};
use crate::cli::command::{ConsentCommand, PersonCommand};
use crate::cli::outcome::{ConsentRow, ErasedRow, Outcome, TombstoneRow};
use crate::contacts::consent::{self, Consents, Given};
use crate::contacts::erasure::{Eraser, Trace};
use crate::contacts::naming::one_line;
use crate::contacts::person as people;
use crate::contacts::person_export::{self, Form};
use crate::formats::vcard::normalize_uid;
use crate::store::{erasures, tombstones};

pub(super) async fn person(
    services: &Services,
    user: &str,
    what: PersonCommand,
    pieces: &Pieces,
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
        PersonCommand::Export { who, text } => {
            let uid = uid(services, &owner, &who).await?;
            let form = if text { Form::Text } else { Form::Json };
            person_export::export(&services.store, &owner, &uid, form, pieces).await?;
            Ok(Outcome::Printed)
        }
        PersonCommand::Erased => {
            let snapshot = services.store.snapshot().await?;
            let all = tombstones::list(&snapshot, &owner).await?;
            let mut under_way = Vec::new();
            for number in erasures::numbers(&snapshot).await? {
                let found = erasures::get(&snapshot, number).await?;
                under_way.extend(found.map(|found| found.record.tombstone));
            }
            let rows = all.into_iter().map(|(number, tombstone)| TombstoneRow {
                tombstone: number,
                at: tombstone.at.rfc3339(),
                by: by_whom(&tombstone.by),
                uids: tombstone.uids.len() as u64,
                done: !under_way.contains(&number),
            });
            Ok(Outcome::Tombstones(rows.collect()))
        }
        PersonCommand::Allow { what } => {
            let snapshot = services.store.snapshot().await?;
            let uid = normalize_uid(&what);
            let number = match tombstones::of_uid(&snapshot, &owner, &uid).await? {
                Some(number) => number,
                None => what.trim().parse().map_err(|_| {
                    let message = format!("Nobody with the UID `{}` was erased.", one_line(&uid));
                    Fault::new(404, message)
                })?,
            };
            drop(snapshot);
            eraser.allow(number).await?;
            Ok(Outcome::Done(format!("Whoever was erased under tombstone {number} may come back.")))
        }
    }
}

pub(super) async fn consent(
    services: &Services,
    user: &str,
    what: ConsentCommand,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let actor = acting_for(&owner, "rolodav consent");
    let (store, rules) = (&*services.store, &*services.rules);
    let consents = Consents { store, rules, owner: &owner, actor: &actor };
    let (person, rows) = match what {
        ConsentCommand::Set { who, purpose, state, source, on, until } => {
            let person = people::find(store, &owner, &who).await?;
            let day = |typed: Option<String>| typed.as_deref().map(consent::day).transpose();
            let state = consent::state(&state)?;
            let (on, until) = (day(on)?, day(until)?);
            let telling = consent::Telling { purpose, state, source, on, until };
            consents.set(&person, &telling).await?;
            (person, None)
        }
        ConsentCommand::List { who } => (people::find(store, &owner, &who).await?, None),
        ConsentCommand::History { who, purpose } => {
            let person = people::find(store, &owner, &who).await?;
            let mut all = consents.history(&person).await?;
            if let Some(purpose) = purpose {
                all.retain(|answer| answer.purpose == purpose.trim().to_lowercase());
            }
            let given = all.into_iter().map(|answer| Given {
                purpose: answer.purpose,
                consent: answer.consent,
                expired: false,
            });
            (person, Some(given.collect()))
        }
    };
    let rows: Vec<Given> = match rows {
        Some(rows) => rows,
        None => consents.of(&person).await?,
    };
    let rows = rows.into_iter().map(|given| ConsentRow {
        state: given.word().to_owned(),
        purpose: given.purpose,
        source: given.consent.source,
        on: given.consent.on,
        until: given.consent.until,
        by: by_whom(&given.consent.by),
        noted: given.consent.at.rfc3339(),
    });
    Ok(Outcome::Consents(rows.collect()))
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
