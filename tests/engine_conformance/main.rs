//! What every engine promises, held against each of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod batches;
mod racing;
mod reading;

use std::sync::Arc;

use bytes::Bytes;
use rolodav::store::engine::memory::MemoryEngine;
use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::engine::{Batch, CommitError, Committed, Engine, Snapshot, Step};

/// An engine and what must outlive it.
struct Bench {
    engine: Arc<Engine>,
    _directory: Option<tempfile::TempDir>,
}

fn memory() -> Bench {
    Bench { engine: Arc::new(Engine::Memory(MemoryEngine::default())), _directory: None }
}

fn redb(options: Options) -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let engine = RedbEngine::open(&directory.path().join("store.redb"), options).unwrap();
    Bench { engine: Arc::new(Engine::Redb(engine)), _directory: Some(directory) }
}

/// Runs each check once for each engine.
macro_rules! conformance {
    ($($module:ident::$check:ident),* $(,)?) => {
        mod memory_engine { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() { crate::$module::$check(&super::memory().engine).await; }
        )* }
        mod redb_engine { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                crate::$module::$check(&super::redb(Default::default()).engine).await;
            }
        )* }
        /// Folds its journal into the file at every second step.
        mod redb_engine_with_short_journal { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let options = super::Options { journal_bytes: 500, ..Default::default() };
                crate::$module::$check(&super::redb(options).engine).await;
            }
        )* }
    };
}

conformance!(
    reading::reads_what_was_put,
    batches::an_empty_batch_does_nothing,
    batches::a_refused_batch_leaves_nothing,
    batches::every_expectation_holds_and_refuses,
    batches::expectations_see_the_state_before_the_batch,
    batches::a_bound_refuses_the_whole_batch,
    batches::counters_count_from_nothing_and_below,
    batches::appends_number_without_gaps,
    batches::chained_rows_depend_on_what_came_before,
    batches::a_refused_append_takes_no_number,
    reading::snapshots_do_not_change,
    reading::a_snapshot_sees_every_commit_before_it,
    reading::scans_keep_their_bounds_and_order,
    reading::a_scan_stops_where_told,
    reading::scans_do_not_show_where_a_row_lies,
    reading::big_values_come_back_whole,
    batches::ten_thousand_steps_in_one_batch,
    racing::racing_swaps_lose_none,
    racing::racing_creations_have_one_winner,
    racing::racing_appends_have_no_gap,
    racing::racing_links_make_one_chain,
    racing::notices_follow_the_commit_in_order,
    racing::a_caller_that_goes_away_harms_nobody,
);

fn key(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn number(value: i64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

fn puts(rows: &[(&str, &str)]) -> Batch {
    let mut batch = Batch::new();
    for (name, value) in rows {
        batch.put(key(name), Bytes::copy_from_slice(value.as_bytes()));
    }
    batch
}

async fn get(engine: &Engine, name: &str) -> Option<Bytes> {
    engine.snapshot().await.unwrap().get(name.as_bytes()).await.unwrap()
}

async fn rows(snapshot: &Snapshot, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let visit = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        Step::Continue
    };
    snapshot.scan(from, to, visit).await.unwrap();
    rows
}

async fn all(engine: &Engine) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows(&engine.snapshot().await.unwrap(), b"", &[0xff; 8]).await
}

#[track_caller]
fn refused(outcome: Result<Committed, CommitError>, place: usize) {
    match outcome {
        Err(CommitError::Refused(at)) => assert_eq!(at, place, "another step was named"),
        other => panic!("step {place} should have refused the batch, but: {other:?}"),
    }
}
