//! Stretches of days that may move with the present day, and until when an answer about one holds.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

/// The longest that is looked ahead for an answer to change, in days.
const HORIZON: i32 = 150_000;

/// From one day to another, both included; without one it has no end on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first day.
    pub from: Option<Bound>,
    /// The last day.
    pub to: Option<Bound>,
}

/// A day, as it is named. None moves backwards as days pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// This day.
    Day(Date),
    /// So many months and then days from the present day.
    Shift {
        /// Whole months; negative: earlier.
        months: i32,
        /// Days; negative: earlier.
        days: i32,
    },
    /// The first or last day of a week, month or year, so many of them from the present one.
    Period(Period, i32, Edge),
    /// A day of every year.
    EachYear(i8, i8),
}

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Period {
    Week,
    Month,
    Year,
}

/// A side of a [`Period`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Edge {
    First,
    Last,
}

/// Something that is so, and the first day on which it may be otherwise.
pub type Holding = (bool, Option<Date>);

impl Bound {
    /// The day it means on `today`; as far as the calendar goes.
    fn on(self, today: Date) -> Date {
        match self {
            Self::Day(day) => day,
            Self::Shift { months, days } => {
                shifted(shifted(today, i64::from(months).months()), i64::from(days).days())
            }
            Self::Period(period, ahead, edge) => period.edge(today, ahead, edge),
            Self::EachYear(month, day) => in_year(today.year(), month, day),
        }
    }

    fn moves(self) -> bool {
        !matches!(self, Self::Day(_))
    }

    /// How many days it can be nearer or farther than if it moved on by one each day.
    fn unevenness(self) -> i32 {
        match self {
            Self::Day(_) => 0,
            Self::Shift { months, .. } => i32::from(months != 0) * 4,
            Self::Period(Period::Week, ..) => 7,
            Self::Period(Period::Month, ..) => 35,
            Self::Period(Period::Year, ..) | Self::EachYear(..) => 370,
        }
    }
}

impl Period {
    fn edge(self, today: Date, ahead: i32, edge: Edge) -> Date {
        let first = match self {
            Self::Week => {
                let since_monday = i64::from(today.weekday().to_monday_zero_offset());
                shifted(shifted(today, (-since_monday).days()), i64::from(ahead).weeks())
            }
            Self::Month => shifted(today.first_of_month(), i64::from(ahead).months()),
            Self::Year => shifted(today.first_of_year(), i64::from(ahead).years()),
        };
        match (edge, self) {
            (Edge::First, _) => first,
            (Edge::Last, Self::Week) => shifted(first, 6.days()),
            (Edge::Last, Self::Month) => first.last_of_month(),
            (Edge::Last, Self::Year) => first.last_of_year(),
        }
    }
}

impl Window {
    /// Is `day` within, on `today`?
    pub fn has(&self, day: Date, today: Date) -> Holding {
        let begun = self.from.is_none_or(|from| from.on(today) <= day);
        let not_over = self.to.is_none_or(|to| day <= to.on(today));
        match (begun, not_over) {
            (true, true) => (true, first_day(self.from, today, day.tomorrow().ok())),
            // What lies behind it does not come back.
            (false, _) => (false, None),
            (true, false) => (false, first_day(self.to, today, Some(day))),
        }
    }

    /// Is one of the days on which `month` and `day` come round within, on `today`?
    pub fn comes_round(&self, (month, day): (i8, i8), today: Date) -> Holding {
        if let (Some(Bound::EachYear(m, d)), Some(_)) = (self.from, self.to) {
            return ((m, d) == (month, day), None);
        }
        let first = self.from.map_or(Date::MIN, |from| from.on(today));
        let last = self.to.map_or(Date::MAX, |to| to.on(today));
        let (mut holds, mut until) = (false, None::<Date>);
        let years = first.year().saturating_sub(1)..=last.year().saturating_add(2);
        // Longer stretches than this have every day in them.
        for year in years.take(12) {
            let occurs = in_year(year, month, day);
            if occurs < first {
                continue;
            }
            let (is, then) = self.has(occurs, today);
            holds |= is;
            until = [until, then].into_iter().flatten().min();
            if !is {
                // Those after it come within later.
                break;
            }
        }
        (holds, until)
    }

    /// Does it move with the present day on both sides?
    pub fn is_about_now(&self) -> bool {
        let moves = |bound: Option<Bound>| bound.is_some_and(Bound::moves);
        moves(self.from) && moves(self.to)
    }
}

/// How old somebody born on `birth` is on `today`, in years, and until when; nobody is before.
pub fn age(birth: Date, today: Date) -> (Option<i16>, Option<Date>) {
    let this_year = in_year(today.year(), birth.month(), birth.day());
    let had_it = i16::from(this_year <= today);
    let years = today.year() - birth.year() - 1 + had_it;
    let next = in_year(today.year().saturating_add(had_it), birth.month(), birth.day());
    if birth > today { (None, Some(birth)) } else { (Some(years), Some(next)) }
}

