//! Reading a recurrence rule: strict where there is only one meaning, mild where real programs
//! err. Blanks, letter case, empty, repeated and unknown parts do no harm; values that cannot
//! occur (`BYMONTHDAY=32`) are passed over as long as others are left.

use std::str::FromStr;

use jiff::civil::Weekday;

use super::rule::{Frequency, OrdinalDay, Rule, RuleError, Scale, Skip};
use crate::formats::gregorian::weekday_index;
use crate::formats::ical::When;

impl FromStr for Rule {
    type Err = RuleError;

    /// Reads the value of an RRULE or EXRULE.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        let text: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let text = text.to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").unwrap_or(&text);
        let parts = || text.split(';').filter_map(|part| part.split_once('='));
        let first = |name: &str| parts().find(|(n, _)| *n == name).map(|(_, value)| value);

        let mut rule = Self::every(frequency(first("FREQ"))?);
        if let Some(value) = first("INTERVAL") {
            // An interval of 0 is found where a program meant "no interval".
            rule.interval = number(value, "INTERVAL")?.max(1);
        }
        if let Some(value) = first("COUNT") {
            rule.count = Some(number(value, "COUNT")?).filter(|count| *count > 0);
        }
        if let Some(value) = first("UNTIL").filter(|value| !value.is_empty()) {
            rule.until = Some(When::parse(value, None).ok_or(RuleError::Part("UNTIL"))?);
        }
        rule.by_second = mask(first("BYSECOND"), 0, 60, "BYSECOND")?;
        if rule.by_second >> 60 & 1 == 1 {
            rule.by_second = rule.by_second & !(1 << 60) | 1 << 59;
        }
        rule.by_minute = mask(first("BYMINUTE"), 0, 59, "BYMINUTE")?;
        rule.by_hour = mask(first("BYHOUR"), 0, 23, "BYHOUR")? as u32;
        rule.by_month = mask(first("BYMONTH"), 1, 12, "BYMONTH")? as u16;
        rule.by_month_day = signed(first("BYMONTHDAY"), 31, "BYMONTHDAY")?;
        rule.by_year_day = signed(first("BYYEARDAY"), 366, "BYYEARDAY")?;
        rule.by_week = signed(first("BYWEEKNO"), 53, "BYWEEKNO")?;
        rule.by_position = signed(first("BYSETPOS"), 366, "BYSETPOS")?;
        rule.by_day = list(first("BYDAY"), ordinal_day, "BYDAY")?;
        if let Some(start) = first("WKST").and_then(weekday) {
            rule.week_start = start;
        }
        if let Some(scale) = first("RSCALE") {
            rule.scale = if scale == "GREGORIAN" { Scale::Gregorian } else { Scale::Other };
            rule.skip = match first("SKIP") {
                Some("BACKWARD") => Skip::Backward,
                Some("FORWARD") => Skip::Forward,
                _ => Skip::Omit,
            };
        }
        Ok(rule)
    }
}

fn frequency(value: Option<&str>) -> Result<Frequency, RuleError> {
    Ok(match value {
        Some("YEARLY") => Frequency::Yearly,
        Some("MONTHLY") => Frequency::Monthly,
        Some("WEEKLY") => Frequency::Weekly,
        Some("DAILY") => Frequency::Daily,
        Some("HOURLY") => Frequency::Hourly,
        Some("MINUTELY") => Frequency::Minutely,
        Some("SECONDLY") => Frequency::Secondly,
        _ => return Err(RuleError::Frequency),
    })
}

/// A number that is not negative; one too big to hold is the biggest.
fn number(value: &str, part: &'static str) -> Result<u32, RuleError> {
    let value = value.strip_prefix('+').unwrap_or(value);
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(RuleError::Part(part));
    }
    Ok(value.parse().unwrap_or(u32::MAX))
}

/// The items of a list for which `item` finds a meaning, sorted, each once.
fn list<T: Ord>(
    value: Option<&str>,
    item: impl Fn(&str) -> Option<T>,
    part: &'static str,
) -> Result<Vec<T>, RuleError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(Vec::new()) };
    let mut items: Vec<T> = value.split(',').filter_map(item).collect();
    items.sort_unstable();
    items.dedup();
    if items.is_empty() { Err(RuleError::Part(part)) } else { Ok(items) }
}

/// The numbers from 1 to `most` and their negatives.
fn signed(value: Option<&str>, most: i16, part: &'static str) -> Result<Vec<i16>, RuleError> {
    let item = |item: &str| {
        let number: i16 = item.strip_prefix('+').unwrap_or(item).parse().ok()?;
        (number != 0 && (-most..=most).contains(&number)).then_some(number)
    };
    list(value, item, part)
}

fn mask(value: Option<&str>, least: u8, most: u8, part: &'static str) -> Result<u64, RuleError> {
    let item = |item: &str| {
        // A leap month of RSCALE, `5L`, is none of ours.
        let number: u8 = item.strip_prefix('+').unwrap_or(item).parse().ok()?;
        (least..=most).contains(&number).then_some(number)
    };
    Ok(list(value, item, part)?.iter().fold(0, |mask, bit| mask | 1 << bit))
}

fn ordinal_day(item: &str) -> Option<OrdinalDay> {
    let (ordinal, day) = item.split_at_checked(item.len().checked_sub(2)?)?;
    let weekday = weekday_index(weekday(day)?);
    let ordinal: i16 = match ordinal.strip_prefix('+').unwrap_or(ordinal) {
        "" => 0,
        digits => digits.parse().ok()?,
    };
    (-53..=53).contains(&ordinal).then_some(OrdinalDay { ordinal, weekday })
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}
