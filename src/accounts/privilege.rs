//! Privileges in the words of RFC 3744 §3, derived from [`authorize`] so that what a client is
//! told and what it may do never differ.

use super::authorize::{Action, Decision, Resource, authorize};
use crate::base::Identity;

/// A privilege of `DAV:`, and one of CalDAV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// Everything below.
    All,
    /// Contains the next two.
    Read,
    /// Ask for one's own privileges.
    ReadCurrentUserPrivilegeSet,
    /// Learn when a calendar is busy (RFC 4791 §6.1.1); only calendars tell of it.
    ReadFreeBusy,
    /// Contains the next four.
    Write,
    /// Replace properties.
    WriteProperties,
    /// Replace content.
    WriteContent,
    /// Add a member.
    Bind,
    /// Take a member away.
    Unbind,
    /// Break locks.
    Unlock,
    /// Read the access control list.
    ReadAcl,
    /// Replace the access control list.
    WriteAcl,
}

impl Privilege {
    /// Every privilege with the one that contains it, each after its container: the tree of
    /// `DAV:supported-privilege-set`.
    pub const TREE: [(Self, Option<Self>); 12] = [
        (Self::All, None),
        (Self::Read, Some(Self::All)),
        (Self::ReadCurrentUserPrivilegeSet, Some(Self::Read)),
        (Self::ReadFreeBusy, Some(Self::Read)),
        (Self::Write, Some(Self::All)),
        (Self::WriteProperties, Some(Self::Write)),
        (Self::WriteContent, Some(Self::Write)),
        (Self::Bind, Some(Self::Write)),
        (Self::Unbind, Some(Self::Write)),
        (Self::Unlock, Some(Self::All)),
        (Self::ReadAcl, Some(Self::All)),
        (Self::WriteAcl, Some(Self::All)),
    ];

    /// Its local name: in CalDAV's namespace that of [`Self::ReadFreeBusy`], in `DAV:` the others.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Read => "read",
            Self::ReadCurrentUserPrivilegeSet => "read-current-user-privilege-set",
            Self::ReadFreeBusy => "read-free-busy",
            Self::Write => "write",
            Self::WriteProperties => "write-properties",
            Self::WriteContent => "write-content",
            Self::Bind => "bind",
            Self::Unbind => "unbind",
            Self::Unlock => "unlock",
            Self::ReadAcl => "read-acl",
            Self::WriteAcl => "write-acl",
        }
    }

    /// What it allows, in a few words for people (`DAV:description`).
    pub const fn description(self) -> &'static str {
        match self {
            Self::All => "Everything",
            Self::Read => "Read",
            Self::ReadCurrentUserPrivilegeSet => "Ask for one's own privileges",
            Self::ReadFreeBusy => "Learn when it is busy",
            Self::Write => "Write",
            Self::WriteProperties => "Change properties",
            Self::WriteContent => "Change contents",
            Self::Bind => "Add something",
            Self::Unbind => "Take something away",
            Self::Unlock => "Break locks",
            Self::ReadAcl => "See who has access",
            Self::WriteAcl => "Decide who has access",
        }
    }

    /// The action that needs exactly this privilege on the resource itself; `None` for those that
    /// only contain others.
    const fn action(self) -> Option<Action> {
        match self {
            Self::All | Self::Write => None,
            Self::Read | Self::ReadFreeBusy => Some(Action::Read),
            Self::ReadCurrentUserPrivilegeSet => Some(Action::ReadPrivileges),
            Self::WriteProperties => Some(Action::WriteProperties),
            Self::WriteContent => Some(Action::WriteContent),
            Self::Bind => Some(Action::Bind),
            Self::Unbind => Some(Action::Unbind),
            Self::Unlock => Some(Action::Unlock),
            Self::ReadAcl => Some(Action::ReadAcl),
            Self::WriteAcl => Some(Action::WriteAcl),
        }
    }

    fn held(self, identity: &Identity, resource: Resource<'_>) -> bool {
        match self.action() {
            Some(action) => authorize(identity, action, resource) == Decision::Allowed,
            None => Self::TREE
                .iter()
                .filter(|(_, container)| *container == Some(self))
                .all(|(part, _)| part.held(identity, resource)),
        }
    }
}

/// The privileges `identity` holds on `resource`, containers and contained ones alike: some
/// clients look only for `write`, others only for `write-content`.
pub fn privileges(identity: &Identity, resource: Resource<'_>) -> impl Iterator<Item = Privilege> {
    Privilege::TREE
        .into_iter()
        .map(|(privilege, _)| privilege)
        .filter(move |privilege| privilege.held(identity, resource))
}
