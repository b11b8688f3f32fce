//! The vCard versions.

use std::fmt;

/// A version of vCard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2.1, of the versit consortium; read, never served.
    V21,
    /// 3.0, RFC 2426.
    V30,
    /// 4.0, RFC 6350.
    V40,
}

impl Version {
    /// As it stands in a `VERSION` property or a media type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V21 => "2.1",
            Self::V30 => "3.0",
            Self::V40 => "4.0",
        }
    }

    /// The version that exactly `text` names, white space around it aside.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::V21, Self::V30, Self::V40].into_iter().find(|v| v.as_str() == text.trim())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
