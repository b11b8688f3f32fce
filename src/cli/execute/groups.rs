//! `rolodav group …`

use crate::accounts::{Accounts, GroupEntry};
use crate::base::Fault;
use crate::cli::command::GroupCommand;
use crate::cli::outcome::{Added, GroupRow, Outcome};

pub(super) async fn group(accounts: &Accounts, what: GroupCommand) -> Result<Outcome, Fault> {
    match what {
        GroupCommand::Add { name, display_name } => add(accounts, &name, display_name).await,
        GroupCommand::Remove { group } => remove(accounts, &group).await,
        GroupCommand::Members { group, add, remove } => {
            members(accounts, &group, &add, &remove).await
        }
        GroupCommand::List => list(accounts).await,
    }
}

async fn add(
    accounts: &Accounts,
    name: &str,
    display_name: Option<String>,
) -> Result<Outcome, Fault> {
    let id = accounts.add_group(name, display_name).await?.to_string();
    let next = format!("`rolodav group members {id} --add USER` puts people in.");
    Ok(Outcome::Added(Added { id, name: name.trim().to_owned(), next }))
}

async fn remove(accounts: &Accounts, group: &str) -> Result<Outcome, Fault> {
    let id = accounts.remove_group(group).await?;
    Ok(Outcome::Done(format!("The group {id} is removed; what was shared with it no longer is.")))
}

async fn members(
    accounts: &Accounts,
    group: &str,
    add: &[String],
    remove: &[String],
) -> Result<Outcome, Fault> {
    let entry = accounts.change_members(group, add, remove).await?;
    Ok(Outcome::Groups(vec![row(entry)]))
}

async fn list(accounts: &Accounts) -> Result<Outcome, Fault> {
    Ok(Outcome::Groups(accounts.groups().await?.into_iter().map(row).collect()))
}

fn row(entry: GroupEntry) -> GroupRow {
    GroupRow {
        id: entry.id.to_string(),
        name: entry.group.name,
        display_name: entry.group.display_name,
        members: entry.members.iter().map(ToString::to_string).collect(),
    }
}
