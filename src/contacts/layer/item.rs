//! The properties of a card as things that can be compared and moved to another card: each with
//! the labels that Apple's programs keep in its group.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::note::card_lines;
use crate::formats::edit::Edits;
use crate::formats::line::Line;

/// One property with its labels.
#[derive(Debug)]
pub(in crate::contacts) struct Item<'a> {
    pub(in crate::contacts) line: Line<'a>,
    /// In upper case.
    pub(in crate::contacts) name: Vec<u8>,
    /// In lower case.
    pub(in crate::contacts) group: Option<Vec<u8>>,
    /// What it says and how: parameters, value and labels, whatever their order and folding.
    pub(in crate::contacts) content: [u8; 32],
}

/// The properties of a card.
#[derive(Debug, Default)]
pub(in crate::contacts) struct Items<'a> {
    pub(in crate::contacts) all: Vec<Item<'a>>,
    labels: HashMap<Vec<u8>, Vec<Line<'a>>>,
    /// How many properties, labels left out, are in each group.
    members: HashMap<Vec<u8>, usize>,
    /// Where `END` stands.
    pub(in crate::contacts) end: usize,
}

// === impl Items ===

impl<'a> Items<'a> {
    /// Nothing where `bytes` is no card.
    pub(in crate::contacts) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (lines, end) = card_lines(bytes)?;
        let mut items = Self { end, ..Self::default() };
        let mut own = Vec::with_capacity(lines.len());
        for line in lines {
            let group = line.group().map(<[u8]>::to_ascii_lowercase);
            match group {
                Some(group) if is_label(&line) => items.labels.entry(group).or_default().push(line),
                group => own.push((line, group)),
            }
        }
        for (_, group) in &own {
            if let Some(group) = group {
                *items.members.entry(group.clone()).or_default() += 1;
            }
        }
        // A label of nothing stands for itself.
        let lonely: Vec<_> =
            items.labels.keys().filter(|g| !items.members.contains_key(*g)).cloned().collect();
        for group in lonely {
            let labels = items.labels.remove(&group).unwrap_or_default();
            items.members.insert(group.clone(), labels.len());
            own.extend(labels.into_iter().map(|line| (line, Some(group.clone()))));
        }
        own.sort_by_key(|(line, _)| line.span().start);
        for (line, group) in own {
            let content = content(&line, items.labels_of(group.as_deref()));
            let name = line.name().to_ascii_uppercase();
            items.all.push(Item { line, name, group, content });
        }
        Some(items)
    }

    fn labels_of(&self, group: Option<&[u8]>) -> &[Line<'a>] {
        group.and_then(|group| self.labels.get(group)).map_or(&[], Vec::as_slice)
    }

    /// The labels of `item`.
    pub(in crate::contacts) fn labels(&self, item: &Item<'a>) -> &[Line<'a>] {
        self.labels_of(item.group.as_deref())
    }

    /// The labels that go when `item` goes: those of nothing else.
    pub(in crate::contacts) fn sole_labels(&self, item: &Item<'a>) -> &[Line<'a>] {
        let sole = item.group.as_ref().is_some_and(|g| self.members.get(g) == Some(&1));
        if sole { self.labels(item) } else { &[] }
    }

    fn groups(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.members.keys()
    }
}

fn is_label(line: &Line<'_>) -> bool {
    line.is("X-ABLABEL") || line.is("X-ABADR")
}

