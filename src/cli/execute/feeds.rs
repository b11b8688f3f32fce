//! `rolodav calendar publish|published|unpublish`

use super::acting_for;
use crate::app::Services;
use crate::base::Fault;
use crate::calendars::published;
use crate::cli::outcome::{FeedRow, Outcome, PublishedRow};
use crate::web::feeds;

pub(super) async fn publish(
    services: &Services,
    user: &str,
    calendar: &str,
    label: &str,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let (store, actor) = (&services.store, acting_for(&owner, "rolodav calendar"));
    let (feed, secret) = published::publish(store, &owner, calendar, label, &actor).await?;
    let server = services.settings.server.external_urls.first();
    let server = server.map_or("", |url| url.trim_end_matches('/'));
    let url = format!("{server}{}", feeds::path(&secret));
    Ok(Outcome::Published(PublishedRow { number: feed.number, url }))
}

pub(super) async fn published(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let rows = published::published(&services.store, &owner).await?.into_iter();
    let rows = rows.map(|(feed, calendar)| FeedRow {
        number: feed.number,
        calendar: calendar.map(|calendar| calendar.name),
        label: feed.label,
        created: feed.created.rfc3339(),
    });
    Ok(Outcome::Feeds(rows.collect()))
}

pub(super) async fn unpublish(
    services: &Services,
    user: &str,
    number: u32,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let actor = acting_for(&owner, "rolodav calendar");
    published::unpublish(&services.store, &owner, number, &actor).await?;
    Ok(Outcome::Done(format!("The secret address {number} of {owner} shows nothing any more.")))
}
