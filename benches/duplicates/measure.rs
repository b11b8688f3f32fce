//! What a scan found, held against the truth.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use rolodav::contacts::duplicates::{Found, Profile, Tier, keys};

/// One line of figures.
pub fn line(
    name: &str,
    people: &[usize],
    cards: &[Profile],
    found: &Found,
    took: Duration,
) -> String {
    let mut of: HashMap<usize, Vec<u32>> = HashMap::new();
    for (card, person) in (0_u32..).zip(people) {
        of.entry(*person).or_default().push(card);
    }
    let mut truth: HashSet<(u32, u32)> = HashSet::new();
    for cards in of.values() {
        for (at, one) in cards.iter().enumerate() {
            truth.extend(cards[at + 1..].iter().map(|other| (*one, *other)));
        }
    }
    let met = found.pairs.iter().filter(|pair| truth.contains(&(pair.one, pair.other))).count();
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let (precision, recall) = (share(met, found.pairs.len()), share(met, truth.len()));
    let f1 = 2.0 * precision * recall / (precision + recall).max(1e-9);
    let certain = found.pairs.iter().filter(|pair| pair.verdict.tier == Tier::Auto);
    let (sure, wrong): (Vec<_>, Vec<_>) =
        certain.partition(|pair| truth.contains(&(pair.one, pair.other)));
    let filed: Vec<BTreeSet<u64>> =
        cards.iter().map(|card| keys::of(card).keys.into_iter().collect()).collect();
    let shared =
        |(one, other): &&(u32, u32)| !filed[*one as usize].is_disjoint(&filed[*other as usize]);
    let blocked = share(truth.iter().filter(shared).count(), truth.len());
    let all = cards.len() as f64 * (cards.len() as f64 - 1.0) / 2.0;
    let cubed = b_cubed(people, &of, &found.clusters);
    format!(
        "| {name} | {} | {} | {precision:.4} | {recall:.4} | {f1:.4} | {cubed:.4} | {} | {} | \
         {blocked:.4} | {:.1} | {:.6} | {:.1} s |",
        cards.len(),
        truth.len(),
        sure.len(),
        wrong.len(),
        2.0 * found.compared as f64 / cards.len() as f64,
        1.0 - found.compared as f64 / all,
        took.as_secs_f64(),
    )
}

/// The head of the table that the lines belong to.
pub const HEAD: &str = "| set | cards | true pairs | P | R | F1 | B-cubed F1 | certain, right | certain, \
wrong | key recall | compared a card | spared | scan |\n\
|---|---|---|---|---|---|---|---|---|---|---|---|---|";

fn b_cubed(people: &[usize], of: &HashMap<usize, Vec<u32>>, clusters: &[Vec<u32>]) -> f64 {
    let mut cluster_of: HashMap<u32, &Vec<u32>> = HashMap::new();
    for cluster in clusters {
        cluster_of.extend(cluster.iter().map(|card| (*card, cluster)));
    }
    let (mut precision, mut recall) = (0.0, 0.0);
    for (card, person) in (0_u32..).zip(people) {
        let alone = vec![card];
        let cluster = cluster_of.get(&card).copied().unwrap_or(&alone);
        let same =
            cluster.iter().filter(|other| people[**other as usize] == *person).count() as f64;
        precision += same / cluster.len() as f64;
        recall += same / of[person].len() as f64;
    }
    2.0 * precision * recall / ((precision + recall) * people.len() as f64)
}
