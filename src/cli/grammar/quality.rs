//! `rolodav quality …`

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{flag, many, one, option, user_word, word};
use crate::cli::command::{Command, QualityCommand};
use crate::contacts::quality::{Cleanup, Kind};

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
        .subcommand(
            clap::Command::new("tag")
                .about("Have cards bear tags of their findings, which come and go with them")
                .arg(user_word())
                .arg(
                    Arg::new("on")
                        .value_name("on|off")
                        .value_parser(["on", "off"])
                        .help("Are they to? [default: show of which findings they do]"),
                )
                .arg(kinds("Those of findings of this kind only (repeatable)", words())),
        )
        .subcommand(
            clap::Command::new("clean")
                .about("Tidy cards as far as it is certain; `rolodav undo` takes it back")
                .after_help(
                    "mails: without what stands around them, domains in small letters. phones: as they \
                     are dialled from anywhere. names: made of their parts where an address stands in \
                     their place. doubles: without values that stand there twice.",
                )
                .arg(user_word())
                .arg(Arg::new("who").value_name("WHO").help("Somebody's cards only"))
                .arg(option("book", "BOOK", "Those of this book only").conflicts_with("who"))
                .arg(kinds("Only this: mails, phones, names or doubles (repeatable)", tidied()))
                .arg(flag("preview", "Only tell what would be done")),
        )
        .subcommand(
            clap::Command::new("cleanups")
                .about("List the clean-ups that can be taken back, the latest first")
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("undo")
                .about("Take a clean-up back; what was edited since stays")
                .arg(user_word())
                .arg(
                    Arg::new("number")
                        .value_name("NUMBER")
                        .required(true)
                        .value_parser(value_parser!(u64))
                        .help("As `rolodav quality cleanups` shows it"),
                ),
        )
}

/// The words for what can be tidied: of clean-ups, and of the findings that they mend.
fn tidied() -> Vec<&'static str> {
    let cleanups = Cleanup::ALL.iter().map(|cleanup| cleanup.word());
    cleanups.chain(words().into_iter().filter(|word| Cleanup::named(word).is_some())).collect()
}

fn kinds(help: &'static str, words: Vec<&'static str>) -> Arg {
    let kinds = option("kind", "KIND", help).action(ArgAction::Append);
    kinds.value_parser(words).hide_possible_values(true)
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
        Some(("tag", sub)) => {
            let on = one(sub, "on").map(|on| on == "on");
            (sub, QualityCommand::Tag { kinds: many(sub, "kind"), on })
        }
        Some(("clean", sub)) => {
            let (who, book, what) = (one(sub, "who"), one(sub, "book"), many(sub, "kind"));
            (sub, QualityCommand::Clean { who, book, what, preview: sub.get_flag("preview") })
        }
        Some(("cleanups", sub)) => (sub, QualityCommand::Cleanups),
        Some(("undo", sub)) => {
            (sub, QualityCommand::Undo { number: *sub.get_one::<u64>("number")? })
        }
        Some(_) => return None,
    };
    Some(Command::Quality { user: one(sub, "user")?, what })
}
