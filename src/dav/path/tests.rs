//! Addresses: what is taken, what is refused, and that each has one spelling.

use proptest::prelude::*;

use super::*;

fn id(text: &str) -> PrincipalId {
    PrincipalId::parse(text).expect("an id")
}

fn object(text: &str) -> ObjectName {
    ObjectName::parse(text).expect("a name")
}

fn card(name: &str) -> Address {
    Address::Member {
        kind: Kind::AddressBook,
        owner: id("anna"),
        collection: object("contacts"),
        name: object(name),
    }
}

#[test]
fn reads_every_kind_of_address() {
    let book = Address::Collection {
        kind: Kind::AddressBook,
        owner: id("anna"),
        name: object("contacts"),
    };
    let calendar =
        Address::Collection { kind: Kind::Calendar, owner: id("anna"), name: object("office") };
    let event = Address::Member {
        kind: Kind::Calendar,
        owner: id("anna"),
        collection: object("office"),
        name: object("1.ics"),
    };
    for (path, expected) in [
        ("/", Address::Root),
        ("*", Address::Root),
        ("/dav", Address::DavRoot),
        ("/dav/", Address::DavRoot),
        ("/.well-known/carddav", Address::WellKnown(Service::CardDav)),
        ("/.well-known/caldav/", Address::WellKnown(Service::CalDav)),
        ("/dav/principals", Address::PrincipalCollection),
        ("/dav/principals/anna/", Address::Principal(id("anna"))),
        ("/dav/principals/anna", Address::Principal(id("anna"))),
        ("/dav/addressbooks/", Address::Homes(Kind::AddressBook)),
        ("/dav/addressbooks/anna", Address::Home(Kind::AddressBook, id("anna"))),
        ("/dav/addressbooks/anna/contacts", book.clone()),
        ("/dav/%61ddressbooks/anna/%63ontacts/", book),
        ("/dav/addressbooks/anna/contacts/a.vcf", card("a.vcf")),
        ("/dav/addressbooks/anna/contacts/a%2Evcf/", card("a.vcf")),
        ("/dav/addressbooks/anna/contacts/é@b c.vcf", card("é@b c.vcf")),
        ("/dav/addressbooks/anna/contacts/%C3%A9%40b%20c.vcf", card("é@b c.vcf")),
        ("/dav/addressbooks/anna/contacts/100%.vcf", card("100%.vcf")),
        ("/dav/addressbooks/anna/contacts/a%252Fb.vcf", card("a%2Fb.vcf")),
        ("/dav/calendars/", Address::Homes(Kind::Calendar)),
        ("/dav/calendars/anna/", Address::Home(Kind::Calendar, id("anna"))),
        ("/dav/calendars/anna/office/", calendar),
        ("/dav/calendars/anna/office/1.ics", event),
        ("/dav/addressbooks/Anna%40example.org/", Address::Unknown),
        ("/dav/addressbooks/anna/contacts/a/b", Address::Unknown),
        ("/dav/nothing/", Address::Unknown),
        ("/DAV/", Address::Unknown),
        ("/remote.php/dav", Address::Unknown),
    ] {
        assert_eq!(Address::parse(path).expect(path), expected, "{path}");
    }
}

#[test]
fn refuses_what_could_be_read_in_two_ways() {
    let long_segment = format!("/dav/{}", "a".repeat(SEGMENT_MAX + 1));
    let long_path = "/dav".repeat(PATH_MAX / 4 + 1);
    let long_name = format!("/dav/addressbooks/anna/contacts/{}", "a".repeat(256));
    for (path, status) in [
        ("", 400),
        ("dav/", 400),
        ("http://example.org/dav/", 400),
        ("//", 400),
        ("//dav/", 400),
        ("/dav//principals/", 400),
        ("/dav/principals/anna//", 400),
        ("/dav/./principals/", 400),
        ("/dav/../etc/passwd", 400),
        ("/dav/addressbooks/anna/contacts/..", 400),
        ("/dav/addressbooks/anna/contacts/%2e%2E/", 400),
        ("/dav/addressbooks/anna/contacts/a%2Fb", 400),
        ("/dav/addressbooks/anna/contacts/a%5cb", 400),
        ("/dav/addressbooks/anna/contacts/a\\b", 400),
        ("/dav/addressbooks/anna/contacts/a%00.vcf", 400),
        ("/dav/addressbooks/anna/contacts/a%0D%0Ab", 400),
        ("/dav/addressbooks/anna/contacts/%FF%FE", 400),
        ("/dav/addressbooks/anna/contacts/%C0%AE%C0%AE", 400),
        (&long_segment, 400),
        (&long_path, 400),
        (&long_name, 404),
    ] {
        let fault = Address::parse(path).expect_err(path);
        assert_eq!(fault.status, status, "{path}: {fault}");
    }
}

