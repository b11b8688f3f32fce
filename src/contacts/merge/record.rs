//! What is remembered of several contacts as that of one.

use crate::base::ContactId;
use crate::store::contacts::{Contact, MERGE_AHEAD};

/// `winner` with what was remembered of `losers`: the stage that is furthest on in `stages`, the
/// shortest cadence, the latest contact. Aliases are not its business.
pub(super) fn united(winner: &Contact, losers: &[&Contact], stages: &[String]) -> Contact {
    let rank = |contact: &Contact| {
        let stage = contact.stage.as_ref()?;
        Some(stages.iter().position(|known| known == stage).map_or(0, |at| at + 1))
    };
    let mut one = winner.clone();
    for loser in losers {
        if rank(loser) > rank(&one) {
            one.stage.clone_from(&loser.stage);
            one.stage_since = loser.stage_since;
        }
        one.cadence_days = match (one.cadence_days, loser.cadence_days) {
            // Never is what somebody decided.
            (Some(0), _) | (_, Some(0)) => Some(0),
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        one.last_contact = one.last_contact.max(loser.last_contact);
        one.snoozed_until = one.snoozed_until.max(loser.snoozed_until);
        one.created = one.created.min(loser.created);
        one.revision = one.revision.max(loser.revision);
        for line in &loser.retired {
            one.retire(*line);
        }
        if one.name.trim().is_empty() {
            one.name.clone_from(&loser.name);
        }
    }
    one.revision += MERGE_AHEAD;
    one
}

/// The record of the winner once a merge is taken back: what it was, but where it was changed since.
/// `was` is `None` if there was none.
pub(super) fn apart(was: &Contact, merged: &Contact, now: &Contact) -> Contact {
    fn back<T: Clone + PartialEq>(was: &T, merged: &T, now: &T) -> T {
        if now == merged { was.clone() } else { now.clone() }
    }
    Contact {
        owner: now.owner.clone(),
        uid: now.uid.clone(),
        aliases: now.aliases.clone(),
        name: back(&was.name, &merged.name, &now.name),
        stage: back(&was.stage, &merged.stage, &now.stage),
        stage_since: back(&was.stage_since, &merged.stage_since, &now.stage_since),
        cadence_days: back(&was.cadence_days, &merged.cadence_days, &now.cadence_days),
        last_contact: back(&was.last_contact, &merged.last_contact, &now.last_contact),
        next: back(&was.next, &merged.next, &now.next),
        snoozed_until: back(&was.snoozed_until, &merged.snoozed_until, &now.snoozed_until),
        revision: back(&was.revision, &merged.revision, &now.revision),
        retired: back(&was.retired, &merged.retired, &now.retired),
        created: back(&was.created, &merged.created, &now.created),
    }
}

/// Is nothing remembered in it but who it is?
pub(super) fn is_empty(contact: &Contact) -> bool {
    contact.stage.is_none()
        && contact.cadence_days.is_none()
        && contact.last_contact.is_none()
        && contact.next.is_none()
        && contact.snoozed_until.is_none()
        && contact.aliases.is_empty()
}

/// Who took part, once all of `from` are `into`; each once.
pub(super) fn repointed(
    participants: &[ContactId],
    from: &[ContactId],
    into: ContactId,
) -> Vec<ContactId> {
    let mut now = Vec::with_capacity(participants.len());
    for id in participants {
        let id = if from.contains(id) { into } else { *id };
        if !now.contains(&id) {
            now.push(id);
        }
    }
    now
}

/// Who takes part once a merge is taken back that made `was` of what is `is` without it; of whom
/// `now` do, while it stands. `before`: who took part before it.
pub(super) fn given_back(
    now: &[ContactId],
    (was, is): (&[ContactId], &[ContactId]),
    before: &[ContactId],
    losers: &[ContactId],
    winner: ContactId,
) -> Vec<ContactId> {
    if now == was {
        return is.to_vec();
    }
    let mut people = others_kept(now, before, losers, winner);
    // It stands for somebody else by a later merge.
    if is.contains(&winner) && now.contains(&winner) {
        people.push(winner);
    }
    repointed(&people, &[], winner)
}

/// Who took part, if that was changed since the merge: those who came or went meanwhile, and for
/// the one that stayed those whom it stood for.
fn others_kept(
    now: &[ContactId],
    before: &[ContactId],
    losers: &[ContactId],
    winner: ContactId,
) -> Vec<ContactId> {
    let mut people = Vec::with_capacity(now.len());
    for id in now {
        if *id != winner {
            people.push(*id);
            continue;
        }
        let stood = before.iter().filter(|one| losers.contains(one) || **one == winner);
        people.extend(stood.copied());
    }
    people.dedup();
    people
}
