//! Members: what a listing needs to know of each object, in one compact row apart from its body.

use bytes::{BufMut, Bytes, BytesMut};

use super::engine::{EngineError, Snapshot, Step};
use super::{Witness, keys};
use crate::base::{CollectionId, ETag, Timestamp};

const VERSION: u8 = 1;
const HEADER: usize = 2 + 16 + 8 * 3;

/// What is known of a body without reading it; the bits have one meaning for good, but for what
/// only calendars and only address books hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u8);

/// How the names of members begin that the server makes of others ([`Flags::MADE`]), so that it
/// is not asked of any other name whether it is one of them.
pub const MADE_NAMES: &str = "tag-";

/// A member's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// See [`Flags`].
    pub flags: Flags,
    /// The tag of the served bytes.
    pub etag: ETag,
    /// The length of the served bytes.
    pub size: u64,
    /// When the member was made.
    pub created: Timestamp,
    /// When the served bytes last changed.
    pub modified: Timestamp,
    /// The normalised UID.
    pub uid: String,
}

/// A member's row as it lies in the store.
#[derive(Debug, Clone, Copy)]
pub struct MemberRow<'a> {
    /// See [`Flags`].
    pub flags: Flags,
    /// The tag of the served bytes.
    pub etag: ETag,
    /// The length of the served bytes.
    pub size: u64,
    /// When the member was made.
    pub created: Timestamp,
    /// When the served bytes last changed.
    pub modified: Timestamp,
    /// The normalised UID.
    pub uid: &'a str,
}

/// A member as read, with the proof that it was.
#[derive(Debug, Clone)]
pub struct Found {
    /// The row.
    pub member: Member,
    /// The row as read.
    pub witness: Witness,
}

// === impl Flags ===

impl Flags {
    /// The text needs escaping in XML beyond carriage returns.
    pub const ESCAPE: Self = Self(1);
    /// Parts of the body are blobs.
    pub const BLOBS: Self = Self(2);
    /// What is served differs from what was sent; the original is kept.
    pub const REPAIRED: Self = Self(4);
    /// The content is of the newer of two formats (vCard 4.0).
    pub const NEWER_FORMAT: Self = Self(8);
    /// The content is a group.
    pub const GROUP: Self = Self(16);
    /// Blobs need escaping in XML beyond carriage returns.
    pub const ESCAPE_BLOBS: Self = Self(32);
    /// The content is an event; with [`Self::TODO`] beside it, a journal entry.
    pub const EVENT: Self = Self(64);
    /// In an address book: the server made it of other members, for views that show such ones.
    pub const MADE: Self = Self(64);
    /// The content is a task; with [`Self::EVENT`] beside it, a journal entry.
    pub const TODO: Self = Self(128);
    /// The content is a journal entry.
    pub const JOURNAL: Self = Self(64 | 128);

    /// Are all bits of `other` set?
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With the bits of `other` set if `on`.
    #[must_use]
    pub const fn with(self, other: Self, on: bool) -> Self {
        if on { Self(self.0 | other.0) } else { self }
    }
}

// === impl MemberRow ===

impl<'a> MemberRow<'a> {
    /// Reads a row.
    pub fn parse(row: &'a [u8]) -> Option<Self> {
        let (header, uid) = row.split_first_chunk::<HEADER>()?;
        let (&[version, flags], rest) = header.split_first_chunk::<2>()?;
        let (etag, rest) = rest.split_first_chunk::<16>()?;
        let (size, rest) = rest.split_first_chunk::<8>()?;
        let (created, rest) = rest.split_first_chunk::<8>()?;
        let (modified, _) = rest.split_first_chunk::<8>()?;
        (version == VERSION).then_some(Self {
            flags: Flags(flags),
            etag: ETag(*etag),
            size: u64::from_be_bytes(*size),
            created: Timestamp(u64::from_be_bytes(*created)),
            modified: Timestamp(u64::from_be_bytes(*modified)),
            uid: std::str::from_utf8(uid).ok()?,
        })
    }

