//! Which fact of one version is which of the other.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::fact::{Fact, Shown};

/// Facts of one name that are compared with each other to find the most similar ones.
const COMPARED: usize = 1024;

/// How much of a text counts when it is compared, in characters.
const LOOKED_AT: usize = 100;

/// One fact of each version, or one that the other version has not.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) before: Option<Fact>,
    pub(super) after: Option<Fact>,
}

/// How facts of a name are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plurality {
    /// There is one, or those that there are change into each other.
    Single,
    /// Others with other qualifiers are others.
    Several,
    /// Those with other values are others.
    Set,
}

/// The pairs that differ: parts and names in order, what stands in both versions left out.
pub(super) fn differing(
    before: Vec<Fact>,
    after: Vec<Fact>,
    plurality: impl Fn(&str) -> Plurality,
) -> Vec<Pair> {
    let mut buckets: BTreeMap<(String, String), (Vec<Fact>, Vec<Fact>)> = BTreeMap::new();
    for fact in before {
        buckets.entry((fact.part.clone(), fact.property.clone())).or_default().0.push(fact);
    }
    for fact in after {
        buckets.entry((fact.part.clone(), fact.property.clone())).or_default().1.push(fact);
    }
    let mut pairs = Vec::new();
    for ((_, property), (before, after)) in buckets {
        in_bucket(before, after, plurality(&property), &mut pairs);
    }
    pairs
}

/// Matches facts of one name: the same ones, then those with the same value, then those with the
/// same qualifiers, then the only ones that are left.
fn in_bucket(before: Vec<Fact>, after: Vec<Fact>, plurality: Plurality, pairs: &mut Vec<Pair>) {
    let exact = |fact: &Fact| (fact.qualifiers.clone(), fact.meaning.clone());
    let (_, before, after) = matched(before, after, exact);
    let (relabelled, mut before, mut after) =
        matched(before, after, |fact| (Vec::new(), fact.meaning.clone()));
    let mut found = relabelled;
    if plurality != Plurality::Set {
        found.append(&mut alike(&mut before, &mut after));
    }
    if plurality == Plurality::Single && before.len() == 1 && after.len() == 1 {
        found.extend(before.pop().zip(after.pop()));
    }
    pairs.extend(found.into_iter().map(|(a, b)| Pair { before: Some(a), after: Some(b) }));
    pairs.extend(before.into_iter().map(|fact| Pair { before: Some(fact), after: None }));
    pairs.extend(after.into_iter().map(|fact| Pair { before: None, after: Some(fact) }));
}

type Matched = (Vec<(Fact, Fact)>, Vec<Fact>, Vec<Fact>);

/// Pairs of facts that have the same key, each fact in one of them; and those left.
fn matched(
    before: Vec<Fact>,
    after: Vec<Fact>,
    key: impl Fn(&Fact) -> (Vec<String>, String),
) -> Matched {
    let mut there: HashMap<_, VecDeque<usize>> = HashMap::new();
    for (at, fact) in after.iter().enumerate() {
        there.entry(key(fact)).or_default().push_back(at);
    }
    let mut after: Vec<Option<Fact>> = after.into_iter().map(Some).collect();
    let (mut pairs, mut left) = (Vec::new(), Vec::new());
    for fact in before {
        let at = there.get_mut(&key(&fact)).and_then(VecDeque::pop_front);
        match at.and_then(|at| after.get_mut(at)).and_then(Option::take) {
            Some(other) => pairs.push((fact, other)),
            None => left.push(fact),
        }
    }
    (pairs, left, after.into_iter().flatten().collect())
}

/// Takes pairs out that have the same qualifiers: the most similar ones first.
fn alike(before: &mut Vec<Fact>, after: &mut Vec<Fact>) -> Vec<(Fact, Fact)> {
    let few = before.len().saturating_mul(after.len()) <= COMPARED;
    let mut scores: Vec<(f64, usize, usize)> = Vec::new();
    if few {
        for (i, one) in before.iter().enumerate() {
            for (j, other) in after.iter().enumerate() {
                if one.qualifiers == other.qualifiers {
                    scores.push((similarity(one, other), i, j));
                }
            }
        }
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    } else {
        let mut there: HashMap<&[String], VecDeque<usize>> = HashMap::new();
        for (j, fact) in after.iter().enumerate() {
            there.entry(&fact.qualifiers).or_default().push_back(j);
        }
        for (i, fact) in before.iter().enumerate() {
            let j = there.get_mut(&fact.qualifiers[..]).and_then(VecDeque::pop_front);
            scores.extend(j.map(|j| (0.0, i, j)));
        }
    }
    let mut one: Vec<Option<Fact>> = before.drain(..).map(Some).collect();
    let mut other: Vec<Option<Fact>> = after.drain(..).map(Some).collect();
    let mut pairs = Vec::new();
    for (_, i, j) in scores {
        if let (Some(a @ Some(_)), Some(b @ Some(_))) = (one.get_mut(i), other.get_mut(j)) {
            pairs.extend(a.take().zip(b.take()));
        }
    }
    before.extend(one.into_iter().flatten());
    after.extend(other.into_iter().flatten());
    pairs
}

fn similarity(one: &Fact, other: &Fact) -> f64 {
    let beginning = |fact: &Fact| match &fact.shown {
        Shown::Text(text) => text.chars().take(LOOKED_AT).collect::<String>(),
        Shown::Bytes(_) => String::new(),
    };
    strsim::normalized_levenshtein(&beginning(one), &beginning(other))
}
