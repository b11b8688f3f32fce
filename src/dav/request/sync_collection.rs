//! `DAV:sync-collection` (RFC 6578 §6.1).

use super::super::header::Depth;
use super::super::xml::{Element, Name};
use super::names_in;
use crate::base::{Fault, Limits};

/// What changed since a token?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncCollection {
    /// The token of the client's last sync; empty for the first one.
    pub token: String,
    /// How far down.
    pub level: SyncLevel,
    /// The most changes the client takes at once.
    pub limit: Option<u64>,
    /// The properties wanted of each changed member.
    pub props: Vec<Name>,
}

/// `DAV:sync-level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncLevel {
    /// The members of the collection.
    One,
    /// Everything below the collection.
    Infinite,
}

impl SyncCollection {
    /// Reads the report. The level of clients that do not name it is in the `Depth` header;
    /// otherwise the header says nothing (it ought to be 0, and some send 1).
    pub fn parse(root: &Element, depth: Option<Depth>, limits: &Limits) -> Result<Self, Fault> {
        let Some(token) = root.child(&Name::dav("sync-token")) else {
            return Err(Fault::bad_request(
                "The request has no DAV:sync-token, not even an empty one.",
            ));
        };
        let named = root.child(&Name::dav("sync-level")).map(Element::trimmed);
        let level = match (named, depth) {
            (Some("1"), Some(Depth::Infinity)) => {
                return Err(Fault::bad_request("Depth: infinity contradicts DAV:sync-level 1."));
            }
            (Some("infinite" | "infinity"), _) | (None, Some(Depth::Infinity)) => {
                SyncLevel::Infinite
            }
            (Some("1") | None, _) => SyncLevel::One,
            (Some(_), _) => {
                return Err(Fault::bad_request("DAV:sync-level is neither 1 nor infinite."));
            }
        };
        let limit = match root.child(&Name::dav("limit")).map(|l| l.child(&Name::dav("nresults"))) {
            None => None,
            Some(nresults) => match nresults.map(|n| n.trimmed().parse::<u64>()) {
                Some(Ok(count)) if count > 0 => Some(count),
                _ => return Err(Fault::bad_request("DAV:nresults is not a positive number.")),
            },
        };
        let token = token.trimmed().to_owned();
        Ok(Self { token, level, limit, props: names_in(root, limits)? })
    }
}
