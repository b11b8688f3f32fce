//! The bodies of the reports about principals (RFC 3744 §9.3 and §9.4).

use super::super::xml::{Element, Name};
use super::{names_in, within};
use crate::base::{Fault, Limits};

/// `DAV:principal-match`: which resources below this one are, or name, the caller?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalMatch {
    /// The property that must lead to the caller; `None` asks for the caller's own principals.
    pub property: Option<Name>,
    /// The properties wanted of each.
    pub props: Vec<Name>,
}

/// `DAV:principal-property-search`: which principals have such properties?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalSearch {
    /// What is looked for.
    pub criteria: Vec<Criterion>,
    /// One criterion is enough (`test="anyof"`, as Apple's clients ask); otherwise all count.
    pub any: bool,
    /// Look in the collections of `DAV:principal-collection-set`, not below this resource.
    pub in_principal_collections: bool,
    /// The properties wanted of each principal found.
    pub props: Vec<Name>,
}

/// A text that each of some properties must contain, whatever its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// The properties.
    pub properties: Vec<Name>,
    /// The text.
    pub text: String,
}

impl PrincipalMatch {
    /// Reads the report.
    pub fn parse(root: &Element, limits: &Limits) -> Result<Self, Fault> {
        let own = root.child(&Name::dav("self")).is_some();
        let property = root.child(&Name::dav("principal-property"));
        let property = match (own, property.map(|property| property.children.first())) {
            (true, None) => None,
            (false, Some(Some(named))) => Some(named.name.clone()),
            _ => {
                return Err(Fault::bad_request(
                    "DAV:principal-match takes either DAV:self or one DAV:principal-property.",
                ));
            }
        };
        Ok(Self { property, props: names_in(root, limits)? })
    }
}

impl PrincipalSearch {
    /// Reads the report. 400 without a criterion.
    pub fn parse(root: &Element, limits: &Limits) -> Result<Self, Fault> {
        let search = Name::dav("property-search");
        let mut criteria = Vec::new();
        let mut count = 0;
        for element in root.children_named(&search) {
            let properties = names_in(element, limits)?;
            count += properties.len();
            within(count, limits)?;
            let text = element.child(&Name::dav("match")).map(|text| text.trimmed().to_owned());
            let Some(text) = text.filter(|_| !properties.is_empty()) else {
                return Err(Fault::bad_request(
                    "A DAV:property-search lacks its DAV:prop or its DAV:match.",
                ));
            };
            criteria.push(Criterion { properties, text });
        }
        if criteria.is_empty() {
            return Err(Fault::bad_request("The search names nothing to look for."));
        }
        let everywhere = Name::dav("apply-to-principal-collection-set");
        Ok(Self {
            criteria,
            any: root.attr("test") == Some("anyof"),
            in_principal_collections: root.child(&everywhere).is_some(),
            props: names_in(root, limits)?,
        })
    }
}
