//! What a line says, whatever a phone did to its blanks, breaks and punctuation.

use sha2::{Digest, Sha256};

/// A number that stays the same when `line` is wrapped, its blanks, capitals, quotes, dashes and
/// full stops change; for telling lines that were served from those that were typed.
pub fn fingerprint(line: &str) -> u64 {
    let mut running = Running::default();
    running.add(line);
    running.value()
}

/// The [`fingerprint`] of a text to which lines are added.
#[derive(Debug, Clone, Default)]
pub struct Running {
    hash: Sha256,
    length: usize,
}

impl Running {
    /// Adds a line.
    pub fn add(&mut self, line: &str) {
        let mut bytes = [0; 4];
        for c in line.chars().filter(|c| counts(*c)).flat_map(char::to_lowercase) {
            self.hash.update(c.encode_utf8(&mut bytes).as_bytes());
            self.length += 1;
        }
    }

    /// How many signs of the text count.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The fingerprint of the text as it is by now.
    pub fn value(&self) -> u64 {
        let digest = self.hash.clone().finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Whether `c` says something: a letter, a digit, or a sign such as an emoji that no program
/// writes differently.
fn counts(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let is_layout = matches!(
        c,
        '\u{ad}' | '\u{b4}' | '\u{ab}' | '\u{bb}' | '\u{2000}'..='\u{206f}' | '\u{2212}' | '\u{feff}'
            | '\u{fe00}'..='\u{fe0f}'
    );
    !c.is_whitespace() && !c.is_control() && !is_layout
}
