//! What changed from one version of a card to another: what clients wrote property by property,
//! and what the server tells of the contact as changes of its history, not of the card's notes.

use super::layer::{Cadence, Seen, SeenEntry, unweave};
use crate::formats::difference::{Change, Naming, cards, short};

/// The changes from `before` to `after`. `naming` knows what a property of the owner's own is
/// called.
pub fn difference(before: &[u8], after: &[u8], naming: Naming<'_>) -> Vec<Change> {
    let (before, after) = (unweave(before), unweave(after));
    let mut changes = if before.base == after.base {
        Vec::new()
    } else {
        cards(&before.base, &after.base, naming)
    };
    changes.extend(history(&before.seen, &after.seen));
    changes
}

fn history(before: &Seen, after: &Seen) -> Vec<Change> {
    let mut changes = entries(before, after);
    let stage = |seen: &Seen| seen.stage.clone().filter(|stage| !stage.is_empty());
    let cadence = |seen: &Seen| {
        seen.cadence.map(|cadence| match cadence {
            Cadence::Never => "never".to_owned(),
            Cadence::Days(1) => "every day".to_owned(),
            Cadence::Days(days) => format!("every {days} days"),
        })
    };
    let mut value = |property, field, of: &dyn Fn(&Seen) -> Option<String>| {
        let (was, is) = (of(before), of(after));
        if was != is {
            changes.push(of_value(property, field, was, is));
        }
    };
    value("X-ROLODAV-STAGE", "Stage", &stage);
    value("X-ROLODAV-CADENCE", "Keep in touch", &cadence);
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string());
    value("X-ROLODAV-LAST-CONTACT", "Last contact", &|seen| day(seen.last_contact));
    value("X-ROLODAV-NEXT", "Next follow-up", &|seen| day(seen.next));
    changes
}

fn of_value(property: &str, field: &str, was: Option<String>, is: Option<String>) -> Change {
    let word = |value: &Option<String>| value.as_deref().map_or("none".to_owned(), short);
    Change {
        property: property.to_owned(),
        field: field.to_owned(),
        words: format!("{field}: {} -> {}", word(&was), word(&is)),
        before: was,
        after: is,
    }
}

/// Of the entries that cards show. One that others pushed out of sight did not change.
fn entries(before: &Seen, after: &Seen) -> Vec<Change> {
    let find = |entry: &SeenEntry, seen: &Seen| {
        seen.entries.iter().position(|other| is_same(entry, other))
    };
    let mut changes = Vec::new();
    let mut added = 0;
    for entry in &after.entries {
        match find(entry, before).and_then(|at| before.entries.get(at)) {
            None => {
                added += 1;
                changes.push(of_entry("added", None, Some(entry)));
            }
            Some(was) if told(was) != told(entry) => {
                changes.push(of_entry("changed", Some(was), Some(entry)));
            }
            Some(_) => {}
        }
    }
    // The newest ones stand first.
    let last = before.entries.iter().rposition(|entry| find(entry, after).is_some());
    for (at, entry) in before.entries.iter().enumerate() {
        let is_pushed_out = added > 0 && last.is_some_and(|last| at > last);
        if find(entry, after).is_none() && !is_pushed_out {
            changes.push(of_entry("removed", Some(entry), None));
        }
    }
    changes
}

fn is_same(one: &SeenEntry, other: &SeenEntry) -> bool {
    match (&one.uid, &other.uid) {
        (Some(one), Some(other)) => one == other,
        (None, None) => told(one) == told(other),
        _ => false,
    }
}

fn of_entry(what: &str, was: Option<&SeenEntry>, is: Option<&SeenEntry>) -> Change {
    let words = match (was, is) {
        (Some(was), Some(is)) => format!("{} -> {}", short(&told(was)), short(&told(is))),
        (one, other) => one.or(other).map_or_else(String::new, |entry| short(&told(entry))),
    };
    Change {
        property: "X-ROLODAV-INTERACTION".to_owned(),
        field: "History".to_owned(),
        before: was.map(told),
        after: is.map(told),
        words: format!("History: {what}: {words}"),
    }
}

