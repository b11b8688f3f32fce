//! The bytes of an XML request become text: UTF-8 or UTF-16, and only characters XML can hold.

use std::borrow::Cow;

use super::characters::illegal;
use super::malformed::malformed;
use crate::base::Fault;

/// Decodes `body` by its byte order mark, else by what its first bytes look like (XML 1.0,
/// appendix F), without the mark. 400 for other encodings and for characters that no XML
/// document can hold (§2.2).
pub(super) fn decode(body: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let text = match body {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0, b'<', 0, ..] => utf16(body, u16::from_be_bytes)?,
        [b'<', 0, _, 0, ..] => utf16(body, u16::from_le_bytes)?,
        _ => utf8(body)?,
    };
    match illegal(&text) {
        Some(at) => Err(malformed(&text, at, "a character that XML cannot hold")),
        None => Ok(text),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let before = String::from_utf8_lossy(bytes.split_at(error.valid_up_to()).0);
            Err(malformed(&before, before.len(), "bytes that are not UTF-8"))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, Fault> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let decoded = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    match decoded.collect::<Result<String, _>>() {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(Fault::bad_request("The XML is not the UTF-16 it seems to be.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, to: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to).collect()
    }

    #[test]
    fn takes_utf8_and_utf16_with_and_without_mark() {
        let text = "<?xml version=\"1.0\"?><a>é😀</a>";
        for (what, bytes) in [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with mark", format!("\u{FEFF}{text}").into_bytes()),
            ("UTF-16BE", units(text, u16::to_be_bytes)),
            ("UTF-16LE", units(text, u16::to_le_bytes)),
            ("UTF-16BE with mark", units(&format!("\u{FEFF}{text}"), u16::to_be_bytes)),
            ("UTF-16LE with mark", units(&format!("\u{FEFF}{text}"), u16::to_le_bytes)),
        ] {
            assert_eq!(decode(&bytes).expect(what), text, "{what}");
        }
    }

    #[test]
    fn refuses_what_is_neither_and_says_where() {
        let half = units("<a>", u16::to_le_bytes);
        for (bytes, message) in [
            (&b"<a>\n\xE9</a>"[..], "line 2: bytes that are not UTF-8"),
            (b"<a>\n\n\0</a>", "line 3: a character that XML cannot hold"),
            (b"<a>\x1B</a>", "line 1: a character that XML cannot hold"),
            (b"<a>\xEF\xBF\xBF</a>", "line 1: a character that XML cannot hold"),
            (half.split_last().expect("bytes").1, "not the UTF-16 it seems to be"),
            (b"\xFF\xFE\x00\xD8", "not the UTF-16 it seems to be"),
        ] {
            let fault = decode(bytes).expect_err(message);
            assert_eq!(fault.status, 400);
            assert!(fault.message.contains(message), "{bytes:?}: {fault}");
        }
    }
}
