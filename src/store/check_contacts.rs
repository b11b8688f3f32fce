//! Verifies that contacts, interactions, the versions served and refused, and own fields agree
//! with each other and with the cards.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::collection::{self, Collection};
use super::contacts::{self, Contact};
use super::engine::{EngineError, Snapshot};
use super::interactions::{self, Interaction, Position};
use super::keys::{self, Key};
use super::pages::Pages;
use super::{
    check_matching, check_merges, conflicts, consents, decode, erasures, fields, match_index,
    member, principals, proposal_changes, quality, quality_choices, quality_cleanings, retention,
    segments, served, tombstones,
};
use crate::base::{ContactId, PrincipalId};

/// Changes that are held at a time.
const PAGE: usize = 500;

/// Faults that are found at most.
const MOST: usize = 1000;

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let everybody: HashSet<PrincipalId> =
        principals::all(snapshot).await?.into_iter().map(|(id, _)| id).collect();
    let collections: HashMap<u64, Collection> =
        collection::all(snapshot).await?.into_iter().map(|found| (found.id.0, found)).collect();
    let mut checker = Checker { snapshot, everybody, collections, faults: Vec::new() };
    checker.contacts().await?;
    checker.uids().await?;
    checker.interactions().await?;
    checker.indexes().await?;
    checker.told().await?;
    checker.removed().await?;
    checker.logs().await?;
    checker.served().await?;
    checker.conflicts().await?;
    checker.fields().await?;
    checker.faults.extend(check_matching::check(snapshot).await?);
    checker.faults.extend(proposal_changes::check(snapshot).await?);
    checker.faults.extend(match_index::check(snapshot).await?);
    checker.faults.extend(check_merges::check(snapshot).await?);
    checker.faults.extend(quality::check(snapshot).await?);
    checker.faults.extend(quality_choices::check(snapshot).await?);
    checker.faults.extend(quality_cleanings::check(snapshot).await?);
    checker.faults.extend(retention::check(snapshot).await?);
    checker.faults.extend(tombstones::check(snapshot).await?);
    checker.faults.extend(consents::check(snapshot).await?);
    checker.faults.extend(erasures::check(snapshot).await?);
    checker.faults.extend(segments::check::check(snapshot).await?);
    Ok(checker.faults)
}

struct Checker<'a> {
    snapshot: &'a Snapshot,
    everybody: HashSet<PrincipalId>,
    collections: HashMap<u64, Collection>,
    faults: Vec<String>,
}

