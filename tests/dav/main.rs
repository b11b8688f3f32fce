//! WebDAV and CardDAV as clients see them, on the real program over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::disallowed_methods)]
// Requests are put together once; a table's type says nothing that its rows do not.
#![allow(clippy::format_collect, clippy::type_complexity)]

mod apple;
mod availability;
mod birthdays;
mod calendar_query;
mod calendar_shares;
mod calendar_trash;
mod calendars;
mod collections;
mod company;
mod conditions;
mod copy_move;
mod delegation;
mod desk;
mod discovery;
mod expand;
mod export;
mod feeds;
mod fields;
mod flawed_cards;
mod history;
mod hostile_bodies;
mod hostile_calendars;
mod hostile_heads;
mod hostile_layer;
mod hostile_xml;
mod mail;
mod memory;
mod merges;
mod merges_apart;
mod methods;
mod mkcol;
mod multiget;
mod multistatus;
mod partial;
mod principals;
mod privacy;
mod propfind;
mod proppatch;
mod put;
mod query;
mod quota;
mod scheduling;
mod scheduling_rules;
mod segments;
mod shares;
mod side_doors;
#[path = "../support/source.rs"]
mod source;
mod storage;
mod subscriptions;
#[path = "../support/mod.rs"]
mod support;
mod sync;
mod versions;
mod views;
mod wishes;
