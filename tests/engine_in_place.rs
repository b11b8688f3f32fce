//! Who commits: the caller itself where that is quick, else the thread that writes.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/slow_disk.rs"]
mod slow_disk;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use rolodav::store::engine::Batch;
use rolodav::store::engine::redb::{Options, RedbEngine};
use slow_disk::SlowFile;

const COUNTER: &[u8] = b"counter";

fn engine(flush: Duration) -> RedbEngine {
    let attach = move || Ok((SlowFile::new(flush), SlowFile::new(flush)));
    RedbEngine::open_with_backend(attach, Options::default()).unwrap()
}

/// Counts one on, and tells whether it was done at once, without waiting for anybody.
async fn count(engine: &RedbEngine) -> bool {
    let mut batch = Batch::new();
    batch.add(COUNTER.to_vec(), 1);
    let mut commit = pin!(engine.commit(batch));
    let first = poll_fn(|cx| Poll::Ready(commit.as_mut().poll(cx))).await;
    match first {
        Poll::Ready(outcome) => {
            outcome.unwrap();
            true
        }
        Poll::Pending => {
            commit.await.unwrap();
            false
        }
    }
}

fn counted(engine: &RedbEngine) -> i64 {
    let read = |value: &[u8]| i64::from_be_bytes(value.try_into().unwrap());
    engine.snapshot().unwrap().get_with(COUNTER, read).unwrap().unwrap_or_default()
}

#[tokio::test]
async fn a_caller_commits_itself_once_the_disk_has_shown_to_be_quick() {
    let engine = engine(Duration::ZERO);
    let mut commits = 0;
    loop {
        commits += 1;
        let at_once = count(&engine).await;
        assert_eq!(counted(&engine), commits, "a commit that was answered is not seen");
        if at_once {
            break;
        }
        assert!(commits < 10_000, "no commit was made in place though a flush takes no time");
    }
}

#[tokio::test]
async fn nobody_is_held_up_by_a_slow_disk() {
    let engine = engine(Duration::from_millis(20));
    for commit in 1..=24 {
        assert!(!count(&engine).await, "commit {commit} held up its thread");
    }
    assert_eq!(counted(&engine), 24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_ways_together_lose_nothing() {
    const TASKS: i64 = 8;
    const EACH: i64 = 500;
    let engine = Arc::new(engine(Duration::ZERO));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let mut at_once = 0;
                for _ in 0..EACH {
                    at_once += i64::from(count(&engine).await);
                }
                at_once
            })
        })
        .collect();
    let mut at_once = 0;
    for task in tasks {
        at_once += task.await.unwrap();
    }
    assert_eq!(counted(&engine), TASKS * EACH, "{at_once} of them were made in place");
}
