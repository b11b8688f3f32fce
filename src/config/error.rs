//! What can be wrong with the settings, in words that tell what to change.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

/// Settings that cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    Syntax {
        /// File and line.
        place: String,
        /// What the parser says.
        message: String,
    },
    /// A key or section that does not exist.
    UnknownKey {
        /// File and line, variable or flag.
        place: String,
        /// The key as given.
        key: String,
        /// The nearest key that exists, in the form it must be given in.
        nearest: String,
    },
    /// A value of the wrong type or out of bounds.
    WrongValue {
        /// File and line, variable or flag.
        place: String,
        /// The key.
        key: String,
        /// What was given.
        found: String,
        /// What is expected, with its unit.
        expected: String,
    },
    /// Two settings that do not fit together.
    Contradiction(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, source } => {
                write!(f, "The settings file {} cannot be read: {source}.", path.display())
            }
            Self::Syntax { place, message } => {
                write!(f, "{place}: this is not valid TOML: {message}")
            }
            Self::UnknownKey { place, key, nearest } => {
                write!(f, "{place}: there is no setting `{key}`; the nearest is `{nearest}`.")
            }
            Self::WrongValue { place, key, found, expected } => {
                write!(f, "{place}: `{key}` is {found}, but must be {expected}.")
            }
            Self::Contradiction(message) => f.write_str(message),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}
