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
    /// Print all that is known of somebody.
    Export {
        /// Of whom.
        who: String,
        /// For people to read, instead of JSON?
        text: bool,
    },
    /// List the tombstones of those who were erased.
    Erased,
    /// Let somebody who was erased come back.
    Allow {
        /// The number of the tombstone, or a UID.
        what: String,
    },
}

/// What to do with the answers of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum ConsentCommand {
    /// Note an answer.
    Set {
        /// Whose.
        who: String,
        /// For what.
        purpose: String,
        /// What it is.
        state: String,
        /// Where it is known from.
        source: String,
        /// On which day it was given.
        on: Option<String>,
        /// The last day on which it holds.
        until: Option<String>,
    },
    /// List what holds.
    List {
        /// For whom.
        who: String,
    },
    /// List all answers that were noted.
    History {
        /// Whose.
        who: String,
        /// For what, if only one thing is meant.
        purpose: Option<String>,
    },
}
