//! The properties of RFC 6352 §6.2 and §7.1, and those of Apple's clients.

use crate::base::Fault;
use crate::dav::path::Address;
use crate::dav::registry::{LiveProperty, Needs, Write};
use crate::dav::resource::{Node, On};
use crate::dav::view::View;
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::dav::xml::write::XmlOut;
use crate::store::collection::Collection;

const fn protected(name: Name, on: On, read: fn(&View<'_>, &mut XmlOut) -> bool) -> LiveProperty {
    LiveProperty { name, on, in_allprop: false, needs: Needs::NONE, read, write: Write::Protected }
}

const fn written(
    name: Name,
    read: fn(&View<'_>, &mut XmlOut) -> bool,
    write: fn(&mut Collection, Option<&Element>) -> Result<(), Fault>,
) -> LiveProperty {
    LiveProperty {
        name,
        on: On::BOOK,
        in_allprop: false,
        needs: Needs::NONE,
        read,
        write: Write::Collection(write),
    }
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
pub static PROPERTIES: [LiveProperty; 11] = [
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
    written(Name::ical("calendar-color"), color, set_color),
    written(Name::new("http://inf-it.com/ns/ab/", "addressbook-color"), color, set_color),
    written(Name::ical("calendar-order"), order, set_order),
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
    out.href(&Address::BookHome(owner).href());
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

fn color(view: &View<'_>, out: &mut XmlOut) -> bool {
    written_text(view, out, |book| book.color.as_deref())
}

fn set_color(book: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let text = value.map(|element| element.text.trim().to_owned());
    if text.as_ref().is_some_and(|text| text.len() > 64) {
        return Err(Fault::conflict("A colour is written as #RRGGBB."));
    }
    book.color = text;
    Ok(())
}

fn order(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Node::Collection(book) = view.node else { return false };
    let Some(order) = book.collection().order else { return false };
    out.text(&order.to_string());
    true
}

fn set_order(book: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    book.order = match value {
        None => None,
        Some(element) => Some(
            element
                .text
                .trim()
                .parse()
                .map_err(|_| Fault::conflict("The order is a whole number."))?,
        ),
    };
    Ok(())
}

fn written_text(view: &View<'_>, out: &mut XmlOut, of: fn(&Collection) -> Option<&str>) -> bool {
    let Node::Collection(book) = view.node else { return false };
    let Some(text) = of(book.collection()) else { return false };
    out.text(text);
    true
}
