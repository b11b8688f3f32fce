//! Measures operations in turns, so that a machine whose speed changes changes it for all of them,
//! and compares them within each round.

use std::collections::HashMap;
use std::time::Instant;

use super::driver::Server;

/// An operation whose preparation is not measured.
pub type Prepare = Box<dyn FnMut(usize) -> Box<dyn FnOnce()>>;

/// What is measured against what.
pub struct Turn {
    pub name: String,
    /// Names of the rows that this one is compared with.
    pub against: Vec<&'static str>,
    /// How often it is done in a round.
    pub times: usize,
    /// Makes the n-th operation ready.
    pub prepare: Prepare,
}

/// CPU time of the server in nanoseconds, of all threads that it ever had.
#[derive(Default)]
pub struct Meter {
    of_threads: HashMap<String, u64>,
}

impl Meter {
    /// Reads on; the clocks of threads that have ended keep what they showed.
    pub fn read(&mut self, server: &Server) -> u64 {
        let tasks = format!("/proc/{}/task", server.child.id());
        for task in std::fs::read_dir(tasks).unwrap().flatten() {
            // A thread may end while it is looked at.
            let Ok(text) = std::fs::read_to_string(task.path().join("schedstat")) else { continue };
            let nanoseconds = text.split(' ').next().unwrap().parse().unwrap();
            self.of_threads.insert(task.file_name().into_string().unwrap(), nanoseconds);
        }
        self.of_threads.values().sum()
    }
}

/// What one row took in each round: CPU and time on the wall, milliseconds an operation.
struct Taken {
    cpu: Vec<f64>,
    wall: Vec<f64>,
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: &[f64]) -> f64 {
    sorted(values)[values.len() / 2]
}

/// Does all rows in turns, so many rounds, and prints them as a table.
pub fn table(server: &Server, rounds: usize, turns: &mut [Turn]) {
    let mut meter = Meter::default();
    let mut all: Vec<Taken> =
        turns.iter().map(|_| Taken { cpu: Vec::new(), wall: Vec::new() }).collect();
    let mut counts = vec![0; turns.len()];
    for round in 0..rounds {
        for ((turn, taken), count) in turns.iter_mut().zip(&mut all).zip(&mut counts) {
            let warm = usize::from(round == 0);
            let mut ready: Vec<Box<dyn FnOnce()>> = Vec::new();
            for _ in 0..turn.times + warm {
                ready.push((turn.prepare)(*count));
                *count += 1;
            }
            ready.drain(..warm).for_each(|first| first());
            let before = meter.read(server);
            let began = Instant::now();
            for operation in ready {
                operation();
            }
            let wall = began.elapsed().as_secs_f64() * 1000.0;
            let cpu = (meter.read(server) - before) as f64 / 1e6;
            taken.cpu.push(cpu / turn.times as f64);
            taken.wall.push(wall / turn.times as f64);
        }
    }
    println!("| operation | CPU ms | ms | CPU, times what (least, most of {rounds} rounds) |");
    println!("|---|---:|---:|---|");
    for (turn, taken) in turns.iter().zip(&all) {
        let mut ratios = Vec::new();
        for name in &turn.against {
            let other = turns.iter().position(|turn| turn.name == *name).expect("a row");
            let pairs = taken.cpu.iter().zip(&all[other].cpu);
            let each = sorted(&pairs.map(|(one, other)| one / other).collect::<Vec<_>>());
            let (least, most) = (each[0], each[each.len() - 1]);
            ratios.push(format!("{:.2} ({least:.2}, {most:.2}) of {name}", median(&each)));
        }
        let (cpu, wall) = (median(&taken.cpu), median(&taken.wall));
        println!("| {} | {cpu:.3} | {wall:.3} | {} |", turn.name, ratios.join("; "));
    }
}
