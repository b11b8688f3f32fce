//! What was typed and sent, and what must have become of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::Card;
use crate::steps::words;

/// What the history in a note begins with, as everybody sees it.
const FENCE: &str = "--- History (rolodav) ---";

/// The books of an honest bookkeeper.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Words that reached the server, taken or refused: they must be somewhere.
    pub sent: BTreeSet<u32>,
    /// Words of commands and of text typed into the history, in what was taken: each must be in
    /// exactly one interaction.
    pub logged: BTreeSet<u32>,
    /// Lines typed into the history or below it.
    pub in_history: BTreeSet<u32>,
    /// What was refused with 412, by address.
    pub refused: BTreeMap<String, Vec<String>>,
}

const COMMANDS: [&str; 5] = ["+call", "+met", "+mail", "+msg", "+note"];

impl Ledger {
    /// Notes a PUT that was answered.
    pub fn put(&mut self, path: &str, body: &str, status: u16) {
        let card = Card::parse(body);
        let unfolded = crate::card::unfold(body);
        self.sent.extend(words(&unfolded));
        if status >= 300 {
            self.refused.entry(path.to_owned()).or_default().push(body.to_owned());
            return;
        }
        let note = card.note();
        let fenced = history_part(&note).map_or(note.len(), |part| note.len() - part.len());
        let mut at = 0;
        for line in note.split('\n') {
            let is_command = COMMANDS.iter().any(|command| line.trim_start().starts_with(command));
            for word in words(line) {
                if is_command || (at >= fenced && self.in_history.contains(&word)) {
                    self.logged.insert(word);
                }
            }
            at += line.len() + 1;
        }
    }
}

/// The part of a note from the fence on.
pub fn history_part(note: &str) -> Option<&str> {
    let at = note.lines().position(|line| line.contains(FENCE))?;
    let offset: usize = note.split('\n').take(at).map(|line| line.len() + 1).sum();
    note.get(offset..)
}
