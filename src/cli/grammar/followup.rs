//! `rolodav followup …`

use clap::{Arg, ArgMatches};

use super::{family, flag, one, option, user_word, word};
use crate::cli::command::{Command, FollowUpCommand, Lead, WishCommand};

pub(super) fn grammar() -> clap::Command {
    let id = || word("id", "ID", "Which one, as `rolodav followup list` shows it");
    let day = || word("day", "DAY", "The day: tomorrow, fri, 3d, 2026-12-01");
    let verb = |name, about| clap::Command::new(name).about(about).arg(user_word());
    family("followup", "What is to be done about contacts: tasks in their owner's list")
        .subcommand(
            verb("add", "Add a task about a contact")
                .arg(word(
                    "who",
                    "WHO",
                    "The contact: BOOK/CARD, UID, mail address, part of a name",
                ))
                .arg(word("text", "TEXT", "What is to be done"))
                .arg(option("due", "DAY", "The day it is due: tomorrow, fri, 3d, 2026-12-01")),
        )
        .subcommand(
            verb("list", "List what is to be done")
                .arg(flag("all", "Also what is done or was dropped")),
        )
        .subcommand(verb("done", "It is done, which stands in the timeline").arg(id()))
        .subcommand(verb("snooze", "Put it off").arg(id()).arg(day()))
        .subcommand(
            verb("birthdays", "Show or set when a follow-up comes of a contact's birthday")
                .args(lead_options()),
        )
        .subcommand(verb("drop", "Take it off the list without it being done").arg(id()))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let id = || one(sub, "id");
    if name == "birthdays" {
        let what = WishCommand::Remind { field: None, lead: lead(sub) };
        return Some(Command::Wish { user: one(sub, "user")?, what });
    }
    let what = match name {
        "add" => FollowUpCommand::Add {
            who: one(sub, "who")?,
            text: one(sub, "text")?,
            due: one(sub, "due"),
        },
        "done" => FollowUpCommand::Done { id: id()? },
        "snooze" => FollowUpCommand::Snooze { id: id()?, day: one(sub, "day")? },
        "drop" => FollowUpCommand::Drop { id: id()? },
        _ => FollowUpCommand::List { all: sub.get_flag("all") },
    };
    Some(Command::FollowUp { user: one(sub, "user")?, what })
}

/// Options that say how long before a day a follow-up comes.
pub(super) fn lead_options() -> [Arg; 2] {
    [
        option("before", "TIME", "So long before the day: 7d, 2w; 0d for the day itself"),
        flag("off", "No follow-up comes of it any more").conflicts_with("before"),
    ]
}

/// What they say.
pub(super) fn lead(matches: &ArgMatches) -> Lead {
    match one(matches, "before") {
        Some(typed) => Lead::Before(typed),
        None if matches.get_flag("off") => Lead::Off,
        None => Lead::Show,
    }
}
