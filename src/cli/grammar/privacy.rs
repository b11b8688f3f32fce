//! `rolodav person`, `rolodav consent`

use std::path::PathBuf;

use clap::{Arg, ArgMatches};

use super::{Action, family, flag, one, option, user_word, word};
use crate::cli::command::{Command, ConsentCommand, PersonCommand};

fn who() -> Arg {
    word("who", "CONTACT", "The card: BOOK/NAME, the UID, a mail address or a name")
}

pub(super) fn grammars() -> [clap::Command; 2] {
    [person(), consent()]
}

fn person() -> clap::Command {
    family("person", "Print or erase all that there is of somebody")
        .subcommand(
            clap::Command::new("export")
                .about("Print all that is known of somebody, as JSON or for people to read")
                .arg(user_word())
                .arg(who())
                .arg(flag("text", "Text with headings (Markdown) instead of JSON"))
                .arg(
                    option(
                        "out",
                        "FILE|DIR/",
                        "Write it there: a file, or a directory with all in it",
                    )
                    .value_parser(clap::value_parser!(PathBuf)),
                ),
        )
        .subcommand(
            clap::Command::new("erase")
                .about("Erase somebody for good: cards, versions, timeline, all that names them")
                .after_help(
                    "Only a tombstone is left, which holds nothing that tells who it was. It keeps \
                     a device that was away from bringing them back.",
                )
                .arg(user_word())
                .arg(who())
                .arg(flag("preview", "Only tell what there is").conflicts_with("yes"))
                .arg(flag("yes", "Do it; it cannot be taken back")),
        )
        .subcommand(
            clap::Command::new("erased")
                .about("List the tombstones of those who were erased")
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("allow")
                .about("Let somebody who was erased come back")
                .arg(user_word())
                .arg(word("what", "UID|TOMBSTONE", "The UID, or the number of the tombstone")),
        )
}

fn consent() -> clap::Command {
    let purpose = || Arg::new("purpose").value_name("PURPOSE").help("For what, such as newsletter");
    family("consent", "Note and list what contacts agreed to")
        .subcommand(
            clap::Command::new("set")
                .about("Note an answer; the ones before stay in the history")
                .arg(user_word())
                .arg(who())
                .arg(purpose().required(true))
                .arg(word("state", "ANSWER", "granted, refused, withdrawn or unknown"))
                .arg(option("source", "TEXT", "Where it is known from, such as a form"))
                .arg(option("date", "DAY", "The day on which it was given [default: today]"))
                .arg(option("until", "DAY", "The last day on which it holds")),
        )
        .subcommand(clap::Command::new("list").about("List what holds").arg(user_word()).arg(who()))
        .subcommand(
            clap::Command::new("history")
                .about("List all answers that were noted, the oldest first")
                .arg(user_word())
                .arg(who())
                .arg(purpose()),
        )
}

pub(super) fn read_consent(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let (user, who) = (one(sub, "user")?, one(sub, "who")?);
    let what = match name {
        "set" => ConsentCommand::Set {
            who,
            purpose: one(sub, "purpose")?,
            state: one(sub, "state")?,
            source: one(sub, "source").unwrap_or_default(),
            on: one(sub, "date"),
            until: one(sub, "until"),
        },
        "list" => ConsentCommand::List { who },
        _ => ConsentCommand::History { who, purpose: one(sub, "purpose") },
    };
    Some(Command::Consent { user, what })
}

pub(super) fn read(matches: &ArgMatches) -> Option<Action> {
    let (name, sub) = matches.subcommand()?;
    let user = one(sub, "user")?;
    if name == "export"
        && let Some(out) = sub.get_one::<PathBuf>("out").cloned()
    {
        let (who, text) = (one(sub, "who")?, sub.get_flag("text"));
        return Some(Action::PersonExport { user, who, text, out });
    }
    let what = match name {
        "erase" => PersonCommand::Erase {
            who: one(sub, "who")?,
            preview: sub.get_flag("preview"),
            yes: sub.get_flag("yes"),
        },
        "export" => PersonCommand::Export { who: one(sub, "who")?, text: sub.get_flag("text") },
        "erased" => PersonCommand::Erased,
        _ => PersonCommand::Allow { what: one(sub, "what")? },
    };
    Some(Action::Command(Command::Person { user, what }))
}
