//! The audit for the terminal.

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
    let held = match row.entries {
        0 => "No entry holds".to_owned(),
        1 => "Entry 1 holds".to_owned(),
        last => format!("Entries 1 to {last} hold"),
    };
    text.push_str(&match (&row.fault, row.entries) {
        (None, 0) => "The audit has no entries yet.\n".to_owned(),
        _ => format!("{held}.\n"),
    });
    if row.erased > 0 {
        text.push_str(&format!("Of {} of them the names were erased.\n", row.erased));
    }
    if let Some(head) = row.head.as_ref().filter(|_| row.fault.is_none()) {
        text.push_str(&format!(
            "The head is\n\n    {head}\n\nNote it down where this server cannot write. \
             `rolodav audit verify --head {head}` then also tells whether entries were cut off, \
             or all written anew.\n"
        ));
    }
    text
}