#[test]
fn reads_hrefs_with_and_without_host() {
    for href in [
        "/dav/addressbooks/anna/contacts/a.vcf",
        " https://other.example:8443/dav/addressbooks/anna/contacts/a.vcf\n",
        "HTTP://h/dav/addressbooks/anna/contacts/a.vcf?x=/y#z",
    ] {
        assert_eq!(Address::parse_href(href).expect(href), card("a.vcf"), "{href}");
    }
    assert_eq!(Address::parse_href("https://example.org").expect("no path"), Address::Root);
    for bad in ["", "a.vcf", "mailto:anna@example.org", "ftp://h/dav/"] {
        assert_eq!(Address::parse_href(bad).expect_err(bad).status, 400);
    }
}

#[test]
fn hrefs_leave_nothing_unencoded_that_clients_treat_differently() {
    let href = card("ü @+:'(~_-.vcf").href();
    assert_eq!(href, "/dav/addressbooks/anna/contacts/%C3%BC%20%40%2B%3A%27%28~_-.vcf");
}

fn segment() -> impl Strategy<Value = ObjectName> {
    any::<String>().prop_filter_map("no name", |text| {
        (!text.contains('\\')).then(|| ObjectName::parse(&text)).flatten()
    })
}

fn address() -> impl Strategy<Value = Address> {
    let owner =
        "[a-z0-9][a-z0-9._-]{0,63}".prop_filter_map("no id", |text| PrincipalId::parse(&text));
    (owner, segment(), segment(), 0..9_u8).prop_map(|(owner, first, second, kind)| match kind {
        0 => Address::DavRoot,
        1 => Address::Principal(owner),
        2 => Address::Home(Kind::AddressBook, owner),
        3 => Address::Collection { kind: Kind::AddressBook, owner, name: first },
        4 => Address::Member { kind: Kind::AddressBook, owner, collection: first, name: second },
        5 => Address::Home(Kind::Calendar, owner),
        6 => Address::Collection { kind: Kind::Calendar, owner, name: first },
        7 => Address::Member { kind: Kind::Calendar, owner, collection: first, name: second },
        _ => Address::WellKnown(Service::CalDav),
    })
}

proptest! {
    #[test]
    fn an_href_leads_back_to_its_address(address in address()) {
        let href = address.href();
        prop_assert!(href.bytes().all(|b| b.is_ascii_alphanumeric() || b"/%-._~".contains(&b)));
        prop_assert_eq!(Address::parse(&href).expect("own href"), address);
    }

    #[test]
    fn the_listing_path_writes_the_same_href(name in segment()) {
        let book = Address::Collection { kind: Kind::AddressBook, owner: id("anna"), name: object("contacts") };
        let mut out = Vec::new();
        member_href(&book.href(), name.as_str(), &mut out);
        prop_assert_eq!(String::from_utf8(out).expect("ASCII"), card(name.as_str()).href());
    }

    #[test]
    fn any_path_is_answered(path in "(/dav/addressbooks/anna/)?(\\PC|/|%|\\.|%[0-9a-f]{2}|\0)*") {
        if let Ok(address) = Address::parse(&path) && address != Address::Unknown {
            prop_assert_eq!(Address::parse(&address.href()).expect("canonical"), address);
        }
        let _ = Address::parse_href(&path);
    }
}
