//! RFC 6352: the properties, reports and preconditions that CardDAV plugs into `dav`.

mod data;
mod groups;
mod memory;
mod object;
mod properties;
pub mod query;
mod segments;

use crate::dav::registry::{Extension, Report};
use crate::dav::resource::On;
use crate::dav::xml::name::Name;

static REPORTS: [Report; 2] = [
    Report {
        name: Name::carddav("addressbook-multiget"),
        on: On::BOOK.and(On::CARD),
        run: crate::dav::multiget::run,
    },
    Report {
        name: Name::carddav("addressbook-query"),
        on: On::BOOK.and(On::CARD),
        run: query::run,
    },
];

static GROUP_CARDS: groups::GroupCards = groups::GroupCards::new();

/// What CardDAV adds to WebDAV.
pub fn extension() -> Extension {
    Extension {
        properties: &properties::PROPERTIES,
        reports: &REPORTS,
        data: &data::ADDRESS_DATA,
        objects: &object::Cards,
        upkeep: Some(&GROUP_CARDS),
        tokens: "addressbook",
    }
}
