//! Looks for what tells of somebody.

use rolodav::store::engine::{Snapshot, Step};

use crate::people::Somebody;

/// Every record of a store: its key and its value.
pub async fn records(snapshot: &Snapshot) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    snapshot
        .scan(&[0], &[0xff; 32], |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            Step::Continue
        })
        .await
        .unwrap();
    rows
}

/// Text in the form in which it is looked through: in small letters, no line folded, once as it is
/// and once without what people put into numbers.
struct Looked(String, Vec<u8>);

impl Looked {
    fn at(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).to_lowercase().replace("\r\n ", "");
        let digits = text.replace("(0)", "").into_bytes();
        let digits = digits.into_iter().filter(|byte| !b" -()/.".contains(byte)).collect();
        Self(text, digits)
    }

    fn has(&self, word: &[u8]) -> bool {
        let found = |text: &[u8]| memchr::memmem::find(text, word).is_some();
        found(self.0.as_bytes()) || found(&self.1)
    }
}

/// What of this is there in `records`, and where.
pub fn of(words: &[String], records: &[(Vec<u8>, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in records {
        let looked = Looked::at(&[&key[..], b"\n", value].concat());
        for word in words.iter().filter(|word| looked.has(word.as_bytes())) {
            let at = memchr::memmem::find(looked.0.as_bytes(), word.as_bytes()).unwrap_or(0);
            let around = looked.0.bytes().skip(at.saturating_sub(300)).take(600);
            let around: Vec<u8> = around.collect();
            found.push(format!("{word} in {}: {}", key.escape_ascii(), around.escape_ascii()));
        }
    }
    found
}

/// What tells of `gone`, and does not stand on `cards`, which are of others.
pub fn telling(gone: &[&Somebody], cards: &[String]) -> Vec<String> {
    let mut words: Vec<String> = gone.iter().flat_map(|one| one.telling()).collect();
    for card in cards {
        let lines = card.replace("\r\n ", "");
        let theirs: Vec<String> = lines
            .lines()
            .flat_map(|line| gone.iter().flat_map(move |one| one.in_common(line)))
            .collect();
        words.retain(|word| !theirs.contains(word));
    }
    words
}
