//! `DAV:expand-property` (RFC 3253 §3.8).

use super::super::xml::name::NS_DAV;
use super::super::xml::{Element, Name};
use super::within;
use crate::base::{Fault, Limits};

/// How many times an href is followed at most.
const LEVELS_MAX: usize = 6;

/// A property that is wanted, and what is wanted of the resources its hrefs lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expand {
    /// The property.
    pub name: Name,
    /// Empty: its value as it is.
    pub children: Vec<Self>,
}

impl Expand {
    /// Reads the report. 400 when it nests too deep or names what cannot be a property, 413
    /// when it names too many.
    pub fn parse(root: &Element, limits: &Limits) -> Result<Vec<Self>, Fault> {
        level(root, LEVELS_MAX, &mut 0, limits)
    }
}

fn level(
    parent: &Element,
    levels: usize,
    count: &mut usize,
    limits: &Limits,
) -> Result<Vec<Expand>, Fault> {
    let property = Name::dav("property");
    let mut wanted = Vec::new();
    for child in parent.children_named(&property) {
        *count += 1;
        within(*count, limits)?;
        if levels == 0 {
            let message = format!("DAV:property elements nest deeper than {LEVELS_MAX}.");
            return Err(Fault::bad_request(message));
        }
        let local = child.attr("name").unwrap_or_default();
        let Some(name) = Name::checked(child.attr("namespace").unwrap_or(NS_DAV), local) else {
            return Err(Fault::bad_request("A DAV:property has no name that a property can have."));
        };
        wanted.push(Expand { name, children: level(child, levels - 1, count, limits)? });
    }
    Ok(wanted)
}
