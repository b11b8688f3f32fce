//! Cuts the power under the embedded engine at random points and looks at what is left.
//!
//! Writers commit batches until the disk goes, each naming its turn in every row it writes. After
//! the cut, of the unflushed writes any part survives, torn at sectors and out of order. Then
//! every acknowledged batch must stand whole, and of the others each whole or not at all.
//!
//! `ROLODAV_LONG=1` makes 1,000 cuts instead of 60; `ROLODAV_SEED=n` begins with another seed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/faulty_disk.rs"]
mod faulty_disk;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use faulty_disk::{Dice, FaultyDisk};
use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::engine::{Batch, CommitError, Engine, EngineError, Expect, Step};

const WRITERS: u64 = 4;
/// Small, so that checkpoints and spilled pages happen all the time.
const OPTIONS: Options = Options { cache_bytes: 256 << 10, journal_bytes: 24 << 10 };

fn open(disk: &FaultyDisk) -> Result<Engine, EngineError> {
    let disk = disk.clone();
    RedbEngine::open_with_backend(move || Ok((disk.file(0), disk.file(1))), OPTIONS)
        .map(Engine::Redb)
}

/// What one writer leaves behind after its first `turns` batches.
#[derive(Clone)]
struct Model {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    turns: u64,
    dice: Dice,
}

impl Model {
    fn new(seed: u64, writer: u64) -> Self {
        Self { rows: BTreeMap::new(), turns: 0, dice: Dice(seed.wrapping_mul(31) + writer) }
    }

    /// The next batch, whose effect the model takes on.
    fn next(&mut self, writer: u64) -> Batch {
        self.turns += 1;
        let turn = self.turns;
        let mut batch = Batch::new();
        for slot in 0..=self.dice.below(6) {
            let key = format!("rows/{writer}/{}", self.dice.below(40)).into_bytes();
            if slot > 0 && self.dice.below(4) == 0 {
                batch.delete(key.clone());
                self.rows.remove(&key);
                continue;
            }
            let size = match self.dice.below(30) {
                0 => self.dice.below(60_000),
                1..8 => self.dice.below(3_000),
                _ => self.dice.below(100),
            };
            let mut value = format!("{writer}/{turn}/{slot}/").into_bytes();
            value.resize(value.len() + size as usize, turn as u8);
            batch.put(key.clone(), value.clone());
            self.rows.insert(key, value);
        }
        let turns = format!("turns/{writer}").into_bytes();
        let before = self.rows.insert(turns.clone(), turn.to_be_bytes().to_vec());
        batch.expect_same(turns.clone(), before.map(Bytes::from).as_ref());
        batch.put(turns, Bytes::copy_from_slice(&turn.to_be_bytes()));
        batch.append(b"log/".to_vec(), format!("{writer}/{turn}"));
        batch.add(b"count".to_vec(), 1);
        batch
    }
}

/// What a writer knows when the disk is gone.
struct Outcome {
    /// As of the last acknowledged batch.
    acknowledged: Model,
    /// As of the batch that was under way.
    attempted: Option<Model>,
    /// The log's number of each acknowledged batch.
    sequences: Vec<u64>,
}

/// Commits until turn `end`. When a commit fails, goes on from what stands if the engine can be
/// `healed`, else ends.
async fn write(engine: Arc<Engine>, writer: u64, from: Model, end: u64, healed: bool) -> Outcome {
    let mut acknowledged = from;
    let mut sequences = Vec::new();
    while acknowledged.turns < end {
        let mut next = acknowledged.clone();
        let batch = next.next(writer);
        if next.dice.below(5) == 0 {
            // Must never leave a trace.
            let mut refused = Batch::new();
            refused.put(b"refused".to_vec(), "phantom");
            refused.append(b"log/".to_vec(), "phantom");
            refused.expect(b"never there".to_vec(), Expect::Present);
            match engine.commit(refused).await {
                Err(CommitError::Refused(2) | CommitError::Failed(_)) => {}
                other => panic!("should be refused: {other:?}"),
            }
        }
        match engine.commit(batch).await {
            Ok(committed) => {
                sequences.extend(committed.sequences);
                acknowledged = next;
            }
            Err(CommitError::Failed(_)) if healed => {
                // Whether it stands only a new look tells.
                if turns(&engine, writer).await == next.turns {
                    acknowledged = next;
                }
                sequences.clear();
            }
            Err(CommitError::Failed(_)) => {
                return Outcome { acknowledged, attempted: Some(next), sequences };
            }
            Err(CommitError::Refused(step)) => panic!("step {step} of a good batch was refused"),
        }
    }
    Outcome { acknowledged, attempted: None, sequences }
}

