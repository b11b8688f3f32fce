//! XML requests: a body becomes a tree, if it is well-formed and within bounds.
//!
//! The tokenizer leaves much of well-formedness to its caller (one root, bound prefixes, names,
//! characters, everything closed), and its own namespace reader takes URIs as they are spelled,
//! references unresolved. Both are done here, because property elements are stored and sent to
//! other clients inside answers that one bad element would spoil.

use std::borrow::Cow;
use std::sync::Arc;

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesDecl, BytesPI, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::characters::{is_char, is_ncname};
use super::element::Element;
use super::encoding::decode;
use super::malformed::malformed;
use super::name::{NS_XML, Name};
use super::scope::Scope;
use crate::base::{Condition, Fault, Limits};

/// Most attributes of one element; more have no honest use.
const ATTRIBUTES_MAX: usize = 64;

/// Reads a document. 400 when it is not well-formed or too deep, 413 when it is too large or
/// has too many elements and attributes, 403 `DAV:no-external-entities` (RFC 4918 §17.4) for a
/// document type, which is never read.
pub fn parse(body: &[u8], limits: &Limits) -> Result<Element, Fault> {
    if body.len() as u64 > limits.xml_bytes {
        return Err(Fault::too_large(limits.xml_bytes));
    }
    let source = decode(body)?;
    // Places in the document are kept in 32 bits.
    if u32::try_from(source.len()).is_err() {
        return Err(Fault::too_large(u64::from(u32::MAX)));
    }
    // The tokenizer would pass over a second byte order mark and count places without it.
    if source.starts_with('\u{FEFF}') {
        return Err(malformed(&source, 0, "text outside of the root element"));
    }
    let mut reader = Reader::from_str(&source);
    reader.config_mut().check_comments = true;
    let tree = Tree {
        source: &source,
        limits,
        document: Arc::new(Scope::document(&source)),
        open: Vec::new(),
        root: None,
        nodes: 0,
        copied: 0,
        at: 0,
    };
    tree.grow(reader)
}

/// Attributes by the names they are spelled with.
type Spelled<'t> = Vec<(&'t str, String)>;

/// The tree while it grows.
struct Tree<'a> {
    source: &'a str,
    limits: &'a Limits,
    document: Arc<Scope>,
    /// The elements whose end tag is yet to come, the root first.
    open: Vec<Element>,
    root: Option<Element>,
    /// Elements and attributes so far.
    nodes: usize,
    /// Bytes of namespace URIs that were copied into names.
    copied: u64,
    /// Where the present piece of markup or text begins.
    at: usize,
}

// === impl Tree ===

