//! Makes a failing run short enough to read.

use crate::run;
use crate::steps::{CLIENTS, Step};

/// Runs that are tried at most.
const TRIES: usize = 400;

/// Panics with the few steps that lead to the failure.
pub fn report(seed: u64, steps: &[Step], why: &str) -> ! {
    eprintln!("seed {seed}, after {} steps: {why}\n(looking for fewer steps)", steps.len());
    let mut steps = steps.to_vec();
    let mut last = (why.to_owned(), Vec::new());
    let (mut tries, mut lot) = (0, steps.len() / 2);
    while lot > 0 && tries < TRIES {
        let mut at = 0;
        let mut shrunk = false;
        while at < steps.len() && tries < TRIES {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + lot).min(fewer.len()));
            tries += 1;
            match run(&fewer, seed) {
                Err((other, needed, trace)) if kind(&other) == kind(why) => {
                    let why = other;
                    fewer.truncate(needed);
                    (steps, last, shrunk) = (fewer, (why, trace), true);
                }
                _ => at += lot,
            }
        }
        if !shrunk || lot > 1 {
            lot /= 2;
        }
    }
    let (now, trace) = last;
    panic!("seed {seed}: {why}\n{} steps are enough for: {now}\n{}", steps.len(), trace.join("\n"));
}

/// What went wrong, without names and numbers.
fn kind(why: &str) -> Vec<&str> {
    let words = why.split_whitespace().take(12);
    let plain = words.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
    plain.filter(|word| !CLIENTS.contains(word)).collect()
}
