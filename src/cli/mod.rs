//! The command line: `serve`, and commands on users, devices, groups and books.

pub mod command;
pub mod control;
pub mod execute;
mod grammar;
mod logging;
pub mod outcome;
mod perform;
mod secret;
mod serve;
mod table;
mod text;

use std::io::Write;
use std::process::ExitCode;

use command::Command;
use grammar::{Action, Options};
use outcome::Outcome;

use crate::config::{ConfigError, Settings, Sources};

const REFUSED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// The program: does what was typed; tells by its exit status how it went.
pub fn main() -> ExitCode {
    let matches = grammar::grammar().get_matches();
    let Some(invocation) = grammar::read(&matches) else {
        return complain(WRONG_USAGE, "this command is not known; `rolodav help` lists all");
    };
    let options = invocation.options;
    let settings = match settings(&options) {
        Ok(settings) => settings,
        Err(error) => return complain(WRONG_USAGE, &error.to_string()),
    };
    let command = match invocation.action {
        Action::Serve => return run_server(settings),
        Action::Command(command) => command,
        Action::WithPassword { source, whom, command } => match secret::read(source, &whom) {
            Ok(password) => command.with_password(password),
            Err(message) => return complain(REFUSED, &message),
        },
    };
    run_command(&settings, command, options.json)
}

fn run_server(settings: Settings) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime
        .map_err(|error| error.to_string())
        .and_then(|r| r.block_on(serve::serve(settings)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => complain(REFUSED, &message),
    }
}

fn run_command(settings: &Settings, command: Command, json: bool) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(REFUSED, &error.to_string()),
    };
    let mut stdout = std::io::stdout().lock();
    let mut print = |piece: &[u8]| stdout.write_all(piece);
    let done = runtime.block_on(perform::perform(settings, command, &mut print));
    drop(stdout);
    match done {
        Ok(outcome) => show(&outcome, json),
        Err(fault) => {
            let cause = fault.cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default();
            complain(REFUSED, &format!("{fault}{cause}"))
        }
    }
}

fn show(outcome: &Outcome, json: bool) -> ExitCode {
    let text = match outcome {
        Outcome::Printed => String::new(),
        _ if json => format!("{:#}\n", outcome.json()),
        _ => text::text(outcome),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) if outcome.found_faults() => ExitCode::from(REFUSED),
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough (`rolodav … | head`).
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => complain(REFUSED, &format!("the answer cannot be written: {error}")),
    }
}

fn complain(status: u8, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "rolodav: {message}");
    ExitCode::from(status)
}

fn settings(options: &Options) -> Result<Settings, ConfigError> {
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
}
