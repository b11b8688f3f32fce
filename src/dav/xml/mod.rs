//! XML on the wire: expanded names, request bodies in, answers out.

mod characters;
pub mod element;
mod encoding;
mod malformed;
pub mod name;
pub mod read;
mod scope;
pub mod write;

pub use element::Element;
pub use name::Name;
pub use read::parse;
pub use write::XmlOut;
