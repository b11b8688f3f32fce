//! vCard 2.1 (versit, 1996) to 3.0: quoted-printable with soft breaks, charsets, base64 without
//! folds, bare types, nested agents. The same encodings inside a 3.0 or 4.0 card are read too.

use std::borrow::Cow;
use std::iter::Peekable;

use super::Version;
use super::encoding::decode_value;
use super::finding::{Finding, Findings};
use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};
use crate::formats::property::Property;
use crate::formats::text;

/// Rewrites what is of version 2.1 in `bytes`; `declared` is the version the card names. Lines
/// that need nothing stay byte for byte.
pub(super) fn modernize<'a>(
    bytes: &'a [u8],
    declared: Option<Version>,
    findings: &mut Findings,
) -> Cow<'a, [u8]> {
    let old = declared == Some(Version::V21);
    if old {
        findings.add(Finding::OldVersion);
    }
    let mut work = Work { edits: Edits::new(bytes), findings, old };
    let mut lines = Lines::new(bytes).peekable();
    while let Some(line) = lines.next() {
        work.line(&line, &mut lines);
    }
    if work.edits.is_empty() { Cow::Borrowed(bytes) } else { Cow::Owned(work.edits.apply()) }
}

struct Work<'a, 'f> {
    edits: Edits<'a>,
    findings: &'f mut Findings,
    old: bool,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Encoding {
    Plain,
    QuotedPrintable,
    Base64,
}

impl<'a> Work<'a, '_> {
    fn line(&mut self, line: &Line<'a>, following: &mut Peekable<Lines<'a>>) {
        if !line.has_value() {
            return;
        }
        let encoding = encoding_of(line);
        let start = line.span().start;
        let mut end = line.span().end;
        let value = match encoding {
            Encoding::QuotedPrintable => quoted_printable(line, following, &mut end),
            Encoding::Base64 => match base64(line, following, &mut end) {
                Some(value) => value,
                None if self.old => line.value().into_owned(),
                None => return,
            },
            Encoding::Plain if self.old && line.is("AGENT") => {
                match nested_card(line, following, &mut end) {
                    Some(value) => value,
                    None => return,
                }
            }
            Encoding::Plain if self.old => line.value().into_owned(),
            Encoding::Plain => return,
        };
        if !self.old {
            self.findings.add(match encoding {
                Encoding::Base64 => Finding::UnfoldedBinary,
                _ => Finding::QuotedPrintable,
            });
        }
        let Some(mut property) = Property::read(line) else { return };
        let charset = property.take("CHARSET");
        property.value = match encoding {
            Encoding::QuotedPrintable => {
                property.take("ENCODING");
                self.plain_text(&property.name, &value, charset.as_deref())
            }
            Encoding::Base64 => {
                if self.old {
                    property.take("ENCODING");
                    property.set("ENCODING", "b");
                }
                let solid = value.iter().filter(|b| !b.is_ascii_whitespace());
                solid.map(|b| char::from(*b)).collect()
            }
            Encoding::Plain => {
                property.drop_where("ENCODING", "8BIT");
                property.drop_where("ENCODING", "7BIT");
                let text = String::from_utf8_lossy(&value).into_owned();
                if line.is("AGENT") { text } else { escaped(&property.name, &text) }
            }
        };
        if self.old {
            as_version_3(&mut property);
        }
        let whole = property.write();
        if end != line.span().end || *whole != *line.unfolded() {
            self.edits.replace(start..end, &whole);
        }
    }

    /// Decodes quoted-printable text into an escaped value.
    fn plain_text(&mut self, name: &str, value: &[u8], charset: Option<&str>) -> String {
        if !self.old {
            let text = decode_value(&decode_quoted(value), charset, self.findings);
            return text.replace("\r\n", "\\n").replace(['\r', '\n'], "\\n");
        }
        if is_structured(name) {
            let parts = text::split(value, b';').map(|part| {
                let text = decode_value(&decode_quoted(part), charset, self.findings);
                text::escape(&text::unescape(text.as_bytes())).into_owned()
            });
            return parts.collect::<Vec<_>>().join(";");
        }
        let text = decode_value(&decode_quoted(value), charset, self.findings);
        escaped(name, &text)
    }
}

fn encoding_of(line: &Line<'_>) -> Encoding {
    for param in line.params().filter(|p| p.is("ENCODING")) {
        let value = param.text();
        if value.eq_ignore_ascii_case("QUOTED-PRINTABLE") {
            return Encoding::QuotedPrintable;
        }
        if value.eq_ignore_ascii_case("BASE64") || value.eq_ignore_ascii_case("b") {
            return Encoding::Base64;
        }
    }
    Encoding::Plain
}

