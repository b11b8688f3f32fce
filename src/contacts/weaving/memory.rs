//! What is remembered of one contact, while a commit that changes it is planned.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::{Rules, shown};
use crate::base::{ContactId, Fault, PrincipalId, Timestamp};
use crate::contacts::followups::{Pending, cadence};
use crate::contacts::layer::{fingerprint, rendering};
use crate::formats::zone::Zone;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::contacts::{self, Contact};
use crate::store::engine::{Batch, Snapshot};
pub use crate::store::interactions::STAGE;
use crate::store::interactions::{self, Interaction, Precision, Source};
use crate::store::stored::Stored;
use crate::store::{Actor, Store, tombstones};

/// Kinds of entries that do not mean that there was contact.
const NO_CONTACT: [&str; 2] = ["note", STAGE];

/// Interactions that are read beyond those that cards show, in case some of them go.
const SPARE: usize = 20;

/// A contact with the newest of its interactions.
#[derive(Debug)]
pub struct Memory {
    read: Option<(ContactId, Stored<Contact>)>,
    /// The record as it is to be.
    pub contact: Contact,
    /// The follow-ups that come or change along.
    pub follow_ups: Vec<Pending>,
    cadence: Vec<(String, u32)>,
    latest: Vec<Interaction>,
    new: Vec<Interaction>,
    changed: Vec<Changed>,
    retired: Vec<u64>,
}

#[derive(Debug)]
struct Changed {
    number: u64,
    read: Stored<Interaction>,
    now: Option<Interaction>,
    /// Does the contact take part from now on?
    joins: bool,
}

/// A contact whose change is in the batch.
#[derive(Debug)]
pub struct Recorded {
    /// Its number.
    pub id: ContactId,
    /// Its record.
    pub contact: Contact,
    /// Its interactions, the newest first.
    pub latest: Vec<Interaction>,
    /// Others whose interactions changed along.
    pub others: BTreeSet<ContactId>,
    /// Fingerprints of lines that no card shows any more.
    pub retired: Vec<u64>,
    /// The interactions that came, changed or, with nobody taking part any more, went.
    touched: Vec<Interaction>,
}

impl Memory {
    /// What is remembered of the contact with `uid`; nothing, if it has no record yet.
    pub async fn open(
        store: &Store,
        snapshot: &Snapshot,
        owner: &PrincipalId,
        uid: &str,
        rules: &Rules,
    ) -> Result<Self, Fault> {
        let read = contacts::find(snapshot, owner, uid).await?;
        Self::of(store, snapshot, owner, uid, read, rules).await
    }

    /// As [`Self::open`], of a contact that was looked up.
    pub async fn of(
        store: &Store,
        snapshot: &Snapshot,
        owner: &PrincipalId,
        uid: &str,
        read: Option<(ContactId, Stored<Contact>)>,
        rules: &Rules,
    ) -> Result<Self, Fault> {
        let (contact, latest) = if let Some((id, stored)) = &read {
            let most = rules.bounds.entries + SPARE;
            let latest = interactions::latest(snapshot, *id, most).await?;
            (stored.record.clone(), latest.into_iter().map(|(_, one)| one).collect())
        } else {
            let new = Contact::new(owner.clone(), uid.to_owned(), String::new(), store.now());
            (new, Vec::new())
        };
        let (new, changed, retired) = (Vec::new(), Vec::new(), Vec::new());
        let (follow_ups, cadence) = (Vec::new(), rules.cadence.clone());
        Ok(Self { read, contact, follow_ups, cadence, latest, new, changed, retired })
    }

    /// Its number, if it has a record.
    pub fn id(&self) -> Option<ContactId> {
        self.read.as_ref().map(|(id, _)| *id)
    }

    /// Was something of this content told within `times`, or just now?
    pub async fn knows(
        &self,
        snapshot: &Snapshot,
        content: u64,
        times: Range<Timestamp>,
    ) -> Result<bool, Fault> {
        if self.new.iter().any(|new| new.content == content && times.contains(&new.at)) {
            return Ok(true);
        }
        match self.id() {
            Some(id) => {
                Ok(interactions::same_content(snapshot, id, content, times).await?.is_some())
            }
            None => Ok(false),
        }
    }

    /// Adds an interaction; that this contact takes part in it need not be said.
    pub fn log(&mut self, interaction: Interaction) {
        self.new.push(interaction);
    }

