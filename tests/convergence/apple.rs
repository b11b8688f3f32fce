//! What Contacts on iOS and macOS have in common: vCard 3.0 only, lines rewritten into groups,
//! unknown properties dropped, conditional writes, and the server's card after a 412.

use crate::card::{Card, Line};
use crate::client::{Book, Copy, Habits, Halt, Link};

const KNOWN: [&str; 17] = [
    "N",
    "FN",
    "NICKNAME",
    "ORG",
    "TITLE",
    "TEL",
    "EMAIL",
    "ADR",
    "URL",
    "BDAY",
    "NOTE",
    "PHOTO",
    "UID",
    "CATEGORIES",
    "X-SOCIALPROFILE",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ADDRESSBOOKSERVER-MEMBER",
];

/// What is kept of a card: known properties, one note, no blanks at the ends of its lines.
pub fn absorb(served: &str, categories: bool) -> String {
    let mut card = Card::parse(served);
    let note: Vec<String> =
        card.note().split('\n').map(|line| line.trim_end().to_owned()).collect();
    card.set_note(note.join("\n").trim_end());
    card.lines.retain(|line| {
        KNOWN.contains(&line.name.as_str()) && (categories || line.name != "CATEGORIES")
    });
    card.text()
}

/// How a card is written: its own order, phones and addresses in groups with labels.
pub fn write(edited: &Card, product: &str) -> String {
    let mut card = Card::default();
    card.lines.push(Line::new("VERSION", "3.0"));
    card.lines.push(Line::new("PRODID", product));
    let mut item = 0;
    for name in KNOWN {
        for line in edited.all(name) {
            let mut line = line.clone();
            line.group.clear();
            if matches!(name, "TEL" | "EMAIL" | "ADR" | "URL") {
                item += 1;
                line.group = format!("item{item}");
                let kind = if name == "EMAIL" { ";type=INTERNET" } else { "" };
                line.params = format!("{kind};type=pref");
                let label = Line { group: line.group.clone(), ..Line::new("X-ABLABEL", "other") };
                card.lines.extend([line, label]);
            } else {
                card.lines.push(line);
            }
        }
    }
    card.lines.push(Line::new("REV", "2026-11-22T00:00:00Z"));
    card.text()
}

/// Sends what was changed, each under the condition that the server has what was known; then
/// takes what changed there. What was refused is given up for the server's card.
pub fn sync(habits: &dyn Habits, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt> {
    let mut active = false;
    let mut again: Vec<String> = Vec::new();
    let hrefs: Vec<String> = book.copies.keys().cloned().collect();
    for href in hrefs {
        let copy = book.copies[&href].clone();
        if copy.deleted {
            active = true;
            if link.delete(&href, copy.etag.as_deref())? == 412 {
                again.push(href.clone());
            }
            book.copies.remove(&href);
        } else if let Some(edited) = &copy.edited {
            active = true;
            let body = habits.write(&Card::parse(edited));
            let condition = match &copy.etag {
                Some(etag) => ("if-match", etag.as_str()),
                None => ("if-none-match", "*"),
            };
            let tags = tags(link, &href);
            let answer = link.put(&href, Some(condition), copy.etag.as_deref(), &body)?;
            tags_are_there(link, &href, &tags)?;
            let copy = book.copies.get_mut(&href).unwrap();
            if answer.status < 300 && answer.etag.is_some() {
                copy.sent(answer.etag, habits.absorb(&body));
            } else {
                copy.edited = None;
                again.push(href);
            }
        }
    }
    let token = link.token(&book.path)?;
    if token != book.token {
        let (changes, token) = link.changes(book, false)?;
        for change in changes {
            let known = book.copies.get(&change.href);
            if change.etag.is_none() {
                active |= book.copies.remove(&change.href).is_some();
                again.retain(|href| *href != change.href);
            } else if known.is_none_or(|copy| copy.etag != change.etag)
                && !again.contains(&change.href)
            {
                again.push(change.href);
            }
        }
        book.token = token;
    }
    if !again.is_empty() {
        active = true;
        for found in link.multiget(&book.path, &again, None)? {
            match (found.etag, found.data) {
                (Some(etag), Some(data)) => {
                    let copy = Copy::served(Some(etag), habits.absorb(&data));
                    book.copies.insert(found.href, copy);
                }
                _ => drop(book.copies.remove(&found.href)),
            }
        }
    }
    Ok(active)
}

/// The tags of a card, once the server has done what it was asked for before: a tag that is being
/// renamed may still have its old name on a card, and any request may bring the new one.
pub fn tags(link: &Link<'_>, href: &str) -> Vec<String> {
    link.server.works_off();
    link.server.stored(href).map_or(Vec::new(), |card| Card::parse(&card).categories())
}

/// Nobody sees tags here: whatever is sent, none may go.
pub fn tags_are_there(link: &Link<'_>, href: &str, before: &[String]) -> Result<(), Halt> {
    let after = tags(link, href);
    if before.iter().all(|tag| after.contains(tag)) {
        return Ok(());
    }
    Err(Halt::Wrong(format!("the tags {before:?} became {after:?} though nobody saw them: {href}")))
}
