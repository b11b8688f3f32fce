//! What one caller sees of the members of a collection: which there are, and what of each. What
//! is stored is what most see, and for them nothing is done here. Other views are derived on the
//! way out: a member that is not shown is not there, and one of which something is left out has a
//! tag of its own. Such a tag is the stored one with a mask over it that is made of the view, so
//! it is as strong; taken off again, it is understood in `If-Match`.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

use super::client::Quirk;
use super::header::entity_tag;
use super::object_type::ObjectType;
use super::scope::Scope;
use crate::base::{ETag, Fault, Groups, Reply, Request};
use crate::store::body::Part;
use crate::store::collection::{Collection, Kind};
use crate::store::member::{Flags, Member, MemberRow};

/// How much of a member is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Everything.
    #[default]
    All,
    /// Its history not where people read and write.
    PlainNotes,
    /// Nothing of its history.
    NoHistory,
}

/// What one caller sees of a collection's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sight {
    /// Those that the server made of others, too?
    made: bool,
    shown: Shown,
    /// What lies over the tags; nothing but zeros where all is shown.
    mask: [u8; 16],
    /// What tells tokens of this view from those of others; 0 for what is stored.
    view: u32,
}

impl Sight {
    /// What the caller sees of `collection`, whose history may be `withheld` from them.
    pub fn of(scope: &Scope, collection: &Collection, withheld: bool) -> Self {
        if collection.kind != Kind::AddressBook {
            return Self::default();
        }
        let made = Self::shows_groups(scope);
        let shown = match (withheld, scope.identity.profile.plain_notes) {
            (true, _) => Shown::NoHistory,
            (false, true) => Shown::PlainNotes,
            (false, false) => Shown::All,
        };
        Self::new(made, shown, scope.identity.profile.generation)
    }

    /// Does the caller see groups as members of address books?
    pub fn shows_groups(scope: &Scope) -> bool {
        match scope.identity.profile.groups {
            Groups::Cards => true,
            Groups::Categories => false,
            Groups::ByProgram => scope.has(Quirk::ShowsGroupsAsCards),
        }
    }

    fn new(made: bool, shown: Shown, generation: u64) -> Self {
        if !made && shown == Shown::All {
            return Self::default();
        }
        let digest = Sha256::digest(format!("view {generation} {made} {shown:?}"));
        let mut mask = [0; 16];
        if shown != Shown::All {
            mask.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        }
        let view = digest.last_chunk::<4>().map_or(1, |bytes| u32::from_be_bytes(*bytes) | 1);
        Self { made, shown, mask, view }
    }

    /// Does the caller see members that the server made of others?
    pub fn shows_made(self) -> bool {
        self.made
    }

    /// Is something left out of members?
    pub fn changes_members(self) -> bool {
        self.shown != Shown::All
    }

    /// What tells the tokens of this view from those of others.
    pub fn of_token(self) -> String {
        if self.view == 0 { String::new() } else { format!("-{:08x}", self.view) }
    }

    /// Is a member with these flags not there for the caller?
    pub fn hides(self, flags: Flags) -> bool {
        !self.made && flags.has(Flags::GROUP) && flags.has(Flags::MADE)
    }

    /// The tag of what is shown of what has the tag `stored`, and the other way round.
    #[must_use]
    pub fn etag(self, mut tag: ETag) -> ETag {
        tag.0.iter_mut().zip(self.mask).for_each(|(byte, mask)| *byte ^= mask);
        tag
    }

