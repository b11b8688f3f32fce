//! Tags of an owner: what they are called, found by name, and what is being done to all cards
//! that bear one. Which cards those are, [`super::tag_index`] knows.
//!
//! | key | value |
//! |---|---|
//! | `50` owner `00` folded name | the number of the tag; while a tag is renamed, under both names |
//! | `51` number | [`Tag`] |
//! | `54` `p` number | [`Action`] |
//! | `54` `q` number | [`Progress`] of an action |

use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audit::{Deed, Subject, Verb};
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use super::stored::{self, Stored};
use super::{Actor, Store, counter, encode, principals, tag_index};
use crate::base::{CollectionId, PrincipalId, Timestamp, counted};

const VERSION: u8 = 1;
const ACTION: &[u8] = b"p";
const PROGRESS: &[u8] = b"q";

/// Numbers a tag for its whole life; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TagId(pub u64);

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Whose it is.
    pub owner: PrincipalId,
    /// Its name as people wrote it; `Parent/Child` lies below `Parent`.
    pub name: String,
    /// `urn:uuid:…`; stays whatever it is called.
    pub uid: String,
    /// When it came up.
    pub created: Timestamp,
    /// `#RRGGBB`, if somebody chose one.
    pub color: Option<String>,
}

/// Something that is done to many cards, some in each commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Whose tags and cards.
    pub owner: PrincipalId,
    /// Who wants it.
    pub actor: Actor,
    /// Since when.
    pub at: Timestamp,
    /// What is done.
    pub work: Work,
}

/// What is done to many cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// All cards that bear `tag` under one of the names `old` (folded) bear `into` instead, or
    /// nothing. A tag that is not `into` itself ends with that.
    Replace {
        /// The tag whose cards are gone through.
        tag: TagId,
        /// What it was called, folded.
        old: Vec<String>,
        /// What the cards are to bear.
        into: Option<TagId>,
    },
    /// Single cards get or lose a tag.
    Mark {
        /// The tag.
        tag: TagId,
        /// Which cards.
        marks: Vec<Mark>,
    },
}

impl Work {
    /// What the audit is told of it.
    fn told(&self, becomes: Option<&str>) -> Vec<(Verb, String)> {
        match self {
            Self::Replace { into: None, .. } => vec![(Verb::Removed, String::new())],
            // Nothing is called otherwise: cards only come to the name that the tag has.
            Self::Replace { tag, into: Some(into), .. } if into == tag && becomes.is_none() => {
                Vec::new()
            }
            Self::Replace { tag, into: Some(into), .. } => {
                let becomes = becomes.unwrap_or_default();
                if into == tag {
                    vec![(Verb::Changed, format!("called {becomes} now"))]
                } else {
                    vec![(Verb::Merged, format!("into {becomes}"))]
                }
            }
            Self::Mark { marks, .. } => {
                let on = marks.iter().filter(|mark| mark.add).count();
                let counts = [(Verb::PutOn, on), (Verb::TakenOff, marks.len() - on)];
                let some = counts.into_iter().filter(|(_, cards)| *cards > 0);
                some.map(|(verb, cards)| (verb, counted(cards, "card", "cards"))).collect()
            }
        }
    }
}

/// One card that gets or loses a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The book it is in.
    pub collection: CollectionId,
    /// Its normalised UID.
    pub uid: String,
    /// Does it get the tag?
    pub add: bool,
}

/// How far an action is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The last card that was gone through, of [`Work::Replace`].
    pub after: Option<(CollectionId, String)>,
    /// The marks that are done, of [`Work::Mark`].
    pub done: u64,
}

fn names_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(table::TAG_NAME).text(owner.as_str()).done()
}

fn name_key(owner: &PrincipalId, folded: &str) -> Vec<u8> {
    Key::of(table::TAG_NAME).text(owner.as_str()).bytes(folded.as_bytes()).done()
}

fn tag_key(id: TagId) -> Vec<u8> {
    Key::of(table::TAG).number(id.0).done()
}

fn action_key(part: &[u8], number: u64) -> Vec<u8> {
    Key::of(table::TAGGING).bytes(part).number(number).done()
}

fn number(value: &[u8]) -> TagId {
    TagId(counter(value) as u64)
}

/// The UID of the tag `id` of `owner`, always the same one.
pub fn uid_of(owner: &PrincipalId, id: TagId) -> String {
    uuid_of(&format!("tag {owner} {}", id.0))
}

/// A UUID that is made of `text` and of nothing else, as a URN.
pub fn uuid_of(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut uuid = String::from("urn:uuid:");
    for (at, byte) in digest.iter().take(16).enumerate() {
        // RFC 9562 §5.8: version 8, made by rules of our own.
        let byte = match at {
            6 => 0x80 | (byte & 0x0f),
            8 => 0x80 | (byte & 0x3f),
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        // Writing to a String does not fail.
        let _ = write!(uuid, "{byte:02x}");
    }
    uuid
}

/// The tag numbered `id`.
pub async fn get(snapshot: &Snapshot, id: TagId) -> Result<Option<Stored<Tag>>, EngineError> {
    stored::read(snapshot, VERSION, tag_key(id)).await
}

/// The tag that `owner` calls `folded`, a name without case.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    folded: &str,
) -> Result<Option<TagId>, EngineError> {
    snapshot.get_with(&name_key(owner, folded), number).await
}

