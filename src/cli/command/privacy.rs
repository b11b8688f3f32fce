//! What can be asked of a person as a whole.

use serde::{Deserialize, Serialize};

/// What to do with a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum PersonCommand {
    /// Erase somebody for good.
    Erase {
        /// Whom.
        who: String,
        /// Only tell what there is?
        preview: bool,
        /// Is it meant? It cannot be taken back.
        yes: bool,
    },
    /// List the tombstones of those who were erased.
    Erased,
    /// Let somebody who was erased come back.
    Allow {
        /// The number of the tombstone, or a UID.
        what: String,
    },
}
