//! Recurrence against an independent implementation: objects with the starts of their instances
//! as python-dateutil finds them. A few hundred are in `recurrence/cases.jsonl`;
//! `ROLODAV_RECURRENCE_CASES` names a file with others, which `interop/scenarios/recurrence.py`
//! makes. The generator, and what is explained of the differences, is `interop/lib/recurrences.py`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use rolodav::calendars::instances::Series;
use rolodav::formats::ical::{Bounds, parse};
use rolodav::formats::recur::Budget;
use rolodav::formats::zone::{Zone, Zones};
use serde::Deserialize;

/// One line of the file.
#[derive(Deserialize)]
struct Case {
    /// The object, its zone given where times have none.
    object: String,
    default: String,
    /// The range in Unix seconds.
    from: i64,
    to: i64,
    /// The starts in it, in Unix seconds.
    starts: BTreeSet<i64>,
}

fn starts(case: &Case) -> BTreeSet<i64> {
    let document = parse(case.object.as_bytes(), Bounds::STORED).unwrap();
    let calendar = document.calendar().unwrap();
    let zones = Zones::of(calendar, Zone::named(&case.default).unwrap());
    let mut budget = Budget::new(2_000_000, 500_000);
    let mut found = BTreeSet::new();
    for series in Series::of(calendar, &zones) {
        let mut walk = series.walk(case.from, case.to);
        while let Some(instance) =
            walk.next(&mut budget).unwrap_or_else(|e| panic!("{e}: {}", case.object))
        {
            let start = instance.times.start.unwrap();
            if (case.from..case.to).contains(&start) {
                found.insert(start);
            }
        }
    }
    found
}

#[test]
fn instances_are_those_that_dateutil_finds() {
    let given = std::env::var_os("ROLODAV_RECURRENCE_CASES").map(PathBuf::from);
    let path = given.unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recurrence/cases.jsonl")
    });
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (mut count, mut instances, mut wrong) = (0, 0, Vec::new());
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).expect("a case is one line of JSON");
        let found = starts(&case);
        count += 1;
        instances += case.starts.len();
        if found != case.starts {
            let only = |a: &BTreeSet<i64>, b: &BTreeSet<i64>| -> Vec<String> {
                let time = |at: &i64| jiff::Timestamp::from_second(*at).unwrap().to_string();
                a.difference(b).take(4).map(time).collect()
            };
            wrong.push(format!(
                "{}in {} from {} to {}: missing {:?}, too many {:?}",
                case.object,
                case.default,
                case.from,
                case.to,
                only(&case.starts, &found),
                only(&found, &case.starts)
            ));
        }
    }
    println!("{count} objects with {instances} instances compared");
    assert!(count >= 300 && instances > 5 * count, "only {count} objects, {instances} instances");
    let first = wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {count} objects differ, such as\n{first}", wrong.len());
}
