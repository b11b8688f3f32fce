//! Segments for the terminal.

use std::fmt::Write as _;

use crate::cli::outcome::{MembersRow, QueryFieldRow, SegmentRow};
use crate::cli::table::Table;

pub(super) fn segments(rows: &[SegmentRow]) -> String {
    let mut table = Table::new(&["SEGMENT", "PEOPLE", "SHOWS AS", "QUERY"]);
    for row in rows {
        let query = row.query.split_whitespace().collect::<Vec<_>>().join(" ");
        let query = match &row.fault {
            Some(fault) => format!("{query}   ({fault})"),
            None => query,
        };
        table.row([&row.name, &row.members.to_string(), &shown(row), &query]);
    }
    table.or_else("No segments yet. `rolodav segment add USER NAME QUERY` makes one.")
}

pub(super) fn segment(row: &SegmentRow) -> String {
    let mut text = format!(
        "{}\n  query     {}\n  people    {}\n  shows as  {}\n  since     {}\n",
        row.name,
        row.query.replace('\n', "\n            "),
        row.members,
        shown(row),
        row.created
    );
    if let Some(fault) = &row.fault {
        let _ =
            writeln!(text, "  Nobody is in it: {fault} `rolodav segment edit` mends the query.");
    }
    text
}

fn shown(row: &SegmentRow) -> String {
    match (row.group, &row.book) {
        (true, Some(book)) => format!("group, book {book}"),
        (true, None) => "group".to_owned(),
        (false, Some(book)) => format!("book {book}"),
        (false, None) => "-".to_owned(),
    }
}

pub(super) fn members(row: &MembersRow) -> String {
    let has_reasons = row.members.iter().any(|member| !member.reasons.is_empty());
    let mut table = if has_reasons {
        Table::new(&["NAME", "CARD", "WHY"])
    } else {
        Table::new(&["NAME", "CARD", "UID"])
    };
    for member in &row.members {
        let card = format!("{}/{}", member.book, member.card);
        let last = if has_reasons { member.reasons.join("; ") } else { member.uid.clone() };
        table.row([&member.name, &card, &last]);
    }
    let mut text = table.or_else("Nobody.");
    let listed = row.members.len() as u64;
    if row.count > listed {
        let _ = writeln!(text, "… and {} more.", row.count - listed);
    }
    text
}

pub(super) fn fields(rows: &[QueryFieldRow]) -> String {
    let mut table = Table::new(&["FIELD", "HOLDS", "WHICH IS"]);
    for row in rows {
        table.row([&row.names.join(", "), &row.holds, &row.about]);
    }
    let mut text = table.or_else("");
    text.push_str(
        "\nOf texts: is, is not, contains, does not contain, starts with, ends with, is any of (…),\n\
         is none of (…), is known, is unknown. Of numbers: =, !=, <, <=, >, >=, between … and …,\n\
         at least, at most. Of days: is, before, after, between … and …, older than 90 days,\n\
         within 14 days, in last 30 days, in next 2 weeks, in this month, more than 3 months ago.\n\
         Terms: has FIELD, has no FIELD, in segment \"NAME\", in book NAME, tagged NAME, with and,\n\
         or, not and parentheses. For example: city is Lyon and last_contact older than 90 days\n",
    );
    text
}
