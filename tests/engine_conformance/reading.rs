//! What is read: whole values, ordered scans, snapshots that do not change.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rolodav::store::engine::{Batch, Engine, Expect, Step};

use super::{get, key, puts, rows};

pub async fn reads_what_was_put(engine: &Engine) {
    assert_eq!(get(engine, "a").await, None);
    engine.commit(puts(&[("a", "1"), ("b", ""), ("", "no key")])).await.unwrap();
    assert_eq!(get(engine, "a").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(get(engine, "b").await.as_deref(), Some(&b""[..]), "an empty value is a value");
    assert_eq!(get(engine, "").await.as_deref(), Some(&b"no key"[..]));
    let mut batch = puts(&[("a", "2")]);
    batch.delete(key("b"));
    batch.delete(key("never there"));
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "a").await.as_deref(), Some(&b"2"[..]));
    assert_eq!(get(engine, "b").await, None);
    let snapshot = engine.snapshot().await.unwrap();
    assert_eq!(snapshot.get_with(b"a", <[u8]>::len).await.unwrap(), Some(1));
    assert_eq!(snapshot.get_with(b"b", <[u8]>::len).await.unwrap(), None);
}

pub async fn snapshots_do_not_change(engine: &Engine) {
    engine.commit(puts(&[("a", "1"), ("b", "1")])).await.unwrap();
    let before = engine.snapshot().await.unwrap();
    let expected = rows(&before, b"", b"z").await;
    for turn in 0..100 {
        let mut batch = puts(&[("a", &turn.to_string()), (&format!("c{turn}"), "1")]);
        batch.delete(key("b"));
        engine.commit(batch).await.unwrap();
    }
    assert_eq!(rows(&before, b"", b"z").await, expected);
    assert_eq!(before.get(b"b").await.unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(before.get(b"c1").await.unwrap(), None);
}

pub async fn a_snapshot_sees_every_commit_before_it(engine: &Arc<Engine>) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                for turn in 0..50 {
                    let (name, value) = (format!("w{writer}"), turn.to_string());
                    engine.commit(puts(&[(&name, &value)])).await.unwrap();
                    let read = get(&engine, &name).await;
                    assert_eq!(read, Some(Bytes::from(value)), "writer {writer} in turn {turn}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

pub async fn scans_keep_their_bounds_and_order(engine: &Engine) {
    let names = ["a", "a\0", "b", "ba", "c", "\u{ff}"];
    let pairs: Vec<_> = names.iter().rev().map(|name| (*name, *name)).collect();
    engine.commit(puts(&pairs)).await.unwrap();
    let model: BTreeMap<_, _> = names.iter().map(|n| (key(n), key(n))).collect();
    let snapshot = engine.snapshot().await.unwrap();
    let bounds: [&[u8]; 8] = [b"", b"a", b"a\0", b"b", b"bb", b"c", b"d", &[0xff]];
    for from in bounds {
        for to in bounds {
            let expected: Vec<_> = model
                .iter()
                .filter(|(name, _)| name.as_slice() >= from && name.as_slice() < to)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            assert_eq!(rows(&snapshot, from, to).await, expected, "from {from:?} to {to:?}");
        }
    }
}

pub async fn a_scan_stops_where_told(engine: &Engine) {
    engine.commit(puts(&[("a", ""), ("b", ""), ("c", "")])).await.unwrap();
    let mut seen = Vec::new();
    let visit = |key: &[u8], _: &[u8]| {
        seen.push(key.to_vec());
        if key == b"b" { Step::Stop } else { Step::Continue }
    };
    engine.snapshot().await.unwrap().scan(b"a", b"z", visit).await.unwrap();
    assert_eq!(seen, [b"a", b"b"]);
}

pub async fn big_values_come_back_whole(engine: &Engine) {
    let photo: Bytes =
        (0..20u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut batch = puts(&[("small", "1")]);
    batch.put(key("photo"), photo.clone());
    engine.commit(batch).await.unwrap();
    let snapshot = engine.snapshot().await.unwrap();
    let equal = snapshot.get_with(b"photo", |value| value == photo).await.unwrap();
    assert_eq!(equal, Some(true), "20 MiB did not come back as they were");
    let mut batch = Batch::new();
    batch.expect(key("photo"), Expect::Value(photo));
    batch.put(key("photo"), "gone");
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "photo").await.as_deref(), Some(&b"gone"[..]));
}

/// Rows written long ago, lately, and in between, by the hundred, look like one ordered map.
pub async fn scans_do_not_show_where_a_row_lies(engine: &Engine) {
    let mut model = BTreeMap::new();
    let mut past = Vec::new();
    let mut dice = 1u64;
    for round in 0..6 {
        let mut batch = Batch::new();
        for _ in 0..700 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let name = ((dice >> 33) % 2_000).to_be_bytes().to_vec();
            if dice >> 62 == 0 {
                batch.delete(name.clone());
                model.remove(&name);
            } else {
                batch.put(name.clone(), Bytes::from(format!("{round}")));
                model.insert(name, format!("{round}").into_bytes());
            }
        }
        engine.commit(batch).await.unwrap();
        past.push((engine.snapshot().await.unwrap(), model.clone()));
    }
    for (round, (snapshot, model)) in past.iter().enumerate() {
        for (from, to) in [(0u64, 2_000u64), (0, 1), (300, 301), (100, 900), (1_999, 2_000)] {
            let (from, to) = (from.to_be_bytes().to_vec(), to.to_be_bytes().to_vec());
            let expected: Vec<_> = model
                .range(from.clone()..to.clone())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let found = rows(snapshot, &from, &to).await;
            assert!(found == expected, "after round {round}, from {from:?} to {to:?}");
            let mut first = None;
            let visit = |key: &[u8], _: &[u8]| {
                first = Some(key.to_vec());
                Step::Stop
            };
            snapshot.scan(&from, &to, visit).await.unwrap();
            assert_eq!(first.as_ref(), expected.first().map(|(key, _)| key), "round {round}");
        }
    }
}
