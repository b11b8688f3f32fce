//! `rolodav capture …`

use clap::{Arg, ArgAction, ArgMatches};

use super::{Action, family, flag, many, one, option, user_word, word};
use crate::cli::command::{CaptureCommand, Command};

pub(super) fn grammar() -> clap::Command {
    let command = |name: &'static str, about: &'static str| {
        clap::Command::new(name).about(about).arg(user_word())
    };
    let sender = || word("sender", "MAIL", "The address, as `rolodav capture senders` shows it");
    let several = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name("MAIL").action(ArgAction::Append).help(help)
    };
    let events = clap::Command::new("events")
        .about("Log the meetings with contacts that ended; a running server does so by itself")
        .arg(Arg::new("user").value_name("USER").help("Only this user's calendars"))
        .arg(
            option("since", "DAY", "Everything since this day: 2026-01-01, mon, yesterday")
                .requires("user"),
        );
    family("capture", "What is logged by itself in the timelines of contacts: mail and meetings")
        .subcommand(events)
        .subcommand(
            command("address", "Make a user's secret address for mail; it is shown this once")
                .arg(flag("renew", "End the address there is and make another one"))
                .arg(flag("revoke", "End the address there is").conflicts_with("renew")),
        )
        .subcommand(
            command("own", "Show or change the addresses a user writes from, beside the account's")
                .arg(several("add", "An address to add (repeatable)"))
                .arg(several("remove", "An address to take out (repeatable)")),
        )
        .subcommand(command("senders", "List the people on no card whose mail waits"))
        .subcommand(
            command("assign", "Say whose an address is: what waits is logged, and what comes")
                .arg(sender())
                .arg(word("who", "WHO", "The card: BOOK/NAME, its UID or a mail address on it")),
        )
        .subcommand(command("dismiss", "Forget what waits from an address").arg(sender()))
        .subcommand(
            clap::Command::new("mail")
                .about("Take a mail from standard input, as mail servers hand it to programs")
                .after_help(
                    "The exit status is one of sysexits.h: 0 taken, 65 no mail that can be read, \
                     67 nobody has this address, 75 try again later.",
                )
                .arg(option("to", "ADDRESS", "The secret address it was sent to").required(true))
                .arg(option("from", "SENDER", "Who sent it, as the envelope says; empty: nobody")),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Option<Action> {
    let (name, sub) = matches.subcommand()?;
    if name == "mail" {
        return Some(Action::Mail { to: one(sub, "to")?, from: one(sub, "from") });
    }
    if name == "events" {
        let (user, since) = (one(sub, "user"), one(sub, "since"));
        return Some(Action::Command(Command::CaptureEvents { user, since }));
    }
    let what = match name {
        "address" if sub.get_flag("revoke") => CaptureCommand::Revoke,
        "address" => CaptureCommand::Address { renew: sub.get_flag("renew") },
        "own" => CaptureCommand::Own { add: many(sub, "add"), remove: many(sub, "remove") },
        "senders" => CaptureCommand::Senders,
        "assign" => CaptureCommand::Assign { sender: one(sub, "sender")?, who: one(sub, "who")? },
        "dismiss" => CaptureCommand::Dismiss { sender: one(sub, "sender")? },
        _ => return None,
    };
    Some(Action::Command(Command::Capture { user: one(sub, "user")?, what }))
}