    /// A member as it is shown; nothing if it is not.
    pub fn row(self, row: MemberRow<'_>) -> Option<MemberRow<'_>> {
        if self.hides(row.flags) {
            return None;
        }
        if !self.changes_members() {
            return Some(row);
        }
        // What is left may begin or end anywhere, so it is escaped whatever it is.
        let flags = row.flags.with(Flags::ESCAPE, true).with(Flags::ESCAPE_BLOBS, true);
        Some(MemberRow { etag: self.etag(row.etag), flags, ..row })
    }

    /// `found` if it is shown.
    pub fn found(self, found: Option<Member>) -> Option<Member> {
        found.filter(|found| !self.hides(found.flags))
    }

    /// What is shown of the bytes of a member, or of its text without blobs.
    pub fn bytes<'a>(self, objects: &dyn ObjectType, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.changes_members() {
            objects.leave_out(bytes, self.shown)
        } else {
            Cow::Borrowed(bytes)
        }
    }

    /// What is shown of the bytes of a member.
    pub fn parts(self, objects: &dyn ObjectType, parts: Vec<Part>) -> Vec<Part> {
        if !self.changes_members() || parts.is_empty() {
            return parts;
        }
        let runs: Vec<&[u8]> = parts.iter().map(|part| &part.bytes[..]).collect();
        let whole = runs.concat();
        let bytes = Bytes::copy_from_slice(&self.bytes(objects, &whole));
        vec![Part { bytes, is_blob: false }]
    }

    /// Puts the stored tags in the place of those of this view in the conditions of a request.
    pub fn read_conditions(self, request: &mut Request) {
        if self.changes_members() {
            for name in [IF_MATCH, IF_NONE_MATCH] {
                self.retag(&mut request.headers, &name);
            }
        }
    }

    /// Puts the tags of this view in the place of the stored ones in an answer to `method`.
    pub fn write_reply(self, method: &str, mut reply: Reply) -> Reply {
        if self.changes_members() {
            match method {
                // What was sent is not known to be what is shown, or the tag is of another place.
                "PUT" | "POST" | "COPY" | "MOVE" if reply.status.is_success() => {
                    reply.headers.remove(ETAG);
                }
                _ => self.retag(&mut reply.headers, &ETAG),
            }
        }
        reply
    }

    /// The same for what is refused.
    #[must_use]
    pub fn write_fault(self, mut fault: Fault) -> Fault {
        fault.etag = fault.etag.map(|etag| self.etag(etag));
        fault
    }

    fn retag(self, headers: &mut HeaderMap, name: &HeaderName) {
        let values: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
        headers.remove(name);
        for value in values {
            let listed = value.to_str().ok().map(|value| {
                let tags = value.split(',').map(|tag| match entity_tag::read(tag) {
                    Some(read) => self.etag(read).to_string(),
                    None => tag.trim().to_owned(),
                });
                tags.collect::<Vec<_>>().join(", ")
            });
            let retagged = listed.and_then(|listed| HeaderValue::from_str(&listed).ok());
            headers.append(name, retagged.unwrap_or(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_have_tags_and_tokens_of_their_own_and_what_is_stored_has_none() {
        let tag = ETag::of(b"card");
        let plain = Sight::default();
        assert_eq!((plain.etag(tag), plain.of_token()), (tag, String::new()));
        let groups = Sight::new(true, Shown::All, 3);
        assert_eq!(groups.etag(tag), tag, "the cards themselves are the same ones");
        let views = [
            groups,
            Sight::new(true, Shown::All, 4),
            Sight::new(false, Shown::PlainNotes, 3),
            Sight::new(false, Shown::PlainNotes, 4),
            Sight::new(true, Shown::PlainNotes, 3),
            Sight::new(false, Shown::NoHistory, 3),
        ];
        for (n, view) in views.iter().enumerate() {
            assert_eq!(view.etag(view.etag(tag)), tag, "the mask comes off");
            assert_ne!(view.of_token(), plain.of_token());
            for other in views.iter().skip(n + 1) {
                assert_ne!(view.of_token(), other.of_token(), "{view:?} {other:?}");
                if view.changes_members() {
                    assert_ne!(view.etag(tag), other.etag(tag), "{view:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn only_views_with_groups_show_what_was_made() {
        let made = Flags::GROUP.with(Flags::MADE, true);
        assert!(Sight::default().hides(made));
        assert!(!Sight::default().hides(Flags::GROUP), "a group card that a client uploaded");
        assert!(!Sight::new(true, Shown::All, 0).hides(made));
    }

    #[test]
    fn conditions_are_read_and_answers_written_in_tags_of_the_view() {
        let view = Sight::new(false, Shown::PlainNotes, 1);
        let (stored, seen) = (ETag::of(b"x"), view.etag(ETag::of(b"x")));
        let mut headers = HeaderMap::new();
        let listed = format!("\"foreign\", {seen}, *, W/{seen}");
        headers.insert(IF_MATCH, HeaderValue::from_str(&listed).unwrap());
        view.retag(&mut headers, &IF_MATCH);
        let read = headers.get(IF_MATCH).unwrap().to_str().unwrap();
        assert_eq!(read, format!("\"foreign\", {stored}, *, {stored}"));
        let reply = Reply::empty(304).header("etag", stored.to_string());
        let reply = view.write_reply("GET", reply);
        assert_eq!(reply.headers.get(ETAG).unwrap().to_str().unwrap(), seen.to_string());
        let put = view.write_reply("PUT", Reply::empty(204).header("etag", stored.to_string()));
        assert!(!put.headers.contains_key(ETAG));
    }
}
