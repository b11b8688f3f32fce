//! `rolodav user meetings`, `rolodav followup birthdays`, `rolodav field remind`

use super::followups;
use crate::app::Services;
use crate::base::Fault;
use crate::cli::command::{Lead, WishCommand};
use crate::cli::outcome::Outcome;
use crate::contacts::fields;
use crate::contacts::followups::days;
use crate::store::preferences::DayOf;

pub(super) async fn wish(
    services: &Services,
    user: &str,
    what: WishCommand,
) -> Result<Outcome, Fault> {
    match what {
        WishCommand::Meetings { on } => meetings(services, user, on).await,
        WishCommand::Remind { field, lead } => remind(services, user, field, lead).await,
    }
}

async fn meetings(services: &Services, user: &str, on: Option<bool>) -> Result<Outcome, Fault> {
    let accounts = &services.accounts;
    let owner = accounts.find_user(user).await?;
    let was_on = !accounts.preferences(user).await?.no_meetings;
    let on = on.unwrap_or(was_on);
    if on && !was_on {
        // What ended meanwhile was not to be logged.
        followups::meetings(services).begin_now(&owner).await?;
    }
    if on != was_on {
        accounts.prefer(user, |now| now.no_meetings = !on).await?;
    }
    Ok(Outcome::Done(match (on, services.settings.contacts.meetings) {
        (true, true) => format!("Events of {owner} that ended are logged with the contacts there."),
        (true, false) => format!(
            "Events of {owner} that ended would be logged, but contacts.meetings of the settings \
             is off."
        ),
        (false, _) => format!("Events of {owner} that ended are not logged."),
    }))
}

async fn remind(
    services: &Services,
    user: &str,
    field: Option<String>,
    lead: Lead,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let (store, rules) = (&*services.store, &*services.rules);
    let (of, what) = match field {
        None => (DayOf::Birthday, "birthdays".to_owned()),
        Some(name) => {
            let found = fields::find(&store.snapshot().await?, &owner, &name).await?.record;
            let is_day = days::may_remind(&found);
            let wrong = || {
                Fault::bad_request(format!(
                    "`{}` is no day: follow-ups come of fields of the type `date`.",
                    found.name
                ))
            };
            is_day.then_some(()).ok_or_else(wrong)?;
            (DayOf::Field(found.property), format!("days in `{}`", found.name))
        }
    };
    let wanted = match lead {
        Lead::Show => None,
        Lead::Off => Some(None),
        Lead::Before(typed) => Some(Some(days::lead(&typed)?)),
    };
    if let Some(before) = wanted {
        services.accounts.prefer(user, |now| days::choose(now, &of, before)).await?;
        days::follow_choice(store, rules, &owner, &of).await?;
    }
    let chosen = services.accounts.preferences(user).await?;
    let before = chosen.reminders.iter().find(|one| one.of == of).map(|one| one.days_before);
    Ok(Outcome::Done(match before {
        None => format!("No follow-ups come of {what} of the contacts of {owner}."),
        Some(0) => format!("Follow-ups come of {what} of the contacts of {owner}, on the day."),
        Some(1) => {
            format!("Follow-ups come of {what} of the contacts of {owner}, one day before.")
        }
        Some(days) => {
            format!("Follow-ups come of {what} of the contacts of {owner}, {days} days before.")
        }
    }))
}
