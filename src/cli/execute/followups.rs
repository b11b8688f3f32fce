//! `rolodav followup …` and `rolodav capture events`

use crate::app::Services;
use crate::base::{Fault, Timestamp};
use crate::cli::command::FollowUpCommand;
use crate::cli::outcome::{FollowUpRow, Outcome};
use crate::contacts::followups::verbs::{FollowUps, Listed};
use crate::contacts::meetings::Meetings;
use crate::contacts::timeline::Timeline;
use crate::store::Actor;
use crate::store::followups::{Origin, State};

pub(super) async fn followup(
    services: &Services,
    user: &str,
    what: FollowUpCommand,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav followup".to_owned() };
    let (store, rules) = (&services.store, &services.rules);
    let followups = FollowUps { store, rules, owner: &owner, actor: &actor };
    let listed = match what {
        FollowUpCommand::Add { who, text, due } => {
            let person = followups.person(&who).await?;
            let due = match due {
                Some(due) => Some(followups.day(&due).await?),
                None => None,
            };
            followups.add(&person, due, &text).await?
        }
        FollowUpCommand::List { all } => {
            let rows = followups.list(all).await?;
            return Ok(Outcome::FollowUps(rows.into_iter().map(row).collect()));
        }
        FollowUpCommand::Done { id } => followups.done(&id).await?,
        FollowUpCommand::Snooze { id, day } => {
            let day = followups.day(&day).await?;
            followups.snooze(&id, day).await?
        }
        FollowUpCommand::Drop { id } => followups.drop(&id).await?,
    };
    Ok(Outcome::FollowUps(vec![row(listed)]))
}

/// Logs meetings as the settings say.
pub(super) fn meetings(services: &Services) -> Meetings<'_> {
    let origin = services.settings.server.external_urls.first();
    Meetings {
        store: &services.store,
        rules: &services.rules,
        most_attendees: services.settings.contacts.meeting_attendees,
        origin: origin.map_or("", String::as_str),
    }
}

pub(super) async fn capture_events(
    services: &Services,
    user: Option<&str>,
    since: Option<&str>,
) -> Result<Outcome, Fault> {
    let meetings = meetings(services);
    let logged = match user {
        None => meetings.log_all().await?,
        Some(user) => {
            let owner = services.accounts.find_user(user).await?;
            let actor = Actor { principal: owner.to_string(), device: String::new() };
            let (store, rules) = (&*services.store, &*services.rules);
            let timeline = Timeline { store, rules, owner: &owner, actor: &actor };
            let since: Option<Timestamp> = match since {
                Some(since) => Some(timeline.moment(since).await?.0),
                None => None,
            };
            meetings.log(&owner, since).await?
        }
    };
    Ok(Outcome::Done(match logged {
        0 => "No meeting with a contact has ended since the last time.".to_owned(),
        1 => "Logged one meeting.".to_owned(),
        logged => format!("Logged {logged} meetings."),
    }))
}

pub(super) fn row(listed: Listed) -> FollowUpRow {
    let Listed { followup, short, name, due } = listed;
    FollowUpRow {
        id: short,
        uid: followup.uid,
        contact: followup.contact,
        name,
        text: followup.text,
        due: due.map(|due| due.to_string()),
        by_cadence: followup.origin == Origin::Cadence,
        state: match followup.state {
            State::Open => "open",
            State::Done => "done",
            State::Dropped => "dropped",
        }
        .to_owned(),
    }
}
