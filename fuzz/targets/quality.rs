//! What is found on a card and tidied of it: whatever the card is, what is told is bounded, a clean-up is
//! done at once, and taken back it is the same byte for byte.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use rolodav::base::ETag;
use rolodav::contacts::normal::{Region, mail_flaw};
use rolodav::contacts::quality::clean::{take_back, tidy};
use rolodav::contacts::quality::{Cleanup, Look, said};

fuzz_target!(|data: &[u8]| {
    let region = Region::named("DE");
    if let Some(look) = Look::at(data, region) {
        assert!(look.score <= 100);
        assert!(look.findings.told().len() <= 64);
        for finding in look.findings.told() {
            assert!(look.findings.kinds().has(finding.kind));
            assert!(!finding.value.contains(char::is_control), "{finding:?}");
        }
    }
    let all: BTreeSet<Cleanup> = Cleanup::ALL.into_iter().collect();
    if let Some(tidied) = tidy(data, region, &all) {
        let tag = ETag::of(&tidied.card);
        assert!(take_back(&tidied.card, &tidied.patches, tag) == (data.to_vec(), 0));
        assert!(tidy(&tidied.card, region, &all).is_none(), "there is more to do");
    }
    let text = String::from_utf8_lossy(data);
    if let Some(suggestion) = mail_flaw::flaw(&text).and_then(|flawed| flawed.suggestion) {
        assert!(mail_flaw::flaw(&suggestion).is_none(), "{suggestion:?} is flawed");
    }
    assert_eq!(said(data), said(data));
});
