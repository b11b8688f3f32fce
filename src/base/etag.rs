//! Strong entity tags that derive from the served bytes (RFC 9110 §8.8.3).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 128 bits of SHA-256 over the served bytes; printed as 32 hex digits in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ETag(pub [u8; 16]);

impl ETag {
    /// The tag of `parts`, taken as one run of bytes.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut tag = [0; 16];
        tag.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        Self(tag)
    }

    /// The tag of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts([bytes])
    }

    /// Reads the 32 hex digits.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let digits: &[u8; 32] = hex.try_into().ok()?;
        let mut tag = [0; 16];
        for (to, pair) in tag.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *to = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(tag))
    }

    /// The 32 hex digits without quotes.
    pub fn hex(&self) -> [u8; 32] {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let mut out = [0; 32];
        for (pair, byte) in out.chunks_exact_mut(2).zip(self.0) {
            if let [high, low] = pair {
                *high = DIGITS.get(usize::from(byte >> 4)).copied().unwrap_or(b'0');
                *low = DIGITS.get(usize::from(byte & 15)).copied().unwrap_or(b'0');
            }
        }
        out
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.hex();
        f.write_str("\"")?;
        f.write_str(std::str::from_utf8(&hex).unwrap_or_default())?;
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_whole_agree() {
        assert_eq!(ETag::of(b"abcd"), ETag::of_parts([b"ab".as_slice(), b"cd"]));
        let shown = ETag::of(b"abcd").to_string();
        assert_eq!(shown.len(), 34, "{shown} is 32 hex digits in quotes");
        let tag = ETag::of(b"abcd");
        assert_eq!(ETag::from_hex(&tag.hex()), Some(tag));
        for wrong in [&b"ab"[..], &[b'g'; 32], &[b'A'; 32], &[b'0'; 33]] {
            assert_eq!(ETag::from_hex(wrong), None);
        }
    }
}
