//! Looks through a user's calendars for what ended since the last time: by the time index for what
//! was there, by the change logs for what came later than it ended.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::ended::{self, Meeting};
use crate::base::{CollectionId, Fault, PrincipalId, Timestamp};
use crate::calendars::scheduling::address::Address;
use crate::calendars::scheduling::{people, places};
use crate::contacts::timeline::{Telling, Timeline};
use crate::contacts::weaving::Rules;
use crate::contacts::{addresses, local_time, person};
use crate::formats::zone::Zone;
use crate::store::body::{self, Slot};
use crate::store::collection::{Collection, Components, Found};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::followups::times::{self, Seen};
use crate::store::interactions::{Precision, Source};
use crate::store::member::{self, Flags};
use crate::store::{Actor, Store, change, preferences, principals, spans};

const DAY: u64 = 86_400_000;

/// How far back it is looked the first time, and for events that come after they ended.
const BACK: u64 = 30 * DAY;

/// The time that one round looks at.
const ROUND: u64 = 7 * DAY;

/// Changes of one calendar that one round looks at.
const CHANGES: usize = 1000;

/// Logs the meetings of users.
#[derive(Debug, Clone, Copy)]
pub struct Meetings<'a> {
    /// The records.
    pub store: &'a Store,
    /// What is set.
    pub rules: &'a Rules,
    /// Events with more attendees are no meetings but gatherings.
    pub most_attendees: usize,
    /// The address people use for this server, if it is known.
    pub origin: &'a str,
}

/// What one round looks at.
struct Round<'a> {
    origin: &'a str,
    snapshot: &'a Snapshot,
    owner: &'a PrincipalId,
    zone: Zone,
    /// What ended after the first and not after the second.
    window: (Timestamp, Timestamp),
    /// The same for events that came or changed.
    late: (Timestamp, Timestamp),
}

impl Meetings<'_> {
    /// Logs what ended for all users; a fault of one does not hold up the others. Tells how many
    /// meetings were logged.
    pub async fn log_all(&self) -> Result<usize, Fault> {
        let mut logged = 0;
        let listed = principals::all(&self.store.snapshot().await?).await?;
        for (owner, principal) in listed {
            if principal.kind != principals::Kind::User || principal.disabled {
                continue;
            }
            let chosen = preferences::get(&self.store.snapshot().await?, &owner).await?;
            if chosen.is_some_and(|chosen| chosen.record.no_meetings) {
                continue;
            }
            match self.log(&owner, None).await {
                Ok(new) => logged += new,
                Err(fault) => {
                    tracing::warn!(%owner, fault = %fault.logged(), "meetings: will be tried again");
                }
            }
        }
        Ok(logged)
    }

    /// Leaves out what ended in `owner`'s calendars until now: they did not want it logged.
    pub async fn begin_now(&self, owner: &PrincipalId) -> Result<(), Fault> {
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            let read = times::seen(&snapshot, owner).await?;
            let heads = heads(&snapshot, &calendars(&snapshot, owner).await?).await?;
            let seen = Seen { until: self.store.now(), heads };
            times::advance(&mut batch, owner, read.as_ref(), &seen)?;
            if attempts.done(batch).await? {
                return Ok(());
            }
        }
    }

    /// Logs what ended in `owner`'s calendars since the last time; with `since`, what ended since
    /// then. Tells how many meetings were logged.
    pub async fn log(&self, owner: &PrincipalId, since: Option<Timestamp>) -> Result<usize, Fault> {
        let now = self.store.now();
        let mut logged = 0;
        let mut since = since;
        let mut is_fresh = false;
        loop {
            let snapshot = self.store.snapshot().await?;
            let read = times::seen(&snapshot, owner).await?;
            let back = Timestamp(now.0.saturating_sub(BACK));
            let seen = read.as_ref().map(|read| read.record.clone());
            let calendars = calendars(&snapshot, owner).await?;
            let before = match &seen {
                Some(seen) => seen.clone(),
                None => Seen { until: back, heads: heads(&snapshot, &calendars).await? },
            };
            let from = since.take().unwrap_or(before.until);
            let until =
                Timestamp(now.0.min(from.0.saturating_add(ROUND))).max(before.until.min(now));
            let zone = local_time::zone_of(&snapshot, owner).await?;
            let late = (back.min(before.until), before.until);
            let origin = self.origin;
            let round =
                Round { origin, snapshot: &snapshot, owner, zone, window: (from, until), late };
            let mut after = Seen { until, heads: Vec::new() };
            for calendar in &calendars {
                let id = calendar.collection.id;
                let known = before.heads.iter().find(|(of, _)| *of == id);
                let (found, head) =
                    round.look_at(&calendar.collection, known.map_or(0, |(_, head)| *head)).await?;
                after.heads.push((id, head));
                for (meeting, link) in found {
                    if !is_fresh {
                        addresses::freshen(self.store, owner).await?;
                        is_fresh = true;
                    }
                    logged += usize::from(self.log_one(owner, &meeting, &link).await?);
                }
            }
            if seen.as_ref() == Some(&after) {
                return Ok(logged);
            }
            let mut batch = Batch::new();
            times::advance(&mut batch, owner, read.as_ref(), &after)?;
            match self.store.commit(batch).await {
                Ok(_) => {}
                // Another run is at it; what was logged is known by its UIDs.
                Err(CommitError::Refused(_)) => return Ok(logged),
                Err(CommitError::Failed(error)) => return Err(error.into()),
            }
        }
    }

    /// Logs one meeting with those contacts who were there; `false`: it is known, or nobody was.
    async fn log_one(
        &self,
        owner: &PrincipalId,
        meeting: &Meeting,
        link: &str,
    ) -> Result<bool, Fault> {
        if meeting.invited > self.most_attendees {
            return Ok(false);
        }
        let snapshot = self.store.snapshot().await?;
        for address in &meeting.declined {
            if people::is_meant(&snapshot, owner, address).await? {
                return Ok(false);
            }
        }
        let mut uids = BTreeSet::new();
        for address in &meeting.people {
            if people::is_meant(&snapshot, owner, address).await? {
                continue;
            }
            for mail in mails(&snapshot, address).await? {
                let holders = addresses::holders(&snapshot, owner, &mail).await?;
                uids.extend(holders.into_iter().map(|holder| holder.uid));
            }
        }
        let mut contacts = Vec::with_capacity(uids.len());
        for uid in &uids {
            contacts.push(person::by_uid(&snapshot, owner, uid).await?);
        }
        if contacts.is_empty() {
            return Ok(false);
        }
        let actor = Actor { principal: owner.as_str().to_owned(), device: "calendar".to_owned() };
        let precision = if meeting.all_day { Precision::Day } else { Precision::Minute };
        let seconds = u32::try_from(meeting.end.saturating_sub(meeting.start)).ok();
        let start = u64::try_from(meeting.start).unwrap_or(0).saturating_mul(1000);
        let telling = Telling {
            kind: "meeting".to_owned(),
            at: Some((Timestamp(start), precision)),
            duration: seconds.filter(|seconds| *seconds > 0 && !meeting.all_day),
            direction: None,
            text: meeting.title.clone(),
            link: Some(meeting.url.clone().unwrap_or_else(|| link.to_owned())),
            source: Source::Event,
            uid: Some(meeting.uid.clone()),
        };
        let timeline = Timeline { store: self.store, rules: self.rules, owner, actor: &actor };
        Ok(timeline.log(&contacts, &telling).await?.is_some())
    }
}

