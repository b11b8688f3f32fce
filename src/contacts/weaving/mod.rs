//! The layer and the cards brought together: what a client's edit of a woven card means, and how
//! all cards of a contact come to show what is remembered.

pub mod cards;
mod edited;
mod kept;
pub mod memory;
mod repeated;
pub(in crate::contacts) mod shown;
pub mod upload;
mod wishes;

use crate::config;
use crate::contacts::layer::Bounds;

/// What is set for the memory of contacts.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The stages a contact can be in.
    pub stages: Vec<String>,
    /// Kinds of interactions beside those that everybody has.
    pub kinds: Vec<String>,
    /// After how many days contacts of a stage are to be contacted again.
    pub cadence: Vec<(String, u32)>,
    /// How much of the timeline a card shows.
    pub bounds: Bounds,
    /// Most lines of a card.
    pub card_lines: usize,
}

impl Rules {
    /// As the settings say; cards have at most `card_lines`.
    pub fn of(settings: &config::Contacts, card_lines: usize) -> Self {
        let bounds = Bounds { entries: settings.history_entries, bytes: settings.history_bytes };
        let (stages, kinds) = (settings.stages.clone(), settings.kinds.clone());
        Self { stages, kinds, cadence: settings.cadences(), bounds, card_lines }
    }
}
