//! `rolodav device …`

use crate::accounts::{Accounts, DeviceEntry, NewDevice, View};
use crate::app::Services;
use crate::base::{CollectionId, DeviceId, Fault};
use crate::cli::command::{DeviceCommand, DeviceView};
use crate::cli::outcome::{AppPasswordRow, DeviceRow, Outcome};
use crate::store::collection;
use crate::store::engine::Snapshot;

pub(super) async fn device(
    services: &Services,
    user: &str,
    what: DeviceCommand,
) -> Result<Outcome, Fault> {
    let accounts = &services.accounts;
    match what {
        DeviceCommand::Add { label, view } => add(accounts, user, label, view).await,
        DeviceCommand::List => list(services, user).await,
        DeviceCommand::Revoke { device } => revoke(accounts, user, device).await,
        DeviceCommand::Profile { device, view } => profile(accounts, user, device, view).await,
    }
}

async fn add(
    accounts: &Accounts,
    user: &str,
    label: String,
    view: DeviceView,
) -> Result<Outcome, Fault> {
    let new = NewDevice { label, view: names(view) };
    let (entry, password) = accounts.add_device(user, &new).await?;
    let owner = accounts.user(entry.device.owner.as_str()).await?;
    Ok(Outcome::AppPassword(AppPasswordRow {
        device: entry.id.0,
        label: entry.device.label,
        user_name: owner.name,
        password: password.show(),
    }))
}

async fn list(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let snapshot = services.store.snapshot().await?;
    let mut rows = Vec::new();
    for entry in services.accounts.devices(user).await? {
        rows.push(row(&snapshot, entry).await?);
    }
    Ok(Outcome::Devices(rows))
}

async fn revoke(accounts: &Accounts, user: &str, id: u64) -> Result<Outcome, Fault> {
    let device = accounts.revoke_device(user, DeviceId(id)).await?;
    Ok(Outcome::Done(format!("Device {id} (`{}`) can no longer sign in.", device.label)))
}

async fn profile(
    accounts: &Accounts,
    user: &str,
    id: u64,
    view: DeviceView,
) -> Result<Outcome, Fault> {
    let device = accounts.set_profile(user, DeviceId(id), &names(view)).await?;
    Ok(Outcome::Done(format!(
        "Device {id} (`{}`) sees its books the new way with its next sync.",
        device.label
    )))
}

fn names(view: DeviceView) -> View {
    View {
        books: view.books,
        default_book: view.default_book,
        read_only: view.read_only,
        groups: view.groups,
        plain_notes: view.plain_notes,
    }
}

async fn row(snapshot: &Snapshot, entry: DeviceEntry) -> Result<DeviceRow, Fault> {
    let DeviceEntry { id, device, last_use } = entry;
    let mut books = Vec::new();
    for book in device.profile.books {
        books.push(book_name(snapshot, book).await?);
    }
    let default_book = match device.profile.default_book {
        Some(book) => Some(book_name(snapshot, book).await?),
        None => None,
    };
    Ok(DeviceRow {
        device: id.0,
        label: device.label,
        created: device.created.rfc3339(),
        last_use: last_use.as_ref().map(|seen| seen.at.rfc3339()),
        address: last_use.as_ref().map(|seen| seen.address.to_string()),
        user_agent: last_use.map(|seen| seen.user_agent).filter(|agent| !agent.is_empty()),
        revoked: device.revoked.map(crate::base::Timestamp::rfc3339),
        read_only: device.profile.read_only,
        groups: device.profile.groups,
        history: !device.profile.plain_notes,
        books,
        default_book,
    })
}

async fn book_name(snapshot: &Snapshot, id: CollectionId) -> Result<String, Fault> {
    Ok(match collection::get(snapshot, id).await? {
        Some(found) => format!("{}/{}", found.collection.owner, found.collection.name),
        None => "a book that is gone".to_owned(),
    })
}
