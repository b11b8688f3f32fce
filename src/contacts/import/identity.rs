//! Under which UID and name an imported card is stored: the same ones whenever it comes again.

use sha2::{Digest, Sha256};

use crate::base::ObjectName;
use crate::formats::line::Lines;

/// Longest UID that is taken for a name.
const LONGEST: usize = 120;

/// A UID for a card that has none, made of what it says. How it is folded, when it was written and
/// by which program plays no part.
pub fn uid_of_content(card: &[u8]) -> String {
    let mut digest = Sha256::new();
    for line in Lines::new(card) {
        if !line.is_blank() && !["REV", "PRODID", "UID"].iter().any(|name| line.is(name)) {
            digest.update(line.unfolded());
            digest.update(b"\n");
        }
    }
    format!("urn:uuid:{}", uuid(&digest.finalize()))
}

/// The name of the card with this UID, if nobody else has it.
pub fn name_of(uid: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    let fits = uid.len() <= LONGEST && !uid.starts_with('.') && uid.chars().all(plain);
    match ObjectName::parse(&format!("{uid}.vcf")).filter(|_| fits) {
        Some(name) => name.as_str().to_owned(),
        None => format!("{}.vcf", uuid(&Sha256::digest(uid))),
    }
}

/// A UUID of our own making (RFC 9562 §5.8).
fn uuid(digest: &[u8]) -> uuid::Uuid {
    let bytes = digest.first_chunk::<16>().copied().unwrap_or_default();
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_has_the_same_uid() {
        let card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Blume\r\nREV:1\r\nEND:VCARD\r\n";
        let again = b"BEGIN:VCARD\nVERSION:3.0\nFN:Anna\n  Blume\nREV:2\nEND:VCARD\n\n";
        let other = b"BEGIN:VCARD\nVERSION:3.0\nFN:Anna Blum\nREV:2\nEND:VCARD\n";
        assert_eq!(uid_of_content(card), uid_of_content(again));
        assert_ne!(uid_of_content(card), uid_of_content(other));
    }

    #[test]
    fn names_need_no_escaping() {
        assert_eq!(name_of("a-1@x"), "a-1@x.vcf");
        for odd in ["a b", "..", "ä", "a/b", &"x".repeat(300)] {
            let name = name_of(odd);
            assert!(name.len() == 40 && name == name_of(odd), "{odd}: {name}");
        }
    }
}
