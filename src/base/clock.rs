//! Time as a parameter: a clock is handed in, so that tests can turn it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

/// Where the time of day comes from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock; the only place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// A clock that stands still until it is turned.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

// === impl Timestamp ===

impl Timestamp {
    /// Whole seconds since the epoch.
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The moment `millis` milliseconds later (never wraps).
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment `days` days earlier (not before the epoch).
    #[must_use]
    pub const fn minus_days(self, days: u64) -> Self {
        Self(self.0.saturating_sub(days.saturating_mul(86_400_000)))
    }

    /// `2026-11-22T14:27:13Z` (RFC 3339, whole seconds).
    pub fn rfc3339(self) -> String {
        self.jiff().map_or_else(String::new, |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// `Sun, 22 Nov 2026 14:27:13 GMT` (IMF-fixdate, RFC 9110 §5.6.7).
    pub fn imf_fixdate(self) -> String {
        // The year 10000, from which on there is no such date.
        if self.seconds() >= 253_402_300_800 {
            return String::new();
        }
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.seconds()))
    }

    /// `20261122T142713Z` (RFC 5545 §3.3.5).
    pub fn basic(self) -> String {
        self.jiff().map_or_else(String::new, |t| t.strftime("%Y%m%dT%H%M%SZ").to_string())
    }

    fn jiff(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_second(i64::try_from(self.seconds()).ok()?).ok()
    }
}

// === impl clocks ===

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since.map_or(0, |d| d.as_millis() as u64))
    }
}

impl ManualClock {
    /// A clock that shows `at`.
    pub const fn at(at: Timestamp) -> Self {
        Self(AtomicU64::new(at.0))
    }

    /// Turns the clock forward.
    pub fn advance_millis(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_both_wire_forms() {
        let t = Timestamp(784_111_777_000);
        assert_eq!(t.imf_fixdate(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(t.rfc3339(), "1994-11-06T08:49:37Z");
    }
}
