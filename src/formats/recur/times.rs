//! The times of day of one period: hours, minutes and seconds, each with each.

/// Every combination of the hours, minutes and seconds whose bits are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Bits 0 to 23.
    pub hours: u32,
    /// Bits 0 to 59.
    pub minutes: u64,
    /// Bits 0 to 59.
    pub seconds: u64,
}

impl Times {
    /// How many times of day.
    pub fn len(self) -> u32 {
        self.hours.count_ones() * self.minutes.count_ones() * self.seconds.count_ones()
    }

    /// The `index`-th in order, in seconds from midnight.
    pub fn nth(self, index: u32) -> i64 {
        let seconds = self.seconds.count_ones().max(1);
        let minutes = self.minutes.count_ones().max(1);
        let hour = nth_bit(self.hours.into(), index / seconds / minutes);
        let minute = nth_bit(self.minutes, index / seconds % minutes);
        let second = nth_bit(self.seconds, index % seconds);
        i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
    }

    /// How many lie before `second`, in seconds from midnight.
    pub fn before(self, second: i64) -> u32 {
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let (minutes, seconds) = (self.minutes.count_ones(), self.seconds.count_ones());
        let mut count = below(self.hours.into(), hour) * minutes * seconds;
        if self.hours >> hour & 1 == 1 {
            count += below(self.minutes, minute) * seconds;
            if self.minutes >> minute & 1 == 1 {
                count += below(self.seconds, second);
            }
        }
        count
    }
}

fn below(mask: u64, bit: i64) -> u32 {
    (mask & ((1 << bit) - 1)).count_ones()
}

/// Which bit is the `index`-th of those that are set.
pub fn nth_bit(mut mask: u64, index: u32) -> u32 {
    for _ in 0..index {
        mask &= mask.wrapping_sub(1);
    }
    mask.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_place_agree() {
        let times = Times { hours: 1 << 9 | 1 << 23, minutes: 1 | 1 << 30, seconds: 1 << 5 };
        let all: Vec<_> = (0..times.len()).map(|i| times.nth(i)).collect();
        assert_eq!(all, [9 * 3600 + 5, 9 * 3600 + 1805, 23 * 3600 + 5, 23 * 3600 + 1805]);
        for second in 0..86_400 {
            let wanted = all.iter().filter(|at| **at < second).count();
            assert_eq!(times.before(second) as usize, wanted, "{second}");
        }
    }
}