    /// The row on its own.
    pub fn to_owned(&self) -> Member {
        Member {
            flags: self.flags,
            etag: self.etag,
            size: self.size,
            created: self.created,
            modified: self.modified,
            uid: self.uid.to_owned(),
        }
    }
}

// === impl Member ===

impl Member {
    /// The row as it is stored.
    pub(super) fn encode(&self) -> Bytes {
        let mut row = BytesMut::with_capacity(HEADER + self.uid.len());
        row.put_u8(VERSION);
        row.put_u8(self.flags.0);
        row.put_slice(&self.etag.0);
        row.put_u64(self.size);
        row.put_u64(self.created.0);
        row.put_u64(self.modified.0);
        row.put_slice(self.uid.as_bytes());
        row.freeze()
    }

    /// The row for code that takes borrowed ones.
    pub fn row(&self) -> MemberRow<'_> {
        MemberRow {
            flags: self.flags,
            etag: self.etag,
            size: self.size,
            created: self.created,
            modified: self.modified,
            uid: &self.uid,
        }
    }
}

fn damaged(name: &str) -> EngineError {
    EngineError::new(format!("the row of member {name:?} cannot be read"))
}

/// The member `name`.
pub async fn get(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Member>, EngineError> {
    let key = keys::in_collection(keys::table::MEMBER, id, name);
    snapshot
        .get_with(&key, |row| MemberRow::parse(row).map(|r| r.to_owned()))
        .await?
        .map(|row| row.ok_or_else(|| damaged(name)))
        .transpose()
}

/// The member `name`, to be changed.
pub async fn find(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Found>, EngineError> {
    let key = keys::in_collection(keys::table::MEMBER, id, name);
    let Some(value) = snapshot.get(&key).await? else {
        return Ok(None);
    };
    let member = MemberRow::parse(&value).ok_or_else(|| damaged(name))?.to_owned();
    Ok(Some(Found { member, witness: Witness::new(key, Some(value)) }))
}

/// The name of the member that holds `uid` (normalised).
pub async fn holder(
    snapshot: &Snapshot,
    id: CollectionId,
    uid: &str,
) -> Result<Option<String>, EngineError> {
    let key = keys::in_collection(keys::table::UID, id, uid);
    snapshot.get_with(&key, |v| String::from_utf8_lossy(v).into_owned()).await
}

/// Hands the members after `after` (all, if `None`) to `visit`, by name, until it stops.
pub async fn scan(
    snapshot: &Snapshot,
    id: CollectionId,
    after: Option<&str>,
    mut visit: impl FnMut(&str, MemberRow<'_>) -> Step + Send,
) -> Result<(), EngineError> {
    let prefix = keys::of_collection(keys::table::MEMBER, id);
    let from = keys::next_after(&prefix, after);
    let mut unreadable = None;
    snapshot
        .scan(&from, &keys::after(&prefix), |key, row| {
            let name = key.get(prefix.len()..).and_then(|n| std::str::from_utf8(n).ok());
            if let (Some(name), Some(row)) = (name, MemberRow::parse(row)) {
                visit(name, row)
            } else {
                unreadable = Some(String::from_utf8_lossy(key).into_owned());
                Step::Stop
            }
        })
        .await?;
    unreadable.map_or(Ok(()), |name| Err(damaged(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_written() {
        let member = Member {
            flags: Flags::default().with(Flags::BLOBS, true),
            etag: ETag::of(b"x"),
            size: 7,
            created: Timestamp(1),
            modified: Timestamp(2),
            uid: "ü-1".into(),
        };
        let row = member.encode();
        assert_eq!(MemberRow::parse(&row).unwrap().to_owned(), member);
        assert!(MemberRow::parse(&row[..HEADER - 1]).is_none(), "a cut row was read");
    }
}
