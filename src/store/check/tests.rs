//! Each side of what is held twice is held against the other one, however many rows there are.

use bytes::Bytes;

use super::*;
use crate::base::{CollectionId, Timestamp};
use crate::store::body::NewBody;
use crate::store::collection::Kind;
use crate::store::engine::Batch;
use crate::store::member::Flags;
use crate::store::spans::Span;
use crate::store::tests::{keys_of, with_user};
use crate::store::write::{NewMember, Target};
use crate::store::{Actor, Store};

const BOOK: CollectionId = CollectionId(7);

/// Events: more than a page of rows has.
const EVENTS: usize = 600;

fn name(number: usize) -> String {
    format!("{number:04}.ics")
}

/// A calendar: each event takes two stretches of time, was written twice and has a photo, which
/// every second one shares with the one before it.
async fn filled() -> Store {
    let (store, anna) = with_user("anna").await;
    let book = Collection::new(BOOK, Kind::Calendar, anna, "calendar".into(), Timestamp(0));
    let mut batch = Batch::new();
    collection::create(&mut batch, &book).unwrap();
    store.commit(batch).await.unwrap();
    let actor = Actor { principal: "anna".to_owned(), device: String::new() };
    for number in 0..EVENTS {
        let name = name(number);
        let target = Target { collection: &book, rights: &[], name: &name, actor: &actor };
        for text in [&b"old"[..], b"new"] {
            let photo = [(number / 2 % 100) as u8; 600];
            let bytes = Bytes::from([&photo, text].concat());
            let start = number as i64 * 3600;
            let event = NewMember {
                etag: ETag::of(&bytes),
                body: NewBody { bytes, blobs: std::iter::once(0..photo.len()).collect() },
                flags: Flags::default(),
                uid: format!("u{number}"),
                notes: Vec::new(),
                original: Some(NewBody {
                    bytes: Bytes::from_static(b"as it was sent"),
                    blobs: Vec::new(),
                }),
                spans: vec![
                    Span { start, end: start + 60, exact: true },
                    Span { start: start + 7200, end: start + 99_999, exact: false },
                ],
            };
            store.put_member(&target, &event, None, None, |_| Ok(())).await.unwrap();
        }
    }
    store
}

#[tokio::test]
async fn what_is_held_twice_is_held_against_the_other() {
    let store = filled().await;
    let snapshot = store.snapshot().await.unwrap();
    let report = check(&snapshot).await.unwrap();
    assert_eq!(report.faults, [""; 0]);
    let counted = (report.members, report.versions, report.bodies);
    assert_eq!(counted, (EVENTS as u64, EVENTS as u64, 3 * EVENTS as u64));
    let last = name(EVENTS - 1);
    let of = |table| keys::of_collection(table, BOOK);
    let [times, versions, photos] = [
        keys_of(&snapshot, &of(table::TIME)).await,
        keys_of(&snapshot, &of(table::KEPT)).await,
        keys_of(&snapshot, &[table::BLOB_REFS]).await,
    ];
    let filed = [times.last().unwrap(), &b"x"[..]].concat();
    let uid = [&of(table::UID)[..], b"stray"].concat();
    for (changes, wanted) in [
        (vec![(times[EVENTS].clone(), None)], "are not indexed"),
        (vec![(filed, Some(vec![0; 9]))], "is none of its own"),
        (vec![(keys::in_collection(table::SPANS, BOOK, &last), None)], "is none of its own"),
        (vec![(uid, Some(b"x".to_vec()))], "UID stray is held by nobody"),
        (vec![(versions[EVENTS - 1].clone(), None)], "cannot be read"),
        (vec![(keys::in_collection(table::ORIGINAL, BOOK, &last), None)], "cannot be read"),
        (vec![(photos[7].clone(), None)], "photos are held"),
        (
            // Ten more of one and ten less of another.
            vec![
                (photos[7].clone(), Some(2_i64.to_be_bytes().to_vec())),
                (photos[8].clone(), Some(22_i64.to_be_bytes().to_vec())),
            ],
            "but not the same ones",
        ),
    ] {
        let mut batch = Batch::new();
        let mut back = Batch::new();
        for (key, value) in changes {
            match snapshot.get(&key).await.unwrap() {
                Some(was) => back.put(key.clone(), was.to_vec()),
                None => back.delete(key.clone()),
            }
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        store.commit(batch).await.unwrap();
        let faults = check(&store.snapshot().await.unwrap()).await.unwrap().faults;
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
        store.commit(back).await.unwrap();
    }
    assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap().faults, [""; 0]);
}
