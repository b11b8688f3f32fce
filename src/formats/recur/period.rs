//! One period of a rule: the days and times it leaves of one year, month, week, day, hour,
//! minute or second.

use super::days::Days;
use super::plan::Plan;
use super::rule::{Frequency, Skip};
use super::times::Times;
use crate::formats::gregorian::{
    DAY, day_number, days_in_month, days_in_year, first_week, weekday, weeks_in_year,
    year_month_day,
};

/// The candidates of one period, in order.
#[derive(Debug, Clone)]
pub struct Period {
    days: Days,
    times: Times,
    /// Which of them BYSETPOS takes, in order; nothing when there is no BYSETPOS.
    positions: Option<Vec<u32>>,
}

/// What there is at a period.
#[derive(Debug)]
pub enum Look {
    /// It begins after the end.
    Past,
    /// Nothing, nor in the periods before this one.
    Jump(i64),
    /// These; there may be none.
    Found(Period),
}

impl Period {
    fn new(days: Days, times: Times, plan: &Plan) -> Self {
        let mut period = Self { days, times, positions: None };
        if !plan.positions.is_empty() {
            period.positions = Some(positions(&plan.positions, period.len()));
        }
        period
    }

    /// How many candidates.
    pub fn len(&self) -> u32 {
        match &self.positions {
            Some(positions) => positions.len() as u32,
            None => self.days.len() * self.times.len(),
        }
    }

    /// The `index`-th candidate, in civil seconds.
    pub fn nth(&self, index: u32) -> i64 {
        let index = match &self.positions {
            Some(positions) => positions.get(index as usize).copied().unwrap_or_default(),
            None => index,
        };
        let times = self.times.len().max(1);
        self.days.nth(index / times) * DAY + self.times.nth(index % times)
    }

    /// How many candidates lie before the civil second `at`.
    pub fn before(&self, at: i64) -> u32 {
        let day = at.div_euclid(DAY);
        let mut count = self.days.before(day) * self.times.len();
        if self.days.contains(day) {
            count += self.times.before(at.rem_euclid(DAY));
        }
        match &self.positions {
            Some(positions) => positions.partition_point(|at| *at < count) as u32,
            None => count,
        }
    }
}

/// The places, from 0 and in order, that BYSETPOS takes of `length` candidates.
fn positions(wanted: &[i16], length: u32) -> Vec<u32> {
    let place = |position: &i16| match position {
        1.. => Some(position.unsigned_abs().into()).filter(|p: &u32| *p <= length).map(|p| p - 1),
        _ => length.checked_sub(position.unsigned_abs().into()),
    };
    let mut places: Vec<u32> = wanted.iter().filter_map(place).collect();
    places.sort_unstable();
    places.dedup();
    places
}

impl Plan {
    /// The period `k` intervals after that of the start; `end` is the last civil second asked for.
    pub fn look(&self, k: i64, end: i64) -> Look {
        let step = k * self.interval;
        match self.frequency {
            Frequency::Yearly => {
                let year = self.origin + step;
                self.found(end, day_number(year, 1, 1), || self.of_months(year, 1, 12))
            }
            Frequency::Monthly => {
                let months = self.origin + step;
                let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
                self.found(end, day_number(year, month, 1), || self.of_months(year, month, month))
            }
            Frequency::Weekly => {
                let first = self.origin + step * 7;
                self.found(end, first, || self.of_week(first))
            }
            Frequency::Daily => self.of_time(k, (self.origin + step) * DAY, end),
            Frequency::Hourly => self.of_time(k, (self.origin + step) * 3600, end),
            Frequency::Minutely => self.of_time(k, (self.origin + step) * 60, end),
            Frequency::Secondly => self.of_time(k, self.origin + step, end),
        }
    }

