//! `rolodav person`

use clap::{Arg, ArgMatches};

use super::{family, flag, one, user_word, word};
use crate::cli::command::{Command, PersonCommand};

pub(super) fn grammar() -> clap::Command {
    let who = || {
        Arg::new("who")
            .value_name("CONTACT")
            .required(true)
            .help("The card: BOOK/NAME, the UID, a mail address or a name")
    };
    family("person", "Erase all that there is of somebody")
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

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let user = one(sub, "user")?;
    let what = match name {
        "erase" => PersonCommand::Erase {
            who: one(sub, "who")?,
            preview: sub.get_flag("preview"),
            yes: sub.get_flag("yes"),
        },
        "erased" => PersonCommand::Erased,
        _ => PersonCommand::Allow { what: one(sub, "what")? },
    };
    Some(Command::Person { user, what })
}
