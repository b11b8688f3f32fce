//! The words of the command line: what can be typed, and what it means.

mod audit;
mod book;
mod calendar;
mod capture;
mod device;
mod duplicates;
mod export;
mod followup;
mod group;
mod import;
mod memory;
mod merges;
mod privacy;
mod quality;
mod recovery;
mod retention;
mod search;
mod segments;
mod tag;
mod user;

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::command::Command;
use super::secret::Source;

/// What was typed.
#[derive(Debug)]
pub struct Invocation {
    /// Options of every command.
    pub options: Options,
    /// What to do.
    pub action: Action,
}

/// Options of every command.
#[derive(Debug, Default)]
pub struct Options {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--listen`
    pub listen: Vec<String>,
    /// `--json`
    pub json: bool,
}

/// What to do.
#[derive(Debug)]
pub enum Action {
    /// Be the server.
    Serve,
    /// Do something to a store.
    Command(Command),
    /// Rewrite the file of a stopped store.
    Compact,
    /// Look at a server from outside, as a phone does.
    Doctor {
        /// Its address.
        address: String,
        /// The account to look at, and where its password comes from.
        user: Option<(String, Source)>,
    },
    /// Take the cards of a file into a book.
    Import {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// Tell only of what needs attention?
        quiet: bool,
        /// What is to be done.
        command: Command,
    },
    /// Write all that is known of somebody into a file or a directory.
    PersonExport {
        /// Whose contact it is.
        user: String,
        /// Whom.
        who: String,
        /// As text for people, instead of JSON? A directory has both.
        text: bool,
        /// Where to.
        out: PathBuf,
    },
    /// Take a mail from standard input.
    Mail {
        /// The secret address.
        to: String,
        /// Who sent it, as the envelope says; empty for nobody.
        from: Option<String>,
    },
    /// The same, once the user's password was read and put in.
    WithPassword {
        /// Where from.
        source: Source,
        /// Whose.
        whom: String,
        /// The command, with an empty password.
        command: Command,
    },
}

/// The whole grammar.
pub fn grammar() -> clap::Command {
    let data = Arg::new("data")
        .long("data")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .global(true)
        .help("The data directory [default: ./data, or store.path of the settings]");
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .global(true)
        .help("The settings file [default: /etc/rolodav/rolodav.toml, if it exists]");
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .global(true)
        .help("Print what was asked for as JSON");
    let listen = Arg::new("listen")
        .long("listen")
        .value_name("ADDR:PORT")
        .action(ArgAction::Append)
        .help("Listen here instead of at server.listen of the settings (repeatable)");
    clap::Command::new("rolodav")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A CardDAV and CalDAV server that remembers the people you know")
        .after_help(
            "Commands talk to the running server of the data directory, or work on the directory \
             itself when none is running. They exit with 0 on success, 1 when something was \
             refused or a fault was found, and 2 on wrong usage.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args([data, config, json])
        .subcommand(clap::Command::new("serve").about("Run the server").arg(listen))
        .subcommand(compact())
        .subcommand(doctor())
        .subcommand(user::grammar())
        .subcommand(device::grammar())
        .subcommand(group::grammar())
        .subcommand(book::grammar())
        .subcommand(calendar::grammar())
        .subcommand(followup::grammar())
        .subcommand(tag::grammar())
        .subcommand(segments::grammar())
        .subcommand(duplicates::grammar())
        .subcommand(quality::grammar())
        .subcommand(retention::grammar())
        .subcommand(search::grammar())
        .subcommand(capture::grammar())
        .subcommand(audit::grammar())
        .subcommand(import::grammar())
        .subcommand(export::grammar())
        .subcommands(privacy::grammars())
        .subcommands(merges::grammars())
        .subcommands(memory::grammars())
        .subcommands(recovery::grammars())
}

/// What the matches mean.
pub fn read(matches: &ArgMatches) -> Option<Invocation> {
    let (name, sub) = matches.subcommand()?;
    let listen = if name == "serve" { many(sub, "listen") } else { Vec::new() };
    let action = match name {
        "serve" => Action::Serve,
        "compact" => Action::Compact,
        "doctor" => Action::Doctor {
            address: one(sub, "address")?,
            user: one(sub, "user").map(|user| (user, source(sub))),
        },
        "user" => user::read(sub)?,
        "device" => Action::Command(device::read(sub)?),
        "group" => Action::Command(group::read(sub)?),
        "book" => Action::Command(book::read(sub)?),
        "calendar" => Action::Command(calendar::read(sub)?),
        "followup" => Action::Command(followup::read(sub)?),
        "capture" => capture::read(sub)?,
        "export" => Action::Command(export::read(sub)?),
        "audit" => Action::Command(audit::read(sub)?),
        "import" => import::read(sub)?,
        "search" => Action::Command(search::read(sub)?),
        "duplicates" => Action::Command(duplicates::read(sub)?),
        "merge" | "undo" | "merges" => Action::Command(merges::read(name, sub)?),
        "consent" => Action::Command(privacy::read_consent(sub)?),
        "person" => privacy::read(sub)?,
        "quality" => Action::Command(quality::read(sub)?),
        "retention" => Action::Command(retention::read(sub)?),
        "tag" => Action::Command(tag::read(sub)?),
        "segment" => Action::Command(segments::read(sub)?),
        "note" | "stage" | "field" => Action::Command(memory::read(name, sub)?),
        name => Action::Command(recovery::read(name, sub)?),
    };
    // Global arguments are found in the innermost command they can stand in.
    let mut inner = matches;
    while let Some((_, deeper)) = inner.subcommand() {
        inner = deeper;
    }
    let options = Options {
        config: inner.get_one("config").cloned(),
        data: inner.get_one("data").cloned(),
        json: inner.get_flag("json"),
        listen,
    };
    Some(Invocation { options, action })
}

fn compact() -> clap::Command {
    clap::Command::new("compact")
        .about("Rewrite the store's file without what was deleted; the server must be stopped")
        .after_help("It takes as much room again while it is at work.")
}

fn doctor() -> clap::Command {
    clap::Command::new("doctor")
        .about("Look at a server from outside, as a phone does when an account is added")
        .arg(word("address", "URL", "What people type into their phones, such as dav.example.org"))
        .arg(option("user", "NAME", "Sign in as this user and look at the books, too"))
        .arg(password_stdin().requires("user"))
}

// === words that several commands share ===

fn password_stdin() -> Arg {
    flag("password-stdin", "Read the password from standard input (first line)")
}

fn source(matches: &ArgMatches) -> Source {
    if matches.get_flag("password-stdin") { Source::Stdin } else { Source::Terminal }
}

fn family(name: &'static str, about: &'static str) -> clap::Command {
    clap::Command::new(name).about(about).subcommand_required(true).arg_required_else_help(true)
}

fn word(id: &'static str, name: &'static str, help: &'static str) -> Arg {
    Arg::new(id).value_name(name).required(true).help(help)
}

fn user_word() -> Arg {
    word("user", "USER", "The user's name, mail address or id")
}

fn option(id: &'static str, name: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).value_name(name).help(help)
}

fn flag(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).action(ArgAction::SetTrue).help(help)
}

fn one(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.get_one::<String>(id).cloned()
}

fn many(matches: &ArgMatches, id: &str) -> Vec<String> {
    matches.get_many::<String>(id).map(|all| all.cloned().collect()).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests;
