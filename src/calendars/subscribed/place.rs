//! Subscribing: the calendar is fetched first, so that a wrong address is told at once, then made
//! in its owner's home.

use super::feed::Feed;
use super::refresh::{Refreshed, Refreshing};
use crate::base::{CollectionId, Fault, ObjectName, PrincipalId};
use crate::calendars::timezone;
use crate::fetch::location::Location;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection::{self, Collection, Components, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::subscriptions::{self, Subscription};
use crate::store::{Actor, Store, principals};

/// How often calendars are looked at unless it is said otherwise, in seconds.
pub const EVERY: u32 = 3600;

/// Most subscriptions of one user.
const MOST: usize = 200;

/// What somebody wishes to subscribe to.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Where it is.
    pub location: Location,
    /// The name shown; else what it calls itself.
    pub display_name: Option<String>,
    /// How often it is looked at, in seconds.
    pub every: u32,
    /// Are its alarms kept?
    pub alarms: bool,
}

/// Makes a subscribed calendar in the home of `owner`; returns it and how many entries were left
/// out.
///
/// # Errors
/// 502 with what is wrong with the address or what is there, 507 when the space is used up, 409
/// when there are too many.
pub async fn subscribe(
    refreshing: Refreshing<'_>,
    owner: &PrincipalId,
    wish: Wish,
    actor: &Actor,
) -> Result<(Collection, u64), Fault> {
    let store = refreshing.store;
    let (found, feed) = refreshing.look(&wish.location, wish.alarms).await?;
    let calendar = make(store, owner, &wish, &feed, actor).await?;
    let snapshot = store.snapshot().await?;
    let gone = || Fault::conflict("The calendar was deleted at this moment.");
    let read = subscriptions::get(&snapshot, calendar.id).await?.ok_or_else(gone)?;
    match refreshing.apply(calendar.id, read, &found, feed).await? {
        Refreshed::Taken(left_out) => Ok((calendar, left_out)),
        Refreshed::Same => Ok((calendar, 0)),
    }
}

async fn make(
    store: &Store,
    owner: &PrincipalId,
    wish: &Wish,
    feed: &Feed,
    actor: &Actor,
) -> Result<Collection, Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let user = principals::get(&snapshot, owner).await?.ok_or_else(Fault::not_found)?;
        let there = collection::list(&snapshot, owner, Kind::Calendar).await?;
        let subscribed = there.iter().filter(|found| found.collection.role == Role::Subscribed);
        if subscribed.count() >= MOST {
            return Err(Fault::conflict(format!("{owner} has {MOST} subscriptions already.")));
        }
        let shown = wish.display_name.clone().or_else(|| feed.name.clone());
        let shown = shown.unwrap_or_else(|| wish.location.host().to_owned());
        let name = free_name(&snapshot, owner, &shown).await?;
        let (id, now) = (CollectionId(store.number()), store.now());
        let mut calendar = Collection::new(id, Kind::Calendar, owner.clone(), name, now);
        calendar.display_name = Some(shown.chars().take(200).collect());
        calendar.color.clone_from(&feed.color);
        calendar.role = Role::Subscribed;
        // Behind what its owner writes in, as birthdays are.
        calendar.order = Some(1000);
        let empty = feed.kinds == Components::default();
        calendar.calendar.components = if empty { Components::EVENT } else { feed.kinds };
        // What others plan does not take the owner's time, unless the owner says so.
        calendar.calendar.transparent = true;
        if let Some(id) = &feed.zone
            && let Some(zone) = timezone::write(id)
        {
            calendar.calendar.timezone = Some(zone);
            calendar.calendar.timezone_id = Some(id.clone());
        }
        user.witness.require(&mut batch);
        collection::create(&mut batch, &calendar)?;
        let url = wish.location.to_string();
        let subscription = Subscription::new(url, wish.every, wish.alarms, now.plus_millis(60_000));
        subscriptions::create(&mut batch, calendar.id, &subscription)?;
        let deed = Deed::of_collection(Verb::Added, &calendar);
        let (subject, detail) = (Subject::Subscription, wish.location.host());
        Deed { subject, detail, ..deed }.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok(calendar);
        }
    }
}

/// A path segment like `shown` that nothing in the home has.
async fn free_name(snapshot: &Snapshot, owner: &PrincipalId, shown: &str) -> Result<String, Fault> {
    let base = segment(shown);
    for number in 1..=10 * MOST {
        let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        let taken = collection::find(snapshot, owner, Kind::Calendar, &name).await?.is_some();
        if !taken && ObjectName::parse(&name).is_some() {
            return Ok(name);
        }
    }
    Err(Fault::busy(1))
}

/// `shown` in lower-case letters, digits and single hyphens.
fn segment(shown: &str) -> String {
    let mut text = String::new();
    for c in shown.chars().take(60) {
        if c.is_ascii_alphanumeric() {
            text.push(c.to_ascii_lowercase());
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
    }
    let text = text.trim_end_matches('-');
    // Names of mailboxes and of what is shared are the server's.
    if text.is_empty() { "subscription".to_owned() } else { format!("web-{text}") }
}
