//! What can go wrong in an engine.

use std::error::Error;
use std::fmt;

/// Reading failed, or the engine cannot be opened.
#[derive(Debug)]
pub struct EngineError {
    /// What was attempted, for the log and the command line.
    pub what: String,
    /// The engine's own error.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
    /// Another process has the store open; trying again may help.
    pub in_use: bool,
}

/// A batch was not applied.
#[derive(Debug)]
pub enum CommitError {
    /// The step at this place of the batch (an expectation or a bound) did not hold.
    Refused(usize),
    /// The engine failed; whether the batch was applied is known only after a new snapshot.
    Failed(EngineError),
}

impl EngineError {
    /// An error without a deeper cause.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), cause: None, in_use: false }
    }

    /// An error with the engine's own error beneath.
    pub fn caused(what: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: what.into(), cause: Some(cause.into()), in_use: false }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(f, "{}: {cause}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|c| &**c as &(dyn Error + 'static))
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(place) => write!(f, "step {place} of the batch was refused"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl Error for CommitError {}

impl From<EngineError> for CommitError {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}
