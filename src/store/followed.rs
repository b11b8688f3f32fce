//! How far an index that is made of the cards of a book follows that book's change log.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::decode;
use super::engine::{Batch, EngineError, Snapshot};
use super::stored::{self, Stored};

const VERSION: u8 = 1;

/// How far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State<F> {
    /// The form of what is written, and what else it depends on; another one has everything
    /// written anew.
    pub form: F,
    /// Changes up to this number were taken in.
    pub head: u64,
    /// While the book is gone through as a whole: the last member that was, or an empty text.
    pub after: Option<String>,
}

/// What `key` says; `None` before the first time.
pub async fn state<F: DeserializeOwned>(
    snapshot: &Snapshot,
    key: Vec<u8>,
) -> Result<Option<Stored<State<F>>>, EngineError> {
    stored::read(snapshot, VERSION, key).await
}

/// What a row says.
pub(super) fn read<F: DeserializeOwned>(value: &[u8]) -> Result<State<F>, EngineError> {
    decode(VERSION, value)
}

/// Adds the step from the state that was `read` at `key` to `now` to `batch`.
pub fn advance<F: Serialize>(
    batch: &mut Batch,
    key: Vec<u8>,
    read: Option<&Stored<State<F>>>,
    now: &State<F>,
) -> Result<(), EngineError> {
    stored::advance(batch, VERSION, key, read, now)
}
