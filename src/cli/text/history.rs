//! The earlier versions of a card or event for the terminal.

use std::fmt::Write as _;

use crate::cli::outcome::VersionRow;
use crate::cli::table::Table;

pub(super) fn versions(rows: &[VersionRow]) -> String {
    if rows.iter().any(|row| row.changes.is_some()) {
        return told(rows);
    }
    let mut table = Table::new(&["VERSION", "WRITTEN", "UNTIL", "THEN", "BY", "BYTES"]);
    for row in rows {
        table.row([
            &row.version.to_string(),
            &row.written,
            &row.until,
            &row.reason,
            &row.by,
            &row.bytes.to_string(),
        ]);
    }
    table.or_else("There are no earlier versions.")
}

/// Version by version what became of it, the latest first.
fn told(rows: &[VersionRow]) -> String {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let mut text = String::new();
    for row in rows {
        let VersionRow { version, written, until, reason, .. } = row;
        let by = clean(&row.by);
        let _ = writeln!(text, "version {version}, written {written}");
        let _ = writeln!(text, "    {reason} {until} by {by}");
        let changes = row.changes.as_deref();
        for change in changes.unwrap_or_default() {
            let _ = writeln!(text, "        {}", clean(&change.text));
        }
        if row.more_changes > 0 {
            let _ = writeln!(text, "        and {} more", row.more_changes);
        }
        if changes.is_some_and(<[_]>::is_empty) {
            text.push_str("        nothing but how it is written\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::outcome::ChangeRow;

    #[test]
    fn changes_stand_below_who_made_them() {
        let change = ChangeRow {
            property: "TEL".to_owned(),
            field: "Phone".to_owned(),
            change: "changed".to_owned(),
            before: Some("1".to_owned()),
            after: Some("2".to_owned()),
            text: "Phone: 1 -> 2".to_owned(),
        };
        let row = |version, reason: &str, changes| VersionRow {
            version,
            written: "A".to_owned(),
            until: "B".to_owned(),
            reason: reason.to_owned(),
            by: "anna (phone\u{7})".to_owned(),
            user: "anna".to_owned(),
            device: Some("phone".to_owned()),
            bytes: 9,
            changes,
            more_changes: usize::from(version == 2),
        };
        let rows = [
            row(1, "deleted", None),
            row(2, "replaced", Some(vec![change])),
            row(3, "replaced", Some(Vec::new())),
        ];
        assert_eq!(
            versions(&rows),
            "version 1, written A\n    deleted B by anna (phone)\n\
             version 2, written A\n    replaced B by anna (phone)\n        Phone: 1 -> 2\n        \
             and 1 more\n\
             version 3, written A\n    replaced B by anna (phone)\n        nothing but how it is \
             written\n"
        );
        assert!(versions(&rows[..1]).starts_with("VERSION  WRITTEN"));
        assert_eq!(versions(&[]), "There are no earlier versions.\n");
    }
}
