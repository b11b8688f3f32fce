//! What a search found, for the terminal.

use crate::cli::outcome::{FoundRow, SearchRow};
use crate::cli::table::Table;

pub(super) fn found(row: &SearchRow) -> String {
    let mut table = Table::new(&["NAME", "CARD", "WHY", "UID"]);
    for FoundRow { name, uid, book, card, why, .. } in &row.found {
        let why: Vec<String> = why.iter().map(|w| format!("{}: {}", w.property, w.text)).collect();
        table.row([name, &format!("{book}/{card}"), &why.join("; "), uid]);
    }
    let mut text = table.or_else("Nobody fits.");
    if row.more {
        text.push_str("There are more: add a word, or see --limit and --skip.\n");
    }
    if !row.sure {
        text.push_str("Very many fit each of these words; there may be others who fit all.\n");
    }
    text
}
