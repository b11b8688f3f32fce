//! What holds of a card today: its findings, with those that come and go with time, and when it is to be
//! looked at again.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::kind::{Kind, Kinds};
use super::look::Look;
use crate::base::Timestamp;
use crate::contacts::normal::Region;

const DAY: u64 = 86_400_000;

/// What findings depend on beside the cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Where phone numbers without a country are dialled.
    pub region: Option<Region>,
    /// Days after which a card is to be looked at again; 0: never.
    pub stale_days: u32,
}

/// What is known of a card at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// All kinds of its findings, those that come with time, too.
    pub kinds: Kinds,
    /// When somebody last edited, met or confirmed.
    pub since: Timestamp,
    /// When it is to be looked at again although nothing changed.
    pub wake: Option<Timestamp>,
}

/// What stands beside a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// When a person changed it last.
    pub edited: Timestamp,
    /// The day of the last contact.
    pub contacted: Option<Date>,
    /// When somebody said that it is right.
    pub confirmed: Option<Timestamp>,
    /// When it was repaired on its way in.
    pub repaired: Option<Timestamp>,
}

/// The findings of a card that come with time are added to those that it has by itself.
pub fn standing(look: &Look, beside: Beside, terms: Terms, now: Timestamp) -> Standing {
    let mut kinds = look.findings.kinds();
    let mut wakes = Vec::new();
    let confirmed = beside.confirmed.unwrap_or_default();
    let contacted = beside.contacted.map(start_of).unwrap_or_default();
    let since = beside.edited.max(contacted).max(confirmed);
    if terms.stale_days > 0 {
        let at = since.plus_millis(u64::from(terms.stale_days) * DAY);
        if at <= now { kinds.add(Kind::Stale) } else { wakes.push(at) }
    }
    if beside.repaired.is_some_and(|at| at > confirmed) {
        kinds.add(Kind::Repaired);
    }
    if let Some(latest) = future(look, now) {
        kinds.add(Kind::ImpossibleDate);
        wakes.push(latest);
    }
    Standing { kinds, since, wake: wakes.into_iter().min() }
}

/// When a day on the card comes that should have been already.
pub fn future(look: &Look, now: Timestamp) -> Option<Timestamp> {
    let (year, month, day) = look.latest?;
    let at = start_of(Date::new(year, month, day).ok()?);
    // Where it is that day already, it may not be so here.
    (at > now.plus_millis(DAY)).then(|| Timestamp(at.0 - DAY))
}

/// When a day began, in UTC; days before 1970 began with it.
fn start_of(day: Date) -> Timestamp {
    let at = day.to_zoned(TimeZone::UTC).map(|at| at.timestamp().as_millisecond());
    Timestamp(at.ok().and_then(|at| u64::try_from(at).ok()).unwrap_or(0))
}
