//! `rolodav merge`, `rolodav undo`, `rolodav merges`

use super::quality;
use crate::app::Services;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::cli::outcome::{ChoiceRow, MergeRow, MergedRow, Outcome, UndoneRow};
use crate::contacts::merge::Merger;
use crate::contacts::person;
use crate::store::{Actor, merges, quality_cleanings};

pub(super) async fn merge(
    services: &Services,
    user: &str,
    who: &[String],
    into: Option<&str>,
    preview: bool,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let mut uids = Vec::with_capacity(who.len());
    for one in who {
        uids.push(uid(services, &owner, one).await?);
    }
    let into = match into {
        Some(into) => Some(uid(services, &owner, into).await?),
        None => None,
    };
    let actor = Actor { principal: owner.to_string(), device: "rolodav merge".to_owned() };
    let merger = merger(services, &owner, &actor);
    let merged = if preview {
        merger.preview(&uids, into.as_deref()).await?
    } else {
        merger.merge(&uids, into.as_deref()).await?
    };
    let choices = merged.choices.into_iter().map(|choice| ChoiceRow {
        property: choice.property,
        kept: choice.kept,
        dropped: choice.dropped,
    });
    Ok(Outcome::Merged(Box::new(MergedRow {
        merge: merged.number.filter(|_| !preview),
        user: owner.to_string(),
        into: merged.into,
        uids: merged.uids,
        names: merged.names,
        card: String::from_utf8_lossy(&merged.card).into_owned(),
        choices: choices.collect(),
        kept: merged.kept,
        ended: merged.ended,
        led: merged.led,
        interactions: merged.interactions as u64,
    })))
}

pub(super) async fn undo(services: &Services, user: &str, number: u64) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let snapshot = services.store.snapshot().await?;
    if quality_cleanings::get(&snapshot, &owner, number).await?.is_some() {
        return quality::undo(services, &owner, number).await;
    }
    let actor = Actor { principal: owner.to_string(), device: "rolodav undo".to_owned() };
    let undone = merger(services, &owner, &actor).undo(number).await?;
    Ok(Outcome::Undone(UndoneRow {
        merge: number,
        uids: undone.uids,
        back: undone.back,
        restored: undone.restored,
        left: undone.left,
    }))
}

pub(super) async fn list(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let snapshot = services.store.snapshot().await?;
    let rows = merges::list(&snapshot, &owner).await?.into_iter().map(|(number, merge)| MergeRow {
        merge: number,
        at: merge.at.rfc3339(),
        by: super::recovery::who(&merge.actor),
        into: merge.into,
        uids: merge.uids,
        names: merge.names,
        undone: merge.undone.map(Timestamp::rfc3339),
    });
    Ok(Outcome::Merges(rows.collect()))
}

fn merger<'a>(services: &'a Services, owner: &'a PrincipalId, actor: &'a Actor) -> Merger<'a> {
    Merger { store: &services.store, rules: &services.rules, owner, actor }
}

async fn uid(services: &Services, owner: &PrincipalId, who: &str) -> Result<String, Fault> {
    Ok(person::find(&services.store, owner, who).await?.uid)
}
