//! WebDAV itself: paths, headers, methods, properties, ACL, sync; knows no vCard.

pub mod error;
pub mod header;
pub mod path;
pub mod request;
pub mod xml;
