//! Makes guessing slow: after a few wrong passwords an account, and the address they came from,
//! wait ever longer. Names that do not exist are treated alike.
//!
//! Waiting never hits the app passwords of devices nor passwords that are remembered, and an
//! address from which an account was used rightly has a count of its own: others cannot lock
//! the owner out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use super::remembered::{Remembered, Tag, Tags};
use crate::base::Timestamp;

/// Several people can sit behind one address.
const ADDRESS_FACTOR: u32 = 4;
const MOST_COUNTS: usize = 4096;
const FORGET_MILLIS: u64 = 15 * 60 * 1000;
const FAMILIAR_SECONDS: u64 = 30 * 24 * 3600;

/// Counts of wrong passwords.
#[derive(Debug)]
pub struct Backoff {
    counts: Mutex<HashMap<Tag, Count>>,
    familiar: Remembered<()>,
    free: u32,
    longest_seconds: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    failures: u32,
    last: Timestamp,
    until: Timestamp,
}

/// One try that is under way; counted as wrong until it is known to be right.
#[derive(Debug)]
pub struct Try {
    account: Tag,
    address: Tag,
    pair: Tag,
}

impl Backoff {
    /// `free` wrong passwords cost nothing; the wait never exceeds `longest_seconds`.
    pub fn new(free: u32, longest_seconds: u64) -> Self {
        Self {
            counts: Mutex::default(),
            familiar: Remembered::new(MOST_COUNTS, FAMILIAR_SECONDS),
            free,
            longest_seconds,
        }
    }

    /// Begins a try, or says how many seconds it has to wait. Counted at once, so that neither
    /// going away early nor many tries at the same time get around it.
    pub fn begin(
        &self,
        tags: &Tags,
        folded_name: &str,
        remote: IpAddr,
        now: Timestamp,
    ) -> Result<Try, u32> {
        let network = network(remote).to_string();
        let pair = tags.of(&format!("pair {folded_name}"), &network);
        let known = self.familiar.get(&pair, now).is_some();
        let account = if known { pair } else { tags.of("account", folded_name) };
        let address = tags.of("address", &network);

        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = [&account, &address]
            .into_iter()
            .filter_map(|tag| counts.get(tag))
            .map(|count| count.until.0.saturating_sub(now.0))
            .max()
            .unwrap_or(0);
        if wait > 0 {
            return Err(wait.div_ceil(1000) as u32);
        }
        make_room(&mut counts, now);
        for (tag, free) in [(account, self.free), (address, self.free * ADDRESS_FACTOR)] {
            let count = counts.entry(tag).or_default();
            if now.0.saturating_sub(count.last.0) > FORGET_MILLIS {
                *count = Count::default();
            }
            count.failures += 1;
            count.last = now;
            if let Some(over) = count.failures.checked_sub(free).filter(|over| *over > 0) {
                let seconds = 1u64.checked_shl(over.min(32)).unwrap_or(u64::MAX);
                count.until = now.plus_millis(seconds.min(self.longest_seconds) * 1000);
            }
        }
        Ok(Try { account, address, pair })
    }

    /// Was this account used rightly from this network not long ago?
    pub fn is_familiar(
        &self,
        tags: &Tags,
        folded_name: &str,
        remote: IpAddr,
        now: Timestamp,
    ) -> bool {
        let pair = tags.of(&format!("pair {folded_name}"), &network(remote).to_string());
        self.familiar.get(&pair, now).is_some()
    }

    /// The try was right: the account starts anew, the address has this one taken back.
    pub fn right(&self, done: &Try, now: Timestamp) {
        self.familiar.put(done.pair, (), now);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&done.account);
        if let Some(count) = counts.get_mut(&done.address) {
            count.failures = count.failures.saturating_sub(1);
            count.until = Timestamp::default();
        }
    }

    /// The try could not be judged: it is taken back.
    pub fn undecided(&self, done: &Try) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for tag in [&done.account, &done.address] {
            if let Some(count) = counts.get_mut(tag) {
                count.failures = count.failures.saturating_sub(1);
                count.until = Timestamp::default();
            }
        }
    }
}