impl Round<'_> {
    /// The meetings of a calendar that ended, with the paths of their events, and the number of
    /// its last change that was looked at, beginning after `head`.
    async fn look_at(
        &self,
        calendar: &Collection,
        head: u64,
    ) -> Result<(Vec<(Meeting, String)>, u64), Fault> {
        let id = calendar.id;
        let seconds = |at: Timestamp| i64::try_from(at.seconds()).unwrap_or(i64::MAX);
        let (from, until) = (seconds(self.window.0), seconds(self.window.1));
        let mut found = Vec::new();
        let within =
            spans::within(self.snapshot, id, from.saturating_sub(1), until.saturating_add(1));
        let names: BTreeSet<String> = within.await?.into_keys().collect();
        for name in &names {
            found.extend(self.of_event(calendar, name, from, until).await?);
        }
        let (mut changed, mut reached) = (BTreeSet::new(), head);
        change::scan(self.snapshot, id, head, |sequence, name| {
            reached = sequence;
            changed.insert(name.to_owned());
            if changed.len() < CHANGES { Step::Continue } else { Step::Stop }
        })
        .await?;
        let (from, until) = (seconds(self.late.0), seconds(self.late.1));
        for name in &changed {
            found.extend(self.of_event(calendar, name, from, until).await?);
        }
        Ok((found, reached))
    }

    async fn of_event(
        &self,
        calendar: &Collection,
        name: &str,
        from: i64,
        until: i64,
    ) -> Result<Vec<(Meeting, String)>, Fault> {
        let id = calendar.id;
        let Some(row) = member::get(self.snapshot, id, name).await? else { return Ok(Vec::new()) };
        if !row.flags.has(Flags::EVENT) || row.flags.has(Flags::TODO) || until <= from {
            return Ok(Vec::new());
        }
        let event = body::get(self.snapshot, Slot::Member(id, name)).await?;
        let event = event.whole(self.snapshot).await?;
        if !ended::has_attendees(&event) {
            return Ok(Vec::new());
        }
        let meetings = ended::ended(&event, &self.zone, from, until).into_iter();
        Ok(meetings.map(|meeting| (meeting, self.path(calendar, name))).collect())
    }

    /// Where the event is on this server.
    fn path(&self, calendar: &Collection, name: &str) -> String {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let (owner, calendar, name) = (self.owner, encoded(&calendar.name), encoded(name));
        let name = name.to_string().replace("%2E", ".").replace("%2D", "-");
        format!("{}/dav/calendars/{owner}/{calendar}/{name}", self.origin)
    }
}

/// The calendars of events that `owner` fills.
async fn calendars(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<Found>, Fault> {
    let mut calendars = places::calendars(snapshot, owner).await?;
    calendars.retain(|found| found.collection.calendar.components.takes(Components::EVENT));
    Ok(calendars)
}

async fn heads(
    snapshot: &Snapshot,
    calendars: &[Found],
) -> Result<Vec<(CollectionId, u64)>, Fault> {
    let mut heads = Vec::with_capacity(calendars.len());
    for found in calendars {
        let id = found.collection.id;
        heads.push((id, change::head(snapshot, id).await?));
    }
    Ok(heads)
}

/// The mail addresses of whoever is meant; those of users of the server are known.
async fn mails(snapshot: &Snapshot, address: &Address) -> Result<Vec<String>, Fault> {
    let known = match address {
        Address::Mail(mail) => return Ok(vec![mail.clone()]),
        Address::Principal(id) => people::addresses(snapshot, id).await?,
        Address::Other(_) => Vec::new(),
    };
    let mails = known.into_iter().filter_map(|address| match address {
        Address::Mail(mail) => Some(mail),
        _ => None,
    });
    Ok(mails.collect())
}
