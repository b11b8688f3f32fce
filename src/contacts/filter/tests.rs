//! Tests of filters: each rule, and the same answers as a plain evaluation over a parsed card.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::formats::line::Lines;

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;John\\, Q.;;;\r\nFN:John Doe\r\n\
    NICKNAME:Jérôme\r\nEMAIL;TYPE=HOME:john@home.example\r\nEMAIL;TYPE=WORK,pref:jd@work.example\r\n\
    item1.TEL;TYPE=\"voice,cell\":+1 555\r\nitem1.X-ABLabel:Boat\r\nitem2.URL:http://b\r\n\
    NOTE:first\\nsec\r\n ond\r\nX-EMPTY:\r\nEND:VCARD\r\n";

fn text(kind: MatchType, needle: &str) -> TextMatch {
    TextMatch::new(Collation::UnicodeCasemap, kind, needle, false)
}

fn not(kind: MatchType, needle: &str) -> TextMatch {
    TextMatch::new(Collation::UnicodeCasemap, kind, needle, true)
}

fn prop(
    name: &str,
    test: Test,
    texts: Vec<TextMatch>,
    params: Vec<(&str, ParamCondition)>,
) -> PropFilter {
    let params = params.into_iter().map(|(n, kind)| ParamFilter { name: n.into(), kind }).collect();
    PropFilter::new(name, test, PropCondition::Conditions { texts, params })
}

fn has(name: &str) -> PropFilter {
    prop(name, Test::AnyOf, vec![], vec![])
}

fn lacks(name: &str) -> PropFilter {
    PropFilter::new(name, Test::AnyOf, PropCondition::IsNotDefined)
}

#[test]
fn each_rule_of_the_standard() {
    use MatchType::{Contains, EndsWith, Equals, StartsWith};
    use ParamCondition::{IsDefined, IsNotDefined, Text};
    use Test::{AllOf, AnyOf};
    for (what, filter, wanted) in [
        ("a property that is there", has("nickname"), true),
        ("an empty one is there", has("x-empty"), true),
        ("one that is not", has("ROLE"), false),
        ("not defined", lacks("ROLE"), true),
        ("not defined but there", lacks("TEL"), false),
        ("any group", has("TEL"), true),
        ("the group", has("ITEM1.tel"), true),
        ("another group", has("item2.TEL"), false),
        ("not in another group", lacks("item2.TEL"), true),
        ("contains", prop("FN", AnyOf, vec![text(Contains, "N D")], vec![]), true),
        ("equals", prop("FN", AnyOf, vec![text(Equals, "john doe")], vec![]), true),
        ("not equals", prop("FN", AnyOf, vec![text(Equals, "john")], vec![]), false),
        ("starts", prop("FN", AnyOf, vec![text(StartsWith, "JOHN")], vec![]), true),
        ("ends", prop("FN", AnyOf, vec![text(EndsWith, "john")], vec![]), false),
        (
            "non-ASCII, decomposed",
            prop("NICKNAME", AnyOf, vec![text(Equals, "JE\u{301}ROME")], vec![]),
            false,
        ),
        (
            "non-ASCII, caseless",
            prop("NICKNAME", AnyOf, vec![text(Equals, "JÉRO\u{302}ME")], vec![]),
            true,
        ),
        (
            "unescaped, unfolded",
            prop("NOTE", AnyOf, vec![text(Equals, "first\nsecond")], vec![]),
            true,
        ),
        (
            "joined components",
            prop("N", AnyOf, vec![text(StartsWith, "doe;john, q.")], vec![]),
            true,
        ),
        ("negated", prop("FN", AnyOf, vec![not(Contains, "x")], vec![]), true),
        ("negated, no property", prop("ROLE", AnyOf, vec![not(Contains, "x")], vec![]), false),
        ("negated on one of two", prop("EMAIL", AnyOf, vec![not(Contains, "home")], vec![]), true),
        (
            "all of, on two properties",
            prop("EMAIL", AllOf, vec![text(Contains, "john"), text(Contains, "work")], vec![]),
            false,
        ),
        (
            "all of, on one",
            prop("EMAIL", AllOf, vec![text(Contains, "jd"), text(Contains, "work")], vec![]),
            true,
        ),
        (
            "any of",
            prop("EMAIL", AnyOf, vec![text(Contains, "zzz"), text(Contains, "work")], vec![]),
            true,
        ),
        ("parameter there", prop("EMAIL", AnyOf, vec![], vec![("type", IsDefined)]), true),
        ("parameter not there", prop("FN", AnyOf, vec![], vec![("TYPE", IsNotDefined)]), true),
        (
            "no property, parameter not there",
            prop("ROLE", AnyOf, vec![], vec![("TYPE", IsNotDefined)]),
            false,
        ),
        (
            "parameter value",
            prop("EMAIL", AnyOf, vec![], vec![("TYPE", Text(text(Equals, "PREF")))]),
            true,
        ),
        (
            "quoted list",
            prop("TEL", AnyOf, vec![], vec![("TYPE", Text(text(Equals, "cell")))]),
            true,
        ),
        (
            "parameter value negated",
            prop("TEL", AnyOf, vec![], vec![("TYPE", Text(not(Equals, "cell")))]),
            false,
        ),
        (
            "negated, no parameter",
            prop("FN", AnyOf, vec![], vec![("TYPE", Text(not(Equals, "x")))]),
            false,
        ),
        (
            "value and parameter of one",
            prop(
                "EMAIL",
                AllOf,
                vec![text(Contains, "jd")],
                vec![("TYPE", Text(text(Equals, "home")))],
            ),
            false,
        ),
        (
            "value or parameter",
            prop(
                "EMAIL",
                AnyOf,
                vec![text(Contains, "zz")],
                vec![("TYPE", Text(text(Equals, "home")))],
            ),
            true,
        ),
    ] {
        let filter = Filter { test: AnyOf, props: vec![filter] };
        assert_eq!(filter.matches(CARD.as_bytes()), wanted, "{what}");
    }
}

