//! Cards that come to be uploaded after a merge ended them: by a phone that was away, or out of an
//! old backup. What they say reaches the one that stands for them.

use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;

use super::survivor::{Source, union, with_notes};
use crate::base::{ContactId, ETag, Fault, PrincipalId, Timestamp};
use crate::contacts::books;
use crate::contacts::layer::{Unwoven, unweave};
use crate::formats::edit::Edits;
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::contacts;
use crate::store::engine::Snapshot;
use crate::store::merges::{self, Before, Merge};
use crate::store::{history, member};

/// Most merges that are looked at for those whose lines a card may have. One person may have had many UIDs.
const MOST_MERGES: usize = 300;

/// The card in `book` that a card with `uid` (normalised) is meant for which comes to be stored
/// there: that of the contact which the UID leads to, if it is not the contact's own UID and no
/// card has it.
pub async fn meant(
    snapshot: &Snapshot,
    book: &Collection,
    uid: &str,
) -> Result<Option<String>, Fault> {
    let Some((_, read)) = contacts::find(snapshot, &book.owner, uid).await? else {
        return Ok(None);
    };
    let contact = read.record;
    if contact.uid == uid || member::holder(snapshot, book.id, uid).await?.is_some() {
        return Ok(None);
    }
    for known in std::iter::once(&contact.uid).chain(&contact.aliases) {
        if let Some(name) = member::holder(snapshot, book.id, known).await? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The version of a card that a merge ended which somebody edited who sent `base` and named
/// `tags`. If it is not known it is taken to be what was sent: then nothing is a change.
pub async fn version_before(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    base: &[u8],
    tags: &[ETag],
) -> Result<Option<Unwoven>, Fault> {
    let cards = ended(snapshot, owner, uid).await?;
    let mut names = Vec::new();
    for card in &cards {
        let Some(bytes) = &card.bytes else { continue };
        let known = unweave(bytes);
        if known.base == base || tags.contains(&ETag::of(bytes)) {
            return Ok(Some(known));
        }
        names.push((card.collection, &card.name));
    }
    let live = books::numbers(snapshot, owner).await?;
    for (collection, name) in names.into_iter().filter(|(id, _)| live.contains(id)) {
        for tag in tags {
            let since = Timestamp(0);
            let kept = history::replaced_since(snapshot, collection, name, *tag, since).await?;
            if let Some(place) = kept {
                let body = body::get(snapshot, Slot::Kept(place)).await?;
                return Ok(Some(unweave(&body.whole(snapshot).await?)));
            }
        }
    }
    Ok(None)
}

/// What the card with this UID (normalised) was when it was merged last.
pub async fn version_merged(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Unwoven>, Fault> {
    let bytes = ended(snapshot, owner, uid).await?.into_iter().find_map(|card| card.bytes);
    Ok(bytes.map(|bytes| unweave(&bytes)))
}

/// What the cards with this UID were before the last merge that ended them: one after it may have
/// taken what they had become, as an alias of another.
async fn ended(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<Vec<Before>, Fault> {
    for (number, stands) in merges::with_uid(snapshot, owner, uid).await? {
        if stands {
            let mut cards = merges::before(snapshot, owner, number).await?;
            cards.retain(|card| card.uid == uid);
            if !cards.is_empty() {
                return Ok(cards);
            }
        }
    }
    Ok(Vec::new())
}

/// The contacts of those that were made one with the contact of this UID, and from when to when: devices
/// may still have cards that tell of them, and what was told then may have come to be theirs.
pub async fn once_one(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Vec<(ContactId, RangeInclusive<Timestamp>)>, Fault> {
    let mut all: Vec<(ContactId, RangeInclusive<Timestamp>)> = Vec::new();
    for (number, _) in merges::with_uid(snapshot, owner, uid).await? {
        let Some(read) = merges::get(snapshot, owner, number).await? else { continue };
        let merge = &read.record;
        let times = stood(merge);
        // They may be one with somebody else by now.
        for uid in std::iter::once(&merge.into).chain(&merge.uids) {
            let Some(id) = contacts::id_of(snapshot, owner, uid).await? else { continue };
            let is_known = |(known, known_times): &(ContactId, RangeInclusive<Timestamp>)| {
                *known == id && *known_times == times
            };
            if !all.iter().any(is_known) {
                all.push((id, times.clone()));
            }
        }
    }
    Ok(all)
}

/// The contacts of all those that were made one with the contact of this UID, and of those that these were one
/// with at the same time: lines of theirs stood in its cards, which devices may still have.
pub async fn ever_one(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Vec<ContactId>, Fault> {
    let unions = unions(snapshot, owner, uid).await?;
    let mut ids = Vec::new();
    for other in ever_in_one(&unions, uid) {
        let id = contacts::id_of(snapshot, owner, other).await?;
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    Ok(ids)
}

/// The UIDs that a merge made one, and from when to when.
struct Union {
    uids: Vec<String>,
    times: RangeInclusive<Timestamp>,
}

/// The merges that a UID was in, those that the others of them were in, and so on, at whatever time.
async fn unions(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<Vec<Union>, Fault> {
    let (mut unions, mut numbers) = (Vec::new(), HashSet::new());
    let (mut uids, mut next) = (vec![uid.to_owned()], 0);
    let mut seen = HashSet::from([uid.to_owned()]);
    while let Some(uid) = uids.get(next).cloned() {
        next += 1;
        for (number, _) in merges::with_uid(snapshot, owner, &uid).await? {
            if numbers.len() >= MOST_MERGES || !numbers.insert(number) {
                continue;
            }
            let Some(read) = merges::get(snapshot, owner, number).await? else { continue };
            let merge = &read.record;
            let all = std::iter::once(&merge.into).chain(&merge.uids).cloned().collect();
            let union = Union { uids: all, times: stood(merge) };
            uids.extend(union.uids.iter().filter(|uid| seen.insert((*uid).clone())).cloned());
            unions.push(union);
        }
    }
    Ok(unions)
}

/// From when to when a merge stood. What was told at the moment of its end may have been told before it.
fn stood(merge: &Merge) -> RangeInclusive<Timestamp> {
    merge.at..=merge.undone.unwrap_or(Timestamp(u64::MAX))
}

/// The UIDs that were one with `uid` at any time, through however many others at that time. They become
/// more only when somebody merges, so that those moments are looked at.
fn ever_in_one<'a>(unions: &'a [Union], uid: &str) -> BTreeSet<&'a str> {
    let mut ever = BTreeSet::new();
    for moment in unions.iter().map(|union| union.times.start()) {
        let stand = unions.iter().filter(|union| union.times.contains(moment));
        let (mut rest, mut one): (Vec<&Union>, _) = (stand.collect(), BTreeSet::new());
        loop {
            let is_one = |other: &String| other == uid || one.contains(other.as_str());
            let (with, without): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|union| union.uids.iter().any(is_one));
            if with.is_empty() {
                break;
            }
            one.extend(with.iter().flat_map(|union| &union.uids).map(String::as_str));
            rest = without;
        }
        ever.extend(one);
    }
    ever.remove(uid);
    ever
}

/// `card` with what `other`, of which nobody knows how old it is, has beside it.
pub fn both(card: &[u8], other: &[u8]) -> Vec<u8> {
    let (newer, older) = (Timestamp(1), Timestamp(0));
    let stays = Source { card, edited: newer, created: older };
    let comes = Source { card: other, edited: older, created: newer };
    union(&stays, &comes)
}

/// As [`both`]; what `other` says otherwise in its notes and its name is added to the notes, dated by
/// `day`, if it is not there.
pub fn told_beside(card: &[u8], other: &[u8], day: &str) -> Vec<u8> {
    let both = both(card, other);
    let read = Card::parse(&both);
    let name = |card: &Card<'_>| card.full_name().filter(|name| !name.trim().is_empty());
    let is_told = |name: &String| {
        read.full_name().as_ref() == Some(name)
            || read.all("NOTE").any(|line| line.text().contains(name.as_str()))
    };
    let lost = name(&Card::parse(other)).filter(|name| !is_told(name));
    let lost: Vec<String> = lost.map(|name| format!("called {name}")).into_iter().collect();
    with_notes(&both, other, &lost, day)
}

/// `card` with the UID of `other`.
pub fn with_uid_of(other: &[u8], card: &[u8]) -> Vec<u8> {
    let (there, here) = (Card::parse(other), Card::parse(card));
    let (Some(uid), Some(line)) = (there.first("UID"), here.first("UID")) else {
        return card.to_vec();
    };
    let mut edits = Edits::new(card);
    edits.replace(line.span(), &uid.unfolded());
    edits.apply()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(lines: &str) -> String {
        format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:b\r\n{lines}END:VCARD\r\n")
    }

    fn union(uids: &str, times: RangeInclusive<u64>) -> Union {
        let uids = uids.chars().map(String::from).collect();
        Union { uids, times: Timestamp(*times.start())..=Timestamp(*times.end()) }
    }

    #[test]
    fn whoever_was_one_with_another_at_some_time_is_found_whichever_merge_comes_first() {
        let forever = u64::MAX;
        for (mut unions, wanted) in [
            // One with the second twice, and the second with the third the first or the second time.
            (vec![union("ab", 1..=5), union("bc", 3..=4), union("ab", 7..=9)], "bc"),
            (vec![union("ab", 1..=5), union("bc", 8..=8), union("ab", 7..=9)], "bc"),
            // Through the one at one time, through the other at another.
            (
                vec![
                    union("ab", 1..=2),
                    union("ac", 4..=9),
                    union("bd", 3..=9),
                    union("cd", 5..=6),
                ],
                "bcd",
            ),
            (vec![union("ab", 1..=9), union("bc", 2..=8), union("cd", 3..=7)], "bcd"),
            // They followed each other.
            (vec![union("ab", 1..=2), union("bc", 3..=forever)], "b"),
            (vec![union("ab", 1..=9), union("bc", 2..=4), union("cd", 5..=7)], "bc"),
            // In the very moment.
            (vec![union("ab", 1..=2), union("bc", 2..=3)], "bc"),
            (vec![union("bc", 1..=2)], ""),
        ] {
            for _ in 0..2 {
                let ever: String = ever_in_one(&unions, "a").into_iter().collect();
                assert_eq!(ever, wanted);
                unions.reverse();
            }
        }
    }

    #[test]
    fn nothing_that_was_said_otherwise_is_lost_and_nothing_is_told_twice() {
        let here = card("FN:Bert Berg\r\nNOTE:mine\r\n");
        for (there, wanted, not_there) in [
            (
                "FN:Berti\r\nTEL:1\r\nNOTE:theirs\r\n",
                &["mine", "2026-11-23:\\ntheirs", "called Berti", "TEL:1"][..],
                "FN:Berti",
            ),
            ("FN:Bert Berg\r\nNOTE:mine\r\n", &["NOTE:mine\r\n"], "2026-11-23"),
            ("FN:\r\nNOTE:mi\r\n", &["NOTE:mine\r\n"], "called"),
            ("FN:Berti\r\n", &["NOTE:mine", "also called Berti"], "FN:Berti"),
        ] {
            let other = card(there);
            let told = told_beside(here.as_bytes(), other.as_bytes(), "2026-11-23");
            let text = String::from_utf8(told.clone()).unwrap().replace("\r\n ", "");
            assert!(text.contains("FN:Bert Berg\r\n"), "{text}");
            for wanted in wanted {
                assert!(text.contains(wanted), "{there}: {wanted} is not in {text}");
            }
            assert!(!text.contains(not_there), "{there}: {not_there} is in {text}");
            let again = told_beside(&told, other.as_bytes(), "2026-12-24");
            assert_eq!(
                String::from_utf8(again).unwrap(),
                String::from_utf8(told).unwrap(),
                "twice"
            );
        }
    }
}