fn told(entry: &SeenEntry) -> String {
    let at = entry.at.and_then(|at| jiff::Timestamp::from_second(at).ok());
    let at = at.map(|at| format!(" of {}", at.strftime("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
    let by = if entry.by.is_empty() { String::new() } else { format!(" ({})", entry.by) };
    format!("{}{at}: {}{by}", entry.kind, entry.text)
}

#[cfg(test)]
mod tests {
    use super::super::layer::{Bounds, Entry, Layer, weave};
    use super::*;

    const BASE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:A\r\nNOTE:mine\r\nEND:VCARD\r\n";

    fn entry(number: u8, text: &str) -> Entry {
        let at = 1_790_000_000 + i64::from(number) * 3600;
        Entry {
            uid: format!("e{number}"),
            kind: "call".to_owned(),
            at,
            local: jiff::Timestamp::from_second(at)
                .unwrap()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .datetime(),
            day_only: false,
            by: String::new(),
            text: text.to_owned(),
        }
    }

    fn woven(layer: &Layer) -> Vec<u8> {
        weave(BASE.as_bytes(), layer, Bounds { entries: 3, bytes: 4096 })
    }

    fn words(before: &[u8], after: &[u8]) -> Vec<String> {
        difference(before, after, &|_| None).into_iter().map(|change| change.words).collect()
    }

    fn layer(entries: Vec<Entry>) -> Layer {
        Layer { revision: 1, entries, history_in_note: true, ..Layer::default() }
    }

    #[test]
    fn what_the_server_adds_is_told_as_history() {
        let one = layer(vec![entry(2, "two"), entry(1, "one")]);
        let mut other = layer(vec![entry(3, "three"), entry(2, "two!"), entry(1, "one")]);
        other.revision = 2;
        other.stage = Some("client".to_owned());
        other.cadence = Some(Cadence::Days(30));
        assert_eq!(
            words(&woven(&one), &woven(&other)),
            [
                "History: added: call of 2026-09-21 17:13 UTC: three",
                "History: changed: call of 2026-09-21 16:13 UTC: two -> call of 2026-09-21 16:13 \
                 UTC: two!",
                "Stage: none -> client",
                "Keep in touch: none -> every 30 days",
            ]
        );
        other.entries.remove(1);
        assert_eq!(
            words(&woven(&one), &woven(&other)),
            [
                "History: added: call of 2026-09-21 17:13 UTC: three",
                "History: removed: call of 2026-09-21 16:13 UTC: two",
                "Stage: none -> client",
                "Keep in touch: none -> every 30 days",
            ]
        );
    }

    #[test]
    fn an_entry_that_newer_ones_push_out_of_sight_was_not_removed() {
        let one = layer((1..=3).rev().map(|n| entry(n, "x")).collect());
        let other = layer((1..=4).rev().map(|n| entry(n, "x")).collect());
        assert_eq!(words(&woven(&one), &woven(&other)).len(), 1);
        assert_eq!(
            words(&woven(&other), &woven(&one)),
            [
                "History: added: call of 2026-09-21 15:13 UTC: x",
                "History: removed: call of 2026-09-21 18:13 UTC: x",
            ]
        );
    }

    #[test]
    fn notes_are_what_a_person_wrote() {
        let with = woven(&layer(vec![entry(1, "one")]));
        assert_eq!(
            words(BASE.as_bytes(), &with),
            ["History: added: call of 2026-09-21 15:13 UTC: one"]
        );
        let edited = String::from_utf8(with.clone()).unwrap().replace("NOTE:mine", "NOTE:yours");
        assert_eq!(words(&with, edited.as_bytes()), ["Note: mine -> yours"]);
        let mut later = layer(vec![entry(1, "one")]);
        later.revision = 9;
        assert_eq!(words(&with, &woven(&later)), [""; 0], "a revision is nothing to tell");
    }
}
