//! What is noted holds, and what is tampered with is found.

use std::sync::Arc;

use super::*;
use crate::base::clock::ManualClock;
use crate::store::engine::Engine;
use crate::store::engine::memory::MemoryEngine;

async fn store() -> Store {
    let clock = Arc::new(ManualClock::at(Timestamp(1_000)));
    Store::open(Engine::Memory(MemoryEngine::default()), clock).await.unwrap()
}

fn anna() -> Actor {
    Actor { principal: "anna".to_owned(), device: "phone".to_owned() }
}

/// A store with six entries, two of them of one commit.
async fn filled() -> Store {
    let store = store().await;
    for names in [&["a"][..], &["b", "c"], &["d"], &["e"], &[""]] {
        let mut batch = Batch::new();
        for name in names {
            let deed = Deed { name, ..Deed::of(Subject::Card, Verb::Added, "anna") };
            deed.note(&store, &mut batch, &anna()).unwrap();
        }
        store.commit(batch).await.unwrap();
    }
    store
}

async fn row(store: &Store, sequence: u64) -> Vec<u8> {
    store.snapshot().await.unwrap().get(&key(sequence)).await.unwrap().unwrap().to_vec()
}

async fn put(store: &Store, sequence: u64, row: Vec<u8>) {
    let mut batch = Batch::new();
    batch.put(key(sequence), row);
    store.commit(batch).await.unwrap();
}

async fn fault(store: &Store, noted: Option<Noted>) -> String {
    let found = verify(&store.snapshot().await.unwrap(), noted).await.unwrap();
    found.fault.unwrap_or_default()
}

async fn head_of(store: &Store) -> Noted {
    verify(&store.snapshot().await.unwrap(), None).await.unwrap().head.unwrap()
}

/// Gives entry `sequence` and all after it hashes that fit.
async fn forge_from(store: &Store, sequence: u64) {
    let snapshot = store.snapshot().await.unwrap();
    let before = snapshot.get(&key(sequence - 1)).await.unwrap();
    let mut hash = before.map_or_else(Default::default, |row| *chain::parts(&row).unwrap().0);
    for sequence in sequence..=head(&snapshot).await.unwrap() {
        let stored = row(store, sequence).await;
        let value = chain::parts(&stored).unwrap().1;
        let sealed = value.len() - read(value).unwrap().1.len();
        hash = chain::hash(&hash, sequence, &value[..sealed]);
        put(store, sequence, [&hash[..], value].concat()).await;
    }
}

#[tokio::test]
async fn what_is_noted_is_read_and_holds() {
    let store = filled().await;
    let snapshot = store.snapshot().await.unwrap();
    let found = verify(&snapshot, None).await.unwrap();
    assert_eq!(found.fault, None);
    assert_eq!(found.head.unwrap().sequence, 6);
    let read = last(&snapshot, 3, |_| true).await.unwrap();
    let names: Vec<_> = read.iter().map(|r| (r.sequence, r.names.name.as_str())).collect();
    assert_eq!(names, [(4, "d"), (5, "e"), (6, "")]);
    let read = last(&snapshot, 9, |r| r.names.name.as_str() < "c").await.unwrap();
    assert_eq!(read.iter().map(|r| r.sequence).collect::<Vec<_>>(), [1, 2, 6]);
    assert_eq!(read[0].entry.by, anna());
    assert_eq!(
        verify(&self::store().await.snapshot().await.unwrap(), None).await.unwrap().head,
        None
    );
}

#[tokio::test]
async fn a_page_is_not_the_end() {
    let store = store().await;
    let many = 2 * PAGE + 10;
    let mut batch = Batch::new();
    for number in 1..=many {
        let name = number.to_string();
        let deed = Deed { name: &name, ..Deed::of(Subject::Tag, Verb::Added, "anna") };
        deed.note(&store, &mut batch, &anna()).unwrap();
    }
    store.commit(batch).await.unwrap();
    assert_eq!(head_of(&store).await.sequence, many);
    let snapshot = store.snapshot().await.unwrap();
    let read = last(&snapshot, 2, |r| r.sequence % PAGE == 1).await.unwrap();
    assert_eq!(read.iter().map(|r| r.sequence).collect::<Vec<_>>(), [PAGE + 1, 2 * PAGE + 1]);
}

