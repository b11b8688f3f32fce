//! A field of somebody's own in a card: the value of one extended property (`X-…`,
//! RFC 6350 §6.10), read, and set without touching anything else.

use std::borrow::Cow;

use super::categories::lines;
use crate::formats::edit::Edits;
use crate::formats::text;

/// The value of `property` in the first card in `card`: that of its first line.
pub fn field(card: &[u8], property: &str) -> Option<String> {
    let value = lines(card, property).0.first()?.value();
    Some(text::unescape(&value).trim().to_owned()).filter(|value| !value.is_empty())
}

/// `card` with `value` in its first line of `property`, which keeps its group and parameters, and
/// without further lines of it; without a value none stays. If it is so already, the card stays
/// byte for byte.
pub fn set_field<'a>(card: &'a [u8], property: &str, value: Option<&str>) -> Cow<'a, [u8]> {
    let (lines, end) = lines(card, property);
    let mut edits = Edits::new(card);
    let kept = usize::from(value.is_some());
    if let Some(value) = value {
        let escaped = text::escape(value);
        match lines.first() {
            Some(line) if text::unescape(&line.value()) == value => {}
            Some(line) => {
                edits.replace(line.span(), &[line.head(), b":", escaped.as_bytes()].concat());
            }
            None => edits.insert(end, format!("{property}:{escaped}").as_bytes()),
        }
    }
    for line in lines.iter().skip(kept) {
        edits.remove(line.span());
    }
    if edits.is_empty() { Cow::Borrowed(card) } else { Cow::Owned(edits.apply()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_field_changes() {
        let card = |lines: &str| {
            format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nx-junk\r\n{lines}END:VCARD\r\n")
        };
        for (before, value, after) in [
            ("", Some("a;b, c\nd"), "X-SIZE:a\\;b\\, c\\nd\r\n"),
            ("", None, ""),
            ("X-SIZE:L\r\n", Some("L"), "X-SIZE:L\r\n"),
            ("item1.x-size;X=1:\r\n L\r\n", Some("M"), "item1.x-size;X=1:M\r\n"),
            ("X-SIZE:L\r\nNOTE:n\r\nX-SIZE:M\r\n", Some("L"), "X-SIZE:L\r\nNOTE:n\r\n"),
            ("X-SIZE:L\r\nNOTE:n\r\nX-SIZE:M\r\n", None, "NOTE:n\r\n"),
            ("X-SIZES:L\r\n", None, "X-SIZES:L\r\n"),
        ] {
            let before = card(before);
            let set = set_field(before.as_bytes(), "X-SIZE", value).into_owned();
            assert_eq!(String::from_utf8_lossy(&set), card(after), "{before:?} with {value:?}");
            assert_eq!(field(&set, "X-SIZE").as_deref(), value, "{before:?} with {value:?}");
            let again = set_field(&set, "X-SIZE", value);
            assert!(matches!(again, Cow::Borrowed(_)), "{before:?} with {value:?} changes again");
        }
    }

    #[test]
    fn cards_within_a_card_are_left_alone() {
        let card = b"BEGIN:VCARD\nBEGIN:VCARD\nX-A:1\nEND:VCARD\nEND:VCARD\n";
        assert_eq!(field(card, "X-A"), None);
        let set = set_field(card, "X-A", Some("2"));
        assert_eq!(&set[..], b"BEGIN:VCARD\nBEGIN:VCARD\nX-A:1\nEND:VCARD\nX-A:2\nEND:VCARD\n");
    }
}
