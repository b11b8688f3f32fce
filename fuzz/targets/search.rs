//! The words of a card, and a query for them: bounded, and a part of a text has a part of its form,
//! which the index relies on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::contacts::search::card::{self, MOST, READING};
use rolodav::contacts::search::query::{MOST_WORDS, Query};
use rolodav::contacts::search::text::{LONGEST, runs};
use rolodav::store::member::Flags;

fuzz_target!(|data: &[u8]| {
    let (typed, bytes) = data.split_at(data.len().min(64) / 2);
    let typed = String::from_utf8_lossy(typed);
    if let Ok(query) = Query::read(&typed) {
        assert!((1..=2).contains(&query.readings.len()));
        for term in query.readings.iter().flatten() {
            assert!(!term.forms.is_empty() && term.forms.iter().all(|form| !form.is_empty()));
            assert!(term.forms.iter().all(|form| form.chars().count() <= LONGEST));
        }
        assert!(query.readings.iter().all(|terms| terms.len() <= MOST_WORDS));
    }
    let words = (READING.card)(bytes, Flags::default());
    assert!(words.len() <= MOST);
    for line in card::lines(bytes).take(64) {
        let text = line.text();
        let at = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let whole = runs(&text);
        for run in runs(&text[at..]) {
            assert!(whole.iter().any(|w| w.plain.contains(&run.plain)), "{text:?} {run:?}");
        }
    }
});
