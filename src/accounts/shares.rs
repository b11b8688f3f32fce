//! Shares: books and calendars that others may use, for reading or also for writing.

use super::error::AccountError;
use super::{Accounts, Concerns, find, find_user};
use crate::base::PrincipalId;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection::{self, Found, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::grants::{self, Access, Grant};
use crate::store::principals;

/// A collection of a user, by its path segment.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The segment.
    pub name: &'a str,
    /// What it holds; if that is left open, a book goes before a calendar.
    pub kind: Option<Kind>,
}

impl<'a> From<&'a str> for Named<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, kind: None }
    }
}

/// What a share is to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What they may do.
    pub access: Access,
    /// Is what was with a contact left out of what they see?
    pub without_history: bool,
}

impl From<Access> for Terms {
    fn from(access: Access) -> Self {
        Self { access, without_history: false }
    }
}

/// One share of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareEntry {
    /// Whose book.
    pub owner: PrincipalId,
    /// The book's path segment.
    pub book: String,
    /// With whom.
    pub with: PrincipalId,
    /// What is allowed.
    pub access: Access,
    /// Is the history left out?
    pub without_history: bool,
}

impl Accounts {
    /// Shares a user's book with a user or group, or changes what a share allows.
    pub async fn share(
        &self,
        owner: &str,
        book: impl Into<Named<'_>>,
        with: &str,
        terms: impl Into<Terms>,
    ) -> Result<ShareEntry, AccountError> {
        let (book, Terms { access, without_history }) = (book.into(), terms.into());
        let now = self.store.now();
        let mut change = self.change(Concerns::Nobody);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (owner, found) = find_book(&snapshot, owner, book).await?;
            let (grantee, _) = find(&snapshot, with).await?;
            if grantee == owner {
                return Err(AccountError::SharedWithOwner);
            }
            found.witness.require(&mut batch);
            principals::tie(&mut batch, &grantee);
            let grant = Grant {
                collection: found.collection.id,
                owner: owner.clone(),
                grantee: grantee.clone(),
                access,
                created: now,
                without_history,
            };
            grants::put(&mut batch, &grant)?;
            let shared = grants::of_collection(&snapshot, grant.collection).await?;
            let is_there = shared.iter().any(|one| one.grantee == grantee);
            let verb = if is_there { Verb::Changed } else { Verb::Added };
            let what = format!(
                "{}{}",
                access_words(access),
                if without_history { ", without history" } else { "" }
            );
            let deed = Deed {
                place: &found.collection.name,
                name: grantee.as_str(),
                detail: &what,
                ..Deed::of(Subject::Share, verb, owner.as_str())
            };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(ShareEntry {
                    owner,
                    book: found.collection.name,
                    with: grantee,
                    access,
                    without_history,
                });
            }
        }
    }

    /// Ends a share; the other side loses access at once.
    pub async fn unshare(
        &self,
        owner: &str,
        book: impl Into<Named<'_>>,
        with: &str,
    ) -> Result<(), AccountError> {
        let book = book.into();
        let mut change = self.change(Concerns::Nobody);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (owner, found) = find_book(&snapshot, owner, book).await?;
            let (grantee, _) = find(&snapshot, with).await?;
            let id = found.collection.id;
            let shared = grants::of_collection(&snapshot, id).await?;
            if !shared.iter().any(|grant| grant.grantee == grantee) {
                let (book, with) = (book.name.to_owned(), with.to_owned());
                return Err(AccountError::NotShared { book, with });
            }
            principals::tie(&mut batch, &grantee);
            grants::remove(&mut batch, id, &grantee);
            let deed = Deed {
                place: &found.collection.name,
                name: grantee.as_str(),
                ..Deed::of(Subject::Share, Verb::Removed, owner.as_str())
            };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(());
            }
        }
    }

    /// With whom a user's books are shared; of one book, or of all.
    pub async fn shares(
        &self,
        owner: &str,
        book: Option<&str>,
    ) -> Result<Vec<ShareEntry>, AccountError> {
        let snapshot = self.store.snapshot().await?;
        let books = if let Some(book) = book {
            vec![find_book(&snapshot, owner, book.into()).await?.1]
        } else {
            let (owner, _) = find_user(&snapshot, owner).await?;
            collection::list_all(&snapshot, &owner).await?
        };
        let mut entries = Vec::new();
        for Found { collection, .. } in books {
            for grant in grants::of_collection(&snapshot, collection.id).await? {
                entries.push(ShareEntry {
                    owner: grant.owner,
                    book: collection.name.clone(),
                    with: grant.grantee,
                    access: grant.access,
                    without_history: grant.without_history,
                });
            }
        }
        Ok(entries)
    }
}

/// What somebody may do, for the audit.
pub(super) const fn access_words(access: Access) -> &'static str {
    match access {
        Access::Read => "to read",
        Access::ReadWrite => "to read and change",
    }
}

/// The book or calendar of a user by its path segment.
async fn find_book(
    snapshot: &Snapshot,
    owner: &str,
    Named { name, kind }: Named<'_>,
) -> Result<(PrincipalId, Found), AccountError> {
    let (id, _) = find_user(snapshot, owner).await?;
    let found = match kind {
        Some(kind) => collection::find(snapshot, &id, kind, name).await?,
        None => collection::find_any(snapshot, &id, name).await?,
    };
    // Nobody knows of these of another, so nobody can be given them.
    let is_private =
        |found: &Found| matches!(found.collection.role, Role::Inbox | Role::Interactions);
    match found.filter(|found| !is_private(found)) {
        Some(found) => Ok((id, found)),
        None => Err(AccountError::UnknownBook { owner: owner.to_owned(), book: name.to_owned() }),
    }
}
