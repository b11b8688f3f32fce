//! `rolodav book …`

use clap::{Arg, ArgMatches};

use super::{family, flag, one, option, user_word, word};
use crate::cli::command::{Command, RecoveryCommand};
use crate::store::grants::Access;

/// A book's path segment.
pub(super) fn book_word() -> Arg {
    word("book", "BOOK", "The name in its address, such as `contacts`")
}

pub(super) fn grammar() -> clap::Command {
    let command = |name: &'static str, about: &'static str| {
        clap::Command::new(name).about(about).arg(user_word())
    };
    let with = || word("with", "WITH", "A user or group");
    family("book", "Address books and who may use them")
        .subcommand(command("list", "List a user's books"))
        .subcommand(command("create", "Make an empty book").arg(book_word()).arg(option(
            "display-name",
            "NAME",
            "The name clients show",
        )))
        .subcommand(
            command(
                "share",
                "Let a user or group see a book or calendar, or change what they may do",
            )
            .arg(book_word())
            .arg(with())
            .arg(flag("read-write", "They may also change what is in it"))
            .arg(flag("without-history", "They do not see what was with the contacts, and when")),
        )
        .subcommand(command("unshare", "End a share at once").arg(book_word()).arg(with()))
        .subcommand(
            command("shares", "List with whom a user's books and calendars are shared")
                .arg(book_word().required(false)),
        )
        .subcommand(
            command("attention", "List the cards and events that came flawed and were repaired")
                .arg(book_word().required(false)),
        )
        .subcommand(command("trash", "List the deleted books and cards that can be restored"))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let user = one(sub, "user")?;
    let word = |id| one(sub, id);
    Some(match name {
        "list" => Command::BookList { user },
        "create" => {
            Command::BookCreate { user, book: word("book")?, display_name: word("display-name") }
        }
        "share" => {
            let access = if sub.get_flag("read-write") { Access::ReadWrite } else { Access::Read };
            Command::BookShare {
                user,
                book: word("book")?,
                calendar: false,
                with: word("with")?,
                access,
                without_history: sub.get_flag("without-history"),
            }
        }
        "unshare" => {
            Command::BookUnshare { user, book: word("book")?, calendar: false, with: word("with")? }
        }
        "shares" => Command::BookShares { user, book: word("book") },
        "attention" => Command::BookAttention { user, book: word("book") },
        "trash" => Command::Recovery { user, what: RecoveryCommand::Trash },
        _ => return None,
    })
}
