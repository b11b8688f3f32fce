//! A walk over the parts of a mail, line by line: what there is to read, and the mail enclosed in
//! it. It keeps the boundaries that are open and no tree; beyond its bounds nothing is looked at
//! any more, and what was found counts.

use super::fields::{self, Fields};
use super::header::{self, Media};

/// Deepest nesting that is looked into.
const DEPTH: usize = 16;

/// Most parts that are looked at.
const PARTS: usize = 500;

/// Most bytes of a text, as it is encoded.
const TEXT_BYTES: usize = 64 << 10;

/// What a mail holds.
#[derive(Debug, Default)]
pub(super) struct Contents<'a> {
    /// The first text to read, decoded; of one with markup the words.
    pub text: String,
    /// The header of the first mail enclosed in it.
    pub enclosed: Option<Fields<'a>>,
    /// Is it a report of mail servers (RFC 6522)?
    pub is_report: bool,
}

/// Where in the mail a line stands.
enum Place<'a> {
    /// In the header of a part, or of an enclosed mail, which began here.
    Header { begin: &'a [u8], enclosed: bool },
    /// In a text that is wanted, which began here.
    Text { fields: Fields<'a>, html: bool, begin: &'a [u8] },
    /// In something that is not looked at.
    Elsewhere,
}

struct Walk<'a> {
    contents: Contents<'a>,
    /// The boundaries of the multiparts that are open, the outermost first.
    open: Vec<Vec<u8>>,
    /// How many of them were open where the first enclosed mail began.
    enclosed_at: Option<usize>,
    /// The text of the best kind so far has markup.
    html: bool,
    parts: usize,
}

/// Looks through the body of the mail with this header.
pub(super) fn walk<'a>(header: &Fields<'a>, body: &'a [u8]) -> Contents<'a> {
    let mut walk = Walk {
        contents: Contents::default(),
        open: Vec::new(),
        enclosed_at: None,
        html: false,
        parts: 0,
    };
    let mut place = walk.enter(header.clone(), body);
    let mut rest = body;
    while !rest.is_empty() && walk.parts <= PARTS {
        let (line, after) = fields::line(rest);
        if let Some((depth, is_last)) = walk.boundary(line) {
            walk.leave(place, rest);
            walk.close(if is_last { depth } else { depth + 1 });
            walk.parts += 1;
            place = if is_last {
                Place::Elsewhere
            } else {
                Place::Header { begin: after, enclosed: false }
            };
        } else if let Place::Header { begin, enclosed } = place {
            place = if line.is_empty() {
                let read = Fields::of_part(upto(begin, rest));
                if enclosed && walk.contents.enclosed.is_none() {
                    walk.contents.enclosed = Some(read.clone());
                }
                walk.enter(read, after)
            } else {
                Place::Header { begin, enclosed }
            };
        }
        rest = after;
    }
    match place {
        // A mail may end with its header.
        Place::Header { begin, enclosed: true } if walk.contents.enclosed.is_none() => {
            walk.contents.enclosed = Some(Fields::of_part(upto(begin, rest)));
        }
        place => walk.leave(place, rest),
    }
    walk.contents
}

/// What `begin` holds before `rest`, which is its end.
fn upto<'a>(begin: &'a [u8], rest: &[u8]) -> &'a [u8] {
    begin.get(..begin.len().saturating_sub(rest.len())).unwrap_or_default()
}

impl<'a> Walk<'a> {
    /// Is this line the boundary of an open multipart? Which one, and does it end it?
    fn boundary(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--")?.trim_ascii_end();
        // The innermost first: an outer one may begin with the same characters.
        self.open.iter().enumerate().rev().find_map(|(depth, boundary)| {
            match rest.strip_prefix(boundary.as_slice())? {
                b"" => Some((depth, false)),
                b"--" => Some((depth, true)),
                _ => None,
            }
        })
    }

    /// The multiparts from `depth` on are over.
    fn close(&mut self, depth: usize) {
        self.open.truncate(depth);
        if self.enclosed_at.is_some_and(|at| at > depth) {
            self.enclosed_at = None;
        }
    }

    /// What follows a part's header.
    fn enter(&mut self, fields: Fields<'a>, begin: &'a [u8]) -> Place<'a> {
        match header::media(&fields) {
            Media::Multipart { boundary, report } if self.open.len() < DEPTH => {
                self.contents.is_report |= report && self.open.is_empty();
                self.open.push(boundary);
                Place::Elsewhere
            }
            Media::Message if header::is_plain(&fields) && self.parts < PARTS => {
                self.parts += 1;
                self.enclosed_at.get_or_insert(self.open.len());
                Place::Header { begin, enclosed: true }
            }
            Media::Plain if self.is_wanted(false) => Place::Text { fields, html: false, begin },
            Media::Html if self.is_wanted(true) => Place::Text { fields, html: true, begin },
            _ => Place::Elsewhere,
        }
    }

    /// Is a text of this kind still wanted? Plain text is better than one with markup, and what
    /// is in an enclosed mail is not this mail's.
    fn is_wanted(&self, html: bool) -> bool {
        let better = self.contents.text.is_empty() || (self.html && !html);
        better && self.enclosed_at.is_none()
    }

    /// What was looked at ends before `rest`.
    fn leave(&mut self, place: Place<'a>, rest: &[u8]) {
        if let Place::Text { fields, html, begin } = place {
            let body = upto(begin, rest);
            let text = header::text(&fields, body.get(..TEXT_BYTES).unwrap_or(body));
            if !text.trim().is_empty() {
                self.contents.text = text;
                self.html = html;
            }
        }
    }
}
