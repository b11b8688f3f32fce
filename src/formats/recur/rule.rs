//! What a recurrence rule says.

use jiff::civil::{DateTime, Weekday};

use crate::formats::ical::When;

/// A recurrence rule. Lists are sorted and free of repetitions; an empty one, or a mask of 0,
/// means that the part is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// FREQ.
    pub frequency: Frequency,
    /// INTERVAL, at least 1.
    pub interval: u32,
    /// COUNT, at least 1. It counts DTSTART, whether or not that follows the rule.
    pub count: Option<u32>,
    /// UNTIL, the last moment at which an occurrence may begin. A date means that whole day, a
    /// time without zone, which some phones write, that of DTSTART.
    pub until: Option<When>,
    /// BYSECOND: bit 0 for :00, up to bit 59. A leap second is read as the last second.
    pub by_second: u64,
    /// BYMINUTE: bit 0 to 59.
    pub by_minute: u64,
    /// BYHOUR: bit 0 to 23.
    pub by_hour: u32,
    /// BYDAY.
    pub by_day: Vec<OrdinalDay>,
    /// BYMONTHDAY: 1 to 31, -31 to -1.
    pub by_month_day: Vec<i16>,
    /// BYYEARDAY: 1 to 366, -366 to -1.
    pub by_year_day: Vec<i16>,
    /// BYWEEKNO: 1 to 53, -53 to -1.
    pub by_week: Vec<i16>,
    /// BYMONTH: bit 1 for January to bit 12.
    pub by_month: u16,
    /// BYSETPOS: 1 to 366, -366 to -1.
    pub by_position: Vec<i16>,
    /// WKST, Monday when it is not said.
    pub week_start: Weekday,
    /// RSCALE: the calendar the rule is meant in.
    pub scale: Scale,
    /// SKIP: what becomes of days that a month or year does not have. Counts only with RSCALE.
    pub skip: Skip,
}

/// FREQ: how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    /// Every year.
    Yearly,
    /// Every month.
    Monthly,
    /// Every week.
    Weekly,
    /// Every day.
    Daily,
    /// Every hour.
    Hourly,
    /// Every minute.
    Minutely,
    /// Every second.
    Secondly,
}

/// One item of BYDAY: `MO`, `2TU` or `-1FR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrdinalDay {
    /// Which one of the month or year, from the end if negative; 0 for every one.
    pub ordinal: i16,
    /// The weekday, 0 for Monday.
    pub weekday: u8,
}

/// RSCALE of RFC 7529.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// The Gregorian calendar, said or not.
    #[default]
    Gregorian,
    /// Another calendar. Its occurrences cannot be computed here.
    Other,
}

/// SKIP of RFC 7529.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Skip {
    /// There is no occurrence.
    #[default]
    Omit,
    /// The last day before.
    Backward,
    /// The first day after.
    Forward,
}

/// Why a rule cannot be used. The object is kept as it is and does not recur by this rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleError {
    /// There is no FREQ, or an unknown one.
    Frequency,
    /// The value of this part makes no sense.
    Part(&'static str),
}

impl Rule {
    /// A rule with nothing but a frequency.
    pub const fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            by_second: 0,
            by_minute: 0,
            by_hour: 0,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_week: Vec::new(),
            by_month: 0,
            by_position: Vec::new(),
            week_start: Weekday::Monday,
            scale: Scale::Gregorian,
            skip: Skip::Omit,
        }
    }

    /// Whether the rule names no end.
    pub const fn is_endless(&self) -> bool {
        self.count.is_none() && self.until.is_none()
    }

    /// The last civil time at which an occurrence may begin, by UNTIL; `civil` gives the civil
    /// time of a UTC time in the zone of DTSTART.
    pub fn last_start(&self, civil: impl FnOnce(DateTime) -> DateTime) -> Option<DateTime> {
        Some(match self.until.as_ref()? {
            When::Date(date) => date.at(23, 59, 59, 0),
            When::Floating(at) | When::Zoned(at, _) => *at,
            When::Utc(at) => civil(*at),
        })
    }
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Frequency => f.write_str("the recurrence rule does not say how often (FREQ)"),
            Self::Part(part) => write!(f, "{part} of the recurrence rule makes no sense"),
        }
    }
}

impl std::error::Error for RuleError {}
