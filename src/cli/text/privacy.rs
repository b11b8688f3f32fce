//! Persons for the terminal.

use std::fmt::Write as _;

use crate::base::counted;
use crate::cli::outcome::{ConsentRow, ErasedRow, TombstoneRow};
use crate::cli::table::Table;
use crate::contacts::naming::one_line;

pub(super) fn erased(row: &ErasedRow) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    match row.tombstone {
        Some(number) => {
            let _ = writeln!(text, "Erased. What is left is tombstone {number}.");
        }
        None => {
            let _ = writeln!(text, "{} would be erased for good:", row.names.join(" / "));
        }
    }
    for (what, cards) in [("card", &row.cards), ("card in the trash", &row.in_trash)] {
        for card in cards {
            let _ = writeln!(text, "{what}: {card}");
        }
    }
    for (count, one, several) in [
        (row.versions, "earlier version", "earlier versions"),
        (row.conflicts, "refused edit", "refused edits"),
        (row.interactions, "entry of the timeline", "entries of the timeline"),
        (
            row.shared,
            "entry that stays with others, without them",
            "entries that stay with others, without them",
        ),
        (row.followups, "follow-up", "follow-ups"),
        (row.merges, "merge", "merges"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{}", counted(count, one, several));
        }
    }
    for value in &row.stays {
        let _ = writeln!(text, "stays, because another contact has it, too: {}", one_line(value));
    }
    match row.tombstone {
        Some(_) => {
            text.push_str(
                "Free pages of the store's file may hold remains until they are used again; \
                 `rolodav compact`, while the server is stopped, leaves none.\n",
            );
        }
        None => {
            text.push_str("`--yes` in place of `--preview` does it. It cannot be taken back.\n");
        }
    }
    text
}

pub(super) fn tombstones(rows: &[TombstoneRow]) -> String {
    let mut table = Table::new(&["NO", "WHEN", "BY", "UIDS", ""]);
    for row in rows {
        let uids = row.uids.to_string();
        let done = if row.done { String::new() } else { "under way".to_owned() };
        table.row([&row.tombstone.to_string(), &row.at, &row.by, &uids, &done]);
    }
    table.or_else("Nobody was erased.")
}

pub(super) fn consents(rows: &[ConsentRow]) -> String {
    let mut table = Table::new(&["PURPOSE", "ANSWER", "ON", "UNTIL", "SOURCE", "BY"]);
    for row in rows {
        let until = row.until.clone().unwrap_or_default();
        let source = one_line(&row.source);
        table.row([&one_line(&row.purpose), &row.state, &row.on, &until, &source, &row.by]);
    }
    table.or_else(
        "Nothing is known. `rolodav consent set USER CONTACT PURPOSE granted` notes an answer.",
    )
}
