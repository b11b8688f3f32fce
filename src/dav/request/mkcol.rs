//! The body of an extended MKCOL (RFC 5689 §5.1) and of MKCALENDAR (RFC 4791 §9.2).

use super::super::xml::{Element, Name};
use super::within;
use crate::base::{Fault, Limits};

/// A collection to be made, with its first properties.
#[derive(Debug, Clone)]
pub struct MkCol {
    /// The root was `CAL:mkcalendar`, which implies the resource type.
    pub calendar: bool,
    /// The property elements in order.
    pub properties: Vec<Element>,
}

impl MkCol {
    /// Reads a `DAV:mkcol` or `CAL:mkcalendar`; any other root is a body that MKCOL does not
    /// know, 415 (RFC 4918 §9.3).
    pub fn parse(root: Element, limits: &Limits) -> Result<Self, Fault> {
        let calendar = root.name == Name::caldav("mkcalendar");
        if !calendar && root.name != Name::dav("mkcol") {
            let message = format!("A collection cannot be made from {}.", root.name);
            return Err(Fault::new(415, message));
        }
        let (set, prop) = (Name::dav("set"), Name::dav("prop"));
        let sets = root.children.into_iter().filter(|child| child.name == set);
        let props = sets.flat_map(|set| set.children).filter(|child| child.name == prop);
        let properties: Vec<Element> = props.flat_map(|prop| prop.children).collect();
        within(properties.len(), limits)?;
        Ok(Self { calendar, properties })
    }

    /// The types in `DAV:resourcetype`; `None` when the request does not name it.
    pub fn resource_types(&self) -> Option<Vec<&Name>> {
        let name = Name::dav("resourcetype");
        let element = self.properties.iter().rfind(|property| property.name == name)?;
        Some(element.children.iter().map(|child| &child.name).collect())
    }
}
