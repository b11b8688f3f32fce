//! What people ask of segments, a hundred times different.

/// The `n`-th of them.
pub fn query(n: usize) -> String {
    match n % 5 {
        0 => format!("city is \"Town {n}\" and last_contact older than 90 days"),
        1 => format!("tagged \"Group {:02}\" and not stage is Customer", n / 2),
        2 => format!("company is \"Company {n}\" or mail ends with \"@company{n}.example.com\""),
        3 => format!("birthday within {n} days and title is \"Title {}\"", n % 10),
        _ => format!("stage is any of (Lead, Partner) and name contains \"given{n} \""),
    }
}
