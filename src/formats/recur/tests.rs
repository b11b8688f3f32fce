//! Rules against dates that are known: every example of RFC 5545 §3.8.5.3 and §3.3.10, those of
//! RFC 7529, flawed rules, and rules made to be expensive.

mod examples;

use std::time::Instant;

use jiff::civil::{Date, DateTime};

use super::*;

const PLENTY: Budget = Budget::new(1_000_000, 1_000_000);

fn at(text: &str) -> DateTime {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// UNTIL of the examples is in UTC; New York is four hours behind from April to October.
fn new_york(utc: DateTime) -> DateTime {
    let hours = if (4..=10).contains(&utc.month()) { 4 } else { 5 };
    utc.checked_sub(jiff::Span::new().hours(hours)).unwrap()
}

fn occurrences(start: &str, text: &str) -> Occurrences {
    let rule = rule(text);
    rule.occurrences(at(start), rule.last_start(new_york))
}

fn first(mut occurrences: Occurrences, most: usize) -> Vec<DateTime> {
    let mut budget = PLENTY;
    let next = || occurrences.next(&mut budget).expect("within the budget");
    std::iter::from_fn(next).take(most).collect()
}

/// `1997 Sep 2,4 Oct 1; 1998 …` as dates, in the manner of the RFC. `-` joins a run of days.
fn dates(text: &str) -> Vec<Date> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (mut year, mut month, mut dates) = (0, 0, Vec::new());
    for word in text.split([' ', ',', ';', '\n']).filter(|word| !word.is_empty()) {
        if let Some(found) = MONTHS.iter().position(|name| *name == word) {
            month = found as i8 + 1;
        } else if word.len() == 4 && !word.contains('-') {
            year = word.parse().unwrap();
        } else {
            let (from, to) = word.split_once('-').unwrap_or((word, word));
            for day in from.parse().unwrap()..=to.parse().unwrap() {
                dates.push(Date::new(year, month, day).unwrap());
            }
        }
    }
    dates
}

#[test]
fn dates_that_a_month_or_year_lacks() {
    for (start, text, wanted) in [
        ("2024-02-29T00:00", "FREQ=YEARLY;COUNT=3", "2024 Feb 29; 2028 Feb 29; 2032 Feb 29"),
        ("2096-02-29T00:00", "FREQ=YEARLY;COUNT=2", "2096 Feb 29; 2104 Feb 29"),
        ("2014-01-31T00:00", "FREQ=MONTHLY;COUNT=4", "2014 Jan 31 Mar 31 May 31 Jul 31"),
        (
            "2014-01-31T00:00",
            "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=OMIT;COUNT=4",
            "2014 Jan 31 Mar 31 May 31 Jul 31",
        ),
        (
            "2014-01-31T00:00",
            "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=4",
            "2014 Jan 31 Feb 28 Mar 31 Apr 30",
        ),
        (
            "2014-01-31T00:00",
            "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;COUNT=5",
            "2014 Jan 31 Mar 1,31 May 1,31",
        ),
        (
            "2012-02-29T00:00",
            "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD;COUNT=5",
            "2012 Feb 29; 2013 Mar 1; 2014 Mar 1; 2015 Mar 1; 2016 Feb 29",
        ),
        (
            "2012-02-29T00:00",
            "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD;COUNT=3",
            "2012 Feb 29; 2013 Feb 28; 2014 Feb 28",
        ),
        (
            "2012-12-31T00:00",
            "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD;BYYEARDAY=366;COUNT=4",
            "2012 Dec 31; 2014 Jan 1; 2015 Jan 1; 2016 Jan 1",
        ),
        (
            "2012-12-31T00:00",
            "FREQ=YEARLY;BYYEARDAY=-366,366;COUNT=4",
            "2012 Dec 31; 2016 Jan 1 Dec 31; 2020 Jan 1",
        ),
        // Without BYDAY it is the weekday of DTSTART, a Thursday.
        (
            "2015-12-31T00:00",
            "FREQ=YEARLY;BYWEEKNO=53;COUNT=5",
            "2015 Dec 31; 2020 Dec 31; 2026 Dec 31; 2032 Dec 30; 2037 Dec 31",
        ),
        (
            "2019-12-30T00:00",
            "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,WE;COUNT=4",
            "2019 Dec 30; 2020 Jan 1; 2021 Jan 4,6",
        ),
        (
            "2019-12-29T00:00",
            "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU;COUNT=3",
            "2019 Dec 29; 2021 Jan 3; 2022 Jan 2",
        ),
        (
            "2021-01-01T00:00",
            "FREQ=YEARLY;BYDAY=1FR,-1FR,MO;BYMONTH=1;COUNT=7",
            "2021 Jan 1,4,11,18,25,29; 2022 Jan 3",
        ),
        ("2021-01-01T00:00", "FREQ=YEARLY;BYDAY=1FR,-1FR;COUNT=3", "2021 Jan 1 Dec 31; 2022 Jan 7"),
        ("2021-01-31T00:00", "FREQ=MONTHLY;BYMONTHDAY=-31;COUNT=3", "2021 Jan 31 Mar 1 May 1"),
    ] {
        let wanted = dates(wanted);
        let found: Vec<_> =
            first(occurrences(start, text), usize::MAX).iter().map(|at| at.date()).collect();
        assert_eq!(found, wanted, "{start} {text}");
    }
}

