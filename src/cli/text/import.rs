//! An import for the terminal.

use crate::base::counted;
use std::fmt::Write as _;

use crate::cli::outcome::{ImportFate, ImportRow, ImportedRow};
use crate::contacts::naming::one_line;

pub(super) fn imported(row: &ImportedRow) -> String {
    if row.cards == 0 {
        return "There is no contact card (vCard) in this file.\n".to_owned();
    }
    let mut text = format!(
        "{}: {} created, {} updated, {} unchanged, {} refused.",
        counted(row.cards, "card", "cards"),
        row.created,
        row.updated,
        row.unchanged,
        row.refused
    );
    if row.repaired > 0 {
        let repaired = format!(" {} had to be repaired; the originals are kept.", row.repaired);
        text.push_str(&repaired);
    }
    text.push('\n');
    text
}

/// A card of the file, on a line.
pub fn card(row: &ImportRow) -> String {
    let result = match row.result {
        ImportFate::Created => "created",
        ImportFate::Updated => "updated",
        ImportFate::Unchanged => "unchanged",
        ImportFate::Refused => "refused",
    };
    let mut text = format!("line {}: {result:<9}  {}", row.line, one_line(&row.name));
    if let Some(why) = &row.why {
        text.push_str(if row.name.is_empty() { "" } else { ": " });
        text.push_str(&one_line(why));
    }
    if !row.repaired.is_empty() {
        let repaired: Vec<String> = row.repaired.iter().map(|what| one_line(what)).collect();
        // Writing to a String does not fail.
        let _ = write!(text, " (repaired: {})", repaired.join(" "));
    }
    text.push('\n');
    text
}