fn make_room(counts: &mut HashMap<Tag, Count>, now: Timestamp) {
    if counts.len() < MOST_COUNTS {
        return;
    }
    counts.retain(|_, count| now.0.saturating_sub(count.last.0) <= FORGET_MILLIS);
    if counts.len() < MOST_COUNTS {
        return;
    }
    // Whoever fills the table with single failures loses those, not the counts that matter.
    let mut failures: Vec<u32> = counts.values().map(|count| count.failures).collect();
    failures.sort_unstable();
    let median = failures.get(failures.len() / 2).copied().unwrap_or(0);
    let mut surplus = counts.len() / 4;
    counts.retain(|_, count| {
        let goes = surplus > 0 && count.failures <= median;
        surplus -= usize::from(goes);
        !goes
    });
}

/// One subscriber of IPv6 has a whole /64.
fn network(remote: IpAddr) -> IpAddr {
    match remote.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const EVIL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    #[test]
    fn waits_double_up_to_the_longest_and_are_forgotten() {
        let (backoff, tags) = (Backoff::new(3, 10), Tags::new().unwrap());
        let mut now = Timestamp(1_000_000_000);
        for n in 0..3 {
            assert!(backoff.begin(&tags, "anna", EVIL, now).is_ok(), "try {n} is free");
        }
        let mut waits = Vec::new();
        for _ in 0..5 {
            assert!(backoff.begin(&tags, "anna", EVIL, now).is_ok(), "after waiting it goes on");
            let wait = backoff.begin(&tags, "anna", EVIL, now).unwrap_err();
            waits.push(wait);
            now = now.plus_millis(u64::from(wait) * 1000);
        }
        assert_eq!(waits, [2, 4, 8, 10, 10]);
        now = now.plus_millis(FORGET_MILLIS + 1);
        for _ in 0..3 {
            assert!(backoff.begin(&tags, "anna", EVIL, now).is_ok());
        }
    }

    #[test]
    fn others_cannot_lock_the_owner_out_of_a_familiar_address() {
        let (backoff, tags) = (Backoff::new(3, 300), Tags::new().unwrap());
        let now = Timestamp(1_000_000_000);
        let first = backoff.begin(&tags, "anna", HOME, now).unwrap();
        backoff.right(&first, now);
        while backoff.begin(&tags, "anna", EVIL, now).is_ok() {}
        let elsewhere = IpAddr::from([198, 51, 100, 1]);
        assert!(backoff.begin(&tags, "anna", elsewhere, now).is_err(), "the account waits");
        assert!(backoff.begin(&tags, "anna", HOME, now).is_ok(), "the owner does not");
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_and_a_whole_slash_64_is_one_address() {
        let (backoff, tags) = (Backoff::new(3, 300), Tags::new().unwrap());
        let now = Timestamp(1_000_000_000);
        let free = (0..100u16)
            .take_while(|n| {
                let remote = IpAddr::from([0x2001, 0xdb8, 1, 2, *n, 1, 1, *n]);
                backoff.begin(&tags, &format!("user{n}"), remote, now).is_ok()
            })
            .count();
        assert_eq!(free, 13, "3 x 4 are free, the next one is the last");
    }

    #[test]
    fn a_flood_of_names_does_not_grow_the_table_nor_wash_out_a_count() {
        let (backoff, tags) = (Backoff::new(3, 300), Tags::new().unwrap());
        let now = Timestamp(1_000_000_000);
        while backoff.begin(&tags, "anna", EVIL, now).is_ok() {}
        for n in 0..20_000u32 {
            let remote = IpAddr::from(n.to_be_bytes());
            let _ = backoff.begin(&tags, &n.to_string(), remote, now);
        }
        let held = backoff.counts.lock().unwrap().len();
        assert!(held <= MOST_COUNTS + 2, "{held} counts are held");
        assert!(backoff.begin(&tags, "anna", HOME, now).is_err(), "the count was washed out");
    }
}
