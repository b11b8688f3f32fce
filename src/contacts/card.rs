//! Cards on their way in: looked at, repaired where serving needs it, made ready to store.

use std::ops::Range;

use bytes::Bytes;

use crate::base::{Condition, ETag, Fault};
use crate::formats::line::Lines;
use crate::formats::vcard::inspect::needs_escape;
use crate::formats::vcard::{self, Card, Kind, Rejection, Version};
use crate::store::attention::Note;
use crate::store::body::NewBody;
use crate::store::member::Flags;
use crate::store::write::NewMember;

/// Makes `bytes` a card to store, or says why they are none. `strict` refuses what would need
/// repair (`Prefer: handling=strict`, RFC 7240 §4.4).
pub fn accept(bytes: Bytes, max_lines: usize, strict: bool) -> Result<NewMember, Fault> {
    let new_uid = || format!("urn:uuid:{}", uuid::Uuid::new_v4());
    accept_with(bytes, max_lines, strict, new_uid)
}

/// As [`accept`]; `new_uid` gives the identity of a card that has none.
pub fn accept_with(
    bytes: Bytes,
    max_lines: usize,
    strict: bool,
    new_uid: impl FnOnce() -> String,
) -> Result<NewMember, Fault> {
    let seen = vcard::inspect(&bytes, max_lines, new_uid).map_err(refuse)?;
    if strict && let Some(finding) = seen.findings.first() {
        return Err(
            Fault::forbidden(finding.message()).with(Condition::carddav("valid-address-data"))
        );
    }
    let notes: Vec<Note> = seen
        .findings
        .iter()
        .map(|f| Note { code: f.code().to_owned(), text: f.message().to_owned() })
        .collect();
    let (served, original) = match seen.served {
        None => (bytes, None),
        Some(repaired) => (Bytes::from(repaired), Some(NewBody { bytes, blobs: Vec::new() })),
    };
    let is_group = Card::parse(&served).kind() == Kind::Group;
    let blobs = blobs(&served, seen.large_values);
    let escapes = if seen.needs_escape { escapes(&served, &blobs) } else { (false, false) };
    Ok(NewMember {
        etag: ETag::of(&served),
        flags: Flags::default()
            .with(Flags::ESCAPE, escapes.0)
            .with(Flags::ESCAPE_BLOBS, escapes.1)
            .with(Flags::REPAIRED, original.is_some())
            .with(Flags::NEWER_FORMAT, seen.version == Version::V40)
            .with(Flags::GROUP, is_group),
        uid: uid_key(&seen.uid),
        body: NewBody { blobs, bytes: served },
        notes,
        original,
        spans: Vec::new(),
    })
}

/// Longest UID that is kept as it is; nothing real is nearly as long.
const LONGEST_UID: usize = 512;

/// The form in which UIDs are compared and indexed: normalised, and of bounded length.
fn uid_key(uid: &str) -> String {
    let normal = vcard::normalize_uid(uid);
    if normal.len() <= LONGEST_UID {
        return normal;
    }
    let digest = ETag::of(normal.as_bytes());
    format!("long-uid:{}", digest.to_string().trim_matches('"'))
}

/// Properties whose long values are stored apart. Searches do not read them; a long note, which
/// they do read, stays with the card.
pub const BINARY: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];

fn blobs(served: &[u8], mut large: Vec<Range<usize>>) -> Vec<Range<usize>> {
    if !large.is_empty() {
        let binary: Vec<Range<usize>> = Lines::new(served)
            .filter(|line| BINARY.iter().any(|name| line.is(name)))
            .map(|line| line.value_span())
            .collect();
        large.retain(|span| binary.contains(span));
    }
    large
}

/// Do the text and the blobs hold what XML cannot?
fn escapes(served: &[u8], blobs: &[Range<usize>]) -> (bool, bool) {
    let needs = |span: Range<usize>| needs_escape(served.get(span).unwrap_or_default());
    let ends = blobs.iter().map(|span| span.end);
    let starts = blobs.iter().map(|span| span.start).chain([served.len()]);
    let text = std::iter::once(0).chain(ends).zip(starts).any(|(from, to)| needs(from..to));
    (text, blobs.iter().cloned().any(needs))
}

fn refuse(rejection: Rejection) -> Fault {
    let fault = Fault::forbidden(rejection.to_string());
    fault.with(Condition::carddav("valid-address-data"))
}
