//! The timeline of contacts, their stage and cadence, as people and programs change them: each
//! change and the weaving of all cards that show it are one commit.

use super::layer::{Direction as Lies, take_when};
use super::local_time;
use super::person::Person;
use super::weaving::Rules;
use super::weaving::cards::{self, Change};
use super::weaving::memory::{self, Memory};
use crate::base::{ContactId, Fault, PrincipalId, Timestamp};
use crate::config::KINDS;
use crate::store::contacts::{self, Contact};
use crate::store::engine::Snapshot;
use crate::store::interactions::{self, Direction, Interaction, Precision, Source};
use crate::store::{Actor, Store, tombstones};

/// Longest text of an interaction, in bytes.
const LONGEST_TEXT: usize = 64 << 10;

/// Longest link, in bytes.
const LONGEST_LINK: usize = 2048;

/// Most contacts that one interaction is shared by.
const MOST_PARTICIPANTS: usize = 100;

/// Somebody who changes what is remembered of a user's contacts.
#[derive(Debug, Clone, Copy)]
pub struct Timeline<'a> {
    /// Where it is remembered.
    pub store: &'a Store,
    /// What is set.
    pub rules: &'a Rules,
    /// Whose contacts they are.
    pub owner: &'a PrincipalId,
    /// Who changes them.
    pub actor: &'a Actor,
}

/// Something that happened, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// What it was; in the form of [`Timeline::kind`].
    pub kind: String,
    /// When; `None`: now.
    pub at: Option<(Timestamp, Precision)>,
    /// How long it took, in seconds.
    pub duration: Option<u32>,
    /// Who turned to whom.
    pub direction: Option<Direction>,
    /// What is to be remembered.
    pub text: String,
    /// An address that has more.
    pub link: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Its UID, if it may be told again; `None` makes one.
    pub uid: Option<String>,
}

/// What is to be another in an interaction; `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// What it was.
    pub kind: Option<String>,
    /// When.
    pub at: Option<(Timestamp, Precision)>,
    /// How long it took, in seconds.
    pub duration: Option<Option<u32>>,
    /// Who turned to whom.
    pub direction: Option<Option<Direction>>,
    /// What is to be remembered.
    pub text: Option<String>,
    /// An address that has more.
    pub link: Option<Option<String>>,
}

