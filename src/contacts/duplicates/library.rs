//! The cards of an owner, read for comparing.

use std::collections::HashMap;

use super::profile::Profile;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::normal::Region;
use crate::contacts::{books, naming};
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::body;
use crate::store::collection::Role;
use crate::store::engine::{Snapshot, Step};

/// A card that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its UID as it is written.
    pub uid: String,
    /// The UID in the form in which it compares.
    pub key: String,
    /// The book.
    pub book: CollectionId,
    /// Its name in the book.
    pub name: String,
    /// The name shown.
    pub shown: String,
}

/// The cards of an owner.
#[derive(Debug, Default)]
pub struct Library {
    /// The cards, each UID once: what stands in a second book is a copy, no duplicate.
    pub entries: Vec<Entry>,
    /// What is compared of each.
    pub profiles: Vec<Profile>,
    /// Names of books by their numbers.
    pub books: HashMap<CollectionId, String>,
}

impl Library {
    /// The cards of all books of `owner`, or of the one called `book`.
    pub async fn read(
        snapshot: &Snapshot,
        owner: &PrincipalId,
        book: Option<&str>,
        region: Option<Region>,
    ) -> Result<Self, Fault> {
        let mut library = Self::default();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut chosen = books::chosen(snapshot, owner, book).await?;
        chosen.retain(|book| book.role == Role::Plain);
        chosen.sort_by_key(|book| book.id);
        for book in chosen {
            body::scan_texts(snapshot, book.id, None, |name, text, _| {
                let card = Card::parse(text);
                let uid = card.uid().unwrap_or_default();
                let key = normalize_uid(&uid);
                if let Some(profile) = Profile::read(&card, region)
                    && !key.is_empty()
                    && !seen.contains_key(&key)
                {
                    seen.insert(key.clone(), library.entries.len());
                    let shown = naming::one_line(&card.full_name().unwrap_or_default());
                    let name = name.to_owned();
                    library.entries.push(Entry { uid, key, book: book.id, name, shown });
                    library.profiles.push(profile);
                }
                Step::Continue
            })
            .await?;
            library.books.insert(book.id, book.name);
        }
        Ok(library)
    }

    /// The number of the card with a UID, in the form in which it compares.
    pub fn numbers(&self) -> HashMap<&str, u32> {
        (0_u32..).zip(&self.entries).map(|(number, entry)| (entry.key.as_str(), number)).collect()
    }
}
