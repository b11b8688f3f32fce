//! What the memory of contacts costs: capture, adding interactions, tagging, and each view of a
//! book, CPU and time per operation.
//!
//! `cargo bench --bench layer -- [CONTACTS …]` (default 1000 10000). The book is written straight
//! into the store, so that a million contacts are there within minutes; all else goes through the
//! program, by HTTP or as the command line does it. What is compared is done in turns. The figures
//! are explained in docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::type_complexity, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations, dead_code)]

#[path = "layer/book.rs"]
mod book;
#[path = "layer/desk.rs"]
mod desk;
#[path = "driver/mod.rs"]
mod driver;
#[path = "driver/rounds.rs"]
mod rounds;
#[path = "layer/rows.rs"]
mod rows;

use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use book::{HOME, TAGS, load, remember};
use desk::{Desk, Seat, Views};
use driver::{Server, add_user, sizes};
use rolodav::cli::command::Command;
use rolodav::store::member::MADE_NAMES;
use rounds::{Meter, table};
use rows::{following, note, owner, reading, sync, writing};

/// The first look of a device that shows groups: until it has an answer, until all groups are
/// there, and the longest that it waited for one answer.
fn first_look(desk: &Desk, groups: &Seat, meter: &mut Meter) {
    let before = meter.read(&desk.server);
    let (began, mut groups) = (Instant::now(), groups.borrow_mut());
    let mut token = String::new();
    let (mut seen, mut answers, mut longest) = (0, 0, Duration::ZERO);
    let mut first = Duration::ZERO;
    while seen < TAGS {
        let asked = Instant::now();
        let status = groups.ask("REPORT", HOME, "", &sync(&token));
        longest = longest.max(asked.elapsed());
        if status == 207 {
            seen += String::from_utf8_lossy(&groups.body).matches(MADE_NAMES).count();
            token = groups.sync_token();
        }
        answers += 1;
        if answers == 1 {
            first = asked.elapsed();
        }
        if seen < TAGS {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let cpu = (meter.read(&desk.server) - before) as f64 / 1e9;
    println!(
        "First look with groups as cards: answered after {:.2} s, all {TAGS} groups there after \
         {:.2} s, no answer took longer than {:.2} s, {cpu:.2} s of CPU.\n",
        first.as_secs_f64(),
        began.elapsed().as_secs_f64(),
        longest.as_secs_f64()
    );
}

fn once(desk: &Desk, meter: &mut Meter, what: &str, command: &Command) {
    let (before, began) = (meter.read(&desk.server), Instant::now());
    desk.command(command);
    let cpu = (meter.read(&desk.server) - before) as f64 / 1e9;
    println!("{what}: {:.2} s, {cpu:.2} s of CPU.\n", began.elapsed().as_secs_f64());
}

fn bench(contacts: usize) {
    let data = tempfile::tempdir().unwrap();
    add_user(data.path());
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(load(data.path().to_owned(), contacts));
    drop(runtime);
    let loaded = began.elapsed();
    let (server, start) = Server::start(data.path());
    println!("\n## {contacts} contacts\n");
    println!(
        "Filled in {:.1} s, start {} ms, store {} MiB.\n",
        loaded.as_secs_f64(),
        start.as_millis(),
        store_size(data.path()) >> 20
    );
    let desk = Rc::new(Desk { server, data: data.path().to_owned() });
    remember(&desk);
    let views = Views::of(&desk);
    let mut meter = Meter::default();
    let by_mail = note("person7@example.org".to_owned(), vec![], 0);
    once(&desk, &mut meter, "First command that names a mail address", &by_mail);
    first_look(&desk, &views.groups, &mut meter);
    let rounds = if contacts > 100_000 { 3 } else { 7 };
    let mut rows = writing(&views.common, contacts);
    rows.extend(owner(&desk, contacts));
    rows.extend(reading(&views, contacts));
    rows.push(following(&views, contacts));
    table(&desk.server, rounds, &mut rows);
    println!("\n{:.0} s in all.", began.elapsed().as_secs_f64());
}

fn store_size(data: &Path) -> u64 {
    let files = std::fs::read_dir(data).unwrap().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
}

fn main() {
    sizes().into_iter().for_each(bench);
}
