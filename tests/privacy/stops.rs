//! An erasure that the power is cut off from, at each of its steps: whoever comes after, the server
//! that starts again or the command that is given again, does all of it.

use redb::StorageBackend;
use rolodav::contacts::erasure;
use rolodav::store::engine::Engine;
use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::{erasures, tombstones};

use crate::faulty_disk::{Dice, FaultyDisk};
use crate::office::Office;
use crate::people::Somebody;
use crate::random::Life;
use crate::remains;

/// So many moments are tried, beside the last ones.
const STOPS: u64 = 10;

fn engine(disk: &FaultyDisk) -> Engine {
    let disk = disk.clone();
    let attach = move || Ok((disk.file(0), disk.file(1)));
    Engine::Redb(RedbEngine::open_with_backend(attach, Options::default()).unwrap())
}

/// The steps of an erasure that were done when it was stopped: none; one without names is at its
/// end.
fn steps_done(office: &Office) -> Option<u8> {
    office.run(async {
        let snapshot = office.store.snapshot().await.unwrap();
        let number = *erasures::numbers(&snapshot).await.unwrap().first()?;
        let read = erasures::get(&snapshot, number).await.unwrap()?;
        Some(if read.record.uids.is_empty() { u8::MAX } else { read.record.done })
    })
}

/// What is in the journal, as it lies on the disk.
fn journal(disk: &FaultyDisk) -> Vec<u8> {
    let file = disk.file(1);
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_stop_at_any_moment_leaves_nothing_undone() {
    let seed = 3;
    let dice = &mut Dice(seed);
    let full = FaultyDisk::new(2);
    let (uid, gone, words) = {
        let mut life = Life::lived(engine(&full), seed, 20);
        let victim = life.victim();
        let gone: Vec<Somebody> = life.same_as(victim).into_iter().cloned().collect();
        let others: Vec<&Somebody> = gone.iter().collect();
        let words = remains::telling(&others, &life.cards_without(&others));
        (life.people[victim].uid.clone(), gone, words)
    };
    // How much there is to be done.
    let disk = full.cut(dice);
    let office = Office::again(engine(&disk), 1);
    disk.fail_after(u64::MAX, 0);
    office.run(office.eraser().erase(&uid)).unwrap();
    let all = u64::MAX - disk.good();
    drop(office);
    // The last moments are the most delicate ones.
    let last = all.saturating_sub(12);
    let moments = (0..STOPS).map(|n| n * last / STOPS + dice.below(last / STOPS));
    let moments: Vec<u64> = moments.chain((last..=all).step_by(4)).collect();
    let mut stopped_at = std::collections::BTreeSet::new();
    for good in moments {
        let disk = full.cut(dice);
        let office = Office::again(engine(&disk), 1);
        disk.fail_after(good, u64::MAX);
        let finished = office.run(office.eraser().erase(&uid)).is_ok();
        drop(office);
        let disk = disk.cut(dice);
        let office = Office::again(engine(&disk), 2);
        let done = steps_done(&office);
        stopped_at.insert(done);
        // The server starts again, or whoever gave the command gives it once more.
        let said = if done.is_some() && good % 2 == 0 {
            office.run(erasure::work_off_all(&office.store, &office.rules))
        } else if finished {
            Ok(())
        } else {
            office.run(office.eraser().erase(&uid)).map(drop)
        };
        assert!(said.is_ok(), "after {good}, at {done:?}: {said:?}");
        assert_eq!(steps_done(&office), None, "after {good}");
        let found = remains::of(&words, &office.records());
        assert!(found.is_empty(), "after {good}, at {done:?}, {gone:?}:\n{}", found.join("\n"));
        let known = office.run(async {
            let snapshot = office.store.snapshot().await.unwrap();
            assert_eq!(tombstones::list(&snapshot, &office.anna).await.unwrap().len(), 1);
            tombstones::of_uid(&snapshot, &office.anna, &uid).await.unwrap()
        });
        assert!(known.is_some(), "after {good}: no tombstone");
        assert_eq!(office.faults(), [""; 0], "after {good}, at {done:?}");
        drop(office);
        let left = remains::of(&words, &[(Vec::new(), journal(&disk))]);
        assert!(left.is_empty(), "after {good}, at {done:?}: the journal has {left:?}");
    }
    assert!(stopped_at.len() >= 4, "it was stopped at {stopped_at:?} only");
}
