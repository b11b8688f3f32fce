//! A rule and its start brought together: what the rule leaves open is taken from the start
//! (RFC 5545 §3.3.10), and days are tested against what is then asked for.

use super::rule::{Frequency, OrdinalDay, Rule, Skip};
use super::times::Times;
use crate::formats::gregorian::{
    DAY, day_number, days_in_month, days_in_year, first_week, weekday, weekday_index,
    weeks_in_year, year_month_day,
};

/// What the expansion turns on. Times are civil seconds, days day numbers.
#[derive(Debug, Clone)]
pub struct Plan {
    pub frequency: Frequency,
    pub interval: i64,
    pub start: i64,
    /// The period of the start, in the unit of the frequency: year, month counted from year 0,
    /// first day of the week, day, hour, minute, second.
    pub origin: i64,
    /// Bits 1 to 12; all of them when the rule names none.
    pub months: u16,
    /// Whether the rule names months.
    pub names_months: bool,
    pub month_days: Vec<i16>,
    pub year_days: Vec<i16>,
    pub weeks: Vec<i16>,
    /// Weekdays without ordinal, bits 0 to 6 from Monday.
    pub weekdays: u8,
    pub ordinals: Vec<OrdinalDay>,
    /// Hours, minutes and seconds; all of a unit that the rule steps through or finer.
    pub times: Times,
    pub positions: Vec<i16>,
    pub week_start: u8,
    pub skip: Skip,
}

const ALL_MONTHS: u16 = 0b1_1111_1111_1110;
const ALL_HOURS: u32 = 0x00ff_ffff;
const ALL_SIXTY: u64 = (1 << 60) - 1;

impl Plan {
    /// The plan of `rule` for an object that starts at the civil time `start`.
    pub fn new(rule: &Rule, start: i64) -> Self {
        let frequency = rule.frequency;
        let (day, of_day) = (start.div_euclid(DAY), start.rem_euclid(DAY));
        let (year, month, month_day) = year_month_day(day);
        let week_start = weekday_index(rule.week_start);
        let origin = match frequency {
            Frequency::Yearly => year,
            Frequency::Monthly => year * 12 + month - 1,
            Frequency::Weekly => {
                day - (i64::from(weekday(day)) - i64::from(week_start)).rem_euclid(7)
            }
            Frequency::Daily => day,
            Frequency::Hourly => start.div_euclid(3600),
            Frequency::Minutely => start.div_euclid(60),
            Frequency::Secondly => start,
        };
        let mut plan = Self {
            frequency,
            interval: rule.interval.max(1).into(),
            start,
            origin,
            months: if rule.by_month == 0 { ALL_MONTHS } else { rule.by_month },
            names_months: rule.by_month != 0,
            month_days: rule.by_month_day.clone(),
            year_days: rule.by_year_day.clone(),
            weeks: rule.by_week.clone(),
            weekdays: 0,
            ordinals: Vec::new(),
            times: times(rule, of_day),
            positions: rule.by_position.clone(),
            week_start,
            skip: rule.skip,
        };
        // Ordinals mean something in a month or a year that is not cut into weeks.
        let in_weeks = frequency >= Frequency::Weekly || !plan.weeks.is_empty();
        for day in &rule.by_day {
            if day.ordinal == 0 || in_weeks {
                plan.weekdays |= 1 << day.weekday;
            } else {
                plan.ordinals.push(*day);
            }
        }
        plan.take_day_of_start(month, month_day, weekday(day));
        plan
    }

    fn take_day_of_start(&mut self, month: i64, month_day: i64, weekday: u8) {
        let names_days =
            self.names_weekdays() || !self.month_days.is_empty() || !self.year_days.is_empty();
        match self.frequency {
            _ if names_days => {}
            Frequency::Yearly if !self.weeks.is_empty() => self.weekdays = 1 << weekday,
            Frequency::Yearly => {
                if !self.names_months {
                    self.months = 1 << month;
                    self.names_months = true;
                }
                self.month_days = vec![month_day as i16];
            }
            Frequency::Monthly if self.weeks.is_empty() => self.month_days = vec![month_day as i16],
            Frequency::Weekly if self.weeks.is_empty() => self.weekdays = 1 << weekday,
            _ => {}
        }
    }

    /// Whether the rule says on which weekdays.
    pub fn names_weekdays(&self) -> bool {
        self.weekdays != 0 || !self.ordinals.is_empty()
    }

    /// Whether there are parts besides weekdays that leave days out.
    pub fn limits_days(&self) -> bool {
        self.names_months
            || !self.month_days.is_empty()
            || !self.year_days.is_empty()
            || !self.weeks.is_empty()
    }

    /// Whether every part that names days agrees to this one, ordinals left aside.
    pub fn takes_day(&self, number: i64) -> bool {
        if self.weekdays != 0 && self.weekdays >> weekday(number) & 1 == 0 {
            return false;
        }
        if !self.limits_days() {
            return true;
        }
        let (year, month, day) = year_month_day(number);
        let either = |list: &[i16], place: i64, of: i64| {
            let found = |number: i64| list.iter().any(|one| i64::from(*one) == number);
            list.is_empty() || found(place) || found(place - of - 1)
        };
        self.takes_month(month)
            && either(&self.month_days, day, days_in_month(year, month))
            && (self.year_days.is_empty()
                || either(&self.year_days, number - day_number(year, 1, 1) + 1, days_in_year(year)))
            && (self.weeks.is_empty() || {
                let (week, of) = self.week_of(number, year);
                either(&self.weeks, week, of)
            })
    }

    /// Whether BYMONTH agrees to `month`.
    pub fn takes_month(&self, month: i64) -> bool {
        self.months >> month & 1 == 1
    }

    /// The first day after `number` that BYMONTH may agree to.
    pub fn day_after(&self, number: i64) -> i64 {
        let next = number + 1;
        if !self.names_months {
            return next;
        }
        let (mut year, mut month, _) = year_month_day(next);
        if self.takes_month(month) {
            return next;
        }
        for _ in 0..12 {
            (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            if self.takes_month(month) {
                break;
            }
        }
        day_number(year, month, 1)
    }

    /// The week of a day of `year`, and how many weeks the year of that week has.
    fn week_of(&self, number: i64, year: i64) -> (i64, i64) {
        let day = number - day_number(year, 1, 1);
        let first = first_week(year, self.week_start);
        if day < first {
            let weeks = weeks_in_year(year - 1, self.week_start);
            return (weeks, weeks);
        }
        let (week, weeks) = ((day - first) / 7 + 1, weeks_in_year(year, self.week_start));
        if week > weeks { (1, weeks_in_year(year + 1, self.week_start)) } else { (week, weeks) }
    }
}

fn times(rule: &Rule, of_day: i64) -> Times {
    let steps = |unit: Frequency| rule.frequency >= unit;
    Times {
        hours: match rule.by_hour {
            0 if steps(Frequency::Hourly) => ALL_HOURS,
            0 => 1 << (of_day / 3600),
            named => named,
        },
        minutes: match rule.by_minute {
            0 if steps(Frequency::Minutely) => ALL_SIXTY,
            0 => 1 << (of_day / 60 % 60),
            named => named,
        },
        seconds: match rule.by_second {
            0 if steps(Frequency::Secondly) => ALL_SIXTY,
            0 => 1 << (of_day % 60),
            named => named,
        },
    }
}
