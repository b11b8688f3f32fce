//! How many mails an address gets in an hour.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::base::Timestamp;
use crate::store::capture::Hash;

const HOUR: u64 = 3_600_000;

/// Addresses that are counted; beyond it the counts of hours that are over go.
const MOST: usize = 10_000;

/// Counts of the present hours. Only addresses that are somebody's are counted.
#[derive(Debug)]
pub(super) struct Pace {
    most: u32,
    counts: Mutex<HashMap<Hash, (u64, u32)>>,
}

impl Pace {
    pub(super) fn new(most: u32) -> Self {
        Self { most, counts: Mutex::default() }
    }

    /// Counts a mail at `now`; `false` if it is one too many.
    pub(super) fn admits(&self, address: &Hash, now: Timestamp) -> bool {
        let hour = now.0 / HOUR;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST {
            counts.retain(|_, (counted, _)| *counted == hour);
        }
        let count = counts.entry(*address).or_insert((hour, 0));
        if count.0 != hour {
            *count = (hour, 0);
        }
        count.1 = count.1.saturating_add(1);
        count.1 <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_hour() {
        let pace = Pace::new(2);
        let (anna, bert) = ([1; 32], [2; 32]);
        let at = |minutes: u64| Timestamp(minutes * 60_000);
        assert!(pace.admits(&anna, at(0)) && pace.admits(&anna, at(1)));
        assert!(!pace.admits(&anna, at(2)), "a third in one hour");
        assert!(pace.admits(&bert, at(2)), "another address");
        assert!(pace.admits(&anna, at(60)), "the next hour");
    }
}
