//! Days of the proleptic Gregorian calendar as numbers: days since 1970-01-01, and seconds since
//! its midnight for civil times. Plain integers, because the inner loops of recurrence turn on them.

use jiff::civil::{Date, DateTime, Time, Weekday};

/// Seconds in a civil day.
pub const DAY: i64 = 86_400;

/// The number of the day `year`-`month`-`day`. A day outside of the month counts on from it.
pub fn day_number(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that the leap day is its last one; 400 years are an era.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a day number.
pub fn year_month_day(number: i64) -> (i64, i64, i64) {
    let number = number + 719_468;
    let era = number.div_euclid(146_097);
    let day_of_era = number.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Days in a month.
pub const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether `year` has a 29 February.
pub const fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// Days in a year.
pub const fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// The weekday of a day number, 0 for Monday.
pub fn weekday(number: i64) -> u8 {
    (number + 3).rem_euclid(7) as u8
}

/// 0 for Monday.
pub fn weekday_index(weekday: Weekday) -> u8 {
    weekday.to_monday_zero_offset() as u8
}

/// Where week 1 of `year` begins, in days from 1 January: the first week, beginning on
/// `week_start`, that has four days in the year.
pub fn first_week(year: i64, week_start: u8) -> i64 {
    let into_week =
        (i64::from(weekday(day_number(year, 1, 1))) - i64::from(week_start)).rem_euclid(7);
    if into_week <= 3 { -into_week } else { 7 - into_week }
}

/// How many weeks `year` has, 52 or 53.
pub fn weeks_in_year(year: i64, week_start: u8) -> i64 {
    let next = days_in_year(year) + first_week(year + 1, week_start);
    (next - first_week(year, week_start)) / 7
}

/// Civil seconds of a date and time; parts of seconds are left out.
pub fn seconds(at: DateTime) -> i64 {
    let day = day_number(at.year().into(), at.month().into(), at.day().into());
    day * DAY + i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second())
}

/// The date and time of civil seconds; the nearest one that exists where it lies outside of the
/// years -9999 to 9999.
pub fn date_time(seconds: i64) -> DateTime {
    let (year, month, day) = year_month_day(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let date =
        i16::try_from(year).ok().and_then(|year| Date::new(year, month as i8, day as i8).ok());
    let time = Time::new((of_day / 3600) as i8, (of_day / 60 % 60) as i8, (of_day % 60) as i8, 0);
    match (date, time) {
        (Some(date), Ok(time)) => DateTime::from_parts(date, time),
        _ if seconds < 0 => DateTime::MIN,
        _ => DateTime::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_the_civil_calendar() {
        let mut date = Date::constant(1580, 1, 1);
        let epoch = Date::constant(1970, 1, 1);
        while date < Date::constant(2110, 1, 1) {
            let number = day_number(date.year().into(), date.month().into(), date.day().into());
            let wanted = (date - epoch).get_days();
            assert_eq!(number, i64::from(wanted), "{date}");
            let (year, month, day) = year_month_day(number);
            assert_eq!(
                (year as i16, month as i8, day as i8),
                (date.year(), date.month(), date.day())
            );
            assert_eq!(weekday(number), weekday_index(date.weekday()), "{date}");
            assert_eq!(days_in_month(year, month), i64::from(date.days_in_month()), "{date}");
            if date.day() == 4 && date.month() == 1 {
                let weeks = i64::from(date.iso_week_date().weeks_in_year());
                assert_eq!(weeks_in_year(year, 0), weeks, "{date}");
            }
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn seconds_read_back_and_stay_in_bounds() {
        for at in [
            DateTime::constant(1601, 1, 1, 0, 0, 0, 0),
            DateTime::constant(1969, 12, 31, 23, 59, 59, 0),
            DateTime::constant(2024, 2, 29, 12, 30, 1, 0),
            DateTime::constant(9999, 12, 31, 23, 59, 59, 0),
        ] {
            assert_eq!(date_time(seconds(at)), at);
        }
        assert_eq!(date_time(i64::MAX / 2), DateTime::MAX);
        assert_eq!(date_time(i64::MIN / 2), DateTime::MIN);
    }
}
