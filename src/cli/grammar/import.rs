//! `rolodav import`

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};

use super::{Action, flag, one, word};
use crate::cli::command::Command;

pub(super) fn grammar() -> clap::Command {
    let with_slash = |what: &str| match what.rsplit_once('/') {
        Some((user, book)) if !user.is_empty() && !book.is_empty() => Ok(what.to_owned()),
        _ => Err("name a book of a user: USER/BOOK"),
    };
    clap::Command::new("import")
        .about("Take the cards of a vCard file into a book; to do it again changes nothing")
        .after_help(
            "Each card is created, updated (the same UID is the same card), found unchanged or \
             refused by itself; exits with 1 when cards were refused. What was replaced is in the \
             history of its card.",
        )
        .arg(
            word("book", "USER/BOOK", "The user and the name of the book").value_parser(with_slash),
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("Any number of cards of any version (.vcf); - for standard input"),
        )
        .arg(flag("quiet", "Tell only of cards that were repaired or refused"))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Action> {
    let what = one(matches, "book")?;
    let (user, book) = what.rsplit_once('/')?;
    Some(Action::Import {
        file: matches.get_one::<PathBuf>("file")?.clone(),
        quiet: matches.get_flag("quiet"),
        command: Command::Import { user: user.to_owned(), book: book.to_owned() },
    })
}
