//! What a batch does: all or nothing, expectations, counters, logs.

use bytes::Bytes;
use rolodav::store::engine::{Batch, CommitError, Engine, Expect, chain};

use super::{all, get, key, number, puts, refused, rows};

pub async fn an_empty_batch_does_nothing(engine: &Engine) {
    let mut watch = engine.watch();
    assert!(engine.commit(Batch::new()).await.unwrap().sequences.is_empty());
    assert!(all(engine).await.is_empty());
    assert!(watch.try_recv().is_err());
}

pub async fn a_refused_batch_leaves_nothing(engine: &Engine) {
    engine.commit(puts(&[("a", "1"), ("b", "1")])).await.unwrap();
    let before = all(engine).await;
    let mut watch = engine.watch();
    let mut batch = puts(&[("a", "2"), ("c", "2")]);
    batch.delete(key("b"));
    batch.append(key("log"), "row");
    batch.add(key("count"), 3);
    let place = batch.expect(key("a"), Expect::Absent);
    refused(engine.commit(batch).await, place);
    assert_eq!(all(engine).await, before, "a refused batch changed rows");
    assert!(watch.try_recv().is_err(), "a refused batch was announced");
}

pub async fn every_expectation_holds_and_refuses(engine: &Engine) {
    engine.commit(puts(&[("a", "1"), ("empty", "")])).await.unwrap();
    let value = |text: &'static str| Expect::Value(Bytes::from_static(text.as_bytes()));
    let cases = [
        ("a", Expect::Present, true),
        ("a", Expect::Absent, false),
        ("a", value("1"), true),
        ("a", value("2"), false),
        ("a", value("11"), false),
        ("a", value(""), false),
        ("empty", Expect::Present, true),
        ("empty", Expect::Absent, false),
        ("empty", value(""), true),
        ("none", Expect::Absent, true),
        ("none", Expect::Present, false),
        ("none", value(""), false),
    ];
    for (turn, (name, state, holds)) in cases.into_iter().enumerate() {
        let mut batch = puts(&[("mark", &turn.to_string())]);
        let place = batch.expect(key(name), state.clone());
        let outcome = engine.commit(batch).await;
        if holds {
            assert!(outcome.is_ok(), "{name} {state:?} should hold: {outcome:?}");
        } else {
            refused(outcome, place);
        }
        let marked = get(engine, "mark").await == Some(Bytes::from(turn.to_string()));
        assert_eq!(marked, holds, "{name} {state:?}");
    }
    let snapshot = engine.snapshot().await.unwrap();
    for name in ["a", "none"] {
        let read = snapshot.get(name.as_bytes()).await.unwrap();
        let mut batch = Batch::new();
        batch.expect_same(key(name), read.as_ref());
        engine.commit(batch).await.unwrap();
    }
}

pub async fn expectations_see_the_state_before_the_batch(engine: &Engine) {
    let mut batch = puts(&[("a", "1")]);
    batch.expect(key("a"), Expect::Absent);
    engine.commit(batch).await.unwrap();
    let mut batch = Batch::new();
    batch.delete(key("a"));
    let place = batch.expect(key("a"), Expect::Absent);
    refused(engine.commit(batch).await, place);
}

pub async fn a_bound_refuses_the_whole_batch(engine: &Engine) {
    let mut batch = Batch::new();
    batch.add_bounded(key("quota"), 7, 10);
    engine.commit(batch).await.unwrap();
    let mut batch = puts(&[("a", "1")]);
    batch.add_bounded(key("quota"), 3, 10);
    let place = batch.add_bounded(key("quota"), 1, 10);
    batch.put(key("b"), "1");
    refused(engine.commit(batch).await, place);
    assert_eq!(get(engine, "quota").await, Some(number(7)));
    assert_eq!(get(engine, "a").await, None, "a step before the bound was kept");
    assert_eq!(get(engine, "b").await, None, "a step after the bound was kept");
    let mut batch = Batch::new();
    batch.add_bounded(key("quota"), 3, 10);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "quota").await, Some(number(10)), "the bound itself is allowed");
    let mut batch = Batch::new();
    batch.add_bounded(key("quota"), -2, 5);
    refused(engine.commit(batch).await, 0);
    let mut batch = Batch::new();
    batch.add(key("quota"), -6);
    batch.add_bounded(key("quota"), 1, 5);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "quota").await, Some(number(5)));
}

pub async fn counters_count_from_nothing_and_below(engine: &Engine) {
    let mut batch = Batch::new();
    batch.add(key("n"), -3);
    batch.add(key("max"), i64::MAX);
    batch.add(key("max"), 1);
    batch.put(key("set"), number(40));
    batch.add(key("set"), 2);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "n").await, Some(number(-3)));
    assert_eq!(get(engine, "max").await, Some(number(i64::MAX)), "counters stop at their end");
    assert_eq!(get(engine, "set").await, Some(number(42)));
    let mut batch = puts(&[("word", "seven")]);
    batch.delete(key("set"));
    batch.add(key("set"), 1);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "set").await, Some(number(1)));
    let mut batch = puts(&[("other", "1")]);
    batch.add(key("word"), 1);
    assert!(matches!(engine.commit(batch).await, Err(CommitError::Failed(_))));
    assert_eq!(get(engine, "other").await, None);
}

