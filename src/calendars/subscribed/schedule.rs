//! When a subscribed calendar is looked at again.

use crate::base::Timestamp;
use crate::store::subscriptions::Subscription;

/// The wait after a first failure, in milliseconds; each further one is twice as long.
const FIRST_WAIT: u64 = 15 * 60_000;

/// The longest wait after failures.
const LONGEST_WAIT: u64 = 86_400_000;

/// Waits are longer by at most one part in so many, so that not all come at once.
const SPREAD: u64 = 10;

/// When to look again after it went well.
pub fn after_success(now: Timestamp, subscription: &Subscription, salt: u64) -> Timestamp {
    now.plus_millis(spread(every(subscription), salt))
}

/// When to look again after the `failures`th failure in a row; the other server may have said
/// how many seconds to leave it alone.
pub fn after_failure(
    now: Timestamp,
    subscription: &Subscription,
    failures: u32,
    asked: Option<u64>,
    salt: u64,
) -> Timestamp {
    let first = FIRST_WAIT.min(every(subscription));
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let asked = asked.map_or(0, |seconds| seconds.saturating_mul(1000));
    now.plus_millis(spread(doubled.max(asked).min(LONGEST_WAIT), salt))
}

fn every(subscription: &Subscription) -> u64 {
    u64::from(subscription.every) * 1000
}

fn spread(wait: u64, salt: u64) -> u64 {
    // Fibonacci hashing: neighbouring numbers come far apart.
    let fraction = salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    wait + (((wait / SPREAD) * fraction) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_wait_longer_and_longer_up_to_a_day() {
        let hourly = Subscription::new(String::new(), 3600, false, Timestamp(0));
        let (minute, now) = (60_000, Timestamp(1_000_000));
        for (failures, asked, least) in [
            (1, None, 15),
            (2, None, 30),
            (3, None, 60),
            (6, None, 480),
            (7, None, 960),
            (8, None, 1440),
            (100, None, 1440),
            (1, Some(7200), 120),
            (1, Some(u64::MAX), 1440),
            (3, Some(60), 60),
        ] {
            for salt in [0, 1, 77, u64::MAX] {
                let wait = after_failure(now, &hourly, failures, asked, salt).0 - now.0;
                let range = least * minute..=least * minute * 11 / 10;
                assert!(range.contains(&wait), "{failures}, {asked:?}, {salt}: {wait}");
            }
        }
        let often = Subscription { every: 300, ..hourly.clone() };
        assert_eq!(after_failure(now, &often, 1, None, 0).0 - now.0, 5 * minute);
        let waits: Vec<u64> = (0..50).map(|salt| after_success(now, &hourly, salt).0).collect();
        let (first, last) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(last - first > 4 * minute, "they come nearly at once: {}", last - first);
    }
}
