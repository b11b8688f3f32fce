//! Typed identifiers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names a user or a group in paths and records: 1-64 of `a-z 0-9 . _ -`, beginning with a
/// letter or digit, so that it never needs escaping in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrincipalId(String);

/// Numbers a collection for its whole life; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CollectionId(pub u64);

/// Numbers a device (an app password) for its whole life; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub u64);

/// Numbers a contact for its whole life; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactId(pub u64);

/// The last path segment of a member or collection, decoded: 1-255 bytes of UTF-8 without
/// `/`, control characters, and not `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectName(String);

// === impl PrincipalId ===

impl PrincipalId {
    /// Takes `id` if it is a valid principal id.
    pub fn parse(id: &str) -> Option<Self> {
        let fits = (1..=64).contains(&id.len())
            && id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
        fits.then(|| Self(id.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl ObjectName ===

impl ObjectName {
    /// The longest name in bytes.
    pub const MAX: usize = 255;

    /// Takes `name` if it can be a path segment.
    pub fn parse(name: &str) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&name.len())
            && name != "."
            && name != ".."
            && !name.chars().any(|c| c == '/' || c.is_control());
        fits.then(|| Self(name.to_owned()))
    }

    /// The name as text, decoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_names_that_could_leave_their_place() {
        for bad in ["", ".", "..", "a/b", "a\0b", "a\nb", &"x".repeat(256)] {
            assert!(ObjectName::parse(bad).is_none(), "{bad:?} was taken");
        }
        for bad in ["", "-a", "a b", "A", "a@b", "ä", &"x".repeat(65)] {
            assert!(PrincipalId::parse(bad).is_none(), "{bad:?} was taken");
        }
        assert!(ObjectName::parse("Ünï – 1.vcf").is_some());
        assert!(PrincipalId::parse("anna.b-2").is_some());
    }
}
