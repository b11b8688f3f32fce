//! Pairs put together to people: who is like one of them is not yet like all of them. In each
//! connected group, those two clusters are joined again and again whose members are most alike on
//! average, until none are alike enough.

use std::collections::HashMap;

/// Clusters with at least this average are one.
const ALIKE: f64 = 0.5;

/// Of greater connected groups only the pairs that are known count, each card by its likest.
const MOST_TOGETHER: usize = 80;

/// Puts `pairs` (two numbers of cards and the probability) together. `missing` says how probable
/// a pair is that is not among them. The clusters of two and more, each in order.
pub fn put_together(
    pairs: &[(u32, u32, f64)],
    mut missing: impl FnMut(u32, u32) -> f64,
) -> Vec<Vec<u32>> {
    let mut clusters = Vec::new();
    for (cards, pairs) in connected(pairs) {
        if cards.len() > MOST_TOGETHER {
            clusters.extend(by_the_likest(&cards, pairs));
        } else {
            clusters.extend(by_average(&cards, &pairs, &mut missing));
        }
    }
    clusters.retain(|cluster| cluster.len() > 1);
    for cluster in &mut clusters {
        cluster.sort_unstable();
    }
    clusters.sort_unstable();
    clusters
}

type Pairs = Vec<(u32, u32, f64)>;

/// The connected groups, with the pairs of each.
fn connected(pairs: &[(u32, u32, f64)]) -> Vec<(Vec<u32>, Pairs)> {
    let mut leaders: HashMap<u32, u32> = HashMap::new();
    for (a, b, _) in pairs {
        let (a, b) = (leader(&mut leaders, *a), leader(&mut leaders, *b));
        leaders.insert(a.max(b), a.min(b));
    }
    let mut groups: HashMap<u32, (Vec<u32>, Pairs)> = HashMap::new();
    let cards: Vec<u32> = leaders.keys().copied().collect();
    for card in cards {
        groups.entry(leader(&mut leaders, card)).or_default().0.push(card);
    }
    for pair in pairs {
        groups.entry(leader(&mut leaders, pair.0)).or_default().1.push(*pair);
    }
    let mut groups: Vec<(Vec<u32>, Pairs)> = groups.into_values().collect();
    for (cards, _) in &mut groups {
        cards.sort_unstable();
    }
    groups
}

fn leader(leaders: &mut HashMap<u32, u32>, card: u32) -> u32 {
    let mut top = card;
    while let Some(next) = leaders.get(&top).copied().filter(|next| *next != top) {
        top = next;
    }
    leaders.entry(top).or_insert(top);
    // Shorten the way for those who ask next.
    let mut at = card;
    while at != top {
        let next = leaders.insert(at, top).unwrap_or(top);
        at = next;
    }
    top
}

fn by_average(
    cards: &[u32],
    pairs: &[(u32, u32, f64)],
    missing: &mut impl FnMut(u32, u32) -> f64,
) -> Vec<Vec<u32>> {
    if let [(a, b, probability)] = pairs {
        return if *probability >= ALIKE { vec![vec![*a, *b]] } else { Vec::new() };
    }
    let known: HashMap<(u32, u32), f64> =
        pairs.iter().map(|(a, b, p)| ((*a.min(b), *a.max(b)), *p)).collect();
    let mut clusters: Vec<Vec<u32>> = cards.iter().map(|card| vec![*card]).collect();
    // Between two clusters: the sum over all their pairs.
    let mut sums: HashMap<(usize, usize), f64> = HashMap::new();
    for (i, a) in cards.iter().enumerate() {
        for (j, b) in cards.iter().enumerate().skip(i + 1) {
            let sum = known.get(&(*a, *b)).copied().unwrap_or_else(|| missing(*a, *b));
            sums.insert((i, j), sum);
        }
    }
    loop {
        let size = |at: usize| clusters.get(at).map_or(0, Vec::len) as f64;
        let averages = sums.iter().map(|((i, j), sum)| (sum / (size(*i) * size(*j)), *i, *j));
        let best = averages
            .filter(|(average, ..)| *average >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (b.1, b.2).cmp(&(a.1, a.2))));
        let Some((_, i, j)) = best else { break };
        let joined = clusters.get_mut(j).map(std::mem::take).unwrap_or_default();
        if let Some(cluster) = clusters.get_mut(i) {
            cluster.extend(joined);
        }
        sums.remove(&(i, j));
        for k in (0..clusters.len()).filter(|k| *k != i && *k != j) {
            if let Some(sum) = sums.remove(&(k.min(j), k.max(j))) {
                *sums.entry((k.min(i), k.max(i))).or_default() += sum;
            }
        }
    }
    clusters
}

/// Each card joins the first cluster whose first card it is like.
fn by_the_likest(cards: &[u32], mut pairs: Pairs) -> Vec<Vec<u32>> {
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
    let mut cluster_of: HashMap<u32, usize> = HashMap::new();
    let mut clusters: Vec<Vec<u32>> = Vec::with_capacity(cards.len() / 2);
    for (a, b, probability) in pairs {
        if probability < ALIKE {
            break;
        }
        match (cluster_of.get(&a).copied(), cluster_of.get(&b).copied()) {
            (None, None) => {
                cluster_of.insert(a, clusters.len());
                cluster_of.insert(b, clusters.len());
                clusters.push(vec![a, b]);
            }
            (Some(at), None) | (None, Some(at)) => {
                let (lead, joins) = if cluster_of.contains_key(&a) { (a, b) } else { (b, a) };
                let Some(cluster) = clusters.get_mut(at) else { continue };
                // Through one of its members only if that is as good as the first.
                if cluster.first() == Some(&lead) || probability >= 0.99 {
                    cluster.push(joins);
                    cluster_of.insert(joins, at);
                }
            }
            (Some(_), Some(_)) => {}
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_no_cluster() {
        let pairs = [(1, 2, 0.95), (2, 3, 0.9), (5, 6, 0.6), (7, 8, 0.4)];
        let apart = put_together(&pairs, |_, _| 0.01);
        assert_eq!(apart, [vec![1, 2], vec![5, 6]]);
        let together = put_together(&pairs, |_, _| 0.3);
        assert_eq!(together, [vec![1, 2, 3], vec![5, 6]]);
    }

    #[test]
    fn a_great_group_takes_no_time_to_speak_of() {
        let pairs: Vec<(u32, u32, f64)> = (1..100_000).map(|n| (0, n, 0.999)).collect();
        let clusters = put_together(&pairs, |_, _| unreachable!());
        assert_eq!(clusters.iter().map(Vec::len).collect::<Vec<_>>(), [100_000]);
    }
}
