//! What is in force at a place of an XML document: namespace bindings and the language.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::name::{NS_XML, NS_XMLNS, known_ns};

/// Most bindings one place may see; more have no honest use, and each name is looked up in them.
const BINDINGS_MAX: usize = 128;

/// What one element declares, on top of what its parent does. Elements that declare nothing
/// share their parent's.
pub(super) struct Scope {
    /// The whole document.
    pub source: Arc<str>,
    /// Where the start tag that declares this begins in `source`.
    pub start: u32,
    /// What is in force around that element; `None` outside of the root.
    pub outer: Option<Arc<Self>>,
    /// Prefix (empty for the default namespace) and URI (empty for none).
    pub bindings: Vec<(String, Cow<'static, str>)>,
    /// `xml:lang` of that element.
    pub lang: Option<String>,
}

// === impl Scope ===

impl Scope {
    /// What is in force before anything was declared.
    pub fn document(source: &str) -> Self {
        let source = Arc::from(source);
        Self { source, start: u32::MAX, outer: None, bindings: Vec::new(), lang: None }
    }

    /// An element that begins at `start` within `outer`.
    pub fn inside(outer: &Arc<Self>, start: u32) -> Self {
        Self {
            source: Arc::clone(&outer.source),
            start,
            outer: Some(Arc::clone(outer)),
            bindings: Vec::new(),
            lang: None,
        }
    }

    /// Binds a prefix (Namespaces in XML 1.0 §3); an error says what rule was broken.
    pub fn bind(&mut self, prefix: &str, uri: &str) -> Result<(), &'static str> {
        match (prefix, uri) {
            ("xml", NS_XML) => return Ok(()),
            ("xml" | "xmlns", _) | (_, NS_XML | NS_XMLNS) => {
                return Err("a namespace declaration that touches a reserved prefix");
            }
            ("", _) => {}
            (_, "") => return Err("a prefix that is bound to no namespace"),
            _ => {}
        }
        if self.chain().map(|scope| scope.bindings.len()).sum::<usize>() >= BINDINGS_MAX {
            return Err("too many namespace declarations");
        }
        let uri = known_ns(uri).map_or_else(|| Cow::Owned(uri.to_owned()), Cow::Borrowed);
        self.bindings.push((prefix.to_owned(), uri));
        Ok(())
    }

    /// The URI a prefix is bound to here; `None` for a prefix that is not bound.
    pub fn uri(&self, prefix: &str) -> Option<Cow<'static, str>> {
        if prefix == "xml" {
            return Some(Cow::Borrowed(NS_XML));
        }
        self.visible(prefix).or_else(|| prefix.is_empty().then_some(Cow::Borrowed("")))
    }

    /// This scope and those around it, from the inside out.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |scope| scope.outer.as_deref())
    }

    fn visible(&self, prefix: &str) -> Option<Cow<'static, str>> {
        self.chain()
            .flat_map(|scope| &scope.bindings)
            .find(|(bound, _)| bound == prefix)
            .map(|(_, uri)| uri.clone())
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("bindings", &self.bindings)
            .field("lang", &self.lang)
            .finish_non_exhaustive()
    }
}
