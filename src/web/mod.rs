//! What people's programs read without WebDAV.

pub mod feeds;
