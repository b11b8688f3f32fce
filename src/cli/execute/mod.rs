//! Does what a [`Command`] says. The running server and the program on a stopped store both come
//! here, so that a command means the same either way.

mod audit;
mod books;
mod calendars;
mod capture;
mod check;
mod conflicts;
mod delegates;
mod devices;
mod duplicates;
mod export;
mod feeds;
mod fields;
mod followups;
mod groups;
mod history;
mod import;
mod merges;
mod notes;
mod print;
mod privacy;
mod quality;
mod recovery;
mod retention;
mod search;
mod segments;
mod shares;
mod subscriptions;
mod tags;
mod users;
mod wishes;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::command::Command;
use super::input::Input;
use super::outcome::Outcome;
use crate::accounts::Terms;
use crate::app::Services;
use crate::base::{Fault, PrincipalId};
use crate::store::Actor;

/// Who changes something for `owner` by typing `means`.
fn acting_for(owner: &PrincipalId, means: &str) -> Actor {
    Actor { principal: owner.to_string(), device: means.to_owned() }
}

/// Takes what is printed piece by piece, because it may be more than fits into memory.
pub type Pieces = mpsc::Sender<Bytes>;

/// Does what `command` says; `input` is what it reads.
pub async fn execute(
    services: &Services,
    command: Command,
    input: Input,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    let accounts = &services.accounts;
    match command {
        Command::UserAdd { name, mail, display_name, admin, password } => {
            users::add(accounts, name, mail, display_name, admin, password).await
        }
        Command::UserPasswd { user, password } => users::passwd(accounts, &user, &password).await,
        Command::UserRemove { user } => users::remove(accounts, &user).await,
        Command::UserZone { user, zone } => users::zone(services, &user, zone).await,
        Command::UserDisable { user, disabled } => users::disable(accounts, &user, disabled).await,
        Command::UserList => users::list(accounts).await,
        Command::Device { user, what } => devices::device(services, &user, what).await,
        Command::Group { what } => groups::group(accounts, what).await,
        Command::BookList { user } => books::list(services, &user).await,
        Command::BookCreate { user, book, display_name } => {
            books::create(services, &user, &book, display_name).await
        }
        Command::BookAttention { user, book } => {
            books::attention(services, &user, book.as_deref()).await
        }
        Command::Calendar { user, what } => calendars::calendar(services, &user, what).await,
        Command::Recovery { user, what } => recovery::recovery(services, &user, what, pieces).await,
        Command::Export { user, name, calendars, cards } => {
            export::export(services, &user, name.as_deref(), calendars, cards, pieces).await
        }
        Command::Duplicates { user, what } => duplicates::duplicates(services, &user, what).await,
        Command::Consent { user, what } => privacy::consent(services, &user, what).await,
        Command::Person { user, what } => privacy::person(services, &user, what, pieces).await,
        Command::Quality { user, what } => quality::quality(services, &user, what).await,
        Command::Retention { user, what } => retention::retention(services, &user, what).await,
        Command::Segment { user, what } => segments::segment(services, &user, what).await,
        Command::Search { user, what } => search::search(services, &user, what).await,
        Command::Tag { user, what } => tags::tag(services, &user, what).await,
        Command::Capture { user, what } => capture::capture(services, &user, what).await,
        Command::CaptureMail { to, from, length, message } => {
            capture::mail(services, &to.0, from.as_deref(), length, &message).await
        }
        Command::Note { user, what } => notes::note(services, &user, what).await,
        Command::Stage { user, who, stage, every } => {
            notes::stage(services, &user, &who, stage.as_deref(), every.as_deref()).await
        }
        Command::Field { user, what } => fields::field(services, &user, what).await,
        Command::Wish { user, what } => wishes::wish(services, &user, what).await,
        Command::FollowUp { user, what } => followups::followup(services, &user, what).await,
        Command::CaptureEvents { user, since } => {
            followups::capture_events(services, user.as_deref(), since.as_deref()).await
        }
        Command::Audit(query) => audit::list(services, &query).await,
        Command::AuditVerify { head } => audit::verify(services, head.as_deref()).await,
        Command::Merge { user, who, into, preview } => {
            merges::merge(services, &user, &who, into.as_deref(), preview).await
        }
        Command::Undo { user, number } => merges::undo(services, &user, number).await,
        Command::Merges { user } => merges::list(services, &user).await,
        Command::Import { user, book } => {
            import::import(services, &user, &book, input, pieces).await
        }
        Command::Check { repair } => check::check(services, repair).await,
        Command::BookShare { user, book, calendar, with, access, without_history } => {
            let book = shares::named(&book, calendar);
            let terms = Terms { access, without_history };
            shares::share(accounts, &user, book, &with, terms).await
        }
        Command::BookUnshare { user, book, calendar, with } => {
            shares::unshare(accounts, &user, shares::named(&book, calendar), &with).await
        }
        Command::BookShares { user, book } => shares::list(accounts, &user, book.as_deref()).await,
    }
}
