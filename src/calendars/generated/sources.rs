//! The address books that a user can see: their own and those shared with them.

use crate::base::{CollectionId, PrincipalId};
use crate::store::collection::{self, Kind, Role};
use crate::store::engine::{EngineError, Snapshot};
use crate::store::{change, grants, memberships};

/// A book in sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Book {
    /// Its number.
    pub id: CollectionId,
    /// Whose it is.
    pub owner: PrincipalId,
    /// The number of its last change.
    pub head: u64,
}

/// The books that `user` can see, the oldest first.
pub(super) async fn visible(
    snapshot: &Snapshot,
    user: &PrincipalId,
) -> Result<Vec<Book>, EngineError> {
    let mut found = collection::list(snapshot, user, Kind::AddressBook).await?;
    // The books of segments have what is in others.
    found.retain(|found| found.collection.role == Role::Plain);
    let groups = memberships::all_groups(snapshot, user).await?;
    for grant in grants::of_user(snapshot, user, &groups).await? {
        let shared = collection::get(snapshot, grant.collection).await?;
        found.extend(shared.filter(|found| {
            found.collection.kind == Kind::AddressBook && found.collection.deleted.is_none()
        }));
    }
    let mut books = Vec::with_capacity(found.len());
    for found in found {
        let (id, owner) = (found.collection.id, found.collection.owner);
        books.push(Book { head: change::head(snapshot, id).await?, id, owner });
    }
    books.sort_by_key(|book| book.id);
    Ok(books)
}
