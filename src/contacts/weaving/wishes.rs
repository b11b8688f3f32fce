//! What a client's card asks to be changed of the layer: commands typed into notes, text typed
//! into the history, and lines of ours that were changed by a program that keeps them.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::shown;
use crate::base::Timestamp;
use crate::contacts::layer::{
    Cadence, Command, Seen, SeenEntry, fingerprint, rendering, typed_in_fence,
};
use crate::contacts::local_time::moment;
use crate::formats::zone::Zone;
use crate::store::contacts::Contact;
use crate::store::interactions::{Interaction, Precision};

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The stage, if it is to be another one.
    pub stage: Option<Set<String>>,
    /// The cadence in days (0: never), if it is to be another one.
    pub cadence: Option<Set<u32>>,
    /// Interactions to log.
    pub log: Vec<Told>,
    /// Interactions to change, by UID.
    pub edit: Vec<(String, SeenEntry)>,
    /// Interactions to remove, by UID.
    pub remove: Vec<String>,
    /// Tags to add and (`false`) to take away, in the order they were typed.
    pub tags: Vec<(String, bool)>,
    /// Follow-ups to raise.
    pub todos: Vec<(Option<Date>, String)>,
}

/// What something is to become: a value, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<T>(pub Option<T>);

/// An interaction as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its UID, if it came with one.
    pub uid: Option<String>,
    /// Its kind.
    pub kind: String,
    /// When; `None`: nobody said.
    pub at: Option<(Timestamp, Precision)>,
    /// What was said.
    pub text: String,
}

impl Wishes {
    /// Takes up what was typed as commands.
    pub fn take_commands(&mut self, commands: Vec<Command>, zone: &Zone, stages: &[String]) {
        for command in commands {
            match command {
                Command::Interaction { kind, at, text } => {
                    let at = at.map(|at| moment(at, zone));
                    self.log.push(Told { uid: None, kind, at, text });
                }
                Command::Todo { due, text } => self.todos.push((due, text)),
                Command::Tag(names) => self.tags.extend(names.into_iter().map(|n| (n, true))),
                Command::Untag(names) => self.tags.extend(names.into_iter().map(|n| (n, false))),
                Command::Cadence(cadence) => self.cadence = Some(Set(Some(days(cadence)))),
                Command::Stage(stage) => match known_stage(stages, &stage) {
                    Some(known) => self.stage = Some(Set(Some(known))),
                    // What somebody typed is not thrown away.
                    None => self.log.push(Told::note(format!("+stage {stage}"))),
                },
            }
        }
    }

    /// Takes up how lines of ours differ from those that were `served`. Only a program that sends
    /// the revision back is known to keep them; from others, only what is added counts.
    pub fn take_lines(&mut self, served: Option<&Seen>, seen: &Seen, stages: &[String]) {
        let before: HashMap<&str, &SeenEntry> = served
            .iter()
            .flat_map(|seen| &seen.entries)
            .filter_map(|entry| Some((entry.uid.as_deref()?, entry)))
            .collect();
        let keeps = served.is_some_and(|served| served.revision == seen.revision)
            && seen.revision.is_some();
        let mut there = HashSet::new();
        for entry in &seen.entries {
            let Some(uid) = entry.uid.as_deref() else {
                self.log.push(Told::line(entry, None));
                continue;
            };
            there.insert(uid);
            match before.get(uid) {
                None => self.log.push(Told::line(entry, Some(uid))),
                Some(served) if keeps && *served != entry => {
                    self.edit.push((uid.to_owned(), entry.clone()));
                }
                Some(_) => {}
            }
        }
        let Some(served) = served.filter(|_| keeps) else { return };
        let gone = served.entries.iter().filter_map(|entry| entry.uid.as_deref());
        self.remove.extend(gone.filter(|uid| !there.contains(uid)).map(str::to_owned));
        if seen.stage != served.stage {
            let stage = seen.stage.as_deref().filter(|stage| !stage.is_empty());
            self.stage = match stage {
                None => Some(Set(None)),
                Some(stage) => {
                    known_stage(stages, stage).map(|known| Set(Some(known))).or(self.stage.take())
                }
            };
        }
        if seen.cadence != served.cadence {
            self.cadence = Some(Set(seen.cadence.map(days)));
        }
    }
}

impl Told {
    /// A note.
    pub fn note(text: String) -> Self {
        Self { uid: None, kind: "note".to_owned(), at: None, text }
    }

    fn line(entry: &SeenEntry, uid: Option<&str>) -> Self {
        let at = entry
            .at
            .and_then(|at| u64::try_from(at).ok())
            .map(|at| (Timestamp(at.saturating_mul(1000)), Precision::Minute));
        let kind = if entry.kind.is_empty() { "note" } else { &entry.kind };
        let text = entry.text.clone();
        Self { uid: uid.map(str::to_owned), kind: kind.to_owned(), at, text }
    }
}

/// The texts that were typed into the history or below it; `known` are the fingerprints of the
/// lines that were served.
pub fn typed(seen: &Seen, known: &HashSet<u64>) -> Vec<String> {
    typed_in_fence(seen, |line| known.contains(&fingerprint(line)))
}

/// The fingerprints of all lines that a card of the contact may have shown: those of
/// `interactions`, those that were changed or deleted since, and those in versions served.
pub fn served_lines(
    contact: Option<&Contact>,
    interactions: &[Interaction],
    versions: &[&Seen],
    zone: &Zone,
) -> HashSet<u64> {
    let retired = contact.iter().flat_map(|contact| contact.retired.iter().copied());
    let shown =
        interactions.iter().map(|i| fingerprint(&rendering(&shown::entry(i, zone).shown())));
    let lines = versions.iter().flat_map(|seen| seen.fence.iter().flatten());
    retired.chain(shown).chain(lines.map(|line| fingerprint(line))).collect()
}

fn known_stage(stages: &[String], name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    stages.iter().find(|stage| stage.to_lowercase() == name).cloned()
}

fn days(cadence: Cadence) -> u32 {
    match cadence {
        Cadence::Never => 0,
        Cadence::Days(days) => days,
    }
}