    /// Changes the interaction with `uid`; `None` removes it. What cards showed of it until now is
    /// remembered, so that nobody takes it for something new. `false`: there is none.
    pub async fn change(
        &mut self,
        snapshot: &Snapshot,
        uid: &str,
        zone: &Zone,
        edit: impl FnOnce(&Interaction) -> Option<Interaction>,
    ) -> Result<bool, Fault> {
        let found = interactions::find_by_uid(snapshot, &self.contact.owner, uid).await?;
        let Some((number, read)) = found else { return Ok(false) };
        let is_ours = self.id().is_some_and(|id| read.record.participants.contains(&id));
        if !is_ours || self.changed.iter().any(|changed| changed.number == number) {
            return Ok(false);
        }
        let now = edit(&read.record);
        if now.as_ref() == Some(&read.record) {
            return Ok(true);
        }
        let line = fingerprint(&rendering(&shown::entry(&read.record, zone).shown()));
        self.contact.retire(line);
        self.retired.push(line);
        self.changed.push(Changed { number, read, now, joins: false });
        Ok(true)
    }

    /// Has the contact take part in an interaction of others, as long as there are fewer than
    /// `most`; `false`: it does, or there is none.
    pub fn join(&mut self, number: u64, read: Stored<Interaction>, most: usize) -> bool {
        let there = &read.record.participants;
        let takes_part = self.id().is_some_and(|id| there.contains(&id));
        let is_new = self.changed.iter().all(|changed| changed.number != number);
        if takes_part || there.len() >= most || !is_new {
            return false;
        }
        let now = Some(read.record.clone());
        self.changed.push(Changed { number, read, now, joins: true });
        true
    }

    /// Brings the contact to another stage and notes when. Nothing happens if it is there.
    pub fn set_stage(&mut self, stage: Option<String>, by: &Actor, now: Timestamp) {
        if self.contact.stage == stage {
            return;
        }
        let name = |stage: &Option<String>| stage.clone().unwrap_or_else(|| "none".to_owned());
        let text = format!("{} -> {}", name(&self.contact.stage), name(&stage));
        self.contact.stage = stage;
        self.contact.stage_since = Some(now);
        let mut entry = told(&self.contact.owner, STAGE, (now, Precision::Minute), text, by, now);
        entry.source = Source::Server;
        self.log(entry);
    }

    /// Adds all of it to `batch`, under a new revision of the contact. It is `by` who changed it.
    pub async fn record(
        mut self,
        store: &Store,
        snapshot: &Snapshot,
        batch: &mut Batch,
        by: &Actor,
    ) -> Result<Recorded, Fault> {
        let latest = self.latest();
        let removed =
            self.changed.iter().any(|changed| changed.now.as_ref() != Some(&changed.read.record));
        let last = latest.iter().filter(|one| is_contact(&one.kind)).map(|one| one.at).max();
        self.contact.last_contact =
            if removed { last } else { last.max(self.contact.last_contact) };
        self.contact.revision += 1;
        let before = self.read.as_ref().map(|(_, read)| &read.record);
        let (contact, pending) = (&mut self.contact, &mut self.follow_ups);
        cadence::settle(store, snapshot, batch, &self.cadence, before, contact, pending).await?;
        for pending in &self.follow_ups {
            pending.write(store, batch, by)?;
        }
        let id = if let Some((id, read)) = &self.read {
            contacts::update(batch, *id, &read.witness, &self.contact)?;
            *id
        } else {
            // They may be erased at this moment.
            let Contact { owner, uid, .. } = &self.contact;
            tombstones::require_none(snapshot, batch, owner, uid).await?;
            contacts::insert(store, batch, &self.contact)?
        };
        self.tell(store, batch, id, by)?;
        let mut others = BTreeSet::new();
        let mut touched = Vec::new();
        for mut interaction in self.new {
            if !interaction.participants.contains(&id) {
                interaction.participants.push(id);
            }
            others.extend(interaction.participants.iter().copied());
            interactions::log(store, snapshot, batch, &interaction).await?;
            touched.push(interaction);
        }
        for Changed { number, read, now, joins } in self.changed {
            others.extend(read.record.participants.iter().copied());
            if let Some(mut now) = now {
                if joins {
                    let joining = Interaction { participants: vec![id], ..now.clone() };
                    interactions::tell(store, batch, Verb::Added, &joining, by)?;
                    now.participants.push(id);
                } else {
                    interactions::tell(store, batch, Verb::Changed, &now, by)?;
                }
                others.extend(now.participants.iter().copied());
                interactions::replace(store, snapshot, batch, number, &read, &now).await?;
                touched.push(now);
            } else {
                interactions::tell(store, batch, Verb::Removed, &read.record, by)?;
                let now = store.now();
                interactions::remove(store, snapshot, batch, number, &read, now).await?;
                touched.push(Interaction { participants: Vec::new(), ..read.record });
            }
        }
        others.remove(&id);
        let retired = self.retired;
        Ok(Recorded { id, contact: self.contact, latest, others, retired, touched })
    }

