//! `rolodav retention …`

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{family, flag, many, one, option, user_word, word};
use crate::cli::command::{Command, RetentionCommand};
use crate::store::retention::{Ending, Since, Unit};

pub(super) fn grammar() -> clap::Command {
    family("retention", "Rules by which books let go of cards, announced before they act")
        .subcommand(set())
        .subcommand(
            clap::Command::new("list").about("List the rules of a user's books").arg(user_word()),
        )
        .subcommand(
            clap::Command::new("preview")
                .about("List the cards that go soon, and when")
                .arg(user_word())
                .arg(option("book", "BOOK", "Those of this book only")),
        )
        .subcommand(
            clap::Command::new("remove")
                .about("End a rule, and what it announced")
                .arg(book())
                .arg(
                    Arg::new("number")
                        .value_name("NUMBER")
                        .required(true)
                        .value_parser(value_parser!(u64))
                        .help("As `rolodav retention list` shows it"),
                ),
        )
        .subcommand(
            clap::Command::new("keep")
                .about("Have somebody's cards stay, whatever rules say")
                .arg(user_word())
                .arg(word(
                    "who",
                    "WHO",
                    "The contact: BOOK/NAME, the UID, a mail address or a name",
                ))
                .arg(flag("no-longer", "Rules hold for them again")),
        )
}

fn set() -> clap::Command {
    clap::Command::new("set")
        .about("Make a rule: cards of a book go after some time")
        .after_help(
            "A card that the rule is about is announced: it needs attention, and stands in `rolodav \
             retention preview`. When the notice is over it goes, unless somebody edited it, met the \
             contact (as the rule counts), gave it an exempt tag or said `rolodav retention keep`.",
        )
        .arg(book())
        .arg(
            word("ending", "ACTION", "What becomes of the cards: move-to-trash, erase")
                .value_parser(["move-to-trash", "erase"])
                .hide_possible_values(true),
        )
        .arg(
            option("after", "NUMBER", "After how many of the unit")
                .required(true)
                .value_parser(value_parser!(u32)),
        )
        .arg(
            option("unit", "UNIT", "days, months or years")
                .value_parser(["days", "months", "years"])
                .hide_possible_values(true)
                .default_value("days"),
        )
        .arg(
            option("since", "WHAT", "Counted from last-contact, changed or created")
                .value_parser(["last-contact", "changed", "created"])
                .hide_possible_values(true)
                .default_value("last-contact"),
        )
        .arg(
            option("notice", "DAYS", "How many days before it is announced")
                .value_parser(value_parser!(u16))
                .default_value("30"),
        )
        .arg(
            option("exempt-tag", "TAG", "Cards with this tag stay (repeatable)")
                .action(ArgAction::Append),
        )
}

fn book() -> Arg {
    let with_slash = |what: &str| match what.rsplit_once('/') {
        Some((user, book)) if !user.is_empty() && !book.is_empty() => Ok(what.to_owned()),
        _ => Err("name a book of a user: USER/BOOK"),
    };
    word("book", "USER/BOOK", "The user and the name of the book").value_parser(with_slash)
}

fn user_and_book(sub: &ArgMatches) -> Option<(String, String)> {
    let what = one(sub, "book")?;
    what.rsplit_once('/').map(|(user, book)| (user.to_owned(), book.to_owned()))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    let (name, sub) = matches.subcommand()?;
    let (user, what) = match name {
        "set" => {
            let (user, book) = user_and_book(sub)?;
            let unit = match one(sub, "unit")?.as_str() {
                "months" => Unit::Months,
                "years" => Unit::Years,
                _ => Unit::Days,
            };
            let since = match one(sub, "since")?.as_str() {
                "changed" => Since::Changed,
                "created" => Since::Created,
                _ => Since::LastContact,
            };
            let is_erased = one(sub, "ending")? == "erase";
            let ending = if is_erased { Ending::Erase } else { Ending::MoveToTrash };
            let (after, notice) = (*sub.get_one("after")?, *sub.get_one("notice")?);
            let exempt = many(sub, "exempt-tag");
            let what = RetentionCommand::Set { book, after, unit, since, notice, exempt, ending };
            (user, what)
        }
        "list" => (one(sub, "user")?, RetentionCommand::List),
        "preview" => (one(sub, "user")?, RetentionCommand::Preview { book: one(sub, "book") }),
        "remove" => {
            let (user, book) = user_and_book(sub)?;
            (user, RetentionCommand::Remove { book, number: *sub.get_one("number")? })
        }
        "keep" => {
            let stays = !sub.get_flag("no-longer");
            (one(sub, "user")?, RetentionCommand::Keep { who: one(sub, "who")?, stays })
        }
        _ => return None,
    };
    Some(Command::Retention { user, what })
}
