//! The words of interactions: which contacts they lead to. They are kept in the commit that logs,
//! changes or ends an interaction.
//!
//! | key | value |
//! |---|---|
//! | `88` scope class word `00` contact | nothing: the contact has the word |
//! | `89` scope word | how many interactions with contacts have it; for words that have endings only |
//! | `8a` scope ending `00` beginning | nothing: beginning and ending together are a word of the scope |
//! | `8e` `w` contact word | how many interactions with the contact have the word |
//! | `8e` `i` number | nothing: the words of this interaction are counted |
//!
//! The scope is `o`, the owner and `00`. Prefixes are found among the words themselves, what lies
//! inside of a word among its endings. These are there once for a word, however many have it, and
//! go with the last of them.

use bytes::Bytes;

use super::key::endings;
use super::{Class, STATE, Scope, Words};
use crate::base::{ContactId, PrincipalId};
use crate::store::Store;
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::interactions::{self, Interaction};
use crate::store::keys::{self, Key};
use crate::store::stored::Stored;

const POSTING: u8 = 0x88;
pub(super) const COUNT: u8 = 0x89;
const ENDING: u8 = 0x8a;
const HISTORY: u8 = 0x8e;

/// Where all rows of the history of `owner`'s contacts begin, but for those of contacts.
pub(in crate::store) fn of_owner(owner: &PrincipalId) -> Vec<Vec<u8>> {
    let scope = Scope::history(owner);
    std::iter::once(scope.key(STATE).done()).chain(of_scope(&scope)).collect()
}

/// Where the rows of words of a scope begin.
pub(super) fn of_scope(scope: &Scope) -> Vec<Vec<u8>> {
    [POSTING, COUNT, ENDING].map(|table| scope.key(table).done()).to_vec()
}

pub(super) fn postings(scope: &Scope) -> Key {
    scope.key(POSTING).bytes(&[Class::HISTORY.0])
}

/// The rows by which what lies inside of `word` is found.
pub(super) fn ending_rows(scope: &Scope, word: &str) -> Vec<Vec<u8>> {
    let row = |ending: &str| {
        let beginning = word.as_bytes().get(..word.len() - ending.len()).unwrap_or_default();
        scope.key(ENDING).text(ending).bytes(beginning).done()
    };
    endings(word).map(row).collect()
}

/// Adds to `batch` that one more interaction has `word`, or one less.
fn count(batch: &mut Batch, scope: &Scope, word: &str, delta: i64) {
    let rows = ending_rows(scope, word);
    if !rows.is_empty() {
        batch.count(scope.key(COUNT).bytes(word.as_bytes()).done(), delta, rows);
    }
}

/// Where the words of a contact's interactions begin that begin with `start`.
pub(in crate::store) fn of_contact(contact: ContactId, start: &str) -> Vec<u8> {
    Key::of(HISTORY).bytes(b"w").number(contact.0).bytes(start.as_bytes()).done()
}

pub(in crate::store) fn counted_key(number: u64) -> Vec<u8> {
    Key::of(HISTORY).bytes(b"i").number(number).done()
}

/// Adds to `batch` that an interaction is there.
pub(in crate::store) fn came(
    store: &Store,
    batch: &mut Batch,
    number: u64,
    interaction: &Interaction,
) {
    let Some(reading) = store.reading else { return };
    tally(batch, interaction, &(reading.interaction)(interaction), 1);
    batch.put(counted_key(number), Bytes::new());
}

/// Adds to `batch` that an interaction is another one now, or none.
pub(in crate::store) async fn changed(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
    was: &Interaction,
    now: Option<&Interaction>,
) -> Result<(), EngineError> {
    let Some(reading) = store.reading else { return Ok(()) };
    let key = counted_key(number);
    let counted = snapshot.get(&key).await?;
    batch.expect_same(key.clone(), counted.as_ref());
    let (old, new) = ((reading.interaction)(was), now.map(reading.interaction));
    if let (Some(_), Some(now), Some(new)) = (&counted, now, &new)
        && old == *new
        && was.participants == now.participants
    {
        return Ok(());
    }
    if counted.is_some() {
        tally(batch, was, &old, -1);
        batch.delete(key.clone());
    }
    if let (Some(now), Some(new)) = (now, &new) {
        tally(batch, now, new, 1);
        batch.put(key, Bytes::new());
    }
    Ok(())
}

fn tally(batch: &mut Batch, interaction: &Interaction, words: &Words, delta: i64) {
    let scope = Scope::history(&interaction.owner);
    for word in words.iter() {
        for contact in &interaction.participants {
            let row = postings(&scope).text(&word.text).number(contact.0).done();
            batch.count(of_contact(*contact, &word.text), delta, vec![row]);
            count(batch, &scope, &word.text, delta);
        }
    }
}

/// Counts the words of an interaction that was logged before there was an index; `false` if that
/// was done meanwhile, or if the interaction is another one.
pub async fn catch_up(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
) -> Result<bool, EngineError> {
    let found: Option<Stored<Interaction>> = interactions::get(snapshot, number).await?;
    let key = counted_key(number);
    let Some(found) = found else { return Ok(false) };
    if snapshot.get_with(&key, |_| ()).await?.is_some() {
        return Ok(false);
    }
    found.witness.require(batch);
    batch.expect_same(key, None);
    came(store, batch, number, &found.record);
    Ok(true)
}

/// Hands the words of a contact's interactions that begin with `start` to `visit`, ascending,
/// until it stops.
pub async fn words(
    snapshot: &Snapshot,
    contact: ContactId,
    start: &str,
    mut visit: impl FnMut(&str) -> Step + Send,
) -> Result<(), EngineError> {
    let all = of_contact(contact, "");
    let from = of_contact(contact, start);
    snapshot
        .scan(&from, &keys::after(&from), |key, _| {
            let word = key.get(all.len()..).and_then(|word| std::str::from_utf8(word).ok());
            word.map_or(Step::Continue, &mut visit)
        })
        .await
}

/// Hands the contacts with whom something happened that has `word`, or with `begins` a word that
/// begins with it, to `visit`, ascending by the words, until it stops.
pub async fn contacts(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    word: &str,
    begins: bool,
    mut visit: impl FnMut(u64) -> Step + Send,
) -> Result<(), EngineError> {
    let rows = postings(&Scope::history(owner));
    let from = if begins { rows.bytes(word.as_bytes()) } else { rows.text(word) }.done();
    snapshot
        .scan(&from, &keys::after(&from), |key, _| {
            keys::last_number(key).map_or(Step::Continue, &mut visit)
        })
        .await
}

/// Up to `most` words of what happened with an owner's contacts that have `part` inside of them, not
/// at their beginning, in the order of their endings; a word may be there twice. `part` is
/// [findable](super::lookup::is_findable_inside).
pub async fn holding(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    part: &str,
    most: usize,
) -> Result<Vec<String>, EngineError> {
    let endings = Scope::history(owner).key(ENDING).done();
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

/// Did anything happen with an owner's contacts that has a word?
pub async fn has_any(snapshot: &Snapshot, owner: &PrincipalId) -> Result<bool, EngineError> {
    let mut any = false;
    contacts(snapshot, owner, "", true, |_| {
        any = true;
        Step::Stop
    })
    .await?;
    Ok(any)
}
