//! Dead properties: fragments of XML that clients stored and get back as they were.

use super::collection::Kind;
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use crate::base::{CollectionId, PrincipalId};

/// What a dead property belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A collection.
    Collection(CollectionId),
    /// A member of a collection.
    Member(CollectionId, &'a str),
    /// A user's home of collections of one kind.
    Home(Kind, &'a PrincipalId),
    /// A principal.
    Principal(&'a PrincipalId),
}

/// A dead property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The element's namespace.
    pub namespace: String,
    /// The element's local name.
    pub local: String,
    /// The element as a self-contained fragment.
    pub fragment: String,
}

// === impl Holder ===

impl Holder<'_> {
    fn prefix(&self) -> Vec<u8> {
        let key = Key::of(keys::table::PROPERTY);
        match self {
            Self::Collection(id) => key.bytes(b"c").number(id.0).done(),
            Self::Member(id, name) => key.bytes(b"m").number(id.0).text(name).done(),
            Self::Home(Kind::AddressBook, owner) => key.bytes(b"h").text(owner.as_str()).done(),
            Self::Home(Kind::Calendar, owner) => key.bytes(b"k").text(owner.as_str()).done(),
            Self::Principal(id) => key.bytes(b"p").text(id.as_str()).done(),
        }
    }

    fn key(&self, namespace: &str, local: &str) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(namespace.as_bytes());
        key.push(0);
        key.extend_from_slice(local.as_bytes());
        key
    }
}

/// All dead properties of `holder`.
pub async fn list(snapshot: &Snapshot, holder: &Holder<'_>) -> Result<Vec<Property>, EngineError> {
    let prefix = holder.prefix();
    let mut properties = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let rest = String::from_utf8_lossy(key.get(prefix.len()..).unwrap_or_default());
            if let Some((namespace, local)) = rest.split_once('\0') {
                properties.push(Property {
                    namespace: namespace.to_owned(),
                    local: local.to_owned(),
                    fragment: String::from_utf8_lossy(value).into_owned(),
                });
            }
            Step::Continue
        })
        .await?;
    Ok(properties)
}

/// Has any member of the collection dead properties? (Listings ask once, not for each member.)
pub async fn on_members(snapshot: &Snapshot, id: CollectionId) -> Result<bool, EngineError> {
    let prefix = Key::of(keys::table::PROPERTY).bytes(b"m").number(id.0).done();
    let mut any = false;
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, _| {
            any = true;
            Step::Stop
        })
        .await?;
    Ok(any)
}

/// Adds a dead property to `batch`.
pub fn put(batch: &mut Batch, holder: &Holder<'_>, property: &Property) {
    let key = holder.key(&property.namespace, &property.local);
    batch.put(key, property.fragment.as_bytes().to_vec());
}

/// Adds the end of a dead property to `batch`.
pub fn delete(batch: &mut Batch, holder: &Holder<'_>, namespace: &str, local: &str) {
    batch.delete(holder.key(namespace, local));
}

/// Adds the move (or copy) of all dead properties of `from` to `to` to `batch`.
pub async fn carry(
    snapshot: &Snapshot,
    batch: &mut Batch,
    from: &Holder<'_>,
    to: &Holder<'_>,
    keep: bool,
) -> Result<(), EngineError> {
    clear(snapshot, batch, to).await?;
    for property in list(snapshot, from).await? {
        put(batch, to, &property);
        if !keep {
            delete(batch, from, &property.namespace, &property.local);
        }
    }
    Ok(())
}

/// Adds the end of all dead properties of `holder` to `batch`.
pub async fn clear(
    snapshot: &Snapshot,
    batch: &mut Batch,
    holder: &Holder<'_>,
) -> Result<(), EngineError> {
    for property in list(snapshot, holder).await? {
        delete(batch, holder, &property.namespace, &property.local);
    }
    Ok(())
}