#[test]
fn property_filters_combine() {
    for (test, props, wanted) in [
        (Test::AnyOf, vec![], true),
        (Test::AllOf, vec![], true),
        (Test::AnyOf, vec![has("ROLE"), has("FN")], true),
        (Test::AllOf, vec![has("ROLE"), has("FN")], false),
        (Test::AllOf, vec![lacks("ROLE"), has("FN")], true),
        (Test::AnyOf, vec![has("ROLE"), lacks("FN")], false),
    ] {
        let what = format!("{test:?} of {}", props.len());
        assert_eq!(Filter { test, props }.matches(CARD.as_bytes()), wanted, "{what}");
    }
}

/// The same, told in the words of the standard over a whole reading of the card.
fn plainly(filter: &Filter, card: &[u8]) -> bool {
    let lines: Vec<_> = Lines::new(card).filter(Line::has_value).collect();
    let one = |prop: &PropFilter| {
        let group = prop.group.as_ref().map(|g| g.to_lowercase());
        let instances: Vec<_> = lines
            .iter()
            .filter(|l| {
                String::from_utf8_lossy(l.name()).to_lowercase() == prop.name.to_lowercase()
            })
            .filter(|l| {
                group.is_none()
                    || l.group().map(|g| String::from_utf8_lossy(g).to_lowercase()) == group
            })
            .collect();
        match &prop.kind {
            PropCondition::IsNotDefined => instances.is_empty(),
            PropCondition::Conditions { texts, params } => instances.iter().any(|line| {
                let mut results: Vec<bool> =
                    texts.iter().map(|t| t.matcher.matches(&line.text()) != t.negate).collect();
                results.extend(params.iter().map(|p| {
                    let values: Vec<String> = line
                        .params()
                        .filter(|q| q.is(&p.name))
                        .flat_map(|q| q.values().map(String::from).collect::<Vec<_>>())
                        .collect();
                    match &p.kind {
                        ParamCondition::IsDefined => !values.is_empty(),
                        ParamCondition::IsNotDefined => values.is_empty(),
                        ParamCondition::Text(t) => {
                            let found = values.iter().any(|v| t.matcher.matches(v));
                            !values.is_empty() && found != t.negate
                        }
                    }
                }));
                match prop.test {
                    _ if results.is_empty() => true,
                    Test::AnyOf => results.contains(&true),
                    Test::AllOf => !results.contains(&false),
                }
            }),
        }
    };
    let results: Vec<bool> = filter.props.iter().map(one).collect();
    match filter.test {
        _ if results.is_empty() => true,
        Test::AnyOf => results.contains(&true),
        Test::AllOf => !results.contains(&false),
    }
}

fn any_test() -> impl Strategy<Value = Test> {
    prop_oneof![Just(Test::AnyOf), Just(Test::AllOf)]
}

