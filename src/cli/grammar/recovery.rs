//! `rolodav restore`, `rolodav history`, `rolodav conflicts`, `rolodav check`

use clap::{Arg, ArgMatches, value_parser};

use super::{flag, one, option, user_word, word};
use crate::cli::command::{Command, RecoveryCommand};

pub(super) fn grammars() -> [clap::Command; 4] {
    let with_slash = |what: &str| match what.split_once('/') {
        Some((book, card)) if !book.is_empty() && !card.is_empty() => Ok(what.to_owned()),
        _ => Err("name a card of a book, BOOK/CARD, or an event of a calendar, CALENDAR/EVENT"),
    };
    let card =
        word("what", "BOOK/CARD", "The book or calendar, and the name of the card or event in it")
            .value_parser(with_slash);
    let number = |id, help| {
        Arg::new(id).long(id).value_name("N").value_parser(value_parser!(u32).range(1..)).help(help)
    };
    let kept = |id, help| {
        Arg::new(id).long(id).value_name("N").value_parser(value_parser!(u64)).help(help)
    };
    [
        clap::Command::new("restore")
            .about(
                "Bring back a deleted book or calendar, or an earlier version of a card or event",
            )
            .arg(user_word())
            .arg(word(
                "what",
                "BOOK[/CARD]",
                "As `rolodav book trash` shows it; a calendar and its events likewise",
            ))
            .arg(number("version", "Which version of the card [default: 1, the latest]"))
            .arg(
                option("as", "NAME", "Restore the book under this name").conflicts_with("version"),
            ),
        clap::Command::new("history")
            .about("List the earlier versions of a card or event, also of a deleted one")
            .arg(user_word())
            .arg(card)
            .arg(number("show", "Print this version"))
            .arg(
                flag("diff", "Tell what each of them was changed into, field by field")
                    .conflicts_with("show"),
            ),
        clap::Command::new("conflicts")
            .about("List edits that were refused because somebody else had been faster")
            .arg(user_word())
            .arg(kept("show", "Print what was refused"))
            .arg(kept("remove", "Forget it").conflicts_with("show")),
        clap::Command::new("check")
            .about("Verify everything in the store; exits with 1 when something is wrong")
            .arg(flag("repair", "First make the search index anew where it is wrong, and end what is kept for nobody")),
    ]
}

pub(super) fn read(name: &str, sub: &ArgMatches) -> Option<Command> {
    if name == "check" {
        return Some(Command::Check { repair: sub.get_flag("repair") });
    }
    let user = one(sub, "user")?;
    let what = if name == "conflicts" { conflicts(sub) } else { versions(name, sub)? };
    Some(Command::Recovery { user, what })
}

fn conflicts(sub: &ArgMatches) -> RecoveryCommand {
    let number = |id| sub.get_one::<u64>(id).copied();
    match (number("show"), number("remove")) {
        (Some(number), _) => RecoveryCommand::Conflict { number },
        (None, Some(number)) => RecoveryCommand::Forget { number },
        (None, None) => RecoveryCommand::Conflicts,
    }
}

fn versions(name: &str, sub: &ArgMatches) -> Option<RecoveryCommand> {
    let what = one(sub, "what")?;
    let parts = what.split_once('/');
    let parts = parts.map(|(book, card)| (book.to_owned(), card.to_owned()));
    let number = |id| sub.get_one::<u32>(id).map(|number| *number as usize);
    match name {
        "restore" => Some(match parts {
            None => RecoveryCommand::Book { book: what, new_name: one(sub, "as") },
            Some((book, card)) => {
                RecoveryCommand::Card { book, card, version: number("version").unwrap_or(1) }
            }
        }),
        "history" => {
            let (book, card) = parts?;
            Some(match number("show") {
                Some(version) => RecoveryCommand::Show { book, card, version },
                None => RecoveryCommand::History { book, card, diff: sub.get_flag("diff") },
            })
        }
        _ => None,
    }
}
