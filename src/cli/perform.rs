//! Has a command done: by the running server, or on the store itself when none runs.

use std::sync::Arc;
use std::time::Duration;

use super::command::Command;
use super::control;
use super::execute::execute;
use super::outcome::Outcome;
use crate::app::{OpenError, Services, data_file};
use crate::base::{Fault, SystemClock};
use crate::config::Settings;

/// A server that starts or stops, or another command, holds the store for moments only.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Does `command` on the store that the settings name.
pub async fn perform(settings: &Settings, command: Command) -> Result<Outcome, Fault> {
    let data = &settings.store.path;
    let mut attempt = 0;
    loop {
        attempt += 1;
        if let Some(answer) = control::ask(data, &command).await {
            return answer;
        }
        if !command.may_begin_a_store() && !data_file(data).exists() {
            return Err(Fault::new(
                404,
                format!(
                    "There is no store in {}. Name the data directory of your server with \
                     --data DIR, or add a first user with `rolodav user add NAME`.",
                    data.display()
                ),
            ));
        }
        match Services::open(settings.clone(), Arc::new(SystemClock)).await {
            Ok(services) => return execute(&services, command).await,
            Err(OpenError::InUse(_)) if attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(Fault::new(500, error.to_string())),
        }
    }
}
