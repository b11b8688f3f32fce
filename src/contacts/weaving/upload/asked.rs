//! What a card on its way in asks for: commands and texts that were typed, lines of ours that were
//! changed. It is brought into the memory, and nothing twice.

use super::{Incoming, Upload, known};
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::contacts::layer::{Grammar, SeenEntry, days_named, take_commands};
use crate::contacts::merge;
use crate::contacts::weaving::memory::{self, Memory};
use crate::contacts::weaving::wishes::{self, Set, Told, Wishes, served_lines};
use crate::contacts::weaving::{repeated, shown};
use crate::store::Actor;
use crate::store::contacts;
use crate::store::engine::Snapshot;
use crate::store::interactions::{self, Interaction, Precision};

/// Most commands that are taken out of one card.
const COMMANDS: usize = 100;

impl Upload {
    /// What the card asks for; commands go out of its base.
    pub(super) async fn capture(
        &self,
        snapshot: &Snapshot,
        owner: &PrincipalId,
        incoming: &mut Incoming,
    ) -> Result<Wishes, Fault> {
        let edited = incoming.earlier.as_ref().or(incoming.current.as_ref());
        let mut wishes = Wishes::default();
        let (seen, stages) = (&incoming.parts.seen, &self.rules.stages);
        wishes.take_lines(edited.map(|version| &version.seen), seen, stages);
        let typed = self.typed(snapshot, owner, incoming).await?;
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
    async fn typed(
        &self,
        snapshot: &Snapshot,
        owner: &PrincipalId,
        incoming: &Incoming,
    ) -> Result<Vec<String>, Fault> {
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
            all = known::retold(snapshot, *id, &typed, &incoming.zone).await?;
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
            let theirs = known::retold(snapshot, *id, &typed, &incoming.zone).await?;
            lines.extend(served_lines(Some(&other.record), &theirs, &[], &incoming.zone));
            let then = theirs.into_iter().filter(|one| together.contains(&one.captured));
            all.extend(then.filter(|one| one.captured >= since(repeated::LONG)));
        }
        let mut typed = wishes::typed(seen, &lines);
        if typed.iter().any(|text| days_named(text).next().is_some()) {
            // Or a line of somebody with whom that other was one then.
            for id in merge::ever_one(snapshot, owner, &incoming.uid).await? {
                let Some(other) = contacts::get(snapshot, id).await? else { continue };
                let theirs = known::retold(snapshot, id, &typed, &incoming.zone).await?;
                lines.extend(served_lines(Some(&other.record), &theirs, &[], &incoming.zone));
            }
            typed = wishes::typed(seen, &lines);
        }
        let told = all.iter().map(|one| one.text.as_str()).collect();
        Ok(typed.iter().flat_map(|text| repeated::without_told(text, &told)).collect())
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
        let dated = told.at.is_some();
        let at = told.at.unwrap_or((now, Precision::Minute));
        let mut interaction = memory::told(&owner, &told.kind, at, told.text, actor, now);
        let is_new = told.uid.is_none();
        if is_new
            && let Some(more) =
                known::behind_one_of_another(snapshot, incoming, &interaction, dated).await?
        {
            // What it begins with was logged then.
            "note".clone_into(&mut interaction.kind);
            interaction.content = memory::content(&interaction.kind, &more);
            interaction.text = more;
        }
        if let Some(uid) = told.uid {
            interaction.uid = uid;
        } else if let Some(since) = self.repetition(incoming) {
            let times = match told.at {
                Some((at, _)) => at..Timestamp(at.0.saturating_add(1)),
                None => Timestamp(now.0.saturating_sub(since))..Timestamp(now.0 + 1),
            };
            if memory.knows(snapshot, interaction.content, times).await? {
                return Ok(false);
            }
            let id = memory.id();
            let continued = known::continued(snapshot, incoming, id, &interaction, dated);
            if let Some(uid) = continued.await? {
                let text = &interaction.text;
                let longer = |old: &Interaction| {
                    let (text, content) = (text.clone(), interaction.content);
                    Some(Interaction { text, content, ..old.clone() })
                };
                if memory.change(snapshot, &uid, zone, longer).await? {
                    return Ok(true);
                }
            }
            let since = Timestamp(now.0.saturating_sub(since));
            let known = known::same(snapshot, id, &interaction).await?;
            let known = known.iter().filter(|one| one.captured >= since);
            if repeated::on_another_day(&interaction, known, now, zone) {
                return Ok(false);
            }
        }
        if is_new && known::told_of_another(snapshot, incoming, &interaction, dated).await? {
            return Ok(false);
        }
        memory.log(interaction);
        Ok(true)
    }
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