impl Tree<'_> {
    fn grow(mut self, mut reader: Reader<&[u8]>) -> Result<Element, Fault> {
        loop {
            self.at = reader.buffer_position() as usize;
            let event = reader.read_event().map_err(|error| {
                malformed(self.source, reader.error_position() as usize, &error.to_string())
            })?;
            let end = reader.buffer_position() as u32;
            match event {
                Event::Start(tag) => {
                    let element = self.element(&tag, end)?;
                    self.open.push(element);
                }
                Event::Empty(tag) => {
                    let element = self.element(&tag, end)?;
                    self.close(element, end);
                }
                Event::End(_) => match self.open.pop() {
                    Some(element) => self.close(element, end),
                    None => return Err(self.malformed("an end tag without a start tag")),
                },
                Event::Text(text) => {
                    if text.contains("]]>") {
                        return Err(self.malformed("]]> in text"));
                    }
                    self.text(&text.xml10_content())?;
                }
                Event::CData(_) if self.open.is_empty() => {
                    return Err(self.malformed("text outside of the root element"));
                }
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => self.reference(&reference)?,
                Event::Decl(declaration) => self.declaration(&declaration)?,
                Event::PI(instruction) => self.instruction(&instruction)?,
                Event::Comment(_) => {}
                Event::DocType(_) => {
                    let what = "Document types and entities are not taken; send the XML without.";
                    let condition = Condition::dav("no-external-entities");
                    return Err(Fault::forbidden(what).with(condition));
                }
                Event::Eof => break,
            }
        }
        if let Some(open) = self.open.last() {
            let what = format!("<{}> is never closed", open.name.local);
            return Err(self.malformed(&what));
        }
        match self.root.take() {
            Some(root) => Ok(root),
            None => Err(self.malformed("there is no element at all")),
        }
    }

    /// The element that a start tag opens.
    fn element(&mut self, tag: &BytesStart<'_>, end: u32) -> Result<Element, Fault> {
        if self.open.len() >= self.limits.xml_depth {
            let most = self.limits.xml_depth;
            return Err(self.malformed(&format!("elements nest deeper than {most}")));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.malformed("a second root element"));
        }
        self.count()?;
        let start = self.at as u32;
        let outer = self.open.last().map_or(&self.document, |parent| &parent.scope);
        let outer = Arc::clone(outer);
        let (plain, scope) = self.attributes(tag, &outer, start)?;
        let scope = scope.map_or(outer, Arc::new);
        let name = self.resolve(tag.name().0, &scope, true)?;
        if name.ns == NS_XML {
            return Err(self.malformed("an element of a reserved namespace"));
        }
        let mut attrs: Vec<(Name, String)> = Vec::with_capacity(plain.len());
        for (name, value) in plain {
            attrs.push((self.resolve(name, &scope, false)?, value));
        }
        if attrs.len() > 1 {
            let mut names: Vec<&Name> = attrs.iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
                return Err(self.malformed("an attribute that is there twice"));
            }
        }
        Ok(Element { name, attrs, children: Vec::new(), text: String::new(), scope, start, end })
    }

    /// The attributes of a tag as they are spelled, without the namespace declarations, and the
    /// scope that the tag begins if it declares anything.
    fn attributes<'t>(
        &mut self,
        tag: &'t BytesStart<'_>,
        outer: &Arc<Scope>,
        start: u32,
    ) -> Result<(Spelled<'t>, Option<Scope>), Fault> {
        let mut plain = Vec::new();
        let mut scope: Option<Scope> = None;
        if !spaced(tag.attributes_raw()) {
            return Err(self.malformed("attributes without a blank between them"));
        }
        for (number, attribute) in tag.attributes().enumerate() {
            if number == ATTRIBUTES_MAX {
                return Err(self.malformed("too many attributes"));
            }
            self.count()?;
            let attribute = attribute.map_err(|error| self.malformed(&error.to_string()))?;
            if attribute.value.contains('<') {
                return Err(self.malformed("< in an attribute"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| self.malformed(&error.to_string()))?;
            if !value.chars().all(is_char) {
                return Err(self.malformed("a character that XML cannot hold"));
            }
            let key = attribute.key.0;
            let declared = match key.split_once(':') {
                None if key == "xmlns" => Some(""),
                Some(("xmlns", prefix)) => Some(prefix),
                _ => None,
            };
            if let Some(prefix) = declared {
                if !prefix.is_empty() && !is_ncname(prefix) || key == "xmlns:" {
                    return Err(self.malformed("a prefix that is no name"));
                }
                let scope = scope.get_or_insert_with(|| Scope::inside(outer, start));
                scope.bind(prefix, &value).map_err(|what| self.malformed(what))?;
                continue;
            }
            if key == "xml:lang" {
                let scope = scope.get_or_insert_with(|| Scope::inside(outer, start));
                scope.lang = Some(value.to_string());
            }
            plain.push((key, value.into_owned()));
        }
        Ok((plain, scope))
    }

    /// The expanded name of a name as it is spelled.
    fn resolve(&mut self, spelled: &str, scope: &Scope, element: bool) -> Result<Name, Fault> {
        let (prefix, local) = match spelled.split_once(':') {
            Some((prefix, local)) if is_ncname(prefix) => (prefix, local),
            Some(_) => return Err(self.malformed("a name that is no name")),
            None => ("", spelled),
        };
        if !is_ncname(local) {
            return Err(self.malformed("a name that is no name"));
        }
        let uri = match prefix {
            // The default namespace is not for attributes.
            "" if !element => Cow::Borrowed(""),
            prefix => match scope.uri(prefix) {
                Some(uri) => uri,
                None => return Err(self.malformed(&format!("the prefix {prefix} is not bound"))),
            },
        };
        // A long URI that is declared once and used by each of many elements.
        if let Cow::Owned(uri) = &uri {
            self.copied += uri.len() as u64;
            if self.copied > self.limits.xml_bytes {
                return Err(Fault::too_large(self.limits.xml_bytes));
            }
        }
        Ok(Name::within(uri, local))
    }

    fn close(&mut self, mut element: Element, end: u32) {
        element.end = end;
        if !element.children.is_empty() && is_space(&element.text) {
            element.text = String::new();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        match self.open.last_mut() {
            None if is_space(text) => {}
            None => return Err(self.malformed("text outside of the root element")),
            Some(open) => {
                let between = open.text.is_empty() && !open.children.is_empty();
                if !(between && is_space(text)) {
                    open.text.push_str(text);
                }
            }
        }
        Ok(())
    }

    /// One of the five predefined entities or a character reference (XML 1.0 §4.1, §4.6).
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Fault> {
        let resolved = match &**reference {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => reference.resolve_char_ref().ok().flatten().filter(|c| is_char(*c)),
        };
        let Some(character) = resolved else {
            return Err(self.malformed("a reference to an entity or character that is not there"));
        };
        match self.open.last_mut() {
            Some(open) => open.text.push(character),
            None => return Err(self.malformed("text outside of the root element")),
        }
        Ok(())
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), Fault> {
        if self.at != 0 {
            return Err(self.malformed("an XML declaration that is not at the beginning"));
        }
        declaration.xml_version().map_err(|error| self.malformed(&error.to_string()))?;
        if !is_orderly(declaration) {
            return Err(self.malformed("an XML declaration that holds something else"));
        }
        // The bytes were decoded already; the label matters only if they may mean something else.
        match declaration.encoding() {
            Some(Ok(label)) if !self.source.is_ascii() => {
                let known = ["utf-8", "utf-16", "utf-16le", "utf-16be", "utf8"];
                if !known.iter().any(|known| known.eq_ignore_ascii_case(&label)) {
                    return Err(self.malformed("an encoding other than UTF-8 and UTF-16"));
                }
            }
            Some(Err(error)) => return Err(self.malformed(&error.to_string())),
            _ => {}
        }
        Ok(())
    }

    fn instruction(&self, instruction: &BytesPI<'_>) -> Result<(), Fault> {
        let target = instruction.target();
        if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
            return Err(self.malformed("a processing instruction without a proper name"));
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > self.limits.xml_elements {
            let most = self.limits.xml_elements;
            let what = format!("The XML has more than {most} elements and attributes.");
            return Err(Fault::new(413, what));
        }
        Ok(())
    }

    fn malformed(&self, what: &str) -> Fault {
        malformed(self.source, self.at, what)
    }
}

/// Does the declaration hold its version, perhaps an encoding, perhaps `standalone`, in this
/// order and nothing else (XML 1.0 §2.8)?
fn is_orderly(declaration: &BytesDecl<'_>) -> bool {
    let inside = declaration.strip_prefix("xml").unwrap_or_default();
    let mut allowed = ["version", "encoding", "standalone"].into_iter();
    spaced(inside)
        && Attributes::new(inside, 0).all(|attribute| {
            attribute.is_ok_and(|a| {
                let known = allowed.any(|name| name == a.key.0);
                known
                    && match a.key.0 {
                        "encoding" => is_encoding_name(&a.value),
                        "standalone" => matches!(&*a.value, "yes" | "no"),
                        _ => true,
                    }
            })
        })
}

fn is_encoding_name(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Is every quoted value followed by white space or the end?
fn spaced(attributes: &str) -> bool {
    let mut bytes = attributes.bytes();
    while let Some(quote) = bytes.find(|byte| matches!(byte, b'"' | b'\'')) {
        if !bytes.any(|byte| byte == quote) {
            return true;
        }
        if !matches!(bytes.next(), None | Some(b' ' | b'\t' | b'\r' | b'\n')) {
            return false;
        }
    }
    true
}

/// Is this white space alone, or nothing?
fn is_space(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests;
