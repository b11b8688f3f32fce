//! The text of a group card: Apple's form of vCard 3.0, which is made vCard 4.0 on the way out.

use std::collections::HashSet;

use crate::formats::edit::Edits;
use crate::formats::line::Lines;
use crate::formats::text::escape;
use crate::formats::vcard::{Card, normalize_uid};

const MEMBER: &str = "X-ADDRESSBOOKSERVER-MEMBER";

/// A group card without members.
pub(super) fn new(uid: &str, name: &str) -> Vec<u8> {
    let name = escape(name);
    // An empty family name is shown as semicolons by some.
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n\
         X-ADDRESSBOOKSERVER-KIND:group\r\nEND:VCARD\r\n"
    )
    .into_bytes()
}

/// What the group is called.
pub(super) fn name(card: &[u8]) -> Option<String> {
    let card = Card::parse(card);
    let name = card.full_name().filter(|name| !name.is_empty());
    name.or_else(|| card.first("N")?.components().into_iter().find(|part| !part.is_empty()))
}

/// The normalised UIDs of the members, each once, in order.
pub(super) fn members(card: &[u8]) -> Vec<String> {
    let mut seen = HashSet::new();
    let all = Card::parse(card).members().map(|uid| normalize_uid(&uid)).collect::<Vec<_>>();
    all.into_iter().filter(|uid| !uid.is_empty() && seen.insert(uid.clone())).collect()
}

/// `card` with this name and these members, of which each has the UID as it is written. Lines
/// that need not change stay, those of members who stay as well.
pub(super) fn update(card: &[u8], name: &str, members: &[String]) -> Vec<u8> {
    let (escaped, old) = (escape(name), self::name(card));
    let mut missing: HashSet<String> = members.iter().map(|uid| normalize_uid(uid)).collect();
    let mut edits = Edits::new(card);
    let (mut end, mut member) = (card.len(), MEMBER);
    for line in Lines::new(card) {
        if line.is("END") {
            end = line.span().start;
        } else if line.is("KIND") {
            member = "MEMBER";
        } else if line.is("FN") && old.as_deref() != Some(name) {
            edits.replace(line.span(), format!("FN:{escaped}").as_bytes());
        } else if line.is("N") && old.as_deref() != Some(name) {
            edits.replace(line.span(), format!("N:{escaped};;;;").as_bytes());
        } else if (line.is("MEMBER") || line.is(MEMBER))
            && !missing.remove(&normalize_uid(&line.text()))
        {
            edits.remove(line.span());
        }
    }
    for uid in members {
        if missing.remove(&normalize_uid(uid)) {
            edits.insert(end, format!("{member}:urn:uuid:{uid}").as_bytes());
        }
    }
    edits.apply()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_and_go_by_single_lines() {
        let empty = new("u", "A, B");
        assert_eq!((name(&empty).as_deref(), members(&empty).len()), (Some("A, B"), 0));
        let uid = "0F8B3A2E-7C1D-4E5F-9A6B-1C2D3E4F5A6B";
        let two = update(&empty, "A, B", &[uid.to_owned(), "x@y".to_owned()]);
        assert_eq!(members(&two), [uid.to_lowercase(), "x@y".to_owned()]);
        let text = String::from_utf8(two.clone()).unwrap();
        assert!(text.contains(&format!("{MEMBER}:urn:uuid:{uid}\r\n")), "{text}");
        assert_eq!(update(&two, "A, B", &["x@y".to_owned(), uid.to_lowercase()]), two);
        let one = update(&two, "C", &["x@y".to_owned()]);
        assert_eq!((name(&one).as_deref(), members(&one)), (Some("C"), vec!["x@y".to_owned()]));
        let newer = b"BEGIN:VCARD\nKIND:group\nFN:C\nMEMBER:bare\nX-A:1\nEND:VCARD\n";
        let grown = String::from_utf8(update(newer, "C", &["bare".into(), "b".into()])).unwrap();
        assert!(grown.contains("MEMBER:bare\nX-A:1\nMEMBER:urn:uuid:b\nEND"), "{grown}");
    }
}