pub async fn appends_number_without_gaps(engine: &Engine) {
    let mut batch = Batch::new();
    batch.append(key("log/"), "a");
    batch.append(key("other/"), "x");
    batch.append(key("log/"), "b");
    assert_eq!(engine.commit(batch).await.unwrap().sequences, [1, 1, 2]);
    let mut batch = Batch::new();
    batch.append(key("log/"), "c");
    assert_eq!(engine.commit(batch).await.unwrap().sequences, [3]);
    let found = rows(&engine.snapshot().await.unwrap(), b"log/", b"log0").await;
    let mut expected = vec![(key("log/"), 3u64.to_be_bytes().to_vec())];
    for (sequence, row) in [(1u64, "a"), (2, "b"), (3, "c")] {
        let mut name = key("log/");
        name.extend_from_slice(&sequence.to_be_bytes());
        expected.push((name, row.as_bytes().to_vec()));
    }
    assert_eq!(found, expected);
}

/// The hashes of the rows of a chained log, each worked out anew from the rows as they are stored.
pub async fn chained(engine: &Engine, sealed: usize) -> Vec<Vec<u8>> {
    let stored = rows(&engine.snapshot().await.unwrap(), b"chain/", b"chain0").await;
    let mut stored = stored.into_iter();
    let head = stored.next().unwrap().1;
    let mut before = [0; 32];
    let mut values = Vec::new();
    for (sequence, (name, row)) in (1_u64..).zip(stored) {
        assert_eq!(name[6..], sequence.to_be_bytes(), "the numbers have a gap");
        let (stored, value) = chain::parts(&row).unwrap();
        before = chain::hash(&before, sequence, &value[..sealed]);
        assert_eq!(*stored, before, "row {sequence} is no link of the chain");
        values.push(value.to_vec());
    }
    assert_eq!(head, (values.len() as u64).to_be_bytes());
    values
}

pub async fn chained_rows_depend_on_what_came_before(engine: &Engine) {
    let mut watch = engine.watch();
    let mut batch = Batch::new();
    batch.chain(key("chain/"), "one.a", 3);
    batch.append(key("log/"), "x");
    batch.chain(key("chain/"), "two.b", 3);
    assert_eq!(engine.commit(batch).await.unwrap().sequences, [1, 1, 2]);
    assert_eq!(&watch.try_recv().unwrap().log[..], b"log/");
    assert!(watch.try_recv().is_err(), "a chained log was announced");
    for (value, number) in [("six.c", 3), ("ten.d", 4)] {
        let mut batch = Batch::new();
        batch.chain(key("chain/"), value, 3);
        assert_eq!(engine.commit(batch).await.unwrap().sequences, [number]);
    }
    assert_eq!(chained(engine, 3).await, ["one.a", "two.b", "six.c", "ten.d"].map(key));
    // What is not sealed can go.
    let mut batch = Batch::new();
    let name = [&key("chain/")[..], &2_u64.to_be_bytes()].concat();
    let row = engine.snapshot().await.unwrap().get(&name).await.unwrap().unwrap();
    batch.put(name, row[..35].to_vec());
    engine.commit(batch).await.unwrap();
    assert_eq!(chained(engine, 3).await[1], key("two"));
}

pub async fn a_refused_append_takes_no_number(engine: &Engine) {
    for turn in 0..6 {
        let mut batch = Batch::new();
        batch.append(key("log/"), "row");
        if turn % 2 == 1 {
            batch.expect(key("none"), Expect::Present);
        }
        let outcome = engine.commit(batch).await;
        if turn % 2 == 1 {
            refused(outcome, 1);
        } else {
            assert_eq!(outcome.unwrap().sequences, [turn / 2 + 1]);
        }
    }
}

pub async fn ten_thousand_steps_in_one_batch(engine: &Engine) {
    let mut batch = Batch::new();
    for turn in 0..2_500u32 {
        batch.put(format!("put{turn:05}").into_bytes(), Bytes::from(turn.to_string()));
        batch.add(format!("count{}", turn % 10).into_bytes(), 1);
        batch.append(key("log/"), Bytes::from(turn.to_string()));
        batch.expect(format!("put{turn:05}").into_bytes(), Expect::Absent);
    }
    let committed = engine.commit(batch).await.unwrap();
    assert_eq!(committed.sequences, (1..=2_500).collect::<Vec<_>>());
    let snapshot = engine.snapshot().await.unwrap();
    assert_eq!(rows(&snapshot, b"put", b"puu").await.len(), 2_500);
    assert_eq!(rows(&snapshot, b"log/", b"log0").await.len(), 2_501);
    for (name, value) in rows(&snapshot, b"count", b"counu").await {
        assert_eq!(value, 250i64.to_be_bytes(), "{name:?}");
    }
}
