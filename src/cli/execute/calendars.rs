//! `rolodav calendar …`

use super::books::book_name;
use super::{acting_for, delegates, feeds, subscriptions};
use crate::app::Services;
use crate::base::{Fault, ObjectName};
use crate::calendars::list as calendars;
use crate::cli::command::{CalendarCommand, CalendarHolds, DayTime};
use crate::cli::outcome::{BirthdaysRow, CalendarRow, Outcome};
use crate::contacts::interactions_calendar;
use crate::dav::path::Address;
use crate::store::collection::{Components, Kind, Role};
use crate::store::preferences::DayAlarm;

/// Does what `what` says with the calendars of `user`.
pub(super) async fn calendar(
    services: &Services,
    user: &str,
    what: CalendarCommand,
) -> Result<Outcome, Fault> {
    match what {
        CalendarCommand::List => list(services, user).await,
        CalendarCommand::Create { calendar, display_name, holds } => {
            create(services, user, &calendar, display_name, holds).await
        }
        CalendarCommand::Remove { calendar } => remove(services, user, &calendar).await,
        CalendarCommand::Subscribe { url, name, every, alarms } => {
            subscriptions::subscribe(services, user, &url, name, every, alarms).await
        }
        CalendarCommand::Refresh { calendar } => {
            subscriptions::refresh(services, user, &calendar).await
        }
        CalendarCommand::Delegate { with, access } => {
            delegates::delegate(&services.accounts, user, &with, access).await
        }
        CalendarCommand::Delegates => delegates::list(&services.accounts, user).await,
        CalendarCommand::Publish { calendar, label } => {
            feeds::publish(services, user, &calendar, &label).await
        }
        CalendarCommand::Published => feeds::published(services, user).await,
        CalendarCommand::Unpublish { number } => feeds::unpublish(services, user, number).await,
        CalendarCommand::Birthdays { alarms } => birthdays(services, user, alarms).await,
    }
}

async fn list(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    interactions_calendar::freshen(&services.store, &owner).await?;
    let mut rows = Vec::new();
    for calendar in calendars::list(&services.store, &owner).await? {
        let collection = calendar.collection;
        let name = ObjectName::parse(&collection.name);
        let path = name.map(|name| {
            Address::Collection { kind: Kind::Calendar, owner: owner.clone(), name }.href()
        });
        let holds = collection.calendar.components.names().map(str::to_owned).collect();
        rows.push(CalendarRow {
            calendar: collection.name,
            display_name: collection.display_name,
            holds,
            entries: calendar.entries,
            bytes: calendar.bytes,
            shares: calendar.shares,
            kept_by_server: collection.role != Role::Plain,
            source: subscriptions::source(services, collection.id).await?,
            path: path.unwrap_or_default(),
        });
    }
    Ok(Outcome::Calendars(rows))
}

async fn create(
    services: &Services,
    user: &str,
    calendar: &str,
    display_name: Option<String>,
    holds: CalendarHolds,
) -> Result<Outcome, Fault> {
    let user = services.accounts.find_user(user).await?;
    let name = book_name(calendar)?;
    let components = match holds {
        CalendarHolds::Events => Components::EVENT,
        CalendarHolds::Tasks => Components::TODO,
        CalendarHolds::Journal => Components::JOURNAL,
    };
    let (store, actor) = (&services.store, acting_for(&user, "rolodav calendar"));
    let made = calendars::create(store, &user, &name, display_name, components, &actor).await?;
    Ok(Outcome::Done(format!("{user} has the empty calendar `{}` now.", made.name)))
}

async fn remove(services: &Services, user: &str, calendar: &str) -> Result<Outcome, Fault> {
    let user = services.accounts.find_user(user).await?;
    let actor = acting_for(&user, "rolodav calendar");
    calendars::remove(&services.store, &user, calendar, &actor).await?;
    Ok(Outcome::Done(format!(
        "The calendar `{calendar}` of {user} is in the trash. `rolodav restore {user} {calendar}` \
         brings it back."
    )))
}

async fn birthdays(
    services: &Services,
    user: &str,
    alarms: Option<Vec<DayTime>>,
) -> Result<Outcome, Fault> {
    let accounts = &services.accounts;
    if let Some(alarms) = alarms {
        let mut chosen: Vec<DayAlarm> = alarms
            .into_iter()
            .map(|time| DayAlarm { days_before: time.days, minute: time.minute })
            .collect();
        chosen.sort();
        chosen.dedup();
        accounts.prefer(user, |now| now.birthday_alarms.clone_from(&chosen)).await?;
    }
    let chosen = accounts.preferences(user).await?.birthday_alarms;
    let alarms = chosen.into_iter().map(|alarm| {
        format!("{}@{:02}:{:02}", alarm.days_before, alarm.minute / 60, alarm.minute % 60)
    });
    Ok(Outcome::Birthdays(BirthdaysRow { alarms: alarms.collect() }))
}