#[tokio::test]
async fn tampering_is_found_where_it_was_done() {
    let store = filled().await;
    let (third, fourth) = (row(&store, 3).await, row(&store, 4).await);

    let mut changed = third.clone();
    changed[36] ^= 1;
    put(&store, 3, changed).await;
    assert!(fault(&store, None).await.starts_with("Entry 3 does not hold"));

    let mut renamed = third.clone();
    let at = renamed.len() - 20;
    renamed[at] ^= 1;
    put(&store, 3, renamed).await;
    assert_eq!(fault(&store, None).await, "The names in entry 3 were changed.");

    put(&store, 3, b"short".to_vec()).await;
    assert!(fault(&store, None).await.starts_with("Entry 3 cannot be read"));

    put(&store, 3, fourth.clone()).await;
    put(&store, 4, third.clone()).await;
    assert!(fault(&store, None).await.starts_with("Entry 3 does not hold"), "exchanged");

    let mut batch = Batch::new();
    batch.delete(key(3));
    batch.put(key(4), fourth.clone());
    store.commit(batch).await.unwrap();
    let missing = fault(&store, None).await;
    assert_eq!(missing, "Entry 3 is missing; the next one that is there is 4.");

    put(&store, 3, third).await;
    assert_eq!(fault(&store, None).await, "", "it is as it was");
}

#[tokio::test]
async fn what_is_cut_off_is_found() {
    let store = filled().await;
    let noted = head_of(&store).await;
    let mut batch = Batch::new();
    batch.delete(key(6));
    store.commit(batch).await.unwrap();
    assert_eq!(fault(&store, None).await, "Entry 6 is missing at the end.");

    let mut batch = Batch::new();
    batch.delete(key(5));
    batch.put(vec![LOG], 4_u64.to_be_bytes().to_vec());
    store.commit(batch).await.unwrap();
    assert_eq!(fault(&store, None).await, "", "nothing tells, without a noted head");
    let cut = fault(&store, Some(noted)).await;
    assert_eq!(
        cut,
        "Entries 5 to 6 are missing at the end: entry 6 was there when the head was noted."
    );

    // What comes afterwards does not make up for it.
    for name in ["x", "y", "z"] {
        let mut batch = Batch::new();
        let deed = Deed { name, ..Deed::of(Subject::Card, Verb::Added, "anna") };
        deed.note(&store, &mut batch, &anna()).unwrap();
        store.commit(batch).await.unwrap();
    }
    assert_eq!(fault(&store, None).await, "");
    assert!(
        fault(&store, Some(noted)).await.starts_with("Entry 6 has another hash than was noted")
    );
}

#[tokio::test]
async fn a_chain_that_was_forged_whole_is_found_by_a_noted_head() {
    let store = filled().await;
    let noted = head_of(&store).await;
    let mut changed = row(&store, 2).await;
    // The moment, behind the hash and the version.
    changed[33] ^= 1;
    put(&store, 2, changed).await;
    forge_from(&store, 2).await;
    assert_eq!(fault(&store, None).await, "", "the forger was thorough");
    assert!(
        fault(&store, Some(noted)).await.starts_with("Entry 6 has another hash than was noted")
    );
}

#[tokio::test]
async fn names_can_go_and_the_chain_holds() {
    let store = filled().await;
    let noted = head_of(&store).await;
    let stored = row(&store, 2).await;
    let loose = read(chain::parts(&stored).unwrap().1).unwrap().1.len();
    put(&store, 2, stored[..stored.len() - loose].to_vec()).await;
    let snapshot = store.snapshot().await.unwrap();
    let found = verify(&snapshot, Some(noted)).await.unwrap();
    assert_eq!((found.fault, found.erased, found.head), (None, 1, Some(noted)));
    let read = last(&snapshot, 9, Record::is_erased).await.unwrap();
    assert_eq!(read.iter().map(|r| r.sequence).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn settings_are_told_when_they_are_others_than_the_last_time() {
    let store = store().await;
    let start = async |values: [&str; 2]| {
        let setting = |(name, value): (&str, &str)| Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            default: "0".to_owned(),
            secret: name == "b",
        };
        let all: Vec<Setting> = ["a", "b"].into_iter().zip(values).map(setting).collect();
        settings(&store, &all, &Actor::operator("start")).await.unwrap()
    };
    for (values, told) in [(["0", "0"], 0), (["1", "7"], 2), (["1", "7"], 0), (["0", "7"], 1)] {
        assert_eq!(start(values).await, told, "{values:?}");
    }
    let read = last(&store.snapshot().await.unwrap(), 9, |_| true).await.unwrap();
    let told = read.iter().map(|r| (r.names.name.as_str(), r.names.detail.as_str()));
    assert_eq!(told.collect::<Vec<_>>(), [("a", "0 -> 1"), ("b", ""), ("a", "1 -> 0")]);
}

#[test]
fn a_noted_head_is_read_as_it_was_printed() {
    let noted = Noted { sequence: 17, hash: std::array::from_fn(|at| at as u8 * 7) };
    assert_eq!(Noted::parse(&format!(" {noted}\n")), Some(noted));
    let (longer, rest) = (format!("{noted}0"), noted.to_string());
    let shorter = rest.split_at(rest.len() - 1).0;
    for wrong in ["", "17", "17:", "x:00", "0:00", &longer, shorter] {
        assert_eq!(Noted::parse(wrong), None, "{wrong:?}");
    }
}
