//! Numbers with what they count.

use std::fmt::Display;

/// `1 card` or `2 cards`.
pub fn counted(count: impl Display, one: &str, several: &str) -> String {
    let count = count.to_string();
    let what = if count == "1" { one } else { several };
    format!("{count} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_one() {
        for (count, wanted) in
            [(0, "0 people"), (1, "1 person"), (2, "2 people"), (11, "11 people")]
        {
            assert_eq!(counted(count, "person", "people"), wanted);
        }
    }
}
