//! The properties of RFC 6352 §6.2 and §7.1, and those of Apple's clients.

use crate::dav::path::Address;
use crate::dav::registry::{LiveProperty, Needs, Write};
use crate::dav::resource::{Node, On};
use crate::dav::view::View;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::store::collection::Kind;

const fn protected(name: Name, on: On, read: fn(&View<'_>, &mut XmlOut) -> bool) -> LiveProperty {
    LiveProperty { name, on, in_allprop: false, needs: Needs::NONE, read, write: Write::Protected }
}

const fn kept(name: Name, on: On) -> LiveProperty {
    LiveProperty {
        name,
        on,
        in_allprop: false,
        needs: Needs::NONE,
        read: |_, _| false,
        write: Write::Kept,
    }
}

/// All of them.
pub static PROPERTIES: [LiveProperty; 8] = [
    protected(
        Name::carddav("addressbook-home-set"),
        On::PRINCIPAL.and(On::ROOT),
        addressbook_home_set,
    ),
    protected(Name::cs("email-address-set"), On::PRINCIPAL, email_address_set),
    protected(Name::carddav("supported-address-data"), On::BOOK, supported_address_data),
    protected(Name::carddav("supported-collation-set"), On::BOOK, supported_collation_set),
    protected(Name::carddav("max-resource-size"), On::BOOK.and(On::BOOK_HOME), max_resource_size),
    protected(Name::carddav("max-image-size"), On::BOOK.and(On::BOOK_HOME), max_resource_size),
    // As it was written, for its language is part of it.
    kept(Name::carddav("addressbook-description"), On::BOOK),
    // macOS writes which card is the user's own.
    kept(Name::cs("me-card"), On::BOOK_HOME),
];

/// Exactly one href: several break Apple's clients.
fn addressbook_home_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    let owner = match view.node {
        Node::Principal(principal) if principal.is_group => return false,
        Node::Principal(principal) => principal.id.clone(),
        // Asked of the root while an account is set up.
        _ => view.scope.identity.principal.clone(),
    };
    out.href(&Address::Home(Kind::AddressBook, owner).href());
    true
}

fn email_address_set(view: &View<'_>, out: &mut XmlOut) -> bool {
    if let Node::Principal(principal) = view.node
        && let Some(mail) = &principal.mail
    {
        out.element(&Name::cs("email-address"), mail);
    }
    true
}

fn supported_address_data(_: &View<'_>, out: &mut XmlOut) -> bool {
    for (content_type, version) in
        [("text/vcard", "3.0"), ("text/vcard", "4.0"), ("application/vcard+json", "4.0")]
    {
        out.empty_with(
            &Name::carddav("address-data-type"),
            &[("content-type", content_type), ("version", version)],
        );
    }
    true
}

fn supported_collation_set(_: &View<'_>, out: &mut XmlOut) -> bool {
    for collation in ["i;ascii-casemap", "i;unicode-casemap", "i;octet"] {
        out.element(&Name::carddav("supported-collation"), collation);
    }
    true
}

fn max_resource_size(view: &View<'_>, out: &mut XmlOut) -> bool {
    out.text(&view.scope.limits().card_bytes.to_string());
    true
}
