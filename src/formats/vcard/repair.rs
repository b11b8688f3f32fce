//! What every served card has: one BEGIN and END, a version, an identity and names. Only lines
//! that are missing or unreadable change.

use std::borrow::Cow;

use super::finding::{Finding, Findings};
use super::name::Names;
use super::{Rejection, Version};
use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};
use crate::formats::text;

/// A card that has what it needs.
pub(super) struct Repaired<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) version: Version,
    pub(super) uid: String,
    pub(super) full_name: String,
}

/// Repairs `bytes`, which is UTF-8 and of version 3.0 or 4.0; `new_uid` is the identity of a
/// card that has none.
pub(super) fn repair<'a>(
    bytes: &'a [u8],
    new_uid: impl FnOnce() -> String,
    findings: &mut Findings,
) -> Result<Repaired<'a>, Rejection> {
    let mut walk =
        Walk { edits: Edits::new(bytes), findings: &mut *findings, facts: Facts::default() };
    for line in Lines::new(bytes) {
        walk.line(&line)?;
    }
    walk.close_text();
    while let Some(open) = walk.facts.nested.pop() {
        walk.close(&open, bytes.len());
    }
    let Walk { mut edits, facts, .. } = walk;
    let head = facts.head_end.ok_or(Rejection::NotACard)?;

    if facts.place != Place::After {
        findings.add(Finding::NoEnd);
    }
    let version = facts.version.unwrap_or(Version::V30);
    if facts.version.is_none() {
        findings.add(Finding::NoVersion);
        edits.insert(head, b"VERSION:3.0");
    }
    if facts.uid.is_some() && facts.empty_uid {
        findings.add(Finding::SeveralUids);
    }
    let uid = facts.uid.unwrap_or_else(|| {
        findings.add(Finding::NoUid);
        let uid = new_uid().trim().to_owned();
        edits.insert(head, format!("UID:{}", text::escape(&uid)).as_bytes());
        uid
    });
    let has_full_name = facts.full_name.is_some();
    let full_name = facts.full_name.unwrap_or_else(|| facts.names.full_name());
    if version == Version::V30 && !facts.has_n {
        findings.add(Finding::NoName);
        let value = facts.names.structured(&full_name, facts.is_group);
        edits.insert(head, format!("N:{value}").as_bytes());
    }
    if !has_full_name {
        findings.add(Finding::NoFullName);
        let line = format!("FN:{}", text::escape(&full_name));
        match facts.empty_full_name {
            Some(span) => edits.replace(span, line.as_bytes()),
            None => edits.insert(head, line.as_bytes()),
        }
    }
    if facts.place != Place::After {
        edits.insert(bytes.len(), b"END:VCARD");
    }
    let bytes = if edits.is_empty() { Cow::Borrowed(bytes) } else { Cow::Owned(edits.apply()) };
    Ok(Repaired { bytes, version, uid, full_name })
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum Place {
    #[default]
    Before,
    Inside,
    After,
}

#[derive(Default)]
struct Facts<'a> {
    place: Place,
    /// The `BEGIN` lines of components open inside the card.
    nested: Vec<Line<'a>>,
    /// Whether the line before is an empty `AGENT`, which a nested card follows.
    after_agent: bool,
    /// Where lines that were missing go: after `VERSION` where it comes first, else `BEGIN`.
    head_end: Option<usize>,
    version: Option<Version>,
    uid: Option<String>,
    empty_uid: bool,
    full_name: Option<String>,
    empty_full_name: Option<std::ops::Range<usize>>,
    has_n: bool,
    is_group: bool,
    names: Names,
    /// The last line that is kept, if text may go on in it.
    open_text: Option<OpenText<'a>>,
}

/// A text property that lines without colon continue.
struct OpenText<'a> {
    line: Line<'a>,
    more: String,
}

struct Walk<'a, 'f> {
    edits: Edits<'a>,
    findings: &'f mut Findings,
    facts: Facts<'a>,
}