    /// The last period that begins at or before the civil second `at`.
    pub fn period_at(&self, at: i64) -> i64 {
        let day = at.div_euclid(DAY);
        let (year, month, _) = year_month_day(day);
        let (unit, length) = match self.frequency {
            Frequency::Yearly => (year, 1),
            Frequency::Monthly => (year * 12 + month - 1, 1),
            Frequency::Weekly => (day, 7),
            Frequency::Daily => (day, 1),
            Frequency::Hourly => (at.div_euclid(3600), 1),
            Frequency::Minutely => (at.div_euclid(60), 1),
            Frequency::Secondly => (at, 1),
        };
        (unit - self.origin).div_euclid(self.interval * length)
    }

    /// How many candidates every period has, where it is the same number for all.
    pub fn every_period(&self) -> Option<u32> {
        let days = match self.frequency {
            Frequency::Yearly | Frequency::Monthly => return None,
            _ if self.limits_days() => return None,
            Frequency::Weekly => self.weekdays.count_ones(),
            _ if self.weekdays != 0 => return None,
            _ => 1,
        };
        let of = |mask: u64, full: u32, fixed: bool| match (mask.count_ones(), fixed) {
            (all, true) => (all == full).then_some(1),
            (some, false) => Some(some),
        };
        let hours = of(self.times.hours.into(), 24, self.frequency >= Frequency::Hourly)?;
        let minutes = of(self.times.minutes, 60, self.frequency >= Frequency::Minutely)?;
        let seconds = of(self.times.seconds, 60, self.frequency >= Frequency::Secondly)?;
        let length = days * hours * minutes * seconds;
        Some(if self.positions.is_empty() {
            length
        } else {
            positions(&self.positions, length).len() as u32
        })
    }

    fn found(&self, end: i64, first_day: i64, days: impl FnOnce() -> Days) -> Look {
        if first_day * DAY > end {
            return Look::Past;
        }
        Look::Found(Period::new(days(), self.times, self))
    }

    /// The period of a day or less that begins at the civil second `at`.
    fn of_time(&self, k: i64, at: i64, end: i64) -> Look {
        if at > end {
            return Look::Past;
        }
        let day = at.div_euclid(DAY);
        if !self.takes_day(day) {
            return self.jump(k, self.day_after(day) * DAY);
        }
        let mut times = self.times;
        let of_day = at.rem_euclid(DAY);
        if self.frequency >= Frequency::Hourly {
            let hour = of_day / 3600;
            times.hours &= 1 << hour;
            if times.hours == 0 {
                let next = next_bit(self.times.hours.into(), hour + 1).unwrap_or(24);
                return self.jump(k, day * DAY + next * 3600);
            }
        }
        if self.frequency >= Frequency::Minutely {
            let minute = of_day / 60 % 60;
            times.minutes &= 1 << minute;
            if times.minutes == 0 {
                let next = next_bit(self.times.minutes, minute + 1).unwrap_or(60);
                return self.jump(k, at - of_day % 3600 + next * 60);
            }
        }
        if self.frequency >= Frequency::Secondly {
            let second = of_day % 60;
            times.seconds &= 1 << second;
            if times.seconds == 0 {
                let next = next_bit(self.times.seconds, second + 1).unwrap_or(60);
                return self.jump(k, at - second + next);
            }
        }
        Look::Found(Period::new(Days::all(day, 1), times, self))
    }

    /// To the first period after `k` that begins at or after the civil second `at`.
    fn jump(&self, k: i64, at: i64) -> Look {
        let unit = match self.frequency {
            Frequency::Hourly => 3600,
            Frequency::Minutely => 60,
            Frequency::Secondly => 1,
            _ => DAY,
        };
        let units = -(-at).div_euclid(unit) - self.origin;
        Look::Jump((-(-units).div_euclid(self.interval)).max(k + 1))
    }

    fn of_week(&self, first: i64) -> Days {
        let mut days = Days::none(first);
        for offset in 0..7 {
            if self.takes_day(first + offset) {
                days.insert(offset);
            }
        }
        days
    }

