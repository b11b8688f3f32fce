//! `rolodav tag …`

use clap::{Arg, ArgAction, ArgMatches};

use super::{family, flag, many, one, option, user_word, word};
use crate::cli::command::{Command, TagCommand};

pub(super) fn grammar() -> clap::Command {
    let tag = || word("tag", "TAG", "The tag; Parent/Child lies below Parent");
    let who = || {
        Arg::new("who")
            .value_name("WHO")
            .required(true)
            .action(ArgAction::Append)
            .num_args(1..)
            .help("Whose cards: a part of the name, a mail address, BOOK/CARD or a UID")
    };
    family("tag", "Tags of cards: their categories, and groups on devices that show groups")
        .subcommand(clap::Command::new("list").about("List a user's tags").arg(user_word()))
        .subcommand(
            clap::Command::new("create")
                .about("Make a tag that no card bears yet, or give one another colour")
                .arg(user_word())
                .arg(tag())
                .arg(option("color", "COLOR", "Its colour, such as #3584e4")),
        )
        .subcommand(
            clap::Command::new("add").about("Tag cards").arg(user_word()).arg(tag()).arg(who()),
        )
        .subcommand(
            clap::Command::new("remove")
                .about("Take a tag off cards")
                .arg(user_word())
                .arg(tag())
                .arg(who()),
        )
        .subcommand(
            clap::Command::new("rename")
                .about("Give a tag, and those below it, another name on all cards")
                .arg(user_word())
                .arg(tag())
                .arg(word("to", "NAME", "The new name"))
                .arg(flag("merge", "If there is a tag of that name, make the two one")),
        )
        .subcommand(
            clap::Command::new("delete")
                .about("Take a tag off all cards and end it")
                .arg(user_word())
                .arg(tag()),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let tag = || one(sub, "tag");
    let what = match name {
        "list" => TagCommand::List,
        "create" => TagCommand::Create { tag: tag()?, color: one(sub, "color") },
        "add" => TagCommand::Mark { tag: tag()?, who: many(sub, "who"), add: true },
        "remove" => TagCommand::Mark { tag: tag()?, who: many(sub, "who"), add: false },
        "rename" => {
            TagCommand::Rename { tag: tag()?, to: one(sub, "to")?, merge: sub.get_flag("merge") }
        }
        "delete" => TagCommand::Delete { tag: tag()? },
        _ => return None,
    };
    Some(Command::Tag { user: one(sub, "user")?, what })
}
