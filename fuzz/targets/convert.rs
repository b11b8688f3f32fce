//! Conversion between versions of vCard, to jCard and to JSContact: the card stays the same card,
//! and what was converted once is stable and no change.
#![no_main]

use std::str::from_utf8;

use libfuzzer_sys::fuzz_target;
use rolodav::formats::convert::convert;
use rolodav::formats::difference::cards;
use rolodav::formats::jcard::to_jcard;
use rolodav::formats::jscontact::to_jscontact;
use rolodav::formats::vcard::{Card, Version, inspect};

fuzz_target!(|data: &[u8]| {
    // Whatever is stored went through the inspection; what did not must do no harm.
    let _ = (convert(data, Version::V30), convert(data, Version::V40), to_jcard(data));
    let Ok(seen) = inspect(data, 2000, || "urn:uuid:new".into()) else { return };
    let stored = seen.served.as_deref().unwrap_or(data);
    for to in [Version::V30, Version::V40] {
        let converted = convert(stored, to);
        assert!(from_utf8(&converted).is_ok(), "the converted card is not UTF-8");
        let card = Card::parse(&converted);
        assert_eq!(card.version(), to);
        assert_eq!(card.uid().as_deref(), Some(&*seen.uid), "another UID");
        assert_eq!(card.full_name().as_deref(), Some(&*seen.full_name), "another name");
        assert_eq!(convert(&converted, to), converted, "converted to what it is");
        let again = inspect(&converted, usize::MAX, || "urn:uuid:other".into());
        let again = again.unwrap_or_else(|rejection| panic!("refused: {rejection}"));
        assert_eq!(again.findings, [], "a converted card is flawed");
    }
    jcard_is_json_of_the_same_card(stored, &seen.uid);
    let told = to_jscontact(stored, &seen.uid);
    assert!(told.get("uid").is_some_and(|uid| uid.is_string()), "JSContact without identity");
    let changes = cards(stored, &convert(stored, Version::V40), &|_| None);
    assert_eq!(changes, [], "what was converted is told as changed");
    let control =
        cards(data, stored, &|_| None).into_iter().find(|c| c.words.contains(char::is_control));
    assert_eq!(control, None, "words are no single line");
});

fn jcard_is_json_of_the_same_card(stored: &[u8], uid: &str) {
    let json: serde_json::Value =
        serde_json::from_slice(&to_jcard(stored)).expect("jCard is not JSON");
    assert_eq!(json[0], "vcard");
    let properties = json[1].as_array().expect("a list of properties");
    assert_eq!(properties[0][0], "version");
    for property in properties {
        let parts = property.as_array().expect("a property is a list");
        assert!(parts.len() >= 4 && parts[0].is_string() && parts[1].is_object(), "{property}");
    }
    let found = properties.iter().find(|p| p[0] == "uid").and_then(|p| p[3].as_str());
    // A URI, which a UID is in 4.0, has no escapes; as text of 3.0 it may have had some.
    if !found.is_some_and(|uid| uid.contains('\\')) {
        assert_eq!(found.map(str::trim), Some(uid), "the UID in jCard");
    }
}
