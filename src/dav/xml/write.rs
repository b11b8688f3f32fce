//! Answers on their way out: XML written straight into a buffer that is sent in pieces.

use bytes::Bytes;
use http::StatusCode;

use super::name::{NS_CALDAV, NS_CARDDAV, NS_CS, NS_DAV, NS_ICAL, Name};

/// Attributes of an element, in no namespace.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

/// Writes XML into a buffer. Everything goes through escaping; elements are closed by the
/// caller in the order it opened them. `DAV:` elements that every answer is made of have their
/// own methods, because a listing writes them once for each member.
#[derive(Debug, Default)]
pub struct XmlOut {
    buffer: Vec<u8>,
    chunk: usize,
}

/// `HTTP/1.1 200 OK`: the text of `DAV:status`, whatever version the answer itself is sent
/// over (clients compare the whole text; RFC 9112 §4).
pub fn status_line(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
    format!("HTTP/1.1 {status} {}", reason.unwrap_or("Unknown"))
}

// === impl XmlOut ===

impl XmlOut {
    /// An empty buffer for about so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { buffer: Vec::with_capacity(bytes), chunk: bytes }
    }

    /// An empty buffer of `first` bytes, as most answers are short; once it is taken, `chunk`
    /// bytes are set aside for each further piece, which thus need not grow while it is written.
    pub fn in_pieces(first: usize, chunk: usize) -> Self {
        Self { buffer: Vec::with_capacity(first), chunk }
    }

    /// The bytes not yet taken.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Was everything taken?
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes back what was written since the buffer had `len` bytes.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.buffer.truncate(len);
    }

    /// Takes what was written so far and goes on with an empty buffer.
    pub fn take(&mut self) -> Bytes {
        let next = Vec::with_capacity(self.chunk);
        Bytes::from(std::mem::replace(&mut self.buffer, next))
    }

    /// Ends the writing: what was not yet taken.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from(self.buffer)
    }

    /// The XML declaration and the opening tag of a root element of `DAV:` that declares all
    /// prefixes used below it.
    pub fn declaration_and_root(&mut self, local: &str) {
        self.declaration_and_root_in("D", local);
    }

    /// As [`Self::declaration_and_root`], for a root that is not of `DAV:` but of the namespace
    /// with that prefix.
    pub fn declaration_and_root_in(&mut self, prefix: &str, local: &str) {
        self.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<");
        self.raw(prefix);
        self.raw(":");
        self.raw(local);
        for (prefix, ns) in PREFIXES {
            self.raw(" xmlns:");
            self.raw(prefix);
            self.raw("=\"");
            self.raw(ns);
            self.raw("\"");
        }
        self.raw(">");
    }

    /// An opening tag.
    pub fn start(&mut self, name: &Name) {
        self.start_with(name, &[]);
    }

    /// An opening tag with attributes.
    pub fn start_with(&mut self, name: &Name, attributes: Attributes<'_>) {
        self.open(name, attributes);
        self.raw(">");
    }

    /// A closing tag.
    pub fn end(&mut self, name: &Name) {
        self.raw("</");
        self.qualified(name);
        self.raw(">");
    }

    /// An element without content.
    pub fn empty(&mut self, name: &Name) {
        self.empty_with(name, &[]);
    }

    /// An element with attributes and without content.
    pub fn empty_with(&mut self, name: &Name, attributes: Attributes<'_>) {
        self.open(name, attributes);
        self.raw("/>");
    }

    /// An element that holds just `text`.
    pub fn element(&mut self, name: &Name, text: &str) {
        self.start(name);
        self.text(text);
        self.end(name);
    }

    /// Character data: escaped, CR kept as a reference, what XML cannot hold left out.
    pub fn text(&mut self, text: &str) {
        self.escaped(text.as_bytes());
    }

    /// Character data from bytes; what is not UTF-8 becomes U+FFFD.
    pub fn text_bytes(&mut self, text: &[u8]) {
        if std::str::from_utf8(text).is_ok() {
            return self.escaped(text);
        }
        for chunk in text.utf8_chunks() {
            self.escaped(chunk.valid().as_bytes());
            if !chunk.invalid().is_empty() {
                self.raw("\u{FFFD}");
            }
        }
    }

    /// Character data from bytes known to be UTF-8 of which only CR needs care (what was
    /// looked at when it was stored).
    pub fn text_plain(&mut self, text: &[u8]) {
        // The lines of a photo have 75 bytes as a rule.
        self.buffer.reserve(text.len() + text.len() / 16);
        let mut done = 0;
        for at in memchr::memchr_iter(b'\r', text) {
            self.buffer.extend_from_slice(text.get(done..at).unwrap_or_default());
            self.raw("&#13;");
            done = at + 1;
        }
        self.buffer.extend_from_slice(text.get(done..).unwrap_or_default());
    }

    /// Does [`Self::text_plain`] do for `text` what [`Self::text_bytes`] does?
    pub fn is_plain(text: &[u8]) -> bool {
        text.iter().all(|byte| *byte == b'\r' || !special(*byte))
            && std::str::from_utf8(text).is_ok()
    }

    /// `DAV:href` with an address that is percent-encoded already.
    pub fn href(&mut self, href: &str) {
        self.raw("<D:href>");
        self.text(href);
        self.raw("</D:href>");
    }

    /// Opens a `DAV:response` and names its resource.
    pub fn response_start(&mut self, href: &str) {
        self.raw("<D:response><D:href>");
        self.text(href);
        self.raw("</D:href>");
    }

    /// Opens a `DAV:response` of a member; `href` writes the address, percent-encoded, which
    /// therefore needs no escaping.
    pub fn member_response_start(&mut self, href: impl FnOnce(&mut Vec<u8>)) {
        self.raw("<D:response><D:href>");
        href(&mut self.buffer);
        self.raw("</D:href>");
    }

    /// Closes a `DAV:response`.
    pub fn response_end(&mut self) {
        self.raw("</D:response>\n");
    }

    /// A whole `DAV:response` that carries a status and no properties (a member that is gone).
    pub fn response_status(&mut self, href: &str, status: u16) {
        self.response_start(href);
        self.status_line(status);
        self.response_end();
    }

    /// Opens a `DAV:propstat` and its `DAV:prop`.
    pub fn propstat_start(&mut self) {
        self.raw("<D:propstat><D:prop>");
    }

    /// Closes the `DAV:prop`, says which status its properties have, closes the `DAV:propstat`.
    pub fn propstat_end(&mut self, status: u16) {
        self.propstat_end_with(status, |_| {});
    }

    /// As [`Self::propstat_end`], with more (a `DAV:error`, a description) after the status.
    pub fn propstat_end_with(&mut self, status: u16, more: impl FnOnce(&mut Self)) {
        self.raw("</D:prop>");
        self.status_line(status);
        more(self);
        self.raw("</D:propstat>");
    }

    /// A `DAV:status` element.
    pub fn status_line(&mut self, status: u16) {
        match status {
            200 => self.raw("<D:status>HTTP/1.1 200 OK</D:status>"),
            404 => self.raw("<D:status>HTTP/1.1 404 Not Found</D:status>"),
            other => {
                self.raw("<D:status>");
                self.raw(&status_line(other));
                self.raw("</D:status>");
            }
        }
    }

    /// Text that is XML already: constants of the program, and fragments that were well-formed
    /// by themselves when they were taken in.
    pub(crate) fn raw(&mut self, xml: &str) {
        self.buffer.extend_from_slice(xml.as_bytes());
    }

    fn open(&mut self, name: &Name, attributes: Attributes<'_>) {
        self.raw("<");
        self.qualified(name);
        if prefix(&name.ns).is_none() && !name.ns.is_empty() {
            self.attribute("xmlns:x0", &name.ns);
        }
        for (name, value) in attributes {
            self.attribute(name, value);
        }
    }

    /// An attribute of the tag that was just begun.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        self.raw(" ");
        self.raw(name);
        self.raw("=\"");
        // White space would be turned into blanks by the reader if it stood there as it is.
        for part in value.split_inclusive(['"', '\n', '\t']) {
            match part.strip_suffix(['"', '\n', '\t']) {
                None => self.text(part),
                Some(before) => {
                    self.text(before);
                    self.raw(match part.as_bytes().last() {
                        Some(b'"') => "&quot;",
                        Some(b'\n') => "&#10;",
                        _ => "&#9;",
                    });
                }
            }
        }
        self.raw("\"");
    }

    fn qualified(&mut self, name: &Name) {
        match prefix(&name.ns) {
            Some(prefix) => {
                self.raw(prefix);
                self.raw(":");
            }
            // No default namespace is ever declared, so that a bare name is in none.
            None if name.ns.is_empty() => {}
            None => self.raw("x0:"),
        }
        self.raw(&name.local);
    }

    /// Copies runs that need nothing, and replaces what stands between them. `text` is UTF-8.
    fn escaped(&mut self, text: &[u8]) {
        let mut rest = text;
        loop {
            let (run, from) = rest.split_at_checked(run_length(rest)).unwrap_or((rest, &[]));
            self.buffer.extend_from_slice(run);
            let Some((byte, after)) = from.split_first() else { return };
            rest = after;
            match *byte {
                b'&' => self.raw("&amp;"),
                b'<' => self.raw("&lt;"),
                b'>' => self.raw("&gt;"),
                b'\r' => self.raw("&#13;"),
                // The first byte of U+FFFE and U+FFFF, which XML cannot hold, and of many
                // characters that it can.
                0xEF => match after {
                    [0xBF, 0xBE | 0xBF, after @ ..] => rest = after,
                    _ => self.buffer.push(0xEF),
                },
                // A control character, which XML cannot hold either.
                _ => {}
            }
        }
    }
}

/// The prefixes that every root element declares.
const PREFIXES: [(&str, &str); 5] =
    [("D", NS_DAV), ("CARD", NS_CARDDAV), ("CAL", NS_CALDAV), ("CS", NS_CS), ("ICAL", NS_ICAL)];

fn prefix(ns: &str) -> Option<&'static str> {
    PREFIXES.into_iter().find(|(_, known)| *known == ns).map(|(prefix, _)| prefix)
}

/// May this byte need anything but copying?
const fn special(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B..=0x1F | b'&' | b'<' | b'>' | 0xEF)
}

/// How many bytes from the start can be copied as they are.
fn run_length(text: &[u8]) -> usize {
    // Whole blocks are judged without a branch for each byte, which compiles to vector code.
    let mut clean = 0;
    for block in text.chunks(32) {
        if block.iter().fold(false, |any, byte| any | special(*byte)) {
            return clean + block.iter().position(|byte| special(*byte)).unwrap_or(block.len());
        }
        clean += block.len();
    }
    clean
}

#[cfg(test)]
mod tests;
