//! `rolodav book …`

use clap::ArgMatches;

use super::{family, flag, one, user_word, word};
use crate::cli::command::Command;
use crate::store::grants::Access;

pub(super) fn grammar() -> clap::Command {
    let book = || word("book", "BOOK", "The book's name in its address, such as `contacts`");
    let with = || word("with", "WITH", "A user or group");
    family("book", "Address books and who may use them")
        .subcommand(
            clap::Command::new("share")
                .about("Let a user or group see a book, or change what they may do")
                .arg(user_word())
                .arg(book())
                .arg(with())
                .arg(flag("read-write", "They may also change the book")),
        )
        .subcommand(
            clap::Command::new("unshare")
                .about("End a share at once")
                .arg(user_word())
                .arg(book())
                .arg(with()),
        )
        .subcommand(
            clap::Command::new("shares")
                .about("List with whom a user's books are shared")
                .arg(user_word())
                .arg(book().required(false)),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let user = one(sub, "user")?;
    let word = |id| one(sub, id);
    Some(match name {
        "share" => {
            let access = if sub.get_flag("read-write") { Access::ReadWrite } else { Access::Read };
            Command::BookShare { user, book: word("book")?, with: word("with")?, access }
        }
        "unshare" => Command::BookUnshare { user, book: word("book")?, with: word("with")? },
        "shares" => Command::BookShares { user, book: word("book") },
        _ => return None,
    })
}
