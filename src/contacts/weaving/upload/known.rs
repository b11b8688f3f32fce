//! What is known already of what a card tells, however much was told since and of whom: its client may have been
//! away for long, with a card of somebody whose timeline has become long by a merge.

use std::collections::BTreeSet;

use super::Incoming;
use crate::base::{ContactId, Fault, Timestamp};
use crate::contacts::layer::days_named;
use crate::contacts::weaving::repeated;
use crate::formats::zone::Zone;
use crate::store::engine::Snapshot;
use crate::store::interactions::{self, Interaction};

/// Interactions that are looked through for a line that came back, beside those of the days that it may be of.
const REMEMBERED: usize = 1000;

/// Most days that are looked at.
const DAYS: usize = 50;

/// Most interactions of all these days.
const OF_DAYS: usize = 5000;

/// Most interactions of the same content.
const SAME: usize = 100;

/// The interactions with a contact whose lines may be among `typed`: the newest ones, and those of the days that
/// stand there.
pub(super) async fn retold(
    snapshot: &Snapshot,
    id: ContactId,
    typed: &[String],
    zone: &Zone,
) -> Result<Vec<Interaction>, Fault> {
    let latest = interactions::latest(snapshot, id, REMEMBERED).await?;
    let mut all: Vec<Interaction> = latest.into_iter().map(|(_, one)| one).collect();
    let Some(oldest) = all.last().filter(|_| all.len() == REMEMBERED).map(|one| one.at) else {
        return Ok(all);
    };
    let days: BTreeSet<_> = typed.iter().flat_map(|text| days_named(text)).collect();
    for day in days.into_iter().take(DAYS) {
        let Ok(next) = day.tomorrow() else { continue };
        let midnight = |day: jiff::civil::Date| {
            let seconds = u64::try_from(zone.instant(day.at(0, 0, 0, 0))).unwrap_or(0);
            Timestamp(seconds.saturating_mul(1000))
        };
        let (from, to) = (midnight(day), midnight(next).min(Timestamp(oldest.0.saturating_add(1))));
        let most = (REMEMBERED + OF_DAYS).saturating_sub(all.len());
        all.extend(interactions::within(snapshot, id, from..to, most).await?);
    }
    Ok(all)
}

/// The interactions with a contact that say the same as `told`, from about that time or as long before as
/// the same words may have meant an earlier day.
pub(super) async fn same(
    snapshot: &Snapshot,
    id: Option<ContactId>,
    told: &Interaction,
) -> Result<Vec<Interaction>, Fault> {
    let Some(id) = id else { return Ok(Vec::new()) };
    let from = Timestamp(told.at.0.saturating_sub(repeated::LONG + repeated::A_DAY));
    let times = from..Timestamp(told.at.0.saturating_add(1));
    Ok(interactions::with_content(snapshot, id, told.content, times, SAME).await?)
}

/// Was it told while the contact was one with another, whose it is since they parted? Whatever version the
/// client names then: that may be as it was before they were one, byte for byte.
pub(super) async fn told_of_another(
    snapshot: &Snapshot,
    incoming: &Incoming,
    told: &Interaction,
    dated: bool,
) -> Result<bool, Fault> {
    let since = Timestamp(incoming.now.0.saturating_sub(repeated::LONG));
    for (id, together) in &incoming.parted {
        let all = same(snapshot, Some(*id), told).await?;
        let then = |one: &&Interaction| together.contains(&one.captured) && one.captured >= since;
        let known = all.iter().filter(then);
        let is_same = |one: &Interaction| if dated { one.at == told.at } else { one.at >= since };
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
pub(super) async fn continued(
    snapshot: &Snapshot,
    incoming: &Incoming,
    id: Option<ContactId>,
    told: &Interaction,
    dated: bool,
) -> Result<Option<String>, Fault> {
    let begins = begun(snapshot, incoming, id, told, dated).await?;
    Ok(begins.into_iter().next().map(|one| one.uid))
}

/// What was typed behind a line that was told while the contact was one with another, whose it is since they
/// parted.
pub(super) async fn behind_one_of_another(
    snapshot: &Snapshot,
    incoming: &Incoming,
    told: &Interaction,
    dated: bool,
) -> Result<Option<String>, Fault> {
    for (id, together) in &incoming.parted {
        let mut begins = begun(snapshot, incoming, Some(*id), told, dated).await?;
        begins.retain(|one| together.contains(&one.captured));
        let longest = begins.iter().max_by_key(|one| one.text.len());
        if let Some(more) = longest.and_then(|one| told.text.strip_prefix(one.text.as_str())) {
            return Ok(Some(more.trim().to_owned()));
        }
    }
    Ok(None)
}

/// The interactions of the last day with which `told` begins, the newest first.
async fn begun(
    snapshot: &Snapshot,
    incoming: &Incoming,
    id: Option<ContactId>,
    told: &Interaction,
    dated: bool,
) -> Result<Vec<Interaction>, Fault> {
    let Some(id) = id else { return Ok(Vec::new()) };
    let (now, zone) = (incoming.now, &incoming.zone);
    let recent = Timestamp(now.0.saturating_sub(repeated::A_DAY));
    // The same words may have meant the day before.
    let days_before = Timestamp(told.at.0.saturating_sub(2 * repeated::A_DAY));
    let from = if dated { days_before } else { recent };
    let begins = |one: &Interaction| {
        let more = told.text.strip_prefix(one.text.as_str());
        one.captured >= recent
            && one.kind == told.kind
            && !one.text.is_empty()
            && more.is_some_and(|more| more.starts_with(char::is_whitespace))
            && (!dated || one.at == told.at || repeated::meant_another_day(told, one, now, zone))
    };
    let times = from..Timestamp(told.at.0.saturating_add(1));
    let mut all = interactions::within(snapshot, id, times, REMEMBERED).await?;
    all.retain(begins);
    Ok(all)
}