    /// Adds to `batch` that the audit is told of another stage or cadence.
    fn tell(
        &self,
        store: &Store,
        batch: &mut Batch,
        id: ContactId,
        by: &Actor,
    ) -> Result<(), Fault> {
        let (was, now) = (self.read.as_ref().map(|(_, read)| &read.record), &self.contact);
        let stage = was.and_then(|was| was.stage.as_deref());
        let cadence = was.and_then(|was| was.cadence_days);
        let name = |stage: Option<&str>| stage.unwrap_or("none").to_owned();
        let days =
            |days: Option<u32>| days.map_or("as its stage says".to_owned(), |n| format!("{n}d"));
        let mut changes = Vec::new();
        if stage != now.stage.as_deref() {
            let detail = format!("{} -> {}", name(stage), name(now.stage.as_deref()));
            changes.push((Subject::Stage, detail));
        }
        if cadence != now.cadence_days {
            let detail = format!("{} -> {}", days(cadence), days(now.cadence_days));
            changes.push((Subject::Cadence, detail));
        }
        for (subject, detail) in &changes {
            let deed = Deed::of(*subject, Verb::Changed, now.owner.as_str());
            let deed = Deed { contact: Some(id), name: &now.name, uid: &now.uid, detail, ..deed };
            deed.note(store, batch, by)?;
        }
        Ok(())
    }

    /// The newest interactions as they will be.
    fn latest(&self) -> Vec<Interaction> {
        let gone: HashSet<&str> = self.changed.iter().map(|c| c.read.record.uid.as_str()).collect();
        let kept = self.latest.iter().filter(|one| !gone.contains(one.uid.as_str()));
        let now = self.changed.iter().filter_map(|changed| changed.now.as_ref());
        let mut latest: Vec<Interaction> = kept.chain(now).chain(&self.new).cloned().collect();
        latest.sort_by_key(|one| std::cmp::Reverse(one.at));
        latest
    }
}

impl Recorded {
    /// The newest interactions of another contact as they will be.
    pub async fn latest_of_other(
        &self,
        snapshot: &Snapshot,
        id: ContactId,
        rules: &Rules,
    ) -> Result<Vec<Interaction>, Fault> {
        let latest = interactions::latest(snapshot, id, rules.bounds.entries + SPARE).await?;
        let touched: HashSet<&str> = self.touched.iter().map(|one| one.uid.as_str()).collect();
        let kept = latest.into_iter().map(|(_, one)| one);
        let kept = kept.filter(|one| !touched.contains(one.uid.as_str()));
        let now = self.touched.iter().filter(|one| one.participants.contains(&id)).cloned();
        let mut latest: Vec<Interaction> = kept.chain(now).collect();
        latest.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(latest)
    }
}

/// Does an entry of this kind mean that there was contact?
pub fn is_contact(kind: &str) -> bool {
    !NO_CONTACT.contains(&kind)
}

/// An interaction that is told now.
pub fn told(
    owner: &PrincipalId,
    kind: &str,
    (at, precision): (Timestamp, Precision),
    text: String,
    author: &Actor,
    now: Timestamp,
) -> Interaction {
    Interaction {
        uid: uuid::Uuid::new_v4().to_string(),
        owner: owner.clone(),
        kind: kind.to_owned(),
        at,
        precision,
        duration: None,
        direction: None,
        author: author.clone(),
        participants: Vec::new(),
        content: content(kind, &text),
        text,
        link: None,
        source: Source::Note,
        captured: now,
    }
}

/// What tells whether two interactions say the same.
pub fn content(kind: &str, text: &str) -> u64 {
    fingerprint(&format!("{kind} {text}"))
}
