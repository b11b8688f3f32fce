//! Thunderbird's address book: no preconditions, the whole card kept, its own version read back
//! after every PUT, vCard 4.0 for new cards.

use crate::card::{Card, Line};
use crate::client::{Book, Copy, Habits, Halt, LeftOut, Link};

/// With the history in its notes, or without.
pub struct Thunderbird {
    pub plain_notes: bool,
}

impl Habits for Thunderbird {
    fn agent(&self) -> &'static str {
        "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"
    }

    fn shows_lines(&self) -> bool {
        true
    }

    fn leaves_out(&self) -> LeftOut {
        if self.plain_notes { LeftOut::InNotes } else { LeftOut::Nothing }
    }

    fn absorb(&self, served: &str) -> String {
        Card::parse(served).text()
    }

    fn write(&self, edited: &Card) -> String {
        let mut card = edited.clone();
        if card.first("VERSION").is_none() {
            card.lines.insert(0, Line::new("VERSION", "4.0"));
        }
        card.text()
    }

    fn sync(&self, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt> {
        let mut active = false;
        let hrefs: Vec<String> = book.copies.keys().cloned().collect();
        for href in hrefs {
            let copy = book.copies[&href].clone();
            if copy.deleted {
                active = true;
                link.delete(&href, None)?;
                book.copies.remove(&href);
            } else if let Some(edited) = &copy.edited {
                active = true;
                let body = self.write(&Card::parse(edited));
                let answer = link.put(&href, None, copy.etag.as_deref(), &body)?;
                if answer.status >= 300 {
                    // It stays in the list of failures, for the next sync.
                    continue;
                }
                // What it sent counts as sent even if reading it back fails.
                let copy = book.copies.get_mut(&href).unwrap();
                copy.sent(None, self.absorb(&body));
                for found in link.multiget(&book.path, std::slice::from_ref(&href), None)? {
                    self.take(book, found.href, found.etag, found.data);
                }
            }
        }
        let (changes, token) = link.changes(book, true)?;
        for change in changes {
            let known = book.copies.get(&change.href);
            if change.etag.is_none() {
                active |= known.is_some();
                book.copies.remove(&change.href);
            } else if known.is_none_or(|copy| copy.etag != change.etag) {
                active = true;
                self.take(book, change.href, change.etag, change.data);
            }
        }
        book.token = token;
        Ok(active)
    }
}

impl Thunderbird {
    fn take(&self, book: &mut Book, href: String, etag: Option<String>, data: Option<String>) {
        if let Some(data) = data {
            book.copies.insert(href, Copy::served(etag, self.absorb(&data)));
        }
    }
}
