//! PROPFIND's body, and the same choice of properties in reports (RFC 4918 §14.20).

use super::super::xml::{Element, Name};
use super::{expect_root, names_in, within};
use crate::base::{Fault, Limits};

/// Which properties are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropRequest {
    /// Those that everybody wants, and these besides.
    AllProp {
        /// `DAV:include`.
        include: Vec<Name>,
    },
    /// The names of all there are, without values.
    PropName,
    /// These, in this order, each once.
    Prop(Vec<Name>),
}

impl PropRequest {
    /// Reads the body of a PROPFIND; an absent one asks for everything (§9.1).
    pub fn parse(root: Option<&Element>, limits: &Limits) -> Result<Self, Fault> {
        let Some(root) = root else { return Ok(Self::AllProp { include: Vec::new() }) };
        expect_root(root, &Name::dav("propfind"))?;
        Self::within(root, limits)?.ok_or_else(|| {
            Fault::bad_request("The request names neither properties nor all of them.")
        })
    }

    /// Reads the choice among the children of `parent`; `None` when there is none, 400 when
    /// there are several.
    pub fn within(parent: &Element, limits: &Limits) -> Result<Option<Self>, Fault> {
        let has = |local| parent.child(&Name::dav(local)).is_some();
        match (has("prop"), has("allprop"), has("propname")) {
            (false, false, false) => Ok(None),
            (true, false, false) => Ok(Some(Self::Prop(names_in(parent, limits)?))),
            (false, false, true) => Ok(Some(Self::PropName)),
            (false, true, false) => {
                let include = Name::dav("include");
                let include = parent.children_named(&include).flat_map(|element| &element.children);
                let include: Vec<Name> = include.map(|child| child.name.clone()).collect();
                within(include.len(), limits)?;
                Ok(Some(Self::AllProp { include }))
            }
            _ => Err(Fault::bad_request(
                "The request has more than one of DAV:prop, DAV:allprop and DAV:propname.",
            )),
        }
    }
}
