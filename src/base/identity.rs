//! Who is asking: the signed-in principal, the device it uses and that device's profile.

use serde::{Deserialize, Serialize};

use super::id::{CollectionId, DeviceId, PrincipalId};

/// A signed-in caller. Made for each request anew, never kept with a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub principal: PrincipalId,
    /// The groups the user is a member of, directly or through groups.
    pub groups: Vec<PrincipalId>,
    /// The device whose app password was used; `None` for the user's own password.
    pub device: Option<DeviceId>,
    /// The device's label, for history and logs.
    pub device_label: String,
    /// What the device sees.
    pub profile: Profile,
    /// May administer users.
    pub admin: bool,
    /// For whom the user may act in calendars, themselves or through a group; each once.
    pub delegations: Vec<Delegation>,
}

/// Somebody whose calendars another one may see, or act in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Whose calendars.
    pub owner: PrincipalId,
    /// Also change what is on them?
    pub write: bool,
}

/// What one device sees of its user's data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// The books shown; empty means all.
    pub books: Vec<CollectionId>,
    /// The book listed first (macOS uses only the first).
    pub default_book: Option<CollectionId>,
    /// Every write is refused.
    pub read_only: bool,
    /// Grows with each change of the profile; part of the device's ETags and tokens once a
    /// view differs from what is stored.
    pub generation: u64,
    /// How tags are shown.
    pub groups: Groups,
    /// Is the history left out of the notes of cards?
    pub plain_notes: bool,
}

/// How a device shows the tags of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// As its program is known to want it.
    #[default]
    ByProgram,
    /// As cards of their own that list their members.
    Cards,
    /// As categories of the cards only.
    Categories,
}

impl Identity {
    /// How the user may act for `owner`, if they may.
    pub fn delegation(&self, owner: &PrincipalId) -> Option<&Delegation> {
        self.delegations.iter().find(|delegation| delegation.owner == *owner)
    }
}

impl Profile {
    /// Is this book shown on the device?
    pub fn shows(&self, book: CollectionId) -> bool {
        self.books.is_empty() || self.books.contains(&book)
    }
}
