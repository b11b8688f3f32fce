//! Retention rules for the terminal.

use crate::cli::outcome::{GoingRow, RuleRow};
use crate::cli::table::Table;
use crate::store::retention::{Ending, Since, Unit};

pub(super) fn rules(rows: &[RuleRow]) -> String {
    let mut table = Table::new(&["NO", "BOOK", "AFTER", "SINCE", "NOTICE", "DOES", "EXEMPT"]);
    for row in rows {
        let unit = match row.unit {
            Unit::Days => "days",
            Unit::Months => "months",
            Unit::Years => "years",
        };
        let since = match row.since {
            Since::LastContact => "last contact",
            Since::Changed => "changed",
            Since::Created => "created",
        };
        table.row([
            &row.rule.to_string(),
            &row.book,
            &format!("{} {unit}", row.after),
            &since.to_owned(),
            &format!("{} days", row.notice_days),
            &does(row.action).to_owned(),
            &row.exempt_tags.join(", "),
        ]);
    }
    table.or_else(
        "No rules: cards stay. `rolodav retention set USER/BOOK ACTION --after N` makes one.",
    )
}

pub(super) fn going(rows: &[GoingRow]) -> String {
    let mut table = Table::new(&["CARD", "NAME", "GOES", "HOW", "RULE"]);
    for row in rows {
        let place = format!("{}/{}", row.book, row.card);
        let how = does(row.action).to_owned();
        table.row([&place, &row.name, &row.goes, &how, &row.rule.to_string()]);
    }
    table.or_else("No card goes soon.")
}

fn does(action: Ending) -> &'static str {
    match action {
        Ending::MoveToTrash => "moved to the trash",
        Ending::Erase => "erased",
    }
}
