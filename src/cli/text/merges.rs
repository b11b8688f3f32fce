//! Merges for the terminal.

use std::fmt::Write as _;

use crate::base::counted;
use crate::cli::outcome::{MergeRow, MergedRow, UndoneRow};
use crate::cli::table::Table;
use crate::contacts::naming::one_line;

pub(super) fn merged(row: &MergedRow) -> String {
    let names = row.names.join(" + ");
    let mut text = match row.merge {
        Some(number) => format!("{names}: one contact now (merge {number}).\n"),
        None => format!("{names} would become one contact:\n\n"),
    };
    // Writing to a String does not fail.
    for line in row.card.lines().filter(|_| row.merge.is_none()) {
        let _ =
            writeln!(text, "    {}", line.chars().filter(|c| !c.is_control()).collect::<String>());
    }
    for choice in &row.choices {
        let (kept, dropped) = (one_line(&choice.kept), one_line(&choice.dropped));
        let _ = writeln!(text, "{}: `{kept}` stays, `{dropped}` does not", choice.property);
    }
    for (what, cards) in [("stays", &row.kept), ("goes", &row.ended), ("follows", &row.led)] {
        for card in cards {
            let _ = writeln!(text, "{what}: {card}");
        }
    }
    if row.interactions > 0 {
        let over = counted(row.interactions, "entry of timelines goes", "entries of timelines go");
        let _ = writeln!(text, "{over} over.");
    }
    if let Some(number) = row.merge {
        let _ = writeln!(text, "`rolodav undo {} {number}` takes it back.", row.user);
    }
    text
}

pub(super) fn undone(row: &UndoneRow) -> String {
    let mut text = format!("Merge {} is taken back.\n", row.merge);
    for (what, cards) in [("back", &row.back), ("as it was", &row.restored)] {
        for card in cards {
            let _ = writeln!(text, "{what}: {card}");
        }
    }
    for left in &row.left {
        let _ = writeln!(text, "{}", one_line(left));
    }
    text
}

pub(super) fn merges(rows: &[MergeRow]) -> String {
    let mut table = Table::new(&["NO", "WHEN", "WHO", "STAYS", "BY", ""]);
    for row in rows {
        let undone = row.undone.as_ref().map(|at| format!("taken back {at}")).unwrap_or_default();
        let number = row.merge.to_string();
        table.row([&number, &row.at, &row.names.join(" + "), &row.into, &row.by, &undone]);
    }
    table.or_else("No merges yet. `rolodav merge USER WHO WHO` makes contacts one.")
}
