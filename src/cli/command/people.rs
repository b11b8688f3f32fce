//! What can be asked about tags and follow-ups.

use serde::{Deserialize, Serialize};

/// What is done to tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum TagCommand {
    /// List them.
    List,
    /// Make one, or give it another colour.
    Create {
        /// Its name.
        tag: String,
        /// `#RRGGBB`
        color: Option<String>,
    },
    /// Tag cards, or take a tag off them.
    Mark {
        /// The tag.
        tag: String,
        /// Which cards.
        who: Vec<String>,
        /// Do they get it?
        add: bool,
    },
    /// Give one another name.
    Rename {
        /// The tag.
        tag: String,
        /// The new name.
        to: String,
        /// May it become one with a tag of that name?
        merge: bool,
    },
    /// Take one off all cards.
    Delete {
        /// The tag.
        tag: String,
    },
}

/// What can be done with follow-ups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FollowUpCommand {
    /// Add one.
    Add {
        /// About which contact.
        who: String,
        /// What is to be done.
        text: String,
        /// On which day.
        due: Option<String>,
    },
    /// List them.
    List {
        /// Also what is done or was dropped?
        all: bool,
    },
    /// One is done.
    Done {
        /// Which one.
        id: String,
    },
    /// Put one off.
    Snooze {
        /// Which one.
        id: String,
        /// To which day.
        day: String,
    },
    /// Take one off the list.
    Drop {
        /// Which one.
        id: String,
    },
}