/// The turn that stands, once the engine can be read again.
async fn turns(engine: &Engine, writer: u64) -> u64 {
    let key = format!("turns/{writer}").into_bytes();
    for _ in 0..1_000 {
        if let Ok(snapshot) = engine.snapshot().await {
            let row = snapshot.get(&key).await.unwrap();
            return row.map_or(0, |row| u64::from_be_bytes(row.as_ref().try_into().unwrap()));
        }
        // Makes the engine look at the disk again.
        let _ = engine.commit(Batch::new()).await;
    }
    panic!("the engine did not recover with its disk");
}

/// Holds what is on the disk against what the writers know; returns what each must go on from.
async fn check(engine: &Engine, outcomes: &[Outcome]) -> Vec<Model> {
    let mut found = BTreeMap::new();
    let snapshot = engine.snapshot().await.unwrap();
    let visit = |key: &[u8], value: &[u8]| {
        found.insert(key.to_vec(), value.to_vec());
        Step::Continue
    };
    snapshot.scan(b"", &[0xff], visit).await.unwrap();
    let number = |key: &[u8]| {
        found.get(key).map_or(0, |value| u64::from_be_bytes(value.as_slice().try_into().unwrap()))
    };
    let mut standing = Vec::new();
    for (writer, outcome) in outcomes.iter().enumerate() {
        let turns = number(format!("turns/{writer}").as_bytes());
        let acknowledged = outcome.acknowledged.turns;
        let model = match &outcome.attempted {
            Some(attempted) if turns == attempted.turns => attempted,
            _ => &outcome.acknowledged,
        };
        assert_eq!(turns, model.turns, "writer {writer} had {acknowledged} batches acknowledged");
        let rows: BTreeMap<_, _> = found
            .range(format!("rows/{writer}/").into_bytes()..format!("rows/{writer}0").into_bytes())
            .chain(found.get_key_value(format!("turns/{writer}").as_bytes()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for (key, value) in &model.rows {
            let name = key.escape_ascii();
            let row = rows.get(key).unwrap_or_else(|| panic!("{name} of turn {turns} is lost"));
            assert!(row == value, "{name} is not as turn {turns} left it");
        }
        assert_eq!(rows.len(), model.rows.len(), "writer {writer} has a row that was deleted");
        standing.push(model.clone());
    }
    let total: u64 = standing.iter().map(|model| model.turns).sum();
    assert_eq!(number(b"count"), total, "the counter counts other batches than stand");
    assert_eq!(number(b"log/"), total, "the log numbers other batches than stand");
    let mut logged = vec![0; standing.len()];
    let mut numbers = vec![Vec::new(); standing.len()];
    for sequence in 1..=total {
        let mut key = b"log/".to_vec();
        key.extend_from_slice(&sequence.to_be_bytes());
        let row = found.get(&key).unwrap_or_else(|| panic!("the log has a gap at {sequence}"));
        let (writer, turn) = std::str::from_utf8(row).unwrap().split_once('/').unwrap();
        let writer: usize = writer.parse().unwrap();
        logged[writer] += 1;
        assert_eq!(turn, logged[writer].to_string(), "the log is out of order at {sequence}");
        numbers[writer].push(sequence);
    }
    for (outcome, numbers) in outcomes.iter().zip(&numbers) {
        // Those since the last failure.
        let before = outcome.acknowledged.turns as usize - outcome.sequences.len();
        let told = &numbers[before..outcome.acknowledged.turns as usize];
        assert_eq!(told, outcome.sequences, "rows stand elsewhere in the log than was told");
    }
    assert!(!found.contains_key(b"refused".as_slice()), "a refused batch left a row");
    let rows: usize = standing.iter().map(|model| model.rows.len()).sum();
    let others = if total == 0 { 0 } else { 2 + total as usize };
    assert_eq!(found.len(), rows + others, "there are rows that nobody wrote");
    standing
}

/// Writes until the disk fails after `good` operations or the turns are done.
async fn run(disk: &FaultyDisk, models: Vec<Model>, turns: u64, good: u64) -> Vec<Outcome> {
    disk.fail_after(good, u64::MAX);
    let Ok(engine) = open(disk) else {
        return models
            .into_iter()
            .map(|acknowledged| Outcome { acknowledged, attempted: None, sequences: Vec::new() })
            .collect();
    };
    let engine = Arc::new(engine);
    let writers: Vec<_> = models
        .into_iter()
        .enumerate()
        .map(|(writer, model)| {
            let end = model.turns + turns;
            tokio::spawn(write(Arc::clone(&engine), writer as u64, model, end, false))
        })
        .collect();
    let mut outcomes = Vec::new();
    for writer in writers {
        outcomes.push(writer.await.unwrap());
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_power_cut() {
    let long = std::env::var("ROLODAV_LONG").is_ok_and(|value| value == "1");
    let first = std::env::var("ROLODAV_SEED").map_or(1, |seed| seed.parse().unwrap());
    let cuts = if long { 1_000 } else { 60 };
    let (mut acknowledged, mut under_way, mut stood) = (0, 0, 0);
    for seed in first..first + cuts {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut disk = FaultyDisk::new(2);
        // Files are laid out under another name and then moved, so a cut never finds a half one.
        drop(open(&disk).unwrap());
        let mut models: Vec<_> = (0..WRITERS).map(|writer| Model::new(seed, writer)).collect();
        // The second cut falls into the first one's recovery, or soon after it.
        for good in [dice.below(900), dice.below(60)] {
            let before: u64 = models.iter().map(|model| model.turns).sum();
            let outcomes = run(&disk, models, 60, good).await;
            disk = disk.cut(&mut dice);
            let engine = match open(&disk) {
                Ok(engine) => engine,
                Err(error) => panic!("the store cannot be opened: {error}"),
            };
            models = check(&engine, &outcomes).await;
            let known: u64 = outcomes.iter().map(|outcome| outcome.acknowledged.turns).sum();
            let found: u64 = models.iter().map(|model| model.turns).sum();
            acknowledged += known - before;
            under_way += outcomes.iter().filter(|outcome| outcome.attempted.is_some()).count();
            stood += found - known;
            drop(engine);
        }
    }
    println!(
        "{cuts} runs with two cuts each: {acknowledged} acknowledged batches, none lost; of \
         {under_way} under way {stood} stood whole and the others left nothing"
    );
    assert!(acknowledged > cuts * 10, "the disk failed too early to show anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_for_a_while_loses_nothing() {
    let first = std::env::var("ROLODAV_SEED").map_or(1, |seed| seed.parse().unwrap());
    for seed in first..first + 30 {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let disk = FaultyDisk::new(2);
        let engine = Arc::new(open(&disk).unwrap());
        disk.fail_after(dice.below(300), 1 + dice.below(6));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let model = Model::new(seed, writer);
                tokio::spawn(write(Arc::clone(&engine), writer, model, 40, true))
            })
            .collect();
        let mut outcomes = Vec::new();
        for writer in writers {
            outcomes.push(writer.await.unwrap());
        }
        let models = check(&engine, &outcomes).await;
        assert!(models.iter().all(|model| model.turns == 40));
        // And the same after everything unflushed is gone, and after a proper stop.
        check(&open(&disk.cut(&mut dice)).unwrap(), &outcomes).await;
        drop(engine);
        check(&open(&disk).unwrap(), &outcomes).await;
    }
}
