//! `rolodav group …`

use clap::{ArgAction, ArgMatches};

use super::{family, many, one, option, word};
use crate::cli::command::{Command, GroupCommand};

pub(super) fn grammar() -> clap::Command {
    let group = || word("group", "GROUP", "The group's name or id");
    family("group", "Groups of users, to share books with")
        .subcommand(
            clap::Command::new("add")
                .about("Add a group")
                .arg(word("name", "NAME", "What the group is called"))
                .arg(option("display-name", "NAME", "The name others see")),
        )
        .subcommand(
            clap::Command::new("remove")
                .about("Remove a group; what was shared with it no longer is")
                .arg(group()),
        )
        .subcommand(
            clap::Command::new("members")
                .about("Show who is in a group, put in and take out")
                .arg(group())
                .arg(
                    option("add", "NAME", "Put this user or group in (repeatable)")
                        .action(ArgAction::Append),
                )
                .arg(
                    option("remove", "NAME", "Take this user or group out (repeatable)")
                        .action(ArgAction::Append),
                ),
        )
        .subcommand(clap::Command::new("list").about("List the groups"))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let what = match name {
        "add" => {
            GroupCommand::Add { name: one(sub, "name")?, display_name: one(sub, "display-name") }
        }
        "remove" => GroupCommand::Remove { group: one(sub, "group")? },
        "members" => GroupCommand::Members {
            group: one(sub, "group")?,
            add: many(sub, "add"),
            remove: many(sub, "remove"),
        },
        "list" => GroupCommand::List,
        _ => return None,
    };
    Some(Command::Group { what })
}
