//! The one place that decides who may do what. Every href passes it: the request's own, those
//! inside multiget, `Destination`, `If`, expand-property and sync.
//!
//! | | own | shared for reading | shared for writing | of others |
//! |---|---|---|---|---|
//! | principal | read, write properties | – | – | read if acquainted, else hidden |
//! | home | all | – | – | hidden |
//! | collection | all | read | all but remove, share, read ACL | hidden |
//! | member | all | read | all but share, read ACL | hidden |
//! | generated collection | read, write properties, share | read | read | hidden |
//! | member of it | read | read | read | hidden |
//! | calendar of interactions | read, write properties | – | – | hidden |
//! | member of it | read | – | – | hidden |
//! | scheduling inbox | read, unbind, write properties | – | – | hidden |
//! | member of it | read, write properties, remove | – | – | hidden |
//!
//! A delegate reads the calendar home of whom they act for, and stands to the calendars in it as
//! if they were shared with them, the inbox and the calendar of interactions left out.
//!
//! An administrator is nobody special here: administering accounts is not reading
//! what others keep.
//! A device that is read-only may write nothing, one that sees only some books finds the others
//! hidden. The server manages ACLs itself (RFC 3744 §5.5.5), so nobody holds `write-acl`.

use super::privilege::Privilege;
use crate::base::{CollectionId, Identity, PrincipalId};
use crate::store::collection::{Kind, Role};
use crate::store::grants::Access;

/// What somebody wants to do with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See it, its properties and, of a collection, what is in it.
    Read,
    /// Ask for one's own privileges.
    ReadPrivileges,
    /// Replace the content of an existing member.
    WriteContent,
    /// Change or remove its properties.
    WriteProperties,
    /// Add a member to this collection, or a collection to this home.
    Bind,
    /// Take a member out of this collection, or a collection out of this home.
    Unbind,
    /// Take this resource itself away; needs `unbind` on what holds it.
    Remove,
    /// Break the lock of somebody else.
    Unlock,
    /// See who else has access.
    ReadAcl,
    /// Replace the access control list.
    WriteAcl,
    /// Decide who else has access, outside of WebDAV.
    Share,
}

/// What the action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// `/`, `/dav/` and other places that hold nothing of anybody.
    Root,
    /// What holds the principals.
    PrincipalCollection,
    /// A user or group.
    Principal {
        /// Which one.
        id: &'a PrincipalId,
        /// Does the caller know of them anyway?
        acquainted: bool,
    },
    /// What holds the homes.
    HomeCollection,
    /// The home of a user's books or calendars.
    Home {
        /// Whose it is.
        owner: &'a PrincipalId,
        /// What it holds; `None` for what is in it and no collection.
        kind: Option<Kind>,
    },
    /// A book or calendar.
    Collection(Held<'a>),
    /// A card or event.
    Member(Held<'a>),
}

/// The collection that a collection or member resource is or lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// Its number.
    pub id: CollectionId,
    /// Whose it is.
    pub owner: &'a PrincipalId,
    /// What was granted to the caller, if it is not their own
    /// ([`crate::store::grants::access`]).
    pub grant: Option<Access>,
    /// What it holds: delegates are delegates in calendars.
    pub kind: Kind,
    /// What the collection is for: what the server fills is not for anybody else to fill.
    pub role: Role,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allowed,
    /// No, though the caller may know that it exists: 403 with `DAV:need-privileges`.
    Denied(Needed),
    /// The caller may not know that it exists: 404.
    Hidden,
}

/// The privilege that was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// Which one.
    pub privilege: Privilege,
    /// On the collection that holds the resource, not on the resource itself.
    pub on_parent: bool,
}

/// May `identity` do `action` with `resource`?
pub fn authorize(identity: &Identity, action: Action, resource: Resource<'_>) -> Decision {
    let standing = Standing::of(identity, resource);
    if standing == Standing::None {
        return Decision::Hidden;
    }
    let device_allows = !identity.profile.read_only || !action.writes();
    if device_allows && standing.allows(action, resource, &identity.profile.books) {
        Decision::Allowed
    } else {
        Decision::Denied(action.needs())
    }
}

/// What somebody is to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    None,
    Guest,
    Sharee(Access),
    Owner,
}

