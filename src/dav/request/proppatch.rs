//! PROPPATCH's body (RFC 4918 §14.19).

use super::super::xml::{Element, Name};
use super::{expect_root, within};
use crate::base::{Fault, Limits};

/// One instruction; they are carried out in the order they stand in, all or none (§9.2).
#[derive(Debug, Clone)]
pub enum Change {
    /// Gives a property this value, whatever it had.
    Set {
        /// The property.
        name: Name,
        /// Its element, which is its value.
        element: Element,
    },
    /// Takes a property away; no fault if it is not there.
    Remove(Name),
}

impl Change {
    /// Reads the instructions of a `DAV:propertyupdate`. Without any of them it is 400; empty
    /// ones are fine and change nothing.
    pub fn parse(root: Element, limits: &Limits) -> Result<Vec<Self>, Fault> {
        expect_root(&root, &Name::dav("propertyupdate"))?;
        let (set, remove, prop) = (Name::dav("set"), Name::dav("remove"), Name::dav("prop"));
        let mut changes = Vec::new();
        let mut instructed = false;
        for instruction in root.children {
            let sets = instruction.name == set;
            if !sets && instruction.name != remove {
                continue;
            }
            instructed = true;
            let props = instruction.children.into_iter().filter(|child| child.name == prop);
            for element in props.flat_map(|prop| prop.children) {
                within(changes.len() + 1, limits)?;
                let name = element.name.clone();
                changes.push(if sets { Self::Set { name, element } } else { Self::Remove(name) });
            }
        }
        if !instructed {
            return Err(Fault::bad_request("The request neither sets nor removes a property."));
        }
        Ok(changes)
    }

    /// The property that is changed.
    pub fn name(&self) -> &Name {
        match self {
            Self::Set { name, .. } | Self::Remove(name) => name,
        }
    }
}
