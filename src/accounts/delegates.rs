//! Delegates: users and groups that may see another user's calendars, or act in them too.

use std::collections::BTreeSet;

use super::error::AccountError;
use super::shares::access_words;
use super::{Accounts, Concerns, find, find_user};
use crate::base::PrincipalId;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::delegates;
use crate::store::engine::{Batch, Snapshot};
use crate::store::grants::Access;
use crate::store::principals;

impl Accounts {
    /// Makes `wanted` the delegates of a user that have exactly this access. Who had another one
    /// changes over; an id that nobody has is refused.
    pub async fn set_delegates(
        &self,
        owner: &str,
        access: Access,
        wanted: &[PrincipalId],
    ) -> Result<(), AccountError> {
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (owner, _) = find_user(&snapshot, owner).await?;
            principals::tie(&mut batch, &owner);
            let before = delegates::of_owner(&snapshot, &owner).await?;
            for (known, how) in &before {
                if *how == access && !wanted.contains(known) {
                    delegates::remove(&mut batch, &owner, known);
                    self.tell_of_delegate(&mut batch, &before, &owner, known, None)?;
                }
            }
            for delegate in wanted.iter().collect::<BTreeSet<_>>() {
                if principals::get(&snapshot, delegate).await?.is_none() {
                    return Err(AccountError::Unknown(delegate.to_string()));
                }
                if *delegate == owner {
                    return Err(AccountError::SharedWithOwner);
                }
                principals::tie(&mut batch, delegate);
                delegates::put(&mut batch, &owner, delegate, access)?;
                self.tell_of_delegate(&mut batch, &before, &owner, delegate, Some(access))?;
            }
            if change.done(batch).await? {
                return Ok(());
            }
        }
    }

    /// Lets a user or group act for a user, or changes how, or ends it (`None`).
    pub async fn delegate(
        &self,
        owner: &str,
        with: &str,
        access: Option<Access>,
    ) -> Result<PrincipalId, AccountError> {
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (owner, _) = find_user(&snapshot, owner).await?;
            let (delegate, _) = find(&snapshot, with).await?;
            if delegate == owner {
                return Err(AccountError::SharedWithOwner);
            }
            principals::tie(&mut batch, &owner);
            principals::tie(&mut batch, &delegate);
            match access {
                Some(access) => delegates::put(&mut batch, &owner, &delegate, access)?,
                None => delegates::remove(&mut batch, &owner, &delegate),
            }
            let before = delegates::of_owner(&snapshot, &owner).await?;
            self.tell_of_delegate(&mut batch, &before, &owner, &delegate, access)?;
            if change.done(batch).await? {
                return Ok(delegate);
            }
        }
    }

    /// Tells the audit of a delegate who may do `now`, if that is not what it was.
    fn tell_of_delegate(
        &self,
        batch: &mut Batch,
        before: &[(PrincipalId, Access)],
        owner: &PrincipalId,
        delegate: &PrincipalId,
        now: Option<Access>,
    ) -> Result<(), AccountError> {
        let was = before.iter().find(|(known, _)| known == delegate).map(|(_, how)| *how);
        let verb = match (was, now) {
            (was, now) if was == now => return Ok(()),
            (None, _) => Verb::Added,
            (Some(_), None) => Verb::Removed,
            (Some(_), Some(_)) => Verb::Changed,
        };
        let (name, detail) = (delegate.as_str(), now.map_or("", access_words));
        let deed = Deed::of(Subject::Delegate, verb, owner.as_str());
        self.tell(batch, Deed { name, detail, ..deed })
    }

    /// The delegates of a user.
    pub async fn delegates(&self, owner: &str) -> Result<Vec<(PrincipalId, Access)>, AccountError> {
        let snapshot = self.store.snapshot().await?;
        let (owner, _) = find_user(&snapshot, owner).await?;
        delegates::of_owner(&snapshot, &owner).await.map_err(Into::into)
    }
}

/// Takes a principal that goes away out of all delegation.
pub(super) async fn forget(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: &PrincipalId,
) -> Result<(), AccountError> {
    for (delegate, _) in delegates::of_owner(snapshot, id).await? {
        delegates::remove(batch, id, &delegate);
    }
    for (owner, _) in delegates::of_delegate(snapshot, id).await? {
        delegates::remove(batch, &owner, id);
    }
    Ok(())
}
