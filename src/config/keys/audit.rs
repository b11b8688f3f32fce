//! How long it is known who changed what.

use super::{Key, key, number};

pub(super) const KEYS: &[Key] = &[key(
    "audit",
    "keep_days",
    number("days", 0, 36_500),
    "How long entries of the audit are kept; older ones go, the chain of the others still holds. 0: for ever.",
)];
