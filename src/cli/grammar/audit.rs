//! `rolodav audit`

use clap::{Arg, ArgMatches, value_parser};

use super::{one, option, user_word};
use crate::cli::command::{AuditQuery, Command};

pub(super) fn grammar() -> clap::Command {
    let limit = Arg::new("limit")
        .long("limit")
        .value_name("N")
        .default_value("100")
        .value_parser(value_parser!(u32).range(1..=100_000))
        .help("List the latest N of them");
    clap::Command::new("audit")
        .about("List who changed what, when and with which device, the latest last")
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .arg(user_word().required(false).help("What is theirs, or was changed by them"))
        .arg(option("since", "DATE", "From this day or moment on (UTC): 2026-11-03"))
        .arg(option("until", "DATE", "Up to the end of this day, or up to this moment (UTC)"))
        .arg(option("contact", "WHO", "About this contact: a part of the name, UID, BOOK/CARD"))
        .arg(option("device", "LABEL", "With a device of this label, or by this command"))
        .arg(limit)
        .subcommand(
            clap::Command::new("verify")
                .about("Tell whether entries were changed or removed; exits with 1 if so")
                .arg(option("head", "NUMBER:HASH", "The head as it was printed the last time")),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Option<Command> {
    if let Some((_, sub)) = matches.subcommand() {
        return Some(Command::AuditVerify { head: one(sub, "head") });
    }
    Some(Command::Audit(AuditQuery {
        user: one(matches, "user"),
        since: one(matches, "since"),
        until: one(matches, "until"),
        contact: one(matches, "contact"),
        device: one(matches, "device"),
        limit: *matches.get_one::<u32>("limit")? as usize,
    }))
}