impl Checker<'_> {
    fn fault(&mut self, fault: String) {
        if self.faults.len() < MOST {
            self.faults.push(fault);
        }
    }

    /// A contact has an owner, and its UIDs lead to it.
    async fn contacts(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[contacts::CONTACT]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let id = ContactId(number_at_end(key));
                let Ok(contact) = decode::<Contact>(contacts::VERSION, value) else {
                    self.fault(format!("contact {} cannot be read", id.0));
                    continue;
                };
                if !self.everybody.contains(&contact.owner) {
                    self.fault(format!(
                        "contact {} is of {}, who does not exist",
                        id.0, contact.owner
                    ));
                }
                for uid in std::iter::once(&contact.uid).chain(&contact.aliases) {
                    let found = contacts::id_of(self.snapshot, &contact.owner, uid).await?;
                    if found != Some(id) {
                        self.fault(format!("contact {}: its UID {uid} does not lead to it", id.0));
                    }
                }
            }
        }
        Ok(())
    }

    /// A UID leads to a contact that has it.
    async fn uids(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[contacts::UID]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let (owner, uid) = owner_and_rest(key);
                let contact = match contacts::id_in(value) {
                    Some(id) => contacts::get(self.snapshot, id).await?,
                    None => None,
                };
                let has_it = contact.is_some_and(|found| {
                    found.record.owner.as_str() == owner && found.record.has_uid(&uid)
                });
                if !has_it {
                    self.fault(format!("the contact of {owner} with the UID {uid} is not there"));
                }
            }
        }
        Ok(())
    }

    /// An interaction is found by its UID, by its contacts and by its owner.
    async fn interactions(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[interactions::INTERACTION]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let number = number_at_end(key);
                match decode::<Interaction>(interactions::VERSION, value) {
                    Ok(interaction) => self.interaction(number, &interaction).await?,
                    Err(_) => self.fault(format!("interaction {number} cannot be read")),
                }
            }
        }
        Ok(())
    }

    async fn interaction(&mut self, number: u64, found: &Interaction) -> Result<(), EngineError> {
        let (snapshot, owner) = (self.snapshot, &found.owner);
        let here = format!("interaction {number} of {owner}");
        let by_uid = interactions::find_by_uid(snapshot, owner, &found.uid).await?;
        if by_uid.is_none_or(|(other, _)| other != number) {
            self.fault(format!("{here}: its UID does not lead to it"));
        }
        if found.participants.is_empty() {
            self.fault(format!("{here}: nobody took part"));
        }
        let position = Position { at: found.at, number };
        for id in &found.participants {
            let contact = contacts::get(snapshot, *id).await?;
            if contact.is_none_or(|contact| contact.record.owner != *owner) {
                self.fault(format!("{here}: contact {}, who took part, is not there", id.0));
            }
            let row = interactions::at_position(&interactions::of_contact(*id), position);
            let content = snapshot.get_with(&row, keys::number_in).await?.flatten();
            if content != Some(found.content) {
                self.fault(format!("{here}: it is not listed with contact {}", id.0));
            }
        }
        let row = interactions::at_position(&interactions::of_owner(owner), position);
        if !snapshot.has(&row).await? {
            self.fault(format!("{here}: it is not listed with its owner"));
        }
        Ok(())
    }

    /// What is listed is there, at that time and with these contacts.
    async fn indexes(&mut self) -> Result<(), EngineError> {
        for part in [b'c', b'o'] {
            let mut pages = Pages::of(self.snapshot, &[interactions::INDEX, part]);
            while let Some(rows) = pages.next().await? {
                for (key, _) in &rows {
                    let Some(position) = interactions::position_in(key) else { continue };
                    let found = interactions::get(self.snapshot, position.number).await?;
                    let fits = found.is_some_and(|found| {
                        let is_listed =
                            |prefix: Vec<u8>| interactions::at_position(&prefix, position) == *key;
                        let interaction = &found.record;
                        let mut contacts = interaction.participants.iter();
                        interaction.at == position.at
                            && (is_listed(interactions::of_owner(&interaction.owner))
                                || contacts.any(|id| is_listed(interactions::of_contact(*id))))
                    });
                    if !fits {
                        let number = position.number;
                        self.fault(format!("interaction {number} is listed where it is not"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The UID of an interaction that was not removed leads to it.
    async fn told(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[interactions::UID]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let Some(number) = keys::number_in(value) else { continue };
                let (owner, uid) = owner_and_rest(key);
                let found = interactions::get(self.snapshot, number).await?;
                let fits = found.is_some_and(|found| {
                    found.record.uid == uid && found.record.owner.as_str() == owner
                });
                if !fits {
                    self.fault(format!("interaction {uid} of {owner} is not there"));
                }
            }
        }
        Ok(())
    }

    /// What was removed is known by its UID until that is forgotten, and is not there.
    async fn removed(&mut self) -> Result<(), EngineError> {
        for owner in self.everybody.clone() {
            let mut pages = Pages::of(self.snapshot, &interactions::removed_of(&owner));
            while let Some(rows) = pages.next().await? {
                for (_, uid) in &rows {
                    let (uid, snapshot) = (String::from_utf8_lossy(uid), self.snapshot);
                    let known = interactions::uid_is_known(snapshot, &owner, &uid).await?;
                    let found = interactions::find_by_uid(snapshot, &owner, &uid).await?;
                    if !known || found.is_some() {
                        self.fault(format!("interaction {uid} of {owner} was not removed"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Changes are numbered from 1 without a gap, up to the head.
    async fn logs(&mut self) -> Result<(), EngineError> {
        for owner in self.everybody.clone() {
            let head = interactions::head(self.snapshot, &owner).await?;
            let mut expected = 1;
            loop {
                let page = interactions::changes(self.snapshot, &owner, expected - 1, PAGE).await?;
                let read = page.len() as u64;
                let in_order = page.iter().zip(expected..).all(|((n, _), wanted)| *n == wanted);
                if read == 0 || !in_order {
                    break;
                }
                expected += read;
            }
            if expected != head + 1 {
                self.fault(format!(
                    "change {expected} of {head} to the interactions of {owner} is missing"
                ));
            }
        }
        Ok(())
    }

    /// A version that was served is of a member that is there, and of a contact that is not older.
    async fn served(&mut self) -> Result<(), EngineError> {
        let mut of_member: (Vec<u8>, usize) = (Vec::new(), 0);
        let mut pages = Pages::of(self.snapshot, &[served::SERVED]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let Some((prefix, _)) = key.split_last_chunk::<8>() else { continue };
                of_member = if of_member.0 == prefix {
                    (of_member.0, of_member.1 + 1)
                } else {
                    (prefix.to_vec(), 1)
                };
                let (number, name) = collection_and_name(prefix);
                let here = format!("a version served of {name:?} in collection {number}");
                if of_member.1 > served::MOST {
                    self.fault(format!("{here} should have been forgotten"));
                }
                let Ok(version) = decode::<served::Served>(served::VERSION, value) else {
                    self.fault(format!("{here} cannot be read"));
                    continue;
                };
                let Some(found) = self.collections.get(&number) else {
                    self.fault(format!("{here}: the collection is not there"));
                    continue;
                };
                let Some(member) = member::get(self.snapshot, found.id, &name).await? else {
                    self.fault(format!("{here}: the member is not there"));
                    continue;
                };
                let contact = contacts::find(self.snapshot, &found.owner, &member.uid).await?;
                let newest = contact.map_or(0, |(_, read)| read.record.revision);
                // One of a merge that was taken back is far ahead.
                let ahead = version.revision.saturating_sub(newest);
                if (1..contacts::MERGE_AHEAD / 2).contains(&ahead) {
                    self.fault(format!("{here} is newer than its contact"));
                }
            }
        }
        Ok(())
    }

    /// What was refused was refused in a collection that is there.
    async fn conflicts(&mut self) -> Result<(), EngineError> {
        let mut seen = BTreeSet::new();
        for part in [b'r', b'b'] {
            let mut pages = Pages::of(self.snapshot, &[conflicts::CONFLICT, part]);
            while let Some(rows) = pages.next().await? {
                for (key, _) in &rows {
                    let id = key.get(2..).and_then(<[u8]>::first_chunk::<8>);
                    seen.extend(id.map(|id| u64::from_be_bytes(*id)));
                }
            }
        }
        for number in seen {
            if !self.collections.contains_key(&number) {
                self.fault(format!(
                    "something was refused in collection {number}: it is not there"
                ));
            }
        }
        Ok(())
    }

    async fn fields(&mut self) -> Result<(), EngineError> {
        let mut pages = Pages::of(self.snapshot, &[fields::FIELD]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let (owner, property) = owner_and_rest(key);
                let has_owner =
                    PrincipalId::parse(&owner).is_some_and(|id| self.everybody.contains(&id));
                let field = decode::<fields::Field>(fields::VERSION, value);
                if !has_owner || !field.is_ok_and(|field| field.property == property) {
                    self.fault(format!("the field {property} of {owner} is nobody's"));
                }
            }
        }
        Ok(())
    }
}

fn number_at_end(key: &[u8]) -> u64 {
    keys::last_number(key).unwrap_or(0)
}

/// The owner in a key, and what follows.
fn owner_and_rest(key: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(key.get(1..).unwrap_or_default());
    let (owner, rest) = text.split_once('\0').unwrap_or((&text, ""));
    (owner.to_owned(), rest.to_owned())
}

/// The collection and the member in the prefix of its rows.
fn collection_and_name(prefix: &[u8]) -> (u64, String) {
    let start = Key::of(served::SERVED).done().len();
    let rest = prefix.get(start..).unwrap_or_default();
    let (number, name) = rest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let name = name.strip_suffix(&[0]).unwrap_or(name);
    (u64::from_be_bytes(*number), String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
pub(super) mod tests;
