//! Convergence: eight clients of five kinds, each with its way to sync, its losses and its view,
//! and the owner at the server change the same cards and groups in random order, some of them
//! offline, some answers lost. When all have synced, everybody shows the same, nothing that was
//! typed is lost, no tag comes or goes that nobody wished, who is to see no history sees none, and
//! it is quiet.
//!
//! `ROLODAV_LONG=1` runs 20 seeds of 10,000 steps; `ROLODAV_SEED=n` runs one seed, `ROLODAV_STEPS=n`
//! so many steps of each. A failure prints the steps that are needed for it, with what was asked and answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, missing_docs)]
// Requests are put together once.
#![allow(clippy::format_collect)]

mod agreement;
mod apple;
mod card;
mod client;
mod davx5;
mod deeds;
#[path = "../support/dice.rs"]
mod dice;
mod edits;
mod groups;
#[path = "../support/in_process.rs"]
mod in_process;
mod ios;
mod ledger;
mod macos;
mod server;
mod shrink;
mod steps;
mod tally;
mod thunderbird;
mod vdirsyncer;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use dice::Dice;
use steps::Step;
use world::World;

/// Steps between two moments at which everybody syncs, at most.
const LONGEST_PHASE: u64 = 400;

/// Runs the steps; what went wrong, after how many of them, and what happened until then.
fn run(steps: &[Step], seed: u64) -> Result<(), (String, usize, Vec<String>)> {
    let mut world = World::new();
    let mut dice = Dice(seed ^ 0xfa5e);
    let mut next = dice.below(LONGEST_PHASE);
    for (at, step) in steps.iter().enumerate() {
        let number = u64::from(step.number);
        let mut done = world.take(step);
        if done.is_ok() && (number > next || at + 1 == steps.len()) {
            next = number + dice.below(LONGEST_PHASE);
            done = world.settle(&mut dice);
        }
        if let Err(why) = done {
            return Err((why, at + 1, std::mem::take(&mut world.trace)));
        }
    }
    Ok(())
}

/// Runs all seeds, on two threads; stops at the first that fails.
fn run_seeds(seeds: std::ops::Range<u64>, count: u32) {
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    let steps = steps::draw(seed, count);
                    if let Err((why, needed, _)) = run(&steps, seed) {
                        next.store(seeds.end, Ordering::SeqCst);
                        shrink::report(seed, &steps[..needed], &why);
                    }
                }
            });
        }
    });
}

#[test]
fn whatever_clients_do_all_agree_in_the_end_and_nothing_is_lost() {
    let long = std::env::var_os("ROLODAV_LONG").is_some();
    let (seeds, count) = if long { (20, 10_000) } else { (3, 300) };
    let set = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let count = set("ROLODAV_STEPS").map_or(count, |count| count as u32);
    match set("ROLODAV_SEED") {
        Some(seed) => run_seeds(seed..seed + 1, count),
        None => run_seeds(1..1 + seeds, count),
    }
}
