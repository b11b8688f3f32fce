//! Who may sign in and do what: users, groups, devices, shares; the one `authorize`.

pub mod authorize;
pub mod privilege;

pub use authorize::{Action, Decision, Held, Needed, Resource, authorize};
pub use privilege::{Privilege, privileges};