    /// What is left of the months `from` to `to` of `year`.
    fn of_months(&self, year: i64, from: i64, to: i64) -> Days {
        let first = day_number(year, from, 1);
        let year_offset = day_number(year, 1, 1) - first;
        let months = || {
            let taken = (from..=to).filter(|month| self.takes_month(*month));
            taken.map(|month| (day_number(year, month, 1) - first, days_in_month(year, month)))
        };
        let mut days = Days::none(first);
        for (offset, length) in months() {
            if self.month_days.is_empty() {
                days.insert_range(offset, offset + length);
            } else {
                self.insert_places(&mut days, &self.month_days, offset, length);
            }
        }
        if !self.year_days.is_empty() {
            let length = days_in_year(year);
            let mut named = Days::none(first);
            self.insert_places(&mut named, &self.year_days, year_offset, length);
            if self.skip == Skip::Forward && self.takes_month(12) && to == 12 {
                days.insert(year_offset + length);
            }
            days.intersect(&named);
        }
        if !self.weeks.is_empty() {
            days.intersect(&self.weeks_of(year, first, year_offset));
        }
        if self.names_weekdays() {
            let mut named = Days::none(first);
            let from_first = |day: u8| (day + 7 - weekday(first)) % 7;
            for day in (0..7).filter(|day| self.weekdays >> day & 1 == 1) {
                named.unite(&Days::every_week(first, from_first(day)));
            }
            for day in &self.ordinals {
                let mut insert = |offset: i64, length: i64| {
                    let into = (i64::from(from_first(day.weekday)) - offset).rem_euclid(7);
                    let of = (length - into + 6) / 7;
                    let ordinal = i64::from(day.ordinal);
                    let place = if ordinal > 0 { ordinal - 1 } else { of + ordinal };
                    if (0..of).contains(&place) {
                        named.insert(offset + into + place * 7);
                    }
                };
                if self.names_months || self.frequency == Frequency::Monthly {
                    months().for_each(|(offset, length)| insert(offset, length));
                } else {
                    insert(year_offset, days_in_year(year));
                }
            }
            days.intersect(&named);
        }
        days
    }

    /// Adds the days that `places`, counted from 1 or back from -1, name in a month or year.
    fn insert_places(&self, days: &mut Days, places: &[i16], offset: i64, length: i64) {
        for place in places.iter().copied().map(i64::from) {
            match place {
                1.. if place <= length => days.insert(offset + place - 1),
                1.. => match self.skip {
                    Skip::Omit => {}
                    Skip::Backward => days.insert(offset + length - 1),
                    Skip::Forward => days.insert(offset + length),
                },
                _ if -place <= length => days.insert(offset + length + place),
                _ => {}
            }
        }
    }

    /// The days of `year` that lie in weeks of BYWEEKNO, those of the neighbouring years too.
    fn weeks_of(&self, year: i64, first: i64, offset: i64) -> Days {
        let mut days = Days::none(first);
        let takes = |week: i64, of: i64| {
            self.weeks.iter().map(|w| i64::from(*w)).any(|w| w == week || w == week - of - 1)
        };
        let begin = first_week(year, self.week_start);
        let before = weeks_in_year(year - 1, self.week_start);
        if takes(before, before) {
            days.insert_range(offset, offset + begin);
        }
        let weeks = weeks_in_year(year, self.week_start);
        for week in (1..=weeks).filter(|week| takes(*week, weeks)) {
            let at = begin + (week - 1) * 7;
            days.insert_range(offset + at.max(0), offset + (at + 7).min(days_in_year(year)));
        }
        if takes(1, weeks_in_year(year + 1, self.week_start)) {
            days.insert_range(offset + begin + weeks * 7, offset + days_in_year(year));
        }
        days
    }
}

fn next_bit(mask: u64, from: i64) -> Option<i64> {
    let left = mask.checked_shr(from as u32).unwrap_or(0);
    (left != 0).then(|| from + i64::from(left.trailing_zeros()))
}
