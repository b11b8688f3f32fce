//! How a collection looks in a list: the colour and order that Apple's clients keep, and others
//! with them. Books and calendars alike.

use super::registry::{LiveProperty, Needs, Write};
use super::resource::{Node, On};
use super::view::View;
use super::xml::element::Element;
use super::xml::name::Name;
use super::xml::write::XmlOut;
use crate::base::Fault;
use crate::store::collection::Collection;

const fn written(
    name: Name,
    read: fn(&View<'_>, &mut XmlOut) -> bool,
    write: fn(&mut Collection, Option<&Element>) -> Result<(), Fault>,
) -> LiveProperty {
    LiveProperty {
        name,
        on: On::COLLECTIONS,
        in_allprop: false,
        needs: Needs::NONE,
        read,
        write: Write::Collection(write),
    }
}

/// All of them.
pub static PROPERTIES: [LiveProperty; 3] = [
    written(Name::ical("calendar-color"), color, set_color),
    written(Name::new("http://inf-it.com/ns/ab/", "addressbook-color"), color, set_color),
    written(Name::ical("calendar-order"), order, set_order),
];

fn color(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Node::Collection(node) = view.node else { return false };
    let Some(color) = &node.collection().color else { return false };
    out.text(color);
    true
}

fn set_color(collection: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let text = value.map(|element| element.text.trim().to_owned());
    if text.as_ref().is_some_and(|text| text.len() > 64) {
        return Err(Fault::conflict("A colour is written as #RRGGBB."));
    }
    collection.color = text;
    Ok(())
}

fn order(view: &View<'_>, out: &mut XmlOut) -> bool {
    let Node::Collection(node) = view.node else { return false };
    let Some(order) = node.collection().order else { return false };
    out.text(&order.to_string());
    true
}

fn set_order(collection: &mut Collection, value: Option<&Element>) -> Result<(), Fault> {
    let number = |element: &Element| {
        element.text.trim().parse().map_err(|_| Fault::conflict("The order is a whole number."))
    };
    collection.order = value.map(number).transpose()?;
    Ok(())
}
