//! `rolodav quality …`

use clap::{Arg, ArgMatches, value_parser};

use super::{one, option, user_word, word};
use crate::cli::command::{Command, QualityCommand};
use crate::contacts::quality::Kind;

/// Cards that are listed where nothing is said.
const LISTED: &str = "1000";

pub(super) fn grammar() -> clap::Command {
    let list = |command: clap::Command| {
        command.arg(option("book", "BOOK", "Those of this book only")).arg(kind()).arg(
            Arg::new("most")
                .long("most")
                .value_name("NUMBER")
                .default_value(LISTED)
                .value_parser(value_parser!(usize))
                .help("Cards that are listed at most"),
        )
    };
    let command = clap::Command::new("quality")
        .about("Cards that need attention, and how complete they are")
        .after_help(format!("The kinds of findings are {}.", words().join(", ")))
        .subcommand_negates_reqs(true)
        .args_conflicts_with_subcommands(true)
        .arg_required_else_help(true)
        .arg(user_word());
    list(command)
        .subcommand(
            list(clap::Command::new("list").about("List them (as without this word)"))
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("show")
                .about("Show how somebody's cards are, and what to do about it")
                .arg(user_word())
                .arg(who()),
        )
        .subcommand(
            clap::Command::new("confirm")
                .about("Say that somebody's cards are right as they are")
                .arg(user_word())
                .arg(who()),
        )
}

fn words() -> Vec<&'static str> {
    Kind::ALL.iter().map(|kind| kind.word()).collect()
}

fn kind() -> Arg {
    option("kind", "KIND", "Those with a finding of this kind only").value_parser(words())
}

fn who() -> Arg {
    word("who", "WHO", "The contact: BOOK/NAME, the UID, a mail address or a name")
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let list = |sub: &ArgMatches| -> Option<QualityCommand> {
        let (book, kind) = (one(sub, "book"), one(sub, "kind"));
        Some(QualityCommand::List { book, kind, most: *sub.get_one::<usize>("most")? })
    };
    let (sub, what) = match matches.subcommand() {
        None => (matches, list(matches)?),
        Some(("list", sub)) => (sub, list(sub)?),
        Some(("show", sub)) => (sub, QualityCommand::Show { who: one(sub, "who")? }),
        Some(("confirm", sub)) => (sub, QualityCommand::Confirm { who: one(sub, "who")? }),
        Some(_) => return None,
    };
    Some(Command::Quality { user: one(sub, "user")?, what })
}
