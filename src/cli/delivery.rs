//! `rolodav capture mail`: a mail server hands over a mail on standard input and reads from the
//! exit status what became of it (sysexits.h).

use std::io::{Read, Write};
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::command::{Command, Message, SecretAddress};
use super::input::Input;
use super::outcome::{Delivery, Outcome};
use super::perform::perform;
use crate::config::Settings;
use crate::formats::mail::READ_BYTES;

/// Takes the mail on standard input. What fails is to be tried again: no mail is lost because a
/// server is being set up.
pub(super) fn deliver(
    settings: Result<Settings, String>,
    to: String,
    from: Option<String>,
) -> ExitCode {
    let (delivery, message) = taken(settings, to, from);
    let told = if delivery == Delivery::Taken {
        writeln!(std::io::stdout(), "{message}")
    } else {
        writeln!(std::io::stderr(), "rolodav: {message}")
    };
    // Nobody reads it; the exit status says the same.
    drop(told);
    ExitCode::from(delivery.status())
}

fn taken(
    settings: Result<Settings, String>,
    to: String,
    from: Option<String>,
) -> (Delivery, String) {
    let later = |message: String| (Delivery::Later, message);
    let settings = match settings {
        Ok(settings) => settings,
        Err(message) => return later(message),
    };
    let most = settings.mail_capture.message_bytes;
    let (length, bytes) = match read(std::io::stdin().lock(), most) {
        Ok(read) => read,
        Err(error) => return later(format!("The mail cannot be read: {error}.")),
    };
    let message = Message(BASE64_STANDARD.encode(bytes));
    let command = Command::CaptureMail { to: SecretAddress(to), from, length, message };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return later(error.to_string()),
    };
    match runtime.block_on(perform(&settings, command, Input::empty(), &mut |_| Ok(()))) {
        Ok(Outcome::Delivery(row)) => (row.delivery, row.message),
        Ok(_) => later("The server answered something else.".to_owned()),
        Err(fault) => later(fault.to_string()),
    }
}

/// The length of what can be read, counted to one byte beyond `most`, and its beginning.
fn read(input: impl Read, most: u64) -> Result<(u64, Vec<u8>), std::io::Error> {
    let mut input = input.take(most.saturating_add(1));
    let mut bytes = Vec::new();
    input.by_ref().take(READ_BYTES as u64).read_to_end(&mut bytes)?;
    let rest = std::io::copy(&mut input, &mut std::io::sink())?;
    Ok((bytes.len() as u64 + rest, bytes))
}
