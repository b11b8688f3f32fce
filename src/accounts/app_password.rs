//! App passwords: 160 random bits that one device signs in with, made by the server and shown
//! once.
//!
//! They are written as 32 letters and digits in groups of four, in Crockford's base 32: no `i`,
//! `l`, `o` or `u`, and who types `O` for `0` or `I` for `1` gets in all the same, as with other
//! case, blanks or without dashes. The first eight characters find the device, so that nothing
//! has to be searched; the other 120 bits are not stored in any form but the hash of the whole.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base::Fault;
use crate::store::devices::{Device, Lookup};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const BYTES: usize = 20;
const CHARACTERS: usize = 32;

/// An app password.
#[derive(Clone, PartialEq, Eq)]
pub struct AppPassword([u8; BYTES]);

impl AppPassword {
    /// A fresh one from the system's randomness.
    pub fn generate() -> Result<Self, Fault> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(Fault::internal)?;
        Ok(Self(bytes))
    }

    /// Reads what somebody typed; `None` when it cannot be an app password.
    pub fn parse(typed: &str) -> Option<Self> {
        // Dashes and blanks at most double the length.
        if typed.len() < CHARACTERS || typed.len() > 4 * CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        let mut out = bytes.iter_mut();
        let (mut bits, mut held, mut characters) = (0u32, 0u32, 0usize);
        for c in typed.chars() {
            if matches!(c, '-' | '\u{2010}'..='\u{2015}') || c.is_whitespace() {
                continue;
            }
            bits = (bits << 5) | value(c)?;
            held += 5;
            characters += 1;
            if held >= 8 {
                held -= 8;
                *out.next()? = (bits >> held) as u8;
                bits &= (1 << held) - 1;
            }
        }
        (characters == CHARACTERS).then_some(Self(bytes))
    }

    /// As it is shown to the user: `xxxx-xxxx-…`.
    pub fn show(&self) -> String {
        let mut text = String::with_capacity(CHARACTERS + CHARACTERS / 4);
        let (mut bits, mut held, mut characters) = (0u32, 0u32, 0usize);
        for byte in self.0 {
            bits = (bits << 8) | u32::from(byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                if characters > 0 && characters % 4 == 0 {
                    text.push('-');
                }
                let digit = ALPHABET.get(((bits >> held) & 31) as usize).copied().unwrap_or(b'0');
                text.push(char::from(digit));
                characters += 1;
            }
            bits &= (1 << held) - 1;
        }
        text
    }

    /// What finds the device.
    pub fn lookup(&self) -> Lookup {
        self.0.first_chunk().copied().unwrap_or_default()
    }

    /// What is stored of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Is it this device's? Takes the same time whatever is wrong.
    pub fn opens(&self, device: &Device) -> bool {
        bool::from(self.digest().ct_eq(&device.secret)) && device.revoked.is_none()
    }
}

fn value(c: char) -> Option<u32> {
    let c = match u8::try_from(c).ok()?.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        c => c,
    };
    ALPHABET.iter().position(|&known| known == c).map(|place| place as u32)
}

impl std::fmt::Debug for AppPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppPassword")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_however_it_is_typed() {
        for _ in 0..200 {
            let password = AppPassword::generate().unwrap();
            let shown = password.show();
            assert_eq!(shown.len(), 39, "{shown}");
            assert!(!shown.contains(['i', 'l', 'o', 'u']), "{shown} has look-alikes");
            let typed = [
                shown.clone(),
                shown.to_uppercase(),
                shown.replace('-', ""),
                shown.replace('-', " "),
                shown.replace('0', "O").replace('1', "l"),
                format!(" {}\n", shown.replace('-', " - ")),
            ];
            for typed in typed {
                assert_eq!(AppPassword::parse(&typed).as_ref(), Some(&password), "{typed:?}");
            }
        }
    }

    #[test]
    fn other_texts_are_no_app_passwords() {
        let shown = AppPassword([7; 20]).show();
        for other in [
            "",
            "secret",
            shown.get(1..).unwrap_or_default(),
            &format!("{shown}0"),
            &shown.replace('-', "u"),
            "ééé",
        ] {
            assert!(AppPassword::parse(other).is_none(), "{other:?} was read");
        }
    }
}
