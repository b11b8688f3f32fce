//! Birthdays and anniversaries: `19850415` and `--0415` of 4.0, `1985-04-15` and Apple's
//! year 1604 of 3.0.

use crate::formats::property::Property;

/// The year Apple writes where none is known.
const NO_YEAR: &str = "1604";
/// Carries a time of day through 3.0: Apple drops a birthday that has one.
const TIME: &str = "X-ROLODAV-TIME";
const OMIT_YEAR: &str = "X-APPLE-OMIT-YEAR";

/// A date as it stands in a value; month and day are always known.
struct Date<'a> {
    year: Option<&'a str>,
    month: &'a str,
    day: &'a str,
    /// What follows `T`.
    time: Option<&'a str>,
}

impl<'a> Date<'a> {
    fn parse(value: &'a str) -> Option<Self> {
        let value = value.trim();
        let (date, time) = match value.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time).filter(|time| !time.is_empty())),
            None => (value, None),
        };
        let (year, rest) = if let Some(rest) = date.strip_prefix("--") {
            (None, rest)
        } else {
            let (year, rest) = date.split_at_checked(4)?;
            (Some(year), rest.strip_prefix('-').unwrap_or(rest))
        };
        let (month, rest) = rest.split_at_checked(2)?;
        let day = rest.strip_prefix('-').unwrap_or(rest);
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let whole = digits(month) && day.len() == 2 && digits(day) && year.is_none_or(digits);
        whole.then_some(Self { year, month, day, time })
    }
}

/// Whether `value` is a date of which month and day are known.
pub(super) fn is_date(value: &str) -> bool {
    Date::parse(value).is_some()
}

/// A date of 4.0 as 3.0 has it. One that 3.0 cannot say stays.
pub(super) fn to_version_3(property: &mut Property) {
    if property.param_is("VALUE", "text") {
        return;
    }
    for kind in ["date-and-or-time", "date", "date-time"] {
        property.drop_where("VALUE", kind);
    }
    let value = std::mem::take(&mut property.value);
    let Some(date) = Date::parse(&value) else {
        property.value = value;
        return;
    };
    let year = date.year.unwrap_or(NO_YEAR);
    property.value = format!("{year}-{}-{}", date.month, date.day);
    if date.year.is_none() {
        property.set(OMIT_YEAR, NO_YEAR);
    }
    if let Some(time) = date.time {
        property.set(TIME, time);
    }
}

/// A date of 3.0 as 4.0 has it.
pub(super) fn to_version_4(property: &mut Property) {
    if property.param_is("VALUE", "text") {
        return;
    }
    for kind in ["date", "date-time"] {
        property.drop_where("VALUE", kind);
    }
    let value = std::mem::take(&mut property.value);
    let Some(date) = Date::parse(&value) else {
        property.value = value;
        return;
    };
    let omitted = property.param(OMIT_YEAR);
    let year = date.year.filter(|year| omitted.as_deref() != Some(*year));
    if year.is_none() && date.year.is_some() {
        property.take(OMIT_YEAR);
    }
    let time = property.take(TIME).or_else(|| date.time.map(compact));
    let time = time.map_or_else(String::new, |time| format!("T{time}"));
    property.value = format!("{}{}{}{time}", year.unwrap_or("--"), date.month, date.day);
}

/// A timestamp (`REV`) in the basic form of 4.0.
pub(super) fn stamp_to_version_4(property: &mut Property) {
    let Some(date) = Date::parse(&property.value) else { return };
    if let (Some(year), Some(time)) = (date.year, date.time) {
        let stamp = format!("{year}{}{}T{}", date.month, date.day, compact(time));
        property.value = stamp;
    }
}

/// `14:00:00.000Z` as `140000Z`: 4.0 has neither colons nor fractions.
fn compact(time: &str) -> String {
    let mut in_fraction = false;
    let keep = |c: &char| {
        in_fraction = *c == '.' || (in_fraction && c.is_ascii_digit());
        !in_fraction && *c != ':'
    };
    time.chars().filter(keep).collect()
}
