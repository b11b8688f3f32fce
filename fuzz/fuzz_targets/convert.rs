//! Any card: converted both ways without a panic, its identity intact.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::formats::convert::convert;
use rolodav::formats::vcard::{Card, Version, inspect};

fuzz_target!(|bytes: &[u8]| {
    for version in [Version::V30, Version::V40] {
        let _ = convert(bytes, version);
    }
    let Ok(card) = inspect(bytes, 10_000, || "given".into()) else { return };
    let served = card.served.as_deref().unwrap_or(bytes);
    let other = if card.version == Version::V40 { Version::V30 } else { Version::V40 };
    let there = convert(served, other);
    assert_eq!(Card::parse(&there).version(), other);
    assert_eq!(Card::parse(&there).uid(), Some(card.uid.clone()));
    let back = convert(&there, card.version);
    assert_eq!(Card::parse(&back).uid(), Some(card.uid));
});
