//! `rolodav device …`

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{family, flag, many, one, option, user_word, word};
use crate::base::Groups;
use crate::cli::command::{Command, DeviceCommand, DeviceView};

pub(super) fn grammar() -> clap::Command {
    family("device", "A password of its own for each phone, computer and program")
        .subcommand(
            clap::Command::new("add")
                .about("Add a device and print its app password, once")
                .arg(user_word())
                .arg(word("label", "LABEL", "What the owner calls it, such as \"Anna's phone\""))
                .args(view()),
        )
        .subcommand(clap::Command::new("list").about("List a user's devices").arg(user_word()))
        .subcommand(
            clap::Command::new("revoke")
                .about("End a device's access at once")
                .arg(user_word())
                .arg(number()),
        )
        .subcommand(
            clap::Command::new("profile")
                .about("Set what a device sees; what is not named is back to everything, writable")
                .arg(user_word())
                .arg(number())
                .args(view()),
        )
}

fn number() -> Arg {
    word("device", "NO", "The device's number, as `rolodav device list` shows it")
        .value_parser(value_parser!(u64))
}

fn view() -> [Arg; 5] {
    [
        flag("read-only", "The device may change nothing"),
        option(
            "book",
            "BOOK",
            "Show only this book or calendar; OWNER/BOOK if it is shared (repeatable)",
        )
        .action(ArgAction::Append),
        option("default-book", "BOOK", "List this book first; macOS uses only the first"),
        option("groups", "HOW", "Show tags as group cards or as categories only")
            .value_parser(["cards", "categories"]),
        option("history", "ON", "Show in the notes of each card what was with the contact, or not")
            .value_parser(["on", "off"]),
    ]
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let user = one(sub, "user")?;
    let device = || sub.get_one::<u64>("device").copied();
    let view = || DeviceView {
        books: many(sub, "book"),
        default_book: one(sub, "default-book"),
        read_only: sub.get_flag("read-only"),
        groups: match one(sub, "groups").as_deref() {
            Some("cards") => Groups::Cards,
            Some(_) => Groups::Categories,
            None => Groups::ByProgram,
        },
        plain_notes: one(sub, "history").is_some_and(|on| on == "off"),
    };
    let what = match name {
        "add" => DeviceCommand::Add { label: one(sub, "label")?, view: view() },
        "list" => DeviceCommand::List,
        "revoke" => DeviceCommand::Revoke { device: device()? },
        "profile" => DeviceCommand::Profile { device: device()?, view: view() },
        _ => return None,
    };
    Some(Command::Device { user, what })
}
