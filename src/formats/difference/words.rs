//! A difference in words.

use std::collections::HashMap;

use super::fact::{Fact, Shown};
use super::pairing::Pair;
use super::{Change, IN_WORDS};

/// `pair` told, where its property is called `name`.
pub(super) fn told(pair: Pair, name: &str) -> Option<Change> {
    let Pair { before, after } = pair;
    let one = after.as_ref().or(before.as_ref())?;
    // What a program calls a property may hold anything.
    let (property, name) = (short(&one.property), &*short(name));
    let part = match one.part.as_str() {
        "" => String::new(),
        part => format!("{}: ", short(part)),
    };
    let field = field(name, one);
    let words = match (&before, &after) {
        (Some(before), Some(after)) => changed(name, before, after),
        (None, Some(fact)) => alone(&field, "added", fact),
        (Some(fact), None) => alone(&field, "removed", fact),
        (None, None) => return None,
    };
    let both = before.as_ref().zip(after.as_ref());
    let relabelled = both.filter(|(before, after)| before.meaning == after.meaning);
    let told = |fact: Option<Fact>| {
        fact.map(|fact| match relabelled {
            Some(_) => format!("{} ({})", whole(&fact), labels(&fact)),
            None => whole(&fact),
        })
    };
    let (before_told, after_told) = (told(before.clone()), told(after.clone()));
    Some(Change {
        property,
        field: format!("{part}{field}"),
        before: before_told,
        after: after_told,
        words: format!("{part}{words}"),
    })
}

fn field(name: &str, fact: &Fact) -> String {
    match fact.qualifiers.as_slice() {
        [] => name.to_owned(),
        qualifiers => format!("{name} ({})", short(&qualifiers.join(", "))),
    }
}

fn labels(fact: &Fact) -> String {
    match fact.qualifiers.as_slice() {
        [] => "no label".to_owned(),
        qualifiers => qualifiers.join(", "),
    }
}

fn changed(name: &str, before: &Fact, after: &Fact) -> String {
    if before.meaning == after.meaning {
        let (was, is) = (short(&labels(before)), short(&labels(after)));
        return match &after.shown {
            Shown::Text(text) => format!("{name} {}: {was} -> {is}", short(text)),
            Shown::Bytes(_) => format!("{name}: {was} -> {is}"),
        };
    }
    let field = if before.qualifiers == after.qualifiers {
        field(name, after)
    } else {
        format!("{name} ({} -> {})", short(&labels(before)), short(&labels(after)))
    };
    match (&before.shown, &after.shown) {
        (Shown::Bytes(was), Shown::Bytes(is)) if size(*was) == size(*is) => {
            format!("{field} replaced ({})", size(*is))
        }
        (Shown::Bytes(was), Shown::Bytes(is)) => {
            format!("{field} replaced ({} -> {})", size(*was), size(*is))
        }
        (Shown::Text(was), Shown::Text(is)) => texts(&field, before, after, was, is),
        _ => format!("{field}: {} -> {}", short(&whole(before)), short(&whole(after))),
    }
}

fn texts(field: &str, before: &Fact, after: &Fact, was: &str, is: &str) -> String {
    if is_long(was) || is_long(is) {
        return format!("{field}: {}", lines(was, is));
    }
    if was == is {
        // The same words in other places.
        let spread = |fact: &Fact| short(&fact.meaning.replace('\u{1f}', ";"));
        return format!("{field}: {} -> {}", spread(before), spread(after));
    }
    format!("{field}: {} -> {}", short(was), short(is))
}

fn alone(field: &str, what: &str, fact: &Fact) -> String {
    match &fact.shown {
        Shown::Bytes(bytes) => format!("{field} {what} ({})", size(*bytes)),
        Shown::Text(text) if text.is_empty() => format!("{field} {what}"),
        Shown::Text(text) => match said(text).count() {
            0 | 1 => format!("{field} {what}: {}", short(text)),
            lines => format!("{field} {what}: {lines} lines"),
        },
    }
}

/// What became of the lines of a text.
fn lines(was: &str, is: &str) -> String {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for line in said(was) {
        *counts.entry(line).or_default() -= 1;
    }
    for line in said(is) {
        *counts.entry(line).or_default() += 1;
    }
    let added: i64 = counts.values().filter(|count| **count > 0).sum();
    let removed: i64 = -counts.values().filter(|count| **count < 0).sum::<i64>();
    // In the order in which they stand there.
    let only = |text: &str, sign: i64| {
        let mut all = said(text);
        let one = all.find(|line| counts.get(line).is_some_and(|count| count.signum() == sign));
        one.map(short).unwrap_or_default()
    };
    let count =
        |count: i64| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    match (added, removed) {
        (0, 0) => "lines in another order".to_owned(),
        (1, 0) => format!("1 line added: {}", only(is, 1)),
        (0, 1) => format!("1 line removed: {}", only(was, -1)),
        (1, 1) => format!("1 line changed: {} -> {}", only(was, -1), only(is, 1)),
        (added, 0) => format!("{} added", count(added)),
        (0, removed) => format!("{} removed", count(removed)),
        (added, removed) => format!("{} added, {removed} removed", count(added)),
    }
}

/// The lines that say something.
fn said(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn is_long(text: &str) -> bool {
    text.contains('\n')
}

fn whole(fact: &Fact) -> String {
    match &fact.shown {
        Shown::Text(text) => text.clone(),
        Shown::Bytes(bytes) => size(*bytes),
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{} KB", bytes.div_ceil(1024)),
    }
}

/// See [`super::short`].
pub(super) fn short(text: &str) -> String {
    let mut words = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if count > 0 {
            words.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count >= IN_WORDS {
                words.push('…');
                return words;
            }
            words.push(c);
            count += 1;
        }
    }
    words
}
