//! The quality of cards for the terminal.

use std::fmt::Write as _;

use crate::base::counted;
use crate::cli::outcome::{
    CardQualityRow, CleanedRow, CleanupRow, CleanupUndoneRow, FindingTagRow, QualityRow,
};
use crate::cli::table::Table;

pub(super) fn quality(row: &QualityRow) -> String {
    let mut books = Table::new(&["BOOK", "CARDS", "NEED ATTENTION", "COMPLETE"]);
    for book in &row.books {
        let score = book.score.map_or_else(|| "–".to_owned(), |score| format!("{score:.0} %"));
        books.row([&book.book, &book.cards.to_string(), &book.attention.to_string(), &score]);
    }
    let mut text = books.or_else("No books.");
    if !row.counts.is_empty() {
        let mut kinds = Table::new(&["KIND", "CARDS"]);
        for (kind, count) in &row.counts {
            kinds.row([kind, &count.to_string()]);
        }
        text.push('\n');
        text.push_str(&kinds.or_else(""));
    }
    text.push('\n');
    let mut cards = Table::new(&["CARD", "NAME", "COMPLETE", "KIND", "VALUE", "WHAT"]);
    for card in &row.cards {
        let (mut place, mut name) = (format!("{}/{}", card.book, card.card), card.name.clone());
        let mut score = format!("{} %", card.score);
        for finding in &card.findings {
            let mut message = finding.message.clone();
            if let Some(suggestion) = &finding.suggestion {
                let _ = write!(message, " Perhaps {suggestion}?");
            }
            cards.row([&place, &name, &score, &finding.kind, &finding.value, &message]);
            (place, name, score) = (String::new(), String::new(), String::new());
        }
    }
    text.push_str(&cards.or_else("No card needs attention."));
    let rest = row.count.saturating_sub(row.cards.len() as u64);
    if rest > 0 {
        let _ = writeln!(text, "{rest} more; --most lists more of them.");
    }
    text
}

pub(super) fn cards(rows: &[CardQualityRow]) -> String {
    let mut text = String::new();
    for card in rows {
        let (place, day) = (format!("{}/{}", card.book, card.card), card.since.split('T').next());
        let _ = writeln!(
            text,
            "{place}: {}, {} % complete, last confirmed {}",
            card.name,
            card.score,
            day.unwrap_or_default()
        );
        for finding in &card.findings {
            let about = match finding.property.as_str() {
                "" => finding.value.clone(),
                property => format!("{property} {}", finding.value),
            };
            let _ = writeln!(text, "  {} ({}): {}", finding.kind, about.trim(), finding.message);
            if let Some(suggestion) = &finding.suggestion {
                let _ = writeln!(text, "    Perhaps {suggestion}?");
            }
            let _ = writeln!(text, "    {}", finding.advice);
            if finding.cleanup {
                let _ = writeln!(text, "    `rolodav quality clean` mends it.");
            }
        }
        if card.findings.is_empty() {
            let _ = writeln!(text, "  Nothing is wrong.");
        }
    }
    if text.is_empty() { "There is no card of this contact.\n".to_owned() } else { text }
}

pub(super) fn tags(rows: &[FindingTagRow]) -> String {
    let mut table = Table::new(&["KIND", "TAG"]);
    for row in rows {
        table.row([&row.kind, &row.tag]);
    }
    table
        .or_else("Cards bear no tags of their findings. `rolodav quality tag USER on` has them do.")
}

pub(super) fn cleaned(row: &CleanedRow) -> String {
    let mut table = Table::new(&["CARD", "NAME", "PROPERTY", "BEFORE", "AFTER"]);
    for card in &row.cards {
        let (mut place, mut name) = (format!("{}/{}", card.book, card.card), card.name.clone());
        for change in &card.changes {
            let after = change.after.clone().unwrap_or_else(|| "–".to_owned());
            table.row([&place, &name, &change.property, &change.before, &after]);
            (place, name) = (String::new(), String::new());
        }
    }
    let mut text = table.or_else("There is nothing to tidy.");
    for failed in &row.failed {
        let _ = writeln!(text, "{failed}");
    }
    let count = row.count;
    match row.cleanup {
        Some(number) => {
            let user = &row.user;
            let _ = writeln!(
                text,
                "{} tidied. `rolodav undo {user} {number}` takes it back.",
                counted(count, "card was", "cards were")
            );
        }
        None if count > 0 => {
            let _ = writeln!(text, "{} would be tidied.", counted(count, "card", "cards"));
        }
        None => {}
    }
    text
}

pub(super) fn cleanups(rows: &[CleanupRow]) -> String {
    let mut table = Table::new(&["NO", "WHEN", "WHAT", "CARDS", "BY", ""]);
    for row in rows {
        let undone = row.undone.as_ref().map(|at| format!("taken back {at}")).unwrap_or_default();
        let (number, cards) = (row.cleanup.to_string(), row.cards.to_string());
        table.row([&number, &row.at, &row.what.join(", "), &cards, &row.by, &undone]);
    }
    table.or_else(
        "No clean-ups yet. `rolodav quality clean USER --preview` shows what can be tidied.",
    )
}

pub(super) fn undone(row: &CleanupUndoneRow) -> String {
    let mut text = format!("Clean-up {} is taken back.\n", row.cleanup);
    for card in &row.restored {
        let _ = writeln!(text, "as it was: {card}");
    }
    for left in &row.left {
        let _ = writeln!(text, "{left}");
    }
    text
}
