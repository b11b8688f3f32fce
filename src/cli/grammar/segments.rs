//! `rolodav segment …`

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{family, flag, one, option, user_word, word};
use crate::cli::command::{Command, SegmentCommand};

/// People that are listed, if nothing else is said.
const LISTED: &str = "100";

pub(super) fn grammar() -> clap::Command {
    let name = || word("name", "NAME", "The segment");
    let query = || word("query", "QUERY", "Whom it means: city is Lyon and not tagged family");
    let most = || {
        Arg::new("most")
            .long("most")
            .value_name("NUMBER")
            .value_parser(value_parser!(usize))
            .default_value(LISTED)
            .help("How many people are listed at most")
    };
    let command = |name: &'static str, about: &'static str| {
        clap::Command::new(name).about(about).arg(user_word())
    };
    let no_group = || {
        Arg::new("no-group")
            .long("no-group")
            .action(ArgAction::SetTrue)
            .help("Do not show it as a group")
    };
    family("segment", "Groups that follow a rule: who is in them follows the cards and the days")
        .subcommand(
            command("add", "Make a segment")
                .arg(name())
                .arg(query())
                .arg(flag("book", "Show it as an address book, too, which nobody can write to"))
                .arg(no_group()),
        )
        .subcommand(
            command("edit", "Change a segment")
                .arg(name())
                .arg(option("query", "QUERY", "Whom it means from now on"))
                .arg(option("name-to", "NAME", "Its name from now on"))
                .arg(flag("book", "Show it as an address book, too"))
                .arg(flag("no-book", "Do not show it as an address book").conflicts_with("book"))
                .arg(flag("group", "Show it as a group"))
                .arg(no_group().conflicts_with("group")),
        )
        .subcommand(command("remove", "End a segment; the cards stay as they are").arg(name()))
        .subcommand(command("list", "List a user's segments"))
        .subcommand(command("show", "Show a segment").arg(name()))
        .subcommand(command("members", "List who is in a segment").arg(name()).arg(most()))
        .subcommand(
            command("test", "Tell whom a query would mean, and why").arg(query()).arg(most()),
        )
        .subcommand(command("fields", "List what queries can ask about"))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (what, sub) = matches.subcommand()?;
    let name = || one(sub, "name");
    let most = || sub.get_one::<usize>("most").copied();
    let chosen = |yes: &str, no: &str| match (sub.get_flag(yes), sub.get_flag(no)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let what = match what {
        "add" => SegmentCommand::Add {
            name: name()?,
            query: one(sub, "query")?,
            group: !sub.get_flag("no-group"),
            book: sub.get_flag("book"),
        },
        "edit" => SegmentCommand::Edit {
            name: name()?,
            new_name: one(sub, "name-to"),
            query: one(sub, "query"),
            group: chosen("group", "no-group"),
            book: chosen("book", "no-book"),
        },
        "remove" => SegmentCommand::Remove { name: name()? },
        "list" => SegmentCommand::List,
        "show" => SegmentCommand::Show { name: name()? },
        "members" => SegmentCommand::Members { name: name()?, most: most()? },
        "test" => SegmentCommand::Test { query: one(sub, "query")?, most: most()? },
        "fields" => SegmentCommand::Fields,
        _ => return None,
    };
    Some(Command::Segment { user: one(sub, "user")?, what })
}
