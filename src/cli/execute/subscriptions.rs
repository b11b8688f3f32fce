//! `rolodav calendar subscribe|refresh`, and what `list` tells of subscribed calendars.

use super::acting_for;
use crate::app::Services;
use crate::base::{CollectionId, Fault, Timestamp};
use crate::calendars::list::find;
use crate::calendars::subscribed::{self, Refreshed, Refreshing, Wish};
use crate::cli::outcome::{Outcome, SourceRow};
use crate::fetch::location::Location;
use crate::store::subscriptions;

pub(super) async fn subscribe(
    services: &Services,
    user: &str,
    url: &str,
    display_name: Option<String>,
    every: u32,
    alarms: bool,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let location = Location::parse(url).map_err(|wrong| Fault::bad_request(wrong.to_string()))?;
    let wish = Wish { location, display_name, every, alarms };
    let actor = acting_for(&owner, "rolodav calendar");
    let subscribing = subscribed::subscribe(refreshing(services), &owner, wish, &actor);
    let (calendar, left_out) = subscribing.await?;
    let note = without(left_out);
    Ok(Outcome::Done(format!("{owner} has the calendar `{}` now{note}.", calendar.name)))
}

pub(super) async fn refresh(
    services: &Services,
    user: &str,
    calendar: &str,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let snapshot = services.store.snapshot().await?;
    let id = find(&snapshot, &owner, calendar).await?.collection.id;
    drop(snapshot);
    Ok(Outcome::Done(match refreshing(services).refresh(id).await? {
        Refreshed::Same => format!("`{calendar}` is published as it was."),
        Refreshed::Taken(left_out) => {
            format!("`{calendar}` is up to date{}.", without(left_out))
        }
    }))
}

pub(super) async fn source(
    services: &Services,
    id: CollectionId,
) -> Result<Option<SourceRow>, Fault> {
    let snapshot = services.store.snapshot().await?;
    let found = subscriptions::get(&snapshot, id).await?;
    Ok(found.map(|found| found.record).map(|record| SourceRow {
        url: record.url,
        every_seconds: record.every,
        fetched: record.fetched.map(Timestamp::rfc3339),
        next: record.next.rfc3339(),
        error: record.error,
        left_out: record.left_out,
    }))
}

fn without(left_out: u64) -> String {
    match left_out {
        0 => String::new(),
        1 => ", without one entry that cannot be read".to_owned(),
        many => format!(", without {many} entries that cannot be read"),
    }
}

fn refreshing(services: &Services) -> Refreshing<'_> {
    Refreshing {
        store: &services.store,
        fetcher: &services.fetcher,
        limits: &services.settings.limits,
        entries: services.settings.subscriptions.entries,
        quota: services.settings.store.quota(),
    }
}
