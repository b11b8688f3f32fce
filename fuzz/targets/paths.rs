//! Addresses: what names a resource names the same one once it is written again, and nothing
//! leads out of its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolodav::dav::path::{Address, member_href};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for address in [Address::parse(text), Address::parse_href(text)].into_iter().flatten() {
        let href = address.href();
        if address == Address::Unknown {
            assert!(href.is_empty());
            continue;
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%/".contains(&b);
        assert!(href.starts_with('/') && href.bytes().all(plain), "{href:?}");
        assert!(!href.split('/').any(|part| part == ".." || part == "."), "{href:?}");
        for spelled in
            [href.clone(), format!("https://host.example{href}?q#f"), format!(" {href}\n")]
        {
            assert_eq!(Address::parse_href(&spelled).ok().as_ref(), Some(&address), "{spelled:?}");
        }
        assert_eq!(Address::parse(&href).ok().as_ref(), Some(&address), "{href:?}");
        if let Address::Member { kind, owner, collection, name } = &address {
            let (kind, owner, name_of) = (*kind, owner.clone(), collection.clone());
            let collection = Address::Collection { kind, owner, name: name_of };
            let mut member = Vec::new();
            member_href(&collection.href(), name.as_str(), &mut member);
            assert_eq!(member, href.as_bytes(), "two ways of writing one member");
        }
    }
});
