//! Any upload: inspected without a panic, and what is served of it is well.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::formats::jcard::to_jcard;
use rolodav::formats::select::{Selector, select};
use rolodav::formats::vcard::{Card, inspect};

fuzz_target!(|bytes: &[u8]| {
    let Ok(first) = inspect(bytes, 10_000, || "given".into()) else { return };
    assert_eq!(first.served.is_some(), !first.findings.is_empty());
    let served = first.served.as_deref().unwrap_or(bytes);
    assert!(std::str::from_utf8(served).is_ok());
    for span in &first.large_values {
        assert!(served.get(span.clone()).is_some());
    }
    let again = inspect(served, usize::MAX, || "other".into()).expect("a served card is a card");
    assert_eq!(again.findings, [], "what is served is flawed");
    assert_eq!((again.uid, again.version), (first.uid, first.version));

    let card = Card::parse(served);
    let _ = (card.kind(), card.members().count(), card.full_name());
    let part = select(served, &[Selector::new("TEL", false), Selector::new("NOTE", true)]);
    assert!(part.len() <= served.len());
    let _ = to_jcard(served);
});
