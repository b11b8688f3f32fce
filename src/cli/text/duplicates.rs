//! Duplicates for the terminal.

use std::fmt::Write as _;

use crate::base::counted;
use crate::cli::outcome::{PairRow, ScanRow};
use crate::cli::table::Table;

pub(super) fn scan(row: &ScanRow) -> String {
    let mut text = pairs(&row.pairs);
    let _ = writeln!(
        text,
        "{} of {} among {}; {} compared.",
        counted(row.pairs.len(), "pair", "pairs"),
        counted(row.clusters.len(), "person", "people"),
        counted(row.cards, "card", "cards"),
        counted(row.compared, "pair was", "pairs were"),
    );
    text
}

pub(super) fn pairs(rows: &[PairRow]) -> String {
    let mut table = Table::new(&["PROBABILITY", "TIER", "NAMES", "UIDS", "WHY"]);
    for row in rows {
        let probability = format!("{:.4}", row.probability);
        let (names, uids) = (row.names.join(" = "), row.uids.join(" "));
        table.row([&probability, &row.tier, &names, &uids, &row.reasons.join("; ")]);
    }
    table.or_else("No duplicates.")
}