/// The value with its soft breaks taken out. A line that ends in `=` goes on in the next
/// physical line, and the blank that line may begin with belongs to the text.
fn quoted_printable<'a>(
    line: &Line<'a>,
    following: &mut Peekable<Lines<'a>>,
    end: &mut usize,
) -> Vec<u8> {
    let head = line.value_span().start - line.span().start;
    let mut value = Vec::new();
    let mut open = append_physical(&mut value, line.raw().get(head..).unwrap_or_default(), true);
    while open {
        let Some(next) = following.next_if(|l| !l.is_edge("END", "VCARD")) else { break };
        *end = next.span().end;
        open = append_physical(&mut value, next.raw(), false);
    }
    value
}

/// Appends the physical lines of `raw`; whether the last one ends in a soft break.
fn append_physical(value: &mut Vec<u8>, raw: &[u8], first: bool) -> bool {
    let mut soft = !first;
    for (at, physical) in raw.split_inclusive(|b| *b == b'\n').enumerate() {
        let text = physical.trim_ascii_end();
        let text = if at > 0 && !soft { text.get(1..).unwrap_or_default() } else { text };
        let joined = text.strip_suffix(b"=");
        soft = joined.is_some();
        value.extend_from_slice(joined.unwrap_or(text));
    }
    soft
}

fn decode_quoted(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'=' {
            let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
            if let (Some(high), Some(low)) = (digit(0), digit(1)) {
                plain.push((high * 16 + low) as u8);
                rest = tail.get(2..).unwrap_or_default();
                continue;
            }
        }
        plain.push(byte);
    }
    plain
}

/// The value with the lines of base64 that follow without a fold; nothing when none do.
fn base64<'a>(
    line: &Line<'a>,
    following: &mut Peekable<Lines<'a>>,
    end: &mut usize,
) -> Option<Vec<u8>> {
    let is_more = |l: &Line<'_>| {
        !l.has_value()
            && !l.is_blank()
            && l.head().iter().all(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b' ' | b'\t')
            })
    };
    let mut value = None;
    while let Some(next) = following.next_if(|l| is_more(l)) {
        *end = next.span().end;
        let value = value.get_or_insert_with(|| line.value().into_owned());
        value.extend_from_slice(next.head());
    }
    value
}

/// The card that follows an empty `AGENT`, as one escaped text; nothing when none does.
fn nested_card<'a>(
    line: &Line<'a>,
    following: &mut Peekable<Lines<'a>>,
    end: &mut usize,
) -> Option<Vec<u8>> {
    if !line.value().trim_ascii().is_empty() {
        return None;
    }
    let mut card = String::new();
    let mut depth = 0_usize;
    while let Some(next) = following.next_if(|l| depth > 0 || l.is_edge("BEGIN", "VCARD")) {
        *end = next.span().end;
        depth += usize::from(next.is("BEGIN"));
        card.push_str(&String::from_utf8_lossy(&next.unfolded()));
        card.push('\n');
        depth -= usize::from(next.is("END") && depth > 0);
        if depth == 0 {
            break;
        }
    }
    if card.is_empty() { None } else { Some(text::escape(&card).into_owned().into_bytes()) }
}

fn is_structured(name: &str) -> bool {
    ["N", "ADR", "ORG"].iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Escapes a 2.1 value as 3.0 wants it: 2.1 knows only `\;`, and that only in structured values.
/// Backslashes that read as an escape are taken for one, since many programs wrote them.
fn escaped(name: &str, value: &str) -> String {
    const TEXT: [&str; 6] = ["FN", "NOTE", "TITLE", "ROLE", "LABEL", "MAILER"];
    let is_text = TEXT.iter().any(|n| name.eq_ignore_ascii_case(n));
    let structured = is_structured(name);
    if !is_text && !structured {
        return value.replace("\r\n", "\\n").replace(['\r', '\n'], "\\n");
    }
    let mut out = String::with_capacity(value.len() + 8);
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next_if(|next| matches!(next, '\\' | ',' | ';' | 'n' | 'N')) {
                Some(next) => out.extend(['\\', next]),
                None => out.push_str("\\\\"),
            },
            ',' => out.push_str("\\,"),
            ';' if !structured => out.push_str("\\;"),
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\\n");
            }
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// Names and parameters of 2.1 in the spelling of 3.0.
fn as_version_3(property: &mut Property) {
    if property.name.eq_ignore_ascii_case("VERSION") {
        "3.0".clone_into(&mut property.value);
    } else if property.name.eq_ignore_ascii_case("GEO") {
        property.value = property.value.replacen(',', ";", 1);
    }
    property.drop_where("VALUE", "INLINE");
    if property.param_is("VALUE", "URL") {
        property.set("VALUE", "uri");
    }
    if property.types().len() > 1 {
        let types = property.types();
        property.set_types(&types);
    }
}
