//! The schema: how records are keyed. Nothing above `store` sees a key.
//!
//! The first byte is the table; numbers are big-endian so that key order is their order.
//!
//! | table | key | record |
//! |---|---|---|
//! | `01` | name | format version, epoch, next ids |
//! | `02` | collection | [`super::collection::Collection`] |
//! | `03` | owner `00` kind name | the collection of that name in the owner's home |
//! | `04` | collection name | [`super::member::Member`]: all a listing needs, never the body |
//! | `05` | collection uid | the member that holds the UID |
//! | `06` | collection name | [`super::body::Body`] of a member |
//! | `07` | collection \[sequence\] | the change log: its head, its rows |
//! | `08` | `c` collection, `b` collection, `u` owner | members, bytes, bytes of a user |
//! | `09` | hash | a blob (photo) |
//! | `0a` | hash | how many bodies hold the blob |
//! | `0b` | collection time number | [`super::history::Version`] |
//! | `0c` | collection time number | the body of that version |
//! | `0d` | owner `00` time collection | a deleted collection |
//! | `0e` | resource `00` namespace `00` name | a dead property |
//! | `0f` | collection name | [`super::attention::Attention`] |
//! | `20` | collection name | the body of a member as it was sent, where it was repaired |
//! | `21` | collection class start name | the time index: [`super::spans`] |
//! | `22` | collection name | the spans of a member |
//! | `27` | collection | [`super::generated::State`] |
//! | `28` | collection source name | the UID of what something was generated from |
//! | `30` | number | [`super::outgoing::Outgoing`] |
//! | `31` | number recipient | who has what is outgoing |
//! | `32` | collection | [`super::subscriptions::Subscription`] |
//! | `40`-`44`, `4b`-`4d` | | contacts, interactions, versions served and refused, own fields |
//! | `58`-`5a` | | [`super::followups`] |
//! | `5b`-`5d` | | [`super::days`] |
//! | `60`-`62` | | [`super::addresses`] |
//! | `63`-`66` | | [`super::capture`], [`super::unmatched`] |
//! | `80`-`82` | | [`super::matching`] |
//! | `84`-`87` | | [`super::merges`] |
//! | `83` | | [`super::match_index`] |
//! | `b0` | | [`super::matching`] |
//! | `b1` | | [`super::proposal_changes`] |
//! | `98` | | [`super::quality`] |
//! | `99`, `9a` | | [`super::quality_choices`], [`super::quality_cleanings`] |
//! | `9c` | | [`super::retention`] |
//! | `88`-`8f`, `9d`-`9f` | | [`super::words`] |
//! | `50`, `51` | | [`super::tags`] |
//! | `52`, `53` | | [`super::tag_index`] |
//! | `54` | one letter … | what is being done to tags, and group cards |
//! | `90`-`97` | | [`super::segments`], [`super::segments::members`] |
//! | `70`-`72` | | [`super::audit`] |
//! | `a0`, `a1` | | [`super::tombstones`], [`super::erasures`] |
//! | `a2`, `a3` | | [`super::consents`] |
//! | `10`-`1f` | | principals, credentials, devices, grants |

use crate::base::{CollectionId, PrincipalId};

/// Tables, by their first byte.
pub mod table {
    /// Facts on the store itself.
    pub const META: u8 = 0x01;
    /// Collections by number.
    pub const COLLECTION: u8 = 0x02;
    /// Collections by owner, kind and name.
    pub const HOME: u8 = 0x03;
    /// Members by collection and name.
    pub const MEMBER: u8 = 0x04;
    /// Names by collection and UID.
    pub const UID: u8 = 0x05;
    /// Bodies of members by collection and name.
    pub const BODY: u8 = 0x06;
    /// Change logs by collection.
    pub const CHANGE: u8 = 0x07;
    /// Counters.
    pub const COUNTER: u8 = 0x08;
    /// Blobs by hash.
    pub const BLOB: u8 = 0x09;
    /// Reference counts of blobs.
    pub const BLOB_REFS: u8 = 0x0a;
    /// Replaced and deleted versions.
    pub const HISTORY: u8 = 0x0b;
    /// Bodies of replaced and deleted versions.
    pub const KEPT: u8 = 0x0c;
    /// Deleted collections.
    pub const TRASH: u8 = 0x0d;
    /// Dead properties.
    pub const PROPERTY: u8 = 0x0e;
    /// What was repaired and why.
    pub const ATTENTION: u8 = 0x0f;
    /// Bodies as they were sent, where they were repaired.
    pub const ORIGINAL: u8 = 0x20;
    /// Members by the time they take.
    pub const TIME: u8 = 0x21;
    /// The spans of members by collection and name.
    pub const SPANS: u8 = 0x22;
    /// How far generated collections follow their sources.
    pub const GENERATED: u8 = 0x27;
    /// What generated members were made from.
    pub const ORIGIN: u8 = 0x28;
    /// What is to be told to others.
    pub const OUTGOING: u8 = 0x30;
    /// Who has what is outgoing.
    pub const TOLD: u8 = 0x31;
    /// Where subscribed calendars come from.
    pub const SUBSCRIPTION: u8 = 0x32;
    /// Tags by owner and name.
    pub const TAG_NAME: u8 = 0x50;
    /// Tags by number.
    pub const TAG: u8 = 0x51;
    /// The members that bear a tag.
    pub const TAG_BEARER: u8 = 0x52;
    /// The tags of a member.
    pub const TAGS_OF: u8 = 0x53;
    /// What is being done to tags, and group cards; parted by a letter.
    pub const TAGGING: u8 = 0x54;
}

