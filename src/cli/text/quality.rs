//! The quality of cards for the terminal.

use std::fmt::Write as _;

use crate::cli::outcome::{CardQualityRow, QualityRow};
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