impl<'a> Walk<'a, '_> {
    fn line(&mut self, line: &Line<'a>) -> Result<(), Rejection> {
        if line.is_blank() {
            return Ok(());
        }
        let facts = &mut self.facts;
        let after_agent = std::mem::take(&mut facts.after_agent);
        let is_property = line.has_value() && !line.name().contains(&b' ');
        if facts.place == Place::Inside && facts.nested.is_empty() && !is_property {
            self.stray(line);
            return Ok(());
        }
        self.close_text();
        let facts = &mut self.facts;
        let begins_card = line.is_edge("BEGIN", "VCARD");
        match facts.place {
            Place::Before | Place::After if begins_card => {
                if facts.place == Place::After {
                    return Err(Rejection::SeveralCards);
                }
                facts.place = Place::Inside;
                facts.head_end = Some(line.span().end);
            }
            Place::Before | Place::After => {
                self.findings.add(Finding::OutsideCard);
                self.edits.remove(line.span());
            }
            Place::Inside if line.is("BEGIN") => {
                if begins_card && facts.nested.is_empty() && !after_agent {
                    return Err(Rejection::SeveralCards);
                }
                facts.nested.push(line.clone());
            }
            Place::Inside if line.is("END") => self.end(line),
            Place::Inside if facts.nested.is_empty() => self.property(line),
            Place::Inside => {}
        }
        Ok(())
    }

    /// An `END` closes what its name opened; one of a card closes whatever is open in that card.
    fn end(&mut self, line: &Line<'a>) {
        let at = line.span().start;
        if line.is_edge("END", "VCARD") {
            while let Some(open) = self.facts.nested.pop() {
                if open.is_edge("BEGIN", "VCARD") {
                    return;
                }
                self.close(&open, at);
            }
            self.facts.place = Place::After;
        } else if let Some(open) = self.facts.nested.last() {
            if open.value().trim_ascii().eq_ignore_ascii_case(line.value().trim_ascii()) {
                self.facts.nested.pop();
            }
        } else {
            self.findings.add(Finding::UnreadableLine);
            self.edits.remove(line.span());
        }
    }

    /// Writes the missing end of the component that `open` begins.
    fn close(&mut self, open: &Line<'a>, at: usize) {
        self.findings.add(Finding::NoEnd);
        let component = open.value();
        self.edits.insert(at, &[b"END:", component.trim_ascii()].concat());
    }

    fn property(&mut self, line: &Line<'a>) {
        if line.is("VERSION") {
            self.version(line);
        } else if line.is("UID") {
            self.uid(line);
        } else if line.is("FN") {
            let name = line.text();
            let facts = &mut self.facts;
            if name.trim().is_empty() {
                facts.empty_full_name.get_or_insert(line.span());
            } else if facts.full_name.is_none() {
                facts.full_name = Some(name.trim().to_owned());
            }
        } else if line.is("AGENT") {
            self.facts.after_agent = line.value().trim_ascii().is_empty();
        } else if line.is("KIND") || line.is("X-ADDRESSBOOKSERVER-KIND") {
            self.facts.is_group |= line.text().trim().eq_ignore_ascii_case("group");
        } else {
            self.facts.has_n |= line.is("N");
            self.facts.names.note(line);
            if line.is("NOTE") {
                let more = String::new();
                self.facts.open_text = Some(OpenText { line: line.clone(), more });
            }
        }
    }

    fn version(&mut self, line: &Line<'_>) {
        let facts = &mut self.facts;
        if facts.version.is_some() {
            self.findings.add(Finding::SeveralVersions);
            self.edits.remove(line.span());
            return;
        }
        let said = line.text();
        let version = Version::parse(&said).filter(|v| *v != Version::V21);
        if facts.head_end == Some(line.span().start) {
            facts.head_end = Some(line.span().end);
        }
        facts.version = version.or_else(|| {
            let meant = if said.trim().starts_with('4') { Version::V40 } else { Version::V30 };
            self.findings.add(Finding::UnknownVersion);
            self.edits.replace(line.span(), format!("VERSION:{meant}").as_bytes());
            Some(meant)
        });
    }

    fn uid(&mut self, line: &Line<'_>) {
        let uid = line.text();
        if uid.trim().is_empty() {
            self.facts.empty_uid = true;
            self.edits.remove(line.span());
        } else if self.facts.uid.is_none() {
            self.facts.uid = Some(uid.trim().to_owned());
        } else {
            self.findings.add(Finding::SeveralUids);
            self.edits.remove(line.span());
        }
    }

    /// A line that is no property: after a note it is its next line, else nothing can be made
    /// of it.
    fn stray(&mut self, line: &Line<'_>) {
        self.edits.remove(line.span());
        let Some(open) = &mut self.facts.open_text else {
            self.findings.add(Finding::UnreadableLine);
            return;
        };
        self.findings.add(Finding::UnfoldedText);
        open.more.push_str("\\n");
        open.more.push_str(&text::escape(&text::unescape(&line.unfolded())));
    }

    fn close_text(&mut self) {
        let Some(OpenText { line, more }) = self.facts.open_text.take() else { return };
        if !more.is_empty() {
            let mut whole = line.unfolded().into_owned();
            whole.extend_from_slice(more.as_bytes());
            self.edits.replace(line.span(), &whole);
        }
    }
}
