//! Days and moments (RFC 9553 §2.8.1, §1.4.5).

use serde_json::Value;

use super::Object;
use super::building::Building;
use super::parameters::Parameters;
use crate::formats::jcard;
use crate::formats::line::Line;

impl Building {
    /// A day to remember: birth, wedding or death.
    pub(super) fn anniversary(&mut self, line: &Line<'_>, kind: &str) -> bool {
        let mut parameters = Parameters::of(line);
        if !parameters.value_is(&["date", "date-time", "date-and-or-time", "timestamp"]) {
            return false;
        }
        let Some(mut date) = date(&line.text()) else { return false };
        if let Some(scale) = parameters.take("calscale") {
            date.insert("calendarScale".to_owned(), scale.to_lowercase().into());
        }
        let mut object = Object::new();
        object.insert("kind".to_owned(), kind.into());
        object.insert("date".to_owned(), Value::Object(date));
        self.add("anniversaries", line, parameters, object)
    }
}

/// `20240101T000000Z`, `2024-01-01T00:00:00.5Z` as `2024-01-01T00:00:00Z`; of another zone
/// nothing.
pub(super) fn moment(value: &str) -> Option<String> {
    let extended = jcard::extended(value);
    let shape = "dddd-dd-ddTdd:dd:ddZ";
    let fits = extended.len() == shape.len()
        && extended.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        });
    fits.then_some(extended)
}

/// A `PartialDate` or a `Timestamp`. One that has a time without saying of which zone is neither.
fn date(value: &str) -> Option<Object> {
    let value = value.trim();
    let mut object = Object::new();
    if value.contains(['T', 't']) {
        object.insert("@type".to_owned(), "Timestamp".into());
        object.insert("utc".to_owned(), moment(value)?.into());
        return Some(object);
    }
    let number = |text: &str, range: std::ops::RangeInclusive<u16>| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|n| digits && range.contains(n))
    };
    let (mut year, mut month, mut day) = (None, None, None);
    if let Some(rest) = value.strip_prefix("---") {
        day = Some(number(rest, 1..=31)?);
    } else if let Some(rest) = value.strip_prefix("--") {
        let (first, rest) = rest.split_at_checked(2)?;
        month = Some(number(first, 1..=12)?);
        if !rest.is_empty() {
            day = Some(number(rest.strip_prefix('-').unwrap_or(rest), 1..=31)?);
        }
    } else {
        let (first, rest) = value.split_at_checked(4)?;
        year = Some(number(first, 0..=9999)?);
        if !rest.is_empty() {
            let (second, rest) = rest.strip_prefix('-').unwrap_or(rest).split_at_checked(2)?;
            month = Some(number(second, 1..=12)?);
            if !rest.is_empty() {
                day = Some(number(rest.strip_prefix('-').unwrap_or(rest), 1..=31)?);
            }
        }
    }
    for (name, number) in [("year", year), ("month", month), ("day", day)] {
        if let Some(number) = number {
            object.insert(name.to_owned(), number.into());
        }
    }
    Some(object)
}
