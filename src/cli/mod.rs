//! The command line: `serve`, and commands on users, devices, groups and books.

pub mod command;
pub mod control;
mod delivery;
mod doctor;
pub mod execute;
mod grammar;
mod import;
mod input;
mod logging;
pub mod outcome;
mod perform;
mod person_export;
mod secret;
mod serve;
mod table;
mod text;

use std::io::Write;
use std::process::ExitCode;

use tokio::runtime;

use crate::app::{Services, data_file};
use crate::base::Fault;
use crate::config::{Settings, Sources};
use grammar::{Action, Invocation, Options};
use input::Input;
use outcome::Outcome;
use secret::Source;

const REFUSED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// Why a command did not do what was wanted: the exit status, and a sentence for the user.
struct Complaint(u8, String);

/// The program: does what was typed; tells by its exit status how it went.
pub fn main() -> ExitCode {
    let matches = grammar::grammar().get_matches();
    let done = match grammar::read(&matches) {
        Some(invocation) => run(invocation),
        None => Err(Complaint(WRONG_USAGE, "This command is not known; see --help.".to_owned())),
    };
    done.unwrap_or_else(|Complaint(status, message)| {
        let _ = writeln!(std::io::stderr(), "rolodav: {}", harmless(&message));
        ExitCode::from(status)
    })
}

/// A message without what moves the cursor or turns the writing round: it may repeat what was typed,
/// or what is on cards.
fn harmless(message: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| if c != '\n' && (c.is_control() || turns(c)) { ' ' } else { c };
    message.chars().map(plain).collect()
}

fn run(invocation: Invocation) -> Result<ExitCode, Complaint> {
    let Invocation { options, action } = invocation;
    let command = match action {
        Action::Serve => {
            let runtime = runtime::Builder::new_multi_thread().enable_all().build();
            let serving = serve::serve(settings(&options)?);
            runtime.map_err(refused)?.block_on(serving).map_err(refused)?;
            return Ok(ExitCode::SUCCESS);
        }
        Action::Compact => {
            let settings = settings(&options)?;
            return compact(&settings);
        }
        Action::Doctor { address, user } => return examine(&address, user, options.json),
        Action::Mail { to, from } => {
            let settings = settings(&options).map_err(|Complaint(_, message)| message);
            return Ok(delivery::deliver(settings, to, from));
        }
        Action::PersonExport { user, who, text, out } => {
            return person_export::export(&settings(&options)?, &user, &who, text, &out);
        }
        Action::Import { file, quiet, command } => {
            let settings = settings(&options)?;
            return import::import(&settings, &file, command, quiet, options.json);
        }
        Action::Command(command) => command,
        Action::WithPassword { source, whom, command } => {
            command.with_password(secret::read(source, &whom).map_err(refused)?)
        }
    };
    let settings = settings(&options)?;
    let mut print = |piece: &[u8]| std::io::stdout().write_all(piece);
    let performing = perform::perform(&settings, command, Input::empty(), &mut print);
    let outcome = here()?.block_on(performing).map_err(failed)?;
    let text = match &outcome {
        Outcome::Printed => String::new(),
        outcome if options.json => format!("{:#}\n", outcome.json()),
        outcome => text::text(outcome),
    };
    show(&text, outcome.found_faults())
}

/// Leaves nothing in the file of a stopped store that was deleted.
fn compact(settings: &Settings) -> Result<ExitCode, Complaint> {
    let data = &settings.store.path;
    if !data_file(data).exists() {
        return Err(refused(format!("There is no store in {}.", data.display())));
    }
    let (before, after) = here()?.block_on(Services::compact(settings)).map_err(refused)?;
    let text = format!("The store takes {after} bytes now; it took {before}.\n");
    show(&text, false)
}

fn examine(
    address: &str,
    user: Option<(String, Source)>,
    json: bool,
) -> Result<ExitCode, Complaint> {
    let user = match user {
        Some((name, source)) => {
            let password = secret::read_known(source, &name).map_err(refused)?;
            Some(doctor::User { name, password })
        }
        None => None,
    };
    let report = here()?
        .block_on(doctor::examine(address, user.as_ref()))
        .map_err(|message| Complaint(WRONG_USAGE, message))?;
    let text = if json {
        format!("{:#}\n", serde_json::to_value(&report).unwrap_or_default())
    } else {
        report.text()
    };
    show(&text, report.has_faults())
}

/// One thread is enough for one command.
fn here() -> Result<runtime::Runtime, Complaint> {
    runtime::Builder::new_current_thread().enable_all().build().map_err(refused)
}

fn show(text: &str, faults: bool) -> Result<ExitCode, Complaint> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads may have read enough (`rolodav … | head`).
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(refused(format!("The answer cannot be written: {error}.")))
        }
        _ if faults => Ok(ExitCode::from(REFUSED)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn failed(fault: Fault) -> Complaint {
    match &fault.cause {
        Some(cause) => refused(format!("{fault} ({cause})")),
        None => refused(fault),
    }
}

fn refused(message: impl std::fmt::Display) -> Complaint {
    Complaint(REFUSED, message.to_string())
}

fn settings(options: &Options) -> Result<Settings, Complaint> {
    let mut flags = Vec::new();
    if let Some(data) = &options.data {
        flags.push(("--data", "store.path", data.display().to_string()));
    }
    if !options.listen.is_empty() {
        flags.push(("--listen", "server.listen", options.listen.join(",")));
    }
    Settings::load(&Sources {
        file: options.config.as_deref(),
        variables: std::env::vars_os().collect(),
        flags,
    })
    .map_err(|error| Complaint(WRONG_USAGE, error.to_string()))
}
