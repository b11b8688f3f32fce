//! Finding bearers of words: of a whole word, of all that begin like this, of all that hold it.

use super::{Class, ENDING, PARTIAL, POSTING, SHORTEST_ENDING, Scope};
use crate::base::CollectionId;
use crate::store::engine::{EngineError, Snapshot, Step};
use crate::store::keys::{self, Key};

/// Hands the bearers of `word` in a class to `visit`, ascending, until it stops.
pub async fn bearers(
    snapshot: &Snapshot,
    scope: &Scope,
    class: Class,
    word: &str,
    mut visit: impl FnMut(u64) -> Step + Send,
) -> Result<(), EngineError> {
    let prefix = scope.key(POSTING).bytes(&[class.0]).text(word).done();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| match number_in(key) {
            Some(number) => visit(number),
            None => Step::Continue,
        })
        .await
}

/// Hands the words of a class that begin with `start`, each with each of its bearers, to `visit`,
/// ascending, until it stops.
pub async fn beginning(
    snapshot: &Snapshot,
    scope: &Scope,
    class: Class,
    start: &str,
    mut visit: impl FnMut(&[u8], u64) -> Step + Send,
) -> Result<(), EngineError> {
    let words = scope.key(POSTING).bytes(&[class.0]).done();
    let from = [&words[..], start.as_bytes()].concat();
    snapshot
        .scan(&from, &keys::after(&from), |key, _| {
            let word = key.get(words.len()..key.len().saturating_sub(9));
            match (word, number_in(key)) {
                (Some(word), Some(number)) => visit(word, number),
                _ => Step::Continue,
            }
        })
        .await
}

/// Can words be found by `part` inside of them?
pub fn is_findable_inside(part: &str) -> bool {
    part.len() >= SHORTEST_ENDING
}

/// Up to `most` words that have `part` inside of them, not at their beginning, in the order of
/// their endings; a word may be there twice. `part` is [findable](is_findable_inside).
pub async fn holding(
    snapshot: &Snapshot,
    scope: &Scope,
    part: &str,
    most: usize,
) -> Result<Vec<String>, EngineError> {
    let endings = scope.key(ENDING).done();
    let from = [&endings[..], part.as_bytes()].concat();
    let mut words = Vec::new();
    snapshot
        .scan(&from, &keys::after(&from), |key, _| {
            let row = key.get(endings.len()..).unwrap_or_default();
            let mut parts = row.splitn(2, |byte| *byte == 0);
            if let (Some(ending), Some(beginning)) = (parts.next(), parts.next()) {
                let word = [beginning, ending].concat();
                words.extend(String::from_utf8(word).ok());
            }
            if words.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(words)
}

/// Up to `most` members of a book that have words which are not in the index.
pub async fn partial(
    snapshot: &Snapshot,
    id: CollectionId,
    most: usize,
) -> Result<Vec<u64>, EngineError> {
    let prefix = Key::of(PARTIAL).number(id.0).done();
    let mut numbers = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            numbers.extend(number_in(key));
            if numbers.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(numbers)
}

/// Does anybody in the scope bear a word of this class?
pub async fn has_any(
    snapshot: &Snapshot,
    scope: &Scope,
    class: Class,
) -> Result<bool, EngineError> {
    let mut any = false;
    beginning(snapshot, scope, class, "", |_, _| {
        any = true;
        Step::Stop
    })
    .await?;
    Ok(any)
}

fn number_in(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|number| u64::from_be_bytes(*number))
}
