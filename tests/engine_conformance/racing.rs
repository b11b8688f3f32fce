//! What holds when many commit at once, watch, or go away.

use std::sync::Arc;

use bytes::Bytes;
use rolodav::store::engine::{Batch, CommitError, Engine, Expect};

use super::{get, key, puts, rows};

pub async fn racing_swaps_lose_none(engine: &Arc<Engine>) {
    const TASKS: u64 = 16;
    const TURNS: u64 = 25;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut won = 0;
                while won < TURNS {
                    let read = get(&engine, "n").await;
                    let present = read
                        .as_ref()
                        .map_or(0, |v| v.as_ref().try_into().map(u64::from_be_bytes).unwrap());
                    let mut batch = Batch::new();
                    batch.expect_same(key("n"), read.as_ref());
                    batch.put(key("n"), Bytes::copy_from_slice(&(present + 1).to_be_bytes()));
                    match engine.commit(batch).await {
                        Ok(_) => won += 1,
                        Err(CommitError::Refused(0)) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let total = Bytes::copy_from_slice(&(TASKS * TURNS).to_be_bytes());
    assert_eq!(get(engine, "n").await, Some(total), "a swap was lost or doubled");
}

pub async fn racing_creations_have_one_winner(engine: &Arc<Engine>) {
    for round in 0..30 {
        let tasks: Vec<_> = (0..16)
            .map(|writer| {
                let engine = Arc::clone(engine);
                tokio::spawn(async move {
                    let mut batch = Batch::new();
                    batch.expect(format!("r{round}").into_bytes(), Expect::Absent);
                    batch.put(format!("r{round}").into_bytes(), Bytes::from(writer.to_string()));
                    engine.commit(batch).await.map(|_| writer)
                })
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(writer) => winners.push(writer.to_string()),
                Err(CommitError::Refused(0)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        let stored = get(engine, &format!("r{round}")).await.unwrap();
        assert_eq!(winners, [String::from_utf8(stored.to_vec()).unwrap()], "round {round}");
    }
}

/// Nobody is refused because others add to the same chain.
pub async fn racing_links_make_one_chain(engine: &Arc<Engine>) {
    let tasks: Vec<_> = (0..16)
        .map(|writer: u8| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                for turn in 0..20_u8 {
                    let mut batch = Batch::new();
                    batch.put(vec![b'w', writer, turn], "");
                    batch.chain(key("chain/"), vec![writer, turn], 2);
                    batch.chain(key("chain/"), vec![writer, turn], 2);
                    engine.commit(batch).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let values = super::batches::chained(engine, 2).await;
    assert_eq!(values.len(), 640);
    assert!(values.chunks(2).all(|pair| pair[0] == pair[1]), "a batch was torn");
}

pub async fn racing_appends_have_no_gap(engine: &Arc<Engine>) {
    let tasks: Vec<_> = (0..16)
        .map(|writer| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut taken = Vec::new();
                for _ in 0..20 {
                    let mut batch = Batch::new();
                    batch.append(key("log/"), Bytes::from(writer.to_string()));
                    taken.extend(engine.commit(batch).await.unwrap().sequences);
                }
                assert!(taken.is_sorted(), "writer {writer} was numbered backwards: {taken:?}");
                taken
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, (1..=320).collect::<Vec<_>>());
}

pub async fn notices_follow_the_commit_in_order(engine: &Arc<Engine>) {
    let mut watch = engine.watch();
    let reader = {
        let engine = Arc::clone(engine);
        tokio::spawn(async move {
            let mut last = 0;
            while last < 200 {
                let notice = watch.recv().await.unwrap();
                assert_eq!(notice.log, Bytes::from_static(b"log/"));
                assert!(notice.sequence > last, "{} came after {last}", notice.sequence);
                last = notice.sequence;
                let stored = get(&engine, "log/").await.unwrap();
                let stored = u64::from_be_bytes(stored.as_ref().try_into().unwrap());
                assert!(stored >= last, "row {last} was announced before it could be read");
            }
        })
    };
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                for _ in 0..25 {
                    let mut batch = Batch::new();
                    batch.append(key("log/"), "a");
                    batch.append(key("log/"), "b");
                    engine.commit(batch).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    tokio::time::timeout(std::time::Duration::from_secs(10), reader)
        .await
        .expect("the last notice never came")
        .unwrap();
    let mut batch = Batch::new();
    batch.append(key("one/"), "a");
    batch.append(key("two/"), "a");
    let mut watch = engine.watch();
    engine.commit(batch).await.unwrap();
    // Sent before the caller is answered.
    let seen = [watch.try_recv().unwrap().log, watch.try_recv().unwrap().log];
    assert_eq!(seen, [Bytes::from_static(b"one/"), Bytes::from_static(b"two/")]);
    assert!(watch.try_recv().is_err());
}

pub async fn a_caller_that_goes_away_harms_nobody(engine: &Arc<Engine>) {
    for turn in 0..100 {
        let task = {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut batch =
                    puts(&[(&format!("left{turn}"), "1"), (&format!("right{turn}"), "1")]);
                batch.append(key("log/"), "row");
                engine.commit(batch).await
            })
        };
        if turn % 3 == 0 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        let mut batch = Batch::new();
        batch.append(key("log/"), "row");
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let left = snapshot.get(format!("left{turn}").as_bytes()).await.unwrap();
        let right = snapshot.get(format!("right{turn}").as_bytes()).await.unwrap();
        assert_eq!(left, right, "half of batch {turn} was applied");
    }
    let stored = rows(&engine.snapshot().await.unwrap(), b"log/", b"log0").await;
    let last = u64::from_be_bytes(stored[0].1.as_slice().try_into().unwrap());
    assert_eq!(stored.len() as u64 - 1, last, "the log has a gap");
}
