//! What was typed and sent, and what must have become of it.

use std::collections::{BTreeMap, BTreeSet};

use rolodav::base::ETag;

use crate::card::Card;
use crate::client::LeftOut;
use crate::groups;
use crate::server::{Answer, BOOKS};
use crate::steps::words;
use crate::tally::Tally;

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
    /// Words of interactions that were deleted on purpose.
    pub withdrawn: BTreeSet<u32>,
    /// Words that are in interactions and nowhere else: those told at the server.
    pub told_there: BTreeSet<u32>,
    /// What was refused with 412, by address.
    pub refused: BTreeMap<String, Vec<String>>,
    /// Addresses under which a card was refused because the book has it under another one.
    pub doubled: BTreeSet<String>,
    pub tally: Tally,
}

const COMMANDS: [&str; 5] = ["+call", "+met", "+mail", "+msg", "+note"];

impl Ledger {
    /// Nothing is expected any more of the tags of a card under `path`.
    pub fn open(&mut self, path: &str, card: &Card) {
        let book = BOOKS.iter().position(|book| path.starts_with(book)).unwrap_or_default();
        self.tally.open_card((book, groups::uid(card.first("UID").unwrap_or_default())));
    }

    /// Nothing is expected any more of the tags of the cards with these UIDs.
    pub fn open_all<'a>(&mut self, uids: impl Iterator<Item = &'a String>) {
        for uid in uids {
            for book in 0..BOOKS.len() {
                self.tally.open_card((book, uid.clone()));
            }
        }
    }

    /// What there is in a served card that its receiver is to see nothing of.
    pub fn shown_against_will(&self, left_out: LeftOut, card: &str) -> Option<String> {
        let card = Card::parse(card);
        let text = match left_out {
            LeftOut::Nothing => return None,
            LeftOut::InNotes => card.note(),
            LeftOut::History => card.text(),
        };
        if let Some(word) = words(&crate::card::unfold(&text)).find(|w| self.told_there.contains(w))
        {
            return Some(format!("the history's word {word}"));
        }
        let lines = left_out == LeftOut::History && text.contains("X-ROLODAV");
        (lines || text.contains(FENCE)).then(|| "what is of the history".to_owned())
    }

    /// Notes a PUT that was answered.
    pub fn put(&mut self, client: &str, path: &str, body: &str, answer: &Answer) {
        let card = Card::parse(body);
        let unfolded = crate::card::unfold(body);
        if answer.status == 409 {
            self.doubled.insert(path.to_owned());
            return;
        }
        self.sent.extend(words(&unfolded));
        if answer.status >= 300 {
            if answer.etag == Some(ETag::of(body.as_bytes()).to_string()) {
                // It is what is there already, sent again after an answer was lost.
                return;
            }
            self.refused.entry(path.to_owned()).or_default().push(body.to_owned());
            return;
        }
        self.tally.sent(client, path, &card);
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
