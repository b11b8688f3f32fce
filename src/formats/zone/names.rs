//! The zones behind the names that programs write into TZID.

use std::sync::OnceLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::windows;

/// The zone of the IANA database that `tzid` stands for.
pub fn resolve(tzid: &str) -> Option<TimeZone> {
    let tzid = tzid.trim().trim_matches('"').trim();
    if let Some(zone) = iana(tzid) {
        return Some(zone);
    }
    if let Some(name) = windows::iana_name(tzid) {
        return iana(name);
    }
    if tzid.contains(' ')
        && let Some(zone) = iana(&tzid.replace(' ', "_"))
    {
        return Some(zone);
    }
    prefixed(tzid)
}

/// The part after a maker's prefix, the longest that is a name. A single word counts only behind
/// a slash in front, which marks a prefix.
fn prefixed(tzid: &str) -> Option<TimeZone> {
    let marked = tzid.starts_with('/');
    let mut rest = tzid;
    // A prefix has two parts and a slash in front; nobody writes more.
    for _ in 0..4 {
        (_, rest) = rest.split_once('/')?;
        if (marked || rest.contains('/'))
            && let Some(zone) = iana(rest)
        {
            return Some(zone);
        }
    }
    None
}

/// The zone of an IANA name, in any case.
fn iana(name: &str) -> Option<TimeZone> {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    // `Etc/Unknown` is how the database spells that it does not know.
    if name.is_empty() || name.len() > 64 || name.eq_ignore_ascii_case("Etc/Unknown") {
        return None;
    }
    DATABASE.get_or_init(TimeZoneDatabase::bundled).get(name).ok()
}