#[test]
fn flaws_are_read_as_they_were_meant() {
    for (flawed, meant) in [
        (" freq = weekly ; byday = mo , we ; ", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("RRULE:FREQ=DAILY;COUNT=3;X-OWN=1;;=;NAKED", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=0", "FREQ=DAILY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0,+5,32,-40,5", "FREQ=MONTHLY;BYMONTHDAY=5"),
        ("FREQ=DAILY;COUNT=99999999999", "FREQ=DAILY;COUNT=4294967295"),
        ("FREQ=DAILY;UNTIL=2024-01-05T10:00:00Z", "FREQ=DAILY;UNTIL=20240105T100000Z"),
        ("FREQ=DAILY;UNTIL=20240105T240000", "FREQ=DAILY;UNTIL=20240106T000000"),
        ("FREQ=DAILY;UNTIL=;BYDAY=", "FREQ=DAILY"),
        ("FREQ=SECONDLY;BYSECOND=60", "FREQ=SECONDLY;BYSECOND=59"),
        ("FREQ=DAILY;FREQ=WEEKLY;SKIP=FORWARD", "FREQ=DAILY"),
        ("FREQ=WEEKLY;WKST=XX;BYDAY=+1MO", "FREQ=WEEKLY;WKST=MO;BYDAY=1MO"),
    ] {
        assert_eq!(rule(flawed), rule(meant), "{flawed}");
    }
    for (text, wanted) in [
        ("", RuleError::Frequency),
        ("COUNT=3", RuleError::Frequency),
        ("FREQ=FORTNIGHTLY", RuleError::Frequency),
        ("FREQ=DAILY;COUNT=few", RuleError::Part("COUNT")),
        ("FREQ=DAILY;INTERVAL=-1", RuleError::Part("INTERVAL")),
        ("FREQ=DAILY;UNTIL=tomorrow", RuleError::Part("UNTIL")),
        ("FREQ=MONTHLY;BYMONTHDAY=32", RuleError::Part("BYMONTHDAY")),
        ("FREQ=MONTHLY;BYDAY=99MO", RuleError::Part("BYDAY")),
    ] {
        assert_eq!(text.parse::<Rule>(), Err(wanted), "{text}");
    }
    assert_eq!(rule("RSCALE=CHINESE;FREQ=YEARLY").scale, Scale::Other);
    assert_eq!(rule("RSCALE=GREGORIAN;FREQ=YEARLY").scale, Scale::Gregorian);
}

#[test]
fn until_ends_the_rule_whatever_its_type() {
    let start = "2024-01-01T09:00";
    for (until, wanted) in [
        ("20240103", 3),
        ("20240103T090000", 3),
        ("20240103T085959", 2),
        ("20240103T140000Z", 3),
        ("20240103T135959Z", 2),
        ("20231231", 1),
    ] {
        let found = first(occurrences(start, &format!("FREQ=DAILY;UNTIL={until}")), 100);
        assert_eq!(found.len(), wanted, "{until}");
    }
    let both = first(occurrences(start, "FREQ=DAILY;UNTIL=20240110;COUNT=3"), 100);
    assert_eq!(both.len(), 3);
}

/// Every rule of the other tests and some more, from a moment in the middle: what follows has to
/// be what is found when all before it was walked through.
#[test]
fn seeking_gives_what_walking_gives() {
    let mut rules: Vec<(&str, &str)> =
        examples::DAILY_AND_COARSER.iter().map(|(start, rule, _)| (*start, *rule)).collect();
    rules.extend([
        ("1997-09-02T09:00", "FREQ=HOURLY;INTERVAL=7;BYDAY=MO,TU;BYHOUR=3,9,15;COUNT=200"),
        ("1997-09-02T09:00", "FREQ=MINUTELY;INTERVAL=61;BYMONTH=3,9;COUNT=400"),
        ("1997-09-02T09:00", "FREQ=SECONDLY;INTERVAL=3607;COUNT=5000"),
        ("1997-09-02T09:00", "FREQ=SECONDLY;BYMINUTE=7;BYSECOND=3,59;BYHOUR=9,23"),
        ("1997-09-02T09:00", "FREQ=HOURLY;BYMINUTE=0,30;BYSETPOS=-1;COUNT=3000"),
        ("1997-09-02T09:00", "FREQ=DAILY;BYHOUR=9,12;BYMINUTE=0,30;BYSECOND=0,1;COUNT=900"),
        ("1997-09-02T09:00", "FREQ=DAILY;INTERVAL=3;BYDAY=SA,SU;BYMONTH=1,2"),
        ("1997-09-02T09:00", "FREQ=WEEKLY;BYDAY=MO,SU;BYHOUR=9,10;BYSETPOS=2,3;COUNT=99"),
        ("1997-01-31T09:00", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD"),
        ("1997-01-31T09:00", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD;BYMONTHDAY=31,1;COUNT=80"),
        ("1997-01-31T09:00", "FREQ=YEARLY;BYWEEKNO=1,-1,27;BYDAY=MO,FR"),
    ]);
    for (start, text) in rules {
        let all = first(occurrences(start, text), 600);
        for from in [
            "1990-01-01T00:00",
            "1997-09-02T09:00",
            "1997-10-15T09:00",
            "1998-01-01T00:00",
            "1998-02-28T09:00:01",
            "1999-03-01T09:00",
            "1999-12-31T23:59",
            "2003-07-06T05:04:03",
        ] {
            let from = at(from);
            let Some(last) = all.last().filter(|last| **last >= from) else { continue };
            let wanted: Vec<_> = all.iter().copied().filter(|one| *one >= from).collect();
            let stop = last.checked_add(jiff::Span::new().seconds(1)).unwrap();
            let found = first(occurrences(start, text).since(from).before(stop), 1000);
            assert_eq!(found, wanted, "{start} {text} from {from}");
        }
    }
}

#[test]
fn seeking_takes_few_steps() {
    let week = (at("2026-03-02T00:00"), at("2026-03-09T00:00"));
    for (start, text, results, steps) in [
        ("1990-01-01T09:00", "FREQ=DAILY", 7, 10),
        ("1990-01-01T09:00", "FREQ=DAILY;COUNT=100000", 7, 10),
        ("1990-01-01T09:00", "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=100000", 2, 5),
        ("1990-01-01T09:00", "FREQ=HOURLY;COUNT=4000000000", 168, 200),
        ("1990-01-01T09:00", "FREQ=SECONDLY;INTERVAL=3600;COUNT=4000000000", 168, 200),
        ("1990-01-01T09:00", "FREQ=MINUTELY;INTERVAL=60", 168, 200),
        ("1990-01-01T09:00", "FREQ=SECONDLY;BYMONTH=3;BYMONTHDAY=4;BYHOUR=9;BYMINUTE=0", 60, 100),
        ("1601-01-01T09:00", "FREQ=YEARLY;BYMONTH=3;BYDAY=1SU", 0, 3),
        ("1990-01-01T09:00", "FREQ=MONTHLY;COUNT=600;BYDAY=1MO", 1, 450),
        ("1990-01-01T09:00", "FREQ=DAILY;COUNT=3", 0, 10),
        ("1990-01-01T09:00", "FREQ=DAILY;INTERVAL=4294967295;COUNT=4294967295", 0, 5),
        ("1990-01-01T09:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 0, 5),
    ] {
        let mut budget = PLENTY;
        let mut rest = occurrences(start, text).since(week.0).before(week.1);
        let mut count = 0;
        while rest.next(&mut budget).unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, results, "{start} {text}");
        let taken = PLENTY.steps() - budget.steps();
        assert!(taken <= steps, "{start} {text} took {taken} steps");
    }
}

#[test]
fn no_rule_costs_more_than_the_budget() {
    let begun = Instant::now();
    for text in [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;INTERVAL=3600;BYSECOND=1",
        "FREQ=SECONDLY;COUNT=4294967295",
        "FREQ=MINUTELY;BYDAY=MO;BYMONTHDAY=1;BYYEARDAY=366;BYSETPOS=300",
        "FREQ=HOURLY;INTERVAL=4294967295;BYHOUR=1",
        "FREQ=DAILY;BYSETPOS=366",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=-366",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=100;BYDAY=20MO",
        "FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6;BYMINUTE=1,2,3,4,5;BYSECOND=0,1,2,3;BYDAY=MO,TU;BYSETPOS=1",
        "FREQ=YEARLY;INTERVAL=4294967295",
    ] {
        let mut budget = Budget::new(20_000, 2_000);
        let mut rest = occurrences("2020-01-01T00:00", text);
        let mut last = None;
        while let Ok(Some(next)) = rest.next(&mut budget) {
            assert!(last < Some(next), "{text}: {last:?} then {next}");
            last = Some(next);
        }
    }
    // Twelve times 20,000 steps, in a build without optimisation on a busy machine.
    assert!(begun.elapsed().as_secs() < 5, "took {:?}", begun.elapsed());
}

#[test]
fn an_exhausted_expansion_goes_on_with_another_budget() {
    let mut rest = occurrences("2020-01-01T00:00", "FREQ=DAILY;COUNT=5");
    let mut found = Vec::new();
    loop {
        let mut budget = Budget::new(2, 1);
        match rest.next(&mut budget) {
            Ok(Some(next)) => found.push(next),
            Ok(None) => break,
            Err(OverBudget) => unreachable!("two steps are enough for one day"),
        }
    }
    assert_eq!(found, first(occurrences("2020-01-01T00:00", "FREQ=DAILY;COUNT=5"), 9));
    assert_eq!(rest.next(&mut Budget::new(0, 0)), Ok(None));
    let mut begun = occurrences("2020-01-01T00:00", "FREQ=DAILY");
    assert_eq!(begun.next(&mut Budget::new(9, 0)), Err(OverBudget));
    assert_eq!(begun.next(&mut Budget::new(9, 9)), Ok(Some(at("2020-01-01T00:00"))));
}

#[test]
fn an_exception_rule_does_not_bring_forth_the_start() {
    let fridays = rule("FREQ=WEEKLY;BYDAY=FR;COUNT=2");
    let found = first(fridays.matches(at("1997-09-02T09:00"), None), 9);
    assert_eq!(found, [at("1997-09-05T09:00"), at("1997-09-12T09:00")]);
    let found = first(fridays.matches(at("1997-09-05T09:00"), None), 9);
    assert_eq!(found, [at("1997-09-05T09:00"), at("1997-09-12T09:00")]);
}
