//! Contacts on a Mac: the first book only; categories stay in the card, though nobody sees them.

use crate::apple;
use crate::card::Card;
use crate::client::{Book, Habits, Halt, Link};
use crate::groups::Form;

pub struct MacOs;

impl Habits for MacOs {
    fn agent(&self) -> &'static str {
        "macOS/14.1 (23B74) AddressBook/2620.1"
    }

    fn books(&self) -> usize {
        1
    }

    fn shows_categories(&self) -> bool {
        false
    }

    fn groups(&self) -> Option<Form> {
        Some(Form::Apple)
    }

    fn absorb(&self, served: &str) -> String {
        apple::absorb(served, true)
    }

    fn write(&self, edited: &Card) -> String {
        apple::write(edited, "-//Apple Inc.//macOS 14.1//EN")
    }

    fn sync(&self, link: &mut Link<'_>, book: &mut Book) -> Result<bool, Halt> {
        apple::sync(self, link, book)
    }
}
