//! XML on the wire: expanded names, request bodies in, answers out.

pub mod name;
pub mod write;

pub use name::Name;
pub use write::XmlOut;
