//! DAVx5: unknown properties kept, notes joined, photos made anew, an edit given up after a 412.
//! Where it is set to show groups as cards it keeps no categories.

use crate::apple;
use crate::card::{Card, Line};
use crate::client::{Book, Copy, Habits, Halt, LeftOut, Link};
use crate::groups::Form;

/// Hrefs in one multiget.
const LOT: usize = 10;

/// In the order in which they are written; what is unknown follows.
const KNOWN: [&str; 14] = [
    "UID",
    "FN",
    "N",
    "NICKNAME",
    "ORG",
    "TITLE",
    "TEL",
    "EMAIL",
    "ADR",
    "URL",
    "BDAY",
    "CATEGORIES",
    "NOTE",
    "PHOTO",
];

/// As it is set up.
#[derive(Clone, Copy)]
pub struct Davx5 {
    /// Groups are cards, not categories.
    pub groups: bool,
    /// What it is to see nothing of.
    pub left_out: LeftOut,
}

impl Habits for Davx5 {
    fn agent(&self) -> &'static str {
        "DAVx5/4.5.4-ose (dav4jvm; okhttp/5.1.0) Android/15"
    }

    fn names_version(&self) -> Option<&'static str> {
        Some("4.0")
    }

    fn shows_categories(&self) -> bool {
        !self.groups
    }

    fn groups(&self) -> Option<Form> {
        self.groups.then_some(Form::Kind)
    }

    fn leaves_out(&self) -> LeftOut {
        self.left_out
    }

    fn absorb(&self, served: &str) -> String {
        let mut card = Card::parse(served);
        if self.groups {
            card.drop_all(&["CATEGORIES"]);
        }
        let note = card.note();
        card.set_note(&note);
        card.drop_all(&["VERSION", "PRODID", "REV", "SORT-STRING", "SOURCE", "LABEL"]);
        card.text()
    }

    fn write(&self, edited: &Card) -> String {
        let mut card = Card::default();
        card.lines.push(Line::new("VERSION", "4.0"));
        card.lines.push(Line::new("PRODID", "-//davx5//EN"));
        for name in KNOWN {
            card.lines.extend(edited.all(name).cloned());
        }
        let unknown = edited.lines.iter().filter(|line| !KNOWN.contains(&line.name.as_str()));
        card.lines.extend(unknown.cloned());
        for line in card.lines.iter_mut().filter(|line| line.name == "PHOTO") {
            // Android compresses it again.
            line.value = line.value.replace("AAAA", "AAAB");
        }
        card.lines.push(Line::new("REV", "20261122T000000Z"));
        card.text()
    }

    fn sync(&self, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt> {
        let mut active = false;
        let hrefs: Vec<String> = book.copies.keys().cloned().collect();
        for href in hrefs {
            let copy = book.copies[&href].clone();
            if copy.deleted {
                active = true;
                // Whatever is answered, the contact is gone here until it is loaded again.
                link.delete(&href, copy.etag.as_deref())?;
                book.copies.remove(&href);
            } else if let Some(edited) = &copy.edited {
                active = true;
                self.upload(link, book, &href, &copy, edited)?;
            }
        }
        let token = link.token(&book.path)?;
        if token != book.token {
            let (changes, token) = link.changes(book, false)?;
            let mut load = Vec::new();
            for change in changes {
                let known = book.copies.get(&change.href);
                if change.etag.is_none() {
                    active |= book.copies.remove(&change.href).is_some();
                } else if known.is_none_or(|copy| copy.etag != change.etag) {
                    load.push(change.href);
                }
            }
            for lot in load.chunks(LOT) {
                active = true;
                for found in link.multiget(&book.path, lot, self.names_version())? {
                    if let (Some(etag), Some(data)) = (found.etag, found.data) {
                        let copy = Copy::served(Some(etag), self.absorb(&data));
                        book.copies.insert(found.href, copy);
                    }
                }
            }
            book.token = token;
        }
        Ok(active)
    }
}

impl Davx5 {
    fn upload(
        self,
        link: &mut Link<'_>,
        book: &mut Book,
        href: &str,
        copy: &Copy,
        edited: &str,
    ) -> Result<(), Halt> {
        let body = self.write(&Card::parse(edited));
        let condition = match &copy.etag {
            Some(etag) => Some(("if-match", etag.as_str())),
            None if copy.text.is_empty() => Some(("if-none-match", "*")),
            None => None,
        };
        let (known, tags) = (copy.etag.as_deref(), apple::tags(link, href));
        let mut answer = link.put(href, condition, known, &body)?;
        if answer.status == 404 {
            answer = link.put(href, Some(("if-none-match", "*")), known, &body)?;
        }
        if self.groups {
            apple::tags_are_there(link, href, &tags)?;
        }
        // What was refused with 412 or 409 stays as it is until the server's card comes.
        if answer.status < 300 {
            let text = self.absorb(&body);
            book.copies.insert(href.to_owned(), Copy::served(answer.etag, text));
        }
        Ok(())
    }
}
