//! Verifies that tags, their names, and the index of which members bear them agree with each other, in
//! memory that grows with the tags and not with the members.

use std::collections::{BTreeSet, HashMap};

use super::engine::{EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use super::pages::Pages;
use super::tags::{self, TagId};
use super::{collection, principals, tag_index};
use crate::base::CollectionId;

/// Faults of single members that are found at most.
const MOST: usize = 100;

/// What is wrong with the tags: names without tag, tags without name or owner, wrong counts.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let (mut named, mut ids) = (HashMap::new(), Vec::new());
    snapshot
        .scan(&[table::TAG_NAME], &keys::after(&[table::TAG_NAME]), |_, value| {
            *named.entry(TagId(keys::first_number(value))).or_insert(0_u64) += 1;
            Step::Continue
        })
        .await?;
    snapshot
        .scan(&[table::TAG], &keys::after(&[table::TAG]), |key, _| {
            ids.extend(keys::last_number(key).map(TagId));
            Step::Continue
        })
        .await?;
    for id in &ids {
        match tags::get(snapshot, *id).await {
            Ok(Some(tag)) if principals::get(snapshot, &tag.record.owner).await?.is_none() => {
                faults.push(format!("tag {} belongs to nobody", id.0));
            }
            Err(_) => faults.push(format!("tag {} cannot be read", id.0)),
            _ => {}
        }
        if named.remove(id).is_none() {
            faults.push(format!("tag {} is found by no name", id.0));
        }
    }
    faults.extend(named.keys().map(|id| format!("a name stands for tag {}, which is gone", id.0)));
    faults.extend(bearers(snapshot, &ids).await?);
    Ok(faults)
}

/// Which members bear which tags; `known` are all tags, ascending.
///
/// Not judged are numbers of tags that ended in what is worked off: that a group card is to be made
/// anew, that a card is awaited, that something is to be done to a tag.
async fn bearers(snapshot: &Snapshot, known: &[TagId]) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let mut listed = 0_u64;
    let mut pages = Pages::of(snapshot, &[table::TAGS_OF]);
    while let Some(page) = pages.next().await? {
        for (key, value) in page {
            let place = key.get(1..).unwrap_or_default();
            let tags = tag_index::read(&value).map(|entry| entry.tags);
            if tags.is_err() {
                faults.push("the tags of a member cannot be read".to_owned());
            }
            for tag in tags.unwrap_or_default() {
                listed += 1;
                let bearer = Key::of(table::TAG_BEARER).number(tag.0).bytes(place).done();
                if !snapshot.has(&bearer).await? {
                    faults.push("a member has a tag that does not list it".to_owned());
                }
            }
            faults.truncate(MOST);
        }
    }
    let (mut rows, mut counts): (u64, HashMap<TagId, u64>) = (0, HashMap::new());
    let mut ended: BTreeSet<(TagId, CollectionId)> = BTreeSet::new();
    snapshot
        .scan(&[table::TAG_BEARER], &keys::after(&[table::TAG_BEARER]), |key, _| {
            rows += 1;
            let tag = TagId(keys::first_number(key.get(1..).unwrap_or_default()));
            if known.binary_search(&tag).is_ok() {
                *counts.entry(tag).or_default() += 1;
            } else if ended.len() < MOST {
                let book = keys::first_number(key.get(9..).unwrap_or_default());
                ended.insert((tag, CollectionId(book)));
            }
            Step::Continue
        })
        .await?;
    for (tag, book) in ended {
        // The tags of somebody who was removed end before their books do.
        if let Some(found) = collection::get(snapshot, book).await?
            && principals::get(snapshot, &found.collection.owner).await?.is_some()
        {
            let (tag, book) = (tag.0, book.0);
            faults.push(format!("tag {tag}, which is not there, is borne in collection {book}"));
        }
    }
    if rows != listed {
        faults.push(format!("tags list {rows} members, and members {listed} tags"));
    }
    for tag in known {
        let (counted, there) = (tag_index::count(snapshot, *tag).await?, counts.get(tag).copied());
        if counted != there.unwrap_or(0) {
            faults.push(format!("tag {} is not borne by {counted} members, as counted", tag.0));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::store::collection::{Collection, Kind};
    use crate::store::engine::Batch;
    use crate::store::tag_index::Entry;
    use crate::store::tests::{change_row, with_user};
    use crate::store::{Actor, Store};

    const BOOK: CollectionId = CollectionId(7);

    /// A tag that more members bear than a page has, and its number.
    async fn filled() -> (Store, TagId) {
        let (store, anna) = with_user("anna").await;
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let mut batch = Batch::new();
        let book = Collection::new(BOOK, Kind::AddressBook, anna.clone(), "c".into(), Timestamp(0));
        collection::create(&mut batch, &book).unwrap();
        let tag = tags::insert(&store, &mut batch, &anna, "club", "Club", None, &actor).unwrap();
        for number in 0..600 {
            let (name, uid) = (format!("{number:03}.vcf"), number.to_string());
            let entry = Entry { uid, tags: vec![tag] };
            tag_index::set(&mut batch, BOOK, &name, None, Some(&entry)).unwrap();
        }
        store.commit(batch).await.unwrap();
        (store, tag)
    }

    #[tokio::test]
    async fn each_flaw_is_found() {
        let (store, tag) = filled().await;
        assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap(), [""; 0]);
        let bearer = |tag: u64, name: &str| {
            Key::of(table::TAG_BEARER).number(tag).number(BOOK.0).bytes(name.as_bytes()).done()
        };
        let entry = keys::in_collection(table::TAGS_OF, BOOK, "599.vcf");
        let record = Key::of(table::TAG).number(tag.0).done();
        let name = Key::of(table::TAG_NAME).text("anna").bytes(b"club").done();
        let stray = Key::of(table::TAG_NAME).text("anna").bytes(b"stray").done();
        let of_tag = |what: &str| format!("tag {} {what}", tag.0);
        for (key, value, wanted) in [
            (bearer(tag.0, "599.vcf"), None, "a member has a tag that does not list it".to_owned()),
            (entry.clone(), None, "tags list 600 members, and members 599 tags".to_owned()),
            (entry, Some(vec![9]), "the tags of a member cannot be read".to_owned()),
            (
                bearer(tag.0, "stray"),
                Some(vec![]),
                of_tag("is not borne by 600 members, as counted"),
            ),
            (record.clone(), Some(vec![9]), of_tag("cannot be read")),
            (record, None, format!("tag {}, which is not there, is borne in collection 7", tag.0)),
            (name, None, of_tag("is found by no name")),
            (stray, Some(vec![0; 8]), "a name stands for tag 0, which is gone".to_owned()),
        ] {
            let (store, _) = filled().await;
            change_row(&store, key, value).await;
            let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
            assert!(faults.contains(&wanted), "{wanted}: {faults:?}");
        }
    }

    #[tokio::test]
    async fn tags_of_somebody_who_is_gone_go_with_their_books() {
        let (store, tag) = filled().await;
        let mut batch = Batch::new();
        batch.delete(Key::of(table::TAG).number(tag.0).done());
        batch.delete(Key::of(table::TAG_NAME).text("anna").bytes(b"club").done());
        batch.delete(b"\x10anna".to_vec());
        store.commit(batch).await.unwrap();
        assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap(), [""; 0]);
    }
}
