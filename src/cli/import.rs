//! `rolodav import` at the terminal's end: the file is read here, whoever has the store open.

use std::io::{Error, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::command::Command;
use super::input::Source;
use super::outcome::{ImportFate, ImportRow, ImportedRow, Outcome};
use super::{Complaint, WRONG_USAGE, failed, here, perform, show, text};
use crate::config::Settings;

/// Prints what becomes of the cards: lines for people, of which `quiet` leaves out those that need
/// no attention, or of JSON.
pub(super) fn import(
    settings: &Settings,
    file: &Path,
    command: Command,
    quiet: bool,
    json: bool,
) -> Result<ExitCode, Complaint> {
    let source = Source::open(file).map_err(|error| {
        Complaint(WRONG_USAGE, format!("{} cannot be read: {error}.", file.display()))
    })?;
    let mut report = Report::new(source.length, source.read, quiet, json);
    let mut print = |piece: &[u8]| report.take(piece);
    let performing = perform::perform(settings, command, source.input, &mut print);
    let outcome = here()?.block_on(performing);
    report.bar.finish_and_clear();
    let outcome = outcome.map_err(failed)?;
    let text = if json {
        format!("{}\n", serde_json::json!({ "summary": outcome.json() }))
    } else {
        text::text(&outcome)
    };
    let faults = matches!(&outcome, Outcome::Imported(row) if row.refused > 0 || row.cards == 0);
    show(&text, faults)
}

/// What is shown while it goes on.
struct Report {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
    quiet: bool,
    json: bool,
    sum: ImportedRow,
    /// A line that is not whole yet.
    open: Vec<u8>,
}

impl Report {
    fn new(length: Option<u64>, read: Arc<AtomicU64>, quiet: bool, json: bool) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let (bar, form) = match length {
                Some(length) => (
                    ProgressBar::new(length),
                    "{bar:30} {percent:>3}%  {bytes}/{total_bytes}  {msg}  {eta} left",
                ),
                None => (ProgressBar::new_spinner(), "{spinner}  {bytes}  {msg}"),
            };
            bar.with_style(
                ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        } else {
            ProgressBar::hidden()
        };
        Self { bar, read, quiet, json, sum: ImportedRow::default(), open: Vec::new() }
    }

    /// Takes lines of JSON, one for each card.
    fn take(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.open.extend_from_slice(piece);
        let whole = memchr::memrchr(b'\n', &self.open).map_or(0, |at| at + 1);
        let rest = self.open.split_off(whole);
        let lines = std::mem::replace(&mut self.open, rest);
        let mut told = String::new();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: ImportRow = serde_json::from_slice(line)?;
            self.sum.count(&row);
            let matters = row.result == ImportFate::Refused || !row.repaired.is_empty();
            if !self.json && (matters || !self.quiet) {
                told.push_str(&text::imported_card(&row));
            }
        }
        self.bar.set_position(self.read.load(Ordering::Relaxed));
        self.bar.set_message(format!("{} cards, {} refused", self.sum.cards, self.sum.refused));
        let bytes = if self.json { lines.as_slice() } else { told.as_bytes() };
        match self.bar.suspend(|| std::io::stdout().write_all(bytes)) {
            // Whoever reads may have read enough; what is imported is imported.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}
