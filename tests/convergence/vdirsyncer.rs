//! vdirsyncer: files with the bytes that were served, lists of tags instead of tokens, and in a
//! conflict the file wins.

use crate::card::{Card, Line};
use crate::client::{Book, Copy, Habits, Halt, Link};

pub struct Vdirsyncer;

impl Habits for Vdirsyncer {
    fn agent(&self) -> &'static str {
        "vdirsyncer/0.19.3"
    }

    fn shows_lines(&self) -> bool {
        true
    }

    fn absorb(&self, served: &str) -> String {
        served.to_owned()
    }

    fn write(&self, edited: &Card) -> String {
        let mut card = edited.clone();
        if card.first("VERSION").is_none() {
            card.lines.insert(0, Line::new("VERSION", "3.0"));
        }
        card.text()
    }

    fn sync(&self, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt> {
        let mut active = false;
        let listed = link.etags(&book.path)?;
        let mut load = Vec::new();
        for (href, etag) in &listed {
            match book.copies.get(href) {
                Some(copy) if copy.etag.as_ref() == Some(etag) => {}
                // Changed on both sides: what is here goes over what is there.
                Some(copy) if copy.edited.is_some() && !copy.deleted => {}
                _ => load.push(href.clone()),
            }
        }
        if !load.is_empty() {
            active = true;
            for found in link.multiget(&book.path, &load, None)? {
                if let (Some(etag), Some(data)) = (found.etag, found.data) {
                    book.copies.insert(found.href, Copy::served(Some(etag), data));
                }
            }
        }
        let hrefs: Vec<String> = book.copies.keys().cloned().collect();
        for href in hrefs {
            let copy = book.copies[&href].clone();
            let there = listed.get(&href);
            match (&copy.edited, there) {
                _ if copy.deleted => {
                    active = true;
                    let etag = copy.etag.as_deref();
                    if there.is_none() || matches!(link.delete(&href, etag)?, 204 | 404) {
                        book.copies.remove(&href);
                    }
                }
                (Some(edited), _) => {
                    active = true;
                    let condition = match there {
                        Some(etag) => ("if-match", etag.as_str()),
                        None => ("if-none-match", "*"),
                    };
                    let body = self.write(&Card::parse(edited));
                    let answer = link.put(&href, Some(condition), copy.etag.as_deref(), &body)?;
                    if answer.status < 300 {
                        book.copies.insert(href, Copy::served(answer.etag, body));
                    }
                }
                (None, None) if !load.contains(&href) => {
                    active = true;
                    book.copies.remove(&href);
                }
                _ => {}
            }
        }
        Ok(active)
    }
}
