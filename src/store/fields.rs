//! Fields of a user's own: which properties of cards they mean, and what may stand in them.
//!
//! | key | value |
//! |---|---|
//! | `4d` owner `00` property | [`Field`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::keys::Key;
use super::principals;
use super::stored::{self, Stored};
use crate::base::{PrincipalId, Timestamp};

pub(super) const VERSION: u8 = 1;
pub(super) const FIELD: u8 = 0x4d;

/// A field of somebody's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What its owner calls it.
    pub name: String,
    /// The property of a card that holds it, `X-…` in capitals. Of one that stands beside a label
    /// it is the property, `;` and the label in lower case.
    pub property: String,
    /// What may stand in it.
    pub kind: FieldKind,
    /// Does every contact need it?
    pub required: bool,
    /// When it was defined.
    pub created: Timestamp,
}

/// What may stand in a field. New ones go to the end: records hold their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// One of these texts.
    Choice(Vec<String>),
    /// An address.
    Url,
    /// Yes or no.
    Bool,
    /// Somebody.
    Relation,
}

fn of_owner(owner: &PrincipalId) -> Vec<u8> {
    Key::of(FIELD).text(owner.as_str()).done()
}

fn key(owner: &PrincipalId, property: &str) -> Vec<u8> {
    Key::of(FIELD).text(owner.as_str()).bytes(property.as_bytes()).done()
}

/// The fields of a user, in the order of their properties.
pub async fn all(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<Field>, EngineError> {
    let prefix = of_owner(owner);
    let fields = stored::below(snapshot, VERSION, &prefix, usize::MAX, |_| ()).await?;
    Ok(fields.into_iter().map(|((), field)| field).collect())
}

/// The field that `property` (in capitals) holds.
pub async fn get(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    property: &str,
) -> Result<Option<Stored<Field>>, EngineError> {
    stored::read(snapshot, VERSION, key(owner, property)).await
}

/// Adds the definition of a field to `batch`, or its change from what was `read`.
pub fn put(
    batch: &mut Batch,
    owner: &PrincipalId,
    read: Option<&Stored<Field>>,
    field: &Field,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    stored::advance(batch, VERSION, key(owner, &field.property), read, field)
}

/// Adds the end of a definition that still is as it was read to `batch`. What stands in cards
/// stays there.
pub fn remove(batch: &mut Batch, owner: &PrincipalId, read: &Stored<Field>) {
    read.witness.require(batch);
    batch.delete(key(owner, &read.record.property));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn a_property_is_one_field_and_changes_from_what_was_read() {
        let (store, anna) = with_user("anna").await;
        let field = Field {
            name: "Size".to_owned(),
            property: "X-SIZE".to_owned(),
            kind: FieldKind::Choice(vec!["S".to_owned(), "L".to_owned()]),
            required: false,
            created: Timestamp(1),
        };
        let mut batch = Batch::new();
        put(&mut batch, &anna, None, &field).unwrap();
        store.commit(batch).await.unwrap();
        let mut batch = Batch::new();
        put(&mut batch, &anna, None, &field).unwrap();
        assert!(store.commit(batch).await.is_err(), "a property was defined twice");

        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(all(&snapshot, &anna).await.unwrap(), std::slice::from_ref(&field));
        let other = PrincipalId::parse("ann").unwrap();
        assert!(all(&snapshot, &other).await.unwrap().is_empty(), "another's fields are listed");
        let read = get(&snapshot, &anna, "X-SIZE").await.unwrap().unwrap();
        let changed = Field { required: true, ..field };
        let mut batch = Batch::new();
        put(&mut batch, &anna, Some(&read), &changed).unwrap();
        store.commit(batch).await.unwrap();
        let mut late = Batch::new();
        remove(&mut late, &anna, &read);
        assert!(store.commit(late).await.is_err(), "an older state was removed");

        let snapshot = store.snapshot().await.unwrap();
        let read = get(&snapshot, &anna, "X-SIZE").await.unwrap().unwrap();
        assert_eq!(read.record, changed);
        let mut batch = Batch::new();
        remove(&mut batch, &anna, &read);
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert!(get(&snapshot, &anna, "X-SIZE").await.unwrap().is_none());
    }
}
