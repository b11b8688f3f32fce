//! The audit for the terminal.

use std::fmt::Write as _;

use crate::cli::outcome::{AuditRow, AuditVerifiedRow};
use crate::cli::table::Table;

pub(super) fn entries(rows: &[AuditRow]) -> String {
    let mut table = Table::new(&["NO", "WHEN", "WHO", "WITH", "WHAT", "WHERE", ""]);
    for row in rows {
        let by = if row.by.is_empty() { "(operator)".to_owned() } else { row.by.clone() };
        let what = format!("{} {}", row.subject, row.verb).replace('-', " ");
        let parts = [&row.owner, &row.place, &row.name];
        let parts: Vec<&str> =
            parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
        let mut place = parts.join("/");
        if !row.uid.is_empty() && !row.name.starts_with(&row.uid) {
            place = format!("{place} [{}]", row.uid);
        }
        let detail = if row.erased { "(names erased)" } else { row.detail.as_str() };
        let number = row.number.to_string();
        table.row([&number, &row.at, &by, &row.device, &what, &place, &detail.to_owned()]);
    }
    table.or_else("Nothing of that kind was changed.")
}

pub(super) fn verified(row: &AuditVerifiedRow) -> String {
    let mut text = String::new();
    if let Some(fault) = &row.fault {
        text.push_str(fault);
        text.push('\n');
    }
    // Writing to a String does not fail.
    let first = row.removed + 1;
    let _ = match (&row.fault, row.entries) {
        (None, 0) => writeln!(text, "The audit has no entries yet."),
        (_, 0) => writeln!(text, "No entry holds."),
        (_, last) if last == first => writeln!(text, "Entry {last} holds."),
        (_, last) => writeln!(text, "Entries {first} to {last} hold."),
    };
    if row.removed > 0 {
        let _ = writeln!(
            text,
            "Those up to {} were removed because they were older than `audit.keep_days`; the chain \
             goes on from there.",
            row.removed
        );
    }
    if row.erased > 0 {
        let _ = writeln!(text, "Of {} of them the names were erased.", row.erased);
    }
    if let Some(head) = row.head.as_ref().filter(|_| row.fault.is_none()) {
        let _ = writeln!(
            text,
            "The head is\n\n    {head}\n\nNote it down where this server cannot write. \
             `rolodav audit verify --head {head}` then also tells whether entries were cut off, \
             or all written anew."
        );
    }
    text
}
