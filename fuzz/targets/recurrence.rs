//! Calendar objects that recur: work stays within its budget, what a range gives is what the whole
//! gives there, and the time index covers it.
#![no_main]

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use libfuzzer_sys::fuzz_target;
use rolodav::calendars::instances::Series;
use rolodav::calendars::overlap::taken;
use rolodav::calendars::spans::spans;
use rolodav::formats::ical::{Bounds, Component, parse};
use rolodav::formats::recur::{Budget, Rule};
use rolodav::formats::zone::{Zone, Zones};

/// 2026-01-01.
const NOW: i64 = 1_767_225_600;
const YEAR: i64 = 365 * 86_400;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(line) = text.lines().next()
        && let Ok(rule) = line.parse::<Rule>()
    {
        a_rule_can_be_sought(&rule);
    }
    let Ok(document) = parse(data, Bounds::new(500, 50)) else { return };
    for root in &document.roots {
        for zone in ["UTC", "America/St_Johns"] {
            let zones = Zones::of(root, Zone::named(zone).expect("a known zone"));
            instances_are_in_order(root, &zones);
        }
        for child in &root.children {
            zone_goes_both_ways(child);
        }
    }
});

fn a_rule_can_be_sought(rule: &Rule) {
    let start = DateTime::constant(2020, 2, 29, 9, 30, 15, 0);
    let until = rule.last_start(|utc| utc);
    let mut budget = Budget::new(1_000, 100);
    let mut all = Vec::new();
    let mut walk = rule.occurrences(start, until);
    while let Ok(Some(at)) = walk.next(&mut budget) {
        assert!(all.last() < Some(&at), "{at} after {:?} by {rule:?}", all.last());
        all.push(at);
    }
    assert_eq!(all.first(), Some(&start));
    if let Some(count) = rule.count {
        assert!(all.len() <= count as usize, "{} of {count} by {rule:?}", all.len());
    }
    for from in [all.len() / 2, all.len() - 1] {
        let (wanted, mut budget) = (&all[from..], Budget::new(4_000, 100));
        let mut sought = rule.occurrences(start, until).since(wanted[0]);
        for one in wanted {
            match sought.next(&mut budget) {
                Ok(found) => assert_eq!(found, Some(*one), "from {} by {rule:?}", wanted[0]),
                Err(_) => break,
            }
        }
    }
}

fn instances_are_in_order(calendar: &Component<'_>, zones: &Zones) {
    let spans = spans(calendar, NOW);
    for series in Series::of(calendar, zones) {
        let told = |start, end, mut budget: Budget| {
            let mut walk = series.walk(start, end);
            let mut all = BTreeSet::new();
            loop {
                match walk.next(&mut budget) {
                    Ok(Some(instance)) => {
                        if let (Some(when), Some(at)) = (&instance.start, instance.times.start) {
                            assert_eq!(zones.instant(when), at, "{when:?}");
                        }
                        if let Some(at) = taken(instance.component, instance.times, zones) {
                            let covers =
                                |at: i64| spans.iter().any(|s| (s.start..s.end).contains(&at));
                            assert!(
                                at.start >= at.end || covers(at.start),
                                "{at:?} is not in {spans:?}"
                            );
                        }
                        all.insert((instance.times.start, instance.times.end));
                    }
                    Ok(None) => return (all, true),
                    Err(_) => return (all, false),
                }
            }
        };
        let (all, complete) = told(i64::MIN, i64::MAX, Budget::new(1_000, 100));
        for (start, end) in [(NOW, NOW + YEAR), (i64::MIN, NOW), (NOW - 7 * 86_400, NOW)] {
            let (part, part_complete) = told(start, end, Budget::new(4_000, 200));
            if !complete || !part_complete {
                continue;
            }
            for times in &part {
                assert!(all.contains(times), "{times:?} is no instance");
            }
            for times @ (first, last) in &all {
                let Some(first) = *first else { continue };
                if first < end && last.unwrap_or(first) > start {
                    assert!(part.contains(times), "{times:?} is missing from {start}..{end}");
                }
            }
        }
    }
}

fn zone_goes_both_ways(component: &Component<'_>) {
    if let Some(zone) = Zone::described(component) {
        for at in (0..40).map(|n| NOW + n * 13 * 86_400) {
            let clock = zone.civil(at);
            // A time that comes twice is the first; nothing else is read otherwise.
            assert!((at - zone.instant(clock)).abs() <= 2 * 26 * 3600, "{at} is {clock}");
        }
    }
}
