//! Cards that lack a field which every contact needs: phones know nothing of it, so they are found
//! by looking.

use super::fields;
use crate::base::{Fault, PrincipalId};
use crate::contacts::books;
use crate::formats::vcard::{Card, Kind};
use crate::store::body;
use crate::store::engine::{Snapshot, Step};
use crate::store::fields::{self as records, Field};

/// What is lacking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lacking {
    /// Cards, by book and name; as many as were asked for.
    pub cards: Vec<Lacks>,
    /// How many cards lack something.
    pub count: u64,
    /// Each required field, and how many cards lack it.
    pub fields: Vec<(Field, u64)>,
}

/// A card that lacks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacks {
    /// The book.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// What the contact is called.
    pub name: String,
    /// The names of the fields.
    pub fields: Vec<String>,
}

/// Goes through `owner`'s books. Up to `most` cards are named; all are counted. Lists of contacts
/// need no fields.
pub async fn lacking(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    most: usize,
) -> Result<Lacking, Fault> {
    let all = records::all(snapshot, owner).await?.into_iter();
    let mut found = Lacking {
        fields: all.filter(|field| field.required).map(|field| (field, 0)).collect(),
        ..Lacking::default()
    };
    if found.fields.is_empty() {
        return Ok(found);
    }
    for book in books::filled(snapshot, owner).await? {
        let book = book.collection;
        body::scan_texts(snapshot, book.id, None, |name, text, _| {
            found.look_at(&book.name, name, text, most);
            Step::Continue
        })
        .await?;
    }
    Ok(found)
}

impl Lacking {
    fn look_at(&mut self, book: &str, name: &str, text: &[u8], most: usize) {
        let mut lacks = Vec::new();
        for (field, count) in &mut self.fields {
            if fields::value(text, field).is_none() {
                lacks.push((field.name.clone(), count));
            }
        }
        if lacks.is_empty() {
            return;
        }
        let card = Card::parse(text);
        if card.kind() == Kind::Group {
            return;
        }
        let mut fields = Vec::with_capacity(lacks.len());
        for (field, count) in lacks {
            *count += 1;
            fields.push(field);
        }
        self.count += 1;
        if self.cards.len() < most {
            let called = card.full_name().unwrap_or_default();
            let (book, card) = (book.to_owned(), name.to_owned());
            self.cards.push(Lacks { book, card, name: called, fields });
        }
    }
}
