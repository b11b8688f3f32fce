//! Rules against dates that are known: every example of RFC 5545 §3.8.5.3 and §3.3.10, those of
//! RFC 7529, flawed rules, and rules made to be expensive.

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

/// The examples whose instances all begin at the time of DTSTART. A rule without end is
/// compared up to the last date that the RFC writes down.
const DAILY_AND_COARSER: &[(&str, &str, &str)] = &[
    ("1997-09-02T09:00", "FREQ=DAILY;COUNT=10", "1997 Sep 2-11"),
    (
        "1997-09-02T09:00",
        "FREQ=DAILY;UNTIL=19971224T000000Z",
        "1997 Sep 2-30 Oct 1-31 Nov 1-30 Dec 1-23",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=DAILY;INTERVAL=2",
        "1997 Sep 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
         Oct 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
         Nov 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29 Dec 1,3",
    ),
    ("1997-09-02T09:00", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 Sep 2,12,22 Oct 2,12"),
    (
        "1998-01-01T09:00",
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "1998 Jan 1-31; 1999 Jan 1-31; 2000 Jan 1-31",
    ),
    (
        "1998-01-01T09:00",
        "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
        "1998 Jan 1-31; 1999 Jan 1-31; 2000 Jan 1-31",
    ),
    ("1997-09-02T09:00", "FREQ=WEEKLY;COUNT=10", "1997 Sep 2,9,16,23,30 Oct 7,14,21,28 Nov 4"),
    (
        "1997-09-02T09:00",
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997 Sep 2,9,16,23,30 Oct 7,14,21,28 Nov 4,11,18,25 Dec 2,9,16,23",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997 Sep 2,16,30 Oct 14,28 Nov 11,25 Dec 9,23; 1998 Jan 6,20 Feb 3,17",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2,4,9,11,16,18,23,25,30 Oct 2",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2,4,9,11,16,18,23,25,30 Oct 2",
    ),
    (
        "1997-09-01T09:00",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997 Sep 1,3,5,15,17,19,29 Oct 1,3,13,15,17,27,29,31
         Nov 10,12,14,24,26,28 Dec 8,10,12,22",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "1997 Sep 2,4,16,18,30 Oct 2,14,16",
    ),
    (
        "1997-09-05T09:00",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5; 1998 Jan 2 Feb 6 Mar 6 Apr 3 May 1 Jun 5",
    ),
    (
        "1997-09-05T09:00",
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5",
    ),
    (
        "1997-09-07T09:00",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997 Sep 7,28 Nov 2,30; 1998 Jan 4,25 Mar 1,29 May 3,31",
    ),
    (
        "1997-09-22T09:00",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "1997 Sep 22 Oct 20 Nov 17 Dec 22; 1998 Jan 19 Feb 16",
    ),
    (
        "1997-09-28T09:00",
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "1997 Sep 28 Oct 29 Nov 28 Dec 29; 1998 Jan 29 Feb 26",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997 Sep 2,15 Oct 2,15 Nov 2,15 Dec 2,15; 1998 Jan 2,15",
    ),
    (
        "1997-09-30T09:00",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997 Sep 30 Oct 1,31 Nov 1,30 Dec 1,31; 1998 Jan 1,31 Feb 1",
    ),
    (
        "1997-09-10T09:00",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997 Sep 10-15; 1999 Mar 10-13",
    ),
    (
        "1997-09-02T09:00",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 Sep 2,9,16,23,30 Nov 4,11,18,25; 1998 Jan 6,13,20,27 Mar 3,10,17,24,31",
    ),
    (
        "1997-06-10T09:00",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997 Jun 10 Jul 10; 1998 Jun 10 Jul 10; 1999 Jun 10 Jul 10; 2000 Jun 10 Jul 10;
         2001 Jun 10 Jul 10",
    ),
    (
        "1997-03-10T09:00",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997 Mar 10; 1999 Jan 10 Feb 10 Mar 10; 2001 Jan 10 Feb 10 Mar 10;
         2003 Jan 10 Feb 10 Mar 10",
    ),
    (
        "1997-01-01T09:00",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997 Jan 1 Apr 10 Jul 19; 2000 Jan 1 Apr 9 Jul 18; 2003 Jan 1 Apr 10 Jul 19;
         2006 Jan 1",
    ),
    ("1997-05-19T09:00", "FREQ=YEARLY;BYDAY=20MO", "1997 May 19; 1998 May 18; 1999 May 17"),
    (
        "1997-05-12T09:00",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "1997 May 12; 1998 May 11; 1999 May 17",
    ),
    (
        "1997-03-13T09:00",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997 Mar 13,20,27; 1998 Mar 5,12,19,26; 1999 Mar 4,11,18,25",
    ),
    (
        "1997-06-05T09:00",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997 Jun 5,12,19,26 Jul 3,10,17,24,31 Aug 7,14,21,28;
         1998 Jun 4,11,18,25 Jul 2,9,16,23,30 Aug 6,13,20,27;
         1999 Jun 3,10,17,24 Jul 1,8,15,22,29 Aug 5,12,19,26",
    ),
    // DTSTART is no Friday: the RFC takes it out with an EXDATE, so it is in the set.
    (
        "1997-09-02T09:00",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1997 Sep 2; 1998 Feb 13 Mar 13 Nov 13; 1999 Aug 13; 2000 Oct 13",
    ),
    (
        "1997-09-13T09:00",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997 Sep 13 Oct 11 Nov 8 Dec 13; 1998 Jan 10 Feb 7 Mar 7 Apr 11 May 9 Jun 13",
    ),
    (
        "1996-11-05T09:00",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996 Nov 5; 2000 Nov 7; 2004 Nov 2",
    ),
    (
        "1997-09-04T09:00",
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        "1997 Sep 4 Oct 7 Nov 6",
    ),
    (
        "1997-09-29T09:00",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997 Sep 29 Oct 30 Nov 27 Dec 30; 1998 Jan 29 Feb 26 Mar 30",
    ),
    (
        "1997-08-05T09:00",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997 Aug 5,10,19,24",
    ),
    (
        "1997-08-05T09:00",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "1997 Aug 5,17,19,31",
    ),
    (
        "2007-01-15T09:00",
        "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        "2007 Jan 15,30 Feb 15 Mar 15,30",
    ),
    // §3.3.10: the last work day of a month.
    (
        "1997-09-30T09:00",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "1997 Sep 30 Oct 31 Nov 28 Dec 31; 1998 Jan 30 Feb 27",
    ),
];

#[test]
fn examples_of_the_rfc_by_day() {
    for (start, text, wanted) in DAILY_AND_COARSER {
        let wanted = dates(wanted);
        let ends = text.contains("COUNT") || text.contains("UNTIL");
        let most = if ends { usize::MAX } else { wanted.len() };
        let found = first(occurrences(start, text), most);
        let found: Vec<Date> = found
            .iter()
            .inspect(|found| assert_eq!(found.time(), at(start).time(), "{text}"))
            .map(|found| found.date())
            .collect();
        assert_eq!(found, wanted, "{start} {text}");
    }
}

#[test]
fn examples_of_the_rfc_by_time() {
    let times = |date: &str, times: &[&str]| -> Vec<DateTime> {
        times.iter().map(|time| at(&format!("{date}T{time}"))).collect()
    };
    let every_20_minutes: Vec<DateTime> = ["1997-09-02", "1997-09-03"]
        .iter()
        .flat_map(|date| {
            (9..17).flat_map(move |hour| {
                [0, 20, 40].map(move |minute| at(&format!("{date}T{hour:02}:{minute:02}")))
            })
        })
        .collect();
    for (text, wanted) in [
        // UNTIL as its erratum has it: 5 PM in New York is 21:00 in UTC, not 17:00.
        (
            "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z",
            times("1997-09-02", &["09:00", "12:00", "15:00"]),
        ),
        (
            "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
            times("1997-09-02", &["09:00", "09:15", "09:30", "09:45", "10:00", "10:15"]),
        ),
        (
            "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
            times("1997-09-02", &["09:00", "10:30", "12:00", "13:30"]),
        ),
        ("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", every_20_minutes.clone()),
        ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", every_20_minutes),
    ] {
        let most = if rule(text).is_endless() { wanted.len() } else { usize::MAX };
        assert_eq!(first(occurrences("1997-09-02T09:00", text), most), wanted, "{text}");
    }
    // §3.3.10: 8:30 and 9:30 on every Sunday in January of every other year.
    let sundays = "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;BYMINUTE=30";
    let found = first(occurrences("1997-01-05T08:30", sundays), 10);
    assert_eq!(
        found[..3],
        [at("1997-01-05T08:30"), at("1997-01-05T09:30"), at("1997-01-12T08:30")]
    );
    assert_eq!(found[8..], [at("1999-01-03T08:30"), at("1999-01-03T09:30")]);
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
        DAILY_AND_COARSER.iter().map(|(start, rule, _)| (*start, *rule)).collect();
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
