//! `rolodav duplicates …`

use clap::{Arg, ArgAction, ArgMatches};

use super::{family, many, one, option, user_word};
use crate::cli::command::{Command, DuplicatesCommand};

pub(super) fn grammar() -> clap::Command {
    let uids = Arg::new("uids")
        .value_name("UID")
        .required(true)
        .action(ArgAction::Append)
        .num_args(2..)
        .help("The UIDs of the cards");
    family("duplicates", "Cards of one person")
        .subcommand(
            clap::Command::new("scan")
                .about("Hold all cards of a user against each other")
                .arg(user_word())
                .arg(option("book", "BOOK", "Those of this book only")),
        )
        .subcommand(
            clap::Command::new("list")
                .about("List what is proposed since the latest scan")
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("automatic")
                .about("Merge what is certain without asking, or not; without a word: tell which")
                .arg(user_word())
                .arg(Arg::new("switch").value_name("on|off").value_parser(["on", "off"])),
        )
        .subcommand(
            clap::Command::new("not-same")
                .about("Say that cards are not of one person: it is not proposed again")
                .arg(user_word())
                .arg(uids),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let what = match name {
        "scan" => DuplicatesCommand::Scan { book: one(sub, "book") },
        "list" => DuplicatesCommand::List,
        "automatic" => {
            DuplicatesCommand::Automatic { on: one(sub, "switch").map(|word: String| word == "on") }
        }
        "not-same" => DuplicatesCommand::NotSame { uids: many(sub, "uids") },
        _ => return None,
    };
    Some(Command::Duplicates { user: one(sub, "user")?, what })
}
