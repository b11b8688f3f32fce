//! From whatever a program wrote to UTF-8 without control characters, line by line.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memchr_iter};

use super::finding::{Finding, Findings};
use super::is_forbidden_control;
use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};

/// `bytes` in UTF-8, without byte order mark, control characters and line ends of CR alone.
/// Lines that are well stay byte for byte.
pub(in crate::formats) fn to_utf8<'a>(bytes: &'a [u8], findings: &mut Findings) -> Cow<'a, [u8]> {
    if let Some(wide) = utf16_of(bytes) {
        findings.add(Finding::Utf16);
        let (text, _) = wide.decode_with_bom_removal(bytes);
        let text = text.into_owned().into_bytes();
        return Cow::Owned(clean(&text, findings).into_owned());
    }
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        findings.add(Finding::ByteOrderMark);
        return clean(rest, findings);
    }
    clean(bytes, findings)
}

fn utf16_of(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xFF, 0xFE, ..] | [b'B' | b'b', 0, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] | [0, b'B' | b'b', ..] => Some(UTF_16BE),
        _ => None,
    }
}

fn clean<'a>(bytes: &'a [u8], findings: &mut Findings) -> Cow<'a, [u8]> {
    if memchr(b'\n', bytes).is_none() && memchr(b'\r', bytes).is_some() {
        findings.add(Finding::LineEnds);
        let mut ended = Vec::with_capacity(bytes.len() + bytes.len() / 16);
        for line in bytes.split_inclusive(|b| *b == b'\r') {
            ended.extend_from_slice(line);
            if line.ends_with(b"\r") {
                ended.push(b'\n');
            }
        }
        return Cow::Owned(clean_lines(&ended, findings).into_owned());
    }
    clean_lines(bytes, findings)
}

fn clean_lines<'a>(bytes: &'a [u8], findings: &mut Findings) -> Cow<'a, [u8]> {
    if std::str::from_utf8(bytes).is_ok() && !has_controls(bytes) {
        return Cow::Borrowed(bytes);
    }
    let mut edits = Edits::new(bytes);
    for line in Lines::new(bytes) {
        if let Some(content) = clean_line(&line, findings) {
            edits.replace(line.span(), content.as_bytes());
        }
    }
    if edits.is_empty() { Cow::Borrowed(bytes) } else { Cow::Owned(edits.apply()) }
}

/// The text of `line` where it has to change.
fn clean_line(line: &Line<'_>, findings: &mut Findings) -> Option<String> {
    let raw = line.raw();
    let is_utf8 = std::str::from_utf8(raw).is_ok();
    if is_utf8 && !has_controls(raw) {
        return None;
    }
    let unfolded = line.unfolded();
    let text = match std::str::from_utf8(&unfolded) {
        Ok(text) if memchr(0x1B, &unfolded).is_none() => {
            if !is_utf8 {
                findings.add(Finding::SplitCharacter);
            }
            Cow::Borrowed(text)
        }
        _ => decode(&unfolded, line.param("CHARSET").as_deref(), findings),
    };
    let head = line.head().len();
    let mut plain = String::with_capacity(text.len());
    let mut dropped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\r' if at > head => plain.push_str("\\n"),
            '\r' | '\n' | '\u{FFFE}' | '\u{FFFF}' => dropped = true,
            c if c.is_ascii() && is_forbidden_control(c as u8) => dropped = true,
            c => plain.push(c),
        }
    }
    if dropped || (is_utf8 && memchr(0x1B, raw).is_none() && has_controls(raw)) {
        findings.add(Finding::ControlCharacters);
    }
    Some(plain)
}

fn decode<'a>(bytes: &'a [u8], charset: Option<&str>, findings: &mut Findings) -> Cow<'a, str> {
    let named = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    match named {
        Some(encoding) if encoding != UTF_8 => encoding.decode_without_bom_handling(bytes).0,
        _ if std::str::from_utf8(bytes).is_ok() => String::from_utf8_lossy(bytes),
        _ => {
            findings.add(Finding::NotUtf8);
            WINDOWS_1252.decode_without_bom_handling(bytes).0
        }
    }
}

/// Bytes of a value that was quoted-printable, as text: by its charset, else UTF-8, else
/// Windows-1252.
pub(super) fn decode_value(bytes: &[u8], charset: Option<&str>, findings: &mut Findings) -> String {
    let utf8 = std::str::from_utf8(bytes).is_ok() && memchr(0x1B, bytes).is_none();
    let text = match charset.and_then(|label| Encoding::for_label(label.trim().as_bytes())) {
        _ if utf8 => String::from_utf8_lossy(bytes),
        named => match named.filter(|n| *n != UTF_8) {
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0,
            None => decode(bytes, None, findings),
        },
    };
    text.chars().filter(|c| !(c.is_ascii() && is_forbidden_control(*c as u8))).collect()
}

/// Whether there is a control character, a CR inside a line or a Unicode noncharacter.
fn has_controls(bytes: &[u8]) -> bool {
    let control = |chunk: &[u8]| chunk.iter().fold(false, |any, b| any | is_forbidden_control(*b));
    bytes.chunks(256).any(control)
        || memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
        || has_noncharacter(bytes)
}

/// Whether U+FFFE or U+FFFF, which XML cannot carry, stands in `bytes`.
pub(super) fn has_noncharacter(bytes: &[u8]) -> bool {
    memchr_iter(0xEF, bytes)
        .any(|at| matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])))
}
