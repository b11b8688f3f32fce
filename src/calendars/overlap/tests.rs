//! Every row of the tables of RFC 4791 §9.9, against its own words.

use super::*;
use crate::formats::ical::component::{Bounds, parse};
use crate::formats::zone::Zone;

/// The rows of RFC 4791 §9.9, word for word: what is there, and the condition on the range.
type Row = (&'static str, &'static str, Times, fn(i64, i64) -> bool);

const fn times(start: Option<i64>, end: Option<i64>, day_end: Option<i64>) -> Times {
    Times { start, end, day_end }
}

const DAY: i64 = 86_400;

/// Beginnings and ends of ranges around everything that matters in the rows.
fn edges() -> Vec<i64> {
    let mut edges = vec![i64::MIN, i64::MAX];
    for near in [0, 100, 200, 300, DAY, DAY + 100] {
        edges.extend([near - 1, near, near + 1]);
    }
    edges
}

fn check(rows: &[Row]) {
    for (name, lines, times, wanted) in rows {
        let text = format!("BEGIN:{name}\r\n{lines}END:{name}\r\n");
        let document = parse(text.as_bytes(), Bounds::STORED).unwrap();
        let component = &document.roots[0];
        let zones = Zones::of(component, Zone::UTC);
        let taken = taken(component, *times, &zones);
        for start in edges() {
            for end in edges().into_iter().filter(|end| *end > start) {
                let found = taken.is_some_and(|taken| taken.overlaps(Stretch { start, end }));
                let wanted = wanted(start, end);
                assert_eq!(found, wanted, "{name} {lines:?} {times:?} in {start}..{end}");
            }
        }
    }
}

#[test]
fn events() {
    check(&[
        ("VEVENT", "DTEND:x\r\n", times(Some(100), Some(200), None), |s, e| s < 200 && e > 100),
        ("VEVENT", "DURATION:PT1S\r\n", times(Some(100), Some(200), None), |s, e| {
            s < 200 && e > 100
        }),
        ("VEVENT", "DURATION:PT0S\r\n", times(Some(100), Some(100), None), |s, e| {
            s <= 100 && e > 100
        }),
        ("VEVENT", "", times(Some(100), None, None), |s, e| s <= 100 && e > 100),
        ("VEVENT", "", times(Some(100), None, Some(DAY + 100)), |s, e| s < DAY + 100 && e > 100),
    ]);
}

#[test]
fn flawed_events_are_where_they_begin() {
    check(&[
        ("VEVENT", "DTEND:x\r\n", times(Some(200), Some(100), None), |s, e| s <= 200 && e > 200),
        ("VEVENT", "DTEND:x\r\n", times(Some(0), Some(0), Some(DAY)), |s, e| s < DAY && e > 0),
        ("VEVENT", "", times(None, None, None), |_, _| true),
    ]);
}

#[test]
fn tasks() {
    let (completed, created) = ("COMPLETED:19700101T000320Z\r\n", "CREATED:19700101T000140Z\r\n");
    let both: &'static str = Box::leak(format!("{completed}{created}").into_boxed_str());
    check(&[
        ("VTODO", "DURATION:PT1S\r\n", times(Some(100), Some(200), None), |s, e| {
            s <= 200 && (e > 100 || e >= 200)
        }),
        ("VTODO", "DURATION:PT0S\r\n", times(Some(100), Some(100), None), |s, e| {
            s <= 100 && (e > 100 || e >= 100)
        }),
        ("VTODO", "DUE:x\r\n", times(Some(100), Some(200), None), |s, e| {
            (s < 200 || s <= 100) && (e > 100 || e >= 200)
        }),
        ("VTODO", "DUE:x\r\n", times(Some(100), Some(100), None), |s, e| {
            (s < 100 || s <= 100) && (e > 100 || e >= 100)
        }),
        ("VTODO", "DUE:x\r\n", times(Some(200), Some(100), None), |s, e| {
            (s < 100 || s <= 200) && (e > 200 || e >= 100)
        }),
        ("VTODO", "", times(Some(100), None, None), |s, e| s <= 100 && e > 100),
        ("VTODO", "DUE:x\r\n", times(None, Some(200), None), |s, e| s < 200 && e >= 200),
        ("VTODO", both, times(None, None, None), |s, e| {
            (s <= 100 || s <= 200) && (e >= 100 || e >= 200)
        }),
        ("VTODO", completed, times(None, None, None), |s, e| s <= 200 && e >= 200),
        ("VTODO", created, times(None, None, None), |_, e| e > 100),
        ("VTODO", "", times(None, None, None), |_, _| true),
    ]);
}

#[test]
fn journal_entries_and_free_busy() {
    check(&[
        ("VJOURNAL", "", times(Some(100), None, None), |s, e| s <= 100 && e > 100),
        ("VJOURNAL", "", times(Some(0), None, Some(DAY)), |s, e| s < DAY && e > 0),
        ("VJOURNAL", "", times(None, None, None), |_, _| false),
        ("VFREEBUSY", "", times(Some(100), Some(200), None), |s, e| s <= 200 && e > 100),
        ("VFREEBUSY", "", times(None, None, None), |_, _| false),
        ("VAVAILABILITY", "", times(Some(100), None, None), |_, e| e > 100),
    ]);
}

#[test]
fn stretches_share_what_both_have() {
    let at = |start, end| Stretch { start, end };
    for (a, b, shared) in [
        (at(0, 10), at(5, 20), Some(at(5, 10))),
        (at(0, 10), at(10, 20), None),
        (at(0, 10), Stretch::ALWAYS, Some(at(0, 10))),
        (Stretch::moment(5), at(5, 6), Some(at(5, 6))),
    ] {
        assert_eq!(a.within(b), shared, "{a:?} {b:?}");
        assert_eq!(b.within(a), shared, "{b:?} {a:?}");
        assert_eq!(a.overlaps(b), shared.is_some());
    }
}