fn any_text() -> impl Strategy<Value = TextMatch> {
    let collation = prop_oneof![
        Just(Collation::AsciiCasemap),
        Just(Collation::UnicodeCasemap),
        Just(Collation::Octet)
    ];
    let kind = prop_oneof![
        Just(MatchType::Equals),
        Just(MatchType::Contains),
        Just(MatchType::StartsWith),
        Just(MatchType::EndsWith)
    ];
    (collation, kind, "[aAéÉ]{0,2}", any::<bool>()).prop_map(|(collation, kind, needle, negate)| {
        TextMatch::new(collation, kind, &needle, negate)
    })
}

fn any_prop() -> impl Strategy<Value = PropFilter> {
    let param = prop_oneof![
        Just(ParamCondition::IsDefined),
        Just(ParamCondition::IsNotDefined),
        any_text().prop_map(ParamCondition::Text)
    ];
    let params = proptest::collection::vec(param, 0..3).prop_map(|kinds| {
        kinds.into_iter().map(|kind| ParamFilter { name: "X".into(), kind }).collect::<Vec<_>>()
    });
    let kind = prop_oneof![
        1 => Just(PropCondition::IsNotDefined),
        4 => (proptest::collection::vec(any_text(), 0..3), params)
            .prop_map(|(texts, params)| PropCondition::Conditions { texts, params }),
    ];
    (prop_oneof![Just("A"), Just("g.a"), Just("B")], any_test(), kind)
        .prop_map(|(name, test, kind)| PropFilter::new(name, test, kind))
}

proptest! {
    #[test]
    fn the_same_answers_as_plainly(
        test in any_test(),
        props in proptest::collection::vec(any_prop(), 0..3),
        lines in proptest::collection::vec("(g\\.|G\\.)?[abAB](;[xX]=[aé]{0,2}(,\"é;\")?)?:[aAéÉ\\\\n]{0,4}(\r\n )?a?", 0..6),
    ) {
        let filter = Filter { test, props };
        let card = lines.join("\r\n");
        prop_assert_eq!(filter.matches(card.as_bytes()), plainly(&filter, card.as_bytes()), "{:?} on {}", filter, card);
    }

    #[test]
    fn any_bytes_can_be_asked(bytes in proptest::collection::vec(any::<u8>(), 0..200), prop in any_prop()) {
        let filter = Filter { test: Test::AnyOf, props: vec![prop] };
        prop_assert_eq!(filter.matches(&bytes), plainly(&filter, &bytes));
    }
}

#[test]
#[ignore = "a measurement; run with --release --ignored --nocapture"]
fn speed() {
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Some//Client 1.0//EN\r\nN:Doe;John;;;\r\nFN:John Doe\r\n\
        ORG:Example Works;Research\r\nTITLE:Head of things\r\nEMAIL;type=INTERNET;type=WORK;type=pref:john@work.example\r\n\
        EMAIL;type=INTERNET;type=HOME:john@home.example\r\nTEL;type=CELL;type=VOICE;type=pref:+1 555 0100\r\n\
        item1.TEL:+1 555 0101\r\nitem1.X-ABLabel:Boat\r\nitem2.ADR;type=HOME;type=pref:;;1 Long Street;Town;;12345;Country\r\n\
        item2.X-ABADR:us\r\nNOTE:Some words about this person that go on for a while and a bit\r\nBDAY:1980-02-03\r\n\
        REV:2026-08-17T09:12:44Z\r\nUID:7C2E3F0A-55C1-4B7C-9C5B-3A0F5F6E8D11\r\nEND:VCARD\r\n";
    let cards: Vec<Vec<u8>> = (0..10_000)
        .map(|i| card.replace("John Doe", &format!("John Doe {i}")).into_bytes())
        .collect();
    let filter = Filter {
        test: Test::AnyOf,
        props: vec![prop("FN", Test::AnyOf, vec![text(MatchType::Contains, "99 zzz")], vec![])],
    };
    for _ in 0..5 {
        let started = Instant::now();
        let hits = cards.iter().filter(|c| filter.matches(c)).count();
        println!(
            "query: {:?} for {} cards of {} bytes, {hits} hits",
            started.elapsed(),
            cards.len(),
            card.len()
        );
    }
    let all = cards.concat();
    let started = Instant::now();
    let count = Lines::new(&all).count();
    let taken = started.elapsed();
    println!("index: {count} lines, {:.0} MB/s", all.len() as f64 / taken.as_secs_f64() / 1e6);
}
