//! What other cards say of those that become one: `RELATED` and the members of groups.

use super::gather::Party;
use crate::base::{Fault, PrincipalId};
use crate::contacts::books;
use crate::formats::edit::Edits;
use crate::formats::find::named;
use crate::formats::line::Line;
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::body;
use crate::store::engine::{Snapshot, Step};
use crate::store::member::{self, Flags, Found};

/// Cards that are looked through at a time.
const PAGE: usize = 1000;

const NAMES: [&str; 3] = ["RELATED", "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"];

/// A card that leads to one that goes.
#[derive(Debug)]
pub(super) struct Leading {
    /// Which of the books.
    pub book: usize,
    /// Its name.
    pub name: String,
    /// Its row.
    pub found: Found,
}

/// The cards in the books of `owner` that lead to one of `losers`. Those that the server makes
/// itself follow by themselves.
pub(super) async fn leading(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    losers: &[Party],
) -> Result<Vec<Leading>, Fault> {
    let uids: Vec<&str> = losers.iter().flat_map(|loser| &loser.uids).map(String::as_str).collect();
    let mut leading = Vec::new();
    for (index, book) in books::filled(snapshot, owner).await?.into_iter().enumerate() {
        let id = book.collection.id;
        let mut after: Option<String> = None;
        loop {
            let (mut read, mut last, mut names) = (0, None, Vec::new());
            body::scan_texts(snapshot, id, after.as_deref(), |name, text, _| {
                if NAMES.iter().any(|property| {
                    named(text, property).any(|line| leads_to(&line, &uids).is_some())
                }) {
                    names.push(name.to_owned());
                }
                read += 1;
                last = Some(name.to_owned());
                if read < PAGE { Step::Continue } else { Step::Stop }
            })
            .await?;
            for name in names {
                let Some(found) = member::find(snapshot, id, &name).await? else { continue };
                let ends = uids.contains(&found.member.uid.as_str());
                if !ends && !found.member.flags.has(Flags::GROUP.with(Flags::MADE, true)) {
                    leading.push(Leading { book: index, name, found });
                }
            }
            match last {
                Some(name) => after = Some(name),
                None => break,
            }
        }
    }
    Ok(leading)
}

fn leads_to<'u>(line: &Line<'_>, uids: &[&'u str]) -> Option<&'u str> {
    let there = normalize_uid(&line.text());
    uids.iter().copied().find(|uid| *uid == there)
}

/// `card` leading to `into` instead of to any of `uids`; each only once.
pub(super) fn repointed(card: &[u8], uids: &[&str], into: &str) -> Vec<u8> {
    let read = Card::parse(card);
    let mut edits = Edits::new(card);
    for property in NAMES {
        let mut has_it = read.all(property).any(|line| normalize_uid(&line.text()) == into);
        for line in read.all(property) {
            if leads_to(line, uids).is_none() {
                continue;
            }
            if property != "RELATED" && std::mem::replace(&mut has_it, true) {
                edits.remove(line.span());
            } else {
                let value = format!("urn:uuid:{into}");
                edits.replace(line.span(), &[line.head(), b":", value.as_bytes()].concat());
            }
        }
    }
    edits.apply()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leads_to_the_one_that_stays_once() {
        let card = b"BEGIN:VCARD\nMEMBER:urn:uuid:a\nMEMBER:urn:uuid:b\nMEMBER:c\nX:1\n\
            RELATED;TYPE=friend:urn:uuid:b\nEND:VCARD\n";
        let text = String::from_utf8(repointed(card, &["b"], "a")).unwrap();
        assert_eq!(
            text,
            "BEGIN:VCARD\nMEMBER:urn:uuid:a\nMEMBER:c\nX:1\nRELATED;TYPE=friend:urn:uuid:a\n\
             END:VCARD\n"
        );
        assert_eq!(repointed(card, &["q"], "a"), card);
    }
}
