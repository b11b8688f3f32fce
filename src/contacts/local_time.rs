//! The time zone that the dates somebody types are meant in.

use super::layer::When;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::calendars::timezone;
use crate::formats::zone::Zone;
use crate::store::collection::{self, Kind};
use crate::store::engine::Snapshot;
use crate::store::interactions::Precision;
use crate::store::preferences;

/// The zone `user` lives in: what they set, else that of the first of their calendars that has
/// one, else UTC.
pub async fn zone_of(snapshot: &Snapshot, user: &PrincipalId) -> Result<Zone, Fault> {
    if let Some(chosen) = preferences::get(snapshot, user).await?
        && let Some(zone) = chosen.record.zone.as_deref().and_then(Zone::named)
    {
        return Ok(zone);
    }
    let calendars = collection::list(snapshot, user, Kind::Calendar).await?;
    let zones = calendars.iter().map(|found| &found.collection);
    let mut zones = zones.filter(|calendar| {
        calendar.calendar.timezone_id.is_some() || calendar.calendar.timezone.is_some()
    });
    Ok(zones.next().map_or(Zone::UTC, timezone::of))
}

/// The moment that a typed date means where clocks show the time of `zone`.
pub fn moment(when: When, zone: &Zone) -> (Timestamp, Precision) {
    let (civil, precision) = match when.time {
        // At noon it is that day wherever it is read, or nearly.
        None => (when.date.at(12, 0, 0, 0), Precision::Day),
        Some(time) => (when.date.to_datetime(time), Precision::Minute),
    };
    let seconds = u64::try_from(zone.instant(civil)).unwrap_or(0);
    (Timestamp(seconds.saturating_mul(1000)), precision)
}
