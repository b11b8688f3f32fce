//! REPORT's body: which report, and what it asks for (RFC 3253 §3.6).

use super::super::header::Depth;
use super::super::xml::name::NS_DAV;
use super::super::xml::{Element, Name};
use super::{Expand, PrincipalMatch, PrincipalSearch, SyncCollection, names_in};
use crate::base::{Fault, Limits};

/// A report of WebDAV itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// `DAV:sync-collection` (RFC 6578).
    SyncCollection(SyncCollection),
    /// `DAV:expand-property` (RFC 3253).
    ExpandProperty(Vec<Expand>),
    /// `DAV:acl-principal-prop-set` (RFC 3744 §9.2) with the properties wanted.
    AclPrincipalPropSet(Vec<Name>),
    /// `DAV:principal-match` (RFC 3744 §9.3).
    PrincipalMatch(PrincipalMatch),
    /// `DAV:principal-property-search` (RFC 3744 §9.4).
    PrincipalPropertySearch(PrincipalSearch),
    /// `DAV:principal-search-property-set` (RFC 3744 §9.5).
    PrincipalSearchPropertySet,
}

impl Report {
    /// Reads the report that `root` is; `None` for one that is not of WebDAV itself. The
    /// reports about principals are defined for depth 0 only.
    pub fn parse(
        root: &Element,
        depth: Option<Depth>,
        limits: &Limits,
    ) -> Result<Option<Self>, Fault> {
        if root.name.ns != NS_DAV {
            return Ok(None);
        }
        let local = &*root.name.local;
        let about_principals = matches!(
            local,
            "acl-principal-prop-set"
                | "principal-match"
                | "principal-property-search"
                | "principal-search-property-set"
        );
        if about_principals && !matches!(depth, None | Some(Depth::Zero)) {
            return Err(Fault::bad_request(format!("The report {local} takes only Depth: 0.")));
        }
        Ok(Some(match local {
            "sync-collection" => Self::SyncCollection(SyncCollection::parse(root, depth, limits)?),
            "expand-property" => Self::ExpandProperty(Expand::parse(root, limits)?),
            "acl-principal-prop-set" => Self::AclPrincipalPropSet(names_in(root, limits)?),
            "principal-match" => Self::PrincipalMatch(PrincipalMatch::parse(root, limits)?),
            "principal-property-search" => {
                Self::PrincipalPropertySearch(PrincipalSearch::parse(root, limits)?)
            }
            "principal-search-property-set" => Self::PrincipalSearchPropertySet,
            _ => return Ok(None),
        }))
    }
}
