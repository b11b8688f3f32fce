//! `rolodav user …`

use clap::ArgMatches;
use clap::builder::PossibleValuesParser;

use super::{Action, family, flag, one, option, password_stdin, source, user_word, word};
use crate::cli::command::{Command, Secret, WishCommand};

pub(super) fn grammar() -> clap::Command {
    family("user", "Add, list and remove users")
        .subcommand(
            clap::Command::new("add")
                .about("Add a user with a book, a calendar and a task list; asks for a password")
                .arg(word("name", "NAME", "What the user signs in with; may be a mail address"))
                .arg(option("mail", "MAIL", "A mail address, to sign in with as well"))
                .arg(option("display-name", "NAME", "The name others see"))
                .arg(flag("admin", "May administer users (but not read what is theirs)"))
                .arg(password_stdin())
                .arg(
                    flag("no-password", "No password: only devices can sign in")
                        .conflicts_with("password-stdin"),
                ),
        )
        .subcommand(
            clap::Command::new("passwd")
                .about("Change a user's password")
                .arg(user_word())
                .arg(password_stdin()),
        )
        .subcommand(
            clap::Command::new("disable")
                .about("Keep a user from signing in; everything stays")
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("enable")
                .about("Let a disabled user sign in again")
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("remove")
                .about("Remove a user; books and calendars go to the trash")
                .arg(user_word()),
        )
        .subcommand(
            clap::Command::new("zone")
                .about("Show or set the time zone a user lives in: dates they type are meant in it")
                .arg(user_word())
                .arg(word("zone", "ZONE", "Its name, such as Europe/Paris").required(false)),
        )
        .subcommand(
            clap::Command::new("meetings")
                .about("Show or set whether events that ended are logged with a user's contacts")
                .arg(user_word())
                .arg(
                    word("on", "on|off", "Are they to be logged?")
                        .required(false)
                        .value_parser(PossibleValuesParser::new(["on", "off"])),
                ),
        )
        .subcommand(clap::Command::new("list").about("List the users"))
}

pub(super) fn read(matches: &ArgMatches) -> Option<Action> {
    let (name, sub) = matches.subcommand()?;
    let user = || one(sub, "user");
    Some(match name {
        "add" => {
            let name = one(sub, "name")?;
            let command = Command::UserAdd {
                name: name.clone(),
                mail: one(sub, "mail"),
                display_name: one(sub, "display-name"),
                admin: sub.get_flag("admin"),
                password: None,
            };
            if sub.get_flag("no-password") {
                Action::Command(command)
            } else {
                Action::WithPassword { source: source(sub), whom: name, command }
            }
        }
        "passwd" => {
            let user = user()?;
            let password = Secret(String::new());
            let command = Command::UserPasswd { user: user.clone(), password };
            Action::WithPassword { source: source(sub), whom: user, command }
        }
        "disable" => Action::Command(Command::UserDisable { user: user()?, disabled: true }),
        "enable" => Action::Command(Command::UserDisable { user: user()?, disabled: false }),
        "remove" => Action::Command(Command::UserRemove { user: user()? }),
        "zone" => Action::Command(Command::UserZone { user: user()?, zone: one(sub, "zone") }),
        "meetings" => {
            let on = one(sub, "on").map(|on| on == "on");
            Action::Command(Command::Wish { user: user()?, what: WishCommand::Meetings { on } })
        }
        "list" => Action::Command(Command::UserList),
        _ => return None,
    })
}
