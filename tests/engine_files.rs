//! The embedded engine and its files: who may read them, who may open them, copies, crashes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rolodav::store::engine::Batch;
use rolodav::store::engine::Step;
use rolodav::store::engine::redb::{Integrity, Options, RedbEngine, RedbSnapshot};

/// A store in a directory of its own.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join("data").join(name)
    }

    fn open(&self) -> RedbEngine {
        RedbEngine::open(&self.file("store.redb"), Options::default()).unwrap()
    }
}

async fn put(engine: &RedbEngine, rows: std::ops::Range<u32>, value: &str) {
    let mut batch = Batch::new();
    for row in rows {
        batch.put(row.to_be_bytes().to_vec(), Bytes::copy_from_slice(value.as_bytes()));
    }
    engine.commit(batch).await.unwrap();
}

fn rows(snapshot: &RedbSnapshot) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let visit = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        Step::Continue
    };
    snapshot.scan(&[], &[0xff; 8], visit).unwrap();
    rows
}

fn message(outcome: Result<impl Sized, impl ToString>) -> String {
    match outcome {
        Ok(_) => panic!("this should have failed"),
        Err(error) => error.to_string(),
    }
}

/// Copies the files as they lie, which is what a process leaves that is killed now.
fn crash(from: &Place) -> Place {
    let to = Place::new();
    fs::create_dir(to.directory.path().join("data")).unwrap();
    for name in ["store.redb", "store.journal"] {
        fs::copy(from.file(name), to.file(name)).unwrap();
    }
    to
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_that_make_the_same_store_at_once_lose_nothing() {
    for round in 0..5 {
        let place = Place::new();
        let file = place.file("store.redb");
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..6u32 {
            let file = file.clone();
            tasks.spawn(async move {
                loop {
                    match RedbEngine::open(&file, Options::default()) {
                        Ok(engine) => return put(&engine, writer..writer + 1, "kept").await,
                        Err(error) if error.in_use => tokio::task::yield_now().await,
                        Err(error) => panic!("writer {writer} in round {round}: {error}"),
                    }
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let kept = rows(&place.open().snapshot().unwrap()).len();
        assert_eq!(kept, 6, "round {round}: {} acknowledged rows are lost", 6 - kept);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let engine = place.open();
    put(&engine, 0..1, "secret").await;
    engine.copy_to(&place.file("copy")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.directory.path().join("data")), 0o700);
    let mut names: Vec<_> = fs::read_dir(place.directory.path().join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["copy", "store.journal", "store.redb"]);
    for name in names {
        assert_eq!(mode(&place.file(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_store_is_opened_once() {
    let place = Place::new();
    let engine = place.open();
    let file = place.file("store.redb");
    let data = file.parent().unwrap().display().to_string();
    for second in [
        message(RedbEngine::open(&file, Options::default())),
        message(RedbEngine::check(&file, Options::default())),
        message(RedbEngine::compact(&file, Options::default())),
    ] {
        assert!(second.contains(&format!("another rolodav is using {data}")), "{second}");
    }
    assert!(RedbEngine::open(&file, Options::default()).unwrap_err().in_use);
    drop(engine);
    place.open();
}

#[tokio::test]
async fn a_stop_leaves_a_file_that_is_whole_without_its_journal() {
    let place = Place::new();
    let engine = place.open();
    put(&engine, 0..100, "one").await;
    drop(engine);
    fs::remove_file(place.file("store.journal")).unwrap();
    let engine = place.open();
    assert_eq!(rows(&engine.snapshot().unwrap()).len(), 100);
    put(&engine, 0..200, "two").await;
    drop(engine);
    assert_eq!(rows(&place.open().snapshot().unwrap()).len(), 200);
}

#[tokio::test]
async fn a_crash_loses_nothing_and_neither_does_the_next() {
    let mut place = Place::new();
    let mut engine = place.open();
    for turn in 0..5u32 {
        put(&engine, turn * 10..turn * 10 + 5, "first").await;
        put(&engine, turn * 10 + 5..turn * 10 + 10, "second").await;
        let crashed = crash(&place);
        drop(engine);
        place = crashed;
        engine = place.open();
        let found = rows(&engine.snapshot().unwrap());
        assert_eq!(found.len() as u32, (turn + 1) * 10, "after crash {turn}");
        // Opened, looked at, and killed again.
        if turn % 2 == 0 {
            let crashed = crash(&place);
            drop(engine);
            place = crashed;
            engine = place.open();
            assert_eq!(rows(&engine.snapshot().unwrap()), found);
        }
    }
}

#[tokio::test]
async fn a_missing_journal_is_not_passed_over() {
    let place = Place::new();
    let engine = place.open();
    put(&engine, 0..10, "one").await;
    put(&engine, 10..20, "in the journal").await;
    let crashed = crash(&place);
    let aside = crashed.file("aside");
    fs::rename(crashed.file("store.journal"), &aside).unwrap();
    let refusal = message(RedbEngine::open(&crashed.file("store.redb"), Options::default()));
    assert!(refusal.contains("store.journal is missing"), "{refusal}");
    fs::rename(&aside, crashed.file("store.journal")).unwrap();
    assert_eq!(rows(&crashed.open().snapshot().unwrap()).len(), 20);
}

#[tokio::test]
async fn the_journal_of_another_store_is_not_read() {
    let (ours, theirs) = (Place::new(), Place::new());
    let (our_engine, their_engine) = (ours.open(), theirs.open());
    put(&our_engine, 0..10, "ours").await;
    for row in 0..10 {
        put(&their_engine, row..row + 1, "theirs").await;
    }
    our_engine.copy_to(&ours.file("backup")).unwrap();
    drop(our_engine);
    let place = crash(&theirs);
    fs::rename(ours.file("backup"), place.file("store.redb")).unwrap();
    let engine = place.open();
    let found = rows(&engine.snapshot().unwrap());
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|(_, value)| value == b"ours"), "a backup took foreign rows");
    put(&engine, 10..20, "more").await;
    let crashed = crash(&place);
    assert_eq!(rows(&crashed.open().snapshot().unwrap()).len(), 20);
}

#[tokio::test]
async fn a_copy_has_every_row_and_replaces_nothing() {
    let place = Place::new();
    let engine = place.open();
    put(&engine, 0..3_000, &"x".repeat(3_000)).await;
    put(&engine, 1_000..1_500, "changed").await;
    let mut batch = Batch::new();
    for row in 2_000..2_100u32 {
        batch.delete(row.to_be_bytes().to_vec());
    }
    engine.commit(batch).await.unwrap();
    let copy = place.file("backup.redb");
    assert_eq!(engine.copy_to(&copy).unwrap(), 2_900);
    put(&engine, 0..1, "later").await;
    let again = message(engine.copy_to(&copy));
    assert!(again.contains("exists already"), "{again}");
    let restored = RedbEngine::open(&copy, Options::default()).unwrap();
    let (mut ours, theirs) =
        (rows(&engine.snapshot().unwrap()), rows(&restored.snapshot().unwrap()));
    assert_eq!(ours[0].1, b"later");
    ours[0].1 = "x".repeat(3_000).into_bytes();
    assert!(ours == theirs, "the copy differs");
    let nowhere = message(engine.copy_to(&place.file("no/such/directory")));
    assert!(nowhere.contains("cannot write"), "{nowhere}");
}

#[tokio::test]
async fn compacting_keeps_every_row_in_less_space() {
    let place = Place::new();
    let file = place.file("store.redb");
    let engine = place.open();
    for turn in 0..4 {
        put(&engine, 0..2_000, &turn.to_string().repeat(4_000)).await;
    }
    let mut batch = Batch::new();
    for row in 100..2_000u32 {
        batch.delete(row.to_be_bytes().to_vec());
    }
    engine.commit(batch).await.unwrap();
    let before = rows(&engine.snapshot().unwrap());
    drop(engine);
    let large = fs::metadata(&file).unwrap().len();
    RedbEngine::compact(&file, Options::default()).unwrap();
    let small = fs::metadata(&file).unwrap().len();
    assert!(small * 4 < large, "{large} bytes became {small}");
    let engine = place.open();
    assert!(rows(&engine.snapshot().unwrap()) == before, "compacting changed rows");
    assert_eq!(engine.stats().unwrap().rows, 100);
}

#[tokio::test]
async fn a_check_finds_a_changed_byte() {
    let place = Place::new();
    let file = place.file("store.redb");
    let missing = message(RedbEngine::check(&file, Options::default()));
    assert!(missing.contains("there is no store"), "{missing}");
    let engine = place.open();
    put(&engine, 0..1_000, &"find me ".repeat(50)).await;
    let crashed = crash(&place);
    drop(engine);
    for sound in [&place, &crashed] {
        let found = RedbEngine::check(&sound.file("store.redb"), Options::default()).unwrap();
        assert_eq!(found, Integrity::Sound);
    }
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(7).rposition(|window| window == b"find me").unwrap();
    bytes[at] = b'F';
    fs::write(&file, bytes).unwrap();
    let damaged = message(RedbEngine::check(&file, Options::default()));
    assert!(damaged.contains("is damaged"), "{damaged}");
}

#[tokio::test]
async fn other_files_are_refused_and_left_alone() {
    let place = Place::new();
    let file = place.file("store.redb");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "BEGIN:VCARD\r\n".repeat(1_000)).unwrap();
    let refusal = message(RedbEngine::open(&file, Options::default()));
    assert!(refusal.contains("is not a store of rolodav"), "{refusal}");
    assert_eq!(fs::read(&file).unwrap().len(), 13_000);
}
