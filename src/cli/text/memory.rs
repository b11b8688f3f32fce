//! The memory of contacts for the terminal.

use std::fmt::Write as _;

use crate::cli::outcome::{FieldRow, FieldsMissingRow, NoteRow, RememberedRow};
use crate::cli::table::Table;

/// Letters of a UID that tell entries apart.
const SHORT: usize = 8;

pub(super) fn noted(row: &NoteRow) -> String {
    format!("{} ({}) with {}, {}.\n", row.kind, short(row), row.participants.join(", "), row.local)
}

pub(super) fn notes(rows: &[NoteRow]) -> String {
    let mut table = Table::new(&["ID", "WHEN", "KIND", "WITH", "TEXT", "BY"]);
    for row in rows {
        let mut kind = row.kind.clone();
        if let Some(direction) = &row.direction {
            let _ = write!(kind, " {direction}");
        }
        if let Some(minutes) = row.minutes {
            let _ = write!(kind, ", {minutes} min");
        }
        let mut text = row.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(link) = &row.link {
            let _ = write!(text, " <{link}>");
        }
        table.row([&short(row), &row.local, &kind, &row.participants.join(", "), &text, &row.by]);
    }
    table.or_else("Nothing yet. `rolodav note add USER WHO TEXT` logs something.")
}

/// The beginning of a UID that the program made itself; others are told whole.
fn short(row: &NoteRow) -> String {
    match uuid::Uuid::try_parse(&row.id) {
        Ok(_) => row.id.chars().take(SHORT).collect(),
        Err(_) => row.id.clone(),
    }
}

pub(super) fn remembered(row: &RememberedRow) -> String {
    let mut table = Table::new(&[row.name.as_str(), ""]);
    let since = row.stage_since.as_ref().map_or_else(String::new, |at| format!(", since {at}"));
    let stage = row.stage.as_ref().map(|stage| format!("{stage}{since}"));
    let of_stage = if row.every_of_stage { ", as its stage says" } else { "" };
    let every = row.every.as_ref().map(|every| format!("{every}{of_stage}"));
    let facts = [
        ("stage", &stage),
        ("keep in touch every", &every),
        ("last contact", &row.last_contact),
        ("next", &row.next),
    ];
    for (what, value) in facts {
        if let Some(value) = value {
            table.row([&what.to_owned(), value]);
        }
    }
    let mut text = table.or_else(&format!("{} has no stage and no cadence.", row.name));
    for row in &row.logged {
        let _ = write!(text, "logged: {}", noted(row));
    }
    for row in &row.raised {
        let due = row.due.as_ref().map_or_else(String::new, |due| format!(", due {due}"));
        let _ = writeln!(text, "to do ({}): {}{due}.", row.id, row.text);
    }
    text
}

pub(super) fn fields(rows: &[FieldRow]) -> String {
    let with_values = rows.iter().any(|row| row.value.is_some());
    let last = if with_values { "VALUE" } else { "" };
    let mut table = Table::new(&["FIELD", "HOLDS", "IN", last]);
    for row in rows {
        let mut holds = row.holds.clone();
        if !row.choices.is_empty() {
            let _ = write!(holds, " ({})", row.choices.join(", "));
        }
        let last = match (&row.value, row.required) {
            (Some(value), true) if value.is_empty() => "(required)".to_owned(),
            (Some(value), _) => value.clone(),
            (None, true) => match row.missing {
                Some(0) | None => "required".to_owned(),
                Some(1) => "required; one card lacks it".to_owned(),
                Some(missing) => format!("required; {missing} cards lack it"),
            },
            (None, false) => String::new(),
        };
        let mut place = row.property.clone();
        if let Some(label) = &row.label {
            let _ = write!(place, " labelled `{label}`");
        }
        table.row([&row.name, &holds, &place, &last]);
    }
    table.or_else("No fields yet. `rolodav field define USER NAME` makes one.")
}

pub(super) fn missing(row: &FieldsMissingRow) -> String {
    let mut table = Table::new(&["NAME", "CARD", "LACKS"]);
    for card in &row.cards {
        let place = format!("{}/{}", card.book, card.card);
        table.row([&card.name, &place, &card.fields.join(", ")]);
    }
    let mut text = table.or_else("No card lacks a required field.");
    let more = row.count.saturating_sub(row.cards.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "and {more} more.");
    }
    text
}