/// The tags of `owner`, by folded name; one that is being renamed is there under both names.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(String, TagId)>, EngineError> {
    let prefix = names_of(owner);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let name = key.get(prefix.len()..).unwrap_or_default();
            found.push((String::from_utf8_lossy(name).into_owned(), number(value)));
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Adds a tag called `name` (`folded` without case) to `batch`; refused if there is one by then.
#[allow(clippy::too_many_arguments)]
pub fn insert(
    store: &Store,
    batch: &mut Batch,
    owner: &PrincipalId,
    folded: &str,
    name: &str,
    color: Option<String>,
    by: &Actor,
) -> Result<TagId, EngineError> {
    let id = TagId(store.number());
    principals::tie(batch, owner);
    batch.expect_same(name_key(owner, folded), None);
    call(batch, owner, folded, id);
    let tag = Tag {
        owner: owner.clone(),
        name: name.to_owned(),
        uid: uid_of(owner, id),
        created: store.now(),
        color,
    };
    batch.put(tag_key(id), encode(VERSION, &tag)?);
    Deed { name, ..Deed::of(Subject::Tag, Verb::Added, owner.as_str()) }.note(store, batch, by)?;
    Ok(id)
}

/// Adds the change of the tag that was `read` to `now` to `batch`.
pub fn update(
    batch: &mut Batch,
    id: TagId,
    read: &Stored<Tag>,
    now: &Tag,
) -> Result<(), EngineError> {
    read.witness.require(batch);
    batch.put(tag_key(id), encode(VERSION, now)?);
    Ok(())
}

/// Adds to `batch` that `folded` names the tag `id`, whatever it named before.
pub fn call(batch: &mut Batch, owner: &PrincipalId, folded: &str, id: TagId) {
    batch.put(name_key(owner, folded), Bytes::copy_from_slice(&id.0.to_be_bytes()));
}

/// Demands that `folded` still names `id`, or nothing.
pub fn expect_named(batch: &mut Batch, owner: &PrincipalId, folded: &str, id: Option<TagId>) {
    let id = id.map(|id| Bytes::copy_from_slice(&id.0.to_be_bytes()));
    batch.expect_same(name_key(owner, folded), id.as_ref());
}

/// Adds to `batch` that `folded` names nothing.
pub fn uncall(batch: &mut Batch, owner: &PrincipalId, folded: &str) {
    batch.delete(name_key(owner, folded));
}

/// Adds the end of a tag that no card bears to `batch`; its names are ended by [`uncall`].
pub fn remove(batch: &mut Batch, id: TagId, read: &Stored<Tag>) {
    read.witness.require(batch);
    batch.delete(tag_key(id));
    tag_index::drop_count(batch, id);
}

/// Adds the end of all tags of `owner` and of what is being done to them to `batch`. What the
/// index has of their books goes when these do.
pub async fn clear(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    for (folded, id) in of_owner(snapshot, owner).await? {
        uncall(batch, owner, &folded);
        batch.delete(tag_key(id));
        tag_index::drop_count(batch, id);
    }
    tag_index::let_all_go(snapshot, batch, owner).await?;
    for (number, action) in actions(snapshot).await? {
        if action.record.owner == *owner {
            finish(batch, number, &action);
        }
    }
    Ok(())
}

// === actions ===

/// Adds an action on the tag called `name` to `batch`; the number it can be asked for with.
/// `becomes` is what a tag that is renamed is called from now on; without it, cards that call a
/// tag by an old name of it are brought to its name, of which nothing is told.
pub fn begin(
    store: &Store,
    batch: &mut Batch,
    action: &Action,
    name: &str,
    becomes: Option<&str>,
) -> Result<u64, EngineError> {
    for (verb, detail) in action.work.told(becomes) {
        let deed = Deed::of(Subject::Tag, verb, action.owner.as_str());
        Deed { name, detail: &detail, ..deed }.note(store, batch, &action.actor)?;
    }
    let number = store.number();
    principals::tie(batch, &action.owner);
    batch.put(action_key(ACTION, number), encode(VERSION, action)?);
    Ok(number)
}

/// The action `number`, if it is not finished.
pub async fn action(
    snapshot: &Snapshot,
    number: u64,
) -> Result<Option<Stored<Action>>, EngineError> {
    stored::read(snapshot, VERSION, action_key(ACTION, number)).await
}

/// What is being done, oldest first.
pub async fn actions(snapshot: &Snapshot) -> Result<Vec<(u64, Stored<Action>)>, EngineError> {
    let mut found = Vec::new();
    for number in action_numbers(snapshot).await? {
        found.extend(action(snapshot, number).await?.map(|action| (number, action)));
    }
    Ok(found)
}

/// The numbers of what is being done, oldest first.
pub async fn action_numbers(snapshot: &Snapshot) -> Result<Vec<u64>, EngineError> {
    let prefix = Key::of(table::TAGGING).bytes(ACTION).done();
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            found.extend(keys::last_number(key));
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// How far the action `number` is; `None` before its first step.
pub async fn progress(
    snapshot: &Snapshot,
    number: u64,
) -> Result<Option<Stored<Progress>>, EngineError> {
    stored::read(snapshot, VERSION, action_key(PROGRESS, number)).await
}

/// Adds the step of the action `number` from what was `read` to `now` to `batch`: refused if
/// somebody else took a step meanwhile, or finished it.
pub fn advance(
    batch: &mut Batch,
    number: u64,
    action: &Stored<Action>,
    read: Option<&Stored<Progress>>,
    now: &Progress,
) -> Result<(), EngineError> {
    action.witness.require(batch);
    stored::advance(batch, VERSION, action_key(PROGRESS, number), read, now)
}

/// Adds the end of an action to `batch`.
pub fn finish(batch: &mut Batch, number: u64, action: &Stored<Action>) {
    action.witness.require(batch);
    batch.delete(action_key(ACTION, number));
    batch.delete(action_key(PROGRESS, number));
}
