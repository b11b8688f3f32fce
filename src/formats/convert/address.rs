//! The text of an address label: a parameter of `ADR` in 4.0, a property of its own in 3.0.

use std::collections::{HashMap, HashSet};

use super::Source;
use crate::formats::line::Line;
use crate::formats::property::Property;
use crate::formats::text;

/// Takes the label off an `ADR` of 4.0, as the `LABEL` property of 3.0.
pub(super) fn split_label(address: &mut Property) -> Option<Property> {
    let label = address.take("LABEL")?;
    let mut property = Property::new("LABEL", text::escape(&label));
    property.group.clone_from(&address.group);
    let types = address.types();
    let kept = types.into_iter().filter(|kind| !kind.eq_ignore_ascii_case("pref"));
    property.set_types(&kept.collect::<Vec<_>>());
    Some(property)
}

/// Which `LABEL` belongs to which `ADR`, by their places in the card's lines: the one that
/// follows it with the same types and group, or the only ones that have these.
pub(super) fn pair_labels(card: &Source<'_>) -> HashMap<usize, usize> {
    let mut pairs = HashMap::new();
    if !card.has("LABEL") || !card.has("ADR") {
        return pairs;
    }
    let is_free = |line: &Line<'_>| line.is("ADR") && line.param("LABEL").is_none();
    for (at, pair) in card.lines.windows(2).enumerate() {
        if let [address, label] = pair
            && is_free(address)
            && label.is("LABEL")
            && key(address) == key(label)
        {
            pairs.insert(at + 1, at);
        }
    }
    let taken: HashSet<usize> = pairs.values().copied().collect();
    let mut alone: HashMap<Key, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, line) in card.lines.iter().enumerate() {
        if is_free(line) && !taken.contains(&at) {
            alone.entry(key(line)).or_default().0.push(at);
        } else if line.is("LABEL") && !pairs.contains_key(&at) {
            alone.entry(key(line)).or_default().1.push(at);
        }
    }
    for (addresses, labels) in alone.into_values() {
        if let ([address], [label]) = (addresses.as_slice(), labels.as_slice()) {
            pairs.insert(*label, *address);
        }
    }
    pairs
}

type Key = (Vec<u8>, Vec<String>);

fn key(line: &Line<'_>) -> Key {
    let mut types: Vec<String> = line
        .params()
        .filter(|p| p.is("TYPE"))
        .flat_map(|p| p.values())
        .flat_map(|value| value.split(',').map(str::to_ascii_lowercase).collect::<Vec<_>>())
        .filter(|kind| kind != "pref")
        .collect();
    types.sort_unstable();
    (line.group().unwrap_or_default().to_ascii_lowercase(), types)
}
