//! Parts of cards, and which cards a query means. The first line of the input holds the needle
//! and the names asked for, separated by blanks, and its first byte chooses how to compare; the
//! rest is the card.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::contacts::filter::{
    Filter, ParamCondition, ParamFilter, PropCondition, PropFilter, Test, TextMatch,
};
use rolodav::formats::collation::{Collation, MatchType, Matcher};
use rolodav::formats::line::Lines;
use rolodav::formats::select::{Selector, select};

const KINDS: [MatchType; 4] =
    [MatchType::Equals, MatchType::Contains, MatchType::StartsWith, MatchType::EndsWith];

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|b| *b == b'\n').map_or(data.len(), |at| at + 1);
    let (head, card) = data.split_at(end);
    let head = String::from_utf8_lossy(head);
    let mut words = head.split_whitespace();
    let needle = words.next().unwrap_or_default();
    let names: Vec<&str> = words.take(6).collect();

    let selectors: Vec<Selector> =
        names.iter().enumerate().map(|(i, name)| Selector::new(name, i % 3 == 2)).collect();
    let part = select(card, &selectors);
    assert!(part.len() <= card.len());
    // Without any LF the lines end with CR, which is another reading of the same bytes.
    if part.contains(&b'\n') == card.contains(&b'\n') {
        assert_eq!(select(&part, &selectors), part, "selecting twice gives something else");
        assert!(Lines::new(&part).count() <= Lines::new(card).count());
    }

    let choice = usize::from(data.first().copied().unwrap_or_default());
    let (collation, kind) = (Collation::ALL[choice % 3], KINDS[choice / 3 % 4]);
    matching_is_comparing_keys(collation, kind, needle, &String::from_utf8_lossy(card));

    for (negate, test) in [(false, Test::AnyOf), (true, Test::AllOf)] {
        let text = || TextMatch::new(collation, kind, needle, negate);
        let param = |name: &str, kind| ParamFilter { name: name.to_owned(), kind };
        let props = names.iter().map(|name| {
            let params = vec![
                param("TYPE", ParamCondition::Text(text())),
                param(name, ParamCondition::IsNotDefined),
            ];
            let kind = PropCondition::Conditions { texts: vec![text()], params };
            PropFilter::new(name, test, kind)
        });
        let _ = Filter { test, props: props.collect() }.matches(card);
    }
    for name in names {
        let defined = PropCondition::Conditions { texts: vec![], params: vec![] };
        let one = |kind| {
            let props = vec![PropFilter::new(name, Test::AnyOf, kind)];
            Filter { test: Test::AnyOf, props }.matches(card)
        };
        assert_ne!(one(defined), one(PropCondition::IsNotDefined), "{name:?} is there and is not");
    }
});

fn matching_is_comparing_keys(collation: Collation, kind: MatchType, needle: &str, value: &str) {
    let (n, v) = (collation.key(needle), collation.key(value));
    assert_eq!(collation.key(&n), n, "the key of a key");
    let wanted = match kind {
        MatchType::Equals => v == n,
        MatchType::Contains => v.contains(&*n),
        MatchType::StartsWith => v.starts_with(&*n),
        MatchType::EndsWith => v.ends_with(&*n),
    };
    let found = Matcher::new(collation, kind, needle).matches(value);
    assert_eq!(found, wanted, "{needle:?} {kind:?} {value:?} by {}", collation.name());
}
