//! `rolodav user …`

use crate::accounts::{Accounts, NewUser};
use crate::app::Services;
use crate::base::Fault;
use crate::cli::command::Secret;
use crate::cli::outcome::{Added, Outcome, UserRow};
use crate::contacts::local_time;
use crate::formats::zone::Zone;
use crate::store::principals::Role;

pub(super) async fn add(
    accounts: &Accounts,
    name: String,
    mail: Option<String>,
    display_name: Option<String>,
    admin: bool,
    password: Option<Secret>,
) -> Result<Outcome, Fault> {
    let password = password.map(|secret| secret.0);
    let new = NewUser { name: name.clone(), mail, display_name, admin, password };
    let id = accounts.add_user(new).await?.to_string();
    let next =
        format!("`rolodav device add {id} \"LABEL\"` makes a password for each phone or computer.");
    Ok(Outcome::Added(Added { id, name: name.trim().to_owned(), next }))
}

pub(super) async fn passwd(
    accounts: &Accounts,
    user: &str,
    password: &Secret,
) -> Result<Outcome, Fault> {
    let id = accounts.set_password(user, &password.0).await?;
    Ok(Outcome::Done(format!(
        "The password of {id} is changed; the old one no longer works. Devices go on with their own."
    )))
}

pub(super) async fn remove(accounts: &Accounts, user: &str) -> Result<Outcome, Fault> {
    let id = accounts.remove_user(user).await?;
    Ok(Outcome::Done(format!(
        "{id} is removed, with all devices and shares. Books and calendars are in the trash for the \
         retention time; adding a user of the same name makes them restorable."
    )))
}

pub(super) async fn disable(
    accounts: &Accounts,
    user: &str,
    disabled: bool,
) -> Result<Outcome, Fault> {
    let id = accounts.edit_user(user, |user| user.disabled = disabled).await?;
    Ok(Outcome::Done(if disabled {
        format!("{id} can no longer sign in, on any device. `rolodav user enable {id}` undoes it.")
    } else {
        format!("{id} can sign in again.")
    }))
}

pub(super) async fn zone(
    services: &Services,
    user: &str,
    zone: Option<String>,
) -> Result<Outcome, Fault> {
    let Some(zone) = zone else {
        let owner = services.accounts.find(user).await?;
        let zone = local_time::zone_of(&services.store.snapshot().await?, &owner).await?;
        let name = zone.iana_name().unwrap_or("a zone of a calendar");
        return Ok(Outcome::Done(format!("Dates that {owner} types are meant in {name}.")));
    };
    let known = Zone::named(&zone);
    let name = known.as_ref().and_then(Zone::iana_name).map(str::to_owned).ok_or_else(|| {
        Fault::bad_request(format!(
            "`{zone}` is not a known time zone. Names look like Europe/Paris or America/New_York."
        ))
    })?;
    let user = services.accounts.prefer(user, |now| now.zone = Some(name.clone())).await?;
    Ok(Outcome::Done(format!("Dates that {user} types are meant in {name}.")))
}

pub(super) async fn list(accounts: &Accounts) -> Result<Outcome, Fault> {
    let rows = accounts.users().await?.into_iter().map(|entry| UserRow {
        id: entry.id.to_string(),
        admin: entry.user.role == Role::Admin,
        disabled: entry.user.disabled,
        password: entry.password,
        devices: entry.devices,
        created: entry.user.created.rfc3339(),
        name: entry.user.name,
        mail: entry.user.mail,
        display_name: entry.user.display_name,
    });
    Ok(Outcome::Users(rows.collect()))
}
