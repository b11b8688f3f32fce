//! What a card on its way in asks for: commands and texts that were typed, lines of ours that were
//! changed. It is brought into the memory, and nothing twice.

use super::{Incoming, Upload};
use crate::base::{Fault, Timestamp};
use crate::contacts::layer::{Grammar, SeenEntry, take_commands};
use crate::contacts::weaving::memory::{self, Memory};
use crate::contacts::weaving::wishes::{self, Set, Told, Wishes, served_lines};
use crate::contacts::weaving::{repeated, shown};
use crate::store::Actor;
use crate::store::contacts;
use crate::store::engine::Snapshot;
use crate::store::interactions::{self, Interaction, Precision};

/// Most commands that are taken out of one card.
const COMMANDS: usize = 100;

/// Interactions that are looked through for a line that came back.
const REMEMBERED: usize = 1000;

impl Upload {
    /// What the card asks for; commands go out of its base.
    pub(super) async fn capture(
        &self,
        snapshot: &Snapshot,
        incoming: &mut Incoming,
    ) -> Result<Wishes, Fault> {
        let edited = incoming.earlier.as_ref().or(incoming.current.as_ref());
        let mut wishes = Wishes::default();
        let (seen, stages) = (&incoming.parts.seen, &self.rules.stages);
        wishes.take_lines(edited.map(|version| &version.seen), seen, stages);
        let typed = self.typed(snapshot, incoming).await?;
        let grammar = Grammar {
            now: incoming.zone.civil(shown::seconds(incoming.now)),
            kinds: &self.rules.kinds,
            stages,
            most: COMMANDS,
        };
        let captured = take_commands(&incoming.parts.base, typed, &grammar);
        incoming.parts.base = captured.base;
        wishes.take_commands(captured.commands, &incoming.zone, stages);
        wishes.log.extend(captured.notes.into_iter().map(Told::note));
        Ok(wishes)
    }

    /// The texts that were typed into the history or below it.
    async fn typed(&self, snapshot: &Snapshot, incoming: &Incoming) -> Result<Vec<String>, Fault> {
        let seen = &incoming.parts.seen;
        if seen.fence.is_none() {
            return Ok(Vec::new());
        }
        let versions = incoming.current.iter().chain(&incoming.earlier);
        let versions: Vec<_> = versions.map(|version| &version.seen).collect();
        let record = incoming.contact.as_ref().map(|(_, found)| &found.record);
        let typed = wishes::typed(seen, &served_lines(record, &[], &versions, &incoming.zone));
        if typed.is_empty() {
            return Ok(typed);
        }
        // It may be a line of an older version than those at hand.
        let mut all = Vec::new();
        if let Some((id, _)) = &incoming.contact {
            let latest = interactions::latest(snapshot, *id, REMEMBERED).await?;
            all.extend(latest.into_iter().map(|(_, interaction)| interaction));
        }
        let mut lines = served_lines(record, &all, &versions, &incoming.zone);
        let typed = wishes::typed(seen, &lines);
        if typed.is_empty() {
            return Ok(typed);
        }
        let since = |days| Timestamp(incoming.now.0.saturating_sub(days));
        let recent = self.repetition(incoming).map(since);
        all.retain(|one| recent.is_some_and(|recent| one.captured >= recent));
        // Or of the time when it was one with another.
        for (id, together) in &incoming.parted {
            let Some(other) = contacts::get(snapshot, *id).await? else { continue };
            let theirs = interactions::latest(snapshot, *id, REMEMBERED).await?;
            let theirs: Vec<_> = theirs.into_iter().map(|(_, interaction)| interaction).collect();
            lines.extend(served_lines(Some(&other.record), &theirs, &[], &incoming.zone));
            let then = theirs.into_iter().filter(|one| together.contains(&one.captured));
            all.extend(then.filter(|one| one.captured >= since(repeated::LONG)));
        }
        let typed = wishes::typed(seen, &lines);
        let told = all.iter().map(|one| one.text.as_str()).collect();
        Ok(typed.iter().filter_map(|text| repeated::without_told(text, &told)).collect())
    }

    /// Brings the wishes into the memory; tells whether there were any.
    pub(super) async fn apply(
        &self,
        snapshot: &Snapshot,
        incoming: &Incoming,
        wishes: Wishes,
        memory: &mut Memory,
        actor: &Actor,
    ) -> Result<bool, Fault> {
        let (zone, now) = (&incoming.zone, incoming.now);
        let mut any = false;
        if let Some(Set(stage)) = wishes.stage {
            any = true;
            memory.set_stage(stage, actor, now);
        }
        if let Some(Set(cadence)) = wishes.cadence {
            any = true;
            memory.contact.cadence_days = cadence;
        }
        for (uid, line) in wishes.edit {
            any |= memory.change(snapshot, &uid, zone, |old| Some(edited_by(&line, old))).await?;
        }
        for uid in wishes.remove {
            any |= memory.change(snapshot, &uid, zone, |_| None).await?;
        }
        for told in wishes.log {
            any |= self.log(snapshot, incoming, told, memory, actor).await?;
        }
        Ok(any)
    }

