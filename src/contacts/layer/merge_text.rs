//! Three-way merge of a text, line by line.

use std::collections::HashSet;
use std::ops::Range;

/// Merges two edits of `before`; whether they are of the same lines. Then the result is `theirs`
/// with the lines that only `ours` has at its end.
pub(super) fn merge_text(before: &str, ours: &str, theirs: &str) -> (String, bool) {
    if ours == before || ours == theirs {
        return (theirs.to_owned(), false);
    }
    if theirs == before {
        return (ours.to_owned(), false);
    }
    let old = lines(before);
    let (our, their) = (lines(ours), lines(theirs));
    let (our_place, our_lines) = changed(&old, &our);
    let (their_place, their_lines) = changed(&old, &their);
    let known: HashSet<&str> = their.iter().copied().collect();
    let both_added = our_place.is_empty() && our_place == their_place;
    let merged: Vec<&str> = if both_added {
        let (head, tail) = old.split_at_checked(our_place.start).unwrap_or_default();
        let added = our_lines.iter().filter(|line| !known.contains(*line));
        head.iter().chain(added).chain(their_lines).chain(tail).copied().collect()
    } else if our_place.end <= their_place.start {
        spliced(&old, [(our_place, our_lines), (their_place, their_lines)])
    } else if their_place.end <= our_place.start {
        spliced(&old, [(their_place, their_lines), (our_place, our_lines)])
    } else {
        let before: HashSet<&str> = old.iter().copied().collect();
        let lost = our_lines.iter().filter(|line| {
            !line.trim().is_empty() && !before.contains(*line) && !known.contains(*line)
        });
        return (their.iter().chain(lost).copied().collect::<Vec<_>>().join("\n"), true);
    };
    (merged.join("\n"), false)
}

/// The lines of `text`; none of an empty one.
fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

/// Which lines of `old` were changed, and what stands there in `new`.
fn changed<'n, 't>(old: &[&str], new: &'n [&'t str]) -> (Range<usize>, &'n [&'t str]) {
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) =
        (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    (same..old.len() - tail, new_rest.get(..new_rest.len() - tail).unwrap_or_default())
}

/// `old` with two changes, in order and apart.
fn spliced<'t>(old: &[&'t str], changes: [(Range<usize>, &[&'t str]); 2]) -> Vec<&'t str> {
    let mut merged = Vec::with_capacity(old.len());
    let mut at = 0;
    for (place, lines) in changes {
        merged.extend_from_slice(old.get(at..place.start).unwrap_or_default());
        merged.extend_from_slice(lines);
        at = place.end;
    }
    merged.extend_from_slice(old.get(at..).unwrap_or_default());
    merged
}