/// The day in `year`; the 29 February is the last of that month.
fn in_year(year: i16, month: i8, day: i8) -> Date {
    let year = year.clamp(1, 9998);
    Date::new(year, month, day).or_else(|_| Date::new(year, month, 28)).unwrap_or(Date::MAX)
}

fn shifted(day: Date, by: Span) -> Date {
    day.saturating_add(by)
}

/// The first day after `today` on which `bound` means `day` or a later one, which it does not yet.
fn first_day(bound: Option<Bound>, today: Date, day: Option<Date>) -> Option<Date> {
    let (bound, day) = bound.filter(|bound| bound.moves()).zip(day)?;
    let on = |ahead: i32| shifted(today, i64::from(ahead).days());
    let so = |ahead: i32| bound.on(on(ahead)) >= day;
    // It comes about a day nearer with each day.
    let about = (day - bound.on(today)).get_days();
    let (mut low, mut high) = ((about - bound.unevenness()).max(1), about + bound.unevenness());
    high = high.clamp(low, HORIZON.max(low));
    if high >= HORIZON || !so(high) || (low > 1 && so(low - 1)) {
        (low, high) = (1, HORIZON);
        if !so(high) {
            return None;
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if so(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(on(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn all() -> Vec<Window> {
        let shift = |months, days| Some(Bound::Shift { months, days });
        let week = |edge| Some(Bound::Period(Period::Week, -1, edge));
        let month = |edge| Some(Bound::Period(Period::Month, 0, edge));
        let year = |edge| Some(Bound::Period(Period::Year, 1, edge));
        vec![
            Window { from: None, to: shift(0, -91) },
            Window { from: shift(0, -90), to: shift(0, 0) },
            Window { from: shift(0, 0), to: shift(0, 14) },
            Window { from: shift(-3, 0), to: shift(0, 0) },
            Window { from: shift(1, 1), to: None },
            Window { from: week(Edge::First), to: week(Edge::Last) },
            Window { from: month(Edge::First), to: month(Edge::Last) },
            Window { from: year(Edge::First), to: year(Edge::Last) },
            Window { from: Some(Bound::Day(date("2026-01-01"))), to: shift(0, 0) },
        ]
    }

    #[test]
    fn an_answer_holds_until_exactly_the_day_it_says() {
        for window in all() {
            for (day, today) in [
                ("2026-11-23", "2026-11-23"),
                ("2026-08-31", "2026-11-29"),
                ("2026-11-30", "2027-02-26"),
                ("2027-02-28", "2026-11-23"),
                ("2024-02-29", "2024-02-29"),
                ("2027-12-31", "2026-12-31"),
                ("2020-01-01", "2026-11-23"),
            ] {
                let (day, today) = (date(day), date(today));
                let (is, until) = window.has(day, today);
                let mut probe = today;
                let changed = (0..900).find_map(|_| {
                    probe = probe.tomorrow().unwrap();
                    (window.has(day, probe).0 != is).then_some(probe)
                });
                let until = until.filter(|until| (*until - today).get_days() < 900);
                assert_eq!(until, changed, "{window:?} of {day} on {today}");
            }
        }
    }

    #[test]
    fn days_of_every_year_come_round() {
        for window in all().into_iter().filter(Window::is_about_now) {
            for day in [(11, 23), (1, 1), (12, 31), (2, 29), (3, 1)] {
                let mut today = date("2026-11-01");
                while today < date("2028-04-01") {
                    let (is, until) = window.comes_round(day, today);
                    let mut probe = today.tomorrow().unwrap();
                    let until = until.expect("it comes round for ever");
                    assert!(until > today, "{window:?} {day:?} {today}");
                    while probe < until {
                        let (then, _) = window.comes_round(day, probe);
                        assert_eq!(then, is, "{window:?} {day:?} from {today} to {probe}");
                        probe = probe.tomorrow().unwrap();
                    }
                    today = until;
                }
            }
        }
    }

    #[test]
    fn ages_change_on_birthdays() {
        for (birth, today, wanted, until) in [
            ("2000-05-10", "2026-05-09", Some(25), "2026-05-10"),
            ("2000-05-10", "2026-05-10", Some(26), "2027-05-10"),
            ("2000-02-29", "2027-02-27", Some(26), "2027-02-28"),
            ("2030-01-01", "2027-02-27", None, "2030-01-01"),
        ] {
            let (years, then) = age(date(birth), date(today));
            assert_eq!((years, then), (wanted, Some(date(until))), "{birth} on {today}");
        }
    }
}
