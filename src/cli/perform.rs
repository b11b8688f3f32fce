//! Has a command done: by the running server, or on the store itself when none runs.

use std::io::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::command::Command;
use super::control;
use super::execute::execute;
use super::input::Input;
use super::outcome::Outcome;
use crate::app::{OpenError, Services, data_file};
use crate::base::{Fault, SystemClock};
use crate::config::Settings;

/// A server that starts or stops, or another command, holds the store for moments only.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Does `command` on the store that the settings name, with what it reads; `print` gets what is printed piece by
/// piece.
pub async fn perform(
    settings: &Settings,
    command: Command,
    mut input: Input,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Outcome, Fault> {
    let data = &settings.store.path;
    let mut attempt = 0;
    loop {
        attempt += 1;
        if let Some(answer) = control::ask(data, &command, &mut input, print).await {
            return answer;
        }
        if !command.may_begin_a_store() && !data_file(data).exists() {
            return Err(no_store(data));
        }
        let file = if matches!(command, Command::Check { .. }) {
            Services::verify(settings)
        } else {
            Ok(())
        };
        let opened = match file {
            Ok(()) => Services::open(settings.clone(), Arc::new(SystemClock)).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(services) => return alone(&services, command, input, print).await,
            Err(OpenError::InUse(_)) if attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(Fault::new(500, error.to_string())),
        }
    }
}

/// Without a server.
async fn alone(
    services: &Services,
    command: Command,
    input: Input,
    print: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Outcome, Fault> {
    let (sender, mut pieces) = mpsc::channel(2);
    let execution = async move { execute(services, command, input, &sender).await };
    let printing = async move {
        while let Some(piece) = pieces.recv().await {
            print(&piece)?;
        }
        Ok::<_, Error>(())
    };
    let (result, printed) = tokio::join!(execution, printing);
    printed.map_err(|error| Fault::new(500, format!("The answer cannot be written: {error}.")))?;
    result
}

fn no_store(data: &Path) -> Fault {
    Fault::new(
        404,
        format!(
            "There is no store in {}. Name the data directory of your server with --data DIR, or \
             add a first user with `rolodav user add NAME`.",
            data.display()
        ),
    )
}