/// One change of what is remembered.
enum Deed<'a> {
    Log(&'a Interaction),
    Edit(&'a str, &'a Edit, Option<&'a [ContactId]>),
    Remove(&'a str),
    Stage(Option<&'a str>),
    Cadence(Option<u32>),
}

// === telling and reading ===

impl Timeline<'_> {
    /// Logs what happened with `people`; nobody twice, at least one. `None`: its UID is known.
    pub async fn log(
        &self,
        people: &[Person],
        telling: &Telling,
    ) -> Result<Option<Interaction>, Fault> {
        let Some(first) = people.first() else {
            return Err(Fault::bad_request("Say with whom it was."));
        };
        let kind = self.kind(&telling.kind)?.to_owned();
        let now = self.store.now();
        let at = telling.at.unwrap_or((now, Precision::Minute));
        let mut interaction =
            memory::told(self.owner, &kind, at, telling.text.clone(), self.actor, now);
        interaction.source = telling.source;
        interaction.duration = telling.duration;
        interaction.direction = telling.direction;
        interaction.link.clone_from(&telling.link);
        if let Some(uid) = &telling.uid {
            interaction.uid.clone_from(uid);
        }
        within_bounds(&interaction)?;
        interaction.participants = self.participants(people).await?;
        let done = self.perform(first, &Deed::Log(&interaction)).await?;
        Ok(done.then_some(interaction))
    }

    /// Changes an interaction; with `people`, also who took part.
    pub async fn edit(
        &self,
        uid: &str,
        edit: &Edit,
        people: Option<&[Person]>,
    ) -> Result<(), Fault> {
        let mut edit = edit.clone();
        if let Some(kind) = &edit.kind {
            edit.kind = Some(self.kind(kind)?.to_owned());
        }
        let read = self.interaction(uid).await?;
        within_bounds(&edited(&read, &edit, None))?;
        let participants = match people {
            Some(people) => Some(self.participants(people).await?),
            None => None,
        };
        let stays = participants.as_deref().unwrap_or(&read.participants).first();
        let contact = self.participant(stays.copied()).await?;
        let deed = Deed::Edit(uid, &edit, participants.as_deref());
        self.perform(&contact, &deed).await.map(drop)
    }

    /// Removes an interaction from the timelines of all who took part.
    pub async fn remove(&self, uid: &str) -> Result<(), Fault> {
        let read = self.interaction(uid).await?;
        let contact = self.participant(read.participants.first().copied()).await?;
        self.perform(&contact, &Deed::Remove(uid)).await.map(drop)
    }

    /// Brings a contact to another stage, or to none, and dates that in the timeline; `false`: it
    /// was there already.
    pub async fn set_stage(&self, person: &Person, stage: Option<&str>) -> Result<bool, Fault> {
        let stage = match stage {
            Some(name) => Some(self.stage(name)?),
            None => None,
        };
        self.perform(person, &Deed::Stage(stage)).await
    }

    /// Sets how often a contact is to be contacted, in days: 0 for never, `None` for what its
    /// stage says.
    pub async fn set_cadence(&self, person: &Person, days: Option<u32>) -> Result<bool, Fault> {
        self.perform(person, &Deed::Cadence(days)).await
    }

    /// The interaction with this UID, or the only one whose UID begins like this.
    pub async fn interaction(&self, uid: &str) -> Result<Interaction, Fault> {
        let snapshot = self.store.snapshot().await?;
        if let Some((_, read)) = interactions::find_by_uid(&snapshot, self.owner, uid).await? {
            return Ok(read.record);
        }
        let like = interactions::beginning_with(&snapshot, self.owner, uid, 2).await?;
        let missing = || {
            Fault::new(
                404,
                format!(
                    "There is no entry `{uid}`. `rolodav note list {} WHO` shows the entries and \
                     what to call them.",
                    self.owner
                ),
            )
        };
        match like.as_slice() {
            [] => Err(missing()),
            [only] => {
                let found = interactions::find_by_uid(&snapshot, self.owner, only).await?;
                found.map(|(_, read)| read.record).ok_or_else(missing)
            }
            _ => Err(Fault::conflict(format!("Several entries begin with `{uid}`; take more."))),
        }
    }

    /// What is remembered of somebody; `None` if nothing is.
    pub async fn contact(&self, person: &Person) -> Result<Option<(ContactId, Contact)>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let found = contacts::find(&snapshot, self.owner, &person.uid).await?;
        Ok(found.map(|(id, read)| (id, read.record)))
    }

    /// The `most` latest interactions with somebody, the newest first.
    pub async fn latest(&self, person: &Person, most: usize) -> Result<Vec<Interaction>, Fault> {
        let Some((id, _)) = self.contact(person).await? else { return Ok(Vec::new()) };
        let snapshot = self.store.snapshot().await?;
        let latest = interactions::latest(&snapshot, id, most).await?;
        Ok(latest.into_iter().map(|(_, interaction)| interaction).collect())
    }

    // === words ===

    /// The kind with this name.
    pub fn kind<'s>(&'s self, name: &str) -> Result<&'s str, Fault> {
        let own = self.rules.kinds.iter().map(String::as_str);
        let found = KINDS.into_iter().chain(own.clone());
        found.into_iter().find(|kind| kind.eq_ignore_ascii_case(name.trim())).ok_or_else(|| {
            let known: Vec<&str> = KINDS.into_iter().chain(own).collect();
            Fault::bad_request(format!(
                "There is no kind `{name}`. The kinds are {}; more can be set in contacts.kinds.",
                known.join(", ")
            ))
        })
    }

    /// The stage with this name.
    pub fn stage<'s>(&'s self, name: &str) -> Result<&'s str, Fault> {
        let mut stages = self.rules.stages.iter();
        let wanted = name.trim().to_lowercase();
        stages.find(|stage| stage.to_lowercase() == wanted).map(String::as_str).ok_or_else(|| {
            Fault::bad_request(format!(
                "There is no stage `{name}`. The stages are {}; contacts.stages sets them.",
                self.rules.stages.join(", ")
            ))
        })
    }

    /// The moment that a typed date means, such as `yesterday`, `mon 14:00` or
    /// `2026-11-03 14:00`, on the clock of the contacts' owner.
    pub async fn moment(&self, typed: &str) -> Result<(Timestamp, Precision), Fault> {
        let snapshot = self.store.snapshot().await?;
        let zone = local_time::zone_of(&snapshot, self.owner).await?;
        let now = zone.civil((self.store.now().0 / 1000) as i64);
        match take_when(typed, now, Lies::Past) {
            Some((when, rest)) if rest.trim().is_empty() => Ok(local_time::moment(when, &zone)),
            _ => Err(Fault::bad_request(format!(
                "`{typed}` is no day or time. Examples: yesterday, mon 14:00, 3d, 2026-11-03, \
                 2026-11-03 14:00."
            ))),
        }
    }
}

// === changing ===

