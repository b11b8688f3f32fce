//! Does what a [`Command`] says. The running server and the program on a stopped store both come
//! here, so that a command means the same either way.

mod devices;
mod groups;
mod shares;
mod users;

use super::command::Command;
use super::outcome::Outcome;
use crate::app::Services;
use crate::base::Fault;

/// Does what `command` says.
pub async fn execute(services: &Services, command: Command) -> Result<Outcome, Fault> {
    let accounts = &services.accounts;
    match command {
        Command::UserAdd { name, mail, display_name, admin, password } => {
            users::add(accounts, name, mail, display_name, admin, password).await
        }
        Command::UserPasswd { user, password } => users::passwd(accounts, &user, &password).await,
        Command::UserRemove { user } => users::remove(accounts, &user).await,
        Command::UserDisable { user, disabled } => users::disable(accounts, &user, disabled).await,
        Command::UserList => users::list(accounts).await,
        Command::DeviceAdd { user, label, view } => {
            devices::add(accounts, &user, label, view).await
        }
        Command::DeviceList { user } => devices::list(services, &user).await,
        Command::DeviceRevoke { user, device } => devices::revoke(accounts, &user, device).await,
        Command::DeviceProfile { user, device, view } => {
            devices::profile(accounts, &user, device, view).await
        }
        Command::GroupAdd { name, display_name } => {
            groups::add(accounts, &name, display_name).await
        }
        Command::GroupRemove { group } => groups::remove(accounts, &group).await,
        Command::GroupMembers { group, add, remove } => {
            groups::members(accounts, &group, &add, &remove).await
        }
        Command::GroupList => groups::list(accounts).await,
        Command::BookShare { user, book, with, access } => {
            shares::share(accounts, &user, &book, &with, access).await
        }
        Command::BookUnshare { user, book, with } => {
            shares::unshare(accounts, &user, &book, &with).await
        }
        Command::BookShares { user, book } => shares::list(accounts, &user, book.as_deref()).await,
    }
}
