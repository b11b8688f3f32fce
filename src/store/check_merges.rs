//! Verifies that what is kept of merges agrees: each belongs to a user, what cards were belongs to a
//! merge, and UIDs and names lead to merges.

use std::collections::HashSet;

use super::engine::{EngineError, Snapshot};
use super::merges::{BEFORE, BY_UID, Before, ENDED, MERGE, Merge, VERSION};
use super::pages::Pages;
use super::{collection, decode, keys, principals};

/// Faults that are found at most.
const MOST: usize = 100;

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let everybody: HashSet<Vec<u8>> = principals::all(snapshot)
        .await?
        .into_iter()
        .map(|(id, _)| id.as_str().as_bytes().to_vec())
        .collect();
    let books: HashSet<u64> =
        collection::all(snapshot).await?.into_iter().map(|found| found.id.0).collect();
    let mut faults = Vec::new();
    for table in [MERGE, BEFORE, BY_UID, ENDED] {
        let mut pages = Pages::of(snapshot, &[table]);
        while let Some(page) = pages.next().await? {
            for (key, value) in page {
                let rest = key.get(1..).unwrap_or_default();
                let fault = match table {
                    MERGE => merge(snapshot, &everybody, rest, &value).await?,
                    BEFORE => card(snapshot, rest, &value).await?,
                    BY_UID => uid(snapshot, rest, &value).await?,
                    _ => ended(&books, rest, &value),
                };
                faults.extend(fault.filter(|_| faults.len() < MOST));
            }
        }
    }
    Ok(faults)
}

/// A merge is a user's, and its UIDs lead to it.
async fn merge(
    snapshot: &Snapshot,
    everybody: &HashSet<Vec<u8>>,
    rest: &[u8],
    value: &[u8],
) -> Result<Option<String>, EngineError> {
    let read = decode::<Merge>(VERSION, value).ok();
    let (Some((owner, number)), Some(merge)) = (place(rest), read) else {
        return Ok(Some("a merge cannot be read".to_owned()));
    };
    let (called, counted) = (keys::text_in(owner), keys::first_number(number));
    if !everybody.contains(owner) {
        return Ok(Some(format!("merge {counted} is of {called}, who is no user")));
    }
    for uid in std::iter::once(&merge.into).chain(&merge.uids) {
        let row = [&[BY_UID], owner, &[0], uid.as_bytes(), &[0], number].concat();
        if !snapshot.has(&row).await? {
            let fault = format!("a UID of merge {counted} of {called} does not lead to it");
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

/// What a card was belongs to a merge.
async fn card(
    snapshot: &Snapshot,
    rest: &[u8],
    value: &[u8],
) -> Result<Option<String>, EngineError> {
    let known = match place(rest) {
        Some((owner, number)) => snapshot.has(&[&[MERGE], owner, &[0], number].concat()).await?,
        None => false,
    };
    let fits = known && decode::<Before>(VERSION, value).is_ok();
    Ok((!fits).then(|| "what a card was before a merge leads to no merge".to_owned()))
}

/// A UID leads to a merge that had it, and says whether that stands.
async fn uid(
    snapshot: &Snapshot,
    rest: &[u8],
    value: &[u8],
) -> Result<Option<String>, EngineError> {
    let (parts, number) = rest.split_last_chunk::<8>().unwrap_or((rest, &[0; 8]));
    let mut parts = parts.split(|byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (owner, uid) = (part(), keys::text_in(part()));
    let row = [&[MERGE], owner, &[0], &number[..]].concat();
    let fits = snapshot.get_with(&row, |merge| {
        decode::<Merge>(VERSION, merge).is_ok_and(|merge| {
            let had_it = merge.into == uid || merge.uids.contains(&uid);
            had_it && [u8::from(merge.undone.is_none())] == value
        })
    });
    let fits = fits.await?.unwrap_or(false);
    Ok((!fits).then(|| {
        format!("the UID {uid} of {} leads to a merge that had it not", keys::text_in(owner))
    }))
}

/// A card that a merge ended was in a book that is there.
fn ended(books: &HashSet<u64>, rest: &[u8], value: &[u8]) -> Option<String> {
    let fits = keys::number_in(rest).is_some_and(|id| books.contains(&id))
        && keys::number_in(value).is_some();
    (!fits).then(|| "a merge ended a card in a book that is not there".to_owned())
}

/// The owner and the number that a key begins with behind its table.
fn place(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (owner, number) = rest.split_at_checked(end)?;
    Some((owner, number.get(1..9)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{CollectionId, ContactId, Timestamp};
    use crate::store::collection::{Collection, Kind};
    use crate::store::contacts::Contact;
    use crate::store::engine::Batch;
    use crate::store::merges;
    use crate::store::tests::{change_row, with_user};
    use crate::store::{Actor, Store};

    /// A merge that stands, with what it did to a card, and its number.
    async fn filled() -> (Store, u64) {
        let (store, anna) = with_user("anna").await;
        let book = CollectionId(7);
        let merge = Merge {
            at: Timestamp(1),
            actor: Actor { principal: "anna".to_owned(), device: String::new() },
            into: "stays".to_owned(),
            uids: vec!["a".to_owned(), "b".to_owned()],
            names: Vec::new(),
            contact: ContactId(1),
            was: None,
            now: Contact::new(anna.clone(), "stays".into(), String::new(), Timestamp(1)),
            others: Vec::new(),
            interactions: Vec::new(),
            cards: 1,
            undone: None,
        };
        let before = Before {
            collection: book,
            name: "a.vcf".to_owned(),
            uid: "a".to_owned(),
            bytes: Some(b"a card".to_vec()),
            after: None,
        };
        let mut batch = Batch::new();
        let found =
            Collection::new(book, Kind::AddressBook, anna.clone(), "c".into(), Timestamp(0));
        collection::create(&mut batch, &found).unwrap();
        let number = merges::insert(&store, &mut batch, &anna, &merge, &[before]).unwrap();
        store.commit(batch).await.unwrap();
        (store, number)
    }

    #[tokio::test]
    async fn each_flaw_is_found() {
        let (store, number) = filled().await;
        assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap(), [""; 0]);
        let key = |table| keys::Key::of(table).text("anna");
        let merge = key(MERGE).number(number).done();
        let uid = |uid| key(BY_UID).text(uid).number(number).done();
        let before = key(BEFORE).number(number).number(0).done();
        let ended = keys::in_collection(ENDED, CollectionId(7), "a.vcf");
        let nobody = keys::Key::of(MERGE).text("nobody").number(1).done();
        let record = store.snapshot().await.unwrap().get(&merge).await.unwrap().unwrap().to_vec();
        for (key, value, wanted) in [
            (merge.clone(), None, "what a card was before a merge leads to no merge"),
            (merge.clone(), None, "the UID a of anna leads to a merge that had it not"),
            (merge, Some(vec![9]), "a merge cannot be read"),
            (nobody, Some(record), "merge 1 is of nobody, who is no user"),
            (uid("b"), None, "does not lead to it"),
            (uid("b"), Some(vec![0]), "the UID b of anna leads to a merge that had it not"),
            (uid("c"), Some(vec![1]), "the UID c of anna leads to a merge that had it not"),
            (before, Some(vec![9]), "what a card was before a merge leads to no merge"),
            (ended, Some(vec![]), "a merge ended a card in a book that is not there"),
        ] {
            let (store, _) = filled().await;
            change_row(&store, key, value).await;
            let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
            assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
        }
    }
}
