//! What can be asked of the audit.

use serde::{Deserialize, Serialize};

/// Which entries are wanted: those of which all that is said here is true.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Something of this user was changed, or the user changed something.
    pub user: Option<String>,
    /// From this day or moment on.
    pub since: Option<String>,
    /// Up to the end of this day, or up to this moment.
    pub until: Option<String>,
    /// It is about this contact.
    pub contact: Option<String>,
    /// It came from a device of this label.
    pub device: Option<String>,
    /// At most so many, the latest.
    pub limit: usize,
}
