//! Hands out the cards of books, one after the other, in bounded memory: as they are served, or
//! whole with all that is remembered of whom they are about.

mod full;
mod note;
mod remembered;

use bytes::Bytes;

pub use full::{Format, Full, Wanted};

use crate::base::Fault;
use crate::store::body::{self, Body};
use crate::store::collection::Collection;
use crate::store::engine::Snapshot;
use crate::store::member::{self, Flags, MADE_NAMES};

/// Cards that are looked up at a time.
const PAGE: usize = 500;

/// Goes through the cards of a book, by name.
#[derive(Debug)]
pub struct Cards<'a> {
    snapshot: &'a Snapshot,
    book: &'a Collection,
    page: std::vec::IntoIter<(String, Body)>,
    after: Option<String>,
    ended: bool,
}

impl<'a> Cards<'a> {
    /// The cards of `book` as they are in `snapshot`.
    pub fn of(snapshot: &'a Snapshot, book: &'a Collection) -> Self {
        Self { snapshot, book, page: Vec::new().into_iter(), after: None, ended: false }
    }

    /// The next card, with a line end; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        Ok(self.next_named().await?.map(|(_, card)| card))
    }

    /// The next card, with a line end, and its name in the book; `None` after the last.
    pub async fn next_named(&mut self) -> Result<Option<(String, Bytes)>, Fault> {
        loop {
            if let Some((name, card)) = self.page.next() {
                if self.is_made(&name).await? {
                    continue;
                }
                return Ok(Some((name, ended(card.whole(self.snapshot).await?))));
            }
            if self.ended {
                return Ok(None);
            }
            let after = self.after.as_deref();
            let page = body::page(self.snapshot, self.book.id, after, PAGE).await?;
            self.ended = page.len() < PAGE;
            self.after = page.last().map(|(name, _)| name.clone());
            self.page = page.into_iter();
        }
    }

    /// Did the server make it of the other cards, which are handed out?
    async fn is_made(&self, name: &str) -> Result<bool, Fault> {
        if !name.starts_with(MADE_NAMES) {
            return Ok(false);
        }
        let card = member::get(self.snapshot, self.book.id, name).await?;
        Ok(card.is_some_and(|card| card.flags.has(Flags::GROUP) && card.flags.has(Flags::MADE)))
    }
}

/// Cards are stored as they came, a few without their last line end; the next one must not
/// begin on the same line.
fn ended(card: Bytes) -> Bytes {
    if card.ends_with(b"\n") {
        return card;
    }
    let mut whole = card.to_vec();
    whole.extend_from_slice(b"\r\n");
    whole.into()
}