/// A key under construction.
#[derive(Debug, Clone)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key of `table`.
    pub fn of(table: u8) -> Self {
        let mut key = Vec::with_capacity(64);
        key.push(table);
        Self(key)
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, n: u64) -> Self {
        self.0.extend_from_slice(&n.to_be_bytes());
        self
    }

    /// Adds raw bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds text and a terminator, so that no text is another's prefix.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        self
    }

    /// The finished key.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// The first key after all that begin with `prefix`.
pub fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return end;
        }
    }
    vec![0xff; 16]
}

/// The number that `bytes`, a value or the rest of a key, begin with.
pub fn number_in(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<8>().map(|number| u64::from_be_bytes(*number))
}

/// That number, or 0 where a damaged row has none.
pub fn first_number(bytes: &[u8]) -> u64 {
    number_in(bytes).unwrap_or_default()
}

/// The number at the end of a key.
pub fn last_number(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|number| u64::from_be_bytes(*number))
}

/// The text that `bytes`, a value or the rest of a key, hold.
pub fn text_in(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Where the names after `name` begin below `prefix`; all of them, if there is none.
pub fn next_after(prefix: &[u8], name: Option<&str>) -> Vec<u8> {
    match name {
        // No name holds a control character, so this is the next possible key.
        Some(name) => [prefix, name.as_bytes(), &[0]].concat(),
        None => prefix.to_vec(),
    }
}

/// Key of a fact on the store.
pub fn meta(name: &str) -> Vec<u8> {
    Key::of(table::META).bytes(name.as_bytes()).done()
}

/// Key of a collection.
pub fn collection(id: CollectionId) -> Vec<u8> {
    Key::of(table::COLLECTION).number(id.0).done()
}

/// Prefix of the collections in a home.
pub fn home(owner: &PrincipalId, kind: u8) -> Vec<u8> {
    Key::of(table::HOME).text(owner.as_str()).bytes(&[kind]).done()
}

/// Key of a name in a home.
pub fn home_name(owner: &PrincipalId, kind: u8, name: &str) -> Vec<u8> {
    let mut key = home(owner, kind);
    key.extend_from_slice(name.as_bytes());
    key
}

/// Prefix of what belongs to a collection in `table`.
pub fn of_collection(table: u8, id: CollectionId) -> Vec<u8> {
    Key::of(table).number(id.0).done()
}

/// Key of a member, a UID or an attention record.
pub fn in_collection(table: u8, id: CollectionId, name: &str) -> Vec<u8> {
    Key::of(table).number(id.0).bytes(name.as_bytes()).done()
}

/// Key of a blob or of its reference count.
pub fn blob(table: u8, hash: &[u8; 32]) -> Vec<u8> {
    Key::of(table).bytes(hash).done()
}

/// Key of a change log.
pub fn changes(id: CollectionId) -> Vec<u8> {
    of_collection(table::CHANGE, id)
}

/// Key of a change.
pub fn change(id: CollectionId, sequence: u64) -> Vec<u8> {
    Key::of(table::CHANGE).number(id.0).number(sequence).done()
}

/// Key of the number of members of a collection.
pub fn member_count(id: CollectionId) -> Vec<u8> {
    Key::of(table::COUNTER).bytes(b"c").number(id.0).done()
}

/// Key of the bytes in a collection.
pub fn collection_bytes(id: CollectionId) -> Vec<u8> {
    Key::of(table::COUNTER).bytes(b"b").number(id.0).done()
}

/// Key of the bytes of a user.
pub fn user_bytes(owner: &PrincipalId) -> Vec<u8> {
    Key::of(table::COUNTER).bytes(b"u").bytes(owner.as_str().as_bytes()).done()
}

/// Key of a version in the history, or of its body.
pub fn version(table: u8, id: CollectionId, at: u64, number: u64) -> Vec<u8> {
    Key::of(table).number(id.0).number(at).number(number).done()
}

/// Prefix of a user's deleted collections.
pub fn trash(owner: &PrincipalId) -> Vec<u8> {
    Key::of(table::TRASH).text(owner.as_str()).done()
}

/// Key of a deleted collection.
pub fn trashed(owner: &PrincipalId, at: u64, id: CollectionId) -> Vec<u8> {
    Key::of(table::TRASH).text(owner.as_str()).number(at).number(id.0).done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_after_all_of_it_and_before_the_next() {
        assert_eq!(after(&[1, 2]), [1, 3]);
        assert_eq!(after(&[1, 0xff]), [2]);
        assert!(after(&[0xff, 0xff]) > vec![0xff, 0xff, 0xff]);
    }
}
