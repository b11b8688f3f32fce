//! Contacts on an iPhone: all books, no categories.

use crate::apple;
use crate::card::Card;
use crate::client::{Book, Habits, Halt, Link};
use crate::groups::Form;

pub struct Ios;

impl Habits for Ios {
    fn agent(&self) -> &'static str {
        "iOS/17.0.2 (21A351) dataaccessd/1.0"
    }

    fn shows_categories(&self) -> bool {
        false
    }

    fn groups(&self) -> Option<Form> {
        Some(Form::Apple)
    }

    fn absorb(&self, served: &str) -> String {
        apple::absorb(served, false)
    }

    fn write(&self, edited: &Card) -> String {
        apple::write(edited, "-//Apple Inc.//iOS 17.0.2//EN")
    }

    fn sync(&self, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt> {
        apple::sync(self, link, book)
    }
}