impl Timeline<'_> {
    /// The contacts of these people, made where nothing is remembered of them yet.
    async fn participants(&self, people: &[Person]) -> Result<Vec<ContactId>, Fault> {
        if people.len() > MOST_PARTICIPANTS {
            let message = format!("An interaction has {MOST_PARTICIPANTS} participants at most.");
            return Err(Fault::bad_request(message));
        }
        let mut ids = Vec::with_capacity(people.len());
        for person in people {
            let id = self.made(person).await?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    async fn made(&self, person: &Person) -> Result<ContactId, Fault> {
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            if let Some(id) = contacts::id_of(&snapshot, self.owner, &person.uid).await? {
                return Ok(id);
            }
            let (uid, name) = (person.uid.clone(), person.name.clone());
            let contact = Contact::new(self.owner.clone(), uid, name, self.store.now());
            tombstones::require_none(&snapshot, &mut batch, self.owner, &contact.uid).await?;
            let id = contacts::insert(self.store, &mut batch, &contact)?;
            if attempts.done(batch).await? {
                return Ok(id);
            }
        }
    }

    async fn participant(&self, id: Option<ContactId>) -> Result<Person, Fault> {
        let snapshot = self.store.snapshot().await?;
        let contact = match id {
            Some(id) => contacts::get(&snapshot, id).await?,
            None => None,
        };
        let contact = contact.ok_or_else(|| Fault::bad_request("Say with whom it was."))?.record;
        Ok(Person { uid: contact.uid, name: contact.name, cards: Vec::new() })
    }

    /// Does it, and weaves all cards that show it anew, in one commit; `false` if there was
    /// nothing to do.
    async fn perform(&self, person: &Person, deed: &Deed<'_>) -> Result<bool, Fault> {
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            let (owner, rules) = (self.owner, self.rules);
            let mut memory = Memory::open(self.store, &snapshot, owner, &person.uid, rules).await?;
            if !self.apply(&snapshot, &mut memory, deed).await? {
                return Ok(false);
            }
            if !person.name.is_empty() {
                memory.contact.name.clone_from(&person.name);
            }
            let recorded = memory.record(self.store, &snapshot, &mut batch, self.actor).await?;
            let change = Change {
                contact: &recorded.contact,
                latest: &recorded.latest,
                actor: self.actor,
                rules,
            };
            cards::weave_all(self.store, &snapshot, &mut batch, change, None).await?;
            cards::weave_others(self.store, &snapshot, &mut batch, &recorded, change, None).await?;
            if attempts.done(batch).await? {
                return Ok(true);
            }
        }
    }

    async fn apply(
        &self,
        snapshot: &Snapshot,
        memory: &mut Memory,
        deed: &Deed<'_>,
    ) -> Result<bool, Fault> {
        match deed {
            Deed::Log(interaction) => {
                let uid = &interaction.uid;
                if interactions::uid_is_known(snapshot, self.owner, uid).await? {
                    return Ok(false);
                }
                memory.log((*interaction).clone());
            }
            Deed::Edit(uid, edit, participants) => {
                let zone = local_time::zone_of(snapshot, self.owner).await?;
                let edit = |old: &Interaction| Some(edited(old, edit, *participants));
                return memory.change(snapshot, uid, &zone, edit).await;
            }
            Deed::Remove(uid) => {
                let zone = local_time::zone_of(snapshot, self.owner).await?;
                return memory.change(snapshot, uid, &zone, |_| None).await;
            }
            Deed::Stage(stage) => {
                if memory.contact.stage.as_deref() == *stage {
                    return Ok(false);
                }
                memory.set_stage(stage.map(str::to_owned), self.actor, self.store.now());
            }
            Deed::Cadence(days) => {
                if memory.contact.cadence_days == *days {
                    return Ok(false);
                }
                memory.contact.cadence_days = *days;
            }
        }
        Ok(true)
    }
}

fn edited(old: &Interaction, edit: &Edit, participants: Option<&[ContactId]>) -> Interaction {
    let edit = edit.clone();
    let mut new = old.clone();
    new.kind = edit.kind.unwrap_or(new.kind);
    (new.at, new.precision) = edit.at.unwrap_or((new.at, new.precision));
    new.duration = edit.duration.unwrap_or(new.duration);
    new.direction = edit.direction.unwrap_or(new.direction);
    new.text = edit.text.unwrap_or(new.text);
    new.link = edit.link.unwrap_or(new.link);
    if let Some(participants) = participants {
        new.participants = participants.to_vec();
    }
    new.content = memory::content(&new.kind, &new.text);
    new
}

fn within_bounds(interaction: &Interaction) -> Result<(), Fault> {
    if interaction.text.len() > LONGEST_TEXT {
        return Err(Fault::bad_request(format!(
            "The text is too long: {} of at most {LONGEST_TEXT} bytes.",
            interaction.text.len()
        )));
    }
    let link = interaction.link.as_deref().unwrap_or_default();
    if link.len() > LONGEST_LINK || link.chars().any(char::is_control) {
        return Err(Fault::bad_request(format!(
            "A link is one line of at most {LONGEST_LINK} bytes."
        )));
    }
    Ok(())
}
