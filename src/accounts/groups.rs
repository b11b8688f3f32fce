//! Groups: sets of users and groups that books are shared with.

use super::delegates::forget;
use super::error::AccountError;
use super::users::{insert, logins, take_out_of_groups};
use super::{Accounts, Concerns, find, find_group, login_name};
use crate::base::{Identity, PrincipalId};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::memberships::{self, Members};
use crate::store::principals::{self, Kind, Principal, Role};
use crate::store::{collection, grants};

/// One group of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// The id in paths.
    pub id: PrincipalId,
    /// The record.
    pub group: Principal,
    /// The direct members.
    pub members: Vec<PrincipalId>,
}

impl Accounts {
    /// Adds a group without members; tells its id.
    pub async fn add_group(
        &self,
        name: &str,
        display_name: Option<String>,
    ) -> Result<PrincipalId, AccountError> {
        login_name::check(name)?;
        let name = name.trim().to_owned();
        let group = Principal {
            kind: Kind::Group,
            display_name: display_name.unwrap_or_else(|| name.clone()),
            name,
            mail: None,
            role: Role::Member,
            disabled: false,
            created: self.store.now(),
        };
        let mut change = self.change(Concerns::Nobody);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let id = insert(&snapshot, &mut batch, &group).await?;
            let deed = Deed { name: &group.name, ..group_deed(Verb::Added, &id) };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }

    /// The groups, by id.
    pub async fn groups(&self) -> Result<Vec<GroupEntry>, AccountError> {
        let snapshot = self.store.snapshot().await?;
        let mut entries = Vec::new();
        for (id, group) in principals::all(&snapshot).await? {
            if group.kind == Kind::Group {
                let members = memberships::members(&snapshot, &id).await?;
                let members = members.map(|stored| stored.record.0).unwrap_or_default();
                entries.push(GroupEntry { id, group, members: members.into_iter().collect() });
            }
        }
        Ok(entries)
    }

    /// Puts users and groups into a group and takes others out.
    pub async fn change_members(
        &self,
        group: &str,
        add: &[String],
        remove: &[String],
    ) -> Result<GroupEntry, AccountError> {
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (id, found) = find_group(&snapshot, group).await?;
            let read = memberships::members(&snapshot, &id).await?;
            let mut wanted = read.as_ref().map(|stored| stored.record.clone()).unwrap_or_default();
            principals::tie(&mut batch, &id);
            for name in add {
                let (member, _) = find(&snapshot, name).await?;
                principals::tie(&mut batch, &member);
                wanted.0.insert(member);
            }
            for name in remove {
                let (member, _) = find(&snapshot, name).await?;
                principals::tie(&mut batch, &member);
                wanted.0.remove(&member);
            }
            memberships::replace(&mut batch, &id, read.as_ref(), &wanted)?;
            let before = read.map(|stored| stored.record).unwrap_or_default();
            let came = wanted.0.difference(&before.0).map(|id| format!("+{id}"));
            let went = before.0.difference(&wanted.0).map(|id| format!("-{id}"));
            let detail = came.chain(went).collect::<Vec<_>>().join(" ");
            let deed = Deed { detail: &detail, ..group_deed(Verb::Changed, &id) };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(GroupEntry {
                    id,
                    group: found.record,
                    members: wanted.0.into_iter().collect(),
                });
            }
        }
    }

    /// Removes a group; what was shared with it no longer is.
    pub async fn remove_group(&self, group: &str) -> Result<PrincipalId, AccountError> {
        let mut change = self.change(Concerns::SignIn);
        loop {
            let (snapshot, mut batch) = change.begin().await?;
            let (id, found) = find_group(&snapshot, group).await?;
            principals::expect_ties(&snapshot, &mut batch, &id).await?;
            take_out_of_groups(&snapshot, &mut batch, &id).await?;
            let read = memberships::members(&snapshot, &id).await?;
            memberships::replace(&mut batch, &id, read.as_ref(), &Members::default())?;
            for grant in grants::of_grantee(&snapshot, &id).await? {
                grants::remove(&mut batch, grant.collection, &id);
            }
            forget(&snapshot, &mut batch, &id).await?;
            for login in logins(&found.record) {
                principals::remove_login(&mut batch, &login);
            }
            principals::remove(&mut batch, &id, &found.witness);
            let deed = Deed { name: &found.record.name, ..group_deed(Verb::Removed, &id) };
            self.tell(&mut batch, deed)?;
            if change.done(batch).await? {
                return Ok(id);
            }
        }
    }

    /// Does the caller know of this user or group anyway: as themselves, as a group they are in,
    /// as a fellow member, or through a share in either direction? Others stay hidden, so that
    /// nobody can list who uses the server.
    pub async fn acquainted(
        &self,
        identity: &Identity,
        other: &PrincipalId,
    ) -> Result<bool, AccountError> {
        if *other == identity.principal || identity.admin || identity.groups.contains(other) {
            return Ok(true);
        }
        let snapshot = self.store.snapshot().await?;
        for group in &identity.groups {
            let members = memberships::members(&snapshot, group).await?;
            if members.is_some_and(|members| members.record.0.contains(other)) {
                return Ok(true);
            }
        }
        let shared = grants::of_user(&snapshot, &identity.principal, &identity.groups).await?;
        if shared.iter().any(|grant| grant.owner == *other) {
            return Ok(true);
        }
        for book in collection::list_all(&snapshot, &identity.principal).await? {
            let grants = grants::of_collection(&snapshot, book.collection.id).await?;
            if grants.iter().any(|grant| grant.grantee == *other) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn group_deed(verb: Verb, id: &PrincipalId) -> Deed<'_> {
    Deed::of(Subject::Group, verb, id.as_str())
}