impl Standing {
    fn of(identity: &Identity, resource: Resource<'_>) -> Self {
        match resource {
            Resource::Root | Resource::PrincipalCollection | Resource::HomeCollection => {
                Self::Guest
            }
            Resource::Principal { id, .. } | Resource::Home { owner: id, .. }
                if *id == identity.principal =>
            {
                Self::Owner
            }
            Resource::Principal { acquainted: true, .. } => Self::Guest,
            Resource::Home { owner, kind: Some(Kind::Calendar) }
                if identity.delegation(owner).is_some() =>
            {
                Self::Guest
            }
            Resource::Principal { .. } | Resource::Home { .. } => Self::None,
            Resource::Collection(held) | Resource::Member(held) => {
                if !identity.profile.shows(held.id) {
                    Self::None
                } else if *held.owner == identity.principal {
                    Self::Owner
                } else if matches!(held.role, Role::Inbox | Role::Interactions) {
                    // Messages are for one person, and so is what was said with contacts: who may
                    // see a book, or act in calendars, may not see all of it.
                    Self::None
                } else {
                    Self::sharee(identity, held)
                }
            }
        }
    }

    /// What was granted on the collection or by delegation, whichever is more.
    fn sharee(identity: &Identity, held: Held<'_>) -> Self {
        let delegation = identity.delegation(held.owner).filter(|_| held.kind == Kind::Calendar);
        let delegated =
            delegation.map(|one| if one.write { Access::ReadWrite } else { Access::Read });
        let access = held.grant.max(delegated);
        match held.role {
            Role::Plain => access.map_or(Self::None, Self::Sharee),
            // Nobody but its owner changes even the looks of what the server fills.
            _ => access.map_or(Self::None, |_| Self::Sharee(Access::Read)),
        }
    }

    fn allows(self, action: Action, resource: Resource<'_>, books: &[CollectionId]) -> bool {
        if matches!(action, Action::Read | Action::ReadPrivileges) {
            return self != Self::None;
        }
        if !resource.takes(action) {
            return false;
        }
        match self {
            Self::None | Self::Guest | Self::Sharee(Access::Read) => false,
            Self::Sharee(Access::ReadWrite) => match action {
                Action::Remove => matches!(resource, Resource::Member(_)),
                action => !matches!(action, Action::ReadAcl | Action::WriteAcl | Action::Share),
            },
            Self::Owner => match resource {
                Resource::Principal { .. } => {
                    matches!(action, Action::WriteProperties | Action::ReadAcl)
                }
                Resource::Home { .. } => match action {
                    // A book made here would be hidden from the device that made it.
                    Action::Bind => books.is_empty(),
                    action => !matches!(action, Action::Remove | Action::WriteAcl | Action::Share),
                },
                _ => action != Action::WriteAcl,
            },
        }
    }
}

impl Resource<'_> {
    /// Can anybody at all do this with it? The server alone fills what it generates, and
    /// delivers to inboxes.
    fn takes(self, action: Action) -> bool {
        let (held, is_member) = match self {
            Resource::Collection(held) => (held, false),
            Resource::Member(held) => (held, true),
            _ => return true,
        };
        match (held.role, is_member) {
            (Role::Plain, _) => true,
            (Role::Birthdays | Role::Segment, false) => {
                matches!(action, Action::WriteProperties | Action::ReadAcl | Action::Share)
            }
            (Role::Subscribed, false) => matches!(
                action,
                Action::Remove | Action::WriteProperties | Action::ReadAcl | Action::Share
            ),
            (Role::Interactions, false) => {
                matches!(action, Action::WriteProperties | Action::ReadAcl)
            }
            (Role::Birthdays | Role::Subscribed | Role::Interactions | Role::Segment, true) => {
                action == Action::ReadAcl
            }
            (Role::Inbox, false) => {
                matches!(action, Action::Unbind | Action::WriteProperties | Action::ReadAcl)
            }
            (Role::Inbox, true) => {
                matches!(action, Action::Remove | Action::WriteProperties | Action::ReadAcl)
            }
        }
    }
}

impl Action {
    /// Does it change anything?
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Read | Self::ReadPrivileges | Self::ReadAcl)
    }

    /// The privilege it takes (RFC 3744 Appendix B).
    pub const fn needs(self) -> Needed {
        let (privilege, on_parent) = match self {
            Self::Read => (Privilege::Read, false),
            Self::ReadPrivileges => (Privilege::ReadCurrentUserPrivilegeSet, false),
            Self::WriteContent => (Privilege::WriteContent, false),
            Self::WriteProperties => (Privilege::WriteProperties, false),
            Self::Bind => (Privilege::Bind, false),
            Self::Unbind => (Privilege::Unbind, false),
            Self::Remove => (Privilege::Unbind, true),
            Self::Unlock => (Privilege::Unlock, false),
            Self::ReadAcl => (Privilege::ReadAcl, false),
            Self::WriteAcl | Self::Share => (Privilege::WriteAcl, false),
        };
        Needed { privilege, on_parent }
    }
}

#[cfg(test)]
mod tests;
