//! Text values: escapes, structured values and lists (RFC 6350 §3.4, RFC 2426 §4).

use std::borrow::Cow;

use memchr::memchr;

/// Takes the escapes out: `\n`, `\\`, `\,`, `\;` and the stray `\:`. Any other backslash stays.
/// Bytes that are not UTF-8 become U+FFFD.
pub fn unescape(value: &[u8]) -> Cow<'_, str> {
    unescape_cow(Cow::Borrowed(value))
}

/// [`unescape`] of a value that may be owned already.
pub fn unescape_cow(value: Cow<'_, [u8]>) -> Cow<'_, str> {
    if memchr(b'\\', &value).is_none() {
        return into_text(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match bytes.peek() {
            Some(b'n' | b'N') => plain.push(b'\n'),
            Some(&escaped @ (b'\\' | b',' | b';' | b':')) => plain.push(escaped),
            _ => {
                plain.push(byte);
                continue;
            }
        }
        bytes.next();
    }
    into_text(Cow::Owned(plain))
}

fn into_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        // Quicker than the lossy way, which goes byte by byte even where nothing is lost.
        Cow::Borrowed(bytes) => {
            str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
        }
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(flawed) => String::from_utf8_lossy(flawed.as_bytes()).into_owned(),
        }),
    }
}

/// Writes `text` as a text value: `\`, `,`, `;` and line breaks escaped.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', ',', ';', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ',' | ';' => value.extend(['\\', c]),
            '\r' => {
                chars.next_if_eq(&'\n');
                value.push_str("\\n");
            }
            '\n' => value.push_str("\\n"),
            _ => value.push(c),
        }
    }
    Cow::Owned(value)
}

/// The parts of `value` between separators that are not escaped; the parts stay escaped.
pub fn split(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut escaped = false;
    value.split(move |&byte| {
        let here = byte == separator && !escaped;
        escaped = byte == b'\\' && !escaped;
        here
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (value, plain) in [
            ("a", "a"),
            (r"a\nb\Nc", "a\nb\nc"),
            (r"\\n", "\\n"),
            (r"\,\;\:\\", ",;:\\"),
            (r"C:\dir", r"C:\dir"),
            ("end\\", "end\\"),
            ("", ""),
        ] {
            assert_eq!(unescape(value.as_bytes()), plain, "{value}");
        }
        for text in ["", "a", "a;b,c\\d\ne", "\\n", "é😀"] {
            assert_eq!(unescape(escape(text).as_bytes()), text, "{text}");
        }
        assert_eq!(escape("a\r\nb\rc"), r"a\nb\nc");
    }

    #[test]
    fn splits_at_separators_that_are_not_escaped() {
        for (value, parts) in [
            (r"a;b\;c;", vec!["a", r"b\;c", ""]),
            (r"a\\;b", vec![r"a\\", "b"]),
            ("", vec![""]),
            (";;", vec!["", "", ""]),
        ] {
            let found: Vec<_> = split(value.as_bytes(), b';').collect();
            let wanted: Vec<_> = parts.iter().map(|p| p.as_bytes()).collect();
            assert_eq!(found, wanted, "{value}");
        }
    }
}
