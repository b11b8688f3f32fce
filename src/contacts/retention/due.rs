//! When a rule of a book lets go of a card. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Moment};

use crate::base::Timestamp;
use crate::formats::vcard::category_key;
use crate::store::retention::{Rule, Since, Unit};

/// What rules want to know of a card.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// When it came.
    pub created: Timestamp,
    /// When a person last changed it.
    pub edited: Timestamp,
    /// The day of the last contact.
    pub contacted: Option<Date>,
    /// Its tags.
    pub tags: &'a [String],
}

/// From when on the rule is for the card; `None`: never.
pub fn due(rule: &Rule, facts: &Facts<'_>) -> Option<Timestamp> {
    let is_exempt =
        |tag: &String| rule.exempt.iter().any(|exempt| category_key(exempt) == category_key(tag));
    if facts.tags.iter().any(is_exempt) {
        return None;
    }
    let since = match rule.since {
        Since::LastContact => facts.contacted.map_or(facts.created, end_of),
        Since::Changed => facts.edited,
        Since::Created => facts.created,
    };
    later(since, rule.after, rule.unit)
}

/// When a day is over, in UTC.
fn end_of(day: Date) -> Timestamp {
    let next = day.tomorrow().unwrap_or(day).to_zoned(TimeZone::UTC);
    let at = next.map(|at| at.timestamp().as_millisecond());
    Timestamp(at.ok().and_then(|at| u64::try_from(at).ok()).unwrap_or(0))
}

/// So much later, by the calendar; `None` is beyond all calendars.
fn later(since: Timestamp, after: u32, unit: Unit) -> Option<Timestamp> {
    let span = match unit {
        Unit::Days => Span::new().try_days(after),
        Unit::Months => Span::new().try_months(after),
        Unit::Years => Span::new().try_years(after),
    };
    let from = Moment::from_millisecond(i64::try_from(since.0).ok()?).ok()?;
    let at = from.to_zoned(TimeZone::UTC).checked_add(span.ok()?).ok()?;
    u64::try_from(at.timestamp().as_millisecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Actor;
    use crate::store::retention::Ending;

    fn at(text: &str) -> Timestamp {
        Timestamp(u64::try_from(text.parse::<Moment>().unwrap().as_millisecond()).unwrap())
    }

    #[test]
    fn time_is_counted_by_the_calendar() {
        let rule = |after, unit, since| Rule {
            after,
            unit,
            since,
            notice_days: 30,
            exempt: vec!["Family".to_owned()],
            ending: Ending::MoveToTrash,
            made: Timestamp(0),
            by: Actor::operator("test"),
        };
        let (work, family) = (["work".to_owned()], ["family".to_owned()]);
        let facts = |tags| Facts {
            created: at("2024-01-31T10:00:00Z"),
            edited: at("2024-02-29T10:00:00Z"),
            contacted: Some(jiff::civil::date(2025, 12, 31)),
            tags,
        };
        for (after, unit, since, wanted) in [
            (30, Unit::Days, Since::Created, Some("2024-03-01T10:00:00Z")),
            (1, Unit::Months, Since::Created, Some("2024-02-29T10:00:00Z")),
            (1, Unit::Years, Since::Changed, Some("2025-02-28T10:00:00Z")),
            (2, Unit::Years, Since::LastContact, Some("2028-01-01T00:00:00Z")),
            (u32::MAX, Unit::Years, Since::Created, None),
            (9_000, Unit::Years, Since::Created, None),
        ] {
            let rule = rule(after, unit, since);
            let found = due(&rule, &facts(&work));
            assert_eq!(found, wanted.map(at), "{after} {unit:?} {since:?}");
            assert_eq!(due(&rule, &facts(&family)), None, "exempt");
        }
        let never = Facts { contacted: None, ..facts(&[]) };
        let one = rule(1, Unit::Days, Since::LastContact);
        assert_eq!(due(&one, &never), Some(at("2024-02-01T10:00:00Z")), "never contacted");
    }
}