    /// Logs what was told, if it is not known; tells whether it was.
    async fn log(
        &self,
        snapshot: &Snapshot,
        incoming: &Incoming,
        told: Told,
        memory: &mut Memory,
        actor: &Actor,
    ) -> Result<bool, Fault> {
        let (owner, zone) = (memory.contact.owner.clone(), &incoming.zone);
        if let Some(uid) = &told.uid
            && interactions::uid_is_known(snapshot, &owner, uid).await?
        {
            return Ok(false);
        }
        let now = incoming.now;
        let at = told.at.unwrap_or((now, Precision::Minute));
        let mut interaction = memory::told(&owner, &told.kind, at, told.text, actor, now);
        let is_new = told.uid.is_none();
        if let Some(uid) = told.uid {
            interaction.uid = uid;
        } else if let Some(since) = self.repetition(incoming) {
            let times = match told.at {
                Some((at, _)) => at..Timestamp(at.0 + 1),
                None => Timestamp(now.0.saturating_sub(since))..Timestamp(now.0 + 1),
            };
            if memory.knows(snapshot, interaction.content, times).await? {
                return Ok(false);
            }
            if let Some(uid) = goes_on(&interaction, told.at.is_some(), memory, now) {
                let text = &interaction.text;
                let longer = |old: &Interaction| {
                    let (text, content) = (text.clone(), interaction.content);
                    Some(Interaction { text, content, ..old.clone() })
                };
                if memory.change(snapshot, &uid, zone, longer).await? {
                    return Ok(true);
                }
            }
            let known = memory.told_since(Timestamp(now.0.saturating_sub(since)));
            if repeated::on_another_day(&interaction, known, now, zone) {
                return Ok(false);
            }
        }
        if is_new && told_of_another(snapshot, incoming, &interaction, told.at.is_some()).await? {
            return Ok(false);
        }
        memory.log(interaction);
        Ok(true)
    }
}

/// Was it told while the contact was one with another, whose it is since they parted? Whatever version the
/// client names then: that may be as it was before they were one, byte for byte.
async fn told_of_another(
    snapshot: &Snapshot,
    incoming: &Incoming,
    told: &Interaction,
    dated: bool,
) -> Result<bool, Fault> {
    let since = Timestamp(incoming.now.0.saturating_sub(repeated::LONG));
    for (id, together) in &incoming.parted {
        let all = interactions::latest(snapshot, *id, REMEMBERED).await?;
        let then = |one: &&Interaction| together.contains(&one.captured) && one.captured >= since;
        let known = all.iter().map(|(_, one)| one).filter(then);
        let is_same = |one: &Interaction| {
            one.content == told.content && if dated { one.at == told.at } else { one.at >= since }
        };
        if known.clone().any(is_same)
            || repeated::on_another_day(told, known, incoming.now, &incoming.zone)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The interaction that `told` is the same line of, to which more was typed before its client saw that it was
/// logged. `dated`: it says itself when it was.
fn goes_on(told: &Interaction, dated: bool, memory: &Memory, now: Timestamp) -> Option<String> {
    let recent = Timestamp(now.0.saturating_sub(repeated::A_DAY));
    let begins = |one: &&Interaction| {
        let more = told.text.strip_prefix(one.text.as_str());
        one.kind == told.kind
            && (!dated || one.at == told.at)
            && !one.text.is_empty()
            && more.is_some_and(|more| more.starts_with(char::is_whitespace))
    };
    memory.told_since(recent).find(begins).map(|one| one.uid.clone())
}

/// `old` as a client changed its line.
fn edited_by(line: &SeenEntry, old: &Interaction) -> Interaction {
    let mut new = old.clone();
    new.text.clone_from(&line.text);
    if !line.kind.is_empty() {
        new.kind.clone_from(&line.kind);
    }
    if let Some(at) = line.at.and_then(|at| u64::try_from(at).ok())
        && at != old.at.0 / 1000
    {
        new.at = Timestamp(at.saturating_mul(1000));
        new.precision = Precision::Minute;
    }
    new.content = memory::content(&new.kind, &new.text);
    new
}