fn content(line: &Line<'_>, labels: &[Line<'_>]) -> [u8; 32] {
    let mut params: Vec<(Vec<u8>, String)> = line
        .params()
        .flat_map(|p| {
            let name = p.name.to_ascii_uppercase();
            let is_type = p.is("TYPE");
            let values = p.values().flat_map(move |value| {
                let parts = value
                    .split(',')
                    .map(str::trim)
                    .map(|v| if is_type { v.to_ascii_lowercase() } else { v.to_owned() });
                parts.collect::<Vec<_>>()
            });
            values.map(move |value| (name.clone(), value)).collect::<Vec<_>>()
        })
        .collect();
    params.sort_unstable();
    let mut hash = Sha256::new();
    for (name, value) in &params {
        hash.update(name);
        hash.update([0]);
        hash.update(value);
        hash.update([0]);
    }
    for line in std::iter::once(line).chain(labels) {
        hash.update([1]);
        hash.update(line.name().to_ascii_uppercase());
        hash.update([2]);
        hash.update(line.text().trim());
    }
    hash.finalize().into()
}

/// Which group of the card that is written stands for a group of the card that is read.
#[derive(Debug)]
pub(in crate::contacts) struct Groups {
    stands_for: HashMap<Vec<u8>, Vec<u8>>,
    /// Groups whose labels were written.
    labelled: HashSet<Vec<u8>>,
    used: HashSet<Vec<u8>>,
    next_item: u64,
}

// === impl Groups ===

impl Groups {
    /// Groups of `from` in `into`: none stands for another yet.
    pub(in crate::contacts) fn new(from: &Items<'_>, into: &Items<'_>) -> Self {
        let number = |group: &Vec<u8>| {
            let digits = std::str::from_utf8(group.strip_prefix(b"item")?).ok()?;
            digits.parse::<u32>().ok().map(u64::from)
        };
        let most = from.groups().chain(into.groups()).filter_map(number).max();
        Self {
            stands_for: HashMap::new(),
            labelled: HashSet::new(),
            used: into.groups().cloned().collect(),
            next_item: most.map_or(1, |most| most + 1),
        }
    }

    /// Says that `group` of the card read is `other` in the card written.
    pub(in crate::contacts) fn matched(
        &mut self,
        group: Option<&Vec<u8>>,
        other: Option<&Vec<u8>>,
    ) {
        if let (Some(group), Some(other)) = (group, other)
            && !self.stands_for.contains_key(group)
        {
            self.stands_for.insert(group.clone(), other.clone());
            self.labelled.insert(group.clone());
        }
    }

    /// The group for `item` of the card read.
    pub(in crate::contacts) fn of(&mut self, item: &Item<'_>) -> Option<Vec<u8>> {
        let group = item.group.as_ref()?;
        if let Some(known) = self.stands_for.get(group) {
            return Some(known.clone());
        }
        let name = if self.used.contains(group) {
            self.next_item += 1;
            format!("item{}", self.next_item - 1).into_bytes()
        } else {
            item.line.group().unwrap_or_default().to_vec()
        };
        self.used.insert(name.to_ascii_lowercase());
        self.stands_for.insert(group.clone(), name.clone());
        Some(name)
    }

    /// Says that the labels of `item` were written.
    pub(in crate::contacts) fn written(&mut self, item: &Item<'_>) {
        self.labelled.extend(item.group.clone());
    }

    /// Adds `item` of `from` with its labels before the byte `at`.
    pub(in crate::contacts) fn add(
        &mut self,
        edits: &mut Edits<'_>,
        at: usize,
        from: &Items<'_>,
        item: &Item<'_>,
    ) {
        let group = self.of(item);
        edits.insert(at, &regrouped(&item.line, group.as_deref()));
        if let Some(source) = &item.group
            && self.labelled.insert(source.clone())
        {
            for label in from.labels(item) {
                edits.insert(at, &regrouped(label, group.as_deref()));
            }
        }
    }
}

/// The unfolded `line` in the group `group`.
pub(in crate::contacts) fn regrouped(line: &Line<'_>, group: Option<&[u8]>) -> Vec<u8> {
    let whole = line.unfolded();
    let bare = match (line.group(), memchr::memchr(b'.', &whole)) {
        (Some(_), Some(dot)) => whole.get(dot + 1..).unwrap_or_default(),
        _ => &whole,
    };
    match group {
        Some(group) => [group, b".", bare].concat(),
        None => bare.to_vec(),
    }
}
