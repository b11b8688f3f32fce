//! Uploads: whatever is taken as a card is fit to serve, and what is served needs no repair.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::formats::vcard::inspect::{LARGE_VALUE, needs_escape};
use rolodav::formats::vcard::{Card, Version, inspect, normalize_uid, structured_name};

fuzz_target!(|data: &[u8]| {
    let Ok(seen) = inspect(data, 2000, || "urn:uuid:new".into()) else { return };
    assert_eq!(seen.served.is_some(), !seen.findings.is_empty(), "{:?}", seen.findings);
    let served = seen.served.as_deref().unwrap_or(data);
    assert!(std::str::from_utf8(served).is_ok(), "what is served is not UTF-8");
    assert_eq!(seen.needs_escape, needs_escape(served));
    let mut end = 0;
    for span in &seen.large_values {
        assert!(span.start >= end && span.len() >= LARGE_VALUE && span.end <= served.len());
        end = span.end;
    }

    let card = Card::parse(served);
    assert_eq!(card.uid().as_deref(), Some(&*seen.uid), "the UID in the card");
    assert_eq!(card.full_name().as_deref(), Some(&*seen.full_name), "the FN in the card");
    assert!(!seen.uid.is_empty());
    assert!(matches!(seen.version, Version::V30 | Version::V40));
    assert_eq!(card.version(), seen.version);
    let _ = (card.kind(), card.members().count(), structured_name(&seen.full_name));
    let normal = normalize_uid(&seen.uid);
    assert_eq!(normalize_uid(&normal), normal);

    // What is served is uploaded again by the client that was served it.
    let again = inspect(served, usize::MAX, || "urn:uuid:other".into())
        .unwrap_or_else(|rejection| panic!("what is served is refused: {rejection}"));
    assert_eq!(again.findings, [], "what is served is flawed");
    assert_eq!((again.uid, again.full_name), (seen.uid, seen.full_name));
});
