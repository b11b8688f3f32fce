//! `rolodav search …`

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{many, one, option, user_word};
use crate::cli::command::{Command, SearchQuery};

/// Cards that are shown when nothing is said of it.
const USUAL: u64 = 20;

pub(super) fn grammar() -> clap::Command {
    let words = Arg::new("words")
        .value_name("WORDS")
        .required(true)
        .action(ArgAction::Append)
        .num_args(1..)
        .help("Any part of a name, mail address, number, company, address, tag or note; all of them are to be found");
    let number = |id, help| option(id, "N", help).value_parser(value_parser!(u64));
    clap::Command::new("search")
        .about("Find contacts by any part of what is known of them")
        .arg(user_word())
        .arg(option("book", "BOOK", "Those of this book only; one shared with you is shared-N"))
        .arg(number("limit", "Show at most so many (20; at most 1000)"))
        .arg(number("skip", "Pass over so many of the best"))
        .arg(words)
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let number = |id| matches.get_one::<u64>(id).copied();
    Some(Command::Search {
        user: one(matches, "user")?,
        what: SearchQuery {
            words: many(matches, "words").join(" "),
            book: one(matches, "book"),
            limit: number("limit").unwrap_or(USUAL),
            skip: number("skip").unwrap_or(0),
        },
    })
}
